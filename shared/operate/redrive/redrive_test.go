package redrive_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// H5: a redrive of 500 with mixed causes: filtered, planned, paced, and audited.
func TestH5RedriveOf500(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(300, fault.MissingRef)
	e.bury(200, fault.RateLimit)
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{Class: fault.RateLimit}, redrive.Options{Rate: 5})
	if len(p.Items) != 200 || p.Count(redrive.Send) != 200 || len(e.dead()) != 500 {
		t.Fatalf("plan of %d, %d to send, %d dead", len(p.Items), p.Count(redrive.Send), len(e.dead()))
	}
	began := e.clock.Now()
	op, err := o.Apply(t.Context(), p.ID, "INC-412")
	must(t, err)
	if op.State != redrive.Done || op.Counts.Confirmed != 200 || op.Counts.Returned+op.Counts.Pending+op.Counts.Remaining != 0 {
		t.Errorf("operation %+v", op)
	}
	if took := e.clock.Now().Sub(began); took < 39*time.Second {
		t.Errorf("200 messages at 5/s took %s", took)
	}
	if len(e.dead()) != 300 {
		t.Errorf("%d are dead", len(e.dead()))
	}
	for event, n := range e.effects {
		if n != 1 || !strings.HasPrefix(event, "event-rate_limit") {
			t.Errorf("%s took effect %d times", event, n)
		}
	}
	entries, err := e.store.Find(t.Context(), port.Query{Event: "event-rate_limit-7", Stage: operate.Redriven})
	must(t, err)
	if len(entries) != 1 || !strings.Contains(entries[0].Outcome, "ana: INC-412") {
		t.Errorf("the ledger says %+v", entries)
	}
}

func TestCancelledRedriveStopsBetweenMessages(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(100, fault.RateLimit)
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	o.Report = func(progress redrive.Progress) {
		if progress.Operation.Counts.Moved == 40 {
			must(t, e.operator("ben", nil).Cancel(t.Context(), progress.Operation.ID))
		}
	}
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.State != redrive.Cancelled || op.Why != "by ben" || op.Counts.Moved != 40 || op.Counts.Remaining != 60 {
		t.Errorf("operation %+v", op)
	}
	e.work()
	if len(e.dead()) != 60 || len(e.effects) != 40 {
		t.Errorf("%d dead, %d took effect", len(e.dead()), len(e.effects))
	}
}

// F56: a redrive during an outage moves one message at most.
func TestF56RedriveStopsAtTheFirstStep(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(50, fault.MissingRef)
	e.ends = func(string) port.Stage { return port.Dead }
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.State != redrive.Stopped || op.Counts.Moved != 1 || op.Counts.Returned != 1 || len(e.dead()) != 50 {
		t.Errorf("operation %+v, %d dead", op, len(e.dead()))
	}
}

func TestF56RedriveWithoutAnOutcomeStops(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(50, fault.MissingRef)
	e.idle = true
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.State != redrive.Stopped || op.Counts.Moved != 1 || op.Counts.Pending != 1 {
		t.Errorf("operation %+v", op)
	}
}

func TestF56PlanAgainstAnOpenCircuitIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(3, fault.RateLimit)
	_, err := e.store.Put(t.Context(), port.Item{Key: "connection|netsuite", Value: []byte(`{"circuits":{"":{"since":"2026-11-22T11:00:00Z","probe":"2026-11-22T12:01:00Z"}}}`)})
	must(t, err)
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	if _, err := o.Apply(t.Context(), p.ID, "r"); fault.As(err).Code != "refused" || len(e.dead()) != 3 {
		t.Errorf("applied: %v", err)
	}
	p = e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{DespiteCircuit: true})
	if op, err := o.Apply(t.Context(), p.ID, "r"); err != nil || op.Counts.Confirmed != 3 {
		t.Errorf("operation %+v, %v", op, err)
	}
}

// F57: of two redrives at once the second is refused.
func TestF57SecondRedriveIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(30, fault.RateLimit)
	first, second := e.operator("ana", nil), e.operator("ben", nil)
	p, q := e.plan(first, redrive.Redrive, operate.Selector{}, redrive.Options{}), e.plan(second, redrive.Redrive, operate.Selector{}, redrive.Options{})
	refused := 0
	first.Report = func(redrive.Progress) {
		for _, id := range []string{q.ID, p.ID} {
			if _, err := second.Apply(t.Context(), id, "r"); fault.As(err).Code != "busy" || !strings.Contains(err.Error(), "ana") {
				t.Errorf("applied %s beside another: %v", id, err)
			}
			refused++
		}
	}
	op, err := first.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.Counts.Confirmed != 30 || refused == 0 {
		t.Errorf("operation %+v, %d refused", op, refused)
	}
	op, err = second.Apply(t.Context(), q.ID, "r")
	if err != nil || op.Counts.Gone != 30 || len(e.effects) != 30 {
		t.Errorf("afterwards %+v, %v", op, err)
	}
	if _, err := first.Apply(t.Context(), p.ID, "r"); fault.As(err).Code != "applied" {
		t.Errorf("applied twice: %v", err)
	}
}

