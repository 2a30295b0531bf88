package admission_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// reluctantLedger takes each change of a connection at the second try only.
type reluctantLedger struct {
	port.Ledger
	refused map[port.Stage]bool
}

func (r reluctantLedger) Append(ctx context.Context, entries ...port.Entry) error {
	for _, e := range entries {
		if !r.refused[e.Stage] {
			r.refused[e.Stage] = true
			return errPort
		}
	}
	return r.Ledger.Append(ctx, entries...)
}

func TestAnOutageIsReportedWhenTheLedgerIsBack(t *testing.T) {
	t.Parallel()
	for stage, f := range map[port.Stage]fault.Error{
		port.AuthExpired: {Kind: fault.Unauthorized, Status: 401}, port.Degraded: {Kind: fault.Unavailable, Status: 503},
	} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				e.ports.Ledger = reluctantLedger{e.memory, map[port.Stage]bool{}}
				e.outage(failed(f), e.epoch.Add(time.Hour))
				w := e.worker("w")
				for range 2 {
					e.send(e.ids("c", 6)...)
					e.drain(w, 3*time.Hour)
				}
				if r := e.one(stage); r.At.After(e.epoch.Add(time.Minute)) || r.Error == nil || r.Error.Status != f.Status {
					e.Errorf("%+v, want when and why the circuit was opened", r)
				}
				if r := e.one(port.Restored); r.At.Before(e.epoch.Add(time.Hour)) || r.Error != nil {
					e.Errorf("%+v", r)
				}
			})
		})
	}
}

// TestAnOutageIsReportedOnlyOnce has a State that is out of reach once the ledger has the line.
func TestAnOutageIsReportedOnlyOnce(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		state := &switchedState{State: e.memory}
		ledger := heardLedger{e.memory, sync.OnceFunc(func() { state.set(brokenState{}) })}
		w := e.workerWith("w", time.Now, port.Ports{State: state, Ledger: ledger})
		w.passOne("c", "write", failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
		contains(e.T, e.stored(), `"unreported"`)
		state.set(e.memory)
		<-time.After(time.Hour)
		w.passOne("c", "write", accepted())
		e.one(port.AuthExpired)
		e.one(port.Restored)
		if s := e.stored(); strings.Contains(s, "unreported") {
			e.Errorf("the record keeps what the ledger has: %s", s)
		}
	})
}

// brokenState is out of reach.
type brokenState struct{}

func (brokenState) Get(context.Context, string) (port.Item, error) { return port.Item{}, errPort }
func (brokenState) Put(context.Context, port.Item) (int64, error)  { return 0, errPort }

// heardLedger is a Ledger that calls a function before it takes an outage.
type heardLedger struct {
	port.Ledger
	heard func()
}

func (h heardLedger) Append(ctx context.Context, entries ...port.Entry) error {
	if entries[0].Stage == port.AuthExpired {
		h.heard()
	}
	return h.Ledger.Append(ctx, entries...)
}

// TestAnotherWorkerReportsForOneThatDied has the process that opens the circuit die before
// it writes the line, and the others make no call while it might be about to.
func TestAnotherWorkerReportsForOneThatDied(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		play(t, func(e *env) {
			e.gone = func(worker string) bool { return known && worker == "dying" }
			refused := failed(fault.Error{Kind: fault.Unauthorized, Status: 401})
			dying := e.workerWith("dying", time.Now, port.Ports{State: e.memory, Ledger: reluctantLedger{e.memory, map[port.Stage]bool{}}})
			dying.passOne("c", "write", refused)
			e.none(port.AuthExpired)
			other := e.worker("other")
			e.outage(refused, e.epoch.Add(time.Hour))
			e.send("c")
			e.drain(other, 2*time.Minute)
			if n := len(e.entries(port.AuthExpired)); known && n != 1 {
				e.Errorf("%d lines after the first probe, of a worker that is known to be gone", n)
			}
			e.drain(other, 30*time.Minute)
			if r := e.one(port.AuthExpired); r.Entity != (message.Key{System: "toy", Type: "connection", ID: "toy"}) || r.Function != "toy-deliver" {
				e.Errorf("%+v", r)
			}
		})
	}
}

