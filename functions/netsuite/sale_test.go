package netsuite_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// sale is one order on its way through its states, at one account.
type sale struct {
	*rig
	order    canonical.Order
	external string
}

var saleKey = key("shopify", "example-brand.myshopify.com", "order", "1")

// newSale is an order of two articles, paid or not, that is not in NetSuite yet.
func newSale(t *testing.T, financial canonical.FinancialState) *sale {
	t.Helper()
	return newSaleWith(t, financial, nil)
}

// newSaleWith is newSale at an account with the settings.
func newSaleWith(t *testing.T, financial canonical.FinancialState, settings map[string]string) *sale {
	t.Helper()
	r := newRig(t, settings)
	id, err := r.fake.AddCustomer("", "ada@example.com", "Ada")
	if err != nil {
		t.Fatal(err)
	}
	r.refs["shopify/example-brand.myshopify.com/customer/1"] = id
	s := &sale{rig: r, external: record.ExternalID(saleKey)}
	s.order = canonical.Order{
		ID: "1", Name: "#1", Status: canonical.OrderOpen, Financial: financial, PlacedAt: noon, UpdatedAt: noon, Currency: "USD",
		Buyer: canonical.Buyer{Customer: "1"}, Lines: []canonical.OrderLine{article("1", "TEE-BLK-M", 2, 3900), article("2", "HOOD-M", 1, 7950)},
		Tax: usd(0), Rounding: usd(0),
	}
	return s
}

func usd(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }

func article(id, sku string, quantity, price int64) canonical.OrderLine {
	return canonical.OrderLine{
		ID: id, Kind: canonical.ProductLine, SKU: sku, Title: "Article", Quantity: canonical.Pieces(canonical.NewDecimal(quantity, 0)),
		UnitPrice: canonical.NewDecimal(price, 2), Discount: usd(0), Tax: usd(0),
	}
}

// try delivers the order as it is, in an event of the type.
func (s *sale) try(ctx context.Context, event string) (connector.Receipt, error) {
	s.t.Helper()
	sum, err := s.order.Sum()
	if err != nil {
		s.t.Fatal(err)
	}
	s.order.Total = sum
	body, err := json.Marshal(&s.order)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.deliver(ctx, &message.Message{
		ID: "m", Source: "causeway.shopify", Type: event, Subject: "order/1", Tenant: "example-brand.myshopify.com", Body: body,
	})
}

// report delivers the order, and returns the sales order and the requests that it took.
func (s *sale) report() (netsuitetest.Order, []string) {
	s.t.Helper()
	before := len(s.fake.Calls())
	if _, err := s.try(s.t.Context(), canonical.OrderChanged); err != nil {
		s.t.Fatalf("delivering %s: %v", s.order.Status, err)
	}
	orders := s.fake.Orders()
	if len(orders) != 1 {
		s.t.Fatalf("%d sales orders", len(orders))
	}
	return orders[0], s.callsSince(before)
}

// wantConflict delivers the order and wants a conflict at the field, without a write.
func (s *sale) wantConflict(field, words string) {
	s.t.Helper()
	before := s.fake.Orders()[0]
	s.endsInConflict(field, words)
	if after := s.fake.Orders()[0]; after.Writes != before.Writes {
		s.t.Errorf("the sales order was written: %+v", after)
	}
}

// endsInConflict fails unless the delivery ends in a conflict. It may have written before.
func (s *sale) endsInConflict(field, words string) {
	s.t.Helper()
	e := fault.As(second(s.try(s.t.Context(), canonical.OrderChanged)))
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.Conflict || e.Field != field || !strings.Contains(e.Detail, words) || e.Doing == "" {
		s.t.Errorf("got %v (%+v), want a conflict at %s about %q", e, e, field, words)
	}
}

func (s *sale) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// lastBody is the body of the newest write.
func (s *sale) lastBody() string {
	for _, r := range s.fake.Books() {
		if r.ExternalID == s.external {
			return string(last(r.Bodies))
		}
	}
	return ""
}

// verbs returns the methods of the calls.
func verbs(calls []string) string {
	var all []string
	for _, c := range calls {
		all = append(all, strings.Fields(c)[0])
	}
	return strings.Join(all, " ")
}

// lines returns the lines as "item quantity amount", and which of them are closed.
func lines(order netsuitetest.Order) string {
	var all []string
	for _, l := range order.Lines {
		text := l.Item + " " + l.Quantity + " " + l.Amount
		if l.Closed {
			text += " closed"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
