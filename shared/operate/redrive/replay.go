package redrive

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/redact"
	"causeway.example/shared/routes"
)

// Replay selects archived deliveries, and the route that gets their events.
type Replay struct {
	Source connector.Source // translates; of the route's system
	Route  string           // the one route that gets them
	From   time.Time
	To     time.Time
	Type   string // pattern of event types, such as "order.*"; "" for all of the route
	Entity string // "order/5001"; "" for all
	Limit  int    // events; 0: no limit
}

// Replayed is the result of a replay.
type Replayed struct {
	Deliveries int `json:"deliveries"` // read from the archive, each once
	Events     int `json:"events"`     // for the route, each once
	Failed     int `json:"failed"`     // deliveries that cannot be translated
	Skipped    int `json:"skipped"`    // deliveries without an event
	Sent       int `json:"sent"`
	// FirstFailure is the error of the first delivery that cannot be translated.
	FirstFailure string `json:"first_failure,omitempty"`
}

// Again translates archived deliveries with the working translation and calls visit with
// each event of the route, once, and its delivery. It sends nothing.
func (o *Operator) Again(ctx context.Context, r Replay, visit func(*message.Message, *message.Raw) error) (found Replayed, err error) {
	route, err := o.checkReplay(r)
	if err != nil {
		return found, err
	}
	deliveries, events := map[string]bool{}, map[string]bool{}
	for raw, err := range o.Archive.Archived(ctx, route.From, r.From, r.To) {
		if err != nil {
			return found, err
		}
		if deliveries[raw.ID] {
			continue
		}
		deliveries[raw.ID] = true
		found.Deliveries++
		for _, m := range found.take(ctx, r, raw) {
			if events[m.ID] || !r.wants(route, m) {
				continue
			}
			events[m.ID] = true
			found.Events++
			if err := visit(m, raw); err != nil {
				return found, err
			}
			if found.Events == r.Limit {
				return found, nil
			}
		}
	}
	return found, nil
}

// checkReplay returns the route of the replay, or an error if it cannot be made.
func (o *Operator) checkReplay(r Replay) (routes.Route, error) {
	route, ok := o.Route(r.Route)
	switch {
	case !ok:
		return route, fault.New(fault.Rejected, fault.MissingRef, "replaying", "there is no route "+r.Route)
	case o.Archive == nil || r.Source == nil:
		return route, fault.New(fault.Rejected, fault.Config, "replaying", "there is no archive of "+route.From+", or no translation of its deliveries")
	}
	return route, nil
}

// take translates a delivery and counts the result.
func (f *Replayed) take(ctx context.Context, r Replay, raw *message.Raw) []*message.Message {
	messages, failure := Translate(ctx, r.Source, raw)
	switch {
	case failure != nil:
		if f.Failed++; f.FirstFailure == "" {
			f.FirstFailure = redact.Emails(failure.Error())
		}
	case len(messages) == 0:
		f.Skipped++
	}
	return messages
}

// wants reports whether the route gets the event and the replay selects it.
func (r Replay) wants(route routes.Route, m *message.Message) bool {
	fits, err := path.Match(r.Type, m.Type)
	return slices.Contains(route.Types, m.Type) && (r.Type == "" || fits && err == nil) && (r.Entity == "" || r.Entity == m.Subject)
}

// Translate returns the messages that the pipeline would publish for a delivery.
func Translate(ctx context.Context, source connector.Source, raw *message.Raw) ([]*message.Message, error) {
	meaning, err := source.Translate(ctx, raw)
	if err != nil {
		return nil, err
	}
	var messages []*message.Message
	for _, event := range meaning.Events {
		state, err := entity.StateOf(event, raw.Trigger == message.Poll, raw.ReceivedAt)
		if err != nil {
			return nil, err
		}
		messages = append(messages, state.Message(event, raw))
	}
	return messages, nil
}

// Send replays to the route. Events keep their ids, so that the target's worker skips those
// that are confirmed and supersedes older ones. They travel in the backfill lane.
func (o *Operator) Send(ctx context.Context, r Replay, reason string) (Replayed, error) {
	id := o.newID("r")
	sent := 0
	found, err := o.Again(ctx, r, func(m *message.Message, raw *message.Raw) error {
		m.Lane = message.Backfill
		var err error
		if m.Claim, err = port.CheckIn(ctx, o.Vault, m.Body); err != nil {
			return err
		}
		if m.Claim != nil {
			m.Body = nil
		}
		body, err := m.Encode()
		if err != nil {
			return err
		}
		e := port.Entry{
			ID: message.DeriveID(id, m.ID), At: o.Now().UTC(), Stage: operate.Redriven, Function: "operator", Trace: m.CorrelationID, Event: m.ID,
			Causation: raw.ID, Entity: m.Key(), Version: m.Sequence, Type: m.Type, Route: r.Route,
			Outcome: fmt.Sprintf("replayed from the archive by %s: %s (%s)", o.Who, reason, id),
		}
		if err := o.Ledger.Append(ctx, e); err != nil {
			return err
		}
		if err := o.Sender.Send(ctx, r.Route, []port.Outgoing{{Body: body, Group: m.Tenant, Attributes: map[string]string{port.AttrTrace: m.CorrelationID, port.AttrEvent: m.ID}}}); err != nil {
			return err
		}
		sent++
		return o.Sleep(ctx, time.Second/defaultRate/5)
	})
	found.Sent = sent
	return found, err
}
