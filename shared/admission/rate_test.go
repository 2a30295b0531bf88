package admission_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// TestTheRateIsKeptByAllTogether has three workers draw calls, and make those that are left
// when they have nearly expired, just before others come to a bucket that is full again.
func TestTheRateIsKeptByAllTogether(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]connector.Rate{
		"two a second":           {Calls: 120, Per: time.Minute, Burst: 10},
		"no burst":               {Calls: 4, Per: time.Second, Burst: 1},
		"a burst of two":         {Calls: 10, Per: time.Second, Burst: 2},
		"a small burst":          {Calls: 10, Per: time.Second, Burst: 5},
		"a bucket of one second": {Calls: 10, Per: time.Second},
		"a slow one":             {Calls: 30, Per: time.Minute, Burst: 4},
	} {
		for _, concurrency := range []int{0, 4} {
			t.Run(fmt.Sprint(name, concurrency), func(t *testing.T) {
				t.Parallel()
				play(t, func(e *env) {
					e.profile.Rate, e.profile.Concurrency = rate, concurrency
					workers := []*worker{e.worker("w0"), e.worker("w1"), e.worker("w2")}
					random := rand.New(rand.NewPCG(uint64(rate.Calls), uint64(concurrency)))
					for ; len(e.calls) < 300 && time.Since(e.epoch) < 30*time.Minute; <-time.After(pauses[random.IntN(len(pauses))]) {
						worker := workers[random.IntN(len(workers))]
						for n := 1 + random.IntN(12); n > 0 && len(e.calls) < 300 && worker.calls(); n-- {
						}
					}
					if i, n := tooMany(e.calls, rate); n > 0 {
						e.Errorf("%d calls in %v", n, e.calls[i+n-1].Sub(e.calls[i]))
					}
					if len(e.calls) < 300 {
						e.Errorf("%d of 300 made after half an hour", len(e.calls))
					}
				})
			})
		}
	}
}

// calls makes one call if it may, and reports whether it did.
func (w *worker) calls() bool {
	w.e.Helper()
	p, _, err := w.Enter(w.e.Context(), admission.Call{Entity: "c", Operation: "write", SentAt: w.now()})
	if err != nil {
		w.e.Fatal(err)
	}
	if p == nil {
		return false
	}
	p.Leave(w.e.Context(), w.e.call(&item{}))
	return true
}

// pauses are such that calls are made at the ends of the time that a call is good for.
var pauses = []time.Duration{time.Millisecond, time.Millisecond, 2 * time.Millisecond, 197 * time.Millisecond, 499 * time.Millisecond, 998 * time.Millisecond, 3 * time.Second}

// tooMany returns the first window in which there were more calls than a bucket gives out:
// where it begins, and how many they were.
func tooMany(calls []time.Time, rate connector.Rate) (from, n int) {
	each := rate.Per / time.Duration(rate.Calls)
	burst := rate.Burst
	if burst == 0 {
		burst = rate.Calls
	}
	for i := range calls {
		for j := i; j < len(calls); j++ {
			if n := j - i + 1; n > burst+int(calls[j].Sub(calls[i])/each) {
				return i, n
			}
		}
	}
	return 0, 0
}

// TestCallsDrawnBeforeAreUsedUp has a worker draw two calls and give its permit back, so that it
// asks for a permit, not for calls, when it goes on.
func TestCallsDrawnBeforeAreUsedUp(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Rate, e.profile.Concurrency = connector.Rate{Calls: 2, Per: time.Second, Burst: 6}, 1
		w := e.worker("w")
		for i := range 5 { // two of six may be in hand, so that there are four
			if w.calls() != (i < 4) {
				e.Errorf("call %d", i)
			}
			if err := w.Rest(e.Context()); err != nil {
				e.Fatal(err)
			}
		}
	})
}

