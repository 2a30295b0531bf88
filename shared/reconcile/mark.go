package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// mark is the checkpoint of a feed in the State, by the system's own clock. Our clock
// counts only until the first change was seen.
type mark struct {
	At     time.Time `json:"at"`               // newest change that was looked at
	Since  time.Time `json:"since"`            // where the current sweep began
	Cursor string    `json:"cursor,omitempty"` // of the current page
	Behind bool      `json:"behind,omitempty"` // the sweep did not end in the last run, or is due
	// Seen are the changes of the overlap: id -> milliseconds of its newest version. Of a snapshot they
	// are all that fit: id -> fingerprint of its content.
	Seen   map[string]int64  `json:"seen,omitempty"`
	Unread map[string]unread `json:"unread,omitempty"` // by id

	key      string
	revision int64
}

// loadMark reads the feed's mark and sets it to where this run begins. A feed that was
// never polled begins at the lookback, or when its webhooks stopped.
func (r *round) loadMark(ctx context.Context, feed connector.Feed, stopped time.Time) (*mark, error) {
	m := newMark("poll|" + r.markKey(feed).String())
	if err := r.readMark(ctx, m); err != nil {
		return nil, err
	}
	switch {
	case m.At.IsZero():
		m.At = r.firstTime(stopped)
		m.Since = m.At
	case !m.Behind && !feed.Whole:
		m.restart(r.config.Plan)
	}
	return m, nil
}

func newMark(key string) *mark {
	return &mark{key: key, Seen: map[string]int64{}, Unread: map[string]unread{}}
}

func (r *round) markKey(feed connector.Feed) message.Key {
	return message.Key{System: r.config.System.Profile.Name, Tenant: feed.Tenant, Type: "feed", ID: feed.Topic}
}

// readMark fills the mark with what is stored under its key; it stays empty if nothing is.
func (r *round) readMark(ctx context.Context, m *mark) error {
	item, err := r.config.State.Get(ctx, m.key)
	if err != nil {
		return port.Unavailable("reading the mark", err)
	}
	m.revision = item.Revision
	if len(item.Value) > 0 {
		if err := json.Unmarshal(item.Value, m); err != nil {
			return port.Unavailable("reading the mark", err)
		}
	}
	return nil
}

func (r *round) firstTime(stopped time.Time) time.Time {
	now := r.config.Now().UTC()
	first := now.Add(-r.config.Plan.Lookback)
	if stopped.IsZero() || !stopped.Before(first) {
		return first
	}
	if furthest := now.Add(-r.config.Plan.Horizon); stopped.Before(furthest) {
		return furthest
	}
	return stopped.UTC()
}

// saveMark stores the mark also when the context has ended: the changes handed on are durable.
func (r *round) saveMark(ctx context.Context, m *mark) error {
	if r.previews() {
		return nil
	}
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	revision, err := r.config.State.Put(bounded, port.Item{Key: m.key, Value: value, Revision: m.revision})
	if err != nil {
		return port.Unavailable("storing the mark", err)
	}
	m.revision = revision
	return nil
}

// restart begins a new sweep, a little before the mark.
func (m *mark) restart(plan Plan) {
	m.Cursor, m.Behind = "", false
	if since := m.At.Add(-plan.Overlap); since.After(m.Since) {
		m.Since = since
	}
}

// turn goes to the next page, unless the page was left early. Changes that the next sweep
// will not list are forgotten; those of a page that was cut are all kept, because it is
// listed again.
func (m *mark) turn(feed connector.Feed, page connector.Page, left end, plan Plan) {
	m.Behind = left == cut
	if left == readToEnd && page.Cursor != "" {
		m.Cursor, m.Behind = page.Cursor, true
	}
	if left != cut && !feed.Snapshot {
		maps.DeleteFunc(m.Seen, func(_ string, at int64) bool { return at < m.At.Add(-plan.Overlap).UnixMilli() })
	}
	m.forget(plan.Remember)
}

// knows reports whether the change was looked at in this version or a newer one, or, of a
// snapshot, with this content last.
func (m *mark) knows(feed connector.Feed, change connector.Change) bool {
	seen, known := m.Seen[change.ID]
	if feed.Snapshot {
		return known && seen == fingerprint(change.Body)
	}
	return known && change.At.UnixMilli() <= seen
}

func (m *mark) note(feed connector.Feed, change connector.Change) {
	m.Seen[change.ID] = change.At.UnixMilli()
	if feed.Snapshot {
		m.Seen[change.ID] = fingerprint(change.Body)
	}
	if change.At.After(m.At) {
		m.At = change.At.UTC()
	}
}

// fingerprint is 48 bits of the content's digest.
func fingerprint(body []byte) int64 {
	sum := sha256.Sum256(body)
	return int64(binary.BigEndian.Uint64(sum[:]) >> 16)
}

// forget drops the oldest changes above the limit, and of a snapshot always the same ones. Seen only saves work: a change that was
// forgotten is compared again.
func (m *mark) forget(most int) {
	if len(m.Seen) <= most {
		return
	}
	byAge := slices.SortedFunc(maps.Keys(m.Seen), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.Seen[a], m.Seen[b]), cmp.Compare(a, b))
	})
	for _, id := range byAge[:len(byAge)-most] {
		delete(m.Seen, id)
	}
}
