package admission_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// many is a call of an operation of which one request takes five messages.
func (e *env) many(i int) admission.Call {
	id := "level-" + strconv.Itoa(i)
	return admission.Call{Event: id, Entity: id, Operation: "set", SentAt: time.Now(), Batch: 5}
}

// enterAll has n messages enter at once, and returns the passages of those that may.
func (e *env) enterAll(w *worker, n int) (passages []*admission.Passage, deferred int) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			p, until, err := w.Enter(e.Context(), e.many(i))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				e.Error(err)
			case p != nil:
				passages = append(passages, p)
			case until.IsZero():
				e.Error("a message that may not go on has no time to come back")
			default:
				deferred++
			}
		})
	}
	all.Wait()
	return passages, deferred
}

func TestMessagesOfOneRequestShareAPermit(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 2
		e.profile.Operations = map[string]connector.Operation{"level": {Name: "set", Batch: 5}}
		w := e.worker("w")
		inside, deferred := e.enterAll(w, 10)
		if len(inside) != 10 || deferred != 0 {
			t.Fatalf("%d entered and %d were deferred, want two permits for five each", len(inside), deferred)
		}
		if more, deferred := e.enterAll(w, 3); len(more) != 0 || deferred != 3 {
			t.Errorf("%d more entered and %d were deferred, want none and three", len(more), deferred)
		}
		other, _, err := w.Enter(e.Context(), admission.Call{Event: "order", Entity: "order", Operation: "book", SentAt: time.Now()})
		if err != nil || other != nil {
			t.Errorf("a third permit was given: %v, %v", other, err)
		}
		for i, p := range inside {
			p.Leave(e.Context(), accepted())
			if more, _ := e.enterAll(w, 1); len(more) > 0 && i < 4 {
				t.Errorf("a permit was free after %d of 10 had left", i+1)
				more[0].Leave(e.Context(), accepted())
			} else if len(more) > 0 {
				more[0].Leave(e.Context(), accepted())
			}
		}
		again, _ := e.enterAll(w, 10)
		if len(again) != 10 {
			t.Errorf("after all left %d of 10 entered", len(again))
		}
		for _, p := range again {
			p.Leave(e.Context(), accepted())
		}
	})
}

func TestLanesShareNoPermit(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 1
		w := e.worker("w")
		live, _ := e.enterAll(w, 1)
		backfill := e.many(1)
		backfill.Lane = message.Backfill
		if p, _, err := w.Enter(e.Context(), backfill); len(live) != 1 || p != nil || err != nil {
			t.Errorf("backfill entered with the permit of a live message: %v, %v", p, err)
		}
		live[0].Leave(e.Context(), accepted())
	})
}

// TestFailedRequestOfManyIsOneFailure counts the failures until the circuit opens.
func TestFailedRequestOfManyIsOneFailure(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 2
		w := e.worker("w")
		requests := 0
		for ; requests < 20; requests++ {
			var inside []*admission.Passage
			for i := range 5 {
				p, _, err := w.Enter(e.Context(), e.many(5*requests+i))
				if err != nil || p == nil {
					break
				}
				inside = append(inside, p)
			}
			if len(inside) < 5 {
				break
			}
			for _, p := range inside {
				p.Leave(e.Context(), down503())
			}
		}
		if want := e.policy.Breaker.Failures; requests != want {
			t.Errorf("the circuit opened after %d requests, want %d", requests, want)
		}
	})
}

func TestNothingFollowsAProbe(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.profile.Concurrency = 2
		w := e.worker("w")
		refused, _ := e.enterAll(w, 1)
		refused[0].Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
		if inside, _ := e.enterAll(w, 5); len(inside) > 0 {
			t.Fatalf("%d entered while the circuit is open", len(inside))
		}
		time.Sleep(e.policy.Breaker.Probes.Most)
		inside, deferred := e.enterAll(w, 5)
		if len(inside) != 1 || deferred != 4 || !inside[0].Probing() {
			t.Fatalf("%d entered and %d were deferred, want one probe", len(inside), deferred)
		}
		inside[0].Leave(e.Context(), accepted())
		if inside, _ := e.enterAll(w, 5); len(inside) != 5 {
			t.Errorf("after the probe %d of 5 entered", len(inside))
		}
	})
}
