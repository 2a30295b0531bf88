package admission

import (
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// circuit is an open circuit breaker: of the whole target, or of one operation. A circuit
// that is closed is not stored.
//
//	closed ── so many failures in a row, of several entities ── open
//	closed ── credentials or a permission refused ───────────── open, auth
//	open ──── the probe is due: one message calls the target (half-open)
//	            ├── a write is accepted ─────── closed
//	            ├── a search is answered ────── open, the next message probes at once
//	            ├── the record is at fault ──── open, the next message probes at once
//	            └── no answer ───────────────── open, the next probe a little later
//
// While a circuit is open, the target sees its probes only. A target may answer searches and
// take no writes, so that a search closes nothing, until searches were answered for so
// long that a write would have been tried if one was waiting. A record that always fails must
// neither open the circuit nor, as its probe, keep it open for others. Many that fail one
// after another, and none that is accepted, are an outage in the target's own words
// (Records), which uses up the budget of none of them. The times are those
// of the worker that stored them (adopt); an error of a clock that cannot be noticed
// shifts a probe by as much, which costs waiting and no more.
type circuit struct {
	Since   time.Time   `json:"since"`
	Probe   time.Time   `json:"probe"`            // when the next probe is due
	Auth    bool        `json:"auth,omitempty"`   // credentials, or a permission, were refused
	Prober  *retry.Span `json:"prober,omitempty"` // the probe in flight
	Answers time.Time   `json:"answers,omitzero"` // since when searches are answered, without a write that failed
	Records time.Time   `json:"records,omitzero"` // since when one record after another fails; only of the whole target
}

// wholeTarget is the name of the target's own circuit; those of operations have their name.
const wholeTarget = ""

// waitFor returns until when a call has to wait for the circuits that it passes, and which
// of them are open; zero and open means that it may probe them.
func (t *Target) waitFor(c *record, call Call, now time.Time) (until time.Time, open []string) {
	for _, name := range call.circuits() {
		if circuit := c.Circuits[name]; circuit != nil {
			until, open = retry.Later(until, t.wait(circuit, call.SentAt, now)), append(open, name)
		}
	}
	return until, open
}

// wait returns until when a message has to wait for an open circuit; zero if it may go on
// because the next probe is due.
func (t *Target) wait(open *circuit, sentAt, now time.Time) time.Time {
	p, age := t.config.Policy.Breaker, now.Sub(sentAt)
	if open.Prober != nil && now.Before(t.config.Worker.Over(t.key()+"|probe", open.Prober, 0)) {
		if !open.Answers.IsZero() {
			age = min(age, now.Sub(open.Answers)) // the target answers: the next message probes at once, however old it is
		}
		return now.Add(p.Return.Wait(age, t.config.Random))
	}
	if now.Before(open.Probe) {
		spread := min(max(age, 0)/time.Duration(max(p.Return.Part, 1)), p.Return.Most)
		return open.Probe.Add(time.Duration(t.config.Random() * float64(spread)))
	}
	return time.Time{}
}

// judge opens or closes a circuit by the answer, and reports whether it changed anything.
func (t *Target) judge(c *record, name string, p *Passage, a Answer, opens map[string]streak) bool {
	found, probing := a.finding(name), c.Circuits[name] != nil && slices.Contains(p.probes, name)
	s, trips := opens[name]
	switch {
	case probing && found == fails, trips && !probing:
		return t.open(c, name, probing, a.Fault, s)
	case probing:
		t.probed(c, name, p, found)
	}
	if open := c.Circuits[name]; open != nil && trips && found == recordFails && open.Records.IsZero() {
		open.Records = t.config.Now()
	}
	return probing
}

// probed closes a circuit after its probe, or leaves it open for the next one.
func (t *Target) probed(c *record, name string, p *Passage, found finding) {
	open, now, breaker := c.Circuits[name], t.config.Now(), t.config.Policy.Breaker
	if p.probe.Same(open.Prober) {
		open.Prober = nil // another message may probe after any answer
	}
	switch found {
	case unclear:
		open.Answers, open.Probe = time.Time{}, now.Add(breaker.Probes.Wait(now.Sub(open.Since), t.config.Random))
	case recordFails:
		open.Answers, open.Probe = time.Time{}, now // it is still probed: Gate.Outage
	case answers:
		if open.Answers.IsZero() {
			open.Answers = now
		}
		if now.Sub(open.Answers) > breaker.unprobed() {
			t.close(c, name)
		}
	case accepts:
		t.close(c, name)
	}
}

// open opens a circuit, or keeps it open after a probe. Only the first worker to open it,
// or to find another cause, has it reported.
func (t *Target) open(c *record, name string, probing bool, f *fault.Error, s streak) bool {
	open, auth, now := c.Circuits[name], f.Kind == fault.Unauthorized, t.config.Now()
	if open != nil && !probing && open.Auth == auth {
		return false
	}
	next := &circuit{Since: now, Auth: auth}
	if open != nil {
		next.Since, next.Records = open.Since, open.Records
	}
	pause := t.untilProbe(f, now.Sub(next.Since))
	if open == nil || open.Auth != auth {
		stage := port.Degraded
		if auth {
			stage = port.AuthExpired
		}
		t.note(c, stage, name, t.opened(name, auth, s, pause), f)
	}
	next.Probe, c.Circuits[name] = now.Add(pause), next
	return true
}

// untilProbe returns for how long to leave the target alone, never less than it asked for.
func (t *Target) untilProbe(f *fault.Error, age time.Duration) time.Duration {
	wait := max(t.config.Policy.Breaker.Probes.Wait(age, t.config.Random), f.After)
	if f.Kind == fault.Unauthorized {
		return max(wait, t.config.Retry.Backoff.Unauthorized)
	}
	return wait
}

// close closes a circuit.
func (t *Target) close(c *record, name string) {
	t.note(c, port.Restored, name, t.closed(name, t.config.Now().Sub(c.Circuits[name].Since)), nil)
	delete(c.Circuits, name)
}
