package privacy

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

const (
	batch = 100             // letters that are taken at once
	hold  = 5 * time.Minute // for which they are hidden from others
)

// eraseLetters deletes the dead letters that concern the person.
func eraseLetters(ctx context.Context, stores Stores, s Subject, bodies *pending) (erased []port.Incoming, err error) {
	for _, queue := range stores.Dead {
		ids, err := stores.lettersOf(ctx, queue, s)
		if err != nil {
			return erased, err
		}
		some, err := stores.eraseFrom(ctx, queue, ids, bodies)
		erased = append(erased, some...)
		if err != nil {
			return erased, err
		}
	}
	return erased, nil
}

// lettersOf returns the message ids of the queue's letters that concern the person. A letter
// that another process holds may be missing: the next run finds it.
func (stores Stores) lettersOf(ctx context.Context, queue Queue, s Subject) (ids []string, err error) {
	var failed error
	err = stores.Letters.Browse(ctx, queue.Name, func(in port.Incoming) bool {
		var yes bool
		if yes, failed = stores.concerns(ctx, s, in); yes {
			ids = append(ids, in.MessageID)
		}
		return failed == nil
	})
	return ids, cmp.Or(err, failed)
}

// eraseFrom deletes the letters, each after its ledger entry and the note of its body.
func (stores Stores) eraseFrom(ctx context.Context, queue Queue, ids []string, bodies *pending) (erased []port.Incoming, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	hand, err := stores.Letters.Open(ctx, queue.Name, hold)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, hand.Close(ctx)) }()
	for some := range slices.Chunk(ids, batch) {
		letters, err := hand.Take(ctx, some)
		if err != nil {
			return erased, err
		}
		done, err := stores.delete(ctx, hand, queue, letters, bodies)
		erased = append(erased, done...)
		if err != nil {
			return erased, err
		}
	}
	return erased, nil
}

func (stores Stores) delete(ctx context.Context, hand engine.Hand, queue Queue, letters []port.Incoming, bodies *pending) (erased []port.Incoming, err error) {
	for _, in := range letters {
		if err := bodies.add(ctx, in.Body); err != nil {
			return erased, err
		}
		if err := stores.Ledger.Append(ctx, stores.letter(queue, in)); err != nil {
			return erased, err
		}
		if err := hand.Delete(ctx, in); err != nil {
			return erased, err
		}
		erased = append(erased, in)
	}
	return erased, nil
}

// letter is the ledger entry of an erased letter, so that the balance of its route adds up.
func (stores Stores) letter(queue Queue, in port.Incoming) port.Entry {
	e := port.Entry{
		At: stores.Now().UTC(), Stage: port.Privacy, Type: port.TypePrivacyErased, Event: in.Attributes[port.AttrEvent], Trace: in.Attributes[port.AttrTrace],
		ID: message.DeriveID("erased", queue.Name, in.MessageID), Outcome: erasedText, Function: "privacy", Route: queue.Route,
	}
	e.Entity, _ = message.ParseKey(in.Attributes[port.AttrEntity]) // a delivery has none
	return e
}

// kept returns where the person's data may remain.
func (stores Stores) kept(ctx context.Context, s Subject) ([]Retention, error) {
	if stores.Kept == nil {
		return nil, nil
	}
	return stores.Kept(ctx, s.mentioned)
}
