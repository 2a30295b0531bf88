package sim

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Effect is one change of the target's state, in the order in which they took place.
type Effect struct {
	At       time.Time
	Entity   string
	Event    string
	Version  message.Sequence
	N        int              // number of the fact that was written
	Content  string           // what a reader sees
	Document int              // which record was written: a second one for the same event is a duplicate
	Over     message.Sequence // newest version that was confirmed before
	number   int              // of all effects
	Late     bool             // it landed after its request was given up
}

// target is the ERP. It keeps its own guarantee honestly and remembers every effect:
// the checker reads this, never what we say about it.
type target struct {
	guarantee connector.Guarantee
	world     *world
	lag       time.Duration // of the search
	limit     int           // calls at once
	busy      int           // calls under way whose callers live
	meter     meter
	few       few
	effects   []Effect
	current   map[string]Effect // by entity: what a reader of the ERP sees
	documents int
	calls     []Call
	claims    []Call                      // entities that a worker meant to write, and when
	confirmed map[string]message.Sequence // newest version per entity that our ledger calls confirmed
}

// Call is one request at the target and when it came in.
type Call struct {
	At     time.Time
	Entity string
	Event  string
	Fate   string
}

func newTarget(w *world, g connector.Guarantee) *target {
	return &target{guarantee: g, world: w, current: map[string]Effect{}, confirmed: map[string]message.Sequence{}}
}

// hear notes a request, and that one which was asked to wait did wait.
func (t *target) hear(p *process, m *message.Message, f fate) {
	event := m.ID
	t.calls = append(t.calls, Call{p.now, nameOf(m.Subject, m.Type), event, f.name})
	if wanted := t.world.quiet.until(p); p.now.Before(wanted) {
		t.world.breaks(event, "the target asked not to be called about it before +%s, and was at +%s", wanted.Sub(epoch), p.now.Sub(epoch))
	}
	if wrong := t.meter.call(p.now); wrong != "" && len(t.world.skews) == 0 { // a rate is told by clocks
		t.world.breaks(event, "%s", wrong)
	}
}

// enter counts a call and that there are no more than the target takes, until the
// returned function is called.
func (t *target) enter(event string) (leave func()) {
	if t.busy++; t.busy > t.limit {
		t.world.breaks(event, "%d calls at once at a target that takes %d", t.busy, t.limit)
	}
	if t.few.tooMany(t.busy, t.limit, t.world.now) && len(t.world.skews) == 0 {
		t.world.breaks(event, "%d calls at once at a target that takes %d and has just refused one as too many", t.busy, t.limit)
	}
	return func() { t.busy-- }
}

// remember notes what the ledger calls confirmed, so that each effect knows whether a
// newer version was.
func (t *target) remember(entries []port.Entry) {
	for _, e := range entries {
		if e.Stage == port.Confirmed {
			entity := entityOf(e)
			t.confirmed[entity] = max(t.confirmed[entity], e.Version)
		}
	}
}

// apply makes the effect of a request, as the target's guarantee has it. A refusal is
// an answer too: it comes back as an error.
func (t *target) apply(d connector.Delivery, expected string, late bool) (Effect, error) {
	entity := nameOf(d.Message.Subject, d.Message.Type)
	e := Effect{
		At: t.world.now, Entity: entity, Event: d.Message.ID, Version: d.Message.Sequence, N: numberOf(d.Message),
		Content: contentOf(d.Body), Over: t.confirmed[entity], Late: late,
	}
	before := t.current[entity]
	switch t.guarantee {
	case connector.ExternalID:
		e.Document = before.Document
	case connector.CompareAndSet:
		if before.tag() != expected {
			return before, conflicting(d, before)
		}
		e.Document = before.Document
	}
	if d.Ref != "" && t.guarantee == connector.Search { // elsewhere our own id names the document
		e.Document, _ = strconv.Atoi(d.Ref)
	}
	if e.Document == 0 {
		t.documents++
		e.Document = t.documents
	}
	e.number = len(t.effects) + 1
	t.current[entity] = e
	t.effects = append(t.effects, e)
	return e, nil
}

// conflicting is the refusal of a write that expected something else.
func conflicting(d connector.Delivery, held Effect) error {
	f := &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Status: 412, Doing: "writing to the ERP", Detail: "it holds something else"}
	if held.Version > d.Message.Sequence {
		f.Class, f.Detail = fault.Stale, "it holds a newer version"
	}
	return f
}

// tag is what the target calls this state of the entity, "" for none.
func (e Effect) tag() string {
	if e.number == 0 {
		return ""
	}
	return "tag-" + strconv.Itoa(e.number)
}

func (e Effect) ref() string { return strconv.Itoa(e.Document) }

// client is the ERP's connector in the hands of one process.
type client struct {
	target *target
	p      *process
}

