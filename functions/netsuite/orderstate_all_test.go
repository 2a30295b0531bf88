package netsuite_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var publishingAll = map[string]string{"NETSUITE_ORDERS": "all"}

// bookedSale is a sale that is in NetSuite, whose orders are all published.
func bookedSale(t *testing.T, financial canonical.FinancialState, settings map[string]string) *sale {
	t.Helper()
	all := map[string]string{"NETSUITE_ORDERS": "all"}
	for key, value := range settings {
		all[key] = value
	}
	s := newSaleWith(t, financial, all)
	s.must(s.fake.AddItem("SOCKS"))
	s.report()
	return s
}

// states returns the events of the orders: their types, and the last state.
func (s *sale) states() (types []string, state *canonical.ERPOrder) {
	s.t.Helper()
	events, _ := s.levels(noon)
	for _, e := range events {
		types = append(types, e.Type)
		if body, is := e.Body.(*canonical.ERPOrder); is {
			state = body
			if err := canonical.Validate(body); err != nil {
				s.t.Error(err)
			}
		}
	}
	if state == nil {
		s.t.Fatalf("no state in %v", types)
	}
	return types, state
}

// shown writes the lines: "HOOD-M 1/0/0", with "closed" behind one that is.
func shown(o *canonical.ERPOrder) string {
	var all []string
	for _, l := range o.Lines {
		text := l.SKU + " " + l.Ordered.Value.String() + "/" + l.Fulfilled.Value.String() + "/" + l.Billed.Value.String()
		if l.Closed {
			text += " closed"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// TestEachStateOfASalesOrderIsAcknowledged, with its lines, and an ended one asks its store to cancel too.
func TestEachStateOfASalesOrderIsAcknowledged(t *testing.T) {
	t.Parallel()
	act := func(acts ...func(*sale) error) func(*sale) error {
		return func(s *sale) error {
			for _, one := range acts {
				s.must(one(s))
			}
			return nil
		}
	}
	fulfill := func(line int, n string) func(*sale) error {
		return func(s *sale) error { return s.fake.Fulfill(s.external, line, n) }
	}
	bill := func(line int, n string) func(*sale) error {
		return func(s *sale) error { return s.fake.Bill(s.external, line, n) }
	}
	for name, c := range map[string]struct {
		financial     canonical.FinancialState
		act           func(*sale) error
		status, lines string
		ended         bool
	}{
		"not paid":           {financial: canonical.Pending, act: act(), status: "pending approval", lines: "HOOD-M 1/0/0, TEE-BLK-M 2/0/0"},
		"paid":               {act: act(), status: "pending fulfillment", lines: "HOOD-M 1/0/0, TEE-BLK-M 2/0/0"},
		"a part left":        {act: act(fulfill(1, "1")), status: "pending billing/partially fulfilled", lines: "HOOD-M 1/0/0, TEE-BLK-M 2/1/0"},
		"a part was billed":  {act: act(fulfill(1, "1"), bill(1, "1")), status: "partially fulfilled", lines: "HOOD-M 1/0/0, TEE-BLK-M 2/1/1"},
		"all left":           {act: act(fulfill(1, "2"), fulfill(2, "1")), status: "pending billing", lines: "HOOD-M 1/1/0, TEE-BLK-M 2/2/0"},
		"all was billed":     {act: act(fulfill(1, "2"), fulfill(2, "1"), bill(1, "2"), bill(2, "1")), status: "billed", lines: "HOOD-M 1/1/1, TEE-BLK-M 2/2/2"},
		"a quantity changed": {act: func(s *sale) error { return s.fake.ChangeQuantity(s.external, 1, "1.5") }, status: "pending fulfillment", lines: "HOOD-M 1/0/0, TEE-BLK-M 1.5/0/0"},
		"a line removed":     {act: func(s *sale) error { return s.fake.RemoveLine(s.external, 2) }, status: "pending fulfillment", lines: "TEE-BLK-M 2/0/0"},
		"a line added":       {act: func(s *sale) error { return s.fake.AddLine(s.external, "SOCKS", "3", "9.00") }, status: "pending fulfillment", lines: "HOOD-M 1/0/0, SOCKS 3/0/0, TEE-BLK-M 2/0/0"},
		"one more of an item": {
			act: func(s *sale) error { return s.fake.AddLine(s.external, "HOOD-M", "3", "9.00") }, status: "pending fulfillment", lines: "HOOD-M 4/0/0, TEE-BLK-M 2/0/0",
		},
		"a line closed": {act: func(s *sale) error { return s.fake.CloseLine(s.external, 1, true) }, status: "pending fulfillment", lines: "HOOD-M 1/0/0, TEE-BLK-M 2/0/0 closed"},
		"closed":        {act: closeSale, status: "closed", lines: "HOOD-M 1/0/0 closed, TEE-BLK-M 2/0/0 closed", ended: true},
		"cancelled": {
			financial: canonical.Pending, act: func(s *sale) error { return s.fake.Cancel(s.external) }, status: "cancelled", lines: "HOOD-M 1/0/0, TEE-BLK-M 2/0/0", ended: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			financial := c.financial
			if financial == "" {
				financial = canonical.Paid
			}
			s := bookedSale(t, financial, nil)
			s.must(c.act(s))
			types, state := s.states()
			want := []string{canonical.OrderAcknowledged}
			if c.ended {
				want = []string{canonical.OrderCancelRequested, canonical.OrderAcknowledged}
			}
			id := s.fake.Orders()[0].ID
			if !slices.Equal(types, want) || state.Status != c.status || shown(state) != c.lines || state.Ended != c.ended || !state.Comparable ||
				state.ID != id || state.Number != "SO-"+id || state.Order != "1" || !state.UpdatedAt.Equal(noon) {
				t.Errorf("%v with %+v, lines %q", types, state, shown(state))
			}
		})
	}
}

// TestAnAcknowledgedOrderGoesToItsStoreUnderAKeyOfItsOwn, apart from the request to cancel.
func TestAnAcknowledgedOrderGoesToItsStoreUnderAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	s := bookedSale(t, canonical.Paid, nil)
	s.must(closeSale(s))
	events, changes := s.levels(noon)
	if len(events) != 2 || len(changes) != 1 {
		t.Fatalf("%+v of %+v", events, changes)
	}
	for i, kind := range []string{"order", "erp_order"} {
		want := message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: kind, ID: s.external}
		if e := events[i]; e.Entity != want || len(e.Parents) != 1 || e.Parents[0] != saleKey || !e.UpdatedAt.Equal(noon) {
			t.Errorf("got %+v", e)
		}
	}
	feed := s.system.Poller.Feeds()[0]
	s.must(s.fake.CloseOrder(s.external, false))
	if events := s.translated(feed, connector.Change{ID: strings.ToUpper(s.external)}); len(events) != 1 || events[0].Type != canonical.OrderAcknowledged {
		t.Errorf("opened again: %+v", events)
	}
}

