package netsuite

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func (t *target) deliverCustomer(ctx context.Context, d connector.Delivery, customer *canonical.Customer) (connector.Receipt, error) {
	if id, ok := t.Settings.CustomerOverrides[d.Message.Key().String()]; ok {
		return linkedTo(id, "as NETSUITE_CUSTOMER_OVERRIDES says"), nil
	}
	p := placeOf(d, customerRecord)
	subsidiary, err := t.Settings.subsidiary(d.Message)
	who, bad := newParty(&t.Settings, customer)
	if err == nil {
		err = bad
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.doing, err)
	}
	found, err := t.resolve(ctx, d, customer, p, subsidiary)
	switch {
	case err != nil:
		return connector.Receipt{}, inOurTerms(err, customerRecord, nil)
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
func (t *target) createCustomer(ctx context.Context, p place, customer *party, subsidiary string) (connector.Receipt, error) {
	replace := ""
	if customer.book != nil {
		replace = customerBook
	}
	for _, number := range []string{"", uniqueName(customer.Customer)} {
		body, err := newCustomer(customer, subsidiary, number)
		if err != nil {
			return connector.Receipt{}, fault.Doing(p.doing, err)
		}
		id, err := t.upsert(ctx, p, replace, body)
		if err == nil {
			return customer.fit.annotate(connector.Receipt{Ref: id, Detail: "customer " + id}), nil
		}
		if e := fault.As(err); number != "" || e.Code != nameTaken {
			return connector.Receipt{}, inOurTerms(err, customerRecord, nil)
		}
	}
	return connector.Receipt{}, fault.New(fault.Unknown, fault.Bug, p.doing, "no write was made")
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
func (t *target) changeCustomer(ctx context.Context, p place, customer *party, own *document) (connector.Receipt, error) {
	id := own.values["id"]
	body, replace, err := changedCustomer(customer, own)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.doing, err)
	}
	if body == nil {
		return connector.Receipt{Ref: id, Detail: "customer " + id + " is unchanged"}, nil
	}
	if err := t.patch(ctx, p, id, replace, body); err != nil {
		return connector.Receipt{}, inOurTerms(err, customerRecord, nil)
	}
	return customer.fit.annotate(connector.Receipt{Ref: id, Detail: "customer " + id + " changed"}), nil
}

// identity is the record of a customer: our own, or the internal id of one that was in
// NetSuite before and is linked. Neither is set if there is none.
type identity struct {
	own    *document
	linked string
}

// resolve finds the customer's record: what was confirmed before, our own, or one with the
// same address that can be used, active and of the store's subsidiary.
func (t *target) resolve(ctx context.Context, d connector.Delivery, customer *canonical.Customer, p place, subsidiary string) (identity, error) {
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
	found, err := t.customersAt(ctx, subsidiary, email, p.doing)
	if err != nil {
		return identity{}, err
	}
	return t.choose(ctx, found, d.Message.Key(), p)
}

// ownCustomer reads our record, nil if there is none. One that was made inactive keeps our
// external id, so that no other can take its place: a person has to decide.
func (t *target) ownCustomer(ctx context.Context, p place) (*document, error) {
	own, err := t.read(ctx, p, p.byExternal())
	if err == nil && own != nil && own.values["isInactive"] == "true" {
		return nil, conflict("id", "customer "+own.values["id"]+" is inactive in NetSuite; make it active, or name another by NETSUITE_CUSTOMER_OVERRIDES"+redrive)
	}
	return own, err
}

// confirmed reads the record that was confirmed before: our own, or one that was linked
// and does not have our external id. Neither is left for another while it can be used.
func (t *target) confirmed(ctx context.Context, ref string, p place) (identity, error) {
	own, err := t.ownCustomer(ctx, p)
	if err != nil || own != nil {
		return identity{own: own}, err
	}
	found, err := t.get(ctx, p, ref, url.Values{"fields": {"id,isInactive"}})
	if err != nil || found == nil || found.values["isInactive"] == "true" {
		return identity{}, err
	}
	return identity{linked: found.values["id"]}, nil
}

// choose picks among the records with the customer's e-mail address: our own first, then
// the oldest that is not of this store. Before it links, it makes sure that our own does
// not exist under another address.
func (t *target) choose(ctx context.Context, found []match, key message.Key, p place) (identity, error) {
	prefix := storePrefix(key)
	var adoptable []match
	isOwn := false
	for _, m := range found {
		switch external := strings.ToLower(m.external); {
		case external == p.external:
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
	return identity{linked: slices.MinFunc(adoptable, byNumber).id}, nil
}

// byNumber orders internal ids, which are numbers without leading zeros, oldest first.
func byNumber(a, b match) int {
	if len(a.id) != len(b.id) {
		return len(a.id) - len(b.id)
	}
	return strings.Compare(a.id, b.id)
}