// TestF24 has a backlog that a slow target needs twenty minutes for: a message must not be
// received as often as another one goes first, or the queue dead-letters it.
func TestF24MessagesThatTheRateHoldsBackReturnSeldom(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]func(*env){
		"rate": func(e *env) { e.profile.Rate = connector.Rate{Calls: 6, Per: time.Minute, Burst: 1} },
		"pauses": func(e *env) {
			e.answer = func(*item) admission.Answer {
				return admission.Answer{Asked: true, Wrote: true, Pause: 10 * time.Second}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleet(t, func(e *env) {
				slow(e)
				e.profile.Concurrency = 1
				e.send(e.ids("c", 120)...)
				e.run(3, 1, 30*time.Minute)
				looks := 0
				for _, i := range e.items {
					looks = max(looks, i.looks)
				}
				if n := e.ended(port.Confirmed); n != 120 || looks > 60 {
					e.Errorf("%d of 120 delivered, one of them received %d times", n, looks)
				}
			})
		})
	}
}

func TestAPauseThatTheTargetAsksForHoldsForAll(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.answer = func(*item) admission.Answer {
			return admission.Answer{Asked: true, Wrote: true, Pause: 30 * time.Second}
		}
		e.send(e.ids("c", 3)...)
		e.drain(e.worker("w"), 5*time.Minute)
		if len(e.calls) != 3 || e.calls[1].Sub(e.calls[0]) < 30*time.Second || e.calls[2].Sub(e.calls[1]) < 30*time.Second {
			e.Errorf("calls at %v", e.calls)
		}
	})
}

// TestF28RetryAfterHoldsForAll has a target that throttles each third call for a minute; other
// messages must not call within that minute, nor wait for longer than a circuit would.
func TestF28RetryAfterHoldsForAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ asks, wants time.Duration }{
		"a minute": {time.Minute, time.Minute}, "a day": {24 * time.Hour, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				early := 0
				var free time.Time
				e.answer = func(*item) admission.Answer {
					if time.Now().Before(free) {
						early++
					}
					if len(e.calls)%3 != 1 {
						return accepted()
					}
					free = time.Now().Add(c.wants)
					return failed(fault.Error{Kind: fault.Throttled, Status: 429, After: c.asks})
				}
				e.send(e.ids("c", 10)...)
				w := e.worker("w")
				e.drain(w, c.wants+10*time.Second)
				if len(e.calls) < 3 {
					e.Errorf("%d calls after %v", len(e.calls), c.wants)
				}
				e.drain(w, 80*time.Hour)
				if n := e.ended(port.Confirmed); early > 0 || n != 10 {
					e.Errorf("%d of %d calls came early; %d of 10 confirmed", early, len(e.calls), n)
				}
			})
		})
	}
}

// TestA429WithoutATimeHoldsTheRateBack has a target whose bucket another client has emptied.
func TestA429WithoutATimeHoldsTheRateBack(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 20}
		e.answer = func(*item) admission.Answer {
			if len(e.calls) == 1 {
				return failed(fault.Error{Kind: fault.Throttled, Status: 429})
			}
			return accepted()
		}
		e.send(e.ids("c", 5)...)
		e.drain(e.worker("w"), 10*time.Minute)
		if len(e.calls) != 6 || e.calls[1].Sub(e.calls[0]) < 20*time.Second || e.calls[1].Sub(e.calls[0]) > time.Minute {
			e.Errorf("calls at %v", e.calls)
		}
	})
}

// TestAThrottleOfOneOperationPausesNoOther leaves limit and pause of the target alone.
func TestAThrottleOfOneOperationPausesNoOther(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 4
		w := e.worker("w")
		w.passOne("c", "refund", failed(fault.Error{Kind: fault.Throttled, Status: 429, After: time.Minute, Scope: fault.OperationScope}))
		times(4, func(i int) { w.enter(admission.Call{Entity: name(i), Operation: "write"}) })
	})
}