// F58: killed at each call that changes something, before and after its effect, the same
// command finishes the operation: each message is delivered, none is left, and each took
// effect once.
func TestF58KilledAtEachStep(t *testing.T) {
	t.Parallel()
	killedEverywhere(t, redrive.Redrive)
}

// killedEverywhere kills an operation at its first call, its second, and so on, until one
// ends without being killed.
func killedEverywhere(t *testing.T, kind redrive.Kind) {
	t.Helper()
	for _, after := range []bool{false, true} {
		at := 1
		for killedAt(t, kind, at, after) {
			at++
		}
		if at < 15 {
			t.Errorf("the operation makes %d calls only", at)
		}
	}
}

// killedAt plays an operation of three letters that is killed, and finishes it. It returns
// false if the operation ended before the kill.
func killedAt(t *testing.T, kind redrive.Kind, at int, after bool) bool {
	t.Helper()
	e := newEnv(t)
	e.bury(3, fault.RateLimit)
	whole := e.dead()
	p := e.plan(e.operator("ana", nil), kind, operate.Selector{}, redrive.Options{})
	k := &killer{at: at, after: after}
	killed := e.operator("ana", k.wrap)
	killed.Sleep = func(ctx context.Context, d time.Duration) error {
		if len(k.calls) >= k.at {
			return errKilled
		}
		return e.sleep(ctx, d)
	}
	if _, err := killed.Apply(t.Context(), p.ID, "r"); err == nil {
		return false
	}
	e.clock.Advance(31 * time.Second) // the lease of the killed process
	again := e.operator("ana", nil)
	op, err := again.Apply(t.Context(), p.ID, "r")
	if err != nil && fault.As(err).Code != "applied" {
		t.Fatalf("killed at %d (after: %v), %v: %v", at, after, k.calls, err)
	}
	e.work()
	if len(e.dead()) != 0 {
		t.Errorf("killed at %d (after: %v), %v: %d letters are left: %+v", at, after, k.calls, len(e.dead()), op)
	}
	if kind == redrive.Purge {
		if n, err := again.Restore(t.Context(), "o"+p.ID[1:]); err != nil || n != 3 || !slices.Equal(e.dead(), whole) {
			t.Errorf("killed at %d (after: %v): restored %d, %v, %v", at, after, n, e.dead(), err)
		}
		return true
	}
	for _, event := range whole {
		if e.effects[event] != 1 {
			t.Errorf("killed at %d (after: %v), %v: %s took effect %d times", at, after, k.calls, event, e.effects[event])
		}
	}
	return true
}

// confirm records that the target has a state of the event's entity.
func (e *env) confirm(id string, at time.Time) {
	e.Helper()
	m := event(id)
	r, err := entity.Load(e.Context(), e.store, "netsuite", m.Key(), false)
	must(e, err)
	state := entity.State{Type: m.Type, Version: m.Sequence, Hash: port.Digest(m.Body)}
	if at.After(noon) {
		state.Version, state.Hash = state.Version+"+", "other"
	}
	r.Confirm(m.ID, m.Type, state, "SO-1", "")
	must(e, r.Save(e.Context(), e.store, e.clock.Now()))
}

// F59: what is confirmed or superseded at the target is resolved, and not sent.
func TestF59ConfirmedIsResolvedNotSent(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, id := range []string{"1", "2", "3"} {
		e.letter(event(id), fault.RateLimit, port.Incoming{})
	}
	o := e.operator("ana", nil)
	early := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	e.confirm("1", noon)
	e.confirm("2", noon.Add(time.Hour))
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	if p.Count(redrive.Confirmed) != 1 || p.Count(redrive.Newer) != 1 || p.Count(redrive.Send) != 1 {
		t.Errorf("plan %+v", p)
	}
	op, err := o.Apply(t.Context(), early.ID, "r") // frozen before they were confirmed
	must(t, err)
	if op.Counts.Resolved != 2 || op.Counts.Moved != 1 || len(e.dead()) != 0 || len(e.effects) != 1 {
		t.Errorf("operation %+v, effects %v", op, e.effects)
	}
	entries, err := e.store.Find(t.Context(), port.Query{Event: "event-2", Stage: port.Superseded})
	if err != nil || len(entries) != 1 {
		t.Errorf("the ledger has %v, %v", entries, err)
	}
}

// B2, second half: letters whose entity is at the target are taken out by resolve.
func TestB2ResolveTakesOutWhatIsThere(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(2, fault.MissingRef)
	e.letter(event("9"), fault.MissingRef, port.Incoming{})
	e.confirm("9", noon.Add(time.Hour))
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Resolve, operate.Selector{}, redrive.Options{})
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.Counts.Resolved != 1 || op.Counts.Left != 2 || len(e.dead()) != 2 {
		t.Errorf("operation %+v", op)
	}
	p = e.plan(o, redrive.Resolve, operate.Selector{}, redrive.Options{All: true})
	if op, err = o.Apply(t.Context(), p.ID, "booked by hand"); err != nil || op.Counts.Resolved != 2 || len(e.dead()) != 0 {
		t.Errorf("operation %+v, %v", op, err)
	}
}

