package pipeline

import (
	"context"
	"encoding/json"
	"slices"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/routes"
)

// Deliverer writes the messages of one route into its target.
type Deliverer struct {
	Config *Config
	System connector.System // the target
	Route  routes.Route
}

// Handle takes one message of the route's queue to the target. An error means that a
// port failed and nothing was decided: the message stays in the queue.
func (d *Deliverer) Handle(ctx context.Context, in Incoming) (Decision, error) {
	decision, err := d.handle(ctx, in)
	return d.Config.outlived(ctx, in, decision, err)
}

func (d *Deliverer) handle(ctx context.Context, in Incoming) (Decision, error) {
	link := d.link()
	until, open, err := link.gate(ctx, in)
	if err != nil || !until.IsZero() {
		return deferUntil(until), err
	}
	m, err := message.Decode(in.Body)
	if err != nil {
		doing := "reading message " + in.MessageID + " of " + in.Queue
		return d.unreadable(ctx, in, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: doing, Err: err})
	}
	s := &handling{
		Config: d.Config, profile: d.System.Profile, role: connector.Deliver, in: in, route: d.Route.Name(), event: m,
		operation: d.System.Profile.Operations[m.Type], passage: link, outage: open,
	}
	if s.record, err = load(ctx, d.Config.State, d.key(m.Key())); err != nil {
		return Decision{}, err
	}
	body, entity, err := d.open(ctx, m)
	if err != nil {
		return d.unopened(ctx, s, fault.As(err))
	}
	s.effect = effect(s.operation, m, body)
	filter, err := d.filtered(m, body)
	switch {
	case err != nil:
		return s.unfit(ctx, fault.As(fault.Doing("filtering "+m.ID+" for "+d.Route.Name(), err)))
	case filter != nil && !s.record.wrote(m):
		return d.skip(ctx, s, *filter)
	}
	var parents map[string]string
	s.ready = func(ctx context.Context) (outcome, error) {
		refs, skip, err := d.parents(ctx, s, s.operation)
		if parents = refs; skip != "" {
			return outcome{stage: Skipped, why: skip}, err
		}
		return outcome{}, err
	}
	return s.run(ctx, func(ctx context.Context) (outcome, error) { return d.deliver(ctx, s, entity, parents) })
}

// open reads the body of the message.
func (d *Deliverer) open(ctx context.Context, m *message.Message) (json.RawMessage, any, error) {
	body, err := port.CheckOut(ctx, d.Config.Vault, m.Body, m.Claim)
	if err != nil {
		return nil, nil, err
	}
	entity, err := canonical.Decode(m.Type, body)
	if err != nil {
		return nil, nil, invalid("reading the body of "+m.ID, err)
	}
	return body, entity, nil
}

// unopened ends a message whose body cannot be had or read, unless that is the vault's
// failure, after which the message stays.
func (d *Deliverer) unopened(ctx context.Context, s *handling, f *fault.Error) (Decision, error) {
	switch {
	case f.Kind != fault.Invalid && f.Kind != fault.Rejected:
		return Decision{}, f
	case s.event.Key().ID == "":
		return d.unreadable(ctx, s.in, f)
	}
	return s.unfit(ctx, f)
}

func (d *Deliverer) unreadable(ctx context.Context, in Incoming, f *fault.Error) (Decision, error) {
	return d.Config.unreadable(ctx, in, f, d.System.Profile, connector.Deliver)
}

func (d *Deliverer) key(entity message.Key) string {
	return recordKey(d.System.Profile.Name, entity)
}

// effect identifies what delivering the body would write.
func effect(operation connector.Operation, m *message.Message, body []byte) string {
	effect := operation.Effect
	if effect == "" {
		effect = m.Type
	}
	return effect + " " + port.Digest(body)
}

// filtered returns the first filter of the route that holds and matches, nil if none
// does. A body that cannot be looked at is an error: it must not slip through.
func (d *Deliverer) filtered(m *message.Message, body json.RawMessage) (*routes.Filter, error) {
	if !slices.ContainsFunc(d.Route.Filters, d.Config.holds) {
		return nil, nil
	}
	event, err := eventJSON(m, body)
	if err != nil {
		return nil, err
	}
	tree, err := routes.DecodeEvent(event)
	if err != nil {
		return nil, err
	}
	for i := range d.Route.Filters {
		if filter := &d.Route.Filters[i]; d.Config.holds(*filter) && filter.Pattern.MatchTree(tree) {
			return filter, nil
		}
	}
	return nil, nil
}

