package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// connection is what the State holds of one target for all workers and routes: its
// circuit (breaker.go), who may call it now (budget.go, lanes.go) and how often (rate.go).
// All of its times but those of spans are by the clock of whoever stored it (adopt).
type connection struct {
	Wrote  time.Time        `json:"wrote,omitzero"`   // when it was stored
	Outage *outage          `json:"outage,omitempty"` // nil while the circuit is closed
	Grants map[string]grant `json:"grants,omitempty"` // permits by worker
	Limit  int              `json:"limit,omitempty"`  // calls at once that the target put up with; 0: as its profile says
	Learnt time.Time        `json:"learnt,omitzero"`  // when Limit was learnt
	Due    time.Time        `json:"due,omitzero"`     // until when the calls of the rate are given out
	Pause  *span            `json:"pause,omitempty"`  // while it lasts the target wants no call at all
	Live   time.Time        `json:"live,omitzero"`    // when somebody last delivered, or wanted to, what is waited for
	Bulk   time.Time        `json:"bulk,omitzero"`    // until when backfill has had its share, where that is one of time
	Untold []news           `json:"untold,omitempty"` // changes that the ledger has not been told of (news.go)
}

// link is what this process knows of a connection. It is written to the State when
// something changes for others, not per message: a worker keeps its permits for a
// while, and counts failures by itself until they are worth telling.
type link struct {
	config  *Config
	profile connector.Profile
	turn    chan struct{} // held while the link is read or changed

	stored   connection
	revision int64
	read     time.Time // when stored was known to be true
	streak   streak
	hand     hand
	freed    chan struct{} // closed when a call ends
	live     time.Time     // when this process last delivered what is waited for
	sure     bool          // the pause was set by a clock that agrees with this worker's
	told     []*span       // news that the ledger was told of, and that are stored as untold yet
}

var _ passage = (*link)(nil)

// link returns the process's link to the target.
func (d *Deliverer) link() *link {
	me := d.Config.self()
	me.mu.Lock()
	defer me.mu.Unlock()
	name := d.System.Profile.Name
	if me.links[name] == nil {
		me.links[name] = &link{config: d.Config, profile: d.System.Profile, turn: make(chan struct{}, 1), freed: make(chan struct{})}
	}
	return me.links[name]
}

func (l *link) lock()   { l.turn <- struct{}{} }
func (l *link) unlock() { <-l.turn }

func (l *link) key() string { return "connection|" + l.profile.Name }

// look reads the connection if what is known of it may have changed.
func (l *link) look(ctx context.Context) error {
	if age := l.config.Now().Sub(l.read); age >= 0 && age < l.config.Policy.Breaker.Look {
		return nil
	}
	return l.load(ctx)
}

func (l *link) load(ctx context.Context) error {
	began := l.config.Now()
	item, err := l.config.State.Get(ctx, l.key())
	if err != nil {
		return port.Unavailable("reading the connection to "+l.profile.Name, err)
	}
	if item.Revision != l.revision {
		var stored connection
		if err := json.Unmarshal(item.Value, &stored); err != nil && len(item.Value) > 0 {
			return fault.Doing("reading the connection to "+l.profile.Name, err)
		}
		l.adopt(&stored)
		if p := stored.Pause; p != nil && !p.same(l.stored.Pause) {
			l.sure = !l.read.IsZero() && l.plausible(p.Until.Add(-p.For))
		}
		l.stored, l.revision = stored, item.Revision
	}
	l.read = began
	return nil
}

// plausible reports whether a clock that says so can be right about when something was
// stored that this worker sees for the first time: after its last look, by more or less
// what a call of the State takes, and before now.
func (l *link) plausible(at time.Time) bool {
	now, slack := l.config.Now(), l.config.Policy.Breaker.Look
	return !at.After(now) && (l.read.IsZero() || !at.Before(l.read.Add(-slack)))
}

// adopt sets what another worker has stored right by this worker's clock: if the time of
// storing is not plausible, it counts as stored just now. So of two clocks that lie apart
// neither keeps a target waiting for as much as they do, nor gives calls out twice. What a
// worker sees at its first look is as old as it says.
func (l *link) adopt(c *connection) {
	now := l.config.Now()
	if c.Wrote.IsZero() || l.plausible(c.Wrote) {
		return
	}
	times := []*time.Time{&c.Due, &c.Bulk, &c.Live, &c.Learnt}
	if o := c.Outage; o != nil {
		times = append(times, &o.Since, &o.Probe, &o.Heard)
	}
	for _, at := range times {
		if !at.IsZero() {
			*at = at.Add(now.Sub(c.Wrote))
		}
	}
}

