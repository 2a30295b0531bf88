package local

import "context"

// Reclaim makes visible what a predecessor had received when it ended, and returns
// how many messages that were. Only this process has the file open, so nobody can be
// working on them any more; without it they would come back after their visibility
// timeout. Call it once after Open, before anybody receives.
func (s *Store) Reclaim(ctx context.Context) (int64, error) {
	var reclaimed int64
	err := s.writer.write(ctx, "reclaiming messages of an earlier run", func(t *tx) error {
		now := nanos(s.now())
		var err error
		reclaimed, err = t.exec(`UPDATE item SET visible_at = ? WHERE deferred = 0 AND receives > 0 AND visible_at > ?`, now, now)
		return err
	})
	return reclaimed, err
}
