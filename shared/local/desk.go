package local

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/message"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Depth is the number of messages in one queue now.
type Depth = engine.Depth

// RouteTally counts the ledger entries of one route since the file was made, also those
// that Sweep has removed.
type RouteTally = engine.Total

var (
	_ engine.Sender  = (*Store)(nil)
	_ engine.Meter   = (*Store)(nil)
	_ engine.Letters = (*Store)(nil)
	_ engine.Valve   = (*Store)(nil)
	_ engine.Archive = (*Store)(nil)
	_ engine.Log     = (*Store)(nil)
	_ engine.Records = (*Store)(nil)
)

// Desk returns the store as an operator's tools see it.
func (s *Store) Desk() engine.Engine {
	return engine.Engine{
		Name: "local", Ledger: s, State: s, Vault: s, Sender: s, Meter: s, Letters: s, Valve: s, Archive: s, Log: s, Records: s, Now: s.config.Now,
	}
}

// Attach opens a store for an operator's tool, also while an engine has it open: the tool
// changes what an operator changes, and the engine notices within a second. It fails with
// class config if there is no file, or one that this version did not prepare. Calls that only
// the owner of the file may make (Reclaim, Sweep, Schedule) are not for an attached store.
func Attach(ctx context.Context, config Config) (*Store, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	file, err := sqlite.Attach(ctx, config.Path)
	if err != nil {
		return nil, err
	}
	s := newStore(config, file)
	if err := errors.Join(s.loadQueues(ctx), s.loadPauses(ctx)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Totals implements engine.Meter.
func (s *Store) Totals(ctx context.Context) ([]engine.Total, error) { return s.Tally(ctx) }

// browsed is how many messages are read at once.
const browsed = 200

// Browse implements engine.Letters, for any queue: hidden messages are included.
func (s *Store) Browse(ctx context.Context, name string, visit func(port.Incoming) bool) error {
	doing := "looking into queue " + name
	q, err := s.queue(name, doing)
	if err != nil {
		return err
	}
	var ids []int64
	err = s.file.Rows(ctx, `SELECT id FROM item WHERE queue = ? ORDER BY id`, func(row sqlite.Row) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}, q.id)
	if err != nil {
		return sqlite.Failure(doing, err)
	}
	for some := range slices.Chunk(ids, browsed) {
		page, err := s.page(ctx, q, some[0], some[len(some)-1])
		if err != nil {
			return sqlite.Failure(doing, err)
		}
		for _, row := range page {
			in, err := row.incoming(name)
			if err != nil {
				return sqlite.Failure(doing, err)
			}
			if in.Handle = ""; !visit(in) {
				return nil
			}
		}
	}
	return nil
}

// pageQuery selects messages of a queue by their ids. The plus keeps SQLite from an index of the
// queue, which it would read whole for each page.
const pageQuery = `SELECT i.id, i.receives, i.sent_at, b.data, b.attributes
	FROM item i JOIN body b ON b.id = i.id WHERE +i.queue = ? AND i.id BETWEEN ? AND ? ORDER BY i.id`

// page returns the messages of the queue from the first id to the last.
func (s *Store) page(ctx context.Context, q *queue, first, last int64) (page []parcel, err error) {
	err = s.file.Rows(ctx, pageQuery, func(row sqlite.Row) error {
		var r parcel
		err := row.Scan(&r.id, &r.receives, &r.sentAt, &r.data, &r.attributes)
		page = append(page, r)
		return err
	}, q.id, first, last)
	return page, err
}

// hand implements engine.Hand.
type hand struct {
	store *Store
	queue *queue
	hold  time.Duration
	taken map[int64]receipt
}

// Open implements engine.Letters.
func (s *Store) Open(_ context.Context, name string, hold time.Duration) (engine.Hand, error) {
	q, err := s.queue(name, "opening queue "+name)
	if err != nil {
		return nil, err
	}
	return &hand{store: s, queue: q, hold: hold, taken: map[int64]receipt{}}, nil
}

// Take implements engine.Hand: all that are free in one transaction.
func (h *hand) Take(ctx context.Context, ids []string) (found []port.Incoming, err error) {
	doing := "taking letters of queue " + h.queue.name
	var rows []parcel
	err = h.store.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		rows = nil
		for _, id := range ids {
			number, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				continue // not an id of this store: gone
			}
			row, free, err := h.takeOne(t, number)
			if err != nil {
				return err
			}
			if free {
				rows = append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		in, err := row.incoming(h.queue.name)
		if err != nil {
			return nil, sqlite.Failure(doing, err)
		}
		h.taken[row.id] = row.receipt
		found = append(found, in)
	}
	return found, nil
}

func (h *hand) takeOne(t *sqlite.Tx, id int64) (row parcel, free bool, err error) {
	const query = `SELECT i.id, i.receives, i.sent_at, b.data, b.attributes, i.visible_at
		FROM item i JOIN body b ON b.id = i.id WHERE i.id = ? AND i.queue = ?`
	now := h.store.now()
	err = t.Rows(query, func(found sqlite.Row) error {
		var visible int64
		err := found.Scan(&row.id, &row.receives, &row.sentAt, &row.data, &row.attributes, &visible)
		free = visible <= sqlite.Nanos(now) || h.taken[id] == row.receipt
		return err
	}, id, h.queue.id)
	if err != nil || !free {
		return row, false, err
	}
	row.receives++
	const update = `UPDATE item SET visible_at = ?, deferred = 0, receives = ? WHERE id = ?`
	_, err = t.Exec(update, sqlite.Nanos(now.Add(h.hold)), row.receives, id)
	return row, true, err
}

// Delete implements engine.Hand.
func (h *hand) Delete(ctx context.Context, in port.Incoming) error {
	if err := h.store.Delete(ctx, in); err != nil {
		return err
	}
	if r, err := parseReceipt(in.Handle, ""); err == nil {
		delete(h.taken, r.id)
	}
	return nil
}

// Close implements engine.Hand.
func (h *hand) Close(ctx context.Context) error {
	if len(h.taken) == 0 {
		return nil
	}
	defer h.queue.bell.ring()
	return h.store.file.Write(ctx, "giving letters back to queue "+h.queue.name, func(t *sqlite.Tx) error {
		const query = `UPDATE item SET visible_at = ?, deferred = 0 WHERE id = ? AND queue = ? AND receives = ?`
		for _, r := range h.taken {
			if _, err := t.Exec(query, sqlite.Nanos(h.store.now()), r.id, h.queue.id, r.receives); err != nil {
				return err
			}
		}
		return nil
	})
}

// archive keeps the raw message that leaves its inbox. A message that is none of ours is
// left out: its dead letter has its bytes.
func (s *Store) archive(t *sqlite.Tx, id int64) error {
	const query = `INSERT INTO archive (id, system, at, data) SELECT ?1, json_extract(data, '$.system'), ?2, data FROM body
		WHERE id = ?1 AND json_valid(data) AND json_type(data, '$.system') = 'text' ON CONFLICT DO NOTHING`
	_, err := t.Exec(query, id, sqlite.Nanos(s.now()))
	return err
}

// Archived implements engine.Archive. A body above the inline limit comes from the vault.
func (s *Store) Archived(ctx context.Context, system string, from, to time.Time) iter.Seq2[*message.Raw, error] {
	const query = `SELECT id, data FROM archive WHERE system = ? AND at >= ? AND at <= ? AND id > ? ORDER BY id LIMIT ?`
	return func(yield func(*message.Raw, error) bool) {
		for after := int64(-1); ; {
			var page [][]byte
			err := s.file.Rows(ctx, query, func(row sqlite.Row) error {
				var data []byte
				err := row.Scan(&after, &data)
				page = append(page, data)
				return err
			}, system, sqlite.Nanos(from), sqlite.Nanos(to), after, browsed)
			if err != nil {
				yield(nil, sqlite.Failure("reading the archive of "+system, err))
				return
			}
			for _, data := range page {
				raw, err := s.restored(ctx, data)
				if !yield(raw, err) || err != nil {
					return
				}
			}
			if len(page) < browsed {
				return
			}
		}
	}
}

func (s *Store) restored(ctx context.Context, data []byte) (*message.Raw, error) {
	raw, err := message.DecodeRaw(data)
	if err != nil {
		return nil, fault.Doing("reading the archive", err)
	}
	raw.Body, err = port.CheckOut(ctx, s, raw.Body, raw.Claim)
	raw.Claim = nil
	return raw, err
}

func removeArchive(t *sqlite.Tx, before int64) (int64, error) {
	return t.Exec(`DELETE FROM archive WHERE id IN (SELECT id FROM archive WHERE at < ? ORDER BY id LIMIT ?)`, before, sweepChunk)
}

// isInbox reports whether deliveries are translated from the queue.
func (s *Store) isInbox(name string) bool {
	for _, system := range s.config.Systems {
		if name == routes.Inbox(system) || name == routes.InboxBackfill(system) {
			return true
		}
	}
	return false
}

// recordsPage is how many records one query of Records reads: no transaction is open while the
// caller works on them.
const recordsPage = 500

// Records implements engine.Records, in the order of the keys.
func (s *Store) Records(ctx context.Context, prefix string) iter.Seq2[port.Item, error] {
	const query = `SELECT key, value, revision FROM state WHERE key > ?1 AND key < ?2 AND (expires = 0 OR expires >= ?3) ORDER BY key LIMIT ?4`
	return func(yield func(port.Item, error) bool) {
		for last := prefix; ; {
			var page []port.Item
			err := s.file.Rows(ctx, query, func(row sqlite.Row) error {
				var item port.Item
				err := row.Scan(&item.Key, &item.Value, &item.Revision)
				page = append(page, item)
				return err
			}, last, prefix+"\U0010ffff", sqlite.Nanos(s.now()), recordsPage)
			if err != nil {
				yield(port.Item{}, sqlite.Failure("listing state "+prefix, err))
				return
			}
			for _, item := range page {
				if !yield(item, nil) {
					return
				}
			}
			if len(page) < recordsPage {
				return
			}
			last = page[len(page)-1].Key
		}
	}
}
