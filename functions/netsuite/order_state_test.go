package netsuite_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

func TestAnUnchangedOrderIsNotWritten(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	first, calls := s.report()
	if got := verbs(calls); got != "GET PUT" || first.Status != "B" {
		t.Errorf("creating took %s: %+v", got, first)
	}
	for _, event := range []string{canonical.OrderPlaced, canonical.OrderChanged, canonical.OrderPlaced} {
		before := len(s.fake.Calls())
		s.must(second(s.try(t.Context(), event)))
		if got := verbs(s.callsSince(before)); got != "GET POST" {
			t.Errorf("%s without a change took %s", event, got)
		}
	}
	s.order.Note, s.order.Tags, s.order.UpdatedAt = text("ring twice"), []string{"vip"}, noon.Add(time.Hour)
	if got, calls := s.report(); got.Writes != 1 || verbs(calls) != "GET POST" {
		t.Errorf("a note and a tag were written: %+v after %v", got, calls)
	}
}

func TestEveryEventCreatesTheSameOrder(t *testing.T) {
	t.Parallel()
	var bodies []string
	for _, event := range []string{canonical.OrderPlaced, canonical.OrderChanged, canonical.OrderCancelledEvent} {
		s := newSale(t, canonical.Pending)
		s.must(second(s.try(t.Context(), event)))
		bodies = append(bodies, s.lastBody())
	}
	if bodies[0] != bodies[1] || bodies[0] != bodies[2] {
		t.Errorf("the bodies differ: %q", bodies)
	}
}

func TestAFulfilledOrderIsLeftAloneWhereNothingDiffers(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.must(s.fake.Fulfill(s.external, 1, "2"))
	s.must(s.fake.Bill(s.external, 1, "2"))
	s.order.Tags, s.order.Name = []string{"shipped"}, "#1-A"
	got, _ := s.report()
	if body := s.lastBody(); body != `{"otherRefNum":"#1-A"}` {
		t.Errorf("sent %s, want the number alone", body)
	}
	if got.Lines[0].Fulfilled != "2" || got.Lines[0].Number != 1 || got.Writes != 2 {
		t.Errorf("the sales order became %+v", got)
	}
}

func TestAChangedLineIsSentByItsNumberAlone(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.must(s.fake.Fulfill(s.external, 1, "2"))
	s.order.Lines[1] = article("2", "HOOD-M", 3, 7950)
	got, calls := s.report()
	if verbs(calls) != "GET POST PATCH" || strings.Contains(last(calls), "replace") {
		t.Errorf("took %v", calls)
	}
	if want := "TEE-BLK-M 2 78.00, HOOD-M 3 238.50"; lines(got) != want || !strings.HasPrefix(s.lastBody(), `{"item":{"items":[{"line":2,"quantity":3,`) {
		t.Errorf("lines are %s, sent %s", lines(got), s.lastBody())
	}
}

func TestALineIsAdded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fulfilled bool
		replace   bool
	}{"to an open order": {false, true}, "after a fulfillment": {true, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSale(t, canonical.Paid)
			s.report()
			if tc.fulfilled {
				s.must(s.fake.Fulfill(s.external, 1, "1"))
			}
			s.order.Lines = append(s.order.Lines, article("3", "TEE-BLK-M", 1, 3500))
			got, calls := s.report()
			if strings.HasSuffix(last(calls), "?replace=item") != tc.replace {
				t.Errorf("sent by %s", last(calls))
			}
			if want := "TEE-BLK-M 2 78.00, HOOD-M 1 79.50, TEE-BLK-M 1 35.00"; lines(got) != want || got.Lines[0].Number != 1 || got.Lines[2].Number != 3 {
				t.Errorf("lines are %s: %+v", lines(got), got)
			}
			if again, calls := s.report(); again.Writes != got.Writes || verbs(calls) != "GET POST" {
				t.Errorf("written again: %v", calls)
			}
		})
	}
}

// A request that takes effect after its own repetition adds a line once.
func TestALineThatIsAddedLateIsThereOnce(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.order.Lines = append(s.order.Lines, article("3", "TEE-BLK-M", 1, 3500))
	released, applied := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.fake.Plan(netsuitetest.Fault{Method: http.MethodPatch, Do: func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		defer close(applied)
		cancel()
		netsuitetest.Late(released)(w, r, serve)
	}})
	if e := fault.As(second(s.try(ctx, canonical.OrderChanged))); e == nil || e.Class != fault.Ambiguous {
		t.Fatalf("got %v, want an unknown outcome", e)
	}
	s.report()
	close(released)
	<-applied
	if got := lines(s.fake.Orders()[0]); got != "TEE-BLK-M 2 78.00, HOOD-M 1 79.50, TEE-BLK-M 1 35.00" {
		t.Errorf("lines are %s", got)
	}
}

