package local

import (
	"context"
	"time"
)

// bell wakes receivers. It remembers one ring: whoever hears it looks, and rings
// again if there may be more, so that neither a message is overlooked nor all
// receivers wake for one.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// shortestSleep keeps a receiver from spinning where the clock of the timestamps
// lags behind the one of the timers.
const shortestSleep = time.Millisecond

// sleep waits for something to look at; more is false if the wait is over. How
// long is measured by the process's timers, whatever clock gives the timestamps.
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
		return false, failure(doing, ctx.Err())
	case <-s.closing:
		return false, closed(doing)
	}
}
