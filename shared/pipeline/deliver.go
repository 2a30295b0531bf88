package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"causeway/shared/admission"
	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/entity"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/routes"
)

// Deliverer writes the messages of one route into its target.
type Deliverer struct {
	*Pipeline
	system    connector.System // the target
	route     routes.Route
	admission *admission.Target
}

// Handle takes one message of the route's queue to the target. After an error nothing was
// decided: a port failed, and the message stays in the queue.
func (d *Deliverer) Handle(ctx context.Context, in port.Incoming) (Decision, error) {
	decision, err := d.handle(ctx, in)
	return d.requeueBeforeExpiry(ctx, in, decision, err)
}

func (d *Deliverer) handle(ctx context.Context, in port.Incoming) (Decision, error) {
	gate, err := d.admission.Gate(ctx, in.SentAt)
	if err != nil || !gate.Until.IsZero() {
		return later(gate.Until), err
	}
	if in, err = d.unwrap(ctx, in); err != nil {
		return Decision{}, err
	}
	m, err := message.Decode(in.Body)
	if err == nil {
		err = missingName(m)
	}
	if err != nil {
		return d.unreadable(ctx, in, err, d.system.Profile, connector.Deliver)
	}
	a := &attempt{
		Pipeline: d.Pipeline, profile: d.system.Profile, role: connector.Deliver, in: in, route: d.route.Name(),
		event: m, operation: d.system.Profile.Operations[m.Type], outage: gate.Outage,
	}
	kind, _ := canonical.TypeNamed(m.Type)
	a.state = entity.State{Type: m.Type, Version: m.Sequence, Once: kind.Once}
	if a.record, err = entity.Load(ctx, d.State, d.system.Profile.Name, m.Key()); err != nil {
		return Decision{}, err
	}
	body, err := port.CheckOut(ctx, d.Vault, m.Body, m.Claim)
	switch f := fault.As(err); {
	case f == nil:
		a.state.Hash = port.Digest(body)
	case f.Kind == fault.Unavailable:
		return Decision{}, err
	default: // the body is gone or damaged
		return a.run(ctx, &delivery{attempt: a, by: d, broken: f})
	}
	return a.run(ctx, &delivery{attempt: a, by: d, body: body})
}

// missingName returns an error for a message that names no event or no entity: our own
// messages always do.
func missingName(m *message.Message) error {
	if m.ID == "" || m.Key().ID == "" {
		return errors.New("the message has no id or no subject")
	}
	return nil
}

// delivery is the work of an attempt at one message of a route.
type delivery struct {
	*attempt
	by      *Deliverer
	body    json.RawMessage
	broken  *fault.Error      // the body cannot be had
	parents map[string]string // message.Key.String() of each parent -> the target's id
	last    admission.Answer  // to the last call of the target
}

var _ work = (*delivery)(nil)

// enter implements work.
func (w *delivery) enter(ctx context.Context) (*admission.Passage, time.Time, error) {
	if w.broken != nil {
		return nil, time.Time{}, nil
	}
	return w.by.admission.Enter(ctx, admission.Call{
		Event: w.event.ID, Entity: w.event.Key().String(), Operation: w.operation.Name, Lane: w.event.Lane, SentAt: w.in.SentAt,
	})
}

// answer implements work.
func (w *delivery) answer() admission.Answer { return w.last }

// filter implements work: it returns the ending of the first filter of the route that
// applies and matches. A body that cannot be matched is an error: it must not slip through.
func (w *delivery) filter() (ending, error) {
	if w.broken != nil || !slices.ContainsFunc(w.by.route.Filters, w.applies) {
		return ending{}, nil
	}
	whole := *w.event
	whole.Body, whole.Claim = w.body, nil // filters see the body inline
	event, err := whole.Event()
	if err != nil {
		return ending{}, err
	}
	tree, err := routes.DecodeEvent(event)
	if err != nil {
		return ending{}, fault.Doing("filtering "+w.event.ID+" for "+w.route, err)
	}
	for _, f := range w.by.route.Filters {
		if w.applies(f) && f.Pattern.MatchTree(tree) {
			return ending{stage: port.Skipped, why: f.Reason, keep: keepSkip, final: f.Final}, nil
		}
	}
	return ending{}, nil
}

