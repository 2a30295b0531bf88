package local

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Receive implements port.Queue. Messages are received in the order in which they became
// visible. A receiver that waits sleeps until a message is sent, becomes visible or is
// deferred to another time; each message wakes one of them. If the context or Close ends
// the wait, Receive fails. A look at an empty queue only reads, and a receiver that waits does not
// even look again before a message could be visible.
func (s *Store) Receive(ctx context.Context, name string, limit int, wait time.Duration) ([]port.Incoming, error) {
	doing := "receiving from queue " + name
	q, err := s.queue(name, doing)
	if err != nil {
		return nil, err
	}
	patience := time.NewTimer(wait)
	defer patience.Stop()
	for {
		var batch []port.Incoming
		now := s.now()
		next := q.still(now)
		if wait <= 0 || next <= 0 {
			batch, next, err = s.take(ctx, q, limit, now)
		}
		if err != nil || len(batch) > 0 || wait <= 0 {
			return batch, err
		}
		if more, err := s.sleep(ctx, q, patience.C, next); !more {
			return nil, err
		}
	}
}

// take returns the messages that are visible now and, if there are none, how long it
// takes until the next look.
func (s *Store) take(ctx context.Context, q *queue, limit int, now time.Time) (batch []port.Incoming, next time.Duration, err error) {
	if q.paused.Load() {
		return nil, lookAround, nil
	}
	rung := q.bell.rung.Load()
	if q.quiet.Load() != nil {
		if next, err = s.peek(ctx, q, now); err != nil || next > 0 {
			return nil, next, err
		}
	}
	p := pick{store: s, queue: q, limit: limit}
	err = s.file.Write(ctx, "receiving from queue "+q.name, p.run)
	if err != nil || len(p.taken) == limit {
		q.bell.ring() // there may be more, for another receiver
	}
	if err != nil {
		return nil, 0, err
	}
	if len(p.buried) > 0 {
		q.dead.bell.ring()
		if s.config.Recorded != nil {
			s.config.Recorded(ctx, p.buried...)
		}
	}
	if q.quiet.Store(nil); len(p.taken) == 0 {
		q.quiet.Store(&quiet{rung, now.Add(p.next)})
	}
	batch, err = p.incoming()
	return batch, p.next, err
}

// peek returns how long it takes until a message is visible, and 0 if one is now, without
// a transaction of the writer: most looks at a queue that has nothing find nothing again.
func (s *Store) peek(ctx context.Context, q *queue, now time.Time) (next time.Duration, err error) {
	doing := "receiving from queue " + q.name
	select {
	case <-s.closing:
		return 0, sqlite.Closed(doing)
	default:
	}
	if err := ctx.Err(); err != nil {
		return 0, sqlite.Failure(doing, err)
	}
	const query = `SELECT visible_at FROM item INDEXED BY item_visible WHERE queue = ? ORDER BY visible_at LIMIT 1`
	rung := q.bell.rung.Load()
	next = s.config.Visibility
	err = s.file.Rows(context.WithoutCancel(ctx), query, func(row sqlite.Row) error {
		var at int64
		err := row.Scan(&at)
		next = max(0, min(next, sqlite.Time(at).Sub(now)))
		return err
	}, q.id)
	if err != nil {
		return 0, sqlite.Failure(doing, err)
	}
	if next > 0 {
		q.quiet.Store(&quiet{rung, now.Add(next)})
	}
	return next, nil
}

// pick is one receive inside its transaction.
type pick struct {
	store *Store
	queue *queue
	limit int
	taken []parcel
	next  time.Duration

	buried []port.Entry // of messages that were received too often
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
		Queue: queue, Handle: p.receipt.String(), MessageID: messageID(p.id),
		Body: p.data, ReceiveCount: int(p.receives), SentAt: sqlite.Time(p.sentAt),
	}
	var err error
	in.Attributes, err = decodeAttributes(p.attributes)
	return in, err
}

