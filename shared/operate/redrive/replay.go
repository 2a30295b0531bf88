package redrive

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
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

	// Of the events: what the target has of their entities by its record.
	There   int      `json:"there"`             // the same content: the target skips them
	Newer   int      `json:"newer"`             // a newer version: the target supersedes them
	Missing int      `json:"missing"`           // nothing, or an older version: the target gets them
	Differ  int      `json:"differ"`            // other content of the same version: the target gets them
	Changes []Differ `json:"changes,omitempty"` // the first of these

	// FirstFailure is the error of the first delivery that cannot be translated.
	FirstFailure string `json:"first_failure,omitempty"`
}

// Differ is an entity whose archived delivery means something else now than when the target
// confirmed it.
type Differ struct {
	Entity  message.Key      `json:"entity"`
	Title   string           `json:"title"`
	Event   string           `json:"event_id"`
	Version message.Sequence `json:"entity_version"`
}

// mostDiffer is how many of them are listed.
const mostDiffer = 50

// Preview says what Send would do, and sends nothing.
func (o *Operator) Preview(ctx context.Context, r Replay) (found Replayed, err error) {
	told := Replayed{}
	found, err = o.Again(ctx, r, func(m *message.Message, _ *message.Raw) error { return o.compare(ctx, r, m, &told) })
	told.tally(&found)
	return found, err
}

// tally copies what was counted per event.
func (f *Replayed) tally(to *Replayed) {
	to.There, to.Newer, to.Missing, to.Differ, to.Changes, to.Sent = f.There, f.Newer, f.Missing, f.Differ, f.Changes, f.Sent
}

// replayed marks the version of an event that differs from what the target confirmed under the
// same version: newer than that, and older than the source's next one.
const replayed = "+replayed"

// compare counts how the event compares with what its target has. An event that differs is
// given a version by which the target takes it.
func (o *Operator) compare(ctx context.Context, r Replay, m *message.Message, found *Replayed) error {
	route, _ := o.Route(r.Route)
	record, err := entity.Load(ctx, o.State, route.To, m.Key(), false)
	if err != nil {
		return err
	}
	kind, _ := canonical.TypeNamed(m.Type)
	c := record.Confirmed
	switch {
	case kind.Once && slices.Contains(record.Facts, m.Type), c != nil && c.Hash == port.Digest(m.Body) && c.Version >= m.Sequence:
		found.There++
	case kind.Once || c == nil || c.Version < m.Sequence:
		found.Missing++
	case c.Version != m.Sequence && !strings.HasPrefix(string(c.Version), string(m.Sequence)+replayed):
		found.Newer++
	default:
		if found.Differ++; found.Differ <= mostDiffer {
			title := operate.Title(m.Key(), "")
			found.Changes = append(found.Changes, Differ{Entity: m.Key(), Title: title, Event: m.ID, Version: m.Sequence})
		}
		m.Sequence = c.Version + replayed
	}
	return nil
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
// that are confirmed and supersedes older ones. One that differs from what the target
// confirmed of the same version, because the translation was corrected, replaces it. They
// travel in the backfill lane.
func (o *Operator) Send(ctx context.Context, r Replay, reason string) (Replayed, error) {
	id := o.newID("r")
	told := Replayed{}
	found, err := o.Again(ctx, r, func(m *message.Message, raw *message.Raw) error {
		m.Lane = message.Backfill
		err := o.compare(ctx, r, m, &told)
		if err != nil {
			return err
		}
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
		told.Sent++
		return o.Sleep(ctx, time.Second/defaultRate/5)
	})
	told.tally(&found)
	return found, err
}
