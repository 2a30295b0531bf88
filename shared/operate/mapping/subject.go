package mapping

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Subject is an event that an operator asks about.
type Subject struct {
	Letter  *operate.Letter  // nil if the event is not dead
	Event   string           // id
	Type    string           // of the event; "" of a delivery that could not be translated
	Entity  message.Key      // that delivery's own if there is no event
	Name    string           // of the entity, for people
	Route   routes.Route     // to the target; zero without an event
	Message *message.Message // of the letter, with its body; nil if the event is not dead: then it is translated again
	Raw     *message.Raw     // nil if the archive does not have it
}

// Title names the entity for a person.
func (s Subject) Title() string { return operate.Title(s.Entity, s.Name) }

// Find returns the event that a text means: a dead letter's or any event's id, or what finds one
// entity (operate.Desk.Find), whose newest event is taken. An error of class missing_ref has the
// code "not_found".
func Find(ctx context.Context, d *operate.Desk, text string) (Subject, error) {
	found, err := find(ctx, d, text)
	if err != nil {
		return found, fault.Doing("looking for the event of "+text, err)
	}
	id := ""
	if found.Raw != nil {
		return found, nil
	}
	if found.Message != nil {
		id = found.Message.CausationID
	}
	found.Raw, err = delivery(ctx, d, found, id)
	return found, err
}

func find(ctx context.Context, d *operate.Desk, text string) (Subject, error) {
	if found, err := dead(ctx, d, text); err != nil || found.Letter != nil {
		return found, err
	}
	entries, err := entriesOf(ctx, d, text)
	if err != nil {
		return Subject{}, err
	}
	for _, e := range entries {
		route, ok := d.Route(e.Route)
		if e.Event == "" || !ok && (e.Route != "" || e.Stage != port.Dead && e.Stage != port.Parked) {
			continue
		}
		if found, err := dead(ctx, d, e.Event); err != nil || found.Letter != nil {
			return found, err
		}
		if !ok {
			continue // a delivery whose letter is gone
		}
		return Subject{Event: e.Event, Type: e.Type, Entity: e.Entity, Route: route}, nil
	}
	return Subject{}, notFound("there is no event of it that went to a target; causeway trace " + text + " shows what became of it")
}

// entriesOf returns the entries of the event with that id, or of the entity that the text finds, the
// newest first.
func entriesOf(ctx context.Context, d *operate.Desk, text string) ([]port.Entry, error) {
	entries, err := d.Ledger.Find(ctx, port.Query{Event: text, Newest: true, Limit: mostEntries})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		candidates, err := d.Find(ctx, text)
		switch {
		case err != nil:
			return nil, err
		case len(candidates) > 1:
			return nil, notFound("it can mean several things; causeway trace " + text + " lists them")
		case len(candidates) == 1:
			if entries, err = d.Ledger.Find(ctx, port.Query{Entity: candidates[0].Entity, Newest: true, Limit: mostEntries}); err != nil {
				return nil, err
			}
		}
	}
	return entries, nil
}

const mostEntries = 100

func notFound(detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "not_found", Detail: detail}
}

// dead returns the event of a dead letter, or the delivery of one of an inbox; without Letter if
// there is none.
func dead(ctx context.Context, d *operate.Desk, id string) (Subject, error) {
	l, in, ok, err := d.Letter(ctx, id)
	if err == nil && ok && l.Kind == operate.InboxLetter {
		return undecoded(ctx, d, l, in)
	}
	if err != nil || !ok || l.Kind != operate.RouteLetter {
		return Subject{}, err
	}
	m, err := message.Decode(in.Body)
	if err != nil {
		return Subject{}, err
	}
	if m.Body, err = port.CheckOut(ctx, d.Vault, m.Body, m.Claim); err != nil {
		return Subject{}, err
	}
	m.Claim = nil
	route, _ := d.Route(l.Queue)
	return Subject{Letter: &l, Event: m.ID, Type: m.Type, Entity: m.Key(), Name: l.Name, Route: route, Message: m}, nil
}

// undecoded returns the delivery of a letter of an inbox.
func undecoded(ctx context.Context, d *operate.Desk, l operate.Letter, in port.Incoming) (Subject, error) {
	raw, err := message.DecodeRaw(in.Body)
	if err != nil {
		return Subject{}, err
	}
	if raw.Body, err = port.CheckOut(ctx, d.Vault, raw.Body, raw.Claim); err != nil {
		return Subject{}, err
	}
	raw.Claim = nil
	return Subject{Letter: &l, Event: l.Event, Entity: l.Entity, Name: l.Name, Raw: raw}, nil
}

// delivery returns the delivery that the event was made of, from the archive of the time at
// which the ledger has it; nil if it is not there.
func delivery(ctx context.Context, d *operate.Desk, s Subject, id string) (*message.Raw, error) {
	if d.Archive == nil {
		return nil, nil
	}
	entries, err := d.Ledger.Find(ctx, port.Query{Event: s.Event, Limit: mostEntries})
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	from, to := entries[0].At, entries[0].At
	for _, e := range entries {
		id = cmp.Or(id, e.Causation)
	}
	if trace, err := d.Ledger.Find(ctx, port.Query{Event: id, Limit: mostEntries}); err != nil {
		return nil, err
	} else if len(trace) > 0 {
		from, to = trace[0].At, trace[len(trace)-1].At
	}
	for raw, err := range d.Archive.Archived(ctx, s.Entity.System, from.Add(-time.Hour), to.Add(time.Hour)) {
		if err != nil {
			return nil, err
		}
		if raw.ID == id {
			return raw, nil
		}
	}
	return nil, nil
}

// Standing is what the State has of an entity at a target.
type Standing struct {
	Ref     string            // the target's id of the entity, "" if it is not there
	Parents map[string]string // the target's ids of the parents; "0" for those that are not there
	Absent  []message.Key     // parents that are not there
	Newer   bool              // the target confirmed a newer version, or has the fact: the event would not be written
}

// Stand reads what the State has of the message's entity at the target. It writes nothing.
func Stand(ctx context.Context, state port.State, target string, m *message.Message) (Standing, error) {
	s := Standing{Parents: map[string]string{}}
	own, err := entity.Load(ctx, state, target, m.Key(), false)
	if err != nil {
		return s, err
	}
	s.Ref = own.Ref
	kind, _ := canonical.TypeNamed(m.Type)
	// A version that continues this one is this one, replayed.
	s.Newer = kind.Once && slices.Contains(own.Facts, m.Type) || own.Confirmed != nil && own.Confirmed.Version > m.Sequence && !strings.HasPrefix(string(own.Confirmed.Version), string(m.Sequence))
	for _, key := range m.Parents {
		record, err := entity.Load(ctx, state, target, key, false)
		if err != nil {
			return s, err
		}
		if s.Parents[key.String()] = record.Ref; record.Ref == "" {
			s.Parents[key.String()], s.Absent = "0", append(s.Absent, key)
		}
	}
	return s, nil
}

// Changes returns the fields in which two bodies of the event type differ, personal data masked
// unless it is to be shown.
func Changes(eventType string, before, after []byte, show bool) ([]operate.Change, error) {
	changes, err := operate.Diff(before, after)
	if err != nil || show {
		return changes, err
	}
	old, first := read([]byte(operate.MaskEvent(eventType, before)))
	now, second := read([]byte(operate.MaskEvent(eventType, after)))
	for i, c := range changes {
		if first != nil || second != nil || old.text[c.Field] != c.Before || now.text[c.Field] != c.After {
			changes[i].Before, changes[i].After = operate.Masked, operate.Masked
		}
	}
	return changes, nil
}
