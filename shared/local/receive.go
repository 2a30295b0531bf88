package local

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// Receive implements port.Queue. Messages come in the order in which they
// became visible. A receiver that waits sleeps until something is sent or becomes
// visible; each message wakes one of them. A wait that is cut short by the context
// or by Close ends with an error.
func (s *Store) Receive(ctx context.Context, name string, limit int, wait time.Duration) ([]port.Incoming, error) {
	doing := "receiving from queue " + name
	q, err := s.queue(name, doing)
	if err != nil {
		return nil, err
	}
	patience := time.NewTimer(wait)
	defer patience.Stop()
	for {
		batch, next, err := s.take(ctx, q, limit)
		if err != nil || len(batch) > 0 || wait <= 0 {
			return batch, err
		}
		if more, err := s.sleep(ctx, q, patience.C, next); !more {
			return nil, err
		}
	}
}

// take returns what is visible now and, if nothing is, how long it takes until a
// look is worth while.
func (s *Store) take(ctx context.Context, q *queue, limit int) (batch []port.Incoming, next time.Duration, err error) {
	p := pick{store: s, queue: q, limit: limit}
	err = s.writer.write(ctx, "receiving from queue "+q.name, p.run)
	if err != nil || len(p.taken) == limit {
		q.bell.ring() // there may be more, for whoever waits
	}
	if err != nil {
		return nil, 0, err
	}
	if p.moved {
		q.dead.bell.ring()
	}
	for _, row := range p.taken {
		in, err := row.incoming(q.name)
		if err != nil {
			return nil, 0, fault.Doing("reading message "+in.MessageID+" of queue "+q.name, err)
		}
		batch = append(batch, in)
	}
	return batch, p.next, nil
}

// pick is one receive inside its transaction.
type pick struct {
	store *Store
	queue *queue
	limit int
	taken []parcel
	moved bool
	next  time.Duration
}

// parcel is a row of a queue with its body.
type parcel struct {
	receipt
	sentAt     int64
	data       []byte
	attributes string
}

func (p parcel) incoming(queue string) (port.Incoming, error) {
	in := port.Incoming{
		Queue: queue, Handle: p.receipt.String(), MessageID: strconv.FormatInt(p.id, 10),
		Body: p.data, ReceiveCount: int(p.receives), SentAt: fromNanos(p.sentAt),
	}
	var err error
	in.Attributes, err = decodeAttributes(p.attributes)
	return in, err
}

// run moves what was received too often out of the way and looks again, so that
// poison does not hide the healthy messages behind it.
func (p *pick) run(t *tx) error {
	now := p.store.now()
	for {
		room := p.limit - len(p.taken)
		found, err := p.visible(t, now, room)
		if err != nil {
			return err
		}
		for _, row := range found {
			if err := p.handle(t, row, now); err != nil {
				return err
			}
		}
		if len(found) < room {
			return p.findNext(t, now)
		}
		if len(p.taken) == p.limit {
			return nil
		}
	}
}

func (p *pick) visible(t *tx, now time.Time, room int) (found []parcel, err error) {
	const query = `SELECT i.id, i.receives, i.sent_at, b.data, b.attributes
		FROM item i INDEXED BY item_visible JOIN body b ON b.id = i.id
		WHERE i.queue = ? AND i.visible_at <= ? ORDER BY i.visible_at, i.deferred, i.id LIMIT ?`
	err = t.rows(query, func(row scanner) error {
		var r parcel
		err := row.Scan(&r.id, &r.receives, &r.sentAt, &r.data, &r.attributes)
		found = append(found, r)
		return err
	}, p.queue.id, nanos(now), max(room, 0))
	return found, err
}

func (p *pick) handle(t *tx, row parcel, now time.Time) error {
	if p.queue.dead != nil && row.receives >= int64(p.store.config.MaxReceives) {
		p.moved = true
		return p.store.bury(t, p.queue, row, now)
	}
	row.receives++
	p.taken = append(p.taken, row)
	const query = `UPDATE item SET visible_at = ?, deferred = 0, receives = ? WHERE id = ?`
	_, err := t.exec(query, nanos(now.Add(p.store.config.Visibility)), row.receives, row.id)
	return err
}

// findNext tells a receiver that got nothing when to look again. What others hold
// may come back after the visibility timeout, so that is the longest sleep.
func (p *pick) findNext(t *tx, now time.Time) error {
	p.next = p.store.config.Visibility
	if len(p.taken) > 0 {
		return nil
	}
	const query = `SELECT visible_at FROM item INDEXED BY item_visible WHERE queue = ? ORDER BY visible_at LIMIT 1`
	return t.rows(query, func(row scanner) error {
		var at int64
		err := row.Scan(&at)
		p.next = min(p.next, fromNanos(at).Sub(now))
		return err
	}, p.queue.id)
}

// bury moves a message that was received too often, untouched but for the reason,
// and tells the ledger.
func (s *Store) bury(t *tx, q *queue, row parcel, now time.Time) error {
	const move = `UPDATE item SET queue = ?, visible_at = ?, deferred = 0, receives = 0 WHERE id = ?`
	if _, err := t.exec(move, q.dead.id, nanos(now), row.id); err != nil {
		return err
	}
	attributes, err := withReason(row.attributes)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE body SET attributes = ? WHERE id = ?`, attributes, row.id); err != nil {
		return err
	}
	t.count(kindQueue, q.name, -1)
	t.count(kindQueue, q.dead.name, 1)
	return s.appendEntries(t, []port.Entry{s.burial(q, row, now)})
}

// reasonUnknown stands in port.AttrReason where nobody lived to write a better one.
const reasonUnknown = "unknown (crash or timeout)"

func withReason(text string) (string, error) {
	attributes, err := decodeAttributes(text)
	if err != nil {
		return "", err
	}
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[port.AttrReason] = reasonUnknown
	return encodeAttributes(attributes)
}

// burial reads from the body what it can: a raw message shares id and correlation
// id with a canonical one, and a body that is neither still leaves queue and count.
func (s *Store) burial(q *queue, row parcel, now time.Time) port.Entry {
	entry := port.Entry{
		At: now, Stage: port.Dead, ReceiveCount: int(row.receives), Function: q.name, Build: s.config.Build,
		Outcome: fmt.Sprintf("received %d times without an end: %s", row.receives, reasonUnknown),
		Error: &port.EntryError{
			Kind: fault.Unknown.String(), Class: fault.Poison, Code: "too_many_receives",
			Fingerprint: message.DeriveID(q.name, "too_many_receives")[:8], Message: reasonUnknown,
		},
	}
	if m, err := message.Decode(row.data); err == nil {
		entry.Trace, entry.Event, entry.Causation = m.CorrelationID, m.ID, m.CausationID
		if m.Subject != "" {
			entry.Entity, entry.Version, entry.Type, entry.Route = m.Key(), m.Sequence, m.Type, q.name
		}
	}
	return entry
}
