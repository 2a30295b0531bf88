package netsuite_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var publishing = map[string]string{"NETSUITE_ORDERS": "true"}

// endedSale is a sale that is in NetSuite, where the act ended it.
func endedSale(t *testing.T, financial canonical.FinancialState, act func(*sale) error) *sale {
	t.Helper()
	s := newSaleWith(t, financial, publishing)
	s.report()
	s.must(act(s))
	return s
}

func closeSale(s *sale) error { return s.fake.CloseOrder(s.external, true) }

// TestOrdersKeepThePromisesOfAPoller, both those that ended and all.
func TestOrdersKeepThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	prefix := strings.TrimSuffix(record.ExternalID(saleKey), "1")
	for which, settings := range map[string]map[string]string{"ended": publishing, "all": publishingAll} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 1001, Open: func(t *testing.T) connectortest.PolledSystem {
				t.Helper()
				r := newRig(t, settings)
				r.fake.LimitConcurrency(100)
				return connectortest.PolledSystem{
					System: r.system, Feed: r.system.Poller.Feeds()[0], At: noon.Add(-time.Hour), Prefix: prefix,
					Change: func(id int64, at time.Time) {
						external := prefix + strconv.FormatInt(id, 10)
						if _, err := r.fake.Enter("salesOrder", external, closedOrder("1")); err != nil {
							t.Fatal(err)
						}
						r.fake.DateOrder(external, at)
					},
				}
			}})
		})
	}
}

// closedOrder has the fields of a sales order of which one line is closed.
func closedOrder(memo string) map[string]any {
	line := map[string]any{"line": 1, "item": map[string]any{"externalId": "HOOD-M"}, "quantity": 1, "isClosed": true}
	return map[string]any{"memo": memo, "item": map[string]any{"items": []any{line}}}
}

// TestAnEndedOrderAsksItsStoreToCancel: cancelled before its approval, or closed after it, in each state
// of its lines.
func TestAnEndedOrderAsksItsStoreToCancel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		financial         canonical.FinancialState
		act               func(*sale) error
		status            string
		fulfilled, billed bool
	}{
		"cancelled": {canonical.Pending, func(s *sale) error { return s.fake.Cancel(s.external) }, "cancelled", false, false},
		"closed":    {canonical.Paid, closeSale, "closed", false, false},
		"closed after a part was fulfilled": {canonical.Paid, func(s *sale) error {
			s.must(s.fake.Fulfill(s.external, 1, "0.5"))
			return closeSale(s)
		}, "closed", true, false},
		"closed after a part was billed": {canonical.Paid, func(s *sale) error {
			s.must(s.fake.Bill(s.external, 2, "1"))
			return closeSale(s)
		}, "closed", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := endedSale(t, c.financial, c.act)
			events, changes := s.levels(noon)
			if len(events) != 1 || changes[0].Name != "SO-"+s.fake.Orders()[0].ID {
				t.Fatalf("got %+v of %+v", events, changes)
			}
			e := events[0]
			body := e.Body.(*canonical.CancelRequest)
			id := s.fake.Orders()[0].ID
			want := canonical.CancelRequest{ID: id, Number: "SO-" + id, Order: "1", Status: c.status, Fulfilled: c.fulfilled, Billed: c.billed, RequestedAt: noon}
			entity := message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: "order", ID: s.external}
			if e.Type != canonical.OrderCancelRequested || e.Entity != entity || len(e.Parents) != 1 || e.Parents[0] != saleKey || *body != want || !e.UpdatedAt.Equal(noon) {
				t.Errorf("got %+v with %+v", e, body)
			}
			if err := canonical.Validate(body); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOnlyEndedOrdersOfOurStoresArePublished: not one that is open, that was opened again, or that another program made.
func TestOnlyEndedOrdersOfOurStoresArePublished(t *testing.T) {
	t.Parallel()
	s := endedSale(t, canonical.Paid, closeSale)
	for external, memo := range map[string]string{
		"": "by hand", "erp-77": "by hand", "shopify__other_myshopify_com__order__5": "shopify other.myshopify.com order 5",
	} {
		if _, err := s.fake.Enter("salesOrder", external, closedOrder(memo)); err != nil {
			t.Fatal(err)
		}
	}
	s.must(s.fake.CloseLine(s.external, 1, false))
	if _, changes := s.levels(noon); len(changes) != 0 {
		t.Errorf("listed %+v", changes)
	}
	feed := s.system.Poller.Feeds()[0]
	if raw, err := s.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: s.external}); raw != nil || err != nil {
		t.Errorf("an order that is open again is fetched: %+v, %v", raw, err)
	}
	s.must(closeSale(s))
	if events := s.translated(feed, connector.Change{ID: strings.ToUpper(s.external)}); len(events) != 1 {
		t.Errorf("got %+v", events)
	}
	if feeds := newRig(t, nil).system.Poller.Feeds(); len(feeds) != 0 {
		t.Errorf("without the setting the feeds are %+v", feeds)
	}
}