// change has f change the connection, as it is stored now, and reports whether f did.
// Where others keep being first it fails with ErrConflict.
func (l *link) change(ctx context.Context, f func(*connection) bool) (bool, error) {
	const patience = 5
	for range patience {
		next := l.stored.clone()
		if !f(&next) {
			return false, nil
		}
		err := l.store(ctx, next)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, ErrConflict) {
			return false, port.Unavailable("writing the connection to "+l.profile.Name, err)
		}
		if err := l.load(ctx); err != nil {
			return false, err
		}
	}
	return false, ErrConflict
}

func (l *link) store(ctx context.Context, next connection) error {
	now := l.config.Now()
	if next.Wrote = now; !l.paused(&next, now) {
		next.Pause = nil // so that nobody who sees it for the first time waits for its end
	}
	value, err := json.Marshal(next)
	if err != nil {
		return err
	}
	revision, err := l.config.State.Put(ctx, Item{Key: l.key(), Value: value, Revision: l.revision, Expires: now.Add(recordLife)})
	if err != nil {
		l.hand.held = l.hand.used // the write may have been made, and have given permits back
		return err
	}
	l.stored, l.revision, l.read = next, revision, now
	return nil
}

func (c connection) clone() connection {
	grants := make(map[string]grant, len(c.Grants)+1)
	for worker, g := range c.Grants {
		grants[worker] = g
	}
	c.Grants, c.Untold = grants, slices.Clone(c.Untold)
	if c.Outage != nil {
		o := *c.Outage
		c.Outage = &o
	}
	return c
}

// gate returns until when a message has to stay away because the circuit is open, or that
// it may go on although it is, to be its probe; outage tells that it is open, and that
// somebody probes it: where nobody can, waiting has to end. It needs nothing of the
// message, so that an outage costs no reading of bodies and records.
func (l *link) gate(ctx context.Context, in Incoming) (until time.Time, outage bool, err error) {
	l.lock()
	defer l.unlock()
	now := l.config.Now()
	if err := l.look(ctx); err != nil {
		return time.Time{}, false, err
	}
	o := l.stored.Outage
	return l.closedUntil(in, now), o != nil && now.Sub(o.Probe) <= l.config.Policy.Breaker.unprobed(), nil
}

// enter implements passage: the circuit is closed or this is its probe, and there is a
// permit for the call. For a permit that this worker itself has in use it is worth
// waiting a moment; what nobody waits for makes way at once.
func (l *link) enter(ctx context.Context, s *handling) (time.Time, error) {
	until, freed, err := l.try(ctx, s)
	if freed == nil || err != nil || s.event.Lane == message.Backfill {
		return until, err
	}
	patience := time.NewTimer(l.config.Policy.Share.Moment)
	defer patience.Stop()
	for freed != nil && err == nil {
		select {
		case <-freed:
			s.started = s.Now()
			until, freed, err = l.try(ctx, s)
		case <-patience.C:
			return until, nil
		case <-ctx.Done():
			return until, nil
		}
	}
	return until, err
}

// try is one try to enter. freed is closed when a permit of this worker is given back;
// nil if the message need not or cannot wait for that.
func (l *link) try(ctx context.Context, s *handling) (until time.Time, freed <-chan struct{}, err error) {
	l.lock()
	defer l.unlock()
	if err := l.look(ctx); err != nil {
		return time.Time{}, nil, err
	}
	if until := l.closedUntil(s.in, s.started); !until.IsZero() {
		return until, nil, nil
	}
	until, full, err := l.permit(ctx, s)
	switch {
	case err != nil:
		return time.Time{}, nil, err
	case full && l.hand.used.sum() > 0:
		return until, l.freed, nil
	case !until.IsZero():
		return until, nil, nil
	}
	if until, err = l.probe(ctx, s); err != nil || !until.IsZero() {
		l.giveBack(s.event.Lane)
	}
	return until, nil, err
}

// leave implements passage: it learns from how the target answered. The message's own
// outcome is settled by now, so a failure here is only told to the log.
func (l *link) leave(ctx context.Context, s *handling) time.Time {
	l.lock()
	defer l.unlock()
	l.giveBack(s.event.Lane)
	if err := errors.Join(l.judge(ctx, s), l.throttled(ctx, s), l.pause(ctx, s), l.ration(ctx, s), l.tell(ctx)); err != nil {
		l.config.Log.WarnContext(ctx, "learning from a target's answer", "system", l.profile.Name, "error", err)
	}
	return l.closedUntil(s.in, l.config.Now())
}
