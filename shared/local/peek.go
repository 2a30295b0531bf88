package local

import (
	"context"

	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/port"
)

// Peek returns up to most messages of the queue, hidden ones included, oldest first. It
// changes nothing, and the messages have no handle.
func (s *Store) Peek(ctx context.Context, name string, most int) ([]port.Incoming, error) {
	doing := "looking into queue " + name
	q, err := s.queue(name, doing)
	if err != nil {
		return nil, err
	}
	var found []port.Incoming
	const query = `SELECT i.id, i.receives, i.sent_at, b.data, b.attributes
		FROM item i JOIN body b ON b.id = i.id WHERE i.queue = ? ORDER BY i.id LIMIT ?`
	err = s.file.Rows(ctx, query, func(row sqlite.Row) error {
		var r parcel
		if err := row.Scan(&r.id, &r.receives, &r.sentAt, &r.data, &r.attributes); err != nil {
			return err
		}
		in, err := r.incoming(name)
		in.Handle = ""
		found = append(found, in)
		return err
	}, q.id, most)
	if err != nil {
		return nil, sqlite.Failure(doing, err)
	}
	return found, nil
}
