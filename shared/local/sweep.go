package local

import (
	"cmp"
	"context"
	"time"

	"causeway.example/shared/local/sqlite"
)

// sweepChunk is how many rows one transaction of Sweep removes, so that other changes
// never wait long.
const sweepChunk = 500

// Sweep removes expired state, and the ledger entries, dead letters and bodies that are
// older than their retention. A body is kept while any message refers to it, live or
// dead. Sweep works in small transactions, between which other changes are applied, and
// returns how many rows it removed.
func (s *Store) Sweep(ctx context.Context) (removed int64, err error) {
	now := s.now()
	sweeps := []struct {
		doing  string
		before time.Time
		on     bool
		remove func(t *sqlite.Tx, before int64) (int64, error)
	}{
		{"sweeping expired state", now, true, removeState},
		{"sweeping old ledger entries", now.Add(-s.config.LedgerRetention), s.config.LedgerRetention > 0, removeEntries},
		{"sweeping old dead letters", now.Add(-cmp.Or(s.config.DeadRetention, DefaultDeadRetention)), true, s.removeDead},
		{"sweeping the archive", now.Add(-s.config.VaultRetention), s.config.VaultRetention > 0, removeArchive},
		{"sweeping old bodies", now.Add(-s.config.VaultRetention), s.config.VaultRetention > 0, removeBodies},
	}
	for _, sweep := range sweeps {
		for more := sweep.on; more; {
			var n int64
			err := s.file.Write(ctx, sweep.doing, func(t *sqlite.Tx) (err error) {
				n, err = sweep.remove(t, sqlite.Nanos(sweep.before))
				return err
			})
			if err != nil {
				return removed, err
			}
			removed += n
			more = n == sweepChunk
		}
	}
	return removed, nil
}

func removeState(t *sqlite.Tx, before int64) (int64, error) {
	return t.Exec(`DELETE FROM state WHERE key IN
		(SELECT key FROM state WHERE expires > 0 AND expires < ? ORDER BY expires LIMIT ?)`, before, sweepChunk)
}

func removeEntries(t *sqlite.Tx, before int64) (removed int64, err error) {
	const query = `DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE at < ? ORDER BY at LIMIT ?)
		RETURNING trace, event, entity, route`
	names := map[int64]bool{}
	err = t.Rows(query, func(row sqlite.Row) error {
		var trace, event, entity, route int64
		err := row.Scan(&trace, &event, &entity, &route)
		names[trace], names[event], names[entity], names[route] = true, true, true, true
		removed++
		return err
	}, before, sweepChunk)
	if err != nil {
		return 0, err
	}
	return removed, t.DropNames(names)
}

// removeDead removes dead letters of every queue, at most sweepChunk in all. A message
// was sent no later than it came into its queue, so that the index on sent_at finds them.
func (s *Store) removeDead(t *sqlite.Tx, before int64) (n int64, err error) {
	const query = `DELETE FROM item WHERE id IN (SELECT id FROM item INDEXED BY item_sent
		WHERE queue = ?1 AND sent_at < ?2 AND entered_at < ?2 ORDER BY sent_at LIMIT ?3) RETURNING id`
	for _, q := range s.queues {
		if q.dead == nil {
			continue
		}
		var ids []int64
		err := t.Rows(query, func(row sqlite.Row) error {
			var id int64
			err := row.Scan(&id)
			ids = append(ids, id)
			return err
		}, q.dead.id, before, sweepChunk-n)
		if err != nil {
			return 0, err
		}
		for _, id := range ids {
			if _, err := t.Exec(`DELETE FROM body WHERE id = ?`, id); err != nil {
				return 0, err
			}
		}
		t.Count(kindQueue, q.dead.name, -int64(len(ids)))
		t.Count(kindExpired, q.name, int64(len(ids)))
		n += int64(len(ids))
	}
	return n, nil
}

func removeBodies(t *sqlite.Tx, before int64) (int64, error) {
	return t.Exec(`DELETE FROM blob WHERE hash IN (SELECT hash FROM blob WHERE stored_at < ?
		AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.hash = blob.hash) ORDER BY stored_at LIMIT ?)`, before, sweepChunk)
}
