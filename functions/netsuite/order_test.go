package netsuite_test

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// B4 to B8: whatever stands on the order, NetSuite's total is the store's.
func TestSalesOrderTotalIsTheStoresTotal(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/order-*/in.json")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d cases: %v", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			messages := mustCase(t, name)
			r := newRig(t, caseSettings[name])
			if _, err := r.fake.AddCustomer("", "till@example.com", "Till"); err != nil {
				t.Fatal(err)
			}
			r.mustDeliver(messages...)
			order := r.delivery(last(messages)).Body.(*canonical.Order)
			if got, want := last(r.fake.Orders()).Total, order.Total.Decimal().String(); got != want {
				t.Errorf("NetSuite's total is %s, the store's %s", got, want)
			}
			if duplicates := r.fake.Duplicates(); len(duplicates) > 0 {
				t.Errorf("booked twice: %v", duplicates)
			}
		})
	}
}

func TestSalesOrderShowsWhatTheCaseIsAbout(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]netsuitetest.Order{
		"order-b12-last-minutes-of-the-month":    {Date: "2026-01-31", Status: "A", Subsidiary: "1"},
		"order-b13-same-number-in-another-store": {Date: "2026-11-22", Status: "A", Subsidiary: "2"},
		"order-b7-gift-card-sold":                {Date: "2026-11-22", Status: "B", Subsidiary: "1"},
		"order-changed-and-paid":                 {Date: "2026-11-22", Status: "B", Subsidiary: "1"},
		"order-cancelled":                        {Date: "2026-11-22", Status: "closed", Subsidiary: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, caseSettings[name])
			r.mustDeliver(mustCase(t, name)...)
			got := last(r.fake.Orders())
			if got.Date != want.Date || got.Status != want.Status || got.Subsidiary != want.Subsidiary {
				t.Errorf("stands as %+v, want %+v", got, want)
			}
		})
	}
}

func TestTwoStoresWithOneNumberAreTwoOrders(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustDeliver(mustCase(t, "order-b13-same-number-in-another-store")...)
	orders := r.fake.Orders()
	if len(orders) != 2 || orders[0].Name != orders[1].Name || orders[0].Entity == orders[1].Entity || orders[0].Subsidiary == orders[1].Subsidiary {
		t.Errorf("orders are %+v", orders)
	}
}

