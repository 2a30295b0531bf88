package sim

import (
	"errors"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// visit lets one process call the target and returns its world.
func visit(t *testing.T, g connector.Guarantee, call func(w *world, c client)) *world {
	t.Helper()
	w := newWorld(1, g)
	w.target.lag = 0
	w.spawn("caller", 0, func(p *process) { call(w, client{w.target, p}) }, nil)
	w.run()
	w.close()
	return w
}

func write(v int, ref, expected string) connector.Delivery {
	f := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "c", Version: v}
	m := &message.Message{ID: "event-" + number(v), Type: f.Type, Subject: f.entity(), Sequence: f.sequence(), Time: f.events()[0].At}
	return connector.Delivery{Message: m, Body: f.body(), Ref: ref, Expected: expected}
}

// The target keeps its guarantee, and no more than that.
func TestTargetKeepsItsGuarantee(t *testing.T) {
	t.Parallel()
	for g, want := range map[connector.Guarantee]struct{ effects, documents int }{
		connector.ExternalID:    {2, 1},
		connector.CompareAndSet: {1, 1}, // the second finds that it is there already
		connector.Search:        {2, 2},
	} {
		w := visit(t, g, func(_ *world, c client) {
			for range 2 {
				if _, err := c.Deliver(t.Context(), write(1, "", "")); err != nil {
					t.Error(g, err)
				}
			}
		})
		if len(w.target.effects) != want.effects || w.target.documents != want.documents {
			t.Errorf("%s: %d effects in %d documents, want %+v", g, len(w.target.effects), w.target.documents, want)
		}
	}
}

func TestTargetSetsWhatRefNames(t *testing.T) {
	t.Parallel()
	w := visit(t, connector.Search, func(_ *world, c client) {
		first, _ := c.Deliver(t.Context(), write(1, "", ""))
		if second, err := c.Deliver(t.Context(), write(2, first.Ref, "")); err != nil || second.Ref != first.Ref {
			t.Errorf("wrote %v, then %v, %v", first, second, err)
		}
	})
	if w.target.documents != 1 || w.target.current["customer/c"].N != 2 || w.target.current["customer/c"].Content != "version 2" {
		t.Errorf("holds %+v", w.target.current)
	}
}

func TestTargetComparesAndSets(t *testing.T) {
	t.Parallel()
	visit(t, connector.CompareAndSet, func(_ *world, c client) {
		first, _ := c.Deliver(t.Context(), write(2, "", ""))
		_, err := c.Deliver(t.Context(), write(3, first.Ref, "tag-99"))
		wantClass(t, err, fault.Conflict)
		_, err = c.Deliver(t.Context(), write(1, "", ""))
		wantClass(t, err, fault.Stale)
		if _, err := c.Deliver(t.Context(), write(3, first.Ref, first.Version)); err != nil {
			t.Error(err)
		}
	})
}

func wantClass(t *testing.T, err error, class fault.Class) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Class != class {
		t.Errorf("failed with %v, want class %s", err, class)
	}
}

func TestSearchLags(t *testing.T) {
	t.Parallel()
	visit(t, connector.Search, func(w *world, c client) {
		w.target.lag = time.Minute
		k := key("customer", "c")
		written, _ := c.Deliver(t.Context(), write(1, "", ""))
		if ref, err := c.Find(t.Context(), k); ref != "" || err != nil {
			t.Errorf("found %q at once, %v", ref, err)
		}
		c.p.sleep(time.Minute)
		if ref, err := c.Find(t.Context(), k); ref != written.Ref || err != nil {
			t.Errorf("found %q later, %v", ref, err)
		}
	})
}

// What a fault says happens to the effect is what happens.
func TestFatesOfACall(t *testing.T) {
	t.Parallel()
	failure := errors.New("no")
	for name, c := range map[string]struct {
		fate    fate
		effects int
		fails   bool
		ends    bool // the call returns at all
	}{
		"well":                       {fate{}, 1, false, true},
		"slow":                       {fate{slow: time.Minute}, 1, false, true},
		"fails before":               {fate{err: failure}, 0, true, true},
		"fails after":                {fate{err: failure, applied: true}, 1, true, true},
		"hangs for nothing":          {fate{hang: true}, 0, true, true},
		"hangs, comes late":          {fate{hang: true, applied: true, slow: 3 * time.Minute}, 1, true, true},
		"killed before":              {fate{crash: before}, 0, false, false},
		"killed after":               {fate{crash: after}, 1, false, false},
		"killed while it hangs":      {fate{crash: after, hang: true}, 0, false, false},
		"killed, and it comes later": {fate{crash: after, hang: true, applied: true, slow: 2 * time.Minute}, 1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := false
			w := visit(t, connector.ExternalID, func(w *world, caller client) {
				w.injectors = []*injector{{id: "F0", strike: func(k call) (fate, bool) { return c.fate, k.op == opDeliver }}}
				_, err := caller.Deliver(t.Context(), write(1, "", ""))
				if ended = true; (err != nil) != c.fails {
					t.Errorf("failed with %v", err)
				}
			})
			if len(w.target.effects) != c.effects || ended != c.ends {
				t.Errorf("%d effects, want %d; returned %v", len(w.target.effects), c.effects, ended)
			}
			for _, e := range w.target.effects {
				if e.Late != c.fate.hang {
					t.Errorf("effect %+v", e)
				}
			}
		})
	}
}

func TestEffectKnowsWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	w := visit(t, connector.ExternalID, func(w *world, c client) {
		_, _ = c.Deliver(t.Context(), write(2, "", ""))
		e := entry("customer/c", 2, "confirmed")
		_ = ports{w, c.p}.Append(t.Context(), e)
		_, _ = c.Deliver(t.Context(), write(1, "", ""))
	})
	if got := w.target.effects[1].Over; got != version(2) {
		t.Errorf("the late one landed over %q", got)
	}
}

// TestTargetTellsWhenItIsHammered calls too early once by what the record knows, and once
// by what the queue knows; what nobody could note is no promise.
func TestTargetTellsWhenItIsHammered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		note  func(w *world, c client)
		early int
	}{
		"nobody noted it": {func(*world, client) {}, 0},
		"in the record": {func(w *world, c client) {
			_, _ = ports{w, c.p}.Put(t.Context(), port.Item{Key: erp + "|shop/customer/c"})
			c.p.begin(c.p.handle, 2) // a copy
		}, 1},
		"in the queue": {func(w *world, c client) {
			w.store.add(inbox, c.p.handle, port.Outgoing{Body: []byte("1")})
			in, _ := ports{w, c.p}.Receive(t.Context(), inbox, 1, 0)
			c.p.parcel = numberOfHandle(in[0].Handle)
			_ = ports{w, c.p}.Defer(t.Context(), in[0], c.p.now)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := visit(t, connector.ExternalID, func(w *world, cl client) {
				w.injectors = []*injector{{strike: func(call) (fate, bool) { return waits(time.Minute), len(w.target.calls) == 0 }}}
				_, _ = cl.Deliver(t.Context(), write(1, "", ""))
				c.note(w, cl)
				_, _ = cl.Deliver(t.Context(), write(1, "", ""))
				cl.p.sleep(time.Minute)
				_, _ = cl.Deliver(t.Context(), write(1, "", ""))
			})
			if len(w.broken) != c.early {
				t.Errorf("%v, want %d calls that came too early", w.broken, c.early)
			}
		})
	}
}
