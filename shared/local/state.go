package local

import (
	"context"
	"fmt"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/port"
)

// Get implements port.State: it sees every Put that has returned.
func (s *Store) Get(ctx context.Context, key string) (port.Item, error) {
	item := port.Item{Key: key}
	doing := "reading state " + key
	if err := ctx.Err(); err != nil {
		return item, sqlite.Failure(doing, err)
	}
	const query = `SELECT value, revision, expires FROM state WHERE key = ?1 AND (expires = 0 OR expires >= ?2)`
	// Watching a context costs more than this query takes.
	err := s.file.Rows(context.WithoutCancel(ctx), query, func(row sqlite.Row) error {
		var expires int64
		err := row.Scan(&item.Value, &item.Revision, &expires)
		item.Expires = sqlite.Time(expires)
		return err
	}, key, sqlite.Nanos(s.now()))
	if err != nil {
		return port.Item{Key: key}, sqlite.Failure(doing, err)
	}
	return item, nil
}

// Put implements port.State. Revisions are unique in the whole store: one that was read
// before an item expired never matches the item made after it.
func (s *Store) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	doing := "storing state " + item.Key
	err = s.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		revision = t.NewID()
		stored, err := s.compareAndSwap(t, item, revision)
		if err != nil || stored {
			return err
		}
		return &fault.Error{
			Kind: fault.Unavailable, Class: fault.Conflict, Doing: doing,
			Detail: fmt.Sprintf("revision %d is no longer the stored one", item.Revision), Err: port.ErrConflict,
		}
	})
	if err != nil {
		return 0, err
	}
	return revision, nil
}

func (s *Store) compareAndSwap(t *sqlite.Tx, item port.Item, revision int64) (stored bool, err error) {
	const insert = `INSERT INTO state (key, value, revision, expires) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3, expires = ?4
		WHERE state.expires > 0 AND state.expires < ?5`
	const update = `UPDATE state SET value = ?2, revision = ?3, expires = ?4
		WHERE key = ?1 AND revision = ?6 AND (expires = 0 OR expires >= ?5)`
	value := item.Value
	if value == nil {
		value = []byte{} // a nil slice would be NULL
	}
	args := []any{item.Key, value, revision, sqlite.Nanos(item.Expires), sqlite.Nanos(s.now())}
	query := insert
	if item.Revision != 0 {
		query = update
		args = append(args, item.Revision)
	}
	changed, err := t.Exec(query, args...)
	return changed > 0, err
}