func TestALineThatTheStoreRemoved(t *testing.T) {
	t.Parallel()
	removals := map[string]func(*canonical.Order){
		"lines":             func(o *canonical.Order) { o.Lines = o.Lines[:1] },
		"lines[1].quantity": func(o *canonical.Order) { o.Lines[1] = article("2", "HOOD-M", 0, 7950) },
	}
	for field, remove := range removals {
		t.Run("untouched, "+field, func(t *testing.T) {
			t.Parallel()
			s := newSale(t, canonical.Paid)
			s.report()
			s.must(s.fake.Fulfill(s.external, 1, "2"))
			remove(&s.order)
			got, calls := s.report()
			if lines(got) != "TEE-BLK-M 2 78.00" || got.Lines[0].Fulfilled != "2" || s.lastBody() != `{"item":{"items":[{"line":1}]}}` {
				t.Errorf("lines are %s after %v: %s", lines(got), calls, s.lastBody())
			}
		})
		for kind, touch := range map[string]func(*netsuitetest.Fake, string, int, string) error{
			"fulfilled": (*netsuitetest.Fake).Fulfill, "billed": (*netsuitetest.Fake).Bill,
		} {
			t.Run(kind+", "+field, func(t *testing.T) {
				t.Parallel()
				s := newSale(t, canonical.Paid)
				s.report()
				s.must(touch(s.fake, s.external, 2, "1"))
				remove(&s.order)
				s.wantConflict(field, "line 2 of sales order")
			})
		}
	}
}

func TestAQuantityBelowWhatIsFulfilledIsAConflict(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Lines[0] = article("1", "TEE-BLK-M", 3, 3900)
	s.report()
	s.must(s.fake.Fulfill(s.external, 1, "2"))
	s.order.Lines[0] = article("1", "TEE-BLK-M", 1, 3900)
	s.wantConflict("lines[0].quantity", "2 fulfilled or billed")
	s.order.Lines[0] = article("1", "TEE-BLK-M", 2, 3900)
	if got, _ := s.report(); got.Lines[0].Quantity != "2" {
		t.Errorf("exactly what is fulfilled: %+v", got)
	}
}

func TestAQuantityBelowWhatIsBilledIsAConflict(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Lines[0] = article("1", "TEE-BLK-M", 3, 3900)
	s.report()
	s.must(s.fake.Bill(s.external, 1, "2"))
	s.order.Lines[0] = article("1", "TEE-BLK-M", 1, 3900)
	s.wantConflict("lines[0].quantity", "2 fulfilled or billed")
}

// Lines of one item are matched by their content first, then the fulfilled one is kept.
func TestLinesOfOneItemAreMatchedByContent(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Lines = []canonical.OrderLine{article("1", "TEE-BLK-M", 1, 3900), article("2", "TEE-BLK-M", 2, 3900), article("3", "TEE-BLK-M", 3, 3900)}
	s.report()
	s.must(s.fake.Fulfill(s.external, 3, "3"))
	s.order.Lines = slices.Delete(s.order.Lines, 0, 1)
	got, _ := s.report()
	if lines(got) != "TEE-BLK-M 2 78.00, TEE-BLK-M 3 117.00" || got.Lines[1].Number != 3 {
		t.Errorf("after the first was removed: %s", lines(got))
	}
	s.order.Lines = []canonical.OrderLine{article("3", "TEE-BLK-M", 4, 3900)}
	got, _ = s.report()
	if lines(got) != "TEE-BLK-M 4 156.00" || got.Lines[0].Number != 3 {
		t.Errorf("the fulfilled line is gone: %+v", got)
	}
}

func TestAnotherItemIsAnotherLine(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.order.Lines[1] = article("2", "tee-blk-m", 1, 7950)
	if got, _ := s.report(); lines(got) != "TEE-BLK-M 2 78.00, tee-blk-m 1 79.50" {
		t.Errorf("lines are %s", lines(got))
	}
	s.order.Lines[1] = article("2", "GONE", 1, 7950)
	e := fault.As(second(s.try(t.Context(), canonical.OrderChanged)))
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.MissingRef || e.Field != "lines[1].sku" || !strings.HasPrefix(e.Detail, `"GONE": NetSuite has no item`) {
		t.Errorf("an item that NetSuite lacks: %v", e)
	}
	if got := s.fake.Orders()[0]; len(got.Lines) != 2 || got.Writes != 2 {
		t.Errorf("the sales order was written: %+v", got)
	}
}

func TestApprovalOnlyGoesForward(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Pending)
	if got, _ := s.report(); got.Status != "A" {
		t.Fatalf("an unpaid order is %s", got.Status)
	}
	s.order.Financial = canonical.Paid
	if got, _ := s.report(); got.Status != "B" || s.lastBody() != `{"orderStatus":"B"}` {
		t.Errorf("a paid order is %s: %s", got.Status, s.lastBody())
	}
	s.order.Financial = canonical.Pending // an older state, in any event
	for _, event := range []string{canonical.OrderPlaced, canonical.OrderChanged} {
		s.must(second(s.try(t.Context(), event)))
	}
	if got := s.fake.Orders()[0]; got.Status != "B" || got.Writes != 2 {
		t.Errorf("a replay took the approval back: %+v", got)
	}
}

