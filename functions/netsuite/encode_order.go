package netsuite

import (
	"slices"
	"strconv"

	"causeway/shared/canonical"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/message"
)

// The states of approval that a sales order can be written with (online help, "Use Case
// For Approving Your Sales Order").
const (
	pendingApproval    = "A"
	pendingFulfillment = "B"
)

// salesOrder is what an order's body needs beside the order.
type salesOrder struct {
	*booking
	entity     string // internal id of the customer
	subsidiary string
	currency   string
	memo       string
	event      string // event type, which decides approval and closing
}

// encodeOrder returns the body of a sales order's upsert and, for each of its lines, the
// field of the canonical order that it comes from.
func encodeOrder(s *Settings, m *message.Message, order *canonical.Order, parents map[string]string) ([]byte, []string, error) {
	so, err := newSalesOrder(s, m, order, parents)
	if err != nil {
		return nil, nil, err
	}
	if err := so.check(); err != nil {
		return nil, nil, err
	}
	body, err := so.encode()
	fields := make([]string, len(so.lines))
	for i, l := range so.lines {
		fields[i] = l.field
	}
	return body, fields, err
}

func newSalesOrder(s *Settings, m *message.Message, order *canonical.Order, parents map[string]string) (*salesOrder, error) {
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
	return &salesOrder{booking, entity, subsidiary, currency, naturalKey(m), m.Type}, nil
}

// naturalKey is the memo by which an auditor finds the entity again without our ids.
func naturalKey(m *message.Message) string {
	key := m.Key()
	return key.System + " " + key.Tenant + " " + key.Type + " " + key.ID
}

func (s *Settings) subsidiary(m *message.Message) (string, error) {
	store := m.System() + "/" + m.Tenant
	if id, ok := s.Subsidiaries[store]; ok {
		return id, nil
	}
	return "", rejected(fault.Config, "NETSUITE_SUBSIDIARIES", "has no entry for "+strconv.Quote(store))
}

func (s *Settings) currency(code, field string) (string, error) {
	if id, ok := s.Currencies[code]; ok {
		return id, nil
	}
	return "", rejected(fault.MissingRef, field, "NETSUITE_CURRENCIES has no entry for "+strconv.Quote(code))
}

// entity returns the customer's internal id. The customer stands at the target before
// the order does, so one that is not among the parents is still on its way.
func (s *Settings) entity(m *message.Message, order *canonical.Order, parents map[string]string) (string, error) {
	if order.Buyer.Customer == "" {
		if s.DefaultCustomer == "" {
			return "", rejected(fault.MissingRef, "buyer.customer", "is missing and NETSUITE_DEFAULT_CUSTOMER is not set")
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

func (so *salesOrder) check() error {
	limits := []limit{
		{"name", so.order.Name, maxReference},
		{"buyer.email", so.order.Buyer.Email.String(), maxEmail},
	}
	for _, l := range so.lines {
		limits = append(limits, limit{l.field, l.text, maxText})
	}
	if err := checkLimits(limits...); err != nil {
		return err
	}
	if err := checkAddress(so.order.Billing, "billing"); err != nil {
		return err
	}
	return checkAddress(so.order.Shipping, "shipping")
}

func (so *salesOrder) encode() ([]byte, error) {
	w := strictjson.NewWriter(make([]byte, 0, 1024+256*len(so.lines)))
	w.Obj()
	so.writeHead(w)
	writeAddress(w, "billingAddress", so.order.Billing)
	writeAddress(w, "shippingAddress", so.order.Shipping)
	w.Key("item").Obj()
	w.Key("items").Arr()
	for i := range so.lines {
		so.writeLine(w, &so.lines[i])
	}
	w.EndArr()
	w.EndObj()
	w.EndObj()
	return finish(w)
}

func (so *salesOrder) writeHead(w *strictjson.Writer) {
	refField(w, "entity", so.entity)
	refField(w, "subsidiary", so.subsidiary)
	refField(w, "currency", so.currency)
	w.StrField("tranDate", so.order.PlacedAt.In(so.settings.Timezone).Format(dateLayout))
	w.StrField("otherRefNum", so.order.Name)
	w.StrField("memo", so.memo)
	w.OptStr("email", so.order.Buyer.Email.String())
	refField(w, "location", so.settings.Location)
	refField(w, "orderStatus", so.approval())
	refField(w, "shipMethod", so.method)
	// Also when it is 0: an amendment may have taken the delivery away.
	moneyField(w, "shippingCost", so.shipping)
	if so.shipping.Minor != 0 {
		refField(w, "shippingTaxCode", so.settings.TaxCode)
	}
}

// approval returns the status to write, "" to leave it as it is.
func (so *salesOrder) approval() string {
	paid := []canonical.FinancialState{canonical.Paid, canonical.PartiallyRefunded, canonical.Refunded}
	switch {
	case so.event == canonical.OrderCancelledEvent:
		return ""
	case slices.Contains(paid, so.order.Financial):
		return pendingFulfillment
	case so.event == canonical.OrderPlaced:
		return pendingApproval
	}
	return ""
}

func (so *salesOrder) writeLine(w *strictjson.Writer, l *line) {
	w.Obj()
	nameField(w, "item", "externalId", l.item)
	w.OptStr("description", l.text)
	w.NumField("quantity", l.quantity.String())
	w.OptNum("rate", l.rate())
	moneyField(w, "amount", l.amount)
	refField(w, "taxCode", so.settings.TaxCode)
	if so.event == canonical.OrderCancelledEvent {
		w.BoolField("isClosed", true)
	}
	w.EndObj()
}
