package admission_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// slowState takes its time, and now and then makes a write that it reports as failed.
type slowState struct {
	port.State
	takes  time.Duration
	random func() float64
	fails  float64 // share of the writes
}

func (s slowState) Get(ctx context.Context, key string) (port.Item, error) {
	<-time.After(s.takes)
	return s.State.Get(ctx, key)
}

func (s slowState) Put(ctx context.Context, item port.Item) (int64, error) {
	<-time.After(s.takes)
	revision, err := s.State.Put(ctx, item)
	<-time.After(s.takes)
	if err == nil && s.fails > 0 && s.random() < s.fails {
		return 0, errPort
	}
	return revision, err
}

// TestAProcessNeverConflictsWithItself has 48 goroutines open and close a circuit, take
// permits and draw on a rate, through a State that is slow.
func TestAProcessNeverConflictsWithItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ workers, lost int }{"one process": {1, 0}, "two processes": {2, 150}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleet(t, func(e *env) {
				e.ports.State = slowState{State: e.ports.State, takes: 5 * time.Millisecond}
				e.profile.Concurrency = 40
				calls := 0
				e.answer = func(*item) admission.Answer {
					e.mu.Lock()
					defer e.mu.Unlock()
					if calls++; calls%100 > 90 {
						return down503()
					}
					return accepted()
				}
				e.send(e.ids("c", 600)...)
				e.run(c.workers, 48, 10*time.Minute)
				if n := e.ended(port.Confirmed); n != 600 || e.most > 40 || e.most < 30 {
					e.Errorf("%d of 600 delivered, %d at once", n, e.most)
				}
				t.Logf("%d writes, %d lost, %d reads, %d throttled", e.puts, e.lost, e.gets, e.throttled)
				if e.lost > c.lost || e.puts > 600 {
					e.Errorf("%d of %d writes lost to a conflict", e.lost, e.puts)
				}
			})
		})
	}
}

// TestManyGoroutinesReadOnce has all of them come at the same moment.
func TestManyGoroutinesReadOnce(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.ports.State = slowState{State: e.ports.State, takes: 50 * time.Millisecond}
		w := e.worker("w")
		for range 3 {
			var all sync.WaitGroup
			for range 48 {
				all.Go(func() {
					if _, err := w.Gate(e.Context(), time.Now()); err != nil {
						e.Error(err)
					}
				})
			}
			all.Wait()
			<-time.After(e.policy.Breaker.Look)
		}
		if e.gets != 3 {
			e.Errorf("%d reads, want one for each time", e.gets)
		}
	})
}

// TestPermitsHoldWhateverTheStateReports has writes that are made and reported as failed,
// by several workers with several goroutines, and workers that give permits back in between.
func TestPermitsHoldWhateverTheStateReports(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.takes = 50 * time.Millisecond
		e.profile.Concurrency, e.policy.Share.Hold = 6, time.Second
		e.ports.State = slowState{State: e.ports.State, takes: 20 * time.Millisecond, random: golden(), fails: 0.3}
		end := time.Now().Add(time.Minute)
		var all sync.WaitGroup
		for _, name := range []string{"a", "b", "c"} {
			w := e.worker(name)
			for g := range 6 {
				lane := map[bool]message.Lane{true: message.Live, false: message.Backfill}[g < 4]
				all.Go(func() {
					for time.Now().Before(end) {
						p, _, err := w.Enter(e.Context(), admission.Call{Entity: "c", Operation: "write", Lane: lane, SentAt: time.Now()})
						if p != nil {
							p.Leave(e.Context(), e.call(&item{}))
						}
						if p == nil || err != nil || g == 0 {
							_ = w.Rest(e.Context())
							<-time.After(time.Duration(float64(200*time.Millisecond) * e.random()))
						}
					}
				})
			}
		}
		all.Wait()
		if e.most != 6 || len(e.calls) < 500 {
			e.Errorf("%d calls, %d of them at once at a target that takes 6", len(e.calls), e.most)
		}
	})
}

// TestACallThatEndsDuringAWriteIsCounted has one end while a permit for another is stored.
func TestACallThatEndsDuringAWriteIsCounted(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		w := e.workerWith("w", time.Now, port.Ports{State: slowState{State: e.memory, takes: 100 * time.Millisecond}, Ledger: e.memory})
		for i := range 5 {
			first := w.enter(admission.Call{Entity: name(i), Operation: "write", Lane: message.Backfill})
			go func() {
				<-time.After(150 * time.Millisecond)
				first.Leave(e.Context(), accepted())
			}()
			w.enter(admission.Call{Entity: name(i), Operation: "write"}).Leave(e.Context(), accepted())
			<-time.After(2 * time.Minute)
		}
		times(3, func(i int) { w.enter(admission.Call{Entity: name(i), Operation: "write"}) })
	})
}

// hangingState answers nothing, not even to a context, until it is released.
type hangingState struct{ released chan struct{} }

func (h hangingState) Get(context.Context, string) (port.Item, error) {
	<-h.released
	return port.Item{}, errPort
}

func (h hangingState) Put(context.Context, port.Item) (int64, error) {
	<-h.released
	return 0, errPort
}