// refused are orders that must not get as far as NetSuite.
var refused = map[string]struct {
	sample, old, replacement string
	settings                 map[string]string
	kind                     fault.Kind
	class                    fault.Class
	field                    string
}{
	"B13 unknown store":             {"order-b5-tax-added-after-discount", "", "", map[string]string{"NETSUITE_SUBSIDIARIES": "shopify/other.example=1"}, fault.Rejected, fault.Config, "NETSUITE_SUBSIDIARIES"},
	"unknown currency":              {"order-b5-tax-added-after-discount", "", "", map[string]string{"NETSUITE_CURRENCIES": "EUR=4"}, fault.Rejected, fault.Config, "NETSUITE_CURRENCIES"},
	"B3 product without SKU":        {"order-b3-custom-line", `,"sku":"TEE-BLK-M"`, "", nil, fault.Rejected, fault.MissingRef, "lines[0].sku"},
	"B3 no item for custom lines":   {"order-b3-custom-line", "", "", map[string]string{"NETSUITE_ITEM_CUSTOM": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_CUSTOM"},
	"B7 no item for gift cards":     {"order-b7-gift-card-sold", "", "", map[string]string{"NETSUITE_ITEM_GIFT_CARD": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_GIFT_CARD"},
	"B8 no item for tips":           {"order-b8-tip-duty-fee-cash-rounding", "", "", map[string]string{"NETSUITE_ITEM_TIP": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_TIP"},
	"B8 no item for duties":         {"order-b8-tip-duty-fee-cash-rounding", "", "", map[string]string{"NETSUITE_ITEM_DUTY": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_DUTY"},
	"B8 no item for fees":           {"order-b8-tip-duty-fee-cash-rounding", "", "", map[string]string{"NETSUITE_ITEM_FEE": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_FEE"},
	"B8 no item for cash rounding":  {"order-b8-tip-duty-fee-cash-rounding", "", "", map[string]string{"NETSUITE_ITEM_CASH_ROUNDING": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_CASH_ROUNDING"},
	"B6 no item for rounding":       {"order-b6-rounding-of-both-sorts", "", "", map[string]string{"NETSUITE_ITEM_ROUNDING": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_ROUNDING"},
	"B4 no item for tax":            {"order-b4-tax-included-with-discount", "", "", map[string]string{"NETSUITE_ITEM_TAX": ""}, fault.Rejected, fault.Config, "NETSUITE_ITEM_TAX"},
	"B6 taxes that are no rounding": {"order-b4-tax-included-with-discount", `"tax":{"minor":4117`, `"tax":{"minor":4100`, nil, fault.Rejected, fault.Value, "tax"},
	"unknown way of delivery":       {"order-b8-tip-duty-fee-cash-rounding", "", "", map[string]string{"NETSUITE_SHIP_METHODS": "pigeon=1"}, fault.Rejected, fault.Config, "NETSUITE_SHIP_METHODS"},
	"B10 no identity, no default":   {"order-b10-without-identity", "", "", map[string]string{"NETSUITE_DEFAULT_CUSTOMER": ""}, fault.Rejected, fault.Config, "NETSUITE_DEFAULT_CUSTOMER"},
	"B11 street too long":           {"order-b5-tax-added-after-discount", "12 Main St", strings.Repeat("long ", 31), map[string]string{"NETSUITE_TEXT": "refuse"}, fault.Rejected, fault.Value, "shipping.line1"},
	"B11 company too long":          {"order-b11-company-and-billing-address", "Analytical Engines Ltd", strings.Repeat("x", 84), map[string]string{"NETSUITE_TEXT": "refuse"}, fault.Rejected, fault.Value, "shipping.company"},
	"B11 no country":                {"order-b5-tax-added-after-discount", `"country":"US",`, "", map[string]string{"NETSUITE_TEXT": "refuse"}, fault.Rejected, fault.Value, "shipping.country"},
	"number too long":               {"order-b5-tax-added-after-discount", "#1002", strings.Repeat("1", 46), map[string]string{"NETSUITE_TEXT": "refuse"}, fault.Rejected, fault.Value, "name"},
	"quantity 0 with an amount":     {"order-price-that-does-not-end", `"quantity":{"value":"0","unit":"C62"},"unit_price":"79.50","discount":{"minor":0`, `"quantity":{"value":"0","unit":"C62"},"unit_price":"79.50","discount":{"minor":1`, nil, fault.Rejected, fault.Value, "lines[1].quantity"},
}

func TestOrderIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	for name, tc := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			messages := mustCase(t, tc.sample)
			r := newRig(t, caseSettings[tc.sample])
			r.mustDeliver(messages[:len(messages)-1]...)
			settings := r.fake.Settings("http://127.0.0.1:1")
			for key, value := range tc.settings {
				settings[key] = value
			}
			r.system = mustOpen(t, settings, nobody{})
			m := last(messages)
			if tc.old != "" {
				m = edit(t, m, tc.old, tc.replacement)
			}
			d := r.unchecked(m)
			_, err := r.system.Target.Deliver(t.Context(), d)
			e := fault.As(err)
			if e == nil || e.Kind != tc.kind || e.ClassOrDefault() != tc.class || e.Field != tc.field || e.Doing == "" || e.Detail == "" {
				t.Errorf("got %v (%+v), want %v/%v at %s", err, e, tc.kind, tc.class, tc.field)
			}
		})
	}
}

// B2: one order with an unknown SKU is refused by NetSuite, with our line named; the
// others flow, and so does this one once the item is there.
func TestUnknownSKUIsNamedInOurTerms(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	messages := mustCase(t, "order-b7-gift-card-sold")
	r.mustDeliver(messages[0])
	bad := edit(t, messages[1], `"sku":"TEE-BLK-M"`, `"sku":"tee-blk-m-new"`)
	_, err := r.deliver(t.Context(), bad)
	e := fault.As(err)
	if e == nil || e.Kind != fault.Rejected || e.ClassOrDefault() != fault.MissingRef || e.Field != "lines[1].sku" || e.Code != "INVALID_VALUE" {
		t.Fatalf("got %v (%+v), want a missing reference at lines[1].sku", err, e)
	}
	r.mustDeliver(mustCase(t, "order-b5-tax-added-after-discount")...)
	if err := r.fake.AddItem("tee-blk-m-new"); err != nil {
		t.Fatal(err)
	}
	r.mustDeliver(bad)
	if got := len(r.fake.Orders()); got != 2 {
		t.Errorf("%d orders stand, want 2", got)
	}
}

func TestParentThatIsNotThereIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	order := mustCase(t, "order-b5-tax-added-after-discount")[1]
	payment := last(mustCase(t, "payment-b7-card"))
	for _, m := range []*message.Message{order, payment} {
		if _, err := r.deliver(t.Context(), m); fault.KindOf(err) != fault.NotReady {
			t.Errorf("%s without its parent: %v, want not ready", m.Type, err)
		}
	}
	if calls := r.fake.Calls(); len(calls) > 0 {
		t.Errorf("NetSuite was asked: %v", calls)
	}
	// Known to us, but deleted in NetSuite since.
	for _, m := range []*message.Message{order, payment} {
		for _, parent := range append(m.Parents, key("shopify", "example-brand.myshopify.com", "customer", "115310627314723954")) {
			r.refs[parent.String()] = "999"
		}
		e := fault.As(second(r.deliver(t.Context(), m)))
		if e == nil || e.Kind != fault.NotReady || e.ClassOrDefault() != fault.MissingRef || e.Field == "" {
			t.Errorf("%s whose parent was deleted: %+v, want not ready", m.Type, e)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestRepeatedOrderKeepsItsLines(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	messages := mustCase(t, "order-b8-tip-duty-fee-cash-rounding")
	r.mustDeliver(messages...)
	first := r.fake.Orders()[0]
	r.mustDeliver(messages[1], messages[1])
	again := r.fake.Orders()
	if len(again) != 1 || again[0].Total != first.Total || len(again[0].Lines) != len(first.Lines) || again[0].Writes != 1 {
		t.Errorf("after repeating: %+v\nbefore: %+v", again, first)
	}
}

// B7: a split tender is two deposits, and a redeemed gift card is one of them.
func TestSplitTenderIsTwoDeposits(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	card := mustCase(t, "payment-b7-card")
	r.mustDeliver(card...)
	r.mustDeliver(last(mustCase(t, "payment-b7-gift-card-redeemed")))
	r.mustDeliver(last(card))
	deposits, order := r.fake.Deposits(), r.fake.Orders()[0]
	if len(deposits) != 2 || deposits[0].Option != "1" || deposits[1].Option != "9" {
		t.Fatalf("deposits are %+v", deposits)
	}
	for _, d := range deposits {
		if d.Order != order.ID || d.Customer != order.Entity {
			t.Errorf("deposit %+v does not belong to order %+v", d, order)
		}
	}
	if order.Total != "157.50" {
		t.Errorf("the gift card changed the order: %+v", order)
	}
}

func TestPaymentMethodWithoutOptionIsConfig(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_PAYMENT_METHODS": "cash=3"})
	messages := mustCase(t, "payment-b7-card")
	r.mustDeliver(messages[:2]...)
	e := fault.As(second(r.deliver(t.Context(), messages[2])))
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.Config || e.Field != "NETSUITE_PAYMENT_METHODS" || e.Detail != `NETSUITE_PAYMENT_METHODS has no entry for "card" (method)` {
		t.Errorf("got %+v", e)
	}
}

func TestAmendmentDoesNotTakeBackAnApproval(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	messages := mustCase(t, "order-changed-and-paid")
	r.mustDeliver(messages...)
	pending := edit(t, messages[2], `"financial":"paid"`, `"financial":"pending"`)
	r.mustDeliver(pending)
	if got := r.fake.Orders()[0].Status; got != "B" {
		t.Errorf("status is %s, want B as before", got)
	}
}

func FuzzSalesOrderKeepsTheTotal(f *testing.F) {
	f.Add(int64(25999), uint8(1), int64(1299), int64(4117), int64(0), int64(0), true)
	f.Add(int64(10000), uint8(3), int64(2000), int64(800), int64(500), int64(-3), false)
	f.Add(int64(3335), uint8(7), int64(1), int64(3), int64(750), int64(250), true)
	f.Fuzz(func(t *testing.T, price int64, quantity uint8, discount, tax, shipping, tip int64, included bool) {
		for _, n := range []int64{price, discount, tax, shipping, tip} {
			if n > 1e9 || n < -1e9 {
				return
			}
		}
		m := mustOrder(t, price, int64(quantity)+1, discount, tax, shipping, tip, included)
		w := &recorder{}
		system := mustOpen(t, netsuitetest.New(clock).Settings("http://127.0.0.1:1"), w)
		refs := map[string]string{"shopify/example-brand.myshopify.com/customer/1": "7"}
		order := new(canonical.Order)
		if err := json.Unmarshal(m.Body, order); err != nil {
			t.Fatal(err)
		}
		if _, err := system.Target.Deliver(t.Context(), connectorDelivery(m, order, refs)); err != nil {
			t.Fatal(err)
		}
		if err := netsuitetest.Refuses("salesOrder", w.body); err != nil {
			t.Error(err)
		}
		if got := w.minor(t); got != order.Total.Minor {
			t.Errorf("NetSuite adds up to %d, the store to %d: %s", got, order.Total.Minor, w.body)
		}
	})
}

// By default NetSuite passes over a property that it does not know, and what it holds is lost.
func TestUnknownPropertiesAreToBeErrors(t *testing.T) {
	t.Parallel()
	w := &recorder{}
	system := mustOpen(t, netsuitetest.New(clock).Settings("http://127.0.0.1:1"), w)
	m := mustCase(t, "customer-email-only")[0]
	customer := &canonical.Customer{ID: "1", UpdatedAt: noon}
	if _, err := system.Target.Deliver(t.Context(), connectorDelivery(m, customer, nil)); err != nil {
		t.Fatal(err)
	}
	if got := w.header.Get("X-NetSuite-PropertyNameValidation"); got != "Error" {
		t.Errorf("the header is %q, want Error", got)
	}
	if got := w.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("the content type is %q", got)
	}
}

func mustOrder(t *testing.T, price, quantity, discount, tax, shipping, tip int64, included bool) *message.Message {
	t.Helper()
	usd := func(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }
	order := &canonical.Order{
		ID: "1", Name: "#1", Status: canonical.OrderOpen, Financial: canonical.Pending, PlacedAt: noon, UpdatedAt: noon,
		Currency: "USD", TaxIncluded: included, Buyer: canonical.Buyer{Customer: "1"},
		Lines: []canonical.OrderLine{{
			ID: "1", Kind: canonical.ProductLine, SKU: "TEE", Quantity: canonical.Pieces(canonical.NewDecimal(quantity, 0)),
			UnitPrice: canonical.NewDecimal(price, 2), Discount: usd(discount), Tax: usd(tax),
		}},
		Deliveries: []canonical.DeliveryLine{{Code: "s", Price: usd(shipping), Discount: usd(0), Tax: usd(1)}},
		Charges:    []canonical.Charge{{Kind: canonical.Tip, Amount: usd(tip), Tax: usd(0)}},
		Tax:        usd(tax), Rounding: usd(0),
	}
	sum, err := order.Sum()
	if err != nil {
		t.Fatal(err)
	}
	order.Rounding, order.Total = usd(1), sum.Add(usd(1))
	body, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "m" + strconv.FormatInt(price, 10), Source: "causeway.shopify", Type: canonical.OrderPlaced, Subject: "order/1",
		Tenant: "example-brand.myshopify.com", Body: body,
	}
}