// TestAnIDThatNoExternalIDHoldsIsInTheMemo, and an order of which nothing names the store is kept with
// its reason.
func TestAnIDThatNoExternalIDHoldsIsInTheMemo(t *testing.T) {
	t.Parallel()
	odd := key(saleKey.System, saleKey.Tenant, "order", "A:1")
	for memo, found := range map[string]bool{record.MemoOf(odd) + ", #1": true, "changed by hand": false} {
		r := newRig(t, publishing)
		if _, err := r.fake.Enter("salesOrder", record.ExternalID(odd), closedOrder(memo)); err != nil {
			t.Fatal(err)
		}
		feed := r.system.Poller.Feeds()[0]
		page, err := r.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
		if err != nil || len(page.Changes) != 1 {
			t.Fatalf("got %+v, %v", page, err)
		}
		raw, err := r.system.Poller.Fetch(t.Context(), feed, page.Changes[0])
		if err != nil {
			t.Fatal(err)
		}
		translation, err := r.system.Source.Translate(t.Context(), raw)
		switch f := fault.As(err); {
		case found && (err != nil || translation.Events[0].Parents[0].ID != "A:1"):
			t.Errorf("%q: %+v, %v", memo, translation, err)
		case !found && (f == nil || f.Kind != fault.Rejected || f.Field != "externalid" || !strings.Contains(f.Detail, "SO-")):
			t.Errorf("%q: %v", memo, err)
		}
	}
}

func TestAClosedOrderThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t, publishing)
	good := `{"id":"7","number":"SO-7","externalid":"shopify__example-brand_myshopify_com__order__1","memo":"","status":"H","fulfilled":"0","billed":"0","changed":"2026-11-22 12:00:00"}`
	for field, swap := range map[string][2]string{
		"status": {`"H"`, `"B"`}, "fulfilled": {`"fulfilled":"0"`, `"fulfilled":"some"`}, "billed": {`"billed":"0"`, `"billed":""`},
		"changed": {"2026-11-22 12:00:00", "yesterday"}, "id": {`"id":"7"`, `"id":""`},
	} {
		raw := &message.Raw{Tenant: "1234567_SB1", Topic: "order/closed", Body: []byte(strings.Replace(good, swap[0], swap[1], 1))}
		_, err := r.system.Source.Translate(t.Context(), raw)
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	raw := &message.Raw{Tenant: "1234567_SB1", Topic: "order/closed", Body: []byte(strings.Replace(good, `"H"`, `"SalesOrd:H"`, 1))}
	if translation, err := r.system.Source.Translate(t.Context(), raw); err != nil || translation.Events[0].Body.(*canonical.CancelRequest).Status != "closed" {
		t.Errorf("a status with its type: %+v, %v", translation, err)
	}
}

// TestAnOrderThatTheERPEndedStaysSo: the store's own change, such as a tag, does not open it, nor does its
// cancellation write.
func TestAnOrderThatTheERPEndedStaysSo(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*sale{
		"closed":    endedSale(t, canonical.Paid, closeSale),
		"cancelled": endedSale(t, canonical.Pending, func(s *sale) error { return s.fake.Cancel(s.external) }),
	} {
		before := s.fake.Orders()[0]
		for _, status := range []canonical.OrderStatus{canonical.OrderOpen, canonical.OrderCancelled} {
			s.order.Status = status
			if got, _ := s.report(); got.Status != before.Status || got.Writes != before.Writes {
				t.Errorf("%s, %s in the store: %+v", name, status, got)
			}
		}
	}
	s := newSaleWith(t, canonical.Paid, publishing)
	s.report()
	s.order.Status = canonical.OrderCancelled
	s.report()
	s.order.Status = canonical.OrderOpen
	if got, _ := s.report(); got.Status != "B" {
		t.Errorf("what the store closed and opened again is %+v", got)
	}
}
