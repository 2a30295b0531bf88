package netsuite

import (
	"slices"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// The states of approval that a sales order can be written with (online help, "Use Case
// For Approving Your Sales Order").
const (
	pendingApproval    = "A"
	pendingFulfillment = "B"
)

// itemSublist is the sublist with a sales order's lines.
const itemSublist = "item"

// salesOrder is the state that a sales order is to have.
type salesOrder struct {
	*booking
	entity     string // internal id of the customer
	subsidiary string
	currency   string
	memo       string
	email      string
	reference  string // otherRefNum: the buyer's own number, or else the store's
	billing    field
	shipTo     field
	facts      []field
	*fitted
}

// newSalesOrder derives the sales order from the order's state and the settings alone.
func newSalesOrder(s *RecordSettings, m *message.Message, order *canonical.Order, parents map[string]string) (*salesOrder, error) {
	subsidiary, err := s.subsidiary(m)
	if err != nil {
		return nil, err
	}
	currency, err := s.currency(order.Currency, "currency")
	if err != nil {
		return nil, err
	}
	entity, err := s.entity(m, order, parents)
	if err != nil {
		return nil, err
	}
	booking, err := book(s, order)
	if err != nil {
		return nil, err
	}
	so := &salesOrder{booking: booking, entity: entity, subsidiary: subsidiary, currency: currency, memo: naturalKey(m), fitted: &fitted{rules: s}}
	so.refer()
	so.email = order.Buyer.Email.String()
	if so.tooLong("buyer.email", so.email, maxEmail) { // half an address is another's
		so.email = ""
		so.note("buyer.email", "is left out")
	}
	so.billing = so.addressField("billingAddress", order.Billing, "billing")
	so.shipTo = so.addressField("shippingAddress", order.Shipping, "shipping")
	for i := range so.lines {
		so.lines[i].text = so.cut(so.lines[i].field, so.lines[i].text, maxText)
	}
	if so.err != nil {
		return nil, so.err
	}
	so.facts, err = s.facts(m, order)
	return so, err
}

// refer chooses the number that people look for. A number of the buyer's own takes the place
// of the store's, which moves to the memo with what is cut off.
func (so *salesOrder) refer() {
	name, own := so.order.Name, so.order.PurchaseOrder
	if own == "" {
		so.reference = so.cut("name", name, maxReference)
		return
	}
	so.reference = so.cut("purchase_order", own, maxReference)
	so.memo += ", " + name
	if so.reference != own {
		so.memo += ", PO " + own
	}
	so.memo = so.cut("purchase_order", so.memo, maxMemo)
}

// naturalKey is the memo by which an auditor finds the entity without our ids.
func naturalKey(m *message.Message) string { return memoOf(m.Key()) }

func memoOf(key message.Key) string {
	return key.System + " " + key.Tenant + " " + key.Type + " " + key.ID
}

func (s *RecordSettings) subsidiary(m *message.Message) (string, error) {
	if id := s.choice("NETSUITE_RULE_SUBSIDIARY", ""); id != "" {
		return id, nil
	}
	store := storeOf(m)
	if id, ok := s.Subsidiaries[store]; ok {
		return id, nil
	}
	return "", noEntry("NETSUITE_SUBSIDIARIES", store, "the store")
}

func (s *RecordSettings) currency(code, field string) (string, error) {
	if id, ok := s.Currencies[code]; ok {
		return id, nil
	}
	return "", noEntry("NETSUITE_CURRENCIES", code, field)
}

// entity returns the customer's internal id. The customer is in NetSuite before the order
// is, so one that is not among the parents is still on its way.
func (s *RecordSettings) entity(m *message.Message, order *canonical.Order, parents map[string]string) (string, error) {
	if id := s.company(m, order.Company); id != "" {
		return id, nil
	}
	if order.Buyer.Customer == "" {
		if s.DefaultCustomer == "" {
			return "", notSet("NETSUITE_DEFAULT_CUSTOMER", "NETSUITE_DEFAULT_CUSTOMER is not set, and the order has no customer (buyer.customer)")
		}
		return s.DefaultCustomer, nil
	}
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: "customer", ID: order.Buyer.Customer}
	if id, ok := s.CustomerOverrides[key.String()]; ok {
		return id, nil
	}
	return parent(m, "customer", order.Buyer.Customer, "buyer.customer", parents)
}

// parent returns the internal id of an entity of the same store.
func parent(m *message.Message, sort, id, field string, parents map[string]string) (string, error) {
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: sort, ID: id}
	if ref := parents[key.String()]; ref != "" {
		return ref, nil
	}
	return "", &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: field, Detail: "is not at netsuite yet"}
}

// head returns the body fields. Date and location are set once: an accountant or a
// warehouse may move an order.
func (so *salesOrder) head() []field {
	taxCode := ""
	if so.shipping.Minor != 0 {
		taxCode = so.settings.TaxCode
	}
	return append([]field{
		refField("entity", so.entity),
		onceField(refField("subsidiary", so.subsidiary)),
		onceField(refField("currency", so.currency)),
		onceField(plainField(dateField, so.settings.day(so.order.PlacedAt))),
		plainField("otherRefNum", so.reference),
		plainField("memo", so.memo),
		plainField("email", so.email),
		onceField(field{name: "orderStatus", kind: enumKind, value: so.approval()}),
		refField("shipMethod", so.method),
		// Also when it is 0: a change may have taken the delivery away.
		moneyField("shippingCost", so.shipping),
		refField("shippingTaxCode", taxCode),
		so.billing,
		so.shipTo,
	}, so.facts...)
}

// approval is the status of a new sales order. A paid order needs no approval, unless a rule
// demands it.
func (so *salesOrder) approval() string {
	switch so.settings.choice("NETSUITE_RULE_STATUS", "") {
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
func (so *salesOrder) encodeNew() ([]byte, []origin, error) {
	w := strictjson.NewWriter(make([]byte, 0, 1024+256*len(so.lines)))
	w.Obj()
	writeFields(w, so.head())
	origins := so.settings.writeNewLines(w, so.lines)
	w.EndObj()
	body, err := finish(w)
	return body, origins, err
}

// writeNewLines writes the sublist of a new record, and returns the origin of each line.
func (s *RecordSettings) writeNewLines(w *strictjson.Writer, lines []line) []origin {
	w.Key(itemSublist).Obj()
	w.Key("items").Arr()
	origins := make([]origin, len(lines))
	for i := range lines {
		w.Obj()
		s.writeNewLine(w, &lines[i])
		w.EndObj()
		origins[i] = lines[i].origin()
	}
	w.EndArr()
	w.EndObj()
	return origins
}

func (s *RecordSettings) writeNewLine(w *strictjson.Writer, l *line) {
	w.Key("item").Obj()
	w.StrField("externalId", l.item)
	w.EndObj()
	s.writeLine(w, l)
}

// writeLine writes what a change of the line may change. A rate of our own needs the price
// level "custom", or NetSuite may take that of the item's.
func (s *RecordSettings) writeLine(w *strictjson.Writer, l *line) {
	w.OptStr("description", l.text)
	w.NumField("quantity", l.quantity.String())
	if rate := l.rate(); rate != "" {
		price := refField("price", customPrice)
		price.write(w)
		w.NumField("rate", rate)
	}
	w.NumField("amount", l.amount.Decimal().String())
	taxCode := refField("taxCode", s.TaxCode)
	taxCode.write(w)
}

// customPrice is NetSuite's own price level for a rate that no list has (online help, "Usage
// Notes for Transaction Record Types").
const customPrice = "-1"
