package reconcile_test

import (
	"context"
	"errors"
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// dying is ports that work for a number of effects and fail afterwards, like a process
// that is killed.
type dying struct {
	port.Ports
	left, effects int
}

var errKilled = errors.New("killed")

func (d *dying) effect() bool {
	if d.left == 0 {
		return false
	}
	d.left--
	d.effects++
	return true
}

func (d *dying) ports() port.Ports {
	return port.Ports{Queue: dyingQueue{d.Queue, d}, State: dyingState{d.State, d}, Ledger: dyingLedger{d.Ledger, d}, Vault: d.Vault}
}

type dyingQueue struct {
	port.Queue
	*dying
}

func (q dyingQueue) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	if !q.effect() {
		return errKilled
	}
	return q.Queue.Send(ctx, queue, batch)
}

type dyingState struct {
	port.State
	*dying
}

func (s dyingState) Put(ctx context.Context, item port.Item) (int64, error) {
	if !s.effect() {
		return 0, errKilled
	}
	return s.State.Put(ctx, item)
}

type dyingLedger struct {
	port.Ledger
	*dying
}

func (l dyingLedger) Append(ctx context.Context, entries ...port.Entry) error {
	if !l.effect() {
		return errKilled
	}
	return l.Ledger.Append(ctx, entries...)
}

// TestARunThatIsKilledAnywhereLosesAndDoublesNothing kills a run after each of its effects
// in turn. The plan has no overlap that could hide a mark that was stored too early.
func TestARunThatIsKilledAnywhereLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for kill := 0; ; kill++ {
		e := newEnv(t, numbered(8)...)
		e.config.Plan.Overlap = 0
		whole := e.config.Ports
		d := &dying{Ports: whole, left: kill}
		e.config.Ports = d.ports()
		err := e.run(t.Context())
		e.config.Ports = whole
		if kill%2 == 0 {
			e.deliver() // before the next run
		}
		e.round()
		e.deliver()
		if len(e.raws) != 8 || len(e.written) != 8 {
			t.Fatalf("killed after %d effects: %d messages, written %v", kill, len(e.raws), e.written)
		}
		if err == nil {
			if d.effects < 24 { // eight messages, two entries for each, and a mark for each page
				t.Fatalf("a whole run has %d effects", d.effects)
			}
			return
		}
	}
}

// TestTheMarkIsStoredAfterTheMessages checks the order of effects itself.
func TestTheMarkIsStoredAfterTheMessages(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(3)...)
	whole := e.config.Ports
	d := &dying{Ports: whole, left: 3*3 - 1} // all but the last message's entry in the ledger
	e.config.Ports = d.ports()
	if err := e.run(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("Run = %v", err)
	}
	item, err := whole.State.Get(t.Context(), "poll|toy/t1/feed/facts")
	if err != nil || item.Revision != 0 {
		t.Errorf("the mark is %s, %v; want none", item.Value, err)
	}
	if n := len(e.entries(port.Received)); n != 3 {
		t.Errorf("%d messages in the inbox", n)
	}
}

// TestTheMarkIsStoredWhenTheContextHasEnded: what was handed on before is durable.
func TestTheMarkIsStoredWhenTheContextHasEnded(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(3)...)
	ctx, cancel := context.WithCancel(t.Context())
	e.toy.translation = func(f fact) []connector.Event {
		if f.ID == "102" {
			cancel()
		}
		return []connector.Event{f.event()}
	}
	if err := e.run(ctx); err == nil {
		t.Error("the run did not fail")
	}
	e.counts(e.reports[0], reconcile.Report{Gaps: 2})
	e.counts(e.round(), reconcile.Report{Seen: 2, Gaps: 1})
}
