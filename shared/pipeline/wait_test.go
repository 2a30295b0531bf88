package pipeline_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

func child(id string, parents ...string) change {
	return change{Type: canonical.OrderPlaced, ID: id, Name: "order " + id, Parents: parents}
}

// now steps without letting time pass, until nothing is visible.
func (e *testEnv) now() {
	e.Helper()
	for range 50 {
		handled, err := e.step()
		e.must(err)
		if handled == 0 {
			return
		}
	}
	e.Fatal("messages are visible again and again")
}

// TestAParentThatIsConfirmedWakesWhatWaits has orders wait for a customer for a while, each
// look of which leaves no trace; the customer arrives, and no time passes.
func TestAParentThatIsConfirmedWakesWhatWaits(t *testing.T) {
	t.Parallel()
	for _, waiters := range []int{1, 2, 16} {
		for _, age := range []time.Duration{0, 100 * time.Millisecond, 10 * time.Second, 59 * time.Second} {
			t.Run(strconv.Itoa(waiters)+" after "+age.String(), func(t *testing.T) {
				t.Parallel()
				e := newEnv(t)
				for i := range waiters {
					e.post(strconv.Itoa(i), child(strconv.Itoa(i), "7"))
				}
				e.now()
				for end := epoch.Add(age); e.clock.Now().Before(end); e.now() {
					e.clock.Advance(10 * time.Millisecond)
				}
				if n := len(e.entries(port.Deferred)); n > 0 || len(e.system.deliveries) > 0 {
					t.Fatalf("%d entries and %d calls of waits under a minute", n, len(e.system.deliveries))
				}
				e.post("customer", change{Type: customer, ID: "7"})
				e.now()
				if n := len(e.entries(port.Confirmed)); n != waiters+1 || !e.clock.Now().Equal(epoch.Add(age)) {
					t.Errorf("%d of %d confirmed at %v", n, waiters+1, e.clock.Now().Sub(epoch))
				}
				for _, d := range e.system.deliveries[1:] {
					if d.Attempt != 1 || d.Parents["shop/t1/customer/7"] != "ref-7" {
						t.Errorf("attempt %d with parents %v", d.Attempt, d.Parents)
					}
				}
			})
		}
	}
}

// TestMoreWaitersThanARecordKeepsGoOnByThemselves has more than it wakes.
func TestMoreWaitersThanARecordKeepsGoOnByThemselves(t *testing.T) {
	t.Parallel()
	const waiters = 20
	e := newEnv(t)
	for i := range waiters {
		e.post(strconv.Itoa(i), child(strconv.Itoa(i), "7"))
	}
	e.now()
	e.post("customer", change{Type: customer, ID: "7"})
	e.now()
	if n := len(e.entries(port.Confirmed)); n != 16+1 {
		t.Errorf("%d confirmed at once, want the customer and 16 orders", n)
	}
	e.drain(2 * time.Second)
	if n := len(e.entries(port.Confirmed)); n != waiters+1 {
		t.Errorf("%d of %d confirmed", n, waiters+1)
	}
}

// TestOneWhoWaitsForTwoIsWokenByTheLast has an order wait for two customers in turn.
func TestOneWhoWaitsForTwoIsWokenByTheLast(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", child("1", "a", "b"))
	e.now()
	e.post("b", change{Type: customer, ID: "b"})
	e.now()
	e.post("a", change{Type: customer, ID: "a"})
	e.now()
	if n := len(e.entries(port.Confirmed)); n != 3 {
		t.Errorf("%d of 3 confirmed", n)
	}
}

// interleaved is a State in which something happens before the first write of a record that
// contains a text.
type interleaved struct {
	port.State
	key, text string
	then      func()
}

func (s *interleaved) Put(ctx context.Context, item port.Item) (int64, error) {
	if then := s.then; then != nil && item.Key == s.key && strings.Contains(string(item.Value), s.text) {
		s.then = nil
		then()
	}
	return s.State.Put(ctx, item)
}

// TestARegistrationThatRacesWithTheConfirmationWakes has the customer be confirmed, or be
// skipped for good, between the look of the order and its registration.
func TestARegistrationThatRacesWithTheConfirmationWakes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		parent string
		stage  port.Stage
	}{"confirmed": {"Ada", port.Confirmed}, "skipped": {"out", port.Skipped}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.keepsOut(`"first_name":["out"]`)
			e.post("1", child("1", "7"))
			in := e.translated(1)[0]
			other := e.another("other", e.clock.Now)
			e.ports.State = &interleaved{e.memory, recordOf7, `"waiters":[`, func() {
				e.post("customer", change{Type: customer, ID: "7", Name: tc.parent})
				e.must(port.Settle(t.Context(), e.memory, other.deliver, e.translated(1)[0]))
			}}
			e.must(port.Settle(t.Context(), e.memory, e.one().deliver, in))
			e.now()
			if n := len(e.entries(tc.stage)); n != 2 || !e.clock.Now().Equal(epoch) {
				t.Errorf("%d of 2 %s at once", n, tc.stage)
			}
			e.settled()
		})
	}
}

