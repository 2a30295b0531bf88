package shopify_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// bookedAtERP returns the sales order of order 5001, which has three shirts and a hood, with so many
// shirts.
func bookedAtERP(shirts int64) *canonical.ERPOrder {
	line := func(sku string, n int64) canonical.ERPLine {
		none := canonical.Pieces(canonical.NewDecimal(0, 0))
		return canonical.ERPLine{SKU: sku, Ordered: canonical.Pieces(canonical.NewDecimal(n, 0)), Fulfilled: none, Billed: none}
	}
	return &canonical.ERPOrder{
		ID: "4711", Number: "SO-1042", Order: "5001", Status: "pending fulfillment", Comparable: true, UpdatedAt: now,
		Lines: []canonical.ERPLine{line("TEE-BLK-M", shirts), line("HOOD-M", 1)},
	}
}

func erpMessage(t testing.TB, o *canonical.ERPOrder) *message.Message {
	t.Helper()
	m := cancelMessage(t, closedAtERP())
	body, err := canonical.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	m.Type, m.Schema, m.Subject, m.Body = canonical.OrderAcknowledged, "erp_order/1", "erp_order/external", body
	return m
}

// erpShown says what order 5001 shows of the ERP: number, state, difference, and whether it has the tag.
func erpShown(fake *shopifytest.Fake) string {
	var all []string
	for _, key := range []string{"erp_number", "erp_status", "erp_difference"} {
		all = append(all, fake.Metafield("5001", "causeway."+key))
	}
	if slices.Contains(fake.Tags("5001"), "erp-changed") {
		all = append(all, "tagged")
	}
	return strings.Join(all, "; ")
}

const fewer = "TEE-BLK-M: 3 in the store, 2 in books (SO-1042)"

// TestWhatAnERPHasIsShown: a life of a sales order, each state twice, of which the second writes nothing.
func TestWhatAnERPHasIsShown(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	for _, c := range []struct {
		change func(*canonical.ERPOrder)
		shirts int64
		want   string
		made   []string
	}{
		{func(*canonical.ERPOrder) {}, 3, "SO-1042; pending fulfillment; ", []string{"setWarehouse"}},
		{func(*canonical.ERPOrder) {}, 2, "SO-1042; pending fulfillment; " + fewer + "; tagged", []string{"addTags", "setWarehouse"}},
		{func(o *canonical.ERPOrder) { o.Status = "partially fulfilled" }, 2, "SO-1042; partially fulfilled; " + fewer + "; tagged", []string{"setWarehouse"}},
		{func(o *canonical.ERPOrder) { o.Status = "partially fulfilled" }, 3, "SO-1042; partially fulfilled; none", []string{"setWarehouse", "removeTags"}},
		{func(o *canonical.ERPOrder) { o.Status = "billed" }, 3, "SO-1042; billed; none", []string{"setWarehouse"}},
		{func(o *canonical.ERPOrder) { o.Status, o.Comparable = "billed", false }, 1, "SO-1042; billed; none", nil},
		{func(o *canonical.ERPOrder) { o.Status, o.Ended = "closed", true }, 0, "SO-1042; closed; none", []string{"setWarehouse"}},
	} {
		order := bookedAtERP(c.shirts)
		c.change(order)
		for i, want := range [][]string{c.made, nil} {
			before := len(s.fake.Asked())
			receipt, err := s.ship(t, erpMessage(t, order), 1)
			if err != nil {
				t.Fatal(err)
			}
			made := s.mutationsSince(before)
			if got := erpShown(s.fake); got != c.want || !slices.Equal(made, want) || receipt.Linked != (len(want) == 0) || receipt.Ref != "5001" || !strings.Contains(receipt.Detail, "SO-1042") {
				t.Errorf("time %d: the order shows %q, want %q, after %v, receipt %+v", i+1, got, c.want, made, receipt)
			}
		}
	}
}