// F60: what failed the same way three times is left alone.
func TestF60LoopIsGuarded(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(1, fault.MissingRef)
	e.ends = func(string) port.Stage { return port.Dead }
	o := e.operator("ana", nil)
	for round := range 3 {
		p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
		if p.Count(redrive.Send) != 1 {
			t.Fatalf("round %d: %+v", round, p.Items)
		}
		if op, err := o.Apply(t.Context(), p.ID, "r"); err != nil || op.Counts.Returned != 1 {
			t.Fatalf("round %d: %+v, %v", round, op, err)
		}
	}
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	if p.Count(redrive.Looped) != 1 {
		t.Errorf("after three rounds: %+v", p.Items)
	}
	if p = e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{ForceLoop: true}); p.Count(redrive.Send) != 1 {
		t.Errorf("forced: %+v", p.Items)
	}
}

func TestWhatMayHaveTakenEffectIsLeftAlone(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(1, fault.Ambiguous)
	o := e.operator("ana", nil)
	if p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{}); p.Count(redrive.Unclear) != 1 {
		t.Errorf("plan %+v", p.Items)
	}
	if p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{TargetHasNone: true}); p.Count(redrive.Send) != 1 {
		t.Errorf("plan %+v", p.Items)
	}
}

func TestPlanExpiresAndNeedsAReason(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(1, fault.RateLimit)
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	if _, err := o.Apply(t.Context(), p.ID, ""); fault.As(err).Code != "reason_missing" {
		t.Errorf("applied without a reason: %v", err)
	}
	e.clock.Advance(16 * time.Minute)
	if _, err := o.Apply(t.Context(), p.ID, "r"); fault.As(err).Code != "plan_expired" || len(e.dead()) != 1 {
		t.Errorf("applied an old plan: %v", err)
	}
	if _, err := o.Apply(t.Context(), "p-nothere", "r"); fault.As(err).Code != "no_plan" {
		t.Errorf("applied no plan: %v", err)
	}
}

// Letters that an outside tool moved have lost their attributes, and letters of a rule are in
// the form of EventBridge.
func TestForeignLettersAreRedriven(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	bare, err := event("1").Encode()
	must(t, err)
	ruled, err := event("2").Event()
	must(t, err)
	dead := "shopify-orders-to-netsuite-dead"
	must(t, e.store.Send(t.Context(), dead, []port.Outgoing{{Body: bare}, {Body: ruled, Attributes: map[string]string{"RULE_ARN": "a", "TARGET_ARN": "b", "ERROR_CODE": "c"}}, {Body: []byte("hello")}}))
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{})
	if p.Count(redrive.Send) != 2 || p.Count(redrive.Opaque) != 1 {
		t.Fatalf("plan %+v", p.Items)
	}
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.Counts.Moved != 2 || op.Counts.Left != 1 || e.effects["event-1"] != 1 || e.effects["event-2"] != 1 {
		t.Errorf("operation %+v, effects %v", op, e.effects)
	}
}

func TestExportAndImport(t *testing.T) {
	t.Parallel()
	e, other := newEnv(t), newEnv(t)
	e.bury(7, fault.Value)
	var file bytes.Buffer
	n, err := e.operator("ana", nil).Export(t.Context(), operate.Selector{}, &file)
	if err != nil || n != 7 || len(e.dead()) != 7 {
		t.Fatalf("exported %d, %v", n, err)
	}
	o := other.operator("ben", nil)
	for _, dry := range []bool{true, false, false} {
		if n, err := o.Import(t.Context(), "file", bytes.NewReader(file.Bytes()), dry); err != nil || n != 7 {
			t.Fatalf("imported %d, %v", n, err)
		}
		if want := map[bool]int{true: 0, false: 7}[dry]; len(other.dead()) != want {
			t.Errorf("dry %v: %d dead", dry, len(other.dead()))
		}
	}
	if _, err := o.Import(t.Context(), "x", strings.NewReader("{}\n"), false); fault.As(err).Kind != fault.Invalid {
		t.Errorf("imported something else: %v", err)
	}
}

// B2: a later success closes older failures, without an operator.
func TestB2LaterSuccessClosesOlderFailures(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(2, fault.MissingRef)
	o := e.operator("engine", nil)
	if n, err := o.AutoResolve(t.Context()); err != nil || n != 0 {
		t.Errorf("resolved %d, %v", n, err)
	}
	if all, err := o.Operations(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("operations %v, %v", all, err)
	}
	e.letter(event("9"), fault.MissingRef, port.Incoming{})
	e.confirm("9", noon.Add(time.Hour))
	if n, err := o.AutoResolve(t.Context()); err != nil || n != 1 || len(e.dead()) != 2 {
		t.Errorf("resolved %d, %d dead, %v", n, len(e.dead()), err)
	}
}
