package local

import (
	"context"
	"fmt"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// branch is a route with its pattern compiled.
type branch struct {
	name    string
	queue   string
	pattern *routes.Pattern
}

func newBranches(table []routes.Route) []branch {
	branches := make([]branch, len(table))
	for i, route := range table {
		branches[i] = branch{name: route.Name(), queue: route.Queue(), pattern: route.Pattern()}
	}
	return branches
}

// Publish implements port.Bus. One transaction puts all messages in all matching queues
// and records it in the ledger; after an error none is published. A message that no route
// matches is recorded as skipped.
func (s *Store) Publish(ctx context.Context, messages []*message.Message) error {
	doing := fmt.Sprintf("publishing %d messages", len(messages))
	if len(messages) == 0 {
		return nil
	}
	publications := make([]publication, len(messages))
	for i, m := range messages {
		var err error
		if publications[i], err = s.publication(m); err != nil {
			return fault.Doing("publishing message "+m.ID, err)
		}
	}
	err := s.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		for _, p := range publications {
			if err := s.deliver(t, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range publications {
		for _, to := range p.to {
			s.queues[to.queue].bell.ring()
		}
	}
	return nil
}

// publication is a message with where it goes.
type publication struct {
	message *message.Message
	letter  letter
	to      []branch
}

func (s *Store) publication(m *message.Message) (publication, error) {
	body, err := m.Encode()
	if err != nil {
		return publication{}, &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Detail: "the message cannot be written as JSON", Err: err}
	}
	l, err := newLetter(port.Outgoing{Body: body})
	if err != nil {
		return publication{}, err
	}
	to, err := s.match(m)
	return publication{message: m, letter: l, to: to}, err
}

// match leaves the body out of the event: a route's pattern must not depend on it,
// because a large one is stored in the vault, and decoding it would cost more than
// everything else here.
func (s *Store) match(m *message.Message) ([]branch, error) {
	envelope := *m
	envelope.Body = nil
	event, err := envelope.Event()
	if err != nil {
		return nil, err
	}
	tree, err := routes.DecodeEvent(event)
	if err != nil {
		return nil, err
	}
	var matched []branch
	for _, b := range s.branches {
		if b.pattern.MatchTree(tree) {
			matched = append(matched, b)
		}
	}
	return matched, nil
}

func (s *Store) deliver(t *sqlite.Tx, p publication) error {
	if len(p.to) == 0 {
		return s.appendEntries(t, []port.Entry{s.routing(p.message, "", port.Skipped, "no route")})
	}
	for _, to := range p.to {
		ids, err := s.insert(t, s.queues[to.queue], []letter{p.letter})
		if err != nil {
			return err
		}
		queued := s.routing(p.message, to.name, port.Queued, "queued")
		queued.Message = ids[0]
		if err := s.appendEntries(t, []port.Entry{queued}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) routing(m *message.Message, route string, stage port.Stage, outcome string) port.Entry {
	return port.Entry{
		At: s.now(), Trace: m.CorrelationID, Event: m.ID, Causation: m.CausationID,
		Entity: m.Key(), Version: m.Sequence, Type: m.Type,
		Route: route, Stage: stage, Outcome: outcome, Function: "bus", Build: s.config.Build, Message: m.ID,
	}
}
