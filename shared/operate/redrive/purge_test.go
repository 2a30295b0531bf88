package redrive_test

import (
	"context"
	"slices"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// F63: an interrupted purge has exported everything, or deleted nothing.
func TestF63PurgeKilledAtEachStep(t *testing.T) {
	t.Parallel()
	killedEverywhere(t, redrive.Purge)
}

func TestF63NothingIsDeletedBeforeTheExport(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(5, fault.Value)
	p := e.plan(e.operator("ana", nil), redrive.Purge, operate.Selector{}, redrive.Options{})
	k := &killer{}
	o := e.operator("ana", func(desk *engine.Engine) { k.wrap(desk) })
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if stored, deleted := slices.Index(k.calls, "store"), slices.Index(k.calls, "delete"); stored < 0 || stored > deleted || op.Counts.Removed != 5 {
		t.Errorf("calls %v, %+v", k.calls, op)
	}
	n, err := o.Restore(t.Context(), op.ID)
	if err != nil || n != 5 || len(e.dead()) != 5 {
		t.Errorf("restored %d, %d dead, %v", n, len(e.dead()), err)
	}
	if _, err := o.Restore(t.Context(), op.ID); err != nil || len(e.dead()) != 5 {
		t.Errorf("restored twice: %d dead, %v", len(e.dead()), err)
	}
}

// heldLetters leaves a message out of Browse, as SQS does while another process holds it.
type heldLetters struct {
	engine.Letters
	id string
}

func (h *heldLetters) Browse(ctx context.Context, queue string, visit func(port.Incoming) bool) error {
	return h.Letters.Browse(ctx, queue, func(in port.Incoming) bool { return in.MessageID == h.id || visit(in) })
}

func TestF63LetterThatTheExportLacksIsNotDeleted(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.bury(3, fault.Value)
	held := &heldLetters{}
	o := e.operator("ana", func(desk *engine.Engine) { held.Letters, desk.Letters = desk.Letters, held })
	p := e.plan(o, redrive.Purge, operate.Selector{}, redrive.Options{})
	held.id = p.Items[1].MessageID
	op, err := o.Apply(t.Context(), p.ID, "r")
	must(t, err)
	if op.Counts.Removed != 2 || op.Counts.Gone != 1 || op.Counts.Remaining != 0 || !slices.Equal(e.dead(), []string{p.Items[1].Event}) {
		t.Errorf("%v are left, %+v", e.dead(), op.Counts)
	}
}
