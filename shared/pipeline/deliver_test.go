package pipeline_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

func TestWhatHappensOnEachKindOfFailure(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault    *fault.Error
		end      port.Stage
		attempts int
	}{
		"rejected":     {&fault.Error{Kind: fault.Rejected, Class: fault.Value}, port.Dead, 1},
		"invalid":      {&fault.Error{Kind: fault.Invalid}, port.Dead, 1},
		"unknown":      {&fault.Error{Kind: fault.Unknown}, port.Dead, 5},
		"duplicate":    {&fault.Error{Kind: fault.Duplicate}, port.Confirmed, 1},
		"throttled":    {&fault.Error{Kind: fault.Throttled}, port.Deferred, 0},
		"unavailable":  {&fault.Error{Kind: fault.Unavailable}, port.Deferred, 0},
		"unauthorized": {&fault.Error{Kind: fault.Unauthorized}, port.Deferred, 0},
		"not ready":    {&fault.Error{Kind: fault.NotReady}, port.Deferred, 0},
		"config":       {&fault.Error{Kind: fault.Rejected, Class: fault.Config}, port.Deferred, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.fail = slices.Repeat([]error{tc.fault}, 5000)
			e.post("1", change{Type: customer, ID: "7"})
			e.drainBy(time.Minute, 24*time.Hour)
			if last := e.entries(tc.end); len(last) == 0 {
				t.Fatalf("no entry %q", tc.end)
			}
			if buried := tc.end == port.Dead; buried != (len(e.dead(queue)) == 1) {
				t.Errorf("buried is not %v after a day", buried)
			}
			if tc.attempts > 0 && len(e.system.deliveries) != tc.attempts {
				t.Errorf("%d attempts, want %d", len(e.system.deliveries), tc.attempts)
			}
		})
	}
}

func TestADayOfOutageKillsNothingAndThreeDaysDo(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.fail = slices.Repeat([]error{&fault.Error{Kind: fault.Unavailable, Status: 503}}, 5000)
	e.post("1", change{Type: customer, ID: "7"})
	e.drainBy(time.Minute, 72*time.Hour)
	if len(e.entries(port.Dead)) > 0 {
		t.Fatal("dead within three days")
	}
	e.drainBy(time.Minute, time.Hour)
	if waited := e.entry(port.Dead).At.Sub(epoch); waited < 72*time.Hour {
		t.Errorf("dead after %v", waited)
	}
	if n := len(e.system.deliveries); n > 1200 {
		t.Errorf("%d attempts in three days: that is hammering", n)
	}
}

func TestABudgetThatIsSetIsTheOneThatCounts(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	var err error
	e.retry, err = e.retry.WithBudgets("transient=2h")
	e.must(err)
	e.system.failing = func(connector.Delivery) error { return &fault.Error{Kind: fault.Unavailable, Status: 500} }
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(3 * time.Hour)
	if entry := e.entry(port.Dead); entry.At.Before(epoch.Add(2*time.Hour)) || !strings.Contains(entry.Outcome, "longer than 2h") {
		t.Errorf("dead at %v: %s", entry.At, entry.Outcome)
	}
}

func TestRetryAfterIsHonored(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.fail = []error{&fault.Error{Kind: fault.Throttled, Status: 429, After: 17 * time.Second}}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(time.Minute)
	entry := e.entry(port.Deferred)
	if wait := entry.Next.Sub(entry.At); wait < 17*time.Second || wait > 18*time.Second {
		t.Errorf("deferred by %v, want 17 s and a little", wait)
	}
	if entry := e.entry(port.Confirmed); entry.At.Sub(epoch) < 17*time.Second {
		t.Errorf("confirmed after %v, earlier than the target asked for", entry.At.Sub(epoch))
	}
}

