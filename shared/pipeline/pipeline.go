package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// Config is what a pipeline needs. All fields but Filters, Skip, Worker, Gone and OnAlarm are
// required.
type Config struct {
	port.Runtime
	Systems   map[string]connector.System // by name: those that this process translates from and delivers to
	Retry     retry.Policy
	Admission admission.Policy
	// Filters says per filter name whether it applies; a name that is missing has the
	// filter's own default.
	Filters map[string]bool
	// Skip applies the installation's own rules to a message of a route; nil: there are none.
	Skip connector.Skip
	// Worker names this process among all that share the State; no two may have one name
	// at once. A name is drawn if it is "".
	Worker string
	// Gone reports whether another worker is known to have ended, so that what it held is
	// free at once; nil if that cannot be known.
	Gone func(worker string) bool
	// OnAlarm is called with the name of a metric whenever something happens that an
	// operator must know of (the Alarm constants); nil: it is not called.
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
		problems = append(problems, errors.New("field Systems is missing"))
	}
	if config.Retry == (retry.Policy{}) {
		problems = append(problems, errors.New("field Retry is missing"))
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
	return &Translator{Pipeline: p, system: s, inbox: routes.Inbox(system), function: system + "-" + string(connector.Translate)}, nil
}

// Deliverer returns the handler of the route's queue.
func (p *Pipeline) Deliverer(route routes.Route) (*Deliverer, error) {
	s, known := p.Systems[route.To]
	if !known || s.Target == nil {
		return nil, fmt.Errorf("delivering to %s: the pipeline has no such target", route.To)
	}
	d := &Deliverer{
		Pipeline: p, system: s, route: route.Name(), function: route.To + "-" + string(connector.Deliver), admission: p.targets[route.To],
		takes: map[string]bool{},
	}
	for name := range s.Profile.Operations {
		kind, _ := canonical.TypeNamed(name)
		entity, _, _ := strings.Cut(kind.Schema, "/")
		d.takes[entity] = true
	}
	for _, f := range route.Filters {
		if on, set := p.Filters[f.Name]; on || !set && f.Default {
			d.filters = append(d.filters, f)
		}
	}
	return d, nil
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

var (
	_ port.Handler = (*Translator)(nil)
	_ port.Handler = (*Deliverer)(nil)
)
