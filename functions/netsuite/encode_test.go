package netsuite_test

import (
	"encoding/json"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// sent delivers a body that was made up here and returns what NetSuite was sent.
func sent(t *testing.T, kind, eventType string, body any) map[string]any {
	t.Helper()
	w := &recorder{}
	settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
	settings["NETSUITE_DEFAULT_CUSTOMER"] = "7"
	m := &message.Message{
		ID: "m", Source: "causeway.shopify", Type: eventType, Subject: kind + "/1", Tenant: "example-brand.myshopify.com",
	}
	if _, err := mustOpen(t, settings, w).Target.Deliver(t.Context(), connectorDelivery(m, body, nil)); err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(w.body, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func text(value string) canonical.Text { return canonical.NewText(value) }

func TestNewCustomerAlwaysHasAName(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		customer canonical.Customer
		want     string
	}{
		"both names":         {canonical.Customer{FirstName: text("Ada"), LastName: text("Byron")}, `{"firstName":"Ada","isPerson":true,"lastName":"Byron"}`},
		"names and company":  {canonical.Customer{FirstName: text("Ada"), LastName: text("Byron"), Company: text("AE")}, `{"companyName":"AE","firstName":"Ada","isPerson":true,"lastName":"Byron"}`},
		"first name only":    {canonical.Customer{FirstName: text("Cher"), LastName: text("")}, `{"isPerson":true,"lastName":"Cher"}`},
		"last name only":     {canonical.Customer{LastName: text("Byron")}, `{"isPerson":true,"lastName":"Byron"}`},
		"company only":       {canonical.Customer{Company: text("AE"), FirstName: canonical.NullText()}, `{"companyName":"AE","isPerson":false}`},
		"nothing but the id": {canonical.Customer{ID: "115"}, `{"companyName":"115","isPerson":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sent(t, "customer", canonical.CustomerUpserted, &tc.customer)
			delete(got, "subsidiary")
			if text, err := json.Marshal(got); err != nil || string(text) != tc.want {
				t.Errorf("sent %s, %v, want %s", text, err, tc.want)
			}
		})
	}
}

func TestAddressOfNowhereIsNotSent(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]*canonical.Address{
		"none":              nil,
		"empty":             {},
		"a name alone":      {FirstName: text("Ada"), LastName: text("Byron")},
		"a country alone":   {Country: "US"},
		"a telephone alone": {Phone: text("1"), Country: "US"},
	} {
		got := sent(t, "customer", canonical.CustomerUpserted, &canonical.Customer{ID: "1", Address: address})
		if book, there := got["addressBook"]; there {
			t.Errorf("%s was sent: %v", name, book)
		}
	}
}

func TestRateIsSentWhereItEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		price, quantity string
		discount        int64
		want            any
	}{
		"whole":                   {"39.00", "2", 0, 39.0},
		"discount that divides":   {"39.00", "2", 100, 38.5},
		"finer than the currency": {"0.005", "200", 0, 0.005},
		"discount that does not":  {"10.00", "3", 1, nil},
		"part of a piece":         {"10.00", "0.25", 0, 10.0},
		"more decimals than kept": {"0.01", "1024", 1, nil},
		"all of it taken off":     {"10.00", "1", 1000, 0.0},
		"more than all taken off": {"10.00", "1", 1500, -5.0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := mustLine(t, tc.price, tc.quantity, tc.discount)
			got := sent(t, "order", canonical.OrderPlaced, orderOf(t, l))
			line := got["item"].(map[string]any)["items"].([]any)[0].(map[string]any)
			if line["rate"] != tc.want {
				t.Errorf("rate is %v beside amount %v, want %v", line["rate"], line["amount"], tc.want)
			}
		})
	}
}

func mustLine(t *testing.T, price, quantity string, discount int64) canonical.OrderLine {
	t.Helper()
	unitPrice, err := canonical.ParseDecimal(price)
	if err != nil {
		t.Fatal(err)
	}
	count, err := canonical.ParseDecimal(quantity)
	if err != nil {
		t.Fatal(err)
	}
	return canonical.OrderLine{
		ID: "1", Kind: canonical.ProductLine, SKU: "TEE", UnitPrice: unitPrice, Quantity: canonical.Pieces(count),
		Discount: canonical.Money{Minor: discount, Currency: "USD"}, Tax: canonical.Money{Currency: "USD"},
	}
}

func orderOf(t *testing.T, l canonical.OrderLine) *canonical.Order {
	t.Helper()
	zero := canonical.Money{Currency: "USD"}
	order := &canonical.Order{
		ID: "1", Name: "#1", Currency: "USD", PlacedAt: noon, Lines: []canonical.OrderLine{l}, Tax: zero, Rounding: zero,
	}
	total, err := order.Sum()
	if err != nil {
		t.Fatal(err)
	}
	order.Total = total
	return order
}

func TestOrderThatDoesNotBalanceIsOurDefect(t *testing.T) {
	t.Parallel()
	order := orderOf(t, mustLine(t, "10.00", "1", 0))
	order.Total.Minor++
	m := mustCase(t, "order-b10-without-identity")[0]
	settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
	settings["NETSUITE_DEFAULT_CUSTOMER"] = "7"
	_, err := mustOpen(t, settings, nobody{}).Target.Deliver(t.Context(), connectorDelivery(m, order, nil))
	wantDefect(t, err)
}

func wantDefect(t *testing.T, err error) {
	t.Helper()
	e := fault.As(err)
	if e == nil || e.Kind != fault.Unknown || e.Class != fault.Bug || e.Code != canonical.BalanceMismatch || e.Field != "total" {
		t.Errorf("got %v (%+v), want our own defect", err, e)
	}
}