func TestCurrencyOfASavedOrderIsAConflict(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	settings := s.fake.Settings(s.url)
	settings["NETSUITE_CURRENCIES"] = "USD=2"
	s.system = mustOpen(t, settings, &http.Transport{})
	s.wantConflict("currency", "enter a new one by hand")
}

func TestChangedHeadFieldsAreSentAlone(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Shipping = &canonical.Address{
		FirstName: text("Ada"), LastName: text("Byron"), Line1: text("12 Main St"), Line2: text("Apt 4"), City: text("New York"), Country: "US", Phone: text("+1 212 555 0100"),
	}
	s.order.Deliveries = []canonical.DeliveryLine{{Code: "s", Price: usd(750), Discount: usd(0), Tax: usd(0)}}
	s.report()
	s.order.Shipping.Line2, s.order.Shipping.Phone = text(""), text("+1 (212) 555-0100")
	s.report()
	want := `{"shippingAddress":{"addressee":"Ada Byron","attention":null,"addr1":"12 Main St","addr2":null,"addr3":null,"city":"New York","state":null,"zip":null,"addrPhone":"+1 (212) 555-0100","country":{"id":"US"}}}`
	if got := s.lastBody(); got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
	s.order.Shipping.Phone = text("+1 212 555 01 00") // another way to write the same number
	s.order.Deliveries[0].Price = usd(0)
	if _, calls := s.report(); s.lastBody() != `{"shippingCost":0.00}` {
		t.Errorf("sent %s by %v", s.lastBody(), calls)
	}
}

// Two of everything that the order has no line for, and the same order again.
func TestTwoOfEverythingIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Lines[0].Discount, s.order.Lines[1].Discount = usd(100), usd(250)
	s.order.Lines[0].Tax, s.order.Lines[1].Tax = usd(500), usd(700)
	s.order.Discounts = []canonical.Discount{{Code: "A"}, {Code: "B"}}
	s.order.Deliveries = []canonical.DeliveryLine{{Code: "s", Price: usd(750), Discount: usd(50), Tax: usd(60)}, {Code: "t", Price: usd(300), Discount: usd(0), Tax: usd(20)}}
	s.order.Charges = []canonical.Charge{{Kind: canonical.Fee, Amount: usd(100), Tax: usd(0)}, {Kind: canonical.Fee, Amount: usd(200), Tax: usd(0)}}
	s.order.Tax = usd(1280)
	got, _ := s.report()
	if want := "TEE-BLK-M 2 77.00, HOOD-M 1 77.00, store-fee 1 1.00, store-fee 1 2.00, store-tax 1 12.80"; lines(got) != want || got.Shipping != "10.00" || got.Total != "179.80" {
		t.Errorf("shipping %s, total %s: %s", got.Shipping, got.Total, lines(got))
	}
	slices.Reverse(s.order.Charges)
	if again, _ := s.report(); again.Writes != 1 {
		t.Errorf("written again: %s", s.lastBody())
	}
}

func TestAnOrderWhoseExternalIDWasChangedIsFoundByItsID(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.must(s.fake.Rename("salesOrder", s.external, "by-hand"))
	s.order.Name = "#1-A"
	if got, _ := s.report(); got.ExternalID != "by-hand" || got.Name != "#1-A" {
		t.Errorf("the sales order is %+v", got)
	}
}

// The connector reaches the same state however an account answers.
func TestEveryWayOfAnAccount(t *testing.T) {
	t.Parallel()
	for seed := range netsuitetest.Way(netsuitetest.Seeds) {
		s := newSale(t, canonical.Pending)
		s.fake.Vary(seed)
		s.report()
		s.order.Financial = canonical.Paid
		s.report()
		s.must(s.fake.Fulfill(s.external, 1, "2"))
		s.must(s.fake.Bill(s.external, 1, "1"))
		s.order.Financial = canonical.Pending
		s.order.Lines = append(s.order.Lines, article("3", "TEE-BLK-M", 1, 3500))
		if got, _ := s.report(); got.Status != "B" || len(got.Lines) != 3 {
			t.Errorf("way %b: %+v", seed, got)
		}
		s.order.Lines[0] = article("1", "TEE-BLK-M", 2, 3800) // the price of a billed line
		e := fault.As(second(s.try(t.Context(), canonical.OrderChanged)))
		if frozen := seed&netsuitetest.BilledFrozen != 0; frozen != (e != nil) || frozen && (e.Class != fault.Conflict || e.Field != "lines[0]") {
			t.Errorf("way %b: a billed line's price gave %v", seed, e)
		}
	}
}