// incoming returns the messages that were taken.
func (p *pick) incoming() (batch []port.Incoming, err error) {
	for _, row := range p.taken {
		in, err := row.incoming(p.queue.name)
		if err != nil {
			return nil, fault.Doing("reading message "+in.MessageID+" of queue "+p.queue.name, err)
		}
		batch = append(batch, in)
	}
	return batch, nil
}

// run moves messages that were received too often to the dead-letter queue and looks
// again, so that they do not hide the others behind them.
func (p *pick) run(t *sqlite.Tx) error {
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

func (p *pick) visible(t *sqlite.Tx, now time.Time, room int) (found []parcel, err error) {
	const query = `SELECT i.id, i.receives, i.sent_at, b.data, b.attributes
		FROM item i INDEXED BY item_visible JOIN body b ON b.id = i.id
		WHERE i.queue = ? AND i.visible_at <= ? ORDER BY i.visible_at, i.deferred, i.id LIMIT ?`
	err = t.Rows(query, func(row sqlite.Row) error {
		var r parcel
		err := row.Scan(&r.id, &r.receives, &r.sentAt, &r.data, &r.attributes)
		found = append(found, r)
		return err
	}, p.queue.id, sqlite.Nanos(now), max(room, 0))
	return found, err
}

func (p *pick) handle(t *sqlite.Tx, row parcel, now time.Time) error {
	if p.queue.dead != nil && row.receives >= int64(p.store.config.MaxReceives) {
		entry := p.store.burial(p.queue, row, now)
		p.buried = append(p.buried, entry)
		return p.store.bury(t, p.queue, row, entry)
	}
	row.receives++
	p.taken = append(p.taken, row)
	const query = `UPDATE item SET visible_at = ?, deferred = 0, receives = ? WHERE id = ?`
	_, err := t.Exec(query, sqlite.Nanos(now.Add(p.store.config.Visibility)), row.receives, row.id)
	return err
}

// findNext sets when a receiver that got nothing looks again. A message that another
// worker has may be visible after the visibility timeout, which is the longest sleep.
func (p *pick) findNext(t *sqlite.Tx, now time.Time) error {
	p.next = p.store.config.Visibility
	if len(p.taken) > 0 {
		return nil
	}
	const query = `SELECT visible_at FROM item INDEXED BY item_visible WHERE queue = ? ORDER BY visible_at LIMIT 1`
	return t.Rows(query, func(row sqlite.Row) error {
		var at int64
		err := row.Scan(&at)
		p.next = min(p.next, sqlite.Time(at).Sub(now))
		return err
	}, p.queue.id)
}

// bury moves a message that was received too often to the dead-letter queue, adds the
// reason to its attributes and records it in the ledger.
func (s *Store) bury(t *sqlite.Tx, q *queue, row parcel, entry port.Entry) error {
	const move = `UPDATE item SET queue = ?1, visible_at = ?2, entered_at = ?2, deferred = 0, receives = 0 WHERE id = ?3`
	if _, err := t.Exec(move, q.dead.id, sqlite.Nanos(entry.At), row.id); err != nil {
		return err
	}
	attributes, err := withReason(row.attributes)
	if err != nil {
		return err
	}
	if _, err := t.Exec(`UPDATE body SET attributes = ? WHERE id = ?`, attributes, row.id); err != nil {
		return err
	}
	t.Count(kindQueue, q.name, -1)
	t.Count(kindQueue, q.dead.name, 1)
	return s.appendEntries(t, []port.Entry{entry})
}

// reasonUnknown is the port.AttrReason of a message whose workers all ended before they
// could write one.
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

// burial reads the body as far as it can: a raw message has the same fields for id and
// correlation id as a canonical one, and of any other body queue and count remain.
func (s *Store) burial(q *queue, row parcel, now time.Time) port.Entry {
	entry := port.Entry{
		At: now, Stage: port.Dead, ReceiveCount: int(row.receives), Function: q.name, Build: s.config.Build, Message: strconv.FormatInt(row.id, 10),
		Outcome: fmt.Sprintf("received %d times and never finished: %s", row.receives, reasonUnknown),
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
	if raw, err := message.DecodeRaw(row.data); err == nil && entry.Trace == "" {
		entry.Trace = raw.CorrelationID
	}
	return entry
}
