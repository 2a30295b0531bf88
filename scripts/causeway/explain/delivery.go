package explain

import (
	"cmp"
	"context"
	"slices"

	"causeway.example/scripts/installation"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate/mapping"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/redact"
	"causeway.example/shared/routes"
)

// source returns the working translation of a system.
func (x Explainer) source(by installation.Installation, name string) (connector.Source, error) {
	system, err := x.system(by, name)
	if err != nil || system == nil {
		return nil, cmp.Or(err, missing("there is no system "+name))
	}
	opened, err := system.Open(system.Settings, system.Deps)
	if err == nil && opened.Source == nil {
		err = missing(name + " is no source")
	}
	return opened.Source, err
}

// route translates the delivery of a letter of an inbox and names the first event that has a
// route. If the working translation cannot read the delivery either, failed is true, and the
// answer shows its fields with the one at fault.
func (x Explainer) route(ctx context.Context, s *mapping.Subject) (a Answer, failed bool, err error) {
	by, err := x.open(ctx)
	if err != nil {
		return a, false, err
	}
	source, err := x.source(by, s.Raw.System)
	if err != nil {
		return a, false, err
	}
	messages, failure := redrive.Translate(ctx, source, s.Raw)
	if failure != nil {
		return x.unread(*s, failure), true, nil
	}
	for _, m := range messages {
		i := slices.IndexFunc(x.Desk.Routes, func(r routes.Route) bool { return r.From == s.Raw.System && slices.Contains(r.Types, m.Type) })
		if i >= 0 {
			s.Type, s.Entity, s.Route = m.Type, m.Key(), x.Desk.Routes[i]
			return a, false, nil
		}
	}
	return a, false, missing("the working translation makes no event for any route of delivery " + s.Event + ": a redrive would skip it")
}

// unread is the answer for a delivery that cannot be translated.
func (x Explainer) unread(s mapping.Subject, failure error) Answer {
	a := Answer{Event: s.Event, Entity: s.Entity, Title: s.Title(), Topic: s.Raw.System + " " + s.Raw.Topic, Reason: redact.Emails(failure.Error())}
	if f := fault.As(failure); f != nil {
		a.Field = f.Field
	}
	a.Explanation = mapping.Unread(s.Raw, a.Field, a.Reason, x.Show)
	return a
}

// Range is what map test shows of a time range, for one route.
type Range struct {
	Route      string `json:"route"`
	Target     string `json:"target"`
	Deliveries int    `json:"deliveries"`
	Nothing    int    `json:"nothing"` // deliveries without an event for any route
	Failed     int    `json:"failed"`  // deliveries that cannot be translated
	Failure    string `json:"first_failure,omitempty"`
	Cut        bool   `json:"cut,omitempty"` // at the limit of events
	mapping.Surveyed
}

// Range runs the working translation over the archived deliveries that the replay selects, and
// returns what the events would change at the target. Nothing is stored, and no write is sent.
// Pause is called after each event about which the target was asked.
func (x Explainer) Range(ctx context.Context, r redrive.Replay, pause func(context.Context) error) (found Range, err error) {
	route, ok := x.Desk.Route(r.Route)
	if !ok {
		return found, missing("there is no route " + r.Route)
	}
	by, err := x.open(ctx)
	if err != nil {
		return found, err
	}
	if r.Source, err = x.source(by, route.From); err != nil {
		return found, err
	}
	target, err := x.system(by, route.To)
	if err != nil || target == nil {
		return found, cmp.Or(err, missing("there is no system "+route.To))
	}
	survey, err := mapping.NewSurvey(*target)
	if err != nil {
		return found, err
	}
	replayed, err := (&redrive.Operator{Desk: x.Desk}).Again(ctx, r, func(m *message.Message, _ *message.Raw) error {
		at, err := mapping.Stand(ctx, x.Desk.State, route.To, m)
		if err != nil || !survey.Add(ctx, m, at) {
			return err
		}
		return pause(ctx)
	})
	return Range{
		Route: r.Route, Target: route.To, Deliveries: replayed.Deliveries, Nothing: replayed.Skipped, Failed: replayed.Failed, Failure: replayed.FirstFailure,
		Cut: r.Limit > 0 && replayed.Events == r.Limit, Surveyed: survey.Finish(x.Show),
	}, err
}