// TestStandInsAreNoLines: items of charges and tax, a gift card and a line without a product are ours. A
// kit is one line, and an item without an external id goes by its name.
func TestStandInsAreNoLines(t *testing.T) {
	t.Parallel()
	s := newSaleWith(t, canonical.Paid, publishingAll)
	s.must(s.fake.SetKit(netsuitetest.Kit{SKU: "BOX", Members: []netsuitetest.Member{{SKU: "TEE-BLK-M", Quantity: "2"}}}))
	s.must(s.fake.SetItem(netsuitetest.Item{SKU: "freight", Type: "ShipItem"}))
	gift, custom, box := article("3", "GIFT", 1, 5000), article("4", "", 2, 100), article("5", "BOX", 1, 9900)
	gift.Kind, custom.Kind = canonical.GiftCardLine, canonical.CustomLine
	s.order.Lines = append(s.order.Lines, gift, custom, box)
	s.order.Charges = []canonical.Charge{{Kind: canonical.Tip, Title: "Tip", Amount: usd(200), Tax: usd(0)}, {Kind: canonical.Fee, Title: "Fee", Amount: usd(100), Tax: usd(0)}}
	s.order.Tax = usd(77)
	s.report()
	s.must(s.fake.AddLine(s.external, "freight", "1", "3.00"))
	if _, state := s.states(); shown(state) != "BOX 1/0/0, HOOD-M 1/0/0, TEE-BLK-M 2/0/0" || !state.Comparable {
		t.Errorf("%+v", state)
	}
	id, err := s.fake.Enter("inventoryItem", "", map[string]any{"itemId": "by hand"})
	s.must(err)
	line := map[string]any{"line": 1, "item": map[string]any{"id": id}, "quantity": 1, "amount": 1}
	_, err = s.fake.Enter("salesOrder", s.external, map[string]any{"item": map[string]any{"items": []any{line}}})
	s.must(err)
	if _, state := s.states(); shown(state) != "Item "+id+" 1/0/0" {
		t.Errorf("without an external id: %q", shown(state))
	}
}

// TestAnOrderThatCannotBeComparedSaysSo: one with a group of items.
func TestAnOrderThatCannotBeComparedSaysSo(t *testing.T) {
	t.Parallel()
	s := bookedSale(t, canonical.Paid, nil)
	s.must(s.fake.SetItem(netsuitetest.Item{SKU: "SET", Type: "Group"}))
	s.must(s.fake.AddLine(s.external, "SET", "1", "0.00"))
	if _, state := s.states(); state.Comparable || shown(state) != "HOOD-M 1/0/0, TEE-BLK-M 2/0/0" {
		t.Errorf("with a group: %+v", state)
	}
	s.must(s.fake.SetItem(netsuitetest.Item{SKU: "SET"}))
	if _, state := s.states(); !state.Comparable {
		t.Errorf("without a group: %+v", state)
	}
}

