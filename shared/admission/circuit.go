package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/fault"
)

// Breaker is the circuit of a target's connection.
//
//	closed ── so many failures in a row, of several entities ── open
//	closed ── credentials refused, after a fresh token too ──── open, auth expired
//	open ──── the probe is due: one message goes to the target (half-open)
//	            ├── a write is answered ─ closed
//	            ├── a search is answered  open, the next message is the probe
//	            └── no answer ─────────── open, the next probe a little later
//
// While it is open no message is called a failure, nothing of any budget is used up, and
// the target sees the probe only. One entity whose write always fails opens nothing: it
// would hold up the others. A target may answer searches and take no writes, so that a
// search closes nothing, until so much time has passed with answered searches that a
// write would have been tried if one was waiting. The times are those of the worker that
// found the failure, set right by who reads them (adopt); where a wrong clock could not be
// told it shifts a probe by as much as it is wrong, which costs waiting and no more.
type Breaker struct {
	Failures int           // in a row, without a success in between; 0 for a circuit that never opens
	Entities int           // … of so many entities at least
	Probes   Patience      // between probes, by how long the outage lasts
	Return   Patience      // of a message that is held back, by how old it is: fresh ones probe, old ones look seldom
	Look     time.Duration // how old a worker's knowledge of the circuit may be
}

func defaultBreaker() Breaker {
	return Breaker{
		Failures: 5, Entities: 2, Look: time.Second,
		Probes: Patience{Part: 8, Least: 10 * time.Second, Most: 5 * time.Minute},
		// An hour keeps two weeks, the longest a queue keeps anything, below 1,000 receives.
		Return: Patience{Part: 8, Least: time.Second, Most: time.Hour},
	}
}

// outage is an open circuit.
type outage struct {
	Since  time.Time `json:"since"`
	Probe  time.Time `json:"probe"`            // when the next probe is due
	Auth   bool      `json:"auth,omitempty"`   // because credentials were refused
	Prober *span     `json:"prober,omitempty"` // the probe that is under way
	Heard  time.Time `json:"heard,omitzero"`   // since when it answers searches, and no write was tried
}

// streak is how many calls in a row failed, as far as this process saw.
type streak struct {
	failures int
	entities map[string]bool
}

// health is what an answer says about the target, whatever it says about the message.
type health uint8

const (
	unasked health = iota
	well
	unwell
	locked
)

// healthOf reads a target's answer. A target that refuses or does not know something is
// well; one record that somebody else has just changed says nothing against it either. A
// refusal without a status is our connector's own, who did not ask.
func healthOf(s *handling) health {
	switch {
	case !s.asked:
		return unasked
	case s.answer == nil:
		return well
	}
	switch s.answer.Kind {
	case fault.Invalid, fault.Rejected:
		if s.answer.Status == 0 {
			return unasked
		}
		return well
	case fault.Unauthorized:
		return locked
	case fault.Throttled:
		return unwell
	case fault.Unavailable:
		if s.answer.Class == fault.Conflict {
			return well
		}
		return unwell
	case fault.Unknown:
		return unasked
	default:
		return well
	}
}

// closedUntil returns until when a message stays away, zero if it may go on: the circuit
// is closed, or its probe is due.
func (l *link) closedUntil(in Incoming, now time.Time) time.Time {
	o, p := l.stored.Outage, l.config.Policy.Breaker
	if o == nil {
		return time.Time{}
	}
	age := now.Sub(in.SentAt)
	if o.Prober != nil && now.Before(l.config.over(l.key(), o.Prober, 0)) {
		return now.Add(p.Return.Wait(age, l.config.Random))
	}
	if now.Before(o.Probe) {
		spread := min(max(age, 0)/time.Duration(max(p.Return.Part, 1)), p.Return.Most)
		return o.Probe.Add(time.Duration(l.config.Random() * float64(spread)))
	}
	return time.Time{}
}

