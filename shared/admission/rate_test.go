package pipeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// TestTheRateIsKeptByAllTogether has three workers draw calls, and make those that are left
// when they have nearly run out, just before others come to a bucket that is full again.
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
				b := newBench(t)
				b.deliver.System.Profile.Rate, b.deliver.System.Profile.Concurrency = rate, concurrency
				var calls []time.Time
				b.deliver.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
					calls = append(calls, b.clock.Now())
					return connector.Receipt{Ref: "1"}, nil
				})
				workers := []*pipeline.Deliverer{b.another("w0", b.clock.Now), b.another("w1", b.clock.Now), b.another("w2", b.clock.Now)}
				waiting := b.queued(300)
				random := rand.New(rand.NewPCG(uint64(rate.Calls), uint64(concurrency)))
				began := b.clock.Now()
				for ; len(waiting) > 0 && b.clock.Now().Sub(began) < 30*time.Minute; b.clock.Advance(pauses[random.IntN(len(pauses))]) {
					worker := workers[random.IntN(len(workers))]
					for n := 1 + random.IntN(12); n > 0 && len(waiting) > 0; n-- {
						decision, err := worker.Handle(t.Context(), waiting[0])
						if err != nil {
							t.Fatal(err)
						}
						if !decision.Ended() {
							break
						}
						waiting = waiting[1:]
					}
				}
				if i, n := tooMany(calls, rate); n > 0 {
					t.Errorf("%d calls in %v", n, calls[i+n-1].Sub(calls[i]))
				}
				if took := b.clock.Now().Sub(began); len(waiting) > 0 {
					t.Errorf("%d of 300 wait after %v", len(waiting), took)
				}
			})
		}
	}
}

// pauses are such that calls are made at the ends of what a call is good for.
var pauses = []time.Duration{time.Millisecond, time.Millisecond, 2 * time.Millisecond, 197 * time.Millisecond, 499 * time.Millisecond, 998 * time.Millisecond, 3 * time.Second}

// queued returns so many messages of the route's queue.
func (b *bench) queued(n int) (all []pipeline.Incoming) {
	b.Helper()
	b.many(n)
	for len(all) < n {
		batchOf(b.T, b, "toy-inbox", b.translate)
		batch, err := b.memory.Receive(b.Context(), route.Queue(), 10, 0)
		if err != nil || len(batch) == 0 {
			b.Fatalf("%d of %d messages, %v", len(all), n, err)
		}
		all = append(all, batch...)
	}
	return all
}

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

// TestCallsDrawnBeforeAreUsedUp has a worker draw two calls and come to rest, so that it
// asks for a permit, not for calls, when it goes on.
func TestCallsDrawnBeforeAreUsedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Rate, b.deliver.System.Profile.Concurrency = connector.Rate{Calls: 2, Per: time.Second, Burst: 6}, 1
	for i, in := range b.queued(5) { // two of six may be in hand, so that there are four
		if decision, err := b.deliver.Handle(t.Context(), in); err != nil || decision.Ended() != (i < 4) {
			t.Errorf("message %d: %v, %v", i, decision, err)
		}
		if err := b.deliver.Rest(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestF24 has a backlog that a slow target needs twenty minutes for: a message must not be
// received as often as another one goes first, or the queue buries it.
func TestF24WhatTheRateHoldsBackComesSeldom(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]func(*fleet){
		"rate":   func(f *fleet) { f.profile.Rate = connector.Rate{Calls: 6, Per: time.Minute, Burst: 1} },
		"pauses": func(f *fleet) { f.pause = 10 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inFleet(t, func(f *fleet) {
				slow(f)
				f.profile.Concurrency = 1
				f.send(message.Live, 0, 120)
				f.run(3, 1, 30*time.Minute)
				if len(f.done) != 120 || f.looks > 60 {
					t.Errorf("%d of 120 delivered, one of them received %d times", len(f.done), f.looks)
				}
			})
		})
	}
}

func TestAPauseThatTheTargetAsksForHoldsForAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var calls []time.Time
	b.deliver.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
		calls = append(calls, b.clock.Now())
		return connector.Receipt{Ref: "1", Detail: "done", Pause: 30 * time.Second}, nil
	})
	b.many(3)
	b.drain(5 * time.Minute)
	if fmt.Sprint(len(calls)) != "3" || calls[1].Sub(calls[0]) < 30*time.Second || calls[2].Sub(calls[1]) < 30*time.Second {
		t.Errorf("calls at %v", calls)
	}
}

// TestF28RetryAfterHoldsForAll has a target that refuses each third call for a minute; what
// else waits must not call within that minute, nor for longer than a circuit would wait.
func TestF28RetryAfterHoldsForAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ asks, wants time.Duration }{
		"a minute": {time.Minute, time.Minute}, "a day": {24 * time.Hour, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			calls, early := 0, 0
			var free time.Time
			b.deliver.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				if calls++; b.clock.Now().Before(free) {
					early++
				}
				if calls%3 != 1 {
					return connector.Receipt{Ref: "1", Detail: "done"}, nil
				}
				free = b.clock.Now().Add(c.wants)
				return connector.Receipt{}, &fault.Error{Kind: fault.Throttled, Class: fault.RateLimit, Status: 429, After: c.asks}
			})
			b.many(10)
			b.drain(80 * time.Hour)
			if early > 0 || len(b.entries(pipeline.Confirmed)) != 10 {
				t.Errorf("%d of %d calls came early; %d of 10 confirmed", early, calls, len(b.entries(pipeline.Confirmed)))
			}
		})
	}
}