// TestAClaimThatLosesToARegistrationGoesOnAtOnce has an order register with the customer
// while that is being claimed, and while it is in the call: it is woken in both cases.
func TestAClaimThatLosesToARegistrationGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"claim", "call"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.post("1", child("1", "7"))
			order := e.translated(1)[0]
			e.post("customer", change{Type: customer, ID: "7"})
			parent := e.translated(1)[0]
			other := e.another("other", e.clock.Now)
			register := func() { e.must(port.Settle(context.WithoutCancel(t.Context()), e.memory, other.deliver, order)) }
			if moment == "claim" {
				e.ports.State = &interleaved{e.memory, recordOf7, `"lease"`, register}
			} else {
				e.system.duringDeliver = func() {
					e.system.duringDeliver = nil
					register()
				}
			}
			decision, err := e.one().deliver.Handle(t.Context(), parent)
			if err != nil || !decision.Done {
				t.Fatalf("the claim did not go on: until %v, %v", decision.Until, err)
			}
			e.must(decision.Apply(t.Context(), e.memory, parent))
			e.now()
			if n := len(e.entries(port.Confirmed)); n != 2 {
				t.Errorf("%d of 2 confirmed at once", n)
			}
			e.settled()
		})
	}
}

// TestTwoRegistrationsThatRaceAreBothWoken has a second order register between the look of
// the first and its registration.
func TestTwoRegistrationsThatRaceAreBothWoken(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", child("1", "7"))
	e.post("2", child("2", "7"))
	batch := e.translated(2)
	other := e.another("other", e.clock.Now)
	e.ports.State = &interleaved{e.memory, recordOf7, `"waiters":[`, func() {
		e.must(port.Settle(t.Context(), e.memory, other.deliver, batch[1]))
	}}
	e.must(port.Settle(t.Context(), e.memory, e.one().deliver, batch[0]))
	e.post("customer", change{Type: customer, ID: "7"})
	e.now()
	if n := len(e.entries(port.Confirmed)); n != 3 {
		t.Errorf("%d of 3 confirmed at once", n)
	}
}

// deafQueue loses each change of visibility to now, as a wake is one.
type deafQueue struct {
	port.Queue
	now   func() time.Time
	wakes int
}

func (q *deafQueue) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	if !until.After(q.now()) {
		q.wakes++
		return errPort
	}
	return q.Queue.Defer(ctx, in, until)
}

func TestALostWakeIsMadeUpForByLookingAgain(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	deaf := &deafQueue{Queue: e.memory, now: e.clock.Now}
	e.ports.Queue = deaf
	e.post("1", child("1", "7"))
	e.drain(20 * time.Second)
	e.post("customer", change{Type: customer, ID: "7"})
	e.now()
	if len(e.entries(port.Confirmed)) != 1 || deaf.wakes != 1 {
		t.Fatalf("%d confirmed, %d wakes", len(e.entries(port.Confirmed)), deaf.wakes)
	}
	e.drain(10 * time.Second) // a quarter of what it has waited
	if len(e.entries(port.Confirmed)) != 2 {
		t.Error("the order did not look again")
	}
}

// TestAWaitOfAMinuteLeavesItsTrace is the boundary: under a minute there is none.
func TestAWaitOfAMinuteLeavesItsTrace(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", child("1", "7"))
	in := e.translated(1)[0]
	for _, tc := range []struct {
		age     time.Duration
		entries int
	}{{time.Minute - time.Nanosecond, 0}, {time.Minute, 1}} {
		e.clock.Advance(in.SentAt.Add(tc.age).Sub(e.clock.Now()))
		decision, err := e.one().deliver.Handle(t.Context(), in)
		if err != nil || decision.Done || len(e.entries(port.Deferred)) != tc.entries {
			t.Errorf("after %v: %d entries, %v", tc.age, len(e.entries(port.Deferred)), err)
		}
	}
	entry := e.entry(port.Deferred)
	if entry.Error.Class != fault.MissingRef || entry.Error.Code != pipeline.ParentMissing || entry.Attempt != 0 || !strings.Contains(entry.Error.Message, "customer 7") {
		t.Errorf("entry %+v, %+v", entry, entry.Error)
	}
	item, err := e.memory.Get(t.Context(), "erp|shop/t1/order/1")
	if e.must(err); len(item.Value) == 0 || strings.Contains(string(item.Value), `"lease"`) {
		t.Errorf("%s: a message that waits holds its entity", item.Value)
	}
}

func TestAParentThatNeverArrivesParksTheMessageVisibly(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", child("1", "7"))
	e.drainBy(time.Minute, 72*time.Hour)
	if len(e.entries(port.Parked)) > 0 {
		t.Fatal("parked before its deadline")
	}
	e.drainBy(time.Minute, time.Hour)
	e.entry(port.Parked)
	if letters := e.dead(queue); len(letters) != 1 || letters[0].Attributes[port.AttrReason] != "missing_ref parent_missing customer" {
		t.Errorf("dead letters %+v", letters)
	}
}

