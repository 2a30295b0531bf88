package test_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/reconcile"
)

// again is how many histories are read again without memory.
var again = flag.Uint64("again", 5, "generated order histories per store that are imported again after the table was lost")

// forgetful is a State that can lose everything.
type forgetful struct {
	mu    sync.Mutex
	inner port.State
}

func (f *forgetful) state() port.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inner
}

func (f *forgetful) Get(ctx context.Context, key string) (port.Item, error) {
	return f.state().Get(ctx, key)
}

func (f *forgetful) Put(ctx context.Context, item port.Item) (int64, error) {
	return f.state().Put(ctx, item)
}

// forget leaves an empty State.
func (f *forgetful) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inner = porttest.NewMemory(time.Now)
}

// withLoss is a setup whose State can be lost.
func withLoss() (setup, *forgetful) {
	lossy := &forgetful{}
	return setup{items: historyItems(), memory: true, ports: func(p *port.Ports) { lossy.inner, p.State = p.State, lossy }}, lossy
}

// importAll reads the whole history of the system and hands on what is missing.
func (w *world) importAll(system string) (sum reconcile.Report) {
	w.Helper()
	reports, err := w.poller(w.pollSystems()[system], w.config.Runtime, nil).Backfill(w.Context(), reconcile.Span{
		From: time.Now().AddDate(-2, 0, 0), Apply: true, Reason: "first import",
	})
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range reports {
		if sum.Unconfirmed, sum.Failed = sum.Unconfirmed+r.Unconfirmed, sum.Failed+r.Failed; r.Behind {
			w.Fatalf("%+v was not read to its end", r.Feed)
		}
	}
	return sum
}

// TestH10BooksOfAnyHistoryAreTheSameAfterAFirstImport plays generated histories, loses every record
// of what was written, and imports the store again: no document and no cent is there twice.
func TestH10BooksOfAnyHistoryAreTheSameAfterAFirstImport(t *testing.T) {
	t.Parallel()
	for seed := range *again {
		for store, play := range map[string]func(*world, uint64) func(){"shopify": shopifyHistory, "woocommerce": wooHistory} {
			t.Run(fmt.Sprint(store, " ", seed), func(t *testing.T) {
				t.Parallel()
				s, state := withLoss()
				journey(t, s, func(w *world) {
					check := play(w, seed)
					state.forget()
					for range 2 {
						w.importAll(store)
						w.pass(3 * time.Hour)
						check()
					}
				})
			})
		}
	}
}