// TestA429WithoutATimeHoldsTheRateBack has a target whose bucket somebody else has emptied.
func TestA429WithoutATimeHoldsTheRateBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 20}
	var calls []time.Time
	b.deliver.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
		if calls = append(calls, b.clock.Now()); len(calls) == 1 {
			return connector.Receipt{}, &fault.Error{Kind: fault.Throttled, Class: fault.RateLimit, Status: 429}
		}
		return connector.Receipt{Ref: "1"}, nil
	})
	b.many(5)
	b.drain(10 * time.Minute)
	if len(calls) != 6 || calls[1].Sub(calls[0]) < 20*time.Second || calls[1].Sub(calls[0]) > time.Minute {
		t.Errorf("calls at %v", calls)
	}
}

// TestTheRateIsKeptWhateverAClockSays has two workers draw in turn, of which one has a
// clock that is wrong: neither stands still, nor do both together call too often.
func TestTheRateIsKeptWhateverAClockSays(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, -5 * time.Second, 0, 5 * time.Second, 10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.deliver.System.Profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 4}
			calls := map[string][]time.Time{}
			worker := func(name string, now func() time.Time) *pipeline.Deliverer {
				d := b.another(name, now)
				d.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
					calls[name], calls["all"] = append(calls[name], b.clock.Now()), append(calls["all"], b.clock.Now())
					return connector.Receipt{}, &fault.Error{Kind: fault.NotReady}
				})
				return d
			}
			workers := []*pipeline.Deliverer{worker("right", b.clock.Now), worker("wrong", b.skewed(skew))}
			b.many(60)
			for range 6 {
				batchOf(t, b, "toy-inbox", b.translate)
			}
			for i := 0; b.clock.Now().Before(epoch.Add(2 * time.Minute)); i++ {
				batch, err := b.memory.Receive(t.Context(), route.Queue(), 1, 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, in := range batch {
					if err := pipeline.Settle(t.Context(), b.memory, workers[i%2], in); err != nil {
						t.Fatal(err)
					}
				}
				b.clock.Advance(700 * time.Millisecond)
			}
			all := calls["all"]
			for i, at := range all {
				if n := between(all[i:], at, at.Add(30*time.Second)); n > 30+2*4 {
					t.Fatalf("%d calls in half a minute, want 30 and a burst of 4, and another of who comes with a wrong clock", n)
				}
			}
			if len(all) < 60 || len(calls["right"]) < 20 {
				t.Errorf("%d calls in two minutes, %d of them by the worker whose clock is right", len(all), len(calls["right"]))
			}
		})
	}
}

// TestOneCallByAClockThatIsAheadIsOneCall has the other worker wait for its turn only.
func TestOneCallByAClockThatIsAheadIsOneCall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Rate = connector.Rate{Calls: 1, Per: time.Second, Burst: 1}
	waited := b.afterAnother(b.skewed(10*time.Minute), connector.Receipt{Ref: "1"}, false)
	if waited < time.Second || waited > 5*time.Second {
		t.Errorf("a target of one call a second was left alone for %v", waited)
	}
}

func TestAPauseLastsAsLongWhoeverWasAskedForIt(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, -30 * time.Second, 0, 30 * time.Second, 10 * time.Minute} {
		for _, knows := range []bool{false, true} {
			t.Run(fmt.Sprint(skew, knows), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				waited := b.afterAnother(b.skewed(skew), connector.Receipt{Ref: "1", Pause: time.Minute}, knows)
				if waited < time.Minute || waited > 70*time.Second {
					t.Errorf("asked for a minute, it was left alone for %v", waited)
				}
			})
		}
	}
}

// afterAnother has a worker with the clock make one call that is answered so, and returns
// how long after it a worker whose clock is right, and which looks each second, makes one.
// knows tells that this one was at work before.
func (b *bench) afterAnother(clock func() time.Time, answer connector.Receipt, knows bool) time.Duration {
	b.Helper()
	first, second := b.another("first", clock), b.another("second", b.clock.Now)
	target := targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) { return answer, nil })
	batch := b.queued(3)
	if knows {
		if _, err := second.Handle(b.Context(), batch[2]); err != nil {
			b.Fatal(err)
		}
	}
	first.System.Target, second.System.Target = target, target
	if decision, err := first.Handle(b.Context(), batch[0]); err != nil || !decision.Ended() {
		b.Fatal(decision, err)
	}
	for began := b.clock.Now(); b.clock.Now().Sub(began) < time.Hour; {
		b.clock.Advance(time.Second)
		decision, err := second.Handle(b.Context(), batch[1])
		if err != nil {
			b.Fatal(err)
		}
		if decision.Ended() {
			return b.clock.Now().Sub(began)
		}
	}
	b.Fatal("it stands still for an hour")
	return 0
}

// TestAConnectionOfAnEarlierReleaseIsRead has one that holds a pause as it was once stored.
func TestAConnectionOfAnEarlierReleaseIsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Rate, b.deliver.System.Profile.Concurrency = connector.Rate{Calls: 1, Per: time.Second}, 2
	former := []byte(`{"limit":1,"learnt":"2026-11-22T11:59:00Z","due":"2026-11-22T12:05:00Z","paused":"2026-11-22T12:05:00Z"}`)
	if _, err := b.memory.Put(t.Context(), pipeline.Item{Key: "connection|toy2", Value: former}); err != nil {
		t.Fatal(err)
	}
	b.many(2)
	b.drain(10 * time.Second)
	if n := len(b.entries(pipeline.Confirmed)); n != 2 {
		t.Errorf("%d of 2 confirmed", n)
	}
}
