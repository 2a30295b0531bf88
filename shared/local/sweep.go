package local

import (
	"context"
	"time"
)

// sweepChunk is how many rows one transaction of Sweep removes, so that others
// never wait long.
const sweepChunk = 500

// Sweep removes what has outlived its time: expired state, and ledger entries and
// bodies beyond their retention. It returns how many of them it removed, in small
// transactions between which others get their turn.
func (s *Store) Sweep(ctx context.Context) (removed int64, err error) {
	now := s.now()
	sweeps := []struct {
		doing  string
		before time.Time
		on     bool
		remove func(t *tx, before int64) (int64, error)
	}{
		{"sweeping expired state", now, true, removeState},
		{"sweeping old ledger entries", now.Add(-s.config.LedgerRetention), s.config.LedgerRetention > 0, removeEntries},
		{"sweeping old bodies", now.Add(-s.config.VaultRetention), s.config.VaultRetention > 0, removeBodies},
	}
	for _, sweep := range sweeps {
		for more := sweep.on; more; {
			var n int64
			err := s.writer.write(ctx, sweep.doing, func(t *tx) (err error) {
				n, err = sweep.remove(t, nanos(sweep.before))
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

func removeState(t *tx, before int64) (int64, error) {
	return t.exec(`DELETE FROM state WHERE key IN
		(SELECT key FROM state WHERE expires > 0 AND expires < ? ORDER BY expires LIMIT ?)`, before, sweepChunk)
}

func removeEntries(t *tx, before int64) (removed int64, err error) {
	const query = `DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE at < ? ORDER BY at LIMIT ?)
		RETURNING trace, event, entity, route`
	names := map[int64]bool{}
	err = t.rows(query, func(row scanner) error {
		var trace, event, entity, route int64
		err := row.Scan(&trace, &event, &entity, &route)
		names[trace], names[event], names[entity], names[route] = true, true, true, true
		removed++
		return err
	}, before, sweepChunk)
	if err != nil {
		return 0, err
	}
	return removed, t.dropNames(names)
}

func removeBodies(t *tx, before int64) (int64, error) {
	return t.exec(`DELETE FROM blob WHERE hash IN
		(SELECT hash FROM blob WHERE stored_at < ? ORDER BY stored_at LIMIT ?)`, before, sweepChunk)
}
