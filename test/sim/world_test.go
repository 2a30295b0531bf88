package sim

import (
	"context"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// door posts one delivery into a world without workers.
func door(t *testing.T, prepare func(w *world)) (*world, *delivery) {
	t.Helper()
	w := newWorld(1, offers[0])
	prepare(w)
	d := newDelivery("webhook", fact{Type: "customer.upserted", Kind: "customer", ID: "c", Version: 1})
	w.deliver(d, 0)
	w.run()
	w.close()
	return w, d
}

func TestShopSendsUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare        func(w *world)
		tries, stored  int
		accepted, gone bool
	}{
		"at once": {func(*world) {}, 1, 1, true, false},
		"no answer twice": {func(w *world) {
			w.inject("F10", rule{ops: []op{opSend}, chance: 1, most: 2, fate: always(fate{crash: after})})
		}, 3, 3, true, false},
		"killed before it is kept": {func(w *world) {
			w.inject("F11", rule{ops: []op{opSend}, chance: 1, most: 2, fate: always(fate{crash: before})})
		}, 3, 1, true, false},
		"503 for ever": {func(w *world) {
			w.inject("F17", rule{ops: []op{opSend}, chance: 1, fate: always(fate{err: down("sending"), crash: never})})
		}, 8, 0, false, false},
		"a secret we do not know": {func(w *world) { w.signature = "forged" }, 1, 0, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := door(t, func(w *world) {
				w.crashes[""] = -100 // this test kills as it likes
				w.crashes[newDelivery("webhook", fact{}).raw()] = -100
				c.prepare(w)
			})
			if d.tries != c.tries || len(w.store.queues[inbox]) != c.stored || d.accepted != c.accepted || d.refused != c.gone {
				t.Errorf("%d tries, %d stored, accepted %v, refused %v", d.tries, len(w.store.queues[inbox]), d.accepted, d.refused)
			}
		})
	}
}

// Kills are limited per message over all rules, so that no fault makes poison of it.
func TestKillsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(1, offers[0])
	w.kills("F2", 1, before, "", opDeliver)
	w.kills("F3", 1, after, "", opDeliver)
	kills := 0
	for range 20 {
		if w.fate(call{op: opDeliver, event: "e"}).crash != never {
			kills++
		}
	}
	if kills != mostCrashes || mostCrashes >= w.policy.Crashes {
		t.Errorf("%d kills, the policy takes %d for poison", kills, w.policy.Crashes)
	}
}

func TestRuleMatches(t *testing.T) {
	t.Parallel()
	w := newWorld(1, offers[0])
	r := rule{ops: []op{opPut}, on: "erp|", from: time.Minute, until: time.Hour, when: func(k call) bool { return k.attempt != 7 }}
	at := func(after time.Duration, k call) bool {
		w.now = epoch.Add(after)
		return r.matches(w, k)
	}
	fits := call{op: opPut, name: "erp|x"}
	if !at(time.Minute, fits) || at(0, fits) || at(time.Hour, fits) {
		t.Error("the span of time is not kept")
	}
	for _, k := range []call{{op: opGet, name: "erp|x"}, {op: opPut, name: "shop"}, {op: opPut, name: "erp|x", attempt: 7}} {
		if at(time.Minute, k) {
			t.Errorf("%+v matches", k)
		}
	}
}

func TestQueueHandsOutTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(1, offers[0])
	for _, o := range []op{opReceive, opDelete} {
		w.inject("F12", rule{ops: []op{o}, chance: 1, most: 1, fate: always(fate{twice: true})})
	}
	received := map[string]int{}
	w.spawn("worker", 0, func(p *process) {
		c := ports{w, p}
		_ = c.Send(t.Context(), inbox, []port.Outgoing{{Body: []byte("m")}})
		for range 20 {
			batch, _ := c.Receive(context.Background(), inbox, 10, 0)
			for _, in := range batch {
				received[in.MessageID]++
				_ = c.Delete(context.Background(), in)
			}
			p.sleep(time.Minute)
		}
	}, nil)
	w.run()
	if received["1"] != 3 || len(w.store.queues[inbox]) != 0 {
		t.Errorf("received %v, left %d", received, len(w.store.queues[inbox]))
	}
}

func TestOperatorMovesEachLetterOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operators, moved int
		attributes       map[string]string
	}{
		"one operator":             {1, 1, nil},
		"two: one is refused":      {2, 1, nil},
		"parked needs a person":    {1, 0, map[string]string{port.AttrCause: `{"stage":"parked"}`}},
		"a letter that came later": {1, 0, map[string]string{"late": "yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(1, offers[0])
			dead := routes.Dead(route.Queue())
			send := func() {
				w.store.add(dead, "e", port.Outgoing{Body: []byte("m"), Attributes: mapWith(c.attributes, port.AttrEvent, "e")})
			}
			if c.attributes["late"] == "" {
				send()
			} else {
				w.after(time.Millisecond, send)
			}
			for range c.operators {
				w.redrive(0, nil, nil)
			}
			w.run()
			back := w.store.queues[route.Queue()]
			if len(back) != c.moved || len(w.store.queues[dead]) != 1-c.moved {
				t.Errorf("%d moved, %d left", len(back), len(w.store.queues[dead]))
			}
			for _, m := range back {
				if in := m.incoming(route.Queue()); in.Redrives() != 1 {
					t.Errorf("redriven %d times", in.Redrives())
				}
			}
		})
	}
}

func mapWith(m map[string]string, key, value string) map[string]string {
	all := map[string]string{key: value}
	for k, v := range m {
		all[k] = v
	}
	return all
}

func TestFactsAreWhatTheModelTakes(t *testing.T) {
	t.Parallel()
	w, d := door(t, func(*world) {})
	if len(w.store.entries()) != 1 || w.store.entries()[0].Event != d.raw() {
		t.Errorf("the ledger has %+v", w.store.entries())
	}
	f := fact{Kind: "order", Type: canonical.OrderCancelledEvent, Also: canonical.OrderPlaced, Version: 4, Closed: true}
	events := f.events()
	m := &message.Message{Time: events[1].At}
	if len(events) != 2 || numberOf(m) != 4 || contentOf(events[0].Body) != f.content() || f.content() != "version 4, closed" {
		t.Errorf("%d events, the second is number %d of content %q", len(events), numberOf(m), contentOf(events[0].Body))
	}
	if len(w.burst()) != 60 || len(w.withVersions()) < 6 {
		t.Error("a scenario lacks facts")
	}
}
