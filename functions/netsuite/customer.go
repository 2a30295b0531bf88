package netsuite

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func (t *target) deliverCustomer(ctx context.Context, d connector.Delivery, customer *canonical.Customer) (connector.Receipt, error) {
	if id, ok := t.Settings.CustomerOverrides[d.Message.Key().String()]; ok {
		return linkedTo(id, "as NETSUITE_CUSTOMER_OVERRIDES says"), nil
	}
	p := record.PlaceOf(d, suitetalk.Customer)
	subsidiary, err := t.Settings.Subsidiary(d.Message)
	who, bad := newParty(&t.Settings, customer)
	if err == nil {
		err = bad
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	found, err := t.resolve(ctx, d, customer, p, subsidiary)
	switch {
	case err != nil:
		return connector.Receipt{}, record.InOurTerms(err, suitetalk.Customer, nil)
	case found.linked != "":
		return linkedTo(found.linked, "which is not written to"), nil
	case found.own != nil:
		return t.changeCustomer(ctx, p, who, found.own)
	}
	return t.createCustomer(ctx, p, who, subsidiary)
}

func linkedTo(id, why string) connector.Receipt {
	return connector.Receipt{Ref: id, Linked: true, Detail: "linked to customer " + id + ", " + why}
}

// createCustomer creates our record. Where the account names customers instead of
// numbering them, two people of one name collide: the second gets the store's id as well.
func (t *target) createCustomer(ctx context.Context, p suitetalk.Place, customer *party, subsidiary string) (connector.Receipt, error) {
	replace := ""
	if customer.book != nil {
		replace = customerBook
	}
	for _, number := range []string{"", uniqueName(customer.Customer)} {
		body, err := newCustomer(customer, subsidiary, number)
		if err != nil {
			return connector.Receipt{}, fault.Doing(p.Doing, err)
		}
		id, err := t.Upsert(ctx, p, replace, body)
		if err == nil {
			return customer.fit.Annotate(connector.Receipt{Ref: id, Detail: "customer " + id}), nil
		}
		if e := fault.As(err); number != "" || e.Code != suitetalk.NameTaken {
			return connector.Receipt{}, record.InOurTerms(err, suitetalk.Customer, nil)
		}
	}
	return connector.Receipt{}, fault.New(fault.Unknown, fault.Bug, p.Doing, "no write was made")
}

// uniqueName is the customer's name with its id in the store, within the length of the field.
func uniqueName(c *canonical.Customer) string {
	name := strings.TrimSpace(c.FirstName.String() + " " + c.LastName.String())
	name = cmp.Or(name, c.Company.String(), "Customer")
	return strings.TrimSpace(firstRunes(name, maxCompany-utf8.RuneCountInString(c.ID)-1) + " " + c.ID)
}

// firstRunes returns at most so many characters of the text.
func firstRunes(text string, most int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), max(most, 0))])
}

// changeCustomer sends what differs from our record.
func (t *target) changeCustomer(ctx context.Context, p suitetalk.Place, customer *party, own *suitetalk.Document) (connector.Receipt, error) {
	id := own.Values["id"]
	body, replace, err := changedCustomer(customer, own)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	if body == nil {
		return connector.Receipt{Ref: id, Detail: "customer " + id + " is unchanged"}, nil
	}
	if err := t.Patch(ctx, p, id, replace, body); err != nil {
		return connector.Receipt{}, record.InOurTerms(err, suitetalk.Customer, nil)
	}
	return customer.fit.Annotate(connector.Receipt{Ref: id, Detail: "customer " + id + " changed"}), nil
}

// identity is the record of a customer: our own, or the internal id of one that was in
// NetSuite before and is linked. Neither is set if there is none.
type identity struct {
	own    *suitetalk.Document
	linked string
}

// resolve finds the customer's record: what was confirmed before, our own, or one with the
// same address that can be used, active and of the store's subsidiary.
func (t *target) resolve(ctx context.Context, d connector.Delivery, customer *canonical.Customer, p suitetalk.Place, subsidiary string) (identity, error) {
	if d.Ref != "" {
		known, err := t.confirmed(ctx, d.Ref, p)
		if err != nil || known != (identity{}) {
			return known, err
		}
	}
	email := canonical.NormalEmail(customer.Email.String())
	if email == "" || !t.Settings.MatchByEmail {
		own, err := t.ownCustomer(ctx, p)
		return identity{own: own}, err
	}
	found, err := t.CustomersAt(ctx, subsidiary, email, p.Doing)
	if err != nil {
		return identity{}, err
	}
	return t.choose(ctx, found, d.Message.Key(), p)
}

// ownCustomer reads our record, nil if there is none. One that was made inactive keeps our
// external id, so that no other can take its place: a person has to decide.
func (t *target) ownCustomer(ctx context.Context, p suitetalk.Place) (*suitetalk.Document, error) {
	own, err := t.Read(ctx, p, p.ByExternal())
	if err == nil && own != nil && own.Values["isInactive"] == "true" {
		return nil, record.Conflict("id", "customer "+own.Values["id"]+" is inactive in NetSuite; make it active, or name another by NETSUITE_CUSTOMER_OVERRIDES"+suitetalk.Redrive)
	}
	return own, err
}

// confirmed reads the record that was confirmed before: our own, or one that was linked
// and does not have our external id. Neither is left for another while it can be used.
func (t *target) confirmed(ctx context.Context, ref string, p suitetalk.Place) (identity, error) {
	own, err := t.ownCustomer(ctx, p)
	if err != nil || own != nil {
		return identity{own: own}, err
	}
	found, err := t.Get(ctx, p, ref, url.Values{"fields": {"id,isInactive"}})
	if err != nil || found == nil || found.Values["isInactive"] == "true" {
		return identity{}, err
	}
	return identity{linked: found.Values["id"]}, nil
}

// choose picks among the records with the customer's e-mail address: our own first, then
// the oldest that is not of this store. Before it links, it makes sure that our own does
// not exist under another address.
func (t *target) choose(ctx context.Context, found []suitetalk.Match, key message.Key, p suitetalk.Place) (identity, error) {
	prefix := record.StorePrefix(key)
	var adoptable []suitetalk.Match
	isOwn := false
	for _, m := range found {
		switch external := strings.ToLower(m.External); {
		case external == p.External:
			isOwn = true
		case !strings.HasPrefix(external, prefix):
			adoptable = append(adoptable, m)
		}
	}
	if !isOwn && len(adoptable) == 0 {
		return identity{}, nil
	}
	own, err := t.ownCustomer(ctx, p)
	if err != nil || own != nil || len(adoptable) == 0 {
		return identity{own: own}, err
	}
	return identity{linked: slices.MinFunc(adoptable, byNumber).ID}, nil
}

// byNumber orders internal ids, which are numbers without leading zeros, oldest first.
func byNumber(a, b suitetalk.Match) int {
	if len(a.ID) != len(b.ID) {
		return len(a.ID) - len(b.ID)
	}
	return strings.Compare(a.ID, b.ID)
}
