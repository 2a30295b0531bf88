package netsuite_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port/porttest"
)

var paysBack = map[string]string{"NETSUITE_REFUNDS": "true"}

// paidSale is a sale of 157.50 that is paid by a deposit, at an account where people pay back.
func paidSale(t *testing.T, extra map[string]string) *sale {
	t.Helper()
	s := newSale(t, canonical.Paid)
	s.open(extra)
	s.report()
	s.pay("p1", canonical.Card, 15750)
	return s
}

// open opens the connector with a memory of its own, and the settings beside NETSUITE_REFUNDS.
func (s *sale) open(extra map[string]string) {
	s.t.Helper()
	settings := s.fake.Settings(s.url)
	maps.Copy(settings, paysBack)
	maps.Copy(settings, extra)
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	memory := pipeline.Memory{State: porttest.NewMemory(clock), Now: clock}
	system, err := netsuite.Open(settings, connector.Deps{HTTP: transport, Now: clock, Random: rand.Reader, CrossRef: memory})
	s.must(err)
	s.system = system
}

// billed has the order invoiced or sold for cash.
func billed(s *sale, how string) {
	s.t.Helper()
	var err error
	switch how {
	case "invoice":
		_, err = s.fake.Invoice(s.external)
	case "cash":
		_, err = s.fake.CashSale(s.external)
	}
	s.must(err)
}

// paidBack has a person pay an amount back, and returns the internal id of the refund.
func (s *sale) paidBack(amount string) string {
	s.t.Helper()
	id, err := s.fake.PayBack(s.external, amount)
	s.must(err)
	return id
}

// requested polls the account, and returns the requests.
func (s *sale) requested() (all []*canonical.RefundRequest, keys []message.Key) {
	s.t.Helper()
	events, _ := s.levels(noon)
	for _, e := range events {
		all = append(all, e.Body.(*canonical.RefundRequest))
		keys = append(keys, append([]message.Key{e.Entity}, e.Parents...)...)
	}
	return all, keys
}

func TestRefundsThatPeopleEnterKeepThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 1001, Open: func(t *testing.T) connectortest.PolledSystem {
		t.Helper()
		s := paidSale(t, nil)
		s.fake.LimitConcurrency(100)
		deposit := s.fake.Deposits()[0].ID
		return connectortest.PolledSystem{
			System: s.system, Feed: s.system.Poller.Feeds()[0], At: noon.Add(-time.Hour),
			Change: func(id int64, at time.Time) {
				if _, err := s.fake.EnterRefund(id, at, "0.01", deposit); err != nil {
					t.Fatal(err)
				}
			},
		}
	}})
}

// TestMoneyThatAPersonPaidBackIsRequestedOfTheStore: of a deposit, an invoice and a cash sale, with all that
// NetSuite has of the order.
func TestMoneyThatAPersonPaidBackIsRequestedOfTheStore(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"deposit", "invoice", "cash"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := paidSale(t, nil)
			billed(s, how)
			first, second := s.paidBack("10.00"), s.paidBack("2.5")
			want := []canonical.RefundRequest{
				{ID: first, Number: "CR-" + first, Order: "1", Amount: usd(1000), Refunded: usd(1250), At: noon},
				{ID: second, Number: "CR-" + second, Order: "1", Amount: usd(250), Refunded: usd(1250), At: noon},
			}
			got, keys := s.requested()
			if len(got) != 2 || *got[0] != want[0] || *got[1] != want[1] {
				t.Fatalf("got %+v, want %+v", got, want)
			}
			if keys[0] != key("netsuite", "1234567_SB1", "refund", first) || keys[1] != saleKey {
				t.Errorf("got %v", keys)
			}
			for _, body := range got {
				s.must(canonical.Validate(body))
			}
		})
	}
}

