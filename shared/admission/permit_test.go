package admission_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// fleet is an env with a target that takes three calls at once, of a second each.
func fleet(t *testing.T, test func(*env)) {
	t.Helper()
	play(t, func(e *env) {
		e.profile.Concurrency, e.takes, e.random = 3, time.Second, golden()
		test(e)
	})
}

// slowest returns how many messages of the lane were confirmed, and how long the slowest took.
func (e *env) slowest(lane message.Lane) (n int, took time.Duration) {
	for _, i := range e.items {
		if i.Lane == lane && i.end == port.Confirmed {
			n, took = n+1, max(took, i.took)
		}
	}
	return n, took
}

func TestH2AllWorkersTogetherKeepTheLimit(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2, 6, 12} {
		t.Run(strconv.Itoa(workers), func(t *testing.T) {
			t.Parallel()
			fleet(t, func(e *env) {
				e.send(e.ids("c", 300)...)
				e.run(workers, 3, 10*time.Minute)
				if n := e.ended(port.Confirmed); e.most != 3 || n != 300 {
					e.Errorf("%d calls at once, want the 3 that are allowed; %d of 300 delivered", e.most, n)
				}
				if e.puts > 300*3/2 {
					e.Errorf("%d workers: %d writes of the record for 300 messages", workers, e.puts)
				}
			})
		})
	}
}

func TestPermitsOfAWorkerThatCrashedAreFreeAgain(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		t.Run(strconv.FormatBool(known), func(t *testing.T) {
			t.Parallel()
			fleet(t, func(e *env) {
				e.gone = func(worker string) bool { return known && worker == "gone" }
				gone := e.worker("gone")
				times(3, func(i int) { gone.enter(admission.Call{Entity: name(i), Operation: "write"}) })
				began, w := time.Now(), e.worker("other")
				for w.waits(admission.Call{Entity: "c", Operation: "write"}) {
					<-time.After(time.Second)
				}
				if waited := time.Since(began); known != (waited == 0) || waited > 101*time.Second {
					e.Errorf("waited %v for permits of a worker that is gone", waited)
				}
				e.send(e.ids("c", 30)...)
				e.run(2, 3, 10*time.Minute)
				if n := e.ended(port.Confirmed); n < 30 || e.most > 3 {
					e.Errorf("%d delivered, %d at once", n, e.most)
				}
			})
		})
	}
}

func TestAnIdleWorkerGivesItsPermitsBack(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.send(e.ids("c", 9)...)
		first, second := e.worker("first"), e.worker("second")
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { first.work(time.Now().Add(5 * time.Second)) })
		}
		all.Wait()
		if err := first.Rest(e.Context()); err != nil {
			e.Fatal(err)
		}
		e.send("late")
		second.work(time.Now().Add(2 * time.Second))
		if n := e.ended(port.Confirmed); n != 10 {
			e.Errorf("%d of 10 delivered: the second worker waits for permits that nobody uses", n)
		}
		if err := second.Rest(e.Context()); err != nil || second.Rest(e.Context()) != nil {
			e.Error(err)
		}
	})
}

// TestAnIdleWorkerKeepsWhatIsNoBurden gives back above half of the permits only, and
// nothing while a call is in flight.
func TestAnIdleWorkerKeepsWhatIsNoBurden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		calls, inFlight int
		gives           bool
	}{{2, 0, false}, {3, 0, true}, {3, 1, false}} {
		fleet(t, func(e *env) {
			e.profile.Concurrency = 4
			w := e.worker("w")
			var passages []*admission.Passage
			times(c.calls, func(i int) {
				passages = append(passages, w.enter(admission.Call{Entity: name(i), Operation: "write"}))
			})
			for _, p := range passages[c.inFlight:] {
				p.Leave(e.Context(), accepted())
			}
			if err := w.Rest(e.Context()); err != nil {
				e.Fatal(err)
			}
			if gave := !strings.Contains(e.stored(), `"grants"`); gave != c.gives {
				e.Errorf("%+v: %s", c, e.stored())
			}
		})
	}
}

