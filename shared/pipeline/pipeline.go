package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway/shared/admission"
	"causeway/shared/connector"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/retry"
	"causeway/shared/routes"
)

// Config is what a pipeline needs. All fields but Filters, Worker, Gone and OnAlarm are
// required.
type Config struct {
	port.Runtime
	Systems   map[string]connector.System // by name: those that this process translates from and delivers to
	Retry     retry.Policy
	Admission admission.Policy
	// Filters says per filter name whether it applies; a name that is missing has the
	// filter's own default.
	Filters map[string]bool
	// Worker names this process among all that share the State; no two may have one name
	// at once. A name is drawn if it is "".
	Worker string
	// Gone reports whether another worker is known to have ended, so that what it held is
	// free at once; nil if that cannot be known.
	Gone func(worker string) bool
	// OnAlarm is called with the name of a metric whenever something happens that an
	// operator must hear of (the Alarm constants); nil: nobody hears.
	OnAlarm func(metric string)
}

// Metrics of what an operator must hear of, beside the ledger entry that says why.
const (
	AlarmConfig     = "config_missing"    // a message waits for a setting or map entry of ours
	AlarmClock      = "clock_ahead"       // a source's clock is ahead of ours
	AlarmDeliveryID = "delivery_conflict" // one delivery id came with two contents
)

// Pipeline is the worker that takes messages from queues through translation and
// delivery. It is safe for concurrent use.
type Pipeline struct {
	Config
	worker  *retry.Worker
	targets map[string]*admission.Target
}

// New checks the config and returns the pipeline. The error names each field that is
// missing.
func New(config Config) (*Pipeline, error) {
	problems := []error{config.Check()}
	if len(config.Systems) == 0 {
		problems = append(problems, errors.New("Systems is missing"))
	}
	if config.Retry == (retry.Policy{}) {
		problems = append(problems, errors.New("Retry is missing"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("opening the pipeline: %w", err)
	}
	if config.Worker == "" {
		drawn := time.Duration(config.Random() * float64(1<<62))
		config.Worker = message.DeriveID("worker", config.Now().String(), drawn.String())
	}
	if config.OnAlarm == nil {
		config.OnAlarm = func(string) {}
	}
	p := &Pipeline{
		Config: config, targets: map[string]*admission.Target{},
		worker: retry.NewWorker(config.Worker, config.Now, config.Retry.Skew, config.Gone),
	}
	for name, system := range config.Systems {
		if system.Target != nil {
			p.targets[name] = admission.New(admission.Config{
				Runtime: config.Runtime, Worker: p.worker, Retry: config.Retry, Policy: config.Admission,
			}, system.Profile)
		}
	}
	return p, nil
}

// Translator returns the handler of the system's inbox queues.
func (p *Pipeline) Translator(system string) (*Translator, error) {
	s, known := p.Systems[system]
	if !known || s.Source == nil {
		return nil, fmt.Errorf("translating from %s: the pipeline has no such source", system)
	}
	return &Translator{Pipeline: p, system: s}, nil
}

// Deliverer returns the handler of the route's queue.
func (p *Pipeline) Deliverer(route routes.Route) (*Deliverer, error) {
	s, known := p.Systems[route.To]
	if !known || s.Target == nil {
		return nil, fmt.Errorf("delivering to %s: the pipeline has no such target", route.To)
	}
	return &Deliverer{Pipeline: p, system: s, route: route, admission: p.targets[route.To]}, nil
}

// Rest gives permits back that this worker holds of the targets and does not use. It is
// called when nothing is in flight, as at the end of a batch: a function that is frozen
// between batches would keep its permits from others until they end.
func (p *Pipeline) Rest(ctx context.Context) error {
	var failures []error
	for _, target := range p.targets {
		failures = append(failures, target.Rest(ctx))
	}
	return errors.Join(failures...)
}

// Handler takes one message of a queue to its decision; Translator and Deliverer are the
// two. After an error nothing was decided: a port failed, and the message stays in its
// queue.
type Handler interface {
	Handle(ctx context.Context, in port.Incoming) (Decision, error)
}

var (
	_ Handler = (*Translator)(nil)
	_ Handler = (*Deliverer)(nil)
)

// Decision is what happens to a message in its queue. The zero Decision is invalid.
type Decision struct {
	kind  decisionKind
	until time.Time
}

type decisionKind uint8

const (
	undecided decisionKind = iota
	deleted
	deferred
	left
)

// done is the decision that a message's journey on this queue has ended.
func done() Decision { return Decision{kind: deleted} }

// later is the decision to go on at that time.
func later(until time.Time) Decision { return Decision{kind: deferred, until: until} }

// Done reports whether the message is to be deleted.
func (d Decision) Done() bool { return d.kind == deleted }

// Until returns when a message that is not done becomes visible again.
func (d Decision) Until() time.Time { return d.until }

// notBefore returns the decision with a message that is not done deferred until then at least.
func (d Decision) notBefore(until time.Time) Decision {
	if d.kind == deferred && d.until.Before(until) {
		d.until = until
	}
	return d
}

// Apply does to the queue what was decided: deletes the message, defers it, or leaves it
// where it was deferred already. It fails if nothing was decided.
func (d Decision) Apply(ctx context.Context, queue port.Queue, in port.Incoming) error {
	switch d.kind {
	case deleted:
		return queue.Delete(ctx, in)
	case deferred:
		return queue.Defer(ctx, in, d.until)
	case left:
		return nil
	}
	return fmt.Errorf("settling message %s of %s: no decision was made", in.MessageID, in.Queue)
}

// Settle handles one message and does to the queue what was decided. After an error the
// message stays hidden until its visibility timeout ends.
func Settle(ctx context.Context, queue port.Queue, handler Handler, in port.Incoming) error {
	decision, err := handler.Handle(ctx, in)
	if err != nil {
		return err
	}
	return decision.Apply(ctx, queue, in)
}
