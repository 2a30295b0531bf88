package shopify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// allText lets cmp look into the texts of the model.
var allText = cmp.Options{cmp.AllowUnexported(canonical.Text{}, canonical.Decimal{})}

func TestOrderEvents(t *testing.T) {
	t.Parallel()
	cancelled := shopifytest.Purchase{CancelledAt: shopifytest.Start, Financial: "voided"}
	pending := shopifytest.Purchase{Financial: "pending"}
	for name, c := range map[string]struct {
		topic    string
		purchase shopifytest.Purchase
		want     []string
	}{
		"placed and paid":     {"orders/create", shopifytest.Purchase{}, []string{"customer.upserted", "order.placed", "payment.captured"}},
		"placed, to be paid":  {"orders/create", pending, []string{"customer.upserted", "order.placed"}},
		"changed":             {"orders/updated", pending, []string{"customer.upserted", "order.changed"}},
		"paid":                {"orders/paid", shopifytest.Purchase{}, []string{"customer.upserted", "order.changed", "payment.captured"}},
		"cancelled":           {"orders/cancelled", cancelled, []string{"customer.upserted", "order.cancelled"}},
		"update of cancelled": {"orders/updated", cancelled, []string{"customer.upserted", "order.cancelled"}},
		"created cancelled":   {"orders/create", cancelled, []string{"customer.upserted", "order.cancelled"}},
		"paid and cancelled":  {"orders/paid", shopifytest.Purchase{CancelledAt: shopifytest.Start}, []string{"customer.upserted", "order.cancelled", "payment.captured"}},
		"partially refunded":  {"orders/updated", shopifytest.Purchase{Financial: "partially_refunded"}, []string{"customer.upserted", "order.changed", "payment.captured"}},
		"refunded":            {"orders/updated", shopifytest.Purchase{Financial: "refunded"}, []string{"customer.upserted", "order.changed", "payment.captured"}},
		"no buyer named":      {"orders/create", shopifytest.Purchase{Financial: "pending", Change: without("customer", "email", "contact_email")}, []string{"order.placed"}},
		"nothing to pay":      {"orders/create", shopifytest.Purchase{Items: []shopifytest.Item{{ID: 1, Quantity: 1}}}, []string{"customer.upserted", "order.placed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			if diff := cmp.Diff(c.want, types(s.report(t, c.topic, c.purchase.Body()))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventsNameEntityVersionAndParents(t *testing.T) {
	t.Parallel()
	updated := shopifytest.Start.Add(time.Hour)
	body := shopifytest.Purchase{ID: 77, Customer: 7, UpdatedAt: updated}.Body()
	s := open(t, nil)
	s.fake.Pay("77", sale(7701, "SALE", "SUCCESS", "shopify_payments", 15750))
	events := s.mustTranslate(t, "orders/updated", body)
	key := func(kind, id string) message.Key {
		return message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: kind, ID: id}
	}
	type fact struct {
		Entity              message.Key
		At, UpdatedAt, Hint time.Time
		Parents             []message.Key
	}
	var got []fact
	for _, e := range events {
		got = append(got, fact{e.Entity, e.At.UTC(), e.UpdatedAt.UTC(), e.Hint.UTC(), e.Parents})
	}
	start, version := shopifytest.Start.UTC(), updated.UTC()
	want := []fact{
		{key("customer", "7"), start, start, start, nil},
		{key("order", "77"), version, version, start, []message.Key{key("customer", "7")}},
		{key("payment", "77-paid"), start, version, start, []message.Key{key("order", "77")}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestB4B5DiscountBeforeTax(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, c := range map[string]struct {
		included   bool
		percent    int64
		price, off int64
		total, tax int64
	}{
		"B4 tax included 20 %": {true, 20, 25999, 1299, 24700, 4117},
		"B4 tax included 19 %": {true, 19, 11900, 0, 11900, 1900},
		"B5 tax added 10 %":    {false, 10, 10000, 2000, 8800, 800},
		"B5 tax added 8 %":     {false, 8, 9999, 999, 9720, 720},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			purchase := shopifytest.Purchase{
				TaxIncluded: c.included, TaxPercent: c.percent,
				Items: []shopifytest.Item{{ID: 1, SKU: "COAT", Quantity: 1, Price: c.price, Discount: c.off}},
			}
			got := order(t, s.mustTranslate(t, "orders/create", purchase.Body()))
			if err := canonical.Validate(got); err != nil {
				t.Error(err)
			}
			if got.Total != usd(c.total) || got.Tax != usd(c.tax) || got.Rounding != usd(0) || got.Lines[0].Discount != usd(c.off) {
				t.Errorf("total %v, tax %v, rounding %v, discount %v", got.Total, got.Tax, got.Rounding, got.Lines[0].Discount)
			}
		})
	}
}

func TestB6RoundingWithinToleranceOnly(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_ROUNDING_TOLERANCE": "3"})
	for _, off := range []int64{-3, -1, 1, 3} {
		got := order(t, s.mustTranslate(t, "orders/create", shopifytest.Purchase{OffBy: off}.Body()))
		if err := canonical.Validate(got); err != nil || got.Rounding != usd(off) {
			t.Errorf("off by %d: rounding %v, %v", off, got.Rounding, err)
		}
	}
	for _, off := range []int64{-4, 4, 1000} {
		got := order(t, s.mustTranslate(t, "orders/create", shopifytest.Purchase{OffBy: off}.Body()))
		rule, ok := errors.AsType[*canonical.Error](canonical.Validate(got))
		if !ok || rule.Code != canonical.BalanceMismatch || !strings.Contains(rule.Rule, usd(off).String()) {
			t.Errorf("off by %d: %v, want a balance mismatch that names it", off, rule)
		}
	}
}

func TestB3B7LineKinds(t *testing.T) {
	t.Parallel()
	deleted := func(o map[string]any) { o["line_items"].([]any)[3].(map[string]any)["product_exists"] = false }
	body := shopifytest.Purchase{Change: deleted, Items: []shopifytest.Item{
		{ID: 1, SKU: "GIFT", Quantity: 1, Price: 5000, GiftCard: true},
		{ID: 2, Quantity: 1, Price: 100, Custom: true},
		{ID: 3, SKU: "EBOOK", Quantity: 1, Price: 100, Digital: true},
		{ID: 4, SKU: "GONE", Quantity: 1, Price: 100},
	}}.Body()
	got := order(t, open(t, nil).mustTranslate(t, "orders/create", body))
	type kind struct {
		Kind  canonical.LineKind
		Ships bool
	}
	var kinds []kind
	for _, line := range got.Lines {
		kinds = append(kinds, kind{line.Kind, line.Ships})
	}
	want := []kind{{canonical.GiftCardLine, false}, {canonical.CustomLine, true}, {canonical.ProductLine, false}, {canonical.ProductLine, true}}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestA10DigitalOrderNeedsNoShipping(t *testing.T) {
	t.Parallel()
	items := []shopifytest.Item{{ID: 1, Quantity: 1, Price: 500, Digital: true}, {ID: 2, Quantity: 1, Price: 500, GiftCard: true}}
	got := order(t, open(t, nil).mustTranslate(t, "orders/create", shopifytest.Purchase{Items: items, Test: true}.Body()))
	if got.NeedsShipping || !got.Test {
		t.Errorf("needs shipping %v, test %v", got.NeedsShipping, got.Test)
	}
}

func TestB8Charges(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	tipLine := func(total string) func(map[string]any) {
		return func(o map[string]any) {
			line := o["line_items"].([]any)[1].(map[string]any)
			line["tip_payment_gateway"], line["product_id"] = nil, nil
			o["total_tip_received"] = total
		}
	}
	items := []shopifytest.Item{{ID: 1, SKU: "TEE", Title: "Tee", Quantity: 1, Price: 2000}, {ID: 2, Title: "Tip", Quantity: 1, Price: 300, Digital: true}}
	for name, c := range map[string]struct {
		purchase shopifytest.Purchase
		want     map[canonical.ChargeKind]int64
		total    int64
	}{
		"tip as a total":            {shopifytest.Purchase{Tip: 500}, map[canonical.ChargeKind]int64{canonical.Tip: 500}, 16250},
		"tip as a line":             {shopifytest.Purchase{Items: items, Change: tipLine("0.00")}, map[canonical.ChargeKind]int64{canonical.Tip: 300}, 2300},
		"tip as both":               {shopifytest.Purchase{Items: items, Change: tipLine("3.00")}, map[canonical.ChargeKind]int64{canonical.Tip: 300}, 2300},
		"duty on a line":            {shopifytest.Purchase{Duty: 700}, map[canonical.ChargeKind]int64{canonical.Duty: 700}, 16450},
		"duty on the order":         {shopifytest.Purchase{Duty: 700, Change: noLineDuties}, map[canonical.ChargeKind]int64{canonical.Duty: 700}, 16450},
		"duty within the prices":    {shopifytest.Purchase{Change: dutiesIncluded}, map[canonical.ChargeKind]int64{}, 15750},
		"fee":                       {shopifytest.Purchase{Fee: 99}, map[canonical.ChargeKind]int64{canonical.Fee: 99}, 15849},
		"cash rounded up":           {shopifytest.Purchase{CashRounded: 2}, map[canonical.ChargeKind]int64{canonical.CashRounding: 2}, 15752},
		"cash rounded down":         {shopifytest.Purchase{CashRounded: -2}, map[canonical.ChargeKind]int64{canonical.CashRounding: -2}, 15748},
		"cash rounded in the total": {shopifytest.Purchase{CashRounded: 2, OffBy: 2}, map[canonical.ChargeKind]int64{canonical.CashRounding: 2}, 15752},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := s.mustTranslate(t, "orders/create", c.purchase.Body())
			got := order(t, events)
			charges := map[canonical.ChargeKind]int64{}
			for _, charge := range got.Charges {
				charges[charge.Kind] += charge.Amount.Minor
			}
			if diff := cmp.Diff(c.want, charges); diff != "" {
				t.Errorf("charges (-want +got):\n%s", diff)
			}
			if err := canonical.Validate(got); err != nil || got.Total != usd(c.total) || got.Rounding != usd(0) {
				t.Errorf("total %v, rounding %v, %v", got.Total, got.Rounding, err)
			}
			if paid := payments(events); len(paid) != 1 || paid[0].Amount != got.Total {
				t.Errorf("paid %v of %v", paid, got.Total)
			}
			if slices.ContainsFunc(got.Lines, func(l canonical.OrderLine) bool { return l.Title == "Tip" }) {
				t.Error("a tip is no line")
			}
		})
	}
}

func noLineDuties(o map[string]any) { o["line_items"].([]any)[0].(map[string]any)["duties"] = nil }

func dutiesIncluded(o map[string]any) {
	bag := map[string]any{"shop_money": money("7.00", "USD"), "presentment_money": money("7.00", "USD")}
	o["duties_included"], o["original_total_duties_set"] = true, bag
	o["line_items"].([]any)[0].(map[string]any)["duties"] = []any{bag}
}

func money(amount any, currency string) map[string]any {
	return map[string]any{"amount": amount, "currency_code": currency}
}

func TestB8ShippingKeepsDiscountAndTaxAndDropsWhatWasRemoved(t *testing.T) {
	t.Parallel()
	body := shopifytest.Purchase{Shipping: 900, TaxPercent: 10, OffBy: -200, Change: func(o map[string]any) {
		lines := o["shipping_lines"].([]any)
		line := lines[0].(map[string]any)
		bag := map[string]any{"shop_money": money("2.00", "USD"), "presentment_money": money("2.00", "USD")}
		line["discount_allocations"] = []any{map[string]any{"amount_set": bag}}
		removed := map[string]any{"id": 9, "price_set": line["price_set"], "is_removed": true}
		o["shipping_lines"] = []any{removed, line}
	}}.Body()
	got := order(t, open(t, nil).mustTranslate(t, "orders/create", body))
	if err := canonical.Validate(got); err != nil {
		t.Error(err)
	}
	want := []canonical.DeliveryLine{{ID: "271878346596884015", Code: "Ground", Title: "Ground", Price: usd(900), Discount: usd(200), Tax: usd(90)}}
	if diff := cmp.Diff(want, got.Deliveries); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestB9CurrencyIsLockedWhenFirstSeen(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_CURRENCY": "presentment"})
	body := shopifytest.Purchase{ID: 9, Presentment: "EUR", Factor: 3}.Body()
	first := order(t, s.mustTranslate(t, "orders/create", body))
	if first.Total != eur(47250) || first.Presentment.Basis != "presentment" || first.Presentment.Total != usd(15750) {
		t.Errorf("total %v, presentment %+v", first.Total, first.Presentment)
	}
	later := open(t, nil)
	later.memory.bound = s.memory.bound
	again := order(t, later.mustTranslate(t, "orders/create", body))
	if diff := cmp.Diff(first, again, allText); diff != "" {
		t.Errorf("another configuration changed the order (-first +again):\n%s", diff)
	}
	for _, got := range []*canonical.Order{first, again} {
		if err := canonical.Validate(got); err != nil {
			t.Error(err)
		}
	}
}

func TestB9OneCurrencyIsNotChosen(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_CURRENCY": "presentment"})
	got := order(t, s.mustTranslate(t, "orders/create", shopifytest.Sample()))
	if s.memory.calls["currency_basis"] != 0 || got.Presentment != nil {
		t.Errorf("%v calls to the memory, presentment %v", s.memory.calls, got.Presentment)
	}
}

func TestB9MemoryOutOfReachIsNoBasis(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.memory.err = &fault.Error{Kind: fault.Unavailable}
	_, err := s.translate(t, "orders/create", shopifytest.Purchase{Presentment: "EUR", Factor: 3}.Body())
	wantFault(t, err, fault.Unavailable, fault.Intermittent, "")
}

func TestB10WhoBought(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	noID := func(o map[string]any) { o["customer"].(map[string]any)["id"] = nil }
	contact := func(o map[string]any) { o["email"] = nil }
	for name, c := range map[string]struct {
		purchase shopifytest.Purchase
		id       string
		guest    bool
	}{
		"known customer":                {shopifytest.Purchase{Customer: 7}, "7", false},
		"guest":                         {shopifytest.Purchase{Guest: true, Email: "bo@example.com"}, canonical.GuestID("bo@example.com"), true},
		"guest in capitals":             {shopifytest.Purchase{Guest: true, Email: "Bo@Example.COM"}, canonical.GuestID("bo@example.com"), true},
		"customer without id":           {shopifytest.Purchase{Email: "bo@example.com", Change: noID}, canonical.GuestID("bo@example.com"), true},
		"only the contact's e-mail":     {shopifytest.Purchase{Guest: true, Email: "bo@example.com", Change: contact}, canonical.GuestID("bo@example.com"), true},
		"embedded customer has no date": {shopifytest.Purchase{Customer: 7, Change: undated}, "7", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := s.mustTranslate(t, "orders/create", c.purchase.Body())
			customer := bodyOf[*canonical.Customer](t, events, canonical.CustomerUpserted)
			buyer := order(t, events).Buyer
			if customer.ID != c.id || customer.Guest != c.guest || buyer.Customer != c.id || buyer.Guest != c.guest {
				t.Errorf("customer %s (guest %v), buyer %s (guest %v)", customer.ID, customer.Guest, buyer.Customer, buyer.Guest)
			}
			if err := canonical.Validate(customer); err != nil {
				t.Error(err)
			}
		})
	}
}

func undated(o map[string]any) { delete(o["customer"].(map[string]any), "updated_at") }

func TestB10B11PartiesKeepTheirText(t *testing.T) {
	t.Parallel()
	body := shopifytest.Purchase{Guest: true, Email: "Bo@Example.com", Change: func(o map[string]any) {
		o["phone"] = "+353 1 555 0123"
		o["billing_address"] = map[string]any{
			"first_name": "渡辺", "last_name": "e\u0301", "company": nil, "address1": "1 Main St", "city": "Dublin",
			"province": "Dublin", "province_code": nil, "zip": nil, "country_code": "IE", "phone": "01 555 0123",
		}
	}}.Body()
	customer := bodyOf[*canonical.Customer](t, open(t, nil).mustTranslate(t, "orders/create", body), canonical.CustomerUpserted)
	want := &canonical.Customer{
		ID: canonical.GuestID("bo@example.com"), Guest: true, Email: canonical.NewText("Bo@Example.com"),
		FirstName: canonical.NewText("渡辺"), LastName: canonical.NewText("e\u0301"), Company: canonical.NullText(),
		Phone: canonical.NewText("+353 1 555 0123"),
		Address: &canonical.Address{
			FirstName: canonical.NewText("渡辺"), LastName: canonical.NewText("e\u0301"), Company: canonical.NullText(),
			Line1: canonical.NewText("1 Main St"), City: canonical.NewText("Dublin"), Region: canonical.NewText("Dublin"),
			PostalCode: canonical.NullText(), Country: "IE", Phone: canonical.NewText("01 555 0123"),
		},
		UpdatedAt: shopifytest.Start,
	}
	if diff := cmp.Diff(want, customer, allText); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOrderStatus(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	member := func(name string, value any) func(map[string]any) {
		return func(o map[string]any) { o[name] = value }
	}
	for name, c := range map[string]struct {
		purchase  shopifytest.Purchase
		status    canonical.OrderStatus
		financial canonical.FinancialState
		fulfilled bool
	}{
		"open":              {shopifytest.Purchase{}, canonical.OrderOpen, canonical.Paid, false},
		"closed":            {shopifytest.Purchase{Change: member("closed_at", "2026-11-23T10:00:00Z")}, canonical.OrderClosed, canonical.Paid, false},
		"cancelled":         {shopifytest.Purchase{CancelledAt: shopifytest.Start}, canonical.OrderCancelled, canonical.Paid, false},
		"handed over":       {shopifytest.Purchase{Change: member("fulfillment_status", "fulfilled")}, canonical.OrderOpen, canonical.Paid, true},
		"partly handed":     {shopifytest.Purchase{Change: member("fulfillment_status", "partial")}, canonical.OrderOpen, canonical.Paid, false},
		"A9 unknown word":   {shopifytest.Purchase{Change: member("fulfillment_status", "teleported")}, canonical.OrderOpen, canonical.Paid, false},
		"A9 unknown member": {shopifytest.Purchase{Change: member("brand_new", map[string]any{"a": 1})}, canonical.OrderOpen, canonical.Paid, false},
		"authorised only":   {shopifytest.Purchase{Financial: "authorized"}, canonical.OrderOpen, canonical.Authorized, false},
		"expired is voided": {shopifytest.Purchase{Financial: "expired"}, canonical.OrderOpen, canonical.Voided, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := order(t, s.mustTranslate(t, "orders/create", c.purchase.Body()))
			if got.Status != c.status || got.Financial != c.financial || got.Fulfilled != c.fulfilled {
				t.Errorf("status %s, financial %s, fulfilled %v", got.Status, got.Financial, got.Fulfilled)
			}
		})
	}
}

func TestDiscountCodesAreNamedOnce(t *testing.T) {
	t.Parallel()
	body := shopifytest.Purchase{Change: func(o map[string]any) {
		o["discount_applications"] = []any{
			map[string]any{"type": "discount_code", "code": "TEN"}, map[string]any{"type": "automatic", "title": "Spring"},
		}
		o["discount_codes"] = []any{map[string]any{"code": "TEN", "amount": "1.00"}, map[string]any{"code": "SHIPFREE"}}
		o["tags"] = "vip, , wholesale "
	}}.Body()
	got := order(t, open(t, nil).mustTranslate(t, "orders/create", body))
	want := []canonical.Discount{{Code: "TEN"}, {Title: "Spring"}, {Code: "SHIPFREE"}}
	if diff := cmp.Diff(want, got.Discounts); diff != "" {
		t.Errorf("discounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"vip", "wholesale"}, got.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestNotesNameNormalizedValues(t *testing.T) {
	t.Parallel()
	body := append([]byte("\ufeff"), shopifytest.Purchase{Financial: "expired", Change: inTheUK}.Body()...)
	events := open(t, nil).mustTranslate(t, "orders/create", body)
	want := []connector.Note{
		{Field: "", What: "byte order mark removed"},
		{Field: "financial_status", What: "financial status expired read as voided"},
		{Field: "shipping_address.address2", What: "control characters removed"},
		{Field: "shipping_address.country_code", What: "country uk read as GB"},
	}
	if diff := cmp.Diff(want, events[1].Notes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := order(t, events).Shipping.Line2.String(); got != "Flat 4" {
		t.Errorf("address line %q", got)
	}
}