// TestAParentOfATypeThatTheTargetDoesNotTakeIsNotWaitedFor is a warehouse's case: it gets orders
// and no customers.
func TestAParentOfATypeThatTheTargetDoesNotTakeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	delete(e.profile.Operations, customer)
	e.post("1", child("1", "7"))
	e.drain(time.Minute)
	e.entry(port.Confirmed)
	if d := e.system.deliveries; len(d) != 1 || len(d[0].Parents) != 0 || e.system.finds != 0 {
		t.Errorf("deliveries %+v after %d searches", d, e.system.finds)
	}
}

// TestAParentFromBeforeOurMemoryIsFound has the target know it: it is asked once the order
// has waited for a minute, because mostly the parent is on its way.
func TestAParentFromBeforeOurMemoryIsFound(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.known["7"] = "55"
	e.post("1", child("1", "7"))
	e.drain(59 * time.Second)
	if e.system.finds > 0 {
		t.Errorf("%d searches within a minute", e.system.finds)
	}
	e.drain(2 * time.Minute)
	if d := e.system.deliveries; len(d) != 1 || d[0].Parents["shop/t1/customer/7"] != "55" {
		t.Errorf("deliveries %+v", d)
	}
}

// TestAParentWithoutAnIDOfOursIsLookedUp has the parent's own write end as a duplicate, which
// reports no id.
func TestAParentWithoutAnIDOfOursIsLookedUp(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.known["7"] = "4711"
	e.system.fail = []error{&fault.Error{Kind: fault.Duplicate}}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(2 * time.Second)
	e.post("2", child("1", "7"))
	e.drain(2 * time.Second)
	if d := e.system.deliveries; len(d) != 2 || d[1].Parents["shop/t1/customer/7"] != "4711" {
		t.Errorf("deliveries %+v", d)
	}
}

// TestF69ADeadParentIsNamedAndItsCorrectionGoesOn has a customer be refused, an order wait for
// it, and the customer be corrected at its source.
func TestF69ADeadParentIsNamedAndItsCorrectionGoesOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.fail = []error{&fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "phone", Detail: "is no number"}}
	e.post("1", change{Type: customer, ID: "7", Version: 1, Name: "bad"})
	e.drain(2 * time.Second)
	e.post("2", child("1", "7"))
	e.drain(10 * time.Minute)
	for _, entry := range e.entries(port.Deferred) {
		if entry.Error.Code != pipeline.ParentDead || !strings.Contains(entry.Error.Message, "redrive it, or correct it at the source: ") || !strings.Contains(entry.Error.Message, "is no number") {
			t.Errorf("it waits because of %+v", entry.Error)
		}
	}
	if len(e.entries(port.Deferred)) == 0 {
		t.Error("it does not wait visibly")
	}
	e.post("3", change{Type: customer, ID: "7", Version: 2, Name: "good"})
	e.now()
	if n := len(e.entries(port.Confirmed)); n != 2 {
		t.Errorf("%d of 2 confirmed at once", n)
	}
}

// TestAnOutageUsesUpNoDeadline has an order wait for a customer that an outage holds back for
// longer than the deadline for parents. Each of the few messages is the probe again and again.
func TestAnOutageUsesUpNoDeadline(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.admission.Breaker.Failures, e.random = 2, rand.New(rand.NewPCG(7, 8)).Float64
	end := epoch.Add(6 * 24 * time.Hour)
	e.failUntil(end, fault.Error{Kind: fault.Unavailable, Status: 503})
	e.post("1", change{Type: customer, ID: "7"})
	e.post("2", change{Type: customer, ID: "8"})
	e.drain(time.Minute)
	e.post("order", child("1", "7"))
	e.drainBy(20*time.Second, 6*24*time.Hour+4*time.Hour)
	if n := len(e.entries(port.Confirmed)); n != 3 || len(e.entries(port.Parked)) != 0 {
		t.Errorf("%d of 3 confirmed, parked %q", n, e.outcomes(port.Parked))
	}
}

// TestAnEntityOfTheTargetsOwnSystemIsThere has an event that goes back to the system of its parent:
// a shipment to the store of its order. Nothing is waited for, and nothing is looked up.
func TestAnEntityOfTheTargetsOwnSystemIsThere(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.translation = func(c change) []connector.Event {
		event := c.event()
		event.Parents = []message.Key{{System: "erp", Tenant: "t1", Type: "customer", ID: "7"}}
		return []connector.Event{event}
	}
	e.post("1", child("1"))
	e.now()
	if d := e.system.deliveries; len(d) != 1 || d[0].Parents["erp/t1/customer/7"] != "7" || e.system.finds != 0 {
		t.Errorf("deliveries %+v, %d searches", d, e.system.finds)
	}
}
