package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// Append implements port.Ledger. The running totals that Tally reads grow in
// the same transaction.
func (s *Store) Append(ctx context.Context, entries ...port.Entry) error {
	doing := fmt.Sprintf("writing %d ledger entries", len(entries))
	if len(entries) == 0 {
		return nil
	}
	return s.writer.write(ctx, doing, func(t *tx) error { return s.appendEntries(t, entries) })
}

func (s *Store) appendEntries(t *tx, entries []port.Entry) error {
	const query = `INSERT INTO entry (at, trace, event, entity, route, stage, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`
	for _, e := range entries {
		doc, err := json.Marshal(e)
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Detail: "the entry cannot be written as JSON", Err: err}
		}
		names, err := t.names(e.Trace, e.Event, entityText(e.Entity), e.Route)
		if err != nil {
			return err
		}
		if _, err := t.exec(query, nanos(e.At), names[0], names[1], names[2], names[3], string(e.Stage), doc); err != nil {
			return err
		}
		t.count(string(e.Stage), e.Route, 1)
	}
	return nil
}

// entityText separates by a control character, which no id may contain; a slash is
// found in ids.
func entityText(key message.Key) string {
	if key == (message.Key{}) {
		return ""
	}
	return strings.Join([]string{key.System, key.Tenant, key.Type, key.ID}, "\x1f")
}

// Find implements port.Ledger. Entries of one instant come in the order in
// which they were appended; Since is included.
func (s *Store) Find(ctx context.Context, query port.Query) ([]port.Entry, error) {
	text, args := selection(query)
	var found []port.Entry
	err := s.reads.rows(ctx, text, func(row scanner) error {
		var doc []byte
		var e port.Entry
		if err := row.Scan(&doc); err != nil {
			return err
		}
		err := json.Unmarshal(doc, &e)
		found = append(found, e)
		return err
	}, args...)
	if err != nil {
		return nil, failure("searching the ledger", err)
	}
	return found, nil
}

const isNamed = " = (SELECT id FROM name WHERE text = ?)"

// selection names the index itself: the first condition set is the one that
// narrows most, which SQLite cannot know without statistics.
func selection(q port.Query) (query string, args []any) {
	conditions := []struct {
		text  string
		value any
		set   bool
		index string
	}{
		{"trace" + isNamed, q.Trace, q.Trace != "", "entry_trace"},
		{"event" + isNamed, q.Event, q.Event != "", "entry_event"},
		{"entity" + isNamed, entityText(q.Entity), q.Entity != (message.Key{}), "entry_entity"},
		{"route" + isNamed, q.Route, q.Route != "", "entry_route"},
		{"stage = ?", string(q.Stage), q.Stage != "", "entry_at"},
		{"at >= ?", nanos(q.Since), !q.Since.IsZero(), "entry_at"},
	}
	index, where := "", []string{"1"}
	for _, c := range conditions {
		if !c.set {
			continue
		}
		if index == "" {
			index = c.index
		}
		where, args = append(where, c.text), append(args, c.value)
	}
	if index == "" {
		index = "entry_at"
	}
	query = "SELECT doc FROM entry INDEXED BY " + index + " WHERE " + strings.Join(where, " AND ") + " ORDER BY at, id"
	if q.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, q.Limit)
	}
	return query, args
}
