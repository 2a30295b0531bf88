package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/scripts/day"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
)

// order is a request that makes an order at ShipBob.
func order(t *testing.T, reference string) *http.Request {
	t.Helper()
	body := `{"type":"DTC","reference_id":"` + reference + `","recipient":{"name":"Ada","address":{"address1":"12 Main St","city":"New York","state":"NY","zip_code":"10001","country":"US"}},` +
		`"products":[{"reference_id":"TEE","name":"Tee","quantity":2}],"shipping_method":"Standard"}`
	r := httptest.NewRequest(http.MethodPost, "/2026-01/order", strings.NewReader(body))
	for name, value := range map[string]string{"Authorization": "Bearer " + shipbobtest.Token, "Content-Type": "application/json", "Shipbob_channel_id": "100001"} {
		r.Header.Set(name, value)
	}
	return r
}

// warehouse opens the fake warehouse of a folder.
func warehouse(t *testing.T, path string) (*kept, *shipbobtest.Fake) {
	t.Helper()
	k := &kept{}
	fake := shipbobtest.New(k.now)
	k.fake = fake
	must(t, k.open(path))
	t.Cleanup(func() { must(t, k.close()) })
	return k, fake
}

// TestAFakeGoesOnWhereItWas has a warehouse take two orders, ship one in two parcels, and start again,
// after a kill that tore the last line.
func TestAFakeGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fake.jsonl")
	first, fake := warehouse(t, path)
	for _, reference := range []string{"one", "two"} {
		w := httptest.NewRecorder()
		if first.ServeHTTP(w, order(t, reference)); w.Code != http.StatusCreated {
			t.Fatalf("order %s: %d %s", reference, w.Code, w.Body)
		}
	}
	for _, act := range []string{"ship one", "ship", "correct", "ship"} { // the last changes nothing
		must(t, first.do(day.Act{Name: act, About: "one"}))
	}
	before := fake.Orders()
	torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = torn.WriteString(`{"at":"2026-11-`)
	must(t, err)
	must(t, torn.Close())

	second, again := warehouse(t, path)
	after := again.Orders()
	if len(after) != 2 || len(after[0].Shipments) != 2 || after[0].Shipments[0].Tracking != before[0].Shipments[0].Tracking || after[0].Status() != shipbobtest.Fulfilled || after[1].Status() != shipbobtest.Processing {
		t.Fatalf("after the start the warehouse has %+v, want %+v", after, before)
	}
	if made := after[0].Created.Sub(before[0].Created).Abs(); made > time.Second {
		t.Errorf("the order is %s older or younger than it was", made)
	}
	w := httptest.NewRecorder()
	if second.ServeHTTP(w, order(t, "two")); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an order that is there was made again: %d %s", w.Code, w.Body)
	}
	if err := second.do(day.Act{Name: "ship", About: "none"}); err == nil {
		t.Error("an order was shipped that is not there")
	}
}

// TestOnlyChangesAreWrittenDown sends a batch that is read, which would not have to happen again.
func TestOnlyChangesAreWrittenDown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fake.jsonl")
	k := &kept{}
	k.fake = hubspottest.New(k.now)
	must(t, k.open(path))
	defer func() { must(t, k.close()) }()
	for _, to := range []string{"/crm/objects/2026-09/orders/batch/read", "/crm/objects/2026-09/orders/batch/upsert"} {
		k.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, to, strings.NewReader(`{"inputs":[]}`)))
	}
	data, err := os.ReadFile(path)
	must(t, err)
	if lines := strings.Split(strings.TrimSpace(string(data)), "\n"); len(lines) != 1 || !strings.Contains(lines[0], "upsert") {
		t.Errorf("written down: %q", lines)
	}
	for body, want := range map[string]bool{`{"query":"mutation set { x }"}`: true, `{"query":"query stock { x }"}`: false} {
		if got := changes("/admin/api/2026-10/graphql.json", []byte(body)); got != want {
			t.Errorf("%s changes: %v", body, got)
		}
	}
}

// TestWhatIsMisplacedIsNamed reads books in which a parcel stands nowhere, and one stands in the store
// although it did not leave.
func TestWhatIsMisplacedIsNamed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := open(ctx, options{data: t.TempDir(), policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	p.start(ctx)
	steps := p.parts()[0].steps()
	i := slices.IndexFunc(steps, func(d day.Delivery) bool { return strings.HasSuffix(d.Order, " 6000000000001") })
	must(t, p.senders.play(ctx, steps[i:i+1], 0))
	must(t, p.settled(ctx))
	fake := p.stores["shipbob"].(*shipbobtest.Fake)
	reference := fake.Orders()[0].Reference
	must(t, p.kept["shipbob"].do(day.Act{Name: "ship", About: reference}))
	lost, twice := day.Misplaced(p.stores, notPending)
	if missing := slices.DeleteFunc(lost, func(what string) bool { return !strings.HasPrefix(what, "parcel ") }); len(missing) != 3 || len(twice) != 0 {
		t.Errorf("a parcel that was not reported: lost %q, twice %q; want it in store, ERP and CRM", missing, twice)
	}
	afternoon := p.parts()[1]
	must(t, p.senders.play(ctx, afternoon.steps(), 0))
	must(t, p.settledAndPolled(ctx, afternoon.polls))
	if lost, twice = day.Misplaced(p.stores, notPending); len(lost)+len(twice) > 0 {
		t.Errorf("after the webhook: lost %q, twice %q", lost, twice)
	}
	order, err := message.ParseKey(reference)
	must(t, err)
	desk, err := operate.New(p.store.Desk(), p.table)
	must(t, err)
	journey, err := desk.Trace(ctx, order)
	must(t, err)
	found := map[string]string{}
	for _, l := range journey.Later {
		found[l.Entity.Type] = l.Verdict
	}
	if found["shipment"] != "is in hubspot, netsuite, shopify" {
		t.Errorf("what came of the order: %v", found)
	}
	must(t, p.kept["shipbob"].do(day.Act{Name: "cancel", About: reference}))
	if _, twice = day.Misplaced(p.stores, notPending); len(twice) != 3 {
		t.Errorf("a parcel that did not leave: %q, want it in store, ERP and CRM", twice)
	}
}

func notPending(string, message.Key) bool { return false }
