package local

import (
	"context"

	"causeway.example/shared/local/sqlite"
)

// Reclaim makes the messages visible that an earlier process had received when it ended,
// and returns their number. Only this process has the file open, so that no worker has
// them any more; otherwise they would be visible after their visibility timeout. Call it
// once after Open, before the first Receive.
func (s *Store) Reclaim(ctx context.Context) (int64, error) {
	var reclaimed int64
	err := s.file.Write(ctx, "reclaiming messages of an earlier run", func(t *sqlite.Tx) error {
		now := sqlite.Nanos(s.now())
		var err error
		reclaimed, err = t.Exec(`UPDATE item SET visible_at = ? WHERE deferred = 0 AND receives > 0 AND visible_at > ?`, now, now)
		return err
	})
	return reclaimed, err
}
