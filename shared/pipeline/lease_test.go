package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// skewed returns a clock that goes wrong by so much.
func (b *bench) skewed(by time.Duration) func() time.Time {
	return func() time.Time { return b.clock.Now().Add(by) }
}

// twoVersions returns both versions of one entity, received from the route's queue.
func (b *bench) twoVersions() []pipeline.Incoming {
	b.Helper()
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
	batchOf(b.T, b, "toy-inbox", b.translate)
	both, err := b.memory.Receive(b.Context(), route.Queue(), 10, 0)
	if err != nil || len(both) != 2 {
		b.Fatalf("%d messages, %v", len(both), err)
	}
	return both
}

func TestF53AWrongClockNeitherTakesNorLosesALease(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, -time.Minute, 0, time.Minute, 10 * time.Minute} {
		for _, wrongHolds := range []bool{false, true} {
			t.Run(fmt.Sprint(skew, wrongHolds), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				both := b.twoVersions()
				holder, other := b.another("right", b.clock.Now), b.another("wrong", b.skewed(skew))
				if wrongHolds {
					holder, other = other, holder
				}
				calls := 0
				target := targetFunc(func(ctx context.Context, _ connector.Delivery) (connector.Receipt, error) {
					if calls++; calls == 1 { // the holder's call is under way for as long as a call can be
						for range 12 {
							if _, err := other.Handle(ctx, both[1]); err != nil {
								t.Error(err)
							}
							b.clock.Advance(5 * time.Second)
						}
					}
					return connector.Receipt{Ref: "1", Detail: "done"}, nil
				})
				holder.System.Target, other.System.Target = target, target
				if _, err := holder.Handle(t.Context(), both[0]); err != nil {
					t.Fatal(err)
				}
				if calls != 1 {
					t.Errorf("%d calls: the other worker wrote the entity while it was held", calls)
				}
				if decision, err := other.Handle(t.Context(), both[1]); err != nil || !decision.Ended() || calls != 2 {
					t.Errorf("after the lease was given back: %v, %v, %d calls", decision, err, calls)
				}
			})
		}
	}
}

func TestF53TheLeaseOfACrashedWorkerRunsOutByTheObserversClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			both := b.twoVersions()
			crashing, other := b.another("crashing", b.skewed(skew)), b.another("other", b.clock.Now)
			written := 0
			other.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				written++
				return connector.Receipt{Ref: "1", Detail: "done"}, nil
			})
			crashing.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				crashing.Config.State, crashing.Config.Ledger = brokenPort{}, brokenPort{}
				return connector.Receipt{}, lost
			})
			if _, err := crashing.Handle(t.Context(), both[0]); err == nil {
				t.Fatal("the worker did not crash")
			}
			for waited := time.Duration(0); written == 0; waited += 5 * time.Second {
				if _, err := other.Handle(t.Context(), both[0]); err != nil {
					t.Fatal(err)
				}
				if written > 0 && waited < time.Minute {
					t.Errorf("written again after %v, while the first call may be under way", waited)
				}
				if waited > 75*time.Second {
					t.Fatal("the crashed worker's lease never runs out")
				}
				b.clock.Advance(5 * time.Second)
			}
		})
	}
}

func TestARedeliveryWaitsShortlyForTheHolderAndExactlyForALateRequest(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	s.acts = []act{refuse(fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour})}
	both := b.twoVersions()
	if _, err := b.deliver.Handle(t.Context(), both[0]); err != nil {
		t.Fatal(err)
	}
	decision, err := b.deliver.Handle(t.Context(), both[1])
	want := epoch.Add(time.Minute + 10*time.Second + 5*time.Minute) // timeout, margin and linger
	if err != nil || !decision.Until.Equal(want) {
		t.Errorf("the newer version was told %v (%v), want %v", decision.Until, err, want)
	}
}

func TestF53AClockThatIsBehindLooksNoMoreOftenForTheEndOfALease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	both := b.twoVersions()
	crashing, other := b.another("crashing", b.clock.Now), b.another("other", b.skewed(-10*time.Minute))
	crashing.System.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
		crashing.Config.State, crashing.Config.Ledger = brokenPort{}, brokenPort{}
		return connector.Receipt{}, lost
	})
	if _, err := crashing.Handle(t.Context(), both[0]); err == nil {
		t.Fatal("the worker did not crash")
	}
	looks, decision := 0, pipeline.Decision{Until: b.clock.Now()}
	for ; !decision.Ended() && looks < 100; looks++ {
		var err error
		if decision, err = other.Handle(t.Context(), both[0]); err != nil {
			t.Fatal(err)
		}
		if pause := decision.Until.Sub(other.Config.Now()); pause > 0 {
			b.clock.Advance(pause)
		}
	}
	if looks > 40 {
		t.Errorf("%d looks at one lease", looks)
	}
}

// TestF34OfTwoRequestsTheLaterOneIsRemembered has the second be made by a worker that never
// looked at the first, and the next version come to the worker that made the first.
func TestF34OfTwoRequestsTheLaterOneIsRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Linger = 5 * time.Minute
	batch := b.twoVersions()
	one, other := b.another("one", b.clock.Now), b.another("other", b.clock.Now)
	b.toy.fail = []error{lost, lost}
	for _, d := range []*pipeline.Deliverer{one, other} {
		if decision, err := d.Handle(t.Context(), batch[0]); err != nil || decision.Ended() {
			t.Fatal(decision, err)
		}
		b.clock.Advance(5 * time.Minute)
	}
	// The first request can take effect no more, the second for another minute.
	if decision, err := one.Handle(t.Context(), batch[0]); err != nil || !decision.Ended() {
		t.Fatal(decision, err)
	}
	late := epoch.Add(5*time.Minute + 70*time.Second + 5*time.Minute)
	if decision, err := one.Handle(t.Context(), batch[1]); err != nil || decision.Ended() || decision.Until.Before(late) {
		t.Errorf("%+v, %v: the newer version must stay away until %s", decision, err, late)
	}
}