// TestReportsOfOneKindAreAllWritten has two outages that a worker could not report before it died.
func TestReportsOfOneKindAreAllWritten(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		left := `{"at":"1999-11-22T11:0%d:00Z","stage":"connection.degraded","outcome":"it fails","by":{"worker":"gone","for_ns":60000000000,"until":"1999-11-22T11:0%[1]d:00Z"}}`
		value := `{"unreported":[` + fmt.Sprintf(left, 1) + "," + fmt.Sprintf(left, 5) + `]}`
		if _, err := e.memory.Put(e.Context(), port.Item{Key: record, Value: []byte(value)}); err != nil {
			e.Fatal(err)
		}
		e.worker("w").passOne("c", "write", accepted())
		if n := len(e.entries(port.Degraded)); n != 2 {
			e.Errorf("%d of 2 outages reported", n)
		}
	})
}

// TestUnreportedChangesAreBounded has a ledger that is out of reach while a circuit opens
// and closes again and again: the newest changes are kept.
func TestUnreportedChangesAreBounded(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.workerWith("w", time.Now, port.Ports{State: e.memory, Ledger: brokenLedger{e.memory}})
		for range 20 {
			w.passOne("c", "write", failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
			<-time.After(time.Hour)
			w.passOne("c", "write", accepted())
		}
		if n := strings.Count(e.stored(), `"stage"`); n != 16 {
			e.Errorf("%d changes kept, want 16", n)
		}
		contains(e.T, e.stored(), time.Now().UTC().Format(`"at":"2006-01-02T15:04:05Z"`))
	})
}

// brokenLedger is out of reach.
type brokenLedger struct{ port.Ledger }

func (brokenLedger) Append(context.Context, ...port.Entry) error { return errPort }

// TestALedgerThatHangsDelaysOneCallOnly has the goroutine that reports wait for its
// context; the other goes on.
func TestALedgerThatHangsDelaysOneCallOnly(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.workerWith("w", time.Now, port.Ports{State: e.memory, Ledger: hangingLedger{e.memory}})
		first, second := w.enter(admission.Call{Entity: "c", Operation: "write"}), w.enter(admission.Call{Entity: "d", Operation: "write"})
		ctx, cancel := context.WithTimeout(e.Context(), time.Minute)
		defer cancel()
		done := make(chan time.Duration, 1)
		go func() {
			began := time.Now()
			first.Leave(ctx, failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
			done <- time.Since(began)
		}()
		<-time.After(time.Second)
		began := time.Now()
		second.Leave(e.Context(), accepted())
		if took := time.Since(began); took != 0 {
			e.Errorf("the second call waited %v for the ledger", took)
		}
		if took := <-done; took != time.Minute {
			e.Errorf("the first call waited %v, want until its context ended", took)
		}
	})
}

// TestAChangeDuringAReportIsReported has one goroutine close a circuit while another one
// writes that it was opened: the first leaves its line to the other.
func TestAChangeDuringAReportIsReported(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.workerWith("w", time.Now, port.Ports{State: e.memory, Ledger: slowLedger{e.memory}})
		opens, other := w.enter(admission.Call{Entity: "c", Operation: "refund"}), w.enter(admission.Call{Entity: "d", Operation: "write"})
		var all sync.WaitGroup
		all.Go(func() {
			opens.Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 403, Scope: fault.OperationScope}))
		})
		<-time.After(time.Second)
		other.Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
		e.none(port.AuthExpired)
		all.Wait()
		if n := len(e.entries(port.AuthExpired)); n != 2 {
			e.Errorf("%d of 2 changes reported", n)
		}
	})
}

// TestAWorkerLeavesTheReportsOfOthersToThem has one write a change while another finds one itself.
func TestAWorkerLeavesTheReportsOfOthersToThem(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		first := e.workerWith("first", time.Now, port.Ports{State: e.memory, Ledger: slowLedger{e.memory}})
		second := e.worker("second")
		opens, other := first.enter(admission.Call{Entity: "c", Operation: "refund"}), second.enter(admission.Call{Entity: "d", Operation: "write"})
		var all sync.WaitGroup
		all.Go(func() {
			opens.Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 403, Scope: fault.OperationScope}))
		})
		<-time.After(2 * time.Second)
		other.Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
		if a := e.one(port.AuthExpired); a.Type != "" {
			e.Errorf("%+v", a)
		}
		all.Wait()
		if n := len(e.entries(port.AuthExpired)); n != 2 {
			e.Errorf("%d lines of two changes", n)
		}
	})
}

// slowLedger needs ten seconds for each call.
type slowLedger struct{ port.Ledger }

func (s slowLedger) Append(ctx context.Context, entries ...port.Entry) error {
	<-time.After(10 * time.Second)
	return s.Ledger.Append(ctx, entries...)
}

// hangingLedger answers nothing before the context ends.
type hangingLedger struct{ port.Ledger }

func (hangingLedger) Append(ctx context.Context, _ ...port.Entry) error {
	<-ctx.Done()
	return ctx.Err()
}
