package local

import (
	"context"
	"time"
)

// sweepChunk is how many rows one transaction of Sweep removes, so that others
// never wait long.
const sweepChunk = 500

// Sweep removes what has outlived its time: expired state, and ledger entries and
// bodies beyond their retention. It returns how many rows it removed, in small
// transactions between which others get their turn.
func (s *Store) Sweep(ctx context.Context) (removed int64, err error) {
	now := s.now()
	sweeps := []struct {
		doing, query string
		before       time.Time
		on           bool
	}{
		{"sweeping expired state", `DELETE FROM state WHERE key IN
			(SELECT key FROM state WHERE expires > 0 AND expires < ?1 ORDER BY expires LIMIT ?2)`, now, true},
		{"sweeping old ledger entries", `DELETE FROM entry WHERE id IN
			(SELECT id FROM entry WHERE at < ?1 ORDER BY at LIMIT ?2)`,
			now.Add(-s.config.LedgerRetention), s.config.LedgerRetention > 0},
		{"sweeping old bodies", `DELETE FROM blob WHERE hash IN
			(SELECT hash FROM blob WHERE stored_at < ?1 ORDER BY stored_at LIMIT ?2)`,
			now.Add(-s.config.VaultRetention), s.config.VaultRetention > 0},
	}
	for _, sweep := range sweeps {
		if !sweep.on {
			continue
		}
		n, err := s.sweepAll(ctx, sweep.doing, sweep.query, sweep.before)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (s *Store) sweepAll(ctx context.Context, doing, query string, before time.Time) (removed int64, err error) {
	for {
		var n int64
		err := s.writer.write(ctx, doing, func(t *tx) (err error) {
			n, err = t.exec(query, nanos(before), sweepChunk)
			return err
		})
		if err != nil {
			return removed, err
		}
		removed += n
		if n < sweepChunk {
			return removed, nil
		}
	}
}
