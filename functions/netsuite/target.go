package netsuite

import (
	"context"
	"slices"
	"strings"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/webapi"
)

// target implements connector.Target and connector.Checker. It keeps nothing between calls.
type target struct {
	settings Settings
	client   *webapi.Client
}

// records names the record that stands for an entity of each type.
var records = map[string]string{"customer": customerRecord, "order": orderRecord, "payment": depositRecord}

func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	switch body := d.Body.(type) {
	case *canonical.Customer:
		return t.deliverCustomer(ctx, d, body)
	case *canonical.Order:
		return t.deliverOrder(ctx, d, body)
	case *canonical.Payment:
		return t.deliverPayment(ctx, d, body)
	}
	return connector.Receipt{}, fault.New(fault.Unknown, fault.Bug, "delivering "+d.Message.Type+" to netsuite", "there is no operation for it")
}

func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	record, known := records[key.Type]
	doing := "looking up " + key.Type + " " + ExternalID(key) + " at netsuite"
	if !known {
		return "", fault.New(fault.Unknown, fault.Bug, doing, "no record stands for it")
	}
	return t.lookUp(ctx, record, "eid:"+ExternalID(key), doing)
}

// Check reads nothing, with the credentials and the permissions that a delivery needs.
func (t *target) Check(ctx context.Context) error {
	_, err := t.query(ctx, "SELECT id FROM customer WHERE id = 0", "checking the connection to netsuite")
	if err == nil {
		return nil
	}
	e := *fault.As(err)
	switch {
	case e.Class == fault.Connection || e.Class == fault.Config:
		e.Field = "NETSUITE_ACCOUNT, NETSUITE_API_URL"
	case e.Kind == fault.Unauthorized && t.settings.Auth == "oauth2":
		e.Field = "NETSUITE_CLIENT_ID, NETSUITE_CERTIFICATE_ID, NETSUITE_PRIVATE_KEY"
	case e.Kind == fault.Unauthorized:
		e.Field = "NETSUITE_CONSUMER_KEY, NETSUITE_CONSUMER_SECRET, NETSUITE_TOKEN_ID, NETSUITE_TOKEN_SECRET"
	}
	return &e
}

func (t *target) deliverOrder(ctx context.Context, d connector.Delivery, order *canonical.Order) (connector.Receipt, error) {
	u := t.newUpsert(d, orderRecord)
	body, lines, err := encodeOrder(&t.settings, d.Message, order, d.Parents)
	if err != nil {
		return connector.Receipt{}, fault.Doing(u.doing, err)
	}
	u.body, u.replace = body, "item"
	return t.write(ctx, u, "sales order", lines)
}

func (t *target) deliverPayment(ctx context.Context, d connector.Delivery, payment *canonical.Payment) (connector.Receipt, error) {
	u := t.newUpsert(d, depositRecord)
	body, err := encodeDeposit(&t.settings, d.Message, payment, d.Parents)
	if err != nil {
		return connector.Receipt{}, fault.Doing(u.doing, err)
	}
	u.body = body
	return t.write(ctx, u, "customer deposit", nil)
}

// write makes the upsert and tells of it: the record in words, and for a refusal the
// canonical field of each line that was sent.
func (t *target) write(ctx context.Context, u upsert, words string, lines []string) (connector.Receipt, error) {
	id, err := t.put(ctx, u)
	if err != nil {
		return connector.Receipt{}, inOurTerms(err, lines)
	}
	return connector.Receipt{Ref: id, Detail: words + " " + id}, nil
}

func (t *target) newUpsert(d connector.Delivery, record string) upsert {
	external := ExternalID(d.Message.Key())
	return upsert{record: record, external: external, doing: "writing " + record + " " + external + " to netsuite"}
}

func (t *target) deliverCustomer(ctx context.Context, d connector.Delivery, customer *canonical.Customer) (connector.Receipt, error) {
	if id, ok := t.settings.CustomerOverrides[d.Message.Key().String()]; ok {
		return linked(id, "as NETSUITE_CUSTOMER_OVERRIDES says"), nil
	}
	u := t.newUpsert(d, customerRecord)
	to, err := t.resolve(ctx, d, customer, u)
	if err != nil {
		return connector.Receipt{}, err
	}
	if to.id != "" && !to.ours {
		return linked(to.id, "which is not written to"), nil
	}
	return t.writeCustomer(ctx, d, customer, u, !to.ours)
}

func linked(id, why string) connector.Receipt {
	return connector.Receipt{Ref: id, Linked: true, Detail: "linked to customer " + id + ", " + why}
}

func (t *target) writeCustomer(ctx context.Context, d connector.Delivery, customer *canonical.Customer, u upsert, isNew bool) (connector.Receipt, error) {
	subsidiary, err := t.settings.subsidiary(d.Message)
	if err == nil {
		u.body, err = encodeCustomer(customer, subsidiary, isNew)
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(u.doing, err)
	}
	if !nowhere(customer.Address) {
		u.replace = "addressBook"
	}
	return t.write(ctx, u, "customer", nil)
}

// identity is the record that stands for a customer: id is "" if there is none, and ours
// tells whether it bears our external id.
type identity struct {
	id   string
	ours bool
}

// resolve finds the record that stands for the customer.
func (t *target) resolve(ctx context.Context, d connector.Delivery, customer *canonical.Customer, u upsert) (identity, error) {
	if d.Ref != "" {
		known, err := t.confirmed(ctx, d.Ref, u)
		if err != nil || known.id != "" {
			return known, err
		}
	}
	email := canonical.NormalEmail(customer.Email.String())
	if email == "" {
		return identity{}, nil
	}
	found, err := t.search(ctx, email, u.doing)
	if err != nil {
		return identity{}, err
	}
	return t.choose(ctx, found, d.Message.Key(), u)
}

// confirmed looks again at what was confirmed before: our own record, or one that was
// linked and does not bear our external id. Neither may be left.
func (t *target) confirmed(ctx context.Context, ref string, u upsert) (identity, error) {
	id, err := t.lookUp(ctx, u.record, "eid:"+u.external, u.doing)
	if err != nil || id != "" {
		return identity{id, true}, err
	}
	id, err = t.lookUp(ctx, u.record, ref, u.doing)
	return identity{id, false}, err
}

// choose picks among the records with the customer's e-mail address: our own first, then
// the oldest that is not of this store. Before it links, it makes sure that our own does
// not stand there under another address.
func (t *target) choose(ctx context.Context, found []match, key message.Key, u upsert) (identity, error) {
	prefix := storePrefix(key)
	var adoptable []match
	for _, m := range found {
		switch external := strings.ToLower(m.external); {
		case external == u.external:
			return identity{m.id, true}, nil
		case !strings.HasPrefix(external, prefix):
			adoptable = append(adoptable, m)
		}
	}
	if len(adoptable) == 0 {
		return identity{}, nil
	}
	if id, err := t.lookUp(ctx, u.record, "eid:"+u.external, u.doing); err != nil || id != "" {
		return identity{id, true}, err
	}
	return identity{slices.MinFunc(adoptable, byNumber).id, false}, nil
}

// byNumber orders internal ids, which are numbers without leading zeros, oldest first.
func byNumber(a, b match) int {
	if len(a.id) != len(b.id) {
		return len(a.id) - len(b.id)
	}
	return strings.Compare(a.id, b.id)
}
