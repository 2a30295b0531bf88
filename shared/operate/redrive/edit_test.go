package redrive_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// H6 and F61: an edit changes allowed fields only, keeps the original linked, and gives way
// to an original that succeeded meanwhile.
func TestH6EditAndF61(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.letter(event("1"), fault.MissingRef, port.Incoming{})
	e.letter(event("2"), fault.MissingRef, port.Incoming{})
	o := e.operator("ana", nil)
	for field, code := range map[string]string{"total.minor": "locked", "id": "locked", "lines[0].quantity.value": "locked", "lines[7].sku": "no_field"} {
		if _, err := o.PrepareEdit(t.Context(), "event-1", map[string]string{field: "7"}); fault.As(err).Code != code || fault.As(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := o.PrepareEdit(t.Context(), "event-1", map[string]string{"currency": "XXQ"}); fault.As(err).Kind != fault.Invalid {
		t.Errorf("an impossible currency: %v", err)
	}
	edit, err := o.PrepareEdit(t.Context(), "event-1", map[string]string{"lines[0].sku": "TRAIL-43"})
	must(t, err)
	if len(edit.Changes) != 1 || edit.Changes[0].Field != "lines[0].sku" || edit.Changes[0].After != `"TRAIL-43"` {
		t.Errorf("changes %+v", edit.Changes)
	}
	must(t, o.SendEdit(t.Context(), edit, "renamed"))
	e.work()
	if e.effects[edit.Event] != 1 || slices.Contains(e.dead(), "event-1") {
		t.Errorf("effects %v, dead %v", e.effects, e.dead())
	}
	entries, err := e.store.Find(t.Context(), port.Query{Event: "event-1", Stage: operate.Edited})
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Outcome, edit.Event) {
		t.Errorf("the original is not linked: %+v, %v", entries, err)
	}
	edit, err = o.PrepareEdit(t.Context(), "event-2", map[string]string{"lines[0].sku": "TRAIL-43"})
	must(t, err)
	e.confirm("2", noon)
	if err := o.SendEdit(t.Context(), edit, "renamed"); fault.As(err).Code != "done" || e.effects[edit.Event] != 0 {
		t.Errorf("an edit of what succeeded was sent: %v", err)
	}
}

// F58 and F61: an edit that was killed at any call is finished by the same edit: the changed
// event takes effect once, the original never.
func TestF58EditKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		at := 1
		for editKilledAt(t, at, after) {
			at++
		}
		if at < 7 {
			t.Errorf("the edit makes %d calls only", at)
		}
	}
}

// editKilledAt plays an edit that is killed, and finishes it. It returns false if it ended
// before the kill.
func editKilledAt(t *testing.T, at int, after bool) bool {
	t.Helper()
	e := newEnv(t)
	e.bury(1, fault.MissingRef)
	original, set := e.dead()[0], map[string]string{"lines[0].sku": "TRAIL-43"}
	k := &killer{}
	killed := e.operator("ana", k.wrap)
	first, err := killed.PrepareEdit(t.Context(), original, set)
	must(t, err)
	k.calls, k.at, k.after = nil, at, after
	if err := killed.SendEdit(t.Context(), first, "renamed"); err == nil {
		return false
	}
	e.clock.Advance(31 * time.Second) // the lease of the killed process
	again := e.operator("ana", nil)
	edit, err := again.PrepareEdit(t.Context(), original, set)
	if err == nil {
		err = again.SendEdit(t.Context(), edit, "renamed")
	}
	if err != nil && (fault.As(err).Code != "no_letter" || len(e.dead()) != 0) {
		t.Fatalf("killed at %d (after: %v), %v: %v", at, after, k.calls, err)
	}
	e.work()
	if len(e.effects) != 1 || e.effects[first.Event] != 1 || len(e.dead()) != 0 {
		t.Errorf("killed at %d (after: %v), %v: effects %v, dead %v", at, after, k.calls, e.effects, e.dead())
	}
	return true
}

// An edit that was killed after its event was sent leaves a letter that is sent no second
// time: neither with other changes, nor by a redrive.
func TestEditThatWasSentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"another edit", "a redrive"} {
		e := newEnv(t)
		e.bury(1, fault.MissingRef)
		original := e.dead()[0]
		k := &killer{}
		killed := e.operator("ana", k.wrap)
		edit, err := killed.PrepareEdit(t.Context(), original, map[string]string{"lines[0].sku": "TRAIL-43"})
		must(t, err)
		k.calls, k.at = nil, slices.Index(editCalls(t), "delete")+1
		if err := killed.SendEdit(t.Context(), edit, "renamed"); err == nil {
			t.Fatal("was not killed")
		}
		e.clock.Advance(5 * time.Minute)
		o := e.operator("ben", nil)
		if by == "a redrive" {
			op, err := o.Apply(t.Context(), e.plan(o, redrive.Redrive, operate.Selector{}, redrive.Options{}).ID, "r")
			if err != nil || op.Counts.Gone != 1 || op.Counts.Moved != 0 {
				t.Errorf("%+v, %v", op, err)
			}
		} else {
			other, err := o.PrepareEdit(t.Context(), original, map[string]string{"lines[0].sku": "TRAIL-44"})
			must(t, err)
			if err := o.SendEdit(t.Context(), other, "r"); fault.As(err).Code != "done" {
				t.Errorf("sent with other changes: %v", err)
			}
		}
		e.work()
		if len(e.effects) != 1 || e.effects[edit.Event] != 1 || len(e.dead()) != 0 {
			t.Errorf("%s: effects %v, dead %v", by, e.effects, e.dead())
		}
	}
}

// editCalls returns the calls of an edit that change something, in their order.
func editCalls(t *testing.T) []string {
	t.Helper()
	e := newEnv(t)
	e.bury(1, fault.MissingRef)
	k := &killer{}
	o := e.operator("ana", k.wrap)
	edit, err := o.PrepareEdit(t.Context(), e.dead()[0], map[string]string{"lines[0].sku": "TRAIL-43"})
	must(t, err)
	k.calls = nil
	must(t, o.SendEdit(t.Context(), edit, "r"))
	return k.calls
}