// TestOnlyMoneyThatWentBackIsRequested: not what was voided, what has an external id, or what is of no order
// of the stores.
func TestOnlyMoneyThatWentBackIsRequested(t *testing.T) {
	t.Parallel()
	s := paidSale(t, nil)
	s.must(s.fake.VoidRefund(s.paidBack("1.00")))
	s.mustRefund(paying(back("r1", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)} }), 1400))
	other, err := s.fake.Enter("salesOrder", "shopify__other_myshopify_com__order__5", map[string]any{"memo": "x"})
	s.must(err)
	deposit, err := s.fake.Enter("customerDeposit", "", map[string]any{"salesOrder": map[string]any{"id": other}, "currency": map[string]any{"id": "1"}, "payment": 5})
	s.must(err)
	_, err = s.fake.EnterRefund(0, noon, "5", deposit)
	s.must(err)
	if got, _ := s.requested(); len(got) != 0 {
		t.Errorf("requested %+v", got)
	}
	last := s.paidBack("3.00")
	if got, _ := s.requested(); len(got) != 1 || got[0].ID != last || got[0].Refunded != usd(1700) {
		t.Errorf("requested %+v", got)
	}
	if feeds := newRig(t, nil).system.Poller.Feeds(); len(feeds) != 0 {
		t.Errorf("without the setting the feeds are %+v", feeds)
	}
}

// TestARefundThatCannotBeRequestedSaysWhy: one of several orders or of none beside one, and what cannot be read.
func TestARefundThatCannotBeRequestedSaysWhy(t *testing.T) {
	t.Parallel()
	s := paidSale(t, nil)
	deposit := s.fake.Deposits()[0].ID
	_, err := s.fake.EnterRefund(0, noon, "5", deposit, "999999")
	s.must(err)
	feed := s.system.Poller.Feeds()[0]
	page, err := s.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
	s.must(err)
	raw, err := s.system.Poller.Fetch(t.Context(), feed, page.Changes[0])
	s.must(err)
	_, err = s.system.Source.Translate(t.Context(), raw)
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "orders" || !strings.Contains(f.Detail, "1 sales orders and 1 of none") {
		t.Errorf("got %v", err)
	}
	good := `{"id":"7","number":"CR-7","type":"CustRfnd","externalid":"","currency":"1","total":"10","salesorder":"5","orderid":"shopify__example-brand_myshopify_com__order__1","ordermemo":"","orders":"1","others":"0","changed":"2026-11-22 12:00:00","refunded":"10"}`
	for field, swap := range map[string][3]string{
		"id": {`"id":"7"`, `"id":""`, "invalid"}, "total": {`"total":"10"`, `"total":"0"`, "invalid"}, "refunded": {`"refunded":"10"`, `"refunded":"9.99"`, "invalid"},
		"changed": {"2026-11-22 12:00:00", "yesterday", "invalid"}, "others": {`"others":"0"`, `"others":"some"`, "invalid"},
		"orderid": {"example-brand", "other", "rejected"}, "NETSUITE_CURRENCIES": {`"currency":"1"`, `"currency":"99"`, "rejected"},
	} {
		raw := &message.Raw{Tenant: "1234567_SB1", Topic: "refund/entered", Body: []byte(strings.Replace(good, swap[0], swap[1], 1))}
		_, err := s.system.Source.Translate(t.Context(), raw)
		kind := map[string]fault.Kind{"invalid": fault.Invalid, "rejected": fault.Rejected}[swap[2]]
		if f := fault.As(err); f == nil || f.Kind != kind || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for id, want := range map[string]bool{"999": false, "x": true} {
		raw, err := s.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: id})
		if raw != nil || (err != nil) != want {
			t.Errorf("fetching %s: %+v, %v", id, raw, err)
		}
	}
	if events := s.translated(feed, connector.Change{ID: s.paidBack("1.00")}); len(events) != 1 {
		t.Errorf("got %+v", events)
	}
}

// goodwill is a refund of an amount that the store paid back by one transaction.
func goodwill(id string, minor int64) *canonical.Refund {
	return paying(back(id, func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, minor)} }), minor)
}

// refundIDs returns the external ids of all refunds by their internal ids.
func (s *sale) refundIDs() map[string]string {
	ids := map[string]string{}
	for _, p := range s.fake.Payouts() {
		ids[p.ID] = p.ExternalID
	}
	for _, r := range s.fake.CashRefunds() {
		ids[r.ID] = r.ExternalID
	}
	return ids
}

func externalOf(id string) string {
	return record.ExternalID(key(saleKey.System, saleKey.Tenant, "refund", id))
}

