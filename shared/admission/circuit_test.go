package pipeline_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// outage has every write end as told, until the time; it returns when calls came.
func (b *bench) outage(f fault.Error, until time.Time) *[]time.Time {
	var calls []time.Time
	b.deliver.System.Target = targetFunc(func(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
		calls = append(calls, b.clock.Now())
		if b.clock.Now().Before(until) {
			return connector.Receipt{}, &f
		}
		return b.toy.Deliver(ctx, d)
	})
	return &calls
}

// targetFunc is a target that finds nothing.
type targetFunc func(context.Context, connector.Delivery) (connector.Receipt, error)

func (f targetFunc) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	return f(ctx, d)
}

func (b *bench) many(n int) {
	b.Helper()
	for i := range n {
		b.post(strconv.Itoa(i), toyFact{Type: amended, ID: "c" + strconv.Itoa(i)})
	}
}

// between counts the times in the interval.
func between(times []time.Time, from, to time.Time) (n int) {
	for _, at := range times {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

func TestF30AnHourOf429OpensTheCircuitOnceAndKillsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	end := epoch.Add(time.Hour)
	calls := b.outage(fault.Error{Kind: fault.Throttled, Status: 429}, end)
	b.many(20)
	b.drain(3 * time.Hour)
	if n := len(b.entries(pipeline.Confirmed)); n != 20 || len(b.dead(route.Queue())) != 0 {
		t.Errorf("%d confirmed, %d dead", n, len(b.dead(route.Queue())))
	}
	if e := b.one(pipeline.Degraded); e.Error.Class != fault.RateLimit || e.Entity.ID != "toy2" || e.At.After(epoch.Add(time.Minute)) {
		t.Errorf("degraded: %+v", e)
	}
	if e := b.one(pipeline.Restored); e.At.Before(end) || e.At.After(end.Add(15*time.Minute)) {
		t.Errorf("restored %v after the outage", e.At.Sub(end))
	}
	if n := between(*calls, epoch.Add(time.Minute), end); n == 0 || n > 40 {
		t.Errorf("%d calls while the circuit was open, want the probes only", n)
	}
}

func TestAnOutageCountsAgainstNoMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, epoch.Add(4*24*time.Hour))
	b.many(6)
	b.drain(5 * 24 * time.Hour)
	if n := len(b.entries(pipeline.Confirmed)); n != 6 {
		t.Errorf("%d of 6 confirmed after four days of outage", n)
	}
	for _, e := range b.entries(pipeline.Confirmed) {
		if e.ReceiveCount >= 1000*4/14 {
			t.Errorf("%d receives in four days, SQS allows 1000 in the fourteen that it keeps a message", e.ReceiveCount)
		}
	}
}

func TestOneMessageThatAlwaysFailsOpensNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 500}, epoch.Add(30*24*time.Hour))
	b.many(1)
	b.drain(80 * time.Hour)
	if n := len(b.entries(pipeline.Degraded)); n != 0 {
		t.Errorf("the circuit was opened %d times by one entity", n)
	}
	b.one(pipeline.Dead)
}

func TestF44F45RefusedCredentialsOpenTheCircuitAtOnceAndMessagesStay(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault.Error{
		"401": {Kind: fault.Unauthorized, Status: 401}, "403": {Kind: fault.Unauthorized, Status: 403, Code: "INSUFFICIENT_PERMISSION"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			end := epoch.Add(80 * time.Hour)
			calls := b.outage(f, end)
			b.many(10)
			b.drain(time.Minute)
			if e := b.one(pipeline.AuthExpired); len(*calls) != 1 || !strings.Contains(e.Outcome, "renewed") {
				t.Errorf("%d calls in the first minute, entry %+v", len(*calls), e)
			}
			b.drain(100 * time.Hour)
			if n := len(b.entries(pipeline.Confirmed)); n != 10 {
				t.Errorf("%d of 10 confirmed after the credentials were renewed", n)
			}
			b.one(pipeline.Restored)
		})
	}
}

func TestADegradedConnectionWhoseCredentialsExpireSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	failing := fault.Error{Kind: fault.Unavailable, Status: 503}
	b.deliver.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
		if b.clock.Now().After(epoch.Add(10 * time.Minute)) {
			return connector.Receipt{}, &fault.Error{Kind: fault.Unauthorized, Status: 401}
		}
		return connector.Receipt{}, &failing
	})
	b.many(10)
	b.drain(time.Hour)
	b.one(pipeline.Degraded)
	b.one(pipeline.AuthExpired)
}

