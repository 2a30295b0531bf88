package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/day"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
)

func TestPollingIsReadFromTheSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		want     polling
	}{
		"none": {nil, polling{5 * time.Minute, 24 * time.Hour}},
		"both": {map[string]string{"CAUSEWAY_POLL_EVERY": "90s", "CAUSEWAY_POLL_LOOKBACK": "72h"}, polling{90 * time.Second, 72 * time.Hour}},
	} {
		if got, err := readPolling(c.settings); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, key := range []string{"CAUSEWAY_POLL_EVERY", "CAUSEWAY_POLL_LOOKBACK"} {
		for _, text := range []string{"often", "0s", "10ms", "-5m", "5"} {
			_, err := readPolling(map[string]string{key: text})
			wantFailure(t, err, key)
		}
	}
}

// TestSourcesArePolledOnSchedule lets the engine run until each source was polled, and
// reads that from the store.
func TestSourcesArePolledOnSchedule(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := open(ctx, options{data: t.TempDir(), policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	said := make(chan string, 10)
	p.say = func(text string) { said <- text }
	for _, d := range day.Sample() {
		if d.Lost {
			must(t, d.Hold(p.stores[d.System]))
		}
	}
	running, stop := context.WithCancel(ctx)
	defer stop() // before the program is closed, which waits for its rounds
	p.start(running)
	p.schedulePolls(running)
	for range 2 { // one order of each store
		select {
		case text := <-said:
			if !strings.Contains(text, "made up for") {
				t.Errorf("said %q", text)
			}
		case <-ctx.Done():
			t.Fatal("nothing was found")
		}
	}
	must(t, p.settled(ctx))
	orders := map[string]bool{}
	for _, order := range p.erp.Orders() {
		memo, _, _ := strings.Cut(order.Memo, ", ") // a digest of its lines is behind it
		orders[memo] = true
	}
	for _, d := range day.Sample() {
		if d.Lost && !orders[d.Order] {
			t.Errorf("%s is not in the ERP", d.Order)
		}
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !polledOnce(t, p) {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatal("a round that ended is not noted")
		}
	}
}

// TestPollingDoesNotWaitForWhatWaits restarts the engine on a folder in which nothing can
// settle: a payment waits for an order, that order for a customer that is dead, and another
// order for a currency that has no entry in our settings. The sources are polled anyway, and
// a live delivery passes.
func TestPollingDoesNotWaitForWhatWaits(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	folder := t.TempDir()
	p, err := open(ctx, options{data: folder, policy: hasty()})
	must(t, err)
	p.erp.Plan(netsuitetest.Fault{PathContains: "/customer/", BodyContains: "NNNN", Do: netsuitetest.Answer(http.StatusBadRequest, "USER_ERROR", "lastName")})
	p.start(ctx)
	behind, unset := shopifytest.Purchase{ID: 42, Customer: 7}, shopifytest.Purchase{ID: 43, Customer: 8, Currency: "CHF"}
	behind.Change = func(o map[string]any) { o["customer"].(map[string]any)["last_name"] = strings.Repeat("N", 200) }
	for _, order := range []shopifytest.Purchase{behind, unset} {
		d := shopifytest.Delivery{Topic: "orders/create", Body: order.Body()}
		must(t, p.senders.send(ctx, day.Delivery{ID: strconv.FormatInt(order.ID, 10), System: "shopify", Header: d.Header(), Body: d.Body}))
	}
	await(ctx, t, "a dead customer", func() bool {
		dead, err := p.store.Find(ctx, port.Query{Stage: port.Dead})
		must(t, err)
		return len(dead) == 1
	})
	must(t, p.close())

	p, err = open(ctx, options{data: folder, policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	for _, d := range day.Sample() {
		if d.Lost {
			must(t, d.Hold(p.stores[d.System]))
		}
	}
	running, stop := context.WithCancel(ctx)
	defer stop() // before the program is closed, which waits for its rounds
	p.start(running)
	p.schedulePolls(running)
	live := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Purchase{ID: 44, Customer: 9, Email: "live@example.com"}.Body()}
	must(t, p.senders.send(ctx, day.Delivery{ID: "44", System: "shopify", Header: live.Header(), Body: live.Body}))
	await(ctx, t, "the two orders that polls found, and the live one", func() bool { return len(p.erp.Orders()) == 3 })
	await(ctx, t, "a note of each source's round", func() bool { return polledOnce(t, p) })
	brief, end := context.WithTimeout(ctx, time.Second)
	defer end()
	if err := p.settled(brief); err == nil {
		t.Error("everything has settled: nothing was waited for")
	}
}

// await fails unless the condition comes true before ctx ends.
func await(ctx context.Context, t *testing.T, what string, condition func() bool) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !condition() {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// polledOnce reports whether a round of each store is noted; one that failed fails the test.
func polledOnce(t *testing.T, p *program) bool {
	t.Helper()
	schedules, err := p.store.Schedules(t.Context())
	must(t, err)
	noted := 0
	for _, s := range schedules {
		if strings.HasSuffix(s.Name, "-poll") && !s.Last.IsZero() {
			noted++
			if s.Failure != "" {
				t.Errorf("%s failed: %s", s.Name, s.Failure)
			}
		}
	}
	return noted == len(p.polled)
}

func TestOnlyOrdersThatReallyHappenedAreHeld(t *testing.T) {
	t.Parallel()
	p, err := open(t.Context(), options{data: t.TempDir(), policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	for _, d := range day.Sample() {
		must(t, d.Hold(p.stores[d.System]))
	}
	for name, poller := range p.polled {
		if err := poller.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	orders := map[string]bool{}
	for _, d := range day.Sample() {
		if d.Order != "" {
			orders[d.Order] = true
		}
	}
	if gaps := p.found.gaps.get(); gaps != int64(len(orders)) {
		t.Errorf("the stores hold %d orders, want the day's %d", gaps, len(orders))
	}
	p.systems["elsewhere"] = connector.System{}
	pollers, err := p.pollers(p.runtime(), hasty())
	if err != nil || len(pollers) != len(p.polled) {
		t.Errorf("a system that cannot be polled has a poller: %v", err)
	}
}