// TestAStateThatHangsBlocksNoGoroutineWhoseContextEnds has one goroutine hang in the State;
// others come with a second each.
func TestAStateThatHangsBlocksNoGoroutineWhoseContextEnds(t *testing.T) {
	t.Parallel()
	call := admission.Call{Entity: "c", Operation: "write"}
	for name, do := range map[string]func(context.Context, *worker, *admission.Passage) error{
		"Gate": func(ctx context.Context, w *worker, _ *admission.Passage) error {
			_, err := w.Gate(ctx, time.Now())
			return err
		},
		"Enter": func(ctx context.Context, w *worker, _ *admission.Passage) error {
			_, _, err := w.Enter(ctx, call)
			return err
		},
		"Leave": func(ctx context.Context, _ *worker, p *admission.Passage) error {
			p.Leave(ctx, failed(fault.Error{Kind: fault.Unauthorized}))
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleet(t, func(e *env) {
				state := &switchedState{State: e.memory}
				w := e.workerWith("w", time.Now, port.Ports{State: state, Ledger: e.memory})
				p := w.enter(call)
				hanging := hangingState{make(chan struct{})}
				defer close(hanging.released)
				state.set(hanging)
				<-time.After(2 * e.policy.Breaker.Look)
				go func() { _, _ = w.Gate(context.WithoutCancel(e.Context()), time.Now()) }()
				<-time.After(time.Millisecond)
				ctx, cancel := context.WithTimeout(e.Context(), time.Second)
				defer cancel()
				began := time.Now()
				err := do(ctx, w, p)
				if took := time.Since(began); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
					e.Errorf("it returned %v after %v", err, took)
				}
			})
		})
	}
}

// TestAPermitIsFreeBeforeTheStateAnswers has a call end while the State hangs: the next call
// of this process has its permit at once.
func TestAPermitIsFreeBeforeTheStateAnswers(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency = 1
		state := &switchedState{State: e.memory}
		w := e.workerWith("w", time.Now, port.Ports{State: state, Ledger: e.memory})
		p := w.enter(admission.Call{Entity: "c", Operation: "write"})
		hanging := hangingState{make(chan struct{})}
		defer close(hanging.released)
		state.set(hanging)
		go p.Leave(context.WithoutCancel(e.Context()), failed(fault.Error{Kind: fault.Throttled, Scope: fault.ConnectionScope, After: time.Minute}))
		<-time.After(time.Millisecond)
		w.enter(admission.Call{Entity: "d", Operation: "write"})
	})
}

func TestAPortThatFailsIsReported(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.workerWith("w", time.Now, port.Ports{State: brokenState{}, Ledger: e.memory})
		_, errGate := w.Gate(e.Context(), time.Now())
		_, _, errEnter := w.Enter(e.Context(), admission.Call{Operation: "write"})
		for _, err := range []error{errGate, errEnter} {
			if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, errPort) {
				e.Errorf("%v", err)
			}
		}
	})
}

// busyState has other writers be first, always.
type busyState struct{ port.State }

func (busyState) Put(context.Context, port.Item) (int64, error) { return 0, port.ErrConflict }

func TestAMessageThatKeepsLosingComesBackLater(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		w := e.workerWith("w", time.Now, port.Ports{State: busyState{e.memory}, Ledger: e.memory})
		if !w.waits(admission.Call{Entity: "c", Operation: "write"}) {
			e.Error("a permit that is not stored")
		}
	})
}

// TestACircuitIsProbedInTimeWhateverAClockSays has a worker with a wrong clock open it.
func TestACircuitIsProbedInTimeWhateverAClockSays(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				first, second := e.workerWith("first", skewed(skew), e.ports), e.worker("second")
				second.passOne("c", "write", accepted())
				first.passOne("c", "write", failed(fault.Error{Kind: fault.Unauthorized}))
				began := time.Now()
				<-time.After(time.Second)
				for second.waits(admission.Call{Entity: "d", Operation: "write"}) {
					<-time.After(time.Second)
				}
				if waited := time.Since(began); waited < 59*time.Second || waited > 65*time.Second {
					e.Errorf("the first probe is after %v, want a minute", waited)
				}
			})
		})
	}
}

// TestTheRecordIsInSnakeCase has one with everything in it.
func TestTheRecordIsInSnakeCase(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Rate.Calls, e.profile.Rate.Per = 10, time.Second
		w := e.workerWith("w", time.Now, port.Ports{State: e.memory, Ledger: brokenLedger{e.memory}})
		w.enter(admission.Call{Event: "1", Entity: "c", Operation: "write"}).Leave(e.Context(), failed(fault.Error{Kind: fault.Throttled, After: time.Minute}))
		<-time.After(2 * time.Minute)
		w.passOne("c", "write", failed(fault.Error{Kind: fault.Unauthorized, Scope: fault.OperationScope, Status: 403}))
		w.passOne("c", "other", admission.Answer{Asked: true, Wrote: true, Pause: time.Minute})
		var tree map[string]any
		if err := json.Unmarshal([]byte(e.stored()), &tree); err != nil {
			e.Fatal(err)
		}
		for _, want := range []string{"stored", "circuits", "grants", "limit", "limit_set", "rate_used", "pause", "live", "unreported"} {
			if tree[want] == nil {
				e.Errorf("no %s in %s", want, e.stored())
			}
		}
		for _, key := range regexp.MustCompile(`"([^"]+)":`).FindAllStringSubmatch(e.stored(), -1) {
			if strings.ToLower(key[1]) != key[1] {
				e.Errorf("%q is not snake case", key[1])
			}
		}
	})
}

// TestTheRecordDoesNotGrow has a thousand entities pass, in every way.
func TestTheRecordDoesNotGrow(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		answers := []admission.Answer{accepted(), down503(), record500(), searched(), failed(fault.Error{Kind: fault.Throttled}), failed(fault.Error{Kind: fault.Unauthorized, Scope: fault.OperationScope})}
		w, longest := e.worker("w"), 0
		for i := range 1000 {
			<-time.After(10 * time.Minute)
			w.passOne(name(i), []string{"write", "refund"}[i%2], answers[i/2%len(answers)])
			if i < 100 {
				longest = max(longest, len(e.stored()))
			} else if n := len(e.stored()); n > longest+100 {
				e.Fatalf("%d bytes after %d calls: %s", n, i, e.stored())
			}
		}
	})
}