// TestTwoWorkersWhoFindOneOutageTellItOnce has both refused at the same moment, so that
// the second finds the circuit open when it wants to open it.
func TestTwoWorkersWhoFindOneOutageTellItOnce(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.send(message.Live, 0, 2)
		var all sync.WaitGroup
		for _, name := range []string{"first", "second"} {
			d := f.deliverer(name)
			d.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				<-time.After(time.Second)
				return connector.Receipt{}, &fault.Error{Kind: fault.Unauthorized, Status: 401}
			})
			batch, err := f.memory.Receive(f.Context(), route.Queue(), 1, 0)
			if err != nil || len(batch) != 1 {
				t.Fatal(batch, err)
			}
			all.Go(func() {
				if err := pipeline.Settle(f.Context(), f.memory, d, batch[0]); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		told, err := f.memory.Find(f.Context(), pipeline.Query{Stage: pipeline.AuthExpired})
		if err != nil || len(told) != 1 {
			t.Errorf("the ledger tells %d times that credentials expired (%v)", len(told), err)
		}
	})
}

func TestAFreshMessageProbesBeforeThoseThatAlwaysFail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Target = targetFunc(func(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
		if strings.HasPrefix(d.Message.Key().ID, "c") {
			return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Status: 500}
		}
		return b.toy.Deliver(ctx, d)
	})
	b.many(4)
	b.drain(3 * time.Hour)
	b.one(pipeline.Degraded)
	b.post("good", toyFact{Type: amended, ID: "good"})
	b.drain(6 * time.Minute)
	if n := len(b.toy.written); n != 1 {
		t.Errorf("the good message waits behind four that always fail")
	}
	b.one(pipeline.Restored)
}

func TestAProbeThatCallsNobodyMakesWayForAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, epoch.Add(10*time.Minute))
	b.many(4)
	b.drain(time.Minute)
	b.post("child", toyFact{Type: amended, ID: "child", Parents: []string{"nobody"}})
	b.drain(40 * time.Minute)
	if n := len(b.entries(pipeline.Confirmed)); n != 4 {
		t.Errorf("%d of 4 confirmed", n)
	}
	b.one(pipeline.Restored)
}

func TestEveryWorkerKnowsOfTheOpenCircuit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	calls := b.outage(fault.Error{Kind: fault.Unauthorized}, epoch.Add(time.Hour))
	b.many(2)
	batchOf(t, b, "toy-inbox", b.translate)
	in, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
	if err != nil || len(in) != 2 {
		t.Fatalf("%d messages, %v", len(in), err)
	}
	other := b.another("other", b.clock.Now)
	for i, d := range []*pipeline.Deliverer{b.deliver, other} {
		if _, err := d.Handle(t.Context(), in[i]); err != nil {
			t.Fatal(err)
		}
	}
	if len(*calls) != 1 {
		t.Errorf("%d calls, want none after the first was refused", len(*calls))
	}
}

// another returns the deliverer of a second worker that shares everything but memory and clock.
func (b *bench) another(name string, now func() time.Time) *pipeline.Deliverer {
	return &pipeline.Deliverer{Route: b.deliver.Route, System: b.deliver.System, Config: &pipeline.Config{
		Ports: b.config.Ports, Now: now, Random: b.config.Random, Log: b.config.Log,
		Build: "test", Policy: b.config.Policy, Routes: b.config.Routes, Worker: name,
	}}
}

// Find implements connector.Target.
func (f targetFunc) Find(context.Context, message.Key) (string, error) { return "", nil }

func TestTheTimeOfAnOutageIsNotTheMessagesOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	end, more, drawn := epoch.Add(80*time.Hour), 3, 0.0
	b.config.Random = func() float64 { // so that each of them is the probe at some time
		drawn += 0.618
		return drawn - float64(int(drawn))
	}
	b.deliver.System.Target = targetFunc(func(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
		failing := b.clock.Now().Before(end)
		if !failing && d.Message.Key().ID == "c0" && more > 0 {
			failing = true
			if len(b.toy.written) > 0 { // the circuit is closed: these are its own
				more--
			}
		}
		if failing {
			return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Status: 503}
		}
		return b.toy.Deliver(ctx, d)
	})
	b.many(3)
	b.drain(90 * time.Hour)
	if n := len(b.entries(pipeline.Confirmed)); n != 3 || more != 0 {
		t.Errorf("%d of 3 confirmed: one that failed before and after an outage of 80 hours is not failing for 72", n)
	}
}

