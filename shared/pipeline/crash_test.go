package pipeline_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// killed is a process that takes all that is visible at once, as a batch, and dies in the
// middle of its calls if one of them kills.
type killed struct {
	*bench
	kills   string // id of the entity
	run     int
	crashes map[string]int // by id of the entity
}

// take has a new process handle what is visible.
func (d *killed) take() {
	d.Helper()
	batch, err := d.memory.Receive(d.Context(), route.Queue(), 10, 0)
	if err != nil {
		d.Fatal(err)
	}
	d.run++
	dies := false
	for _, in := range batch {
		dies = dies || strings.Contains(string(in.Body), "customer/"+d.kills)
	}
	for _, in := range batch {
		one := d.another("process"+strconv.Itoa(d.run), d.clock.Now)
		entity := ""
		d.toy.duringDeliver = func() {
			if entity = d.toy.deliveries[len(d.toy.deliveries)-1].Message.Key().ID; dies {
				one.Config.State, one.Config.Ledger, one.Config.Queue = brokenPort{}, brokenPort{}, nil
				d.crashes[entity]++
			}
		}
		if err := pipeline.Settle(d.Context(), d.memory, one, in); err == nil && entity != "" && dies {
			d.Fatal("it outlived its process")
		}
	}
}

func newKilled(t *testing.T, kills string, others ...string) *killed {
	b := newBench(t)
	b.config.Random = rand.New(rand.NewPCG(1, 2)).Float64
	for _, id := range append(others, kills) {
		b.post(id, toyFact{Type: amended, ID: id})
	}
	batchOf(t, b, "toy-inbox", b.translate)
	return &killed{bench: b, kills: kills, crashes: map[string]int{}}
}

// TestF7AMessageThatKeepsKillingIsPoison has it be refused and throttled first, which is
// no word for what comes after.
func TestF7AMessageThatKeepsKillingIsPoison(t *testing.T) {
	t.Parallel()
	d := newKilled(t, "killer")
	d.toy.fail = []error{&fault.Error{Kind: fault.Unavailable, Status: 503}, &fault.Error{Kind: fault.Throttled, Status: 429}}
	for len(d.toy.fail) > 0 {
		batchOf(t, d.bench, route.Queue(), d.deliver)
		d.clock.Advance(time.Second)
	}
	for end := epoch.Add(2 * time.Hour); d.clock.Now().Before(end); d.clock.Advance(time.Second) {
		d.take()
	}
	if e := d.entries(pipeline.Dead)[0]; e.Error.Class != fault.Poison || d.crashes["killer"] != d.config.Policy.Crashes {
		t.Errorf("entry %+v after %d crashes", e.Error, d.crashes["killer"])
	}
	waits := 0
	for _, e := range d.entries(pipeline.Deferred) {
		if e.Error.Code == pipeline.Crashed {
			waits++
		}
	}
	if waits != d.config.Policy.Crashes-2 {
		t.Errorf("%d entries tell of crashes", waits)
	}
	letter := d.dead(route.Queue())[0]
	letter.Attributes[pipeline.AttrRedrives] = "1"
	if err := d.memory.Send(t.Context(), route.Queue(), []pipeline.Outgoing{{Body: letter.Body, Attributes: letter.Attributes}}); err != nil {
		t.Fatal(err)
	}
	for end := d.clock.Now().Add(2 * time.Hour); d.clock.Now().Before(end); d.clock.Advance(time.Second) {
		d.take()
	}
	if n := d.crashes["killer"]; n != 2*d.config.Policy.Crashes {
		t.Errorf("%d crashes in two lives", n)
	}
}

