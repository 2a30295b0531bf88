package pipeline_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// crashing is a process that takes all that is visible at once, as a batch, and crashes in
// the middle of its calls if one of them kills.
type crashing struct {
	*testEnv
	kills   string // id of the entity
	run     int
	crashes map[string]int // by id of the entity
}

// take has a new process handle what is visible.
func (d *crashing) take() {
	d.Helper()
	batch := d.testEnv.take(queue)
	d.run++
	dies := false
	for _, in := range batch {
		dies = dies || strings.Contains(string(in.Body), "customer/"+d.kills)
	}
	for _, in := range batch {
		one := d.another("process"+strconv.Itoa(d.run), d.clock.Now)
		entity := ""
		d.system.duringDeliver = func() {
			if entity = d.system.deliveries[len(d.system.deliveries)-1].Message.Key().ID; dies {
				one.ports.State, one.ports.Ledger, one.ports.Queue = brokenPort{}, brokenPort{}, brokenPort{}
				d.crashes[entity]++
			}
		}
		if err := port.Settle(d.Context(), d.memory, one.deliver, in); err == nil && entity != "" && dies {
			d.Fatal("the message outlived its process")
		}
	}
}

// live takes for so long.
func (d *crashing) live(limit time.Duration) {
	d.Helper()
	for end := d.clock.Now().Add(limit); d.clock.Now().Before(end); d.clock.Advance(time.Second) {
		d.take()
	}
}

func newCrashing(t *testing.T, kills string, others ...string) *crashing {
	t.Helper()
	e := newEnv(t)
	e.random = rand.New(rand.NewPCG(1, 2)).Float64
	for _, id := range append(others, kills) {
		e.post(id, change{Type: customer, ID: id})
	}
	for _, in := range e.take(inbox) {
		e.must(port.Settle(t.Context(), e.memory, e.one().translate, in))
	}
	return &crashing{testEnv: e, kills: kills, crashes: map[string]int{}}
}

// TestF7AMessageThatKeepsKillingIsPoison has it be refused and throttled first, which says
// nothing about what comes after.
func TestF7AMessageThatKeepsKillingIsPoison(t *testing.T) {
	t.Parallel()
	d := newCrashing(t, "killer")
	d.system.fail = []error{&fault.Error{Kind: fault.Unavailable, Status: 503}, &fault.Error{Kind: fault.Throttled, Status: 429}}
	for len(d.system.fail) > 0 {
		_, err := d.step()
		d.must(err)
		d.clock.Advance(time.Second)
	}
	d.live(2 * time.Hour)
	if e := d.entry(port.Dead); e.Error.Class != fault.Poison || d.crashes["killer"] != d.retry.Crashes {
		t.Errorf("entry %+v after %d crashes, want %d", e.Error, d.crashes["killer"], d.retry.Crashes)
	}
	waits := 0
	for _, e := range d.entries(port.Deferred) {
		if e.Error.Code == pipeline.Crashed {
			waits++
		}
	}
	if waits != d.retry.Crashes-2 {
		t.Errorf("%d entries report crashes", waits)
	}
	d.redrive(d.letter())
	d.live(2 * time.Hour)
	if n := d.crashes["killer"]; n != 2*d.retry.Crashes {
		t.Errorf("%d crashes before and after a redrive", n)
	}
}

// TestF22WhatWasBesideAKillerIsNoPoison has two more messages in the process each time.
func TestF22WhatWasBesideAKillerIsNoPoison(t *testing.T) {
	t.Parallel()
	d := newCrashing(t, "killer", "one", "two")
	d.live(2 * time.Hour)
	if e := d.entry(port.Dead); e.Entity.ID != "killer" {
		t.Errorf("dead is %s", e.Entity.ID)
	}
	if d.crashes["one"] < 2 || d.crashes["two"] < 2 || len(d.entries(port.Confirmed)) != 2 {
		t.Errorf("crashes %v, %d confirmed", d.crashes, len(d.entries(port.Confirmed)))
	}
}

// throttledState does not store the end of most attempts.
type throttledState struct {
	port.State
	random *rand.Rand
}

func (s throttledState) Put(ctx context.Context, item port.Item) (int64, error) {
	if strings.HasPrefix(item.Key, "erp|") && s.random.Float64() < 0.7 {
		return 0, &fault.Error{Kind: fault.Unavailable, Class: fault.RateLimit, Doing: "storing state"}
	}
	return s.State.Put(ctx, item)
}

func TestF50AnEndThatAThrottledStateDidNotStoreIsNoCrash(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"confirmed":   nil,
		"unavailable": &fault.Error{Kind: fault.Unavailable, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.admission.Breaker.Failures = 0
			e.ports.State = throttledState{e.memory, rand.New(rand.NewPCG(3, 4))}
			const n = 40
			for i := range n {
				id := strconv.Itoa(i)
				e.post(id, change{Type: customer, ID: id})
			}
			e.system.failing = func(connector.Delivery) error {
				if e.clock.Now().Before(epoch.Add(4 * time.Hour)) {
					return answer
				}
				return nil
			}
			for end := epoch.Add(12 * time.Hour); e.clock.Now().Before(end); {
				if handled, _ := e.step(); handled == 0 { // a message at which a port fails stays in the queue
					e.clock.Advance(5 * time.Second)
				}
			}
			confirmed := map[string]bool{}
			for _, entry := range e.entries(port.Confirmed) {
				confirmed[entry.Event] = true
			}
			if dead := e.entries(port.Dead); len(dead) > 0 || len(confirmed) != n {
				t.Errorf("%d dead, %d of %d confirmed", len(dead), len(confirmed), n)
			}
			e.settled()
		})
	}
}