// probe makes the message the probe of an open circuit. Of those that come at once one
// is; the others are told when to come again.
func (l *link) probe(ctx context.Context, s *handling) (time.Time, error) {
	if l.stored.Outage == nil {
		return time.Time{}, nil
	}
	mine := l.config.take(s.event.ID, l.profile.Timeout+l.config.Policy.Margin)
	won, err := l.change(ctx, func(c *connection) bool {
		if c.Outage == nil || !l.closedUntil(s.in, s.started).IsZero() {
			return false
		}
		c.Outage.Prober = mine
		return true
	})
	if err != nil && !errors.Is(err, ErrConflict) {
		return time.Time{}, err
	}
	if s.probing = won; won || err == nil && l.stored.Outage == nil {
		return time.Time{}, nil
	}
	return s.started.Add(l.config.Policy.Breaker.Return.Wait(s.started.Sub(s.in.SentAt), l.config.Random)), nil
}

// judge counts how the target answered, and opens or closes the circuit.
func (l *link) judge(ctx context.Context, s *handling) error {
	switch health := healthOf(s); {
	case health == locked:
		return l.open(ctx, s, true)
	case health == unwell && (s.probing || l.broken(s)):
		return l.open(ctx, s, false)
	case health == well && s.wrote:
		l.streak = streak{}
		if s.probing {
			return l.restore(ctx)
		}
	case health <= well && s.probing:
		return l.pass(ctx, s, health == well)
	}
	return nil
}

// pass makes way for another probe after one that tried no write; heard tells whether a
// search was answered.
func (l *link) pass(ctx context.Context, s *handling, heard bool) error {
	p, now, alone := l.config.Policy.Breaker, l.config.Now(), false
	_, err := l.change(ctx, func(c *connection) bool {
		o := c.Outage
		if o == nil {
			return false
		}
		if o.Prober = nil; heard && o.Heard.IsZero() {
			o.Heard = now
		}
		if s.asked && !heard { // an answer that nobody can make anything of
			o.Heard, o.Probe = time.Time{}, now.Add(p.Probes.Wait(now.Sub(o.Since), l.config.Random))
		}
		alone = heard && now.Sub(o.Heard) > p.unprobed()
		return true
	})
	if err == nil && alone {
		return l.restore(ctx)
	}
	return err
}

// unprobed is how long after a probe was due nobody is left who could make it: whoever
// waits comes again sooner.
func (b Breaker) unprobed() time.Duration { return b.Return.Most + b.Probes.Most }

// broken counts a failure and reports whether that is one too many.
func (l *link) broken(s *handling) bool {
	p := l.config.Policy.Breaker
	if l.streak.entities == nil {
		l.streak.entities = map[string]bool{}
	}
	if len(l.streak.entities) < p.Entities {
		l.streak.entities[s.event.Key().String()] = true
	}
	l.streak.failures++
	return p.Failures > 0 && l.streak.failures >= p.Failures && len(l.streak.entities) >= p.Entities
}

// open opens the circuit, or keeps it open after a probe. Only the first to open it, or
// to find another cause, has the ledger told.
func (l *link) open(ctx context.Context, s *handling, auth bool) error {
	now := l.config.Now()
	_, err := l.change(ctx, func(c *connection) bool {
		o := c.Outage
		if o != nil && !s.probing && o.Auth == auth {
			return false
		}
		switch fresh := o == nil || o.Auth != auth; {
		case fresh && auth:
			l.note(c, AuthExpired, "its credentials are refused; messages wait until they are renewed", s.answer)
		case fresh:
			l.note(c, Degraded, "it fails again and again; messages wait", s.answer)
		}
		if o == nil {
			o = &outage{Since: now}
		}
		o.Auth, o.Prober, o.Heard, o.Probe = auth, nil, time.Time{}, now.Add(l.nextProbe(s.answer, now.Sub(o.Since)))
		c.Outage = o
		return true
	})
	l.streak = streak{}
	return err
}

// nextProbe returns how long to leave the target alone, never less than it asked for.
func (l *link) nextProbe(f *fault.Error, age time.Duration) time.Duration {
	p := l.config.Policy
	wait := max(p.Breaker.Probes.Wait(age, l.config.Random), f.After)
	if f.Kind == fault.Unauthorized {
		return max(wait, p.Backoff.Unauthorized)
	}
	return wait
}

// restore closes the circuit.
func (l *link) restore(ctx context.Context) error {
	now := l.config.Now()
	_, err := l.change(ctx, func(c *connection) bool {
		if c.Outage == nil {
			return false
		}
		l.note(c, Restored, "it answers again, after "+now.Sub(c.Outage.Since).Round(time.Second).String(), nil)
		c.Outage = nil
		return true
	})
	return err
}
