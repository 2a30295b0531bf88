package test_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// pollHook does something at each request that reaches a store's API.
type pollHook struct {
	inner http.Handler
	mu    sync.Mutex
	n     int
	at    func(n int, body string)
}

func (h *pollHook) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	h.inner.ServeHTTP(rw, r)
	h.mu.Lock()
	h.n++
	n := h.n
	h.mu.Unlock()
	h.at(n, r.URL.RawQuery+" "+string(body))
}

// pollWatch puts the hook before the store's API.
func (w *world) pollWatch(s pollStore, at func(n int, asked string)) {
	w.Helper()
	if s.system == "shopify" {
		w.net.serve(w.T, shopAddress, &pollHook{inner: w.shop, at: at})
		return
	}
	w.net.serve(w.T, wooAddress, &pollHook{inner: w.wooStore, at: at})
}

// isList tells requests for a page of orders from the others.
func isList(asked string) bool {
	return strings.Contains(asked, "modified_after=") || strings.Contains(asked, "ordersSince")
}

// TestA5OrdersThatChangeWhileTheyAreListedAreNeitherLostNorDoubled changes, after each
// page, an order that was read and one that was not: numbered pages would shift.
func TestA5OrdersThatChangeWhileTheyAreListedAreNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		const n = 260
		for id := range int64(n) {
			s.put(w, 1000+id, id/50-200, 1)
		}
		pages := 0
		w.pollWatch(s, func(_ int, asked string) {
			if isList(asked) && pages < 3 {
				pages++
				s.put(w, 1000+int64(pages), int64(pages), 7)
				s.put(w, 1000+n-int64(pages), int64(pages), 7)
			}
		})
		w.poll(s.system)
		w.pass(10 * time.Minute)
		w.poll(s.system)
		w.pass(10 * time.Minute)
		if got := len(w.erp.Orders()); got != n {
			t.Fatalf("the ERP holds %d orders, want %d", got, n)
		}
		for page := range int64(pages) {
			if got := w.order(s.system, "100"+string(rune('1'+page))).Total; got != "70.00" {
				t.Errorf("order 100%d has total %s, want what it was changed to", page+1, got)
			}
		}
		w.pollNoDoubles()
	})
}

func (w *world) pollNoDoubles() {
	w.Helper()
	if twice := w.erp.Duplicates(); len(twice) > 0 {
		w.Errorf("duplicated at the ERP: %v", twice)
	}
	w.ingestNoneDead()
}

// TestA5APollThatIsKilledIsMadeUpByTheNext ends the run at one request of the store's API
// after the other, in the middle of a page too, and runs again.
func TestA5APollThatIsKilledIsMadeUpByTheNext(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		for id := range int64(4) {
			s.put(w, 40+id, id-60, 1+id)
		}
		for kill := 1; kill <= 4; kill++ {
			ctx, cancel := context.WithCancel(w.Context())
			w.pollWatch(s, func(n int, _ string) {
				if n == kill {
					cancel()
				}
			})
			var sum reconcile.Report
			if err := w.pollUntil(ctx, s.system, &sum); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
				t.Errorf("killed at request %d: %v", kill, err)
			}
			cancel()
		}
		w.pollWatch(s, func(int, string) {})
		w.poll(s.system)
		w.pass(10 * time.Minute)
		for id := range int64(4) {
			w.pollShirts(s, 40+id, 1+id, 1)
		}
		w.pollNoDoubles()
	})
}

// TestA5TheMarkNeverRunsAheadOfTheInbox lets the inbox refuse messages: what was not
// stored is polled again, and what was is not told twice.
func TestA5TheMarkNeverRunsAheadOfTheInbox(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		for id := range int64(6) {
			s.put(w, 40+id, id-60, 1+id)
		}
		whole := w.config.Queue
		for full := range 6 {
			broken := w.config.Runtime
			broken.Queue = &pollFull{Queue: whole, room: full}
			p := w.poller(w.pollSystems()[s.system], broken, nil)
			if err := p.Run(w.Context()); err == nil && full < 1 {
				t.Errorf("room for %d: the run says that all is well", full)
			}
		}
		w.poll(s.system)
		w.pass(10 * time.Minute)
		for id := range int64(6) {
			w.pollShirts(s, 40+id, 1+id, 1)
		}
		w.pollNoDoubles()
	})
}

// pollFull is a queue with room for so many messages.
type pollFull struct {
	port.Queue
	room int
}

func (q *pollFull) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	if q.room--; q.room < 0 {
		return errors.New("no room")
	}
	return q.Queue.Send(ctx, queue, batch)
}