// TestF22WhoWasBesideAKillerIsNoPoison has two more in the process each time it dies.
func TestF22WhoWasBesideAKillerIsNoPoison(t *testing.T) {
	t.Parallel()
	d := newKilled(t, "killer", "one", "two")
	for end := epoch.Add(2 * time.Hour); d.clock.Now().Before(end); d.clock.Advance(time.Second) {
		d.take()
	}
	if e := d.one(pipeline.Dead); e.Entity.ID != "killer" {
		t.Errorf("dead is %s", e.Entity.ID)
	}
	if d.crashes["one"] < 2 || d.crashes["two"] < 2 || len(d.entries(pipeline.Confirmed)) != 2 {
		t.Errorf("crashes %v, %d confirmed", d.crashes, len(d.entries(pipeline.Confirmed)))
	}
}

// throttled is a State that does not take the end of most attempts.
type throttled struct {
	pipeline.State
	random *rand.Rand
}

func (s throttled) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	if strings.HasPrefix(item.Key, "toy2|") && s.random.Float64() < 0.7 {
		return 0, &fault.Error{Kind: fault.Unavailable, Class: fault.RateLimit, Doing: "storing state"}
	}
	return s.State.Put(ctx, item)
}

func TestF50WhatAThrottledStateDidNotTakeIsNoCrash(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"confirmed":   nil,
		"unavailable": &fault.Error{Kind: fault.Unavailable, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.config.Policy.Breaker.Failures = 0
			b.config.State = throttled{b.memory, rand.New(rand.NewPCG(3, 4))}
			const n = 40
			for i := range n {
				id := strconv.Itoa(i)
				b.post(id, toyFact{Type: amended, ID: id})
			}
			end := epoch.Add(4 * time.Hour)
			b.toy.failing = func() error {
				if b.clock.Now().Before(end) {
					return answer
				}
				return nil
			}
			for end := epoch.Add(12 * time.Hour); b.clock.Now().Before(end); {
				if handled, _ := b.step(); handled == 0 { // a port that fails leaves the message in the queue
					b.clock.Advance(time.Second)
				}
			}
			confirmed := map[string]bool{}
			for _, e := range b.entries(pipeline.Confirmed) {
				confirmed[e.Event] = true
			}
			if dead := b.entries(pipeline.Dead); len(dead) > 0 || len(confirmed) != n || b.memory.Left() > 0 {
				t.Errorf("%d dead, %d of %d confirmed, %d left", len(dead), len(confirmed), n, b.memory.Left())
			}
		})
	}
}

// offline is a ledger that takes nothing for a number of times.
type offline struct {
	pipeline.Ledger
	times int
}

func (l *offline) Append(ctx context.Context, entries ...pipeline.Entry) error {
	if l.times--; l.times >= 0 {
		return errPort
	}
	return l.Ledger.Append(ctx, entries...)
}

// TestF50AnEndThatTheLedgerDidNotTakeIsNoCrash has it fail more often than a message may
// crash, after writes that were made and after such as were refused.
func TestF50AnEndThatTheLedgerDidNotTakeIsNoCrash(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue // which parks what the ledger does not know
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
			batchOf(t, b, "toy-inbox", b.translate)
			b.config.Ledger = &offline{Ledger: b.memory, times: 8}
			for range 2 * 60 * 60 {
				_, _ = b.step() // what a port fails at stays in the queue
				b.clock.Advance(time.Second)
			}
			if dead := b.dead(route.Queue()); len(dead) > 0 || s.holds() != "[v1]" || b.memory.Left() > 0 {
				t.Errorf("dead %+v; the shelf holds %s", dead, s.holds())
			}
		})
	}
}

// deaf is a State that takes writes of a record, and says of some that it did not.
type deaf struct {
	pipeline.State
	n    int
	lost func(n int) bool // counted from 1
}

func (s *deaf) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	revision, err := s.State.Put(ctx, item)
	if strings.HasPrefix(item.Key, "toy2|") && err == nil {
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
			b, s := onShelf(t, operation)
			b.config.State = &deaf{b.memory, 0, func(n int) bool { return n == 1 }}
			s.version(1)
			b.one(pipeline.Confirmed)
			if len(s.calls) != 1 || s.holds() != "[v1]" {
				t.Errorf("%d calls, the shelf holds %s", len(s.calls), s.holds())
			}
		})
	}
}
