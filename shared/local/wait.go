package local

import (
	"context"
	"time"

	"causeway.example/shared/local/sqlite"
)

// bell wakes receivers. It stores one ring: the receiver that gets it looks, and rings
// again if there may be more, so that no message is overlooked and one message does not
// wake all receivers.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// shortestSleep keeps a receiver from looking without pause if the clock of the timestamps
// is behind that of the timers.
const shortestSleep = time.Millisecond

// sleep waits until it is time to look again; more is false if the wait is over. The time
// is measured by the process's timers, not by the clock of the timestamps.
func (s *Store) sleep(ctx context.Context, q *queue, patience <-chan time.Time, next time.Duration) (more bool, err error) {
	due := time.NewTimer(max(next, shortestSleep))
	defer due.Stop()
	doing := "waiting at queue " + q.name
	select {
	case <-q.bell:
		return true, nil
	case <-due.C:
		return true, nil
	case <-patience:
		return false, nil
	case <-ctx.Done():
		return false, sqlite.Failure(doing, ctx.Err())
	case <-s.closing:
		return false, sqlite.Closed(doing)
	}
}