// TestTheStoresRefundIsTheOneThatAPersonEntered: delivered twice it gets its external id, is booked no second
// time, and is no longer polled.
func TestTheStoresRefundIsTheOneThatAPersonEntered(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"deposit", "invoice", "cash"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := paidSale(t, nil)
			billed(s, how)
			entered := s.paidBack("10.00")
			before := s.documents()
			for i := range 2 {
				receipt := s.mustRefund(goodwill("r1", 1000))
				if receipt.Ref != entered || receipt.Linked != (i > 0) || !strings.Contains(receipt.Detail, "refund "+entered+" was entered in NetSuite") {
					t.Errorf("got %+v", receipt)
				}
			}
			if ids := s.refundIDs(); s.documents() != before || len(ids) != 1 || ids[entered] != externalOf("r1") {
				t.Errorf("booked %s, was %s; %v", s.documents(), before, ids)
			}
			if got, _ := s.requested(); len(got) != 0 {
				t.Errorf("requested %+v", got)
			}
		})
	}
}

// TestEqualRefundsAreMatchedOneToOne, and what differs is booked as a refund of its own.
func TestEqualRefundsAreMatchedOneToOne(t *testing.T) {
	t.Parallel()
	s := paidSale(t, nil)
	first, second := s.paidBack("10.00"), s.paidBack("10.00")
	for range 2 {
		for _, id := range []string{"r1", "r2", "r3"} {
			s.mustRefund(goodwill(id, 1000))
		}
	}
	ids := s.refundIDs()
	if len(ids) != 3 || ids[first] != externalOf("r1") || ids[second] != externalOf("r2") || !slices.Contains(slices.Collect(maps.Values(ids)), externalOf("r3")) {
		t.Errorf("got %v", ids)
	}
	third := s.paidBack("5.00")
	partly := back("r4", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1000)} })
	s.mustRefund(paying(partly, 500))
	s.mustRefund(goodwill("r5", 499))
	if ids := s.refundIDs(); len(ids) != 6 || ids[third] != "" {
		t.Errorf("what is not the same was taken for it: %v", ids)
	}
}

// TestARefundThatAnotherTookIsNotTaken: the memory decides between two deliveries at a time.
func TestARefundThatAnotherTookIsNotTaken(t *testing.T) {
	t.Parallel()
	s := paidSale(t, nil)
	entered := s.paidBack("10.00")
	s.fake.Plan(netsuitetest.Fault{Method: http.MethodPatch, PathContains: "customerRefund", Do: netsuitetest.Down()})
	if _, err := s.refund(t.Context(), goodwill("r1", 1000)); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("got %v", err)
	}
	s.mustRefund(goodwill("r2", 1000))
	s.mustRefund(goodwill("r1", 1000))
	if ids := s.refundIDs(); len(ids) != 2 || ids[entered] != externalOf("r1") {
		t.Errorf("got %v", ids)
	}
}

// TestALostAnswerTakesTheSameRefund: the external id was written, and the answer was lost.
func TestALostAnswerTakesTheSameRefund(t *testing.T) {
	t.Parallel()
	s := paidSale(t, nil)
	entered := s.paidBack("10.00")
	s.fake.Plan(netsuitetest.Fault{Method: http.MethodPatch, PathContains: "customerRefund", Do: func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		serve(discard{http.Header{}}, r)
		netsuitetest.Down()(w, r, serve)
	}})
	if _, err := s.refund(t.Context(), goodwill("r1", 1000)); err == nil {
		t.Fatal("the answer was not lost")
	}
	if receipt := s.mustRefund(goodwill("r1", 1000)); receipt.Ref != entered || !receipt.Linked || len(s.refundIDs()) != 1 {
		t.Errorf("got %+v, %v", receipt, s.refundIDs())
	}
}

// discard is a connection whose answer is lost.
type discard struct{ header http.Header }

func (d discard) Header() http.Header            { return d.header }
func (d discard) Write(data []byte) (int, error) { return len(data), nil }
func (d discard) WriteHeader(int)                {}

// TestWhatAPersonPaidBackCountsAgainstWhatWasReceived, and without the setting nothing is looked for.
func TestWhatAPersonPaidBackCountsAgainstWhatWasReceived(t *testing.T) {
	t.Parallel()
	s := paidSale(t, nil)
	s.paidBack("150.00")
	s.wantRefused(goodwill("r1", 800), fault.Rejected, fault.Conflict, "amount", "add up to 158.00 USD, and NetSuite has 157.50 USD")
	s.mustRefund(goodwill("r1", 750))
	off := newPaidSale(t)
	entered := off.paidBack("10.00")
	off.mustRefund(goodwill("r1", 1000))
	if ids := off.refundIDs(); len(ids) != 2 || ids[entered] != "" {
		t.Errorf("without NETSUITE_REFUNDS: %v", strconv.Quote(off.documents()))
	}
}