// TestTheRateIsKeptWhateverAClockSays has two workers draw in turn, of which one has a
// clock that is wrong: neither stops, nor do both together call too often.
func TestTheRateIsKeptWhateverAClockSays(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, -5 * time.Second, 0, 5 * time.Second, 10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				e.profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 4}
				e.answer = func(*item) admission.Answer { return searched() }
				workers := []*worker{e.worker("right"), e.workerWith("wrong", skewed(skew), e.ports)}
				made := []int{0, 0}
				for i := 0; time.Since(e.epoch) < 2*time.Minute; i++ {
					if workers[i%2].calls() {
						made[i%2]++
					}
					<-time.After(700 * time.Millisecond)
				}
				for i, at := range e.calls {
					if n := between(e.calls[i:], at, at.Add(30*time.Second)); n > 30+2*4 {
						e.Fatalf("%d calls in half a minute, want 30 and a burst of 4, and another of the worker that comes with a wrong clock", n)
					}
				}
				if made[0]+made[1] < 60 || made[0] < 20 {
					e.Errorf("%v calls in two minutes by the worker whose clock is right, and the other", made)
				}
			})
		})
	}
}

// TestOneCallByAClockThatIsAheadIsOneCall has the other worker wait for its turn only.
func TestOneCallByAClockThatIsAheadIsOneCall(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 1}
		waited := e.afterAnother(skewed(10*time.Minute), accepted(), false)
		if waited < time.Second || waited > 5*time.Second {
			e.Errorf("a target of one call a second was left alone for %v", waited)
		}
	})
}

func TestAPauseLastsAsLongWhicheverWorkerWasAskedForIt(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, -30 * time.Second, 0, 30 * time.Second, 10 * time.Minute} {
		for _, knows := range []bool{false, true} {
			for _, gone := range []bool{false, true} { // the worker that was asked crashes: the target asked all the same
				t.Run(fmt.Sprint(skew, knows, gone), func(t *testing.T) {
					t.Parallel()
					play(t, func(e *env) {
						e.gone = func(string) bool { return gone }
						waited := e.afterAnother(skewed(skew), admission.Answer{Asked: true, Wrote: true, Pause: time.Minute}, knows)
						if waited < time.Minute || waited > 70*time.Second {
							e.Errorf("asked for a minute, it was left alone for %v", waited)
						}
					})
				})
			}
		}
	}
}

// afterAnother has a worker with the clock make one call that is answered so, and returns
// how long after it a worker whose clock is right, and which looks each second, makes one.
// knows means that this one was at work before.
func (e *env) afterAnother(clock func() time.Time, answer admission.Answer, knows bool) time.Duration {
	e.Helper()
	first, second := e.workerWith("first", clock, e.ports), e.worker("second")
	if knows && !second.calls() {
		e.Fatal("the second worker has no passage")
	}
	e.answer = func(*item) admission.Answer { return answer }
	if !first.calls() {
		e.Fatal("the first worker has no passage")
	}
	for began := time.Now(); time.Since(began) < time.Hour; {
		<-time.After(time.Second)
		if second.calls() {
			return time.Since(began)
		}
	}
	e.Fatal("no call for an hour")
	return 0
}

// TestAPauseThatIsOverIsForgotten has a worker see the record for the first time after it.
func TestAPauseThatIsOverIsForgotten(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 2
		w := e.worker("w")
		w.passOne("c", "write", admission.Answer{Asked: true, Wrote: true, Pause: time.Minute})
		<-time.After(5 * time.Minute)
		w.enter(admission.Call{Entity: "c", Operation: "write"})
		e.worker("new").enter(admission.Call{Entity: "d", Operation: "write"})
	})
}