// TestF27ADuplicateCallsNoEarlierThanTheTargetAsked has a duplicate of the message arrive at
// a second worker, whose clock is behind.
func TestF27ADuplicateCallsNoEarlierThanTheTargetAsked(t *testing.T) {
	t.Parallel()
	for name, ledger := range map[string]func(*worker) port.Ledger{
		"sound ports":          func(w *worker) port.Ledger { return w.ports.Ledger },
		"ledger throttled":     func(*worker) port.Ledger { return brokenPort{} },
		"killed at the ledger": func(w *worker) port.Ledger { return lastAppend{w.ports.Ledger, w.ports} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.post("1", change{Type: customer, ID: "7"})
			in := e.translated(1)[0]
			calls := 0
			e.target.Target = targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				calls++
				return connector.Receipt{}, &fault.Error{Kind: fault.Throttled, After: 10 * time.Minute}
			})
			first, other := e.another("first", e.clock.Now), e.another("other", e.skewed(-5*time.Minute))
			first.ports.Ledger = ledger(first)
			decision, err := first.deliver.Handle(t.Context(), in)
			if err != nil || decision.Until.Before(epoch.Add(10*time.Minute)) {
				t.Fatalf("deferred until %v, %v", decision.Until, err)
			}
			duplicate := in
			duplicate.MessageID = "another"
			_, err = other.deliver.Handle(t.Context(), duplicate) // begins to watch the lease, if there is one yet
			e.must(err)
			e.clock.Advance(9 * time.Minute)
			if decision, err = other.deliver.Handle(t.Context(), duplicate); err != nil || decision.Done || calls != 1 {
				t.Errorf("the duplicate was deferred until %v, %v after %d calls", decision.Until, err, calls)
			}
			e.clock.Advance(11 * time.Minute)
			if _, err = other.deliver.Handle(t.Context(), duplicate); err != nil || calls != 2 {
				t.Errorf("%v after %d calls: the duplicate waits for ever", err, calls)
			}
		})
	}
}

// lastAppend is a Ledger in whose first call the process is killed: nothing after it reaches
// the State.
type lastAppend struct {
	port.Ledger
	ports *ports
}

func (l lastAppend) Append(context.Context, ...port.Entry) error {
	l.ports.State = brokenPort{}
	return errPort
}

// TestF27ALongWaitThatTheTargetNamedIsNoFailing has one that is longer than the budget.
func TestF27ALongWaitThatTheTargetNamedIsNoFailing(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.fail = slices.Repeat([]error{&fault.Error{Kind: fault.Throttled, After: 80 * time.Hour}}, 2)
	e.post("1", change{Type: customer, ID: "7"})
	e.drainBy(time.Minute, 200*time.Hour)
	e.entry(port.Confirmed)
}

func TestOnlyTheLeaseHolderWrites(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	both := e.twoVersions()
	w, other := e.one(), e.another("other", e.clock.Now)
	var inside port.Decision
	var err error
	e.system.duringDeliver = func() {
		e.system.duringDeliver = nil
		inside, err = other.deliver.Handle(context.WithoutCancel(t.Context()), both[1])
	}
	_, failed := w.deliver.Handle(t.Context(), both[0])
	e.must(failed)
	if lease := epoch.Add(70 * time.Second); err != nil || !inside.Until.After(epoch) || inside.Until.After(lease) {
		t.Errorf("the second worker was deferred until %v (%v), want a time before the lease ends at %v", inside.Until, err, lease)
	}
	if len(e.system.written) != 1 {
		t.Errorf("%d writes at once", len(e.system.written))
	}
}

func TestACrashAfterTheEffectRepeatsAHarmlessWrite(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7"})
	in := e.translated(1)[0]
	e.ports.Ledger = brokenPort{}
	if err := port.Settle(t.Context(), e.ports, e.one().deliver, in); !errors.Is(err, errPort) {
		t.Fatalf("%v, want the ledger's failure", err)
	}
	e.mend()
	e.drain(20 * time.Minute)
	if w := e.system.written; len(w) != 2 || w[0] != w[1] {
		t.Errorf("written %v, want the same external id again", w)
	}
	e.entry(port.Confirmed)
}

func TestStateAwayStopsDeliveryAndLosesNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7"})
	in := e.translated(1)[0]
	e.ports.State = brokenPort{}
	if err := port.Settle(t.Context(), e.ports, e.one().deliver, in); !errors.Is(err, errPort) {
		t.Fatalf("%v, want the state's failure", err)
	}
	if len(e.system.deliveries) != 0 {
		t.Fatal("the target was called without a claim")
	}
	e.mend()
	e.drain(20 * time.Minute)
	if len(e.system.written) != 1 {
		t.Errorf("written %d times", len(e.system.written))
	}
}

func TestAPanicFailsItsOwnMessageOnly(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.panicOn = "bad"
	e.post("1", change{Type: customer, ID: "bad"})
	e.post("2", change{Type: customer, ID: "good"})
	e.drain(30 * time.Minute)
	if len(e.system.written) != 1 {
		t.Errorf("written %v", e.system.written)
	}
	if entry := e.entry(port.Dead); entry.Error.Code != "panic" || entry.Error.Class != fault.Bug {
		t.Errorf("entry %+v", entry.Error)
	}
}