func (c *Config) holds(f routes.Filter) bool {
	if on, set := c.Filters[f.Name]; set {
		return on
	}
	return f.Default
}

// skip ends the message with the filter's reason, and remembers it for what depends
// on the entity.
func (d *Deliverer) skip(ctx context.Context, s *handling, filter routes.Filter) (Decision, error) {
	decision, _, err := s.end(ctx, Skipped, filter.Reason)
	if err != nil {
		return decision, err
	}
	s.record.skip(filter.Reason, filter.Final, s.event.Sequence)
	if !s.record.pending(s.event.ID) { // by another version of the event
		s.record.end(s.event)
	}
	if err := s.record.save(ctx, d.Config.State, d.Config.Now()); err != nil {
		return s.conflict(err)
	}
	return decision, nil
}

// patterns are the delivery algorithms, a page each, by what the target offers.
var patterns = map[connector.Guarantee]func(*Deliverer, context.Context, *handling, connector.Delivery) (connector.Receipt, error){
	connector.ExternalID:     (*Deliverer).byExternalID,
	connector.IdempotencyKey: (*Deliverer).byKey,
	connector.CompareAndSet:  (*Deliverer).byCompareAndSet,
	connector.Search:         (*Deliverer).bySearch,
	connector.None:           (*Deliverer).byNone,
}

// deliver hands the message to the target, with the ids of what it depends on.
func (d *Deliverer) deliver(ctx context.Context, s *handling, entity any, parents map[string]string) (outcome, error) {
	pattern, known := patterns[s.operation.Guarantee]
	if !known {
		return outcome{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "type", Doing: s.doing(),
			Detail: d.System.Profile.Name + " has no operation with a known guarantee for " + s.event.Type,
		}
	}
	receipt, err := pattern(d, ctx, s, connector.Delivery{
		Message: s.event, Body: entity, Ref: s.knownRef(), Parents: parents, Attempt: s.attempt,
		Key: keyOf(d.System.Profile.Name, s.event.ID, 0),
	})
	if err != nil {
		return d.refused(s, fault.As(fault.Doing(s.doing(), err)))
	}
	sent := s.entryFor(s.event, Sent)
	sent.Outcome, sent.TargetRef = s.operation.Name+": "+receipt.Detail, receipt.Ref
	s.trace = append(s.trace, sent)
	result := outcome{stage: Confirmed, why: s.operation.Name, ref: receipt.Ref, as: receipt.Version}
	if s.stands != "" && s.stands < s.event.Sequence {
		result.stage, result.why = Skipped, "the target has another version of this event"
	}
	return result, nil
}

// write makes the one call that can have an effect, and notes how it ended before
// anything else can happen to that knowledge.
func (d *Deliverer) write(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	panicked := true
	defer func() {
		if panicked {
			s.attempted(&fault.Error{Kind: fault.Unknown})
		}
	}()
	receipt, err := d.System.Target.Deliver(ctx, delivery)
	panicked = false
	s.attempted(fault.As(err))
	s.called(err)
	s.wrote = err != nil || !receipt.Linked
	s.pause = receipt.Pause
	return receipt, err
}

// refused leaves the trace of an attempt that the target did not confirm. What the
// target holds in a newer version is superseded.
func (d *Deliverer) refused(s *handling, f *fault.Error) (outcome, error) {
	e := s.entryFor(s.event, Sent)
	e.Error = port.NewEntryError(s.route, f)
	e.Outcome, e.Took = e.Error.Message, d.Config.Now().Sub(s.started)
	s.trace = append(s.trace, e)
	if s.operation.Guarantee == connector.CompareAndSet && f.Class == fault.Stale && f.Kind == fault.Rejected {
		return outcome{stage: Superseded, why: "the target holds a newer version", ref: s.knownRef()}, nil
	}
	return outcome{}, f
}

func (s *handling) doing() string {
	return "delivering " + s.event.Type + " " + s.event.Key().String() + " to " + s.profile.Name
}
