package admission

import (
	"context"
	"errors"
	"sync"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// Config is what a Target needs of its process. Of the ports it uses State and Ledger.
type Config struct {
	port.Runtime
	Worker *retry.Worker // takes spans and judges those of other workers
	Retry  retry.Policy  // Margin, Skew and Backoff.Unauthorized
	Policy Policy
}

// Target is what this process knows of one target and shares with all other workers through
// the State. A process has one Target for each target. It is safe for concurrent use.
type Target struct {
	config  Config
	profile connector.Profile

	turn chan struct{} // full while a goroutine reads or stores the record

	mu        sync.Mutex // guards the rest; never locked during a call to a port
	stored    record     // as last read or stored; never changed in place
	revision  int64
	read      time.Time // when stored was known to be true
	pauseSure bool      // stored.Pause was set by a clock that agrees with this worker's
	streaks   map[string]*streak
	records   *streak // of failures that are each about their own record
	groups    map[shared]*group
	hand      hand
	asking    bool           // a change of the hand is being stored
	freed     chan struct{}  // closed and replaced when a call ends
	live      time.Time      // when a live message last entered this process
	reporting bool           // a goroutine writes changes of circuits into the ledger …
	reported  map[int64]bool // … which has those of these spans, although they are stored as unreported
}

// New returns the process's view of the target. It calls no port.
func New(config Config, profile connector.Profile) *Target {
	return &Target{
		config: config, profile: profile, turn: make(chan struct{}, 1),
		streaks: map[string]*streak{}, records: &streak{}, groups: map[shared]*group{}, freed: make(chan struct{}), reported: map[int64]bool{},
	}
}

// Gate is whether messages may go on to the target at all.
type Gate struct {
	Until  time.Time // when the message has to come back; zero: it may go on
	Outage bool      // the circuit of the whole target is open, and single messages probe it
	// Records is since when one record after another fails, each with an answer of its own,
	// and the target accepts none; zero if that is not so.
	Records time.Time
}

// Call is one message that is about to call the target.
type Call struct {
	Event     string
	Entity    string
	Operation string // Operation.Name in the target's profile
	Lane      message.Lane
	SentAt    time.Time
	Batch     int // how many messages one request takes, which share a permit; 0 and 1 for one
}

// circuits names those that the call passes: the target's own, and that of its operation,
// if it has one.
func (c Call) circuits() []string {
	if c.Operation == wholeTarget {
		return []string{wholeTarget}
	}
	return []string{wholeTarget, c.Operation}
}

// Passage is the permission for one call. It must be left.
type Passage struct {
	target *Target
	call   Call
	probe  *retry.Span // nil unless the call is a probe
	probes []string    // the circuits that it probes
	left   bool        // guarded by target.mu
	group  *group      // with which it shares its permit; nil for a permit of its own
}

// Probing reports whether the call is the probe of an open circuit.
func (p *Passage) Probing() bool { return p.probe != nil }

// Answer is how a call ended.
type Answer struct {
	Asked bool          // the target was called
	Wrote bool          // … to write, and the answer shows that it takes writes
	Fault *fault.Error  // nil: success
	Pause time.Duration // connector.Receipt.Pause
	Began time.Time
}

// Gate reports whether messages may go on to the target at all. It needs nothing of the
// message, so that an outage costs no reading of bodies and records.
func (t *Target) Gate(ctx context.Context, sentAt time.Time) (Gate, error) {
	t.mu.Lock()
	quiet := t.quiet(t.config.Now())
	t.mu.Unlock()
	if quiet {
		return Gate{}, nil
	}
	if err := t.look(ctx); err != nil {
		return Gate{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now, open := t.config.Now(), t.stored.Circuits[wholeTarget]
	if open == nil {
		return Gate{}, nil
	}
	// A circuit that no message is left to probe must not prolong the wait of those that are.
	return Gate{
		Until: t.wait(open, sentAt, now), Outage: now.Sub(open.Probe) <= t.config.Policy.Breaker.unprobed(), Records: open.Records,
	}, nil
}

// quiet reports whether nothing about the target has to be read or stored for a live call
// with a permit that this worker holds: its record was read just now, and has no circuit
// that is open, no pause, no lowered limit and no change to report. The caller has locked mu.
func (t *Target) quiet(now time.Time) bool {
	age, r := now.Sub(t.read), &t.stored
	return age >= 0 && age < t.config.Policy.Breaker.Look && !t.asking && t.profile.Rate.Calls == 0 &&
		len(r.Circuits) == 0 && r.Pause == nil && r.Limit == 0 && len(r.Unreported) == 0
}

// Enter returns a passage, or when the message has to come back. The passage is a permit
// and, if a circuit is open, the role of its probe. For a permit that this process itself
// has in use a live message waits up to Share.Moment. An error means that a port failed.
func (t *Target) Enter(ctx context.Context, call Call) (*Passage, time.Time, error) {
	if call.Batch > 1 {
		return t.enterTogether(ctx, call)
	}
	t.mu.Lock()
	now, h := t.config.Now(), &t.hand
	held := t.profile.Concurrency == 0 || h.used.live < h.held.live && !h.until.Before(now.Add(t.profile.Timeout+t.config.Retry.Margin))
	if call.Lane == message.Live && held && t.quiet(now) {
		h.used.live++
		h.most, t.live = max(h.most, h.used.live), now
		t.mu.Unlock()
		return &Passage{target: t, call: call}, time.Time{}, nil
	}
	t.mu.Unlock()
	var moment <-chan time.Time
	for {
		d, err := t.admit(ctx, call)
		if err != nil || d.passage != nil || d.freed == nil || call.Lane == message.Backfill {
			return d.passage, d.until, err
		}
		if moment == nil {
			timer := time.NewTimer(t.config.Policy.Share.Moment)
			defer timer.Stop()
			moment = timer.C
		}
		select {
		case <-d.freed:
		case <-moment:
			return nil, d.until, nil
		case <-ctx.Done():
			return nil, d.until, nil
		}
	}
}

// decision is what one try to enter came to.
type decision struct {
	passage *Passage        // nil: the message has to wait
	until   time.Time       // … until then,
	freed   <-chan struct{} // … or for this, if a call of this process could make room
	hand    *hand           // what this worker has with the passage, if that had to be asked for
}

// admit tries once to enter. A call that fits what this worker holds costs no write.
func (t *Target) admit(ctx context.Context, call Call) (d decision, err error) {
	if err := t.look(ctx); err != nil {
		return d, err
	}
	err = t.change(ctx, func(c *record) (changed bool) {
		if d, changed = t.decide(c, call); d.passage != nil && !changed {
			t.take(call.Lane)
		}
		return changed
	}, func() {
		if d.hand != nil {
			d.hand.used = t.hand.used // calls may have ended meanwhile
			t.hand = *d.hand
		}
		if d.passage != nil {
			t.take(call.Lane)
		}
	})
	if errors.Is(err, port.ErrConflict) {
		return decision{until: t.queued(call, time.Time{})}, nil
	}
	if err != nil {
		return decision{}, err
	}
	return d, nil
}

// decide decides about a call by the record, and notes there what the call takes: a
// permit, calls of the rate, the role of the probe. The circuits come first, then a pause
// that the target asked for, then the permit.
func (t *Target) decide(c *record, call Call) (d decision, changed bool) {
	p, now := &Passage{target: t, call: call}, t.config.Now()
	if d.until, p.probes = t.waitFor(c, call, now); !d.until.IsZero() {
		return d, false
	}
	if call.Lane == message.Live {
		t.live = now
	}
	if t.paused(c, now) {
		d.until = t.queued(call, t.pausedUntil(c))
		return d, false
	}
	if !t.fits(c, call.Lane, now) {
		h, until, got := t.ask(c, call.Lane, now)
		if !got {
			if d.until = t.queued(call, until); until.IsZero() && t.hand.used.sum() > 0 {
				d.freed = t.freed
			}
			return d, t.announce(c, call.Lane, now)
		}
		d.hand, changed = &h, true
	}
	if len(p.probes) > 0 {
		p.probe, changed = t.config.Worker.Take(call.Event, t.callTime()), true
		for _, name := range p.probes {
			c.Circuits[name].Prober = p.probe
		}
	}
	d.passage = p
	return d, changed
}

// queued returns when a message comes back that may make no call now: not before until,
// and the later the longer it waits already. The next call is one message's, however many
// wait for it, and all of them return each time.
func (t *Target) queued(call Call, until time.Time) time.Time {
	now := t.config.Now()
	return retry.Later(until, now.Add(t.config.Policy.Share.Wait.Wait(now.Sub(call.SentAt), t.config.Random)))
}

// Leave gives the permit back and learns from the answer. It returns until when no message
// of the call's operation need come back, zero if there is no such time. The outcome of
// the message is settled by now, so a failure of a port is logged only. A second call
// learns nothing.
func (p *Passage) Leave(ctx context.Context, answer Answer) time.Time {
	t := p.target
	t.mu.Lock()
	if p.left {
		t.mu.Unlock()
		return time.Time{}
	}
	p.left = true
	if p.group != nil && t.stays(p, answer) {
		t.mu.Unlock()
		return time.Time{}
	}
	if p.call.Lane == message.Backfill {
		t.hand.used.backfill--
	} else {
		t.hand.used.live--
	}
	close(t.freed)
	t.freed = make(chan struct{})
	opens := map[string]streak{}
	if answer.Fault != nil || !answer.Wrote || len(t.streaks) > 0 || t.records.failures > 0 {
		opens = t.count(p, answer)
	}
	plain := answer.Pause == 0 && (answer.Fault == nil || answer.Fault.Kind != fault.Throttled) && p.call.Lane == message.Live
	nothing := plain && len(opens) == 0 && p.probe == nil && t.quiet(t.config.Now())
	t.mu.Unlock()
	if nothing {
		return time.Time{}
	}
	if err := errors.Join(t.learn(ctx, p, answer, opens), t.report(ctx)); err != nil {
		t.config.Log.WarnContext(ctx, "learning from a target's answer", "system", t.profile.Name, "error", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	until, _ := t.waitFor(&t.stored, p.call, t.config.Now())
	return until
}

// learn stores what the answer changes for all workers, in one write; mostly nothing.
func (t *Target) learn(ctx context.Context, p *Passage, answer Answer, opens map[string]streak) error {
	var stale error
	if p.call.Lane == message.Backfill && t.profile.Concurrency > 0 { // whether live traffic waits was asked before the call
		stale = t.look(ctx)
	}
	err := t.change(ctx, func(c *record) (changed bool) {
		now := t.config.Now()
		for _, name := range p.call.circuits() {
			changed = t.judge(c, name, p, answer, opens) || changed
		}
		changed = t.throttle(c, answer, now) || changed
		changed = t.pause(c, answer.Pause) || changed
		return t.ration(c, p.call.Lane, answer.Began, now) || changed
	}, nil)
	return errors.Join(stale, err)
}

// finding is what an answer says about one circuit. Its meaning for the message is separate.
type finding uint8

const (
	none        finding = iota // the target was not called
	unclear                    // it was, and the answer says nothing about this circuit
	recordFails                // the failure is about the record
	answers                    // it answers; no write was accepted
	accepts                    // it accepted a write
	fails                      // the failure is about all that passes this circuit
)

// finding reads the answer for one circuit. A target that rejects or does not know one
// record works; so does one whose record another user has just changed. A rejection without
// a status is our connector's own: it did not ask.
func (a Answer) finding(name string) finding {
	f, whole := a.Fault, name == wholeTarget
	switch {
	case !a.Asked, f != nil && f.Status == 0 && (f.Kind == fault.Invalid || f.Kind == fault.Rejected):
		return none
	case !broken(f):
		if a.Wrote {
			return accepts
		}
		return answers
	case f.Kind == fault.Unknown && f.Scope == fault.UsualScope:
		return unclear
	}
	switch scope := f.ScopeOrDefault(); {
	case scope == fault.EntityScope:
		return recordFails
	case whole == (scope == fault.ConnectionScope):
		return fails
	case whole:
		return answers // the other operations may work
	}
	return unclear // the target failed before the operation could show anything
}

// broken reports whether a failure is more than an answer about the message.
func broken(f *fault.Error) bool {
	if f == nil {
		return false
	}
	switch f.Kind {
	case fault.Throttled, fault.Unauthorized, fault.Unknown:
		return true
	case fault.Unavailable:
		return f.Class != fault.Conflict
	}
	return f.Scope > fault.EntityScope
}

// streak is failures in a row, as far as this process saw.
type streak struct {
	failures int
	entities map[string]bool // the first of them
}

// add counts a failure, and reports whether failures and entities are enough.
func (s *streak) add(entity string, failures, entities int) bool {
	if s.entities == nil {
		s.entities = map[string]bool{}
	}
	if len(s.entities) < entities {
		s.entities[entity] = true
	}
	s.failures++
	return failures > 0 && s.failures >= failures && len(s.entities) >= entities
}

// count counts the answer once, and returns the circuits that it opens. The caller has
// locked mu.
func (t *Target) count(p *Passage, a Answer) map[string]streak {
	b, opens := t.config.Policy.Breaker, map[string]streak{}
	for _, name := range p.call.circuits() {
		s := t.streaks[name]
		if s == nil {
			s = &streak{}
		}
		switch a.finding(name) {
		case accepts:
			delete(t.streaks, name)
			t.records = &streak{}
		case fails:
			t.streaks[name] = s
			if s.add(p.call.Entity, b.Failures, b.Entities) || a.Fault.Kind == fault.Unauthorized {
				opens[name] = *s
				delete(t.streaks, name)
			}
		case recordFails:
			// One record after another, and none that succeeds: this is no longer about records.
			if name == wholeTarget && t.records.add(p.call.Entity, b.Failures, b.Records) {
				opens[name] = *t.records
				t.records = &streak{}
			}
		}
	}
	return opens
}
