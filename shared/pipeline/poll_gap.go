package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// finding is a change as it stands in the system now, held against the ledger.
type finding struct {
	change      connector.Change
	raw         *message.Raw // nil if the entity is gone
	translation connector.Translation
	entity      message.Key
	version     message.Sequence
	known       bool // something of the entity was told before
	told        bool // all of this change was
}

// read fetches what changed and translates it as the inbox would. What cannot be
// translated is handed on, for the inbox keeps it with its reason, unless somebody who was
// asked for it did not answer.
func (s *sweep) read(ctx context.Context, change connector.Change) (*finding, error) {
	f := &finding{change: change, entity: s.entity(change)}
	if change.Err != nil {
		return f, change.Err
	}
	err := s.patiently(ctx, func() (err error) {
		f.raw, err = s.System.Poller.Fetch(ctx, s.feed, change)
		return err
	})
	if err != nil || f.raw == nil {
		return f, err
	}
	f.raw.System, f.raw.ID = s.System.Profile.Name, polledID(s.System.Profile.Name, f.raw)
	err = s.patiently(ctx, func() (err error) {
		f.translation, err = s.translate(ctx, *f.raw)
		return err
	})
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Unavailable, fault.Unauthorized:
		return f, err
	}
	if ctx.Err() != nil || errors.Is(err, errPaused) {
		return f, err
	}
	return f, nil
}

func (s *sweep) entity(change connector.Change) message.Key {
	return message.Key{System: s.System.Profile.Name, Tenant: s.feed.Tenant, Type: s.feed.Entity, ID: change.ID}
}

// polledID is the same for the same content polled again, and differs from the name of
// the delivery that should have told it: what is made of the two is not the same.
func polledID(system string, raw *message.Raw) string {
	sum := sha256.Sum256(raw.Body)
	return message.DeriveID(system, raw.Tenant, raw.Topic, string(message.Poll), hex.EncodeToString(sum[:]))
}

// compare holds the change against what the ledger shows as published.
func (s *sweep) compare(ctx context.Context, f *finding) error {
	if f.raw == nil {
		f.told = true // nothing is left to tell
		return nil
	}
	entries, err := s.Config.Ledger.Find(ctx, Query{Entity: f.entity, Stage: Published})
	if err != nil {
		return port.Unavailable("looking up what was told of "+f.entity.String(), err)
	}
	told, untold := 0, 0
	for _, event := range f.translation.Events {
		switch {
		case event.Entity != f.entity:
			continue
		case s.published(entries, event):
			told++
		default:
			untold++
		}
		f.version = event.Sequence
	}
	f.known = len(entries) > 0
	f.told = f.translation.Skip != "" || told > 0 && untold == 0
	return nil
}

// translate turns a panic into an error that tells nothing of the message: it must not
// end every run at the same entity.
func (s *sweep) translate(ctx context.Context, raw message.Raw) (translation connector.Translation, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Unknown, fault.Bug, "translating "+raw.ID, "the code panicked")
		}
	}()
	raw.ReceivedAt = s.Config.Now().UTC()
	return s.System.Source.Translate(ctx, &raw)
}

// published reports whether the event, or a newer version of its entity, is on the bus.
// Equal versions are compared by content, since a source that counts in seconds gives
// two changes of one second the same. A fact of once that is older than the ledger's
// memory counts as told if anything of the entity was.
func (s *sweep) published(entries []Entry, event connector.Event) bool {
	body, err := canonical.Encode(event.Body)
	if err != nil {
		return false
	}
	if event.Once {
		id := eventID(event, body)
		old := len(entries) > 0 && event.At.Before(s.Config.Now().Add(-s.plan.Horizon))
		return old || slices.ContainsFunc(entries, func(e Entry) bool { return e.Event == id })
	}
	hash := port.Digest(body)
	return slices.ContainsFunc(entries, func(e Entry) bool {
		return e.Version > event.Sequence || e.Version == event.Sequence && e.Hashes.Canonical == hash
	})
}

// handOn makes the finding durable in the inbox, and tells it in the ledger.
func (s *sweep) handOn(ctx context.Context, f *finding) error {
	now := s.Config.Now()
	if f.change.At.Before(now.Add(-s.plan.Live)) {
		f.raw.Lane = message.Backfill
	}
	receiver := &Receiver{Config: s.Config, System: s.System}
	if err := receiver.Accept(ctx, f.raw, now); err != nil {
		return err
	}
	e := s.Config.entry(s.System.Profile, connector.Poll, Reconciled)
	e.Trace, e.Event, e.Type = f.raw.CorrelationID, f.raw.ID, TypeGap
	e.Entity, e.Version, e.Outcome = f.entity, f.version, f.words()
	return s.tell(ctx, e)
}

// words say what was found, as an operator reads it.
func (f *finding) words() string {
	text := "gap found: " + named(f.entity, f.change)
	if !f.known {
		return text + " was never told by a webhook"
	}
	return text + ": this change was never told by a webhook"
}

func named(entity message.Key, change connector.Change) string {
	text := entity.Type + " " + entity.ID
	if change.Name != "" && change.Name != entity.ID {
		text += " (" + change.Name + ")"
	}
	return text + ", changed " + change.At.UTC().Format(time.RFC3339)
}

func (s *sweep) tell(ctx context.Context, e Entry) error {
	if err := s.Config.Ledger.Append(ctx, e); err != nil {
		return port.Unavailable("writing the ledger", err)
	}
	return nil
}