// TestSearchesCloseACircuitThatNoWriteIsLeftToClose has the writes that failed purged, and
// a child whose parent never comes left.
func TestSearchesCloseACircuitThatNoWriteIsLeftToClose(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, epoch.Add(time.Minute))
	b.many(4)
	b.drain(30 * time.Second)
	b.one(pipeline.Degraded)
	b.clock.Advance(time.Hour)
	b.purge()
	b.post("child", toyFact{Type: amended, ID: "child", Parents: []string{"nobody"}})
	b.drain(30 * time.Minute)
	if len(b.entries(pipeline.Restored)) != 0 {
		t.Error("one answered search closes it")
	}
	b.drain(90 * time.Minute)
	b.one(pipeline.Restored)
	b.drain(75 * time.Hour)
	b.one(pipeline.Parked)
}

// purge deletes everything that the route's queue would hand out.
func (b *bench) purge() {
	b.Helper()
	for {
		batch, err := b.memory.Receive(b.Context(), route.Queue(), 10, 0)
		if err != nil {
			b.Fatal(err)
		}
		if len(batch) == 0 {
			return
		}
		for _, in := range batch {
			if err := b.memory.Delete(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestAWriteThatFailsLetsSearchesBeginAnew has one fail after an hour of answered searches.
func TestAWriteThatFailsLetsSearchesBeginAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, epoch.Add(30*24*time.Hour))
	b.many(4)
	b.drain(30 * time.Second)
	b.clock.Advance(time.Hour)
	b.purge()
	b.post("child", toyFact{Type: amended, ID: "child", Parents: []string{"nobody"}})
	b.drain(time.Hour)
	b.post("late", toyFact{Type: amended, ID: "late"})
	b.drain(4 * time.Minute)
	b.clock.Advance(time.Hour)
	b.purge()
	b.post("child2", toyFact{Type: amended, ID: "child2", Parents: []string{"nobody"}})
	b.drain(50 * time.Minute)
	if n := len(b.entries(pipeline.Restored)); n != 0 {
		t.Errorf("it was closed %d times, although a write failed", n)
	}
}

// TestWhatNobodyIsLeftToProbeEnds has an open circuit and nothing but messages that wait
// for others, which no probe can be made with.
func TestWhatNobodyIsLeftToProbeEnds(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	s.acts = slices.Repeat([]act{acts["lost before the effect"]}, 12)
	b.many(6)
	s.settle(10 * time.Minute)
	b.one(pipeline.Degraded)
	for _, id := range []string{"c0", "c1"} {
		b.post("later "+id, toyFact{Type: amended, ID: id, Version: 2})
	}
	s.settle(90 * time.Hour)
	if n := len(b.entries(pipeline.Parked)); n != 8 {
		t.Errorf("%d of 8 parked: the others wait for ever", n)
	}
}

func TestOurOwnRefusalSaysNothingAboutTheTarget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, epoch.Add(30*24*time.Hour))
	b.many(6)
	b.drain(time.Minute)
	b.one(pipeline.Degraded)
	down := b.deliver.System.Target
	b.deliver.System.Target = targetFunc(func(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
		switch d.Message.Key().ID {
		case "unmapped":
			return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Detail: "no payment method is mapped"}
		case "linked":
			return connector.Receipt{Ref: "7", Linked: true}, nil
		}
		return down.Deliver(ctx, d)
	})
	for _, id := range []string{"unmapped", "linked"} {
		b.post(id, toyFact{Type: amended, ID: id})
	}
	b.drain(20 * time.Minute)
	if n := len(b.entries(pipeline.Restored)); n != 0 || len(b.entries(pipeline.Dead)) != 1 || len(b.entries(pipeline.Confirmed)) != 1 {
		t.Errorf("closed %d times, %d dead, %d confirmed", n, len(b.entries(pipeline.Dead)), len(b.entries(pipeline.Confirmed)))
	}
}