// TestAShorterPauseDoesNotEndALongerOne has another worker's call in flight name it.
func TestAShorterPauseDoesNotEndALongerOne(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		second := e.worker("second")
		late := second.enter(admission.Call{Entity: "late", Operation: "write"})
		e.worker("first").passOne("c", "write", admission.Answer{Asked: true, Wrote: true, Pause: time.Minute})
		<-time.After(2 * time.Second)
		_ = second.waits(admission.Call{Entity: "d", Operation: "write"})
		late.Leave(e.Context(), admission.Answer{Asked: true, Wrote: true, Pause: 10 * time.Second})
		<-time.After(50 * time.Second)
		if !second.waits(admission.Call{Entity: "d", Operation: "write"}) {
			e.Error("a pause of a minute has ended after 52 seconds")
		}
	})
}

// TestAPauseSeenLateIsNotWatchedFromItsBeginning has a worker see one shortly before its end.
func TestAPauseSeenLateIsNotWatchedFromItsBeginning(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.worker("first").passOne("c", "write", admission.Answer{Asked: true, Wrote: true, Pause: 2 * time.Hour})
		<-time.After(119 * time.Minute)
		second := e.worker("second")
		for second.waits(admission.Call{Entity: "d", Operation: "write"}) {
			<-time.After(time.Second)
		}
		if took := time.Since(e.epoch); took < 2*time.Hour || took > 2*time.Hour+e.retries.Skew+time.Second {
			e.Errorf("a pause of two hours lasts %v", took)
		}
	})
}

// TestCallsInHandExpire has another worker empty the bucket that has filled meanwhile.
func TestCallsInHandExpire(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Rate = connector.Rate{Calls: 2, Per: time.Second, Burst: 6}
		first, second, made := e.worker("first"), e.worker("second"), 0
		first.calls() // draws two
		<-time.After(3 * time.Second)
		for second.calls() {
			made++
		}
		if made != 4 || first.calls() {
			e.Errorf("%d calls of a bucket of four, and one that was drawn three seconds ago", made)
		}
	})
}

// TestAClockThatIsSetBackStopsNoCalls has one call given out in what is now the future.
func TestAClockThatIsSetBackStopsNoCalls(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 1}
		back := time.Duration(0)
		w := e.workerWith("w", func() time.Time { return time.Now().Add(-back) }, e.ports)
		w.calls()
		back = 10 * time.Minute
		<-time.After(2 * time.Second)
		if !w.calls() {
			e.Error("no call two seconds later")
		}
	})
}

// TestTheLimitIsLoweredOnceForOneOverload has calls in flight throttled together.
func TestTheLimitIsLoweredOnceForOneOverload(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 8
		w, want := e.worker("w"), []string{`"limit":4`, `"limit":4`, `"limit":2`}
		var passages []*admission.Passage
		times(3, func(int) {
			passages = append(passages, w.enter(admission.Call{Entity: "c", Operation: "write"}))
		})
		for i, wait := range []time.Duration{0, e.policy.Share.Settle - 1, 1} {
			<-time.After(wait)
			passages[i].Leave(e.Context(), failed(fault.Error{Kind: fault.Throttled, Status: 429}))
			contains(e.T, e.stored(), want[i])
		}
	})
}

// TestAConnectionOfAnEarlierReleaseIsRead has one as it was once stored, with an open
// circuit and a pause.
func TestAConnectionOfAnEarlierReleaseIsRead(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Rate, e.profile.Concurrency = connector.Rate{Calls: 1, Per: time.Second}, 2
		former := `{"limit":1,"learnt":"2026-11-22T11:59:00Z","due":"2026-11-22T12:05:00Z","paused":"2026-11-22T12:05:00Z",
			"outage":{"since":"2026-11-22T11:59:00Z","probe":"2026-11-22T12:05:00Z"},"untold":[{"at":"2026-11-22T11:59:00Z","stage":"connection.degraded"}]}`
		if _, err := e.memory.Put(e.Context(), port.Item{Key: record, Value: []byte(former)}); err != nil {
			e.Fatal(err)
		}
		e.send(e.ids("c", 2)...)
		e.drain(e.worker("w"), 10*time.Second)
		if n := e.ended(port.Confirmed); n != 2 {
			e.Errorf("%d of 2 confirmed", n)
		}
	})
}
