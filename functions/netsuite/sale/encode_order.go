package sale

import (
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// The states of approval that a sales order can be written with (online help, "Use Case
// For Approving Your Sales Order").
const (
	pendingApproval    = "A"
	cancelled          = "C"
	pendingFulfillment = "B"
)

// The number of characters that NetSuite's fields hold. It rejects longer text.
const (
	maxEmail     = 254
	maxReference = 45
	maxText      = 4000
)

// salesOrder is the state that a sales order is to have.
type salesOrder struct {
	*booking
	entity     string // internal id of the customer
	subsidiary string
	currency   string
	memo       string
	email      string
	reference  string // otherRefNum: the buyer's own number, or else the store's
	billing    record.Field
	shipTo     record.Field
	facts      []record.Field
	*record.Fit
	// closedByUs says that NetSuite's sales order was closed because of the store.
	closedByUs bool
}

// newSalesOrder derives the sales order from the order's state and the settings alone.
func newSalesOrder(s *record.Settings, m *message.Message, order *canonical.Order, parents map[string]string) (*salesOrder, error) {
	subsidiary, err := s.Subsidiary(m)
	if err != nil {
		return nil, err
	}
	currency, err := s.Currency(order.Currency, "currency")
	if err != nil {
		return nil, err
	}
	entity, err := entity(s, m, order, parents)
	if err != nil {
		return nil, err
	}
	booking, err := book(s, order)
	if err != nil {
		return nil, err
	}
	so := &salesOrder{booking: booking, entity: entity, subsidiary: subsidiary, currency: currency, memo: record.MemoOf(m.Key()), Fit: record.NewFit(s)}
	so.refer()
	so.email = order.Buyer.Email.String()
	if so.TooLong("buyer.email", so.email, maxEmail) { // half an address is another's
		so.email = ""
		so.Note("buyer.email", "is left out")
	}
	so.billing = so.AddressField("billingAddress", order.Billing, "billing")
	so.shipTo = so.AddressField("shippingAddress", order.Shipping, "shipping")
	for i := range so.lines {
		so.lines[i].Text = so.Cut(so.lines[i].Field, so.lines[i].Text, maxText)
	}
	if so.Err != nil {
		return nil, so.Err
	}
	so.facts, err = facts(s, m, order)
	return so, err
}

// refer chooses the number that people look for. A number of the buyer's own takes the place
// of the store's, which moves to the memo with what is cut off. It is cut so that the notes on lines and end
// fit behind it.
func (so *salesOrder) refer() {
	name, own, note := so.order.Name, so.order.PurchaseOrder, so.linesNote()
	if own == "" {
		so.reference, so.memo = so.Cut("name", name, maxReference), so.memo+note
		return
	}
	so.reference = so.Cut("purchase_order", own, maxReference)
	so.memo += ", " + name
	if so.reference != own {
		so.memo += ", PO " + own
	}
	so.memo = so.Cut("purchase_order", so.memo, record.MaxMemo-len(note)-len(record.ClosedNote)) + note
}

// linesNote is the part of the memo that says which lines were written last, with NETSUITE_ORDERS=all:
// a digest of their items, quantities and amounts in any order.
func (so *salesOrder) linesNote() string {
	if !so.settings.PublishesAll() {
		return ""
	}
	parts := make([]string, 0, len(so.lines))
	for _, l := range so.lines {
		parts = append(parts, message.DeriveID(strings.ToLower(l.Item), l.Quantity.Normal().String(), strconv.FormatInt(l.Amount.Minor, 10)))
	}
	slices.Sort(parts)
	return ", lines " + message.DeriveID(parts...)[:16]
}

// keepsLines reports whether the lines that the store has were written already. What differs from them
// in NetSuite is then a person's change there, and stays. A person may have written into the memo too.
func (so *salesOrder) keepsLines(memo string) bool {
	note := so.linesNote()
	return note != "" && strings.Contains(memo, note)
}

// facts are the fields of an order that settings translate. Department, class and location
// are set once: an accountant or a warehouse may move an order.
func facts(s *record.Settings, m *message.Message, order *canonical.Order) ([]record.Field, error) {
	fields := s.Segments(m, order.Channel)
	if order.Channel != "" {
		channel, err := record.Mapped(s.Channels, "NETSUITE_CHANNELS", order.Channel, "channel")
		if err != nil {
			return nil, err
		}
		fields = append(fields, record.OnceField(record.RefField("salesChannel", channel)))
	}
	if order.Terms != nil {
		terms, err := record.Mapped(s.Terms, "NETSUITE_TERMS", order.Terms.Name, "terms.name")
		if err != nil {
			return nil, err
		}
		fields = append(fields, record.RefField("terms", terms))
	}
	return fields, nil
}

// company returns the internal id of the customer that a setting names for the company that
// is bought for, or for its location; "" if there is none.
func company(s *record.Settings, m *message.Message, c *canonical.Company) string {
	if c == nil || c.ID == "" {
		return ""
	}
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: "company", ID: c.ID}.String()
	if id, ok := s.Companies[key+"/"+c.Location]; ok {
		return id
	}
	return s.Companies[key]
}

