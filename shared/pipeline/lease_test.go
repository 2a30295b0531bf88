package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// twoVersions returns two versions of customer 7, received from the route's queue.
func (e *testEnv) twoVersions() []port.Incoming {
	e.Helper()
	e.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	e.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
	return e.translated(2)
}

func TestF53AWrongClockNeitherTakesNorLosesALease(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, -time.Minute, 0, time.Minute, 10 * time.Minute} {
		for _, wrongHolds := range []bool{false, true} {
			t.Run(fmt.Sprint(skew, wrongHolds), func(t *testing.T) {
				t.Parallel()
				e := newEnv(t)
				both := e.twoVersions()
				holder, other := e.another("right", e.clock.Now), e.another("wrong", e.skewed(skew))
				if wrongHolds {
					holder, other = other, holder
				}
				calls := 0
				target := targetFunc(func(ctx context.Context, _ connector.Delivery) (connector.Receipt, error) {
					if calls++; calls == 1 { // the holder's call takes as long as a call can
						for range 12 {
							if _, err := other.deliver.Handle(ctx, both[1]); err != nil {
								t.Error(err)
							}
							e.clock.Advance(5 * time.Second)
						}
					}
					return connector.Receipt{Ref: "1", Detail: "done"}, nil
				})
				holder.target.Target, other.target.Target = target, target
				_, err := holder.deliver.Handle(t.Context(), both[0])
				e.must(err)
				if calls != 1 {
					t.Errorf("%d calls: the other worker wrote the entity during the lease", calls)
				}
				if decision, err := other.deliver.Handle(t.Context(), both[1]); err != nil || !decision.Done || calls != 2 {
					t.Errorf("after the lease was given back: %v, %v, %d calls", decision, err, calls)
				}
			})
		}
	}
}

// crashAt has the worker crash in its call.
func (e *testEnv) crashAt(w *worker, in port.Incoming) {
	e.Helper()
	w.target.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
		w.ports.State, w.ports.Ledger = brokenPort{}, brokenPort{}
		return connector.Receipt{}, lost
	})
	if _, err := w.deliver.Handle(e.Context(), in); err == nil {
		e.Fatal("the worker did not crash")
	}
}

func TestF53TheLeaseOfACrashedWorkerEndsByTheObserversClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			in := e.twoVersions()[0]
			other := e.another("other", e.clock.Now)
			e.crashAt(e.another("crashing", e.skewed(skew)), in)
			for waited := time.Duration(0); len(e.system.written) == 0; waited += 5 * time.Second {
				_, err := other.deliver.Handle(t.Context(), in)
				e.must(err)
				if len(e.system.written) > 0 && waited < time.Minute {
					t.Errorf("written again after %v, while the first call may be in flight", waited)
				}
				if waited > 75*time.Second {
					t.Fatal("the crashed worker's lease never ends")
				}
				e.clock.Advance(5 * time.Second)
			}
		})
	}
}

func TestF53AClockThatIsBehindLooksNoMoreOftenForTheEndOfALease(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	in := e.twoVersions()[0]
	other := e.another("other", e.skewed(-10*time.Minute))
	e.crashAt(e.another("crashing", e.clock.Now), in)
	looks := 0
	for done := false; !done && looks < 100; looks++ {
		decision, err := other.deliver.Handle(t.Context(), in)
		e.must(err)
		if pause := decision.Until.Sub(e.clock.Now().Add(-10 * time.Minute)); pause > 0 {
			e.clock.Advance(pause)
		}
		done = decision.Done
	}
	if looks > 40 {
		t.Errorf("%d looks at one lease", looks)
	}
}

func TestANewerVersionWaitsExactlyUntilALateRequestHasLanded(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.acts = []act{refuse(fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour})}
	both := v.twoVersions()
	_, err := v.one().deliver.Handle(t.Context(), both[0])
	v.must(err)
	decision, err := v.one().deliver.Handle(t.Context(), both[1])
	want := epoch.Add(time.Minute + 10*time.Second + 5*time.Minute) // timeout, margin and linger
	if err != nil || !decision.Until.Equal(want) {
		t.Errorf("the newer version waits until %v (%v), want %v", decision.Until, err, want)
	}
}

func TestF34ALateWriteCannotLandOnANewerVersion(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.profile.Linger = 15 * time.Minute
	e.system.fail = []error{&fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous}}
	e.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	e.post("2", change{Type: customer, ID: "8", Version: 1, Name: "other"})
	e.drain(time.Minute)
	if got := fmt.Sprint(e.system.names()); got != "[other v1]" && got != "[v1 other]" {
		t.Fatalf("written %s, want the same version again and the other entity untouched", got)
	}
	e.post("3", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
	e.drain(13 * time.Minute)
	if len(e.system.written) != 2 {
		t.Fatal("the newer version was written while the older could still land")
	}
	e.drain(3 * time.Minute)
	if names := e.system.names(); len(names) != 3 || names[2] != "v2" {
		t.Errorf("written %q: the newer version never came", names)
	}
}

func TestF34ACrashedRequestThatArrivesLateDoesNotLandOnANewerVersion(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.acts = []act{acts["crash, takes effect minutes later"]}
	v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	v.settle(362 * time.Second) // the queue returns the message after six minutes
	v.entry(port.Confirmed)
	v.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
	v.settle(time.Hour)
	if got := v.holds(); got != "[v2]" {
		t.Errorf("the vendor has %s", got)
	}
}

// TestF34OfTwoRequestsTheLaterOneIsRemembered has the second be made by a worker that never
// looked at the first, and the next version come to the worker that made the first.
func TestF34OfTwoRequestsTheLaterOneIsRemembered(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.profile.Linger = 5 * time.Minute
	batch := e.twoVersions()
	one, other := e.another("first", e.clock.Now), e.another("other", e.clock.Now)
	e.system.fail = []error{lost, lost}
	for _, w := range []*worker{one, other} {
		if decision, err := w.deliver.Handle(t.Context(), batch[0]); err != nil || decision.Done {
			t.Fatal(decision, err)
		}
		e.clock.Advance(5 * time.Minute)
	}
	// The first request can take effect no more, the second for another minute.
	if decision, err := one.deliver.Handle(t.Context(), batch[0]); err != nil || !decision.Done {
		t.Fatal(decision, err)
	}
	late := epoch.Add(5*time.Minute + 70*time.Second + 5*time.Minute)
	if decision, err := one.deliver.Handle(t.Context(), batch[1]); err != nil || decision.Done || decision.Until.Before(late) {
		t.Errorf("%+v, %v: the newer version must wait until %s", decision, err, late)
	}
}