// TestF21ACrowdAtOneEntityComesToAnEnd has more messages of one entity fail than its record
// keeps attempts of: each ends by its budget, and none returns as if it were new.
func TestF21ACrowdAtOneEntityComesToAnEnd(t *testing.T) {
	t.Parallel()
	const crowd = 34
	for name, c := range map[string]struct {
		answer  error
		parents []string
	}{
		"no parent": {nil, []string{"nobody"}}, "unavailable": {&fault.Error{Kind: fault.Unavailable, Status: 503}, nil},
		"config": {&fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "a_map"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.admission.Breaker.Failures, e.retry.Parent, e.retry.Transient, e.retry.Config = 0, 20*time.Minute, 20*time.Minute, 20*time.Minute
			e.system.failing = func(connector.Delivery) error { return c.answer }
			for i := range crowd {
				e.post(strconv.Itoa(i), change{Type: customer, ID: "7", Version: i + 1, Name: strconv.Itoa(i), Parents: c.parents})
			}
			looks := 0
			for end := epoch.Add(12 * time.Hour); e.clock.Now().Before(end) && e.memory.Left() > 0; {
				handled, err := e.step()
				e.must(err)
				if looks += handled; handled == 0 {
					e.clock.Advance(time.Minute)
				}
			}
			ended := len(e.entries(port.Parked)) + len(e.entries(port.Dead))
			if ended != crowd || looks > crowd*200 {
				t.Errorf("%d of %d ended, after %d looks", ended, crowd, looks)
			}
		})
	}
}

// TestACrowdedRecordSpreadsItsMessages has one message more fail than the record keeps attempts
// of: its count of failures cannot be kept, so it comes back by its age.
func TestACrowdedRecordSpreadsItsMessages(t *testing.T) {
	t.Parallel()
	const kept = 32
	e := newEnv(t)
	e.admission.Breaker.Failures = 0
	e.system.failing = func(connector.Delivery) error { return &fault.Error{Kind: fault.Unavailable, Class: fault.Connection} }
	for i := range kept + 1 {
		e.post(strconv.Itoa(i), change{Type: customer, ID: "7", Version: i + 1, Name: strconv.Itoa(i)})
	}
	batch := e.translated(kept + 1)
	e.clock.Advance(time.Hour)
	for i, in := range batch {
		decision, err := e.one().deliver.Handle(t.Context(), in)
		e.must(err)
		if wait := decision.Until.Sub(e.clock.Now()); wait > 5*time.Minute != (i == kept) {
			t.Errorf("message %d waits %v", i+1, wait)
		}
	}
}

// TestEntityScopeUsesUpItsBudgetInAnOutage has the circuit be open because of others, and
// the target answer with its own error document about one record each time it is asked.
func TestEntityScopeUsesUpItsBudgetInAnOutage(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.retry.Transient, e.random = 2*time.Hour, rand.New(rand.NewPCG(5, 6)).Float64
	e.system.failing = func(d connector.Delivery) error {
		if d.Message.Key().ID == "bad" {
			return &fault.Error{Kind: fault.Unavailable, Scope: fault.EntityScope, Status: 500, Code: "UNEXPECTED_ERROR"}
		}
		return &fault.Error{Kind: fault.Unavailable, Status: 503}
	}
	for i := range 6 {
		e.post(strconv.Itoa(i), change{Type: customer, ID: "c" + strconv.Itoa(i)})
	}
	e.post("bad", change{Type: customer, ID: "bad"})
	e.drainBy(20*time.Second, 6*time.Hour)
	if len(e.entries(port.Degraded)) == 0 {
		t.Fatal("the circuit did not open")
	}
	if entry := e.entry(port.Dead); entry.Entity.ID != "bad" || entry.At.Before(epoch.Add(2*time.Hour)) {
		t.Errorf("dead is %s at %v", entry.Entity.ID, entry.At)
	}
	e.system.failing = nil
	e.drainBy(20*time.Second, 3*time.Hour)
	if n := len(e.entries(port.Confirmed)); n != 6 {
		t.Errorf("%d of 6 confirmed after the outage", n)
	}
}

func TestAConfigNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := pipeline.New(pipeline.Config{})
	for _, name := range []string{"Bus", "Queue", "State", "Ledger", "Vault", "Now", "Random", "Log", "Systems", "Retry"} {
		if err == nil || !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	e := newEnv(t)
	if _, err := e.one().Translator("erp"); err == nil {
		t.Error("there is a translator of what is no source")
	}
	if _, err := e.one().Translator("nobody"); err == nil {
		t.Error("there is a translator of an unknown system")
	}
	route := e.route
	if route.To = "shop"; err != nil {
		if _, err := e.one().Deliverer(route); err == nil {
			t.Error("there is a deliverer to what is no target")
		}
	}
	if len(e.one().Worker) == 0 || e.start("", e.clock.Now, e.ports, e.target).Worker == "" {
		t.Error("a worker has no name")
	}
}