// forgetful is a State that makes a write and reports that it failed.
type forgetful struct{ port.State }

func (f forgetful) Put(ctx context.Context, item port.Item) (int64, error) {
	_, err := f.State.Put(ctx, item)
	return 0, errors.Join(err, errPort)
}

func TestF50PermitsThatMayHaveBeenGivenBackAreNotUsed(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		state := &switchedState{State: e.memory}
		first := e.workerWith("first", time.Now, port.Ports{State: state, Ledger: e.memory})
		var passages []*admission.Passage
		times(3, func(i int) {
			passages = append(passages, first.enter(admission.Call{Entity: name(i), Operation: "write"}))
		})
		for _, p := range passages {
			p.Leave(e.Context(), accepted())
		}
		state.set(forgetful{e.memory})
		if err := first.Rest(e.Context()); !errors.Is(err, errPort) {
			e.Fatalf("Rest = %v, want the port's failure", err)
		}
		state.set(e.memory)
		e.send(e.ids("c", 60)...)
		var all sync.WaitGroup
		for _, w := range []*worker{e.worker("second"), first} {
			for range 3 {
				all.Go(func() { w.work(time.Now().Add(time.Minute)) })
			}
			synctest.Wait() // until its calls are in flight
		}
		all.Wait()
		if n := e.ended(port.Confirmed); n != 60 || e.most > 3 {
			e.Errorf("%d of 60 delivered, %d at once at a target that takes 3", n, e.most)
		}
	})
}

// switchedState is a State that can be replaced.
type switchedState struct {
	mu sync.Mutex
	port.State
}

func (s *switchedState) set(state port.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.State = state
}

func (s *switchedState) current() port.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.State
}

func (s *switchedState) Get(ctx context.Context, key string) (port.Item, error) {
	return s.current().Get(ctx, key)
}

func (s *switchedState) Put(ctx context.Context, item port.Item) (int64, error) {
	return s.current().Put(ctx, item)
}

func TestH2ALimitLowerThanDeclaredIsLearntAndRegained(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency, e.refuses, e.policy.Share.Rise, e.takes = 8, 3, 20*time.Second, 2*time.Second
		e.send(e.ids("c", 150)...)
		e.run(3, 4, 3*time.Minute)
		if share := float64(e.throttled) / float64(len(e.calls)); share > 0.25 {
			e.Errorf("%d of %d calls were throttled", e.throttled, len(e.calls))
		}
		e.refuses, e.most = 0, 0
		e.send(e.ids("later", 500)...)
		e.run(3, 4, 5*time.Minute)
		if e.most != 8 {
			e.Errorf("%d calls at once after the limit was lifted, want 8 again", e.most)
		}
	})
}

func TestH2BackfillDelaysLiveByItsShareOnly(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency = 4
		e.send("live")
		e.sendAs("write", message.Backfill, e.ids("b", 600)...)
		go func() {
			for i := range 40 {
				<-time.After(5 * time.Second)
				e.send("live" + strconv.Itoa(i))
			}
		}()
		e.run(2, 5, 210*time.Second)
		if live, slowest := e.slowest(message.Live); live != 41 || slowest > 10*time.Second {
			e.Errorf("%d of 41 live messages delivered, the slowest after %v", live, slowest)
		}
		if n, _ := e.slowest(message.Backfill); n < 150 || n > 225 { // one of four permits for 210 seconds
			e.Errorf("%d backfill messages delivered beside", n)
		}
	})
}

// TestH2WorkersAtBackfillLearnOfLiveTraffic has as many functions as a target takes
// calls, each with one goroutine and full of backfill: the first live order comes to one that
// gets no permit, and the others never see a live order themselves.
func TestH2WorkersAtBackfillLearnOfLiveTraffic(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency, e.takes, e.batch = 4, 2*time.Second, 1 // so that no message waits for those of its batch
		e.sendAs("write", message.Backfill, e.ids("b", 2000)...)
		go func() {
			for i := range 4 {
				<-time.After(2 * time.Minute) // longer than live traffic is remembered
				e.send("live" + strconv.Itoa(i))
			}
		}()
		e.run(6, 1, 10*time.Minute)
		if n, slowest := e.slowest(message.Live); n != 4 || slowest > 15*time.Second {
			e.Errorf("%d of 4 live messages delivered, the slowest after %v", n, slowest)
		}
	})
}