func (w *delivery) applies(f routes.Filter) bool {
	if on, set := w.Filters[f.Name]; set {
		return on
	}
	return f.Default
}

// prepare implements work: it finds the target's ids of everything that the message depends
// on. A message whose parent a filter took out of the route for good is skipped with it.
func (w *delivery) prepare(ctx context.Context) (ending, *entity.Record, error) {
	if w.broken != nil {
		return ending{}, nil, w.broken
	}
	w.parents = make(map[string]string, len(w.event.Parents))
	for _, key := range w.event.Parents {
		parent, err := entity.Load(ctx, w.State, w.profile.Name, key)
		if err != nil {
			return ending{}, nil, err
		}
		if s := parent.Skipped; s != nil && s.Final && parent.Untouched() && !w.record.Open(w.event.ID) {
			return ending{stage: port.Skipped, why: "its " + key.Type + " was skipped: " + s.Reason, keep: keepSkip, final: true}, nil, nil
		}
		ref, err := w.refOf(ctx, parent, key)
		if err != nil {
			return ending{}, parent, err
		}
		w.parents[key.String()] = ref
	}
	return ending{}, nil, nil
}

// Codes of a message that waits for an entity that it depends on.
const (
	ParentMissing = "parent_missing" // it did not reach the target yet
	ParentDead    = "parent_dead"    // its event is in the dead-letter queue
)

// refOf returns the target's id of an entity: from its record, else from the target itself,
// which also knows what was written before our memory began. The target is not asked at
// once: mostly the entity is on its way, and a call is dear.
func (w *delivery) refOf(ctx context.Context, r *entity.Record, key message.Key) (string, error) {
	if r.Ref != "" {
		return r.Ref, nil
	}
	waited := w.record.Attempt(w.event.ID).Spent[fault.NotReady.String()].Times > 0
	if waited || r.Present() {
		ref, err := w.find(ctx, key)
		if err != nil || ref != "" || r.Present() {
			return ref, fault.Doing("looking for "+key.String()+" at "+w.profile.Name, err)
		}
	}
	missing := &fault.Error{
		Kind: fault.NotReady, Class: fault.MissingRef, Code: ParentMissing, Field: key.Type, Doing: w.doing(),
		Detail: key.Type + " " + key.ID + " did not reach " + w.profile.Name + " yet",
	}
	if r.Letters() {
		missing.Code = ParentDead
		missing.Detail = key.Type + " " + key.ID + " has a dead letter; redrive it, or correct it at the source"
	}
	return "", missing
}

// effect implements work: it has the algorithm of the operation's guarantee make the effect.
func (w *delivery) effect(ctx context.Context) (ending, error) {
	algorithm, known := algorithms[w.operation.Guarantee]
	if !known {
		return ending{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "route " + w.route, Doing: w.doing(),
			Detail: w.profile.Name + " has no operation for " + w.event.Type,
		}
	}
	decoded, err := canonical.Decode(w.event.Type, w.body)
	if err != nil {
		return ending{}, entity.Invalid("reading the body of "+w.event.ID, err)
	}
	t := w.record.Attempt(w.event.ID)
	receipt, err := algorithm(ctx, w, connector.Delivery{
		Message: w.event, Body: decoded, Ref: w.record.Ref, Parents: w.parents, Attempt: t.Count,
		Key: keyOf(w.profile.Name, w.event.ID, t.KeysSpent),
	})
	sent := w.entry(w.event, port.Sent)
	sent.Took = w.Now().Sub(w.began)
	if err == nil {
		sent.Outcome, sent.TargetRef = w.operation.Name+": "+receipt.Detail, receipt.Ref
		return ending{
			stage: port.Confirmed, why: w.operation.Name, keep: keepState, ref: receipt.Ref, tag: receipt.Version, trace: []port.Entry{sent},
		}, nil
	}
	f := fault.As(fault.Doing(w.doing(), err))
	if w.operation.Guarantee == connector.CompareAndSet && f.Class == fault.Stale && f.Kind == fault.Rejected {
		sent.Error = port.NewEntryError(w.route, f)
		sent.Outcome = sent.Error.Message
		return ending{stage: port.Superseded, why: "the target has a newer version", keep: keepEnd, ref: w.record.Ref, trace: []port.Entry{sent}}, nil
	}
	return ending{}, f
}
