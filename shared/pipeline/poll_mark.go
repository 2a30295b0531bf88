package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/message"
	"causeway/shared/port"
)

// mark is what the State holds per feed: how far the polling got, by the system's own
// clock. Our clock is in it only until the first change was seen.
type mark struct {
	At     time.Time        `json:"at"`               // newest change that was looked at
	Since  time.Time        `json:"since"`            // where the sweep under way began
	Cursor string           `json:"cursor,omitempty"` // of the page under way
	Behind bool             `json:"behind,omitempty"` // the sweep did not end in the last run, or is due
	Seen   map[string]int64 `json:"seen,omitempty"`   // changes of the overlap: id -> milliseconds of its newest version

	Stop   *stop             `json:"stop,omitempty"`   // where the last run ended with an error
	Unread map[string]unread `json:"unread,omitempty"` // by id

	key      string
	revision int64
}

// loadMark reads the feed's mark and sets it to where this run begins. A feed that was
// never polled begins at the lookback, or when its webhooks stopped.
func (r *round) loadMark(ctx context.Context, feed connector.Feed, stopped time.Time) (*mark, error) {
	key := message.Key{System: r.System.Profile.Name, Tenant: feed.Tenant, Type: "feed", ID: feed.Topic}
	m := &mark{key: recordKey("poll", key), Seen: map[string]int64{}, Unread: map[string]unread{}}
	item, err := r.Config.State.Get(ctx, m.key)
	if err != nil {
		return nil, port.Unavailable("reading the mark", err)
	}
	m.revision = item.Revision
	if len(item.Value) == 0 {
		m.At = r.firstTime(stopped)
		m.Since = m.At
		return m, nil
	}
	if err := json.Unmarshal(item.Value, m); err != nil {
		return nil, port.Unavailable("reading the mark", err)
	}
	if !m.Behind && !feed.Whole {
		m.restart(r.plan)
	}
	return m, nil
}

func (r *round) firstTime(stopped time.Time) time.Time {
	now := r.Config.Now().UTC()
	first := now.Add(-r.plan.Lookback)
	if stopped.IsZero() || !stopped.Before(first) {
		return first
	}
	if furthest := now.Add(-r.plan.Horizon); stopped.Before(furthest) {
		return furthest
	}
	return stopped.UTC()
}

// saveMark stores it even when the run's time is up: what was handed on is durable.
func (r *round) saveMark(ctx context.Context, m *mark) error {
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	revision, err := r.Config.State.Put(context.WithoutCancel(ctx), Item{Key: m.key, Value: value, Revision: m.revision})
	if err != nil {
		return port.Unavailable("storing the mark", err)
	}
	m.revision = revision
	return nil
}

// restart begins a new sweep, a little before the mark.
func (m *mark) restart(plan PollPlan) {
	m.Cursor, m.Behind = "", false
	if since := m.At.Add(-plan.Overlap); since.After(m.Since) {
		m.Since = since
	}
}

// turn goes to the next page, unless the one before was left early. What the next sweep
// will not meet is forgotten; of a page that was cut everything is kept, since it comes again.
func (m *mark) turn(page connector.Page, left end, plan PollPlan) {
	m.Behind = left == cut
	if left == goesOn && page.Cursor != "" {
		m.Cursor, m.Behind = page.Cursor, true
	}
	if left != cut {
		maps.DeleteFunc(m.Seen, func(_ string, at int64) bool { return at < m.At.Add(-plan.Overlap).UnixMilli() })
	}
	m.forget(plan.Remember)
}

// knows reports whether the change was looked at in this version or a newer one.
func (m *mark) knows(change connector.Change) bool {
	seen, known := m.Seen[change.ID]
	return known && change.At.UnixMilli() <= seen
}

func (m *mark) note(change connector.Change) {
	m.Seen[change.ID] = change.At.UnixMilli()
	if m.Stop != nil && m.Stop.ID == change.ID {
		m.Stop = nil
	}
	if change.At.After(m.At) {
		m.At = change.At.UTC()
	}
}

// forget drops the oldest of what is too much. Memory only saves work: what was
// forgotten is looked up in the ledger again.
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