func TestBackfillHasEveryPermitWhileNoLiveMessageWaits(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency = 4
		e.sendAs("write", message.Backfill, e.ids("b", 200)...)
		e.run(1, 4, time.Minute)
		if n := e.ended(port.Confirmed); n != 200 || e.most != 4 {
			e.Errorf("%d of 200 delivered, %d at once", n, e.most)
		}
	})
}

func TestATargetWithoutLimitsCostsNoWrites(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency = 0
		e.send(e.ids("c", 100)...)
		e.run(2, 2, 2*time.Minute)
		if n := e.ended(port.Confirmed); e.puts != 0 || n != 100 {
			e.Errorf("%d writes, %d of 100 delivered", e.puts, n)
		}
	})
}

// TestALiveMessageWaitsAMomentForItsOwnWorker has the only permit in use by the same
// process; backfill makes way at once.
func TestALiveMessageWaitsAMomentForItsOwnWorker(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lane        message.Lane
		frees, took time.Duration
		enters      bool
	}{
		{message.Live, 9 * time.Second, 9 * time.Second, true},
		{message.Live, 11 * time.Second, 10 * time.Second, false},
		{message.Backfill, 9 * time.Second, 0, false},
	} {
		fleet(t, func(e *env) {
			e.profile.Concurrency = 1
			w := e.worker("w")
			p := w.enter(admission.Call{Entity: "first", Operation: "write"})
			go func() {
				<-time.After(c.frees)
				p.Leave(e.Context(), accepted())
			}()
			began := time.Now()
			second, until, err := w.Enter(e.Context(), admission.Call{Entity: "second", Operation: "write", Lane: c.lane, SentAt: began})
			if err != nil || (second != nil) != c.enters || time.Since(began) != c.took || c.enters != until.IsZero() {
				e.Errorf("%+v: passage %t after %v, until %v, %v", c, second != nil, time.Since(began), until, err)
			}
			<-time.After(time.Minute)
		})
	}
}

// TestAPassageIsLeftOnce leaves one twice, as a deferred call after an explicit one does.
func TestAPassageIsLeftOnce(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency = 1
		w := e.worker("w")
		p := w.enter(admission.Call{Entity: "first", Operation: "write"})
		p.Leave(e.Context(), accepted())
		p.Leave(e.Context(), accepted())
		w.enter(admission.Call{Entity: "second", Operation: "write"})
		if !e.worker("other").waits(admission.Call{Entity: "third", Operation: "write"}) || !w.waits(admission.Call{Entity: "third", Operation: "write", Lane: message.Backfill}) {
			e.Error("two calls at once at a target that takes one")
		}
	})
}

// TestAWorkerTakesNoMoreThanIsLeft has one that lately used all three permits come back
// when another has two of them.
func TestAWorkerTakesNoMoreThanIsLeft(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		first, second := e.worker("first"), e.worker("second")
		var passages []*admission.Passage
		times(3, func(i int) {
			passages = append(passages, first.enter(admission.Call{Entity: name(i), Operation: "write"}))
		})
		for _, p := range passages {
			p.Leave(e.Context(), accepted())
		}
		if err := first.Rest(e.Context()); err != nil {
			e.Fatal(err)
		}
		times(2, func(i int) { second.enter(admission.Call{Entity: name(i), Operation: "write"}) })
		<-time.After(2 * time.Second)
		first.enter(admission.Call{Entity: "c", Operation: "write"})
		var stored struct{ Grants map[string]struct{ Live int } }
		if err := json.Unmarshal([]byte(e.stored()), &stored); err != nil || stored.Grants["first"].Live != 1 || stored.Grants["second"].Live != 2 {
			e.Errorf("%+v, %v", stored, err)
		}
	})
}