// TestA5TwoPollersAtOnceTellEachChangeOnce is a schedule that overtakes itself.
func TestA5TwoPollersAtOnceTellEachChangeOnce(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		for id := range int64(6) {
			s.put(w, 40+id, id-60, 1+id)
		}
		var pollers sync.WaitGroup
		for range 3 {
			system := w.pollSystems()[s.system]
			pollers.Go(func() {
				if err := w.poller(system, w.config.Runtime, nil).Run(w.Context()); err != nil {
					t.Errorf("polling: %v", err)
				}
			})
		}
		pollers.Wait()
		w.pass(10 * time.Minute)
		for id := range int64(6) {
			w.pollShirts(s, 40+id, 1+id, 1)
		}
		w.pollNoDoubles()
	})
}

// TestA5AStoreThatIsDownIsPolledWhenItIsBack: nothing of what changed meanwhile is lost.
func TestA5AStoreThatIsDownIsPolledWhenItIsBack(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		s.put(w, 40, 0, 1)
		w.poll(s.system)
		address := map[string]string{"shopify": shopAddress, "woocommerce": wooAddress}[s.system]
		w.net.unplug(address)
		s.put(w, 41, 60, 2)
		w.pass(26 * time.Hour)
		var sum reconcile.Report
		if err := w.pollUntil(w.Context(), s.system, &sum); err == nil || sum.Gaps != 0 {
			t.Errorf("a store that is down: %+v, %v", sum, err)
		}
		w.net.plug(address)
		w.pollCounts(w.poll(s.system), 0, 1)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 41, 2, 1)
	})
}

// TestA6CustomersWhoseWebhookHadStoppedAreMadeUp: WooCommerce cannot list customers by
// their change, so all are looked through once the webhook is set up again.
func TestA6CustomersWhoseWebhookHadStoppedAreMadeUp(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		w.poll("woocommerce") // makes the webhooks
		hooks := w.wooStore.Webhooks()
		for i := range hooks {
			if hooks[i].Topic == "customer.updated" {
				hooks[i].Status, hooks[i].Modified = "disabled", time.Now().Add(-72*time.Hour)
			}
		}
		w.wooStore.SetWebhooks(hooks...)
		for id, ago := range map[int64]time.Duration{7: 48 * time.Hour, 8: 96 * time.Hour, 9: 0} {
			at := time.Now().Add(-ago)
			w.wooStore.PutCustomer(woocommercetest.Customer{ID: id, Created: at, Modified: at, Billing: woocommercetest.NewAddress(id)})
		}
		told := woocommercetest.Customer{ID: 10, Created: time.Now().Add(-time.Hour), Billing: woocommercetest.NewAddress(10)}
		w.wooStore.PutCustomer(told)
		w.ingestOK(w.woo("customer.created", told.Body()))
		w.pass(10 * time.Minute)
		w.pollCounts(w.poll("woocommerce"), 1, 2)
		w.pass(10 * time.Minute)
		w.pollCounts(w.poll("woocommerce"), 0, 0)
		for id, want := range map[string]bool{"7": true, "8": false, "9": true, "10": true} {
			if ends := w.ends("woocommerce", "customer", id); slices.Contains(ends, "customer.upserted confirmed") != want {
				t.Errorf("customer %s ended as %q", id, ends)
			}
		}
	})
}

// TestA6AWebhookThatTheOwnerPausedStaysPaused, whatever the number of rounds.
func TestA6AWebhookThatTheOwnerPausedStaysPaused(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		w.poll("woocommerce")
		hooks := w.wooStore.Webhooks()
		paused := slices.IndexFunc(hooks, func(h woocommercetest.Webhook) bool { return h.Topic == "order.updated" })
		hooks[paused].Status = "paused"
		w.wooStore.SetWebhooks(hooks...)
		pollStores[1].put(w, 42, 0, 3)
		w.pollCounts(w.poll("woocommerce"), 0, 1)
		w.poll("woocommerce")
		if got := w.wooStore.Webhooks()[paused].Status; got != "paused" {
			t.Errorf("it is %s", got)
		}
		if said := pollDegraded(w.entries(port.Reconciled), "order.updated"); len(said) != 2 { // missing at the beginning, and now paused
			t.Errorf("the ledger says %q", said)
		}
	})
}

// TestA6AForeignWebhookIsLeftAlone: a store has webhooks of other programs.
func TestA6AForeignWebhookIsLeftAlone(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		foreign := woocommercetest.Webhook{ID: 9, Name: "Newsletter", Topic: "order.created", Status: "disabled", URL: "https://mailer.example/"}
		w.wooStore.SetWebhooks(foreign)
		w.poll("woocommerce")
		hooks := w.wooStore.Webhooks()
		if len(hooks) != 8 || hooks[0] != foreign {
			t.Errorf("webhooks %+v", hooks)
		}
	})
}
