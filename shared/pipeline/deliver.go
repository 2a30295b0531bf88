package pipeline

import (
	"cmp"
	"context"
	"errors"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Deliverer writes the messages of one route into its target.
type Deliverer struct {
	*Pipeline
	system    connector.System // the target
	route     string
	function  string
	filters   []routes.Filter // of the route, those that apply
	takes     map[string]bool // types of the entities that the target has an operation for
	admission *admission.Target
}

// Handle takes one message of the route's queue to the target. After an error nothing was
// decided: a port failed, and the message stays in the queue.
func (d *Deliverer) Handle(ctx context.Context, in port.Incoming) (port.Decision, error) {
	decision, err := d.handle(ctx, in)
	if err != nil || !decision.Done {
		return d.requeueBeforeExpiry(ctx, in, decision, err)
	}
	return decision, nil
}

func (d *Deliverer) handle(ctx context.Context, in port.Incoming) (port.Decision, error) {
	gate, err := d.admission.Gate(ctx, in.SentAt)
	if err != nil || !gate.Until.IsZero() {
		return port.Decision{Until: gate.Until}, err
	}
	if in.Attributes[port.AttrCause] != "" { // a redriven dead letter
		if in, err = d.unwrap(ctx, in); err != nil {
			return port.Decision{}, err
		}
	}
	m, err := message.Decode(in.Body)
	if err == nil && (m.ID == "" || m.Key().ID == "") {
		err = errors.New("the message has no id or no subject")
	}
	if err != nil {
		return d.unreadable(ctx, in, err, d.function)
	}
	kind, _ := canonical.TypeNamed(m.Type)
	w := &delivery{by: d, operation: d.system.Profile.Operations[m.Type]}
	w.attempt = &attempt{
		Pipeline: d.Pipeline, profile: d.system.Profile, function: d.function, in: in, route: d.route, event: m,
		doing:  "delivering " + m.Type + " " + m.Subject + " to " + d.system.Profile.Name,
		effect: cmp.Or(w.operation.Effect, m.Type), gate: gate, delivery: w, work: w.deliver,
	}
	if w.operation.Guarantee != connector.CompareAndSet { // whose target rejects what is late
		w.linger = d.system.Profile.Linger + w.operation.Lag
	}
	if w.record, err = entity.Load(ctx, d.State, d.system.Profile.Name, m.Key(), false); err != nil {
		return port.Decision{}, err
	}
	w.body, err = port.CheckOut(ctx, d.Vault, m.Body, m.Claim)
	if err != nil {
		w.broken = fault.As(err)
	}
	w.claimant = entity.Claimant{
		Event: m.ID, MessageID: in.MessageID, Guarantee: w.operation.Guarantee,
		State: entity.State{Type: m.Type, Version: m.Sequence, Once: kind.Once, Hash: port.Digest(w.body)},
	}
	return w.run(ctx)
}

// delivery is the work of an attempt at one message of a route.
type delivery struct {
	*attempt
	by        *Deliverer
	operation connector.Operation // at the target
	broken    *fault.Error        // the body is gone, damaged or out of reach
	parents   map[string]string   // message.Key.String() of each parent -> the target's id
	awaited   *entity.Record      // of the parent that is not at the target
	answer    admission.Answer    // to the last call of the target
}

// filter returns the ending of the first filter, or else of the installation's rule, that
// matches, the zero ending if none does. A body that cannot be matched is an error: it must not slip through.
func (w *delivery) filter() (ending, error) {
	if w.broken != nil {
		return ending{}, nil //nolint:nilerr // prepare fails with it
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
	for _, f := range w.by.filters {
		if f.Pattern.MatchTree(tree) {
			return ending{stage: port.Skipped, why: f.Reason, keep: keepSkip, final: f.Final}, nil
		}
	}
	if w.Skip == nil {
		return ending{}, nil
	}
	reason, final, err := w.Skip(w.event, w.body, w.profile.Name)
	if err != nil || reason == "" {
		return ending{}, err
	}
	return ending{stage: port.Skipped, why: reason, keep: keepSkip, final: final}, nil
}

// skippedWith reports whether the message is skipped with its parent, which a filter took
// out of the route for good. A message that is newer than the skipped state may belong to a
// state that the filter lets pass, and waits for that one: a payment is often looked at
// before the order of the same delivery.
func (w *delivery) skippedWith(parent *entity.Record) bool {
	s := parent.Skipped
	if s == nil || !s.Final || !parent.Untouched() || w.record.Open(w.event.ID) {
		return false
	}
	if s.Version == "" || w.event.Sequence <= s.Version {
		return true
	}
	return len(parent.Attempts) == 0 && w.Now().Sub(w.in.SentAt) > undecided
}

// undecided is how long a newer state of a parent that was skipped for good is waited for.
const undecided = time.Hour

// prepare finds the target's ids of everything that the message depends on. An entity of the
// target's own system is there, under its own id: a shipment waits for no order of the store
// that it goes back to. An entity of a type that the target does not take is not waited for: a
// warehouse gets orders and no customers.
func (w *delivery) prepare(ctx context.Context) (ending, error) {
	if w.broken != nil {
		return ending{}, w.broken
	}
	w.parents = make(map[string]string, len(w.event.Parents))
	for _, key := range w.event.Parents {
		switch {
		case key.System == w.profile.Name:
			w.parents[key.String()] = key.ID
			continue
		case !w.by.takes[key.Type]:
			continue
		}
		parent, err := entity.Load(ctx, w.State, w.profile.Name, key, false)
		if err != nil {
			return ending{}, err
		}
		if w.skippedWith(parent) {
			return ending{stage: port.Skipped, why: "its " + key.Type + " was skipped: " + parent.Skipped.Reason, keep: keepSkip, final: true}, nil
		}
		if w.parents[key.String()], err = w.refOf(ctx, parent, key); err != nil {
			w.awaited = parent
			return ending{}, err
		}
	}
	return ending{}, nil
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
		Kind: fault.NotReady, Class: fault.MissingRef, Code: ParentMissing, Field: key.Type, Doing: w.doing,
		Detail: key.Type + " " + key.ID + " did not reach " + w.profile.Name + " yet",
	}
	if r.Skipped != nil {
		missing.Detail = key.Type + " " + key.ID + " was skipped (" + r.Skipped.Reason + "), and a newer state of it may follow"
	}
	if r.Letters() {
		missing.Code = ParentDead
		missing.Detail = key.Type + " " + key.ID + " has a dead letter; redrive it, or correct it at the source: " + r.Why()
	}
	return "", missing
}

// deliver has the algorithm of the operation's guarantee make the effect.
func (w *delivery) deliver(ctx context.Context) (ending, error) {
	algorithm, known := algorithms[w.operation.Guarantee]
	if !known {
		return ending{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "route " + w.route, Doing: w.doing,
			Detail: w.profile.Name + " has no operation for " + w.event.Type,
		}
	}
	decoded, err := canonical.Decode(w.event.Type, w.body)
	if err != nil {
		return ending{}, entity.Invalid("reading the body of "+w.event.ID, err)
	}
	receipt, err := algorithm(ctx, w, connector.Delivery{
		Message: w.event, Body: decoded, Ref: w.record.Ref, Parents: w.parents, Attempt: w.record.Attempt(w.event.ID).Count,
	})
	sent := w.entry(w.event, port.Sent)
	sent.Took = w.Now().Sub(w.claimant.Since)
	if err == nil {
		sent.Outcome, sent.TargetRef = w.operation.Name+": "+receipt.Detail, receipt.Ref
		sent.Exchange, sent.Notes = w.exchange.Succeeded(), receipt.Notes
		return ending{
			stage: port.Confirmed, why: w.operation.Name, keep: keepState, ref: receipt.Ref, tag: receipt.Version, trace: []port.Entry{sent},
		}, nil
	}
	f := *fault.As(err)
	f.Doing = cmp.Or(f.Doing, w.doing)
	if w.operation.Guarantee == connector.CompareAndSet && f.Class == fault.Stale && f.Kind == fault.Rejected {
		sent.Error = port.NewEntryError(w.route, &f)
		sent.Outcome = sent.Error.Message
		return ending{stage: port.Superseded, why: "the target has a newer version", keep: keepEnd, ref: w.record.Ref, trace: []port.Entry{sent}}, nil
	}
	return ending{}, &f
}