// Deliver implements connector.Target. Everything that can go wrong between a caller
// and a machine far away goes wrong here.
func (c client) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	w := c.target.world
	w.panics(c.p, opDeliver, d.Message.Subject)
	c.p.wrote = true
	defer c.target.enter(d.Message.ID)()
	expected, done, err := c.read(d)
	if done != nil || err != nil {
		return *cmp.Or(done, &connector.Receipt{}), err
	}
	f := w.fate(call{
		p: c.p, op: opDeliver, name: d.Message.Subject, kind: d.Message.Type, event: d.Message.ID, attempt: d.Attempt, number: numberOf(d.Message),
	})
	c.p.sleep(w.between(5*time.Millisecond, 400*time.Millisecond))
	w.die(c.p, f, before)
	c.target.hear(c.p, d.Message, f)
	switch {
	case f.hang:
		return connector.Receipt{}, c.hang(d, expected, f)
	case f.err != nil && !f.applied:
		c.p.sleep(f.slow)
		c.p.named = c.p.now.Add(f.quiet)
		c.p.hears(f.err)
		return connector.Receipt{}, f.err
	}
	return c.write(d, expected, f)
}

// read asks the target what it holds, where the write has to name that and we do not
// know it. What is there already is done.
func (c client) read(d connector.Delivery) (expected string, done *connector.Receipt, err error) {
	t := c.target
	release := d.Message.Type == canonical.OrderReleased // a record of its own beside the order
	if t.guarantee != connector.CompareAndSet || d.Expected != "" && !release {
		return d.Expected, nil, nil
	}
	c.p.sleep(t.world.between(5*time.Millisecond, 100*time.Millisecond))
	held := t.current[nameOf(d.Message.Subject, d.Message.Type)]
	switch {
	case held.Version > d.Message.Sequence:
		return "", nil, conflicting(d, held)
	case held.Event == d.Message.ID && held.Version == d.Message.Sequence:
		return "", &connector.Receipt{Ref: held.ref(), Version: held.tag(), Detail: "it is there already"}, nil
	}
	return held.tag(), nil, nil
}

// write is a request that reaches the target.
func (c client) write(d connector.Delivery, expected string, f fate) (connector.Receipt, error) {
	w := c.target.world
	c.p.sleep(f.slow)
	e, err := c.target.apply(d, expected, false)
	w.note(c.p, "effect", describe(e, err))
	w.die(c.p, f, after)
	c.p.sleep(w.between(5*time.Millisecond, 100*time.Millisecond))
	if f.err != nil {
		return connector.Receipt{}, f.err
	}
	pause := c.target.meter.pause(c.p.now)
	if err == nil && pause > 0 && len(w.skews) == 0 {
		c.p.paused = c.p.now.Add(pause)
	}
	return connector.Receipt{Ref: e.ref(), Version: e.tag(), Detail: "written", Pause: pause}, err
}

// hang is a request that gets no answer before its caller gives up. It may take effect
// at any time until Linger after that.
func (c client) hang(d connector.Delivery, expected string, f fate) error {
	w, t := c.target.world, c.target
	if f.applied {
		w.after(f.slow, func() {
			e, err := t.apply(d, expected, true)
			w.note(nil, "effect", "late: "+describe(e, err))
		})
	}
	c.p.sleep(timeout)
	w.die(c.p, f, after)
	return ambiguous("no answer")
}

// Find implements connector.Target: a search that does not see the newest writes.
func (c client) Find(_ context.Context, k message.Key) (string, error) {
	w, t := c.target.world, c.target
	f := w.fate(call{p: c.p, op: opFind, name: k.Type + "/" + k.ID})
	c.p.sleep(w.between(5*time.Millisecond, 100*time.Millisecond))
	w.die(c.p, f, before)
	if f.err != nil {
		c.p.hears(f.err)
		return "", f.err
	}
	for _, e := range t.effects {
		if strings.TrimSuffix(e.Entity, released) == k.Type+"/"+k.ID && !e.At.Add(t.lag).After(c.p.now) {
			return e.ref(), nil
		}
	}
	return "", nil
}

func describe(e Effect, err error) string {
	if err != nil {
		return "refused: " + err.Error()
	}
	return fmt.Sprintf("%s v%d %q by %s in document %s", e.Entity, e.N, e.Content, e.Event[:6], e.ref())
}

// The failures as connectors classify them.

func ambiguous(detail string) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Code: "no_answer", Doing: "writing to the ERP", Detail: detail}
}

func unavailable(status int) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Status: status, Doing: "writing to the ERP", Detail: "the server failed"}
}

func unconnected(detail string) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Connection, Doing: "connecting to the ERP", Detail: detail}
}

func throttled(wait time.Duration) error {
	return &fault.Error{Kind: fault.Throttled, Class: fault.RateLimit, Status: 429, After: wait, Doing: "writing to the ERP", Detail: "too many requests"}
}

func unauthorized(status int) error {
	return &fault.Error{Kind: fault.Unauthorized, Class: fault.Auth, Status: status, Doing: "writing to the ERP", Detail: "credentials refused"}
}

func rejected(field string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Status: 400, Code: "invalid", Field: field, Doing: "writing to the ERP", Detail: "a value that no rule allows"}
}
