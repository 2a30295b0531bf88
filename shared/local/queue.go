package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

type queue struct {
	id   int64
	name string
	dead *queue // nil for a dead-letter queue, which keeps a message however often it is received
	bell bell
	// quiet is what the last look found, nil if that were messages. After it the next look only reads.
	quiet atomic.Pointer[quiet]
	// paused is true while the queue's worker is to receive nothing.
	paused atomic.Bool
	inbox  bool // deliveries are translated from it, and archived when they leave it
}

// openQueues adds the queues of the configuration to those in the file. A queue that is
// no longer configured keeps its messages and can still be emptied.
func (s *Store) openQueues(ctx context.Context) error {
	var names []string
	for _, system := range s.config.Systems {
		names = append(names, routes.Inbox(system), routes.InboxBackfill(system))
	}
	for _, route := range s.config.Routes {
		names = append(names, route.Queue())
	}
	err := s.file.Write(ctx, "making queues", func(t *sqlite.Tx) error {
		for _, name := range names {
			const query = `INSERT INTO queue (name) VALUES (?), (?) ON CONFLICT DO NOTHING`
			if _, err := t.Exec(query, name, routes.Dead(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.loadQueues(ctx)
}

func (s *Store) loadQueues(ctx context.Context) error {
	s.queues = map[string]*queue{}
	err := s.file.Rows(ctx, `SELECT id, name FROM queue`, func(row sqlite.Row) error {
		q := &queue{bell: bell{wake: make(chan struct{}, 1)}}
		q.quiet.Store(&quiet{})
		if err := row.Scan(&q.id, &q.name); err != nil {
			return err
		}
		q.inbox = s.isInbox(q.name)
		s.queues[q.name] = q
		return nil
	})
	if err != nil {
		return sqlite.Failure("reading the queues", err)
	}
	for name, q := range s.queues {
		q.dead = s.queues[routes.Dead(name)]
	}
	return nil
}

func (s *Store) queue(name, doing string) (*queue, error) {
	if q, ok := s.queues[name]; ok {
		return q, nil
	}
	return nil, fault.New(fault.Rejected, fault.Config, doing, "there is no queue "+name+"; queues come from the systems and routes of the configuration")
}

// Send implements port.Queue: the batch becomes durable as a whole or not at all. The
// group has no effect, because one process serves each queue in order.
func (s *Store) Send(ctx context.Context, name string, batch []port.Outgoing) error {
	doing := fmt.Sprintf("sending %d messages to queue %s", len(batch), name)
	q, err := s.queue(name, doing)
	if err != nil || len(batch) == 0 {
		return err
	}
	letters := make([]letter, len(batch))
	for i, out := range batch {
		if letters[i], err = newLetter(out); err != nil {
			return fault.Doing(doing, err)
		}
	}
	err = s.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		_, err := s.insert(t, q, letters)
		return err
	})
	if err == nil {
		q.bell.ring()
	}
	return err
}

// letter is an outgoing message as it is stored.
type letter struct {
	data       []byte
	attributes string   // JSON object, "" if there are none
	claims     []string // hashes of the bodies in the vault that it refers to
}

func newLetter(out port.Outgoing) (letter, error) {
	if err := out.Check(); err != nil {
		return letter{}, err
	}
	attributes, err := encodeAttributes(out.Attributes)
	return letter{data: out.Body, attributes: attributes, claims: claims(out.Body)}, err
}

func encodeAttributes(attributes map[string]string) (string, error) {
	if len(attributes) == 0 {
		return "", nil
	}
	text, err := json.Marshal(attributes)
	return string(text), err
}

func decodeAttributes(text string) (attributes map[string]string, err error) {
	if text == "" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(text), &attributes)
	return attributes, err
}

// insert returns the messages' ids, as a receive has them.
func (s *Store) insert(t *sqlite.Tx, q *queue, letters []letter) (ids []string, err error) {
	const item = `INSERT INTO item (id, queue, visible_at, sent_at, entered_at) VALUES (?1, ?2, ?3, ?3, ?3)`
	const body = `INSERT INTO body (id, data, attributes) VALUES (?, ?, ?)`
	const claim = `INSERT INTO claim (item, hash) VALUES (?, ?) ON CONFLICT DO NOTHING`
	now := sqlite.Nanos(s.now())
	for _, l := range letters {
		id := t.NewID()
		if _, err := t.Exec(item, id, q.id, now); err != nil {
			return nil, err
		}
		if _, err := t.Exec(body, id, l.data, l.attributes); err != nil {
			return nil, err
		}
		for _, hash := range l.claims {
			if _, err := t.Exec(claim, id, hash); err != nil {
				return nil, err
			}
		}
		ids = append(ids, messageID(id))
	}
	t.Count(kindQueue, q.name, int64(len(letters)))
	return ids, nil
}

// messageID is a message's id as a receive has it.
func messageID(id int64) string { return strconv.FormatInt(id, 10) }

// receipt is the content of a handle: the message, and which receive of it. A later
// receive makes it stale.
type receipt struct{ id, receives int64 }

func (r receipt) String() string {
	return strconv.FormatInt(r.id, 10) + "." + strconv.FormatInt(r.receives, 10)
}

func parseReceipt(handle, doing string) (r receipt, err error) {
	id, receives, _ := strings.Cut(handle, ".")
	if r.id, err = strconv.ParseInt(id, 10, 64); err == nil {
		r.receives, err = strconv.ParseInt(receives, 10, 64)
	}
	if err != nil {
		return receipt{}, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Doing: doing, Field: "Handle", Detail: "is not a handle of this store", Err: err}
	}
	return r, nil
}

// Delete implements port.Queue. As with SQS, a stale handle deletes nothing, without an
// error: another worker has received the message.
func (s *Store) Delete(ctx context.Context, in port.Incoming) error {
	doing := "deleting message " + in.MessageID + " of queue " + in.Queue
	q, r, err := s.held(in, doing)
	if err != nil {
		return err
	}
	return s.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		deleted, err := t.Exec(`DELETE FROM item WHERE id = ? AND queue = ? AND receives = ?`, r.id, q.id, r.receives)
		if err != nil || deleted == 0 {
			return err
		}
		t.Count(kindQueue, q.name, -1)
		if q.inbox {
			if err := s.archive(t, r.id); err != nil {
				return err
			}
		}
		_, err = t.Exec(`DELETE FROM body WHERE id = ?`, r.id)
		return err
	})
}

// Defer implements port.Queue. A stale handle changes nothing and fails with
// fault.Rejected of class stale: another worker has received the message.
func (s *Store) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	doing := "deferring message " + in.MessageID + " of queue " + in.Queue
	q, r, err := s.held(in, doing)
	if err != nil {
		return err
	}
	var changed int64
	err = s.file.Write(ctx, doing, func(t *sqlite.Tx) (err error) {
		const query = `UPDATE item SET visible_at = ?, deferred = 1 WHERE id = ? AND queue = ? AND receives = ?`
		changed, err = t.Exec(query, sqlite.Nanos(until), r.id, q.id, r.receives)
		return err
	})
	if err == nil && changed == 0 {
		return fault.New(fault.Rejected, fault.Stale, doing, "another worker has received it, or it is deleted")
	}
	if err == nil {
		q.bell.ring()
	}
	return err
}

func (s *Store) held(in port.Incoming, doing string) (*queue, receipt, error) {
	q, err := s.queue(in.Queue, doing)
	if err != nil {
		return nil, receipt{}, err
	}
	r, err := parseReceipt(in.Handle, doing)
	return q, r, err
}
