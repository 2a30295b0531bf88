package pipeline_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// reluctant is a Ledger that takes news of a connection at the next try only.
type reluctant struct {
	pipeline.Ledger
	refused map[pipeline.Stage]bool
}

func (r reluctant) Append(ctx context.Context, entries ...pipeline.Entry) error {
	for _, e := range entries {
		if of := e.Entity.Type == "connection"; of && !r.refused[e.Stage] {
			r.refused[e.Stage] = true
			return errPort
		}
	}
	return r.Ledger.Append(ctx, entries...)
}

func TestAnOutageIsToldWhenTheLedgerIsBack(t *testing.T) {
	t.Parallel()
	for stage, f := range map[pipeline.Stage]fault.Error{
		pipeline.AuthExpired: {Kind: fault.Unauthorized, Status: 401}, pipeline.Degraded: {Kind: fault.Unavailable, Status: 503},
	} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.config.Ledger = reluctant{b.memory, map[pipeline.Stage]bool{}}
			b.outage(f, epoch.Add(time.Hour))
			b.many(6)
			b.drain(3 * time.Hour)
			if e := b.one(stage); e.At.After(epoch.Add(time.Minute)) || e.Error == nil || e.Error.Status != f.Status {
				t.Errorf("%+v, want when and why the circuit was opened", e)
			}
			if e := b.one(pipeline.Restored); e.At.Before(epoch.Add(time.Hour)) || e.Error != nil {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestAnOutageIsToldOnlyOnce has a State that is out of reach once the ledger was told.
func TestAnOutageIsToldOnlyOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unauthorized, Status: 401}, epoch.Add(time.Hour))
	sound := b.config.State
	b.config.Ledger = heard{b.memory, sync.OnceFunc(func() { b.config.State = brokenPort{} })}
	b.many(2)
	batchOf(t, b, "toy-inbox", b.translate)
	in, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.deliver.Handle(t.Context(), in[0]); err != nil {
		t.Fatal(err)
	}
	b.config.State = sound
	b.drain(2 * time.Hour)
	b.one(pipeline.AuthExpired)
	b.one(pipeline.Restored)
}

// heard is a Ledger that is known to have been told of an outage.
type heard struct {
	pipeline.Ledger
	of func()
}

func (h heard) Append(ctx context.Context, entries ...pipeline.Entry) error {
	if entries[0].Stage == pipeline.AuthExpired {
		h.of()
	}
	return h.Ledger.Append(ctx, entries...)
}

// TestAnotherWorkerTellsWhatADeadOneDidNot has the process that opens the circuit die
// before it tells, and the others come to no call while it might be about to.
func TestAnotherWorkerTellsWhatADeadOneDidNot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	failing := targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
		return connector.Receipt{}, &fault.Error{Kind: fault.Unauthorized, Status: 401}
	})
	b.deliver.System.Target = failing
	dying, other := b.another("dying", b.clock.Now), b.another("other", b.clock.Now)
	dying.Config.Ledger = reluctant{b.memory, map[pipeline.Stage]bool{}}
	b.many(6)
	batchOf(t, b, "toy-inbox", b.translate)
	in, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
	if err != nil || len(in) != 6 {
		t.Fatalf("%d messages, %v", len(in), err)
	}
	if _, err := dying.Handle(t.Context(), in[0]); err != nil {
		t.Fatal(err)
	}
	for n := 1; b.clock.Now().Before(epoch.Add(30 * time.Minute)); n++ {
		if _, err := other.Handle(t.Context(), in[1+n%5]); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(10 * time.Second)
	}
	if e := b.one(pipeline.AuthExpired); e.Entity != (message.Key{System: "toy2", Type: "connection", ID: "toy2"}) {
		t.Errorf("%+v", e)
	}
}

// TestNewsOfOneKindAreAllTold has two outages that a worker could not tell of before it died.
func TestNewsOfOneKindAreAllTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	left := `{"at":"2026-11-22T11:0%d:00Z","stage":"connection.degraded","words":"it fails","by":{"worker":"gone","for_ns":60000000000,"until":"2026-11-22T11:0%[1]d:00Z"}}`
	value := `{"untold":[` + fmt.Sprintf(left, 1) + "," + fmt.Sprintf(left, 5) + `]}`
	if _, err := b.memory.Put(t.Context(), pipeline.Item{Key: "connection|toy2", Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
	b.many(1)
	b.drain(time.Minute)
	if n := len(b.entries(pipeline.Degraded)); n != 2 {
		t.Errorf("%d of 2 outages told", n)
	}
}