// offlineLedger does not take the first appends.
type offlineLedger struct {
	port.Ledger
	times int
}

func (l *offlineLedger) Append(ctx context.Context, entries ...port.Entry) error {
	if l.times--; l.times >= 0 {
		return errPort
	}
	return l.Ledger.Append(ctx, entries...)
}

// TestF50AnEndThatTheLedgerDidNotTakeIsNoCrash has it fail more often than a message may
// crash.
func TestF50AnEndThatTheLedgerDidNotTakeIsNoCrash(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		v := newVendor(t, operation)
		v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
		for _, in := range v.take(inbox) {
			v.must(port.Settle(t.Context(), v.memory, v.one().translate, in))
		}
		v.ports.Ledger = &offlineLedger{Ledger: v.memory, times: 8}
		for range 2 * 60 * 60 {
			_, _ = v.step() // a message at which a port fails stays in the queue
			v.clock.Advance(time.Second)
		}
		if dead := v.dead(queue); len(dead) > 0 || v.holds() != "[v1]" {
			t.Errorf("dead %+v; the vendor has %s", dead, v.holds())
		}
		v.settled()
	})
}

// unheardState stores writes of a record, and reports of some that it did not.
type unheardState struct {
	port.State
	n    int
	lost func(n int) bool // counted from 1
}

func (s *unheardState) Put(ctx context.Context, item port.Item) (int64, error) {
	revision, err := s.State.Put(ctx, item)
	if strings.HasPrefix(item.Key, "erp|") && err == nil {
		if s.n++; s.lost(s.n) {
			return 0, errPort
		}
	}
	return revision, err
}

func TestF50AClaimWhoseAnswerIsLostStands(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.ports.State = &unheardState{v.memory, 0, func(n int) bool { return n == 1 }}
			v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
			v.drain(2 * time.Second)
			v.entry(port.Confirmed)
			if len(v.calls) != 1 || v.holds() != "[v1]" {
				t.Errorf("%d calls, the vendor has %s", len(v.calls), v.holds())
			}
		})
	}
}

func TestF50AnEndThatWasStoredUnheardKeepsItsWait(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.admission.Breaker.Failures = 0
	e.ports.State = &unheardState{e.memory, 0, func(n int) bool { return n%2 == 0 }} // a claim, an end, a claim …
	e.system.failing = func(connector.Delivery) error { return &fault.Error{Kind: fault.Unavailable, Status: 503} }
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(10 * time.Minute)
	if n := len(e.system.deliveries); n > 20 {
		t.Errorf("%d calls in ten minutes", n)
	}
}

// TestAConfirmedMessageIsNoPoison has its confirmation be in the ledger and never in the
// State; at the time when it counts as poison the ledger cannot be read, and later it can.
func TestAConfirmedMessageIsNoPoison(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.retry.Crashes = 1
	e.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	in := e.translated(1)[0]
	dying := e.another("dying", e.clock.Now)
	e.system.duringDeliver = func() { dying.ports.State = brokenPort{} } // the ledger works
	if _, err := dying.deliver.Handle(t.Context(), in); err == nil {
		t.Fatal("the end was stored")
	}
	e.entry(port.Confirmed)
	e.system.duringDeliver = nil
	e.clock.Advance(time.Hour)

	w := e.another("other", e.clock.Now)
	w.ports.Ledger = unreadableLedger{e.memory}
	for range 3 {
		decision, err := w.deliver.Handle(t.Context(), in)
		if err == nil && decision.Done || len(e.entries(port.Dead)) > 0 {
			t.Fatalf("it ended (%v, %v) although the ledger cannot be read", decision, err)
		}
		if err != nil && !errors.Is(err, errPort) {
			t.Fatal(err)
		}
		e.clock.Advance(5 * time.Minute)
	}
	w.ports.Ledger = e.memory
	decision, err := w.deliver.Handle(t.Context(), in)
	if err != nil || !decision.Done || len(e.dead(queue)) != 0 {
		t.Errorf("%v, %v", decision, err)
	}
	if entry := e.entry(port.Skipped); !strings.Contains(entry.Outcome, "ledger") || len(e.system.deliveries) != 1 {
		t.Errorf("ended as %q after %d calls", entry.Outcome, len(e.system.deliveries))
	}
}

// unreadableLedger takes entries and finds none.
type unreadableLedger struct{ port.Ledger }

func (unreadableLedger) Find(context.Context, port.Query) ([]port.Entry, error) { return nil, errPort }