// TestLinesOfManyOrdersTakeFewRequests: a page of orders, whose lines fill several pages.
func TestLinesOfManyOrdersTakeFewRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, publishingAll)
	r.fake.LimitConcurrency(100)
	var skus []string
	for i := range 5 {
		skus = append(skus, fmt.Sprint("SKU-", i))
	}
	if err := r.fake.AddItem(skus...); err != nil {
		t.Fatal(err)
	}
	const orders = 300
	for id := range orders {
		var lines []any
		for i, sku := range skus {
			lines = append(lines, map[string]any{"line": 1 + i, "item": map[string]any{"externalId": sku}, "quantity": 1 + i, "amount": 1})
		}
		external := record.ExternalID(key(saleKey.System, saleKey.Tenant, "order", strconv.Itoa(id)))
		if _, err := r.fake.Enter("salesOrder", external, map[string]any{"memo": "m", "orderStatus": map[string]any{"id": "B"}, "item": map[string]any{"items": lines}}); err != nil {
			t.Fatal(err)
		}
	}
	before := len(r.fake.Calls())
	events, changes := r.levels(noon)
	// The list, 250 orders that fill a page and twice 125, and the other 50.
	if made := len(r.callsSince(before)); made != 5 || len(events) != orders || len(changes) != orders {
		t.Errorf("%d requests, %d events of %d changes", made, len(events), len(changes))
	}
	for _, e := range events {
		if lines := shown(e.Body.(*canonical.ERPOrder)); lines != "SKU-0 1/0/0, SKU-1 2/0/0, SKU-2 3/0/0, SKU-3 4/0/0, SKU-4 5/0/0" {
			t.Fatalf("lines %q", lines)
		}
	}
}

// TestAnOrderOfMoreItemsThanAPageHoldsUpNoOther: it is reported with its number and the rule.
func TestAnOrderOfMoreItemsThanAPageHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for items, read := range map[int]bool{suitetalk.QueryRows - 1: true, suitetalk.QueryRows: false} {
		r := newRig(t, publishingAll)
		r.fake.LimitConcurrency(100)
		skus := make([]string, items)
		lines := make([]any, items)
		for i := range skus {
			skus[i] = fmt.Sprint("SKU-", i)
			lines[i] = map[string]any{"line": 1 + i, "item": map[string]any{"externalId": skus[i]}, "quantity": 1, "amount": 1}
		}
		if err := r.fake.AddItem(skus...); err != nil {
			t.Fatal(err)
		}
		for id, of := range [][]any{lines, lines[:1]} {
			external := record.ExternalID(key(saleKey.System, saleKey.Tenant, "order", strconv.Itoa(id)))
			if _, err := r.fake.Enter("salesOrder", external, map[string]any{"memo": "m", "orderStatus": map[string]any{"id": "B"}, "item": map[string]any{"items": of}}); err != nil {
				t.Fatal(err)
			}
		}
		events, changes := r.levels(noon)
		if len(changes) != 2 || read != (len(events) == 2) || len(events) == 0 {
			t.Fatalf("%d items: %d events of %d changes", items, len(events), len(changes))
		}
		if read {
			continue
		}
		i := slices.IndexFunc(changes, func(c connector.Change) bool { return c.Err != nil })
		f := fault.As(changes[i].Err)
		if f.Class != fault.TooLarge || !strings.Contains(f.Detail, "sales order "+changes[i].Name+" has 1000 items or more") {
			t.Errorf("the order is reported as %v", f)
		}
		_, err := r.system.Poller.Fetch(t.Context(), r.system.Poller.Feeds()[0], connector.Change{ID: changes[i].ID})
		if again := fault.As(err); again == nil || again.Detail != f.Detail {
			t.Errorf("fetched again: %v", err)
		}
	}
}

func TestAStateThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t, publishingAll)
	good := `{"id":"7","number":"SO-7","externalid":"shopify__example-brand_myshopify_com__order__1","memo":"","status":"B","fulfilled":"0","billed":"0","changed":"2026-11-22 12:00:00",` +
		`"lines":[{"sku":"A","name":"A","kind":"InvtPart","closed":"F","ordered":"3","fulfilled":"1","billed":"0"}]}`
	translate := func(body string) (connector.Translation, error) {
		return r.system.Source.Translate(t.Context(), &message.Raw{Tenant: "1234567_SB1", Topic: "order/state", Body: []byte(body)})
	}
	for field, swap := range map[string][2]string{
		"lines[0].ordered": {`"3"`, `"some"`}, "lines[0].fulfilled": {`"1"`, `"-1"`}, "lines[0].billed": {`"billed":"0"}`, `"billed":""}`},
		"lines": {`,"lines":[{"sku":"A","name":"A","kind":"InvtPart","closed":"F","ordered":"3","fulfilled":"1","billed":"0"}]`, ``}, "changed": {"2026-11-22 12:00:00", "now"},
	} {
		_, err := translate(strings.Replace(good, swap[0], swap[1], 1))
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for letter, want := range map[string]string{"SalesOrd:D": "partially fulfilled", "B": "pending fulfillment", "Z": "Z"} {
		got, err := translate(strings.Replace(good, `"B"`, `"`+letter+`"`, 1))
		if err != nil || got.Events[0].Body.(*canonical.ERPOrder).Status != want {
			t.Errorf("%s: %+v, %v", letter, got, err)
		}
	}
	_, err := translate(strings.Replace(good, "__order__1", "__order__-x", 1))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Field != "externalid" || !strings.Contains(f.Detail, "restore") {
		t.Errorf("of no order: %v", err)
	}
}

// TestAPersonsChangeStaysUntilTheStoreChangesItsLines: other changes of the store take nothing away.
func TestAPersonsChangeStaysUntilTheStoreChangesItsLines(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sale) error{
		"quantity": func(s *sale) error { return s.fake.ChangeQuantity(s.external, 1, "1") },
		"added":    func(s *sale) error { return s.fake.AddLine(s.external, "SOCKS", "1", "3.00") },
		"removed":  func(s *sale) error { return s.fake.RemoveLine(s.external, 2) },
	} {
		s := bookedSale(t, canonical.Paid, nil)
		first := lines(s.fake.Orders()[0])
		s.must(change(s))
		before := s.fake.Orders()[0]
		s.order.Tags, s.order.UpdatedAt = []string{"erp-changed"}, noon.Add(time.Minute)
		if after, _ := s.report(); lines(after) != lines(before) || after.Writes != before.Writes || lines(after) == first {
			t.Errorf("%s: the ERP has %s after %d writes, had %s", name, lines(after), after.Writes-before.Writes, lines(before))
		}
		s.order.Note = canonical.NewText("ring twice")
		s.order.Buyer.Email = canonical.NewText("ada@example.org")
		if after, _ := s.report(); lines(after) != lines(before) {
			t.Errorf("%s: another field wrote the lines: %s", name, lines(after))
		}
		s.order.Lines[0] = article("1", "TEE-BLK-M", 4, 3900)
		if after, _ := s.report(); lines(after) != "TEE-BLK-M 4 156.00, HOOD-M 1 79.50" && lines(after) != "TEE-BLK-M 4 156, HOOD-M 1 79.50" {
			t.Errorf("%s: after the store's change the ERP has %s", name, lines(after))
		}
	}
	for name, setting := range map[string]string{"ended orders only": "true", "none": "false"} {
		s := newSaleWith(t, canonical.Paid, map[string]string{"NETSUITE_ORDERS": setting})
		first, _ := s.report()
		s.must(s.fake.ChangeQuantity(s.external, 1, "1"))
		if after, _ := s.report(); lines(after) != lines(first) || strings.Contains(after.Memo, ", lines ") {
			t.Errorf("%s: the ERP has %s, memo %q", name, lines(after), after.Memo)
		}
	}
}

// TestWithAllAnOrderIsClosedAndOpenedAsBefore: what the store closed it can open, with the lines that it has.
func TestWithAllAnOrderIsClosedAndOpenedAsBefore(t *testing.T) {
	t.Parallel()
	s := bookedSale(t, canonical.Paid, nil)
	first := s.fake.Orders()[0]
	s.order.Status = canonical.OrderCancelled
	if got, _ := s.report(); got.Status != "closed" {
		t.Fatalf("%+v", got)
	}
	s.order.Status = canonical.OrderOpen
	if got, _ := s.report(); got.Status != "B" || lines(got) != lines(first) || got.Memo != first.Memo {
		t.Errorf("opened again: %+v", got)
	}
	s.must(closeSale(s))
	if got, _ := s.report(); got.Status != "closed" {
		t.Errorf("what a person closed was opened: %+v", got)
	}
}

func TestAnotherChoiceOfOrdersIsRejected(t *testing.T) {
	t.Parallel()
	fake := netsuitetest.New(clock)
	settings := fake.Settings("https://erp.example")
	settings["NETSUITE_ORDERS"] = "some"
	_, err := netsuite.Open(settings, connector.Deps{HTTP: nobody{}, Now: clock, Random: rand.Reader})
	if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "NETSUITE_ORDERS" {
		t.Errorf("got %v", err)
	}
}