// entity returns the customer's internal id. The customer is in NetSuite before the order
// is, so one that is not among the parents is still on its way.
func entity(s *record.Settings, m *message.Message, order *canonical.Order, parents map[string]string) (string, error) {
	if id := company(s, m, order.Company); id != "" {
		return id, nil
	}
	if order.Buyer.Customer == "" {
		if s.DefaultCustomer == "" {
			return "", record.NotSet("NETSUITE_DEFAULT_CUSTOMER", "NETSUITE_DEFAULT_CUSTOMER is not set, and the order has no customer (buyer.customer)")
		}
		return s.DefaultCustomer, nil
	}
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: "customer", ID: order.Buyer.Customer}
	if id, ok := s.CustomerOverrides[key.String()]; ok {
		return id, nil
	}
	return record.Parent(m, "customer", order.Buyer.Customer, "buyer.customer", parents)
}

// head returns the body fields. Date and location are set once: an accountant or a
// warehouse may move an order.
func (so *salesOrder) head() []record.Field {
	taxCode := ""
	if so.shipping.Minor != 0 {
		taxCode = so.settings.TaxCode
	}
	return append([]record.Field{
		record.RefField("entity", so.entity),
		record.OnceField(record.RefField("subsidiary", so.subsidiary)),
		record.OnceField(record.RefField("currency", so.currency)),
		record.OnceField(record.PlainField(record.DateField, so.settings.Day(so.order.PlacedAt))),
		record.PlainField("otherRefNum", so.reference),
		record.PlainField("memo", so.memo),
		record.PlainField("email", so.email),
		record.OnceField(record.EnumField("orderStatus", so.approval())),
		record.RefField("shipMethod", so.method),
		// Also when it is 0: a change may have taken the delivery away.
		record.MoneyField("shippingCost", so.shipping),
		record.RefField("shippingTaxCode", taxCode),
		so.billing,
		so.shipTo,
	}, so.facts...)
}

// approval is the status of a new sales order. A paid order needs no approval, unless a rule
// demands it.
func (so *salesOrder) approval() string {
	switch so.settings.Choice("NETSUITE_RULE_STATUS", "") {
	case "pending_approval":
		return pendingApproval
	case "pending_fulfillment":
		return pendingFulfillment
	}
	if slices.Contains([]canonical.FinancialState{canonical.Paid, canonical.PartiallyRefunded, canonical.Refunded}, so.order.Financial) {
		return pendingFulfillment
	}
	return pendingApproval
}

// encodeNew returns the body that creates the sales order, and the origin of each line.
func (so *salesOrder) encodeNew() ([]byte, []record.Origin, error) {
	w := strictjson.NewWriter(make([]byte, 0, 1024+256*len(so.lines)))
	w.Obj()
	record.WriteFields(w, so.head())
	origins := so.settings.WriteNewLines(w, so.lines)
	w.EndObj()
	body, err := suitetalk.Finish(w)
	return body, origins, err
}