// TestADifferenceIsJudgedByTheOrderAsItIs, with what was taken off it and what came back.
func TestADifferenceIsJudgedByTheOrderAsItIs(t *testing.T) {
	t.Parallel()
	at := now.Format(time.RFC3339)
	line := func(sku string, quantity int) map[string]any {
		return map[string]any{"sku": sku, "title": "x", "quantity": quantity, "product_id": 7}
	}
	items := func(lines ...map[string]any) map[string]any {
		var all []any
		for i, l := range append(lines, line("HOOD-M", 1)) {
			l["id"], l["price_set"] = 11+i, map[string]any{"shop_money": map[string]any{"amount": "10.00", "currency_code": "USD"}, "presentment_money": map[string]any{"amount": "10.00", "currency_code": "USD"}}
			all = append(all, l)
		}
		return map[string]any{"line_items": all}
	}
	removed := line("TEE-BLK-M", 3)
	removed["current_quantity"], removed["fulfillable_quantity"] = 2, 2
	gift := line("GIFT", 1)
	gift["gift_card"] = true
	custom := line("", 1)
	delete(custom, "product_id")
	for name, c := range map[string]struct {
		set    map[string]any
		shirts int64
		want   string
	}{
		"alike":              {shirts: 3},
		"more":               {shirts: 4, want: "TEE-BLK-M: 3 in the store, 4 in books (SO-1042)"},
		"taken off in both":  {set: items(removed), shirts: 2},
		"taken off in store": {set: items(removed), shirts: 3, want: "TEE-BLK-M: 2 in the store, 3 in books (SO-1042)"},
		"a gift card":        {set: items(line("TEE-BLK-M", 3), gift), shirts: 3},
		"a line of its own":  {set: items(line("TEE-BLK-M", 3), custom), shirts: 3},
		"another SKU":        {set: items(line("TEE-BLK-M", 3), line("SOCKS", 1)), shirts: 3, want: "SOCKS: 1 in the store, 0 in books (SO-1042)"},
		"cancelled":          {set: map[string]any{"cancelled_at": at}, shirts: 1},
	} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		if c.set != nil {
			s.fake.Put(shopifytest.Purchase{ID: 5001, Change: func(o map[string]any) {
				for key, value := range c.set {
					o[key] = value
				}
			}}.Body())
		}
		if _, err := s.ship(t, erpMessage(t, bookedAtERP(c.shirts)), 1); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := s.fake.Metafield("5001", "causeway.erp_difference"); got != c.want || slices.Contains(s.fake.Tags("5001"), "erp-changed") != (c.want != "") {
			t.Errorf("%s: the order shows %q with %v, want %q", name, got, s.fake.Tags("5001"), c.want)
		}
	}
}

// TestAnAnswerThatWasLostShowsTheSame, whichever mutation it is of.
func TestAnAnswerThatWasLostShowsTheSame(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"metafieldsSet(", "tagsAdd("} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		s.fake.LoseAnswer(lost)
		if _, err := s.ship(t, erpMessage(t, bookedAtERP(2)), 1); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", lost, err)
		}
		if _, err := s.ship(t, erpMessage(t, bookedAtERP(2)), 2); err != nil || erpShown(s.fake) != "SO-1042; pending fulfillment; "+fewer+"; tagged" {
			t.Errorf("%s: %v, the order shows %q", lost, err, erpShown(s.fake))
		}
	}
	s := open(t, nil)
	_, err := s.ship(t, erpMessage(t, bookedAtERP(2)), 1)
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("without the order: %v", err)
	}
}

// TestWithoutItsTokenAnERPsOrderWaits, for the setting's name.
func TestWithoutItsTokenAnERPsOrderWaits(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_ADMIN_TOKEN": ""})
	s.fake.Put(threeTees())
	_, err := s.ship(t, erpMessage(t, bookedAtERP(2)), 1)
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_ADMIN_TOKEN")
}

func TestTheTagOfADifferenceIsItsOwn(t *testing.T) {
	t.Parallel()
	settings := shopifytest.New().Settings("https://shop.example")
	for _, tag := range []string{"Warehouse-Hold", "warehouse-discrepancy", "ERP-cancelled"} {
		settings["SHOPIFY_ERP_CHANGED_TAG"] = tag
		_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "SHOPIFY_ERP_CHANGED_TAG" {
			t.Errorf("%q: %v", tag, err)
		}
	}
}
