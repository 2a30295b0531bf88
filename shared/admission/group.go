package admission

import (
	"context"
	"time"

	"causeway.example/shared/message"
)

// Messages of which one request takes many (Call.Batch) share a permit: the first enters like any
// other, and up to Batch - 1 more of the process follow it without asking. The permit is
// returned when the last of them leaves.

// shared names the messages that may share a permit.
type shared struct {
	operation string
	lane      message.Lane
}

// group is the messages that share one permit.
type group struct {
	room   int           // for how many more there is
	inside int           // how many have entered and not left
	ready  chan struct{} // closed when the first was decided about …
	open   bool          // … and whether others may follow it …
	until  time.Time     // … or when they have to come back
	failed error         // a port failed
}

// enterTogether is Enter for a message that may share a permit. A message that finds the first of
// its group undecided waits for the decision. Nothing follows the probe of a circuit: it is there
// to find out whether a single call works.
func (t *Target) enterTogether(ctx context.Context, call Call) (*Passage, time.Time, error) {
	name := shared{call.Operation, call.Lane}
	t.mu.Lock()
	g := t.groups[name]
	if g == nil || g.room == 0 || !t.follows(g) {
		g = &group{room: call.Batch - 1, ready: make(chan struct{})}
		t.groups[name] = g
		t.mu.Unlock()
		return t.lead(ctx, g, call)
	}
	g.room--
	t.mu.Unlock()
	select {
	case <-g.ready:
	case <-ctx.Done():
		return nil, t.queued(call, time.Time{}), nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case g.failed != nil:
		return nil, time.Time{}, g.failed
	case !g.open:
		return nil, t.queued(call, g.until), nil
	case g.inside == 0: // all of them left meanwhile, with the permit
		return nil, t.queued(call, time.Time{}), nil
	}
	g.inside++
	return &Passage{target: t, call: call, group: g}, time.Time{}, nil
}

// follows reports whether a message may enter the group without asking: while its first is
// undecided, or as long as the permit outlives the call and nothing holds calls up. The caller
// has locked mu.
func (t *Target) follows(g *group) bool {
	select {
	case <-g.ready:
	default:
		return true
	}
	now := t.config.Now()
	lasts := t.profile.Concurrency == 0 || !t.hand.until.Before(now.Add(t.callTime()))
	return g.open && g.inside > 0 && lasts && len(t.stored.Circuits) == 0 && !t.paused(&t.stored, now)
}

// lead enters as the first of the group, and lets those follow that wait.
func (t *Target) lead(ctx context.Context, g *group, call Call) (*Passage, time.Time, error) {
	alone := call
	alone.Batch = 0
	p, until, err := t.Enter(ctx, alone)
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.until, g.failed = until, err; p != nil {
		g.inside, g.open, p.group = 1, !p.Probing(), g
	}
	close(g.ready)
	return p, until, err
}

// stays reports whether others of the passage's group are still inside, with whose permit it ends
// nothing. Its answer then counts if it is good news: they had one request, whose failure is
// one failure. The caller has locked mu.
func (t *Target) stays(p *Passage, answer Answer) bool {
	p.group.inside--
	if p.group.inside == 0 {
		return false
	}
	if answer.Fault == nil && answer.Wrote {
		t.count(p, answer)
	}
	return true
}
