package local

import (
	"context"
	"sync/atomic"
	"time"

	"causeway.example/shared/local/sqlite"
)

// bell wakes receivers. It stores one ring: the receiver that gets it looks, and rings
// again if there may be more, so that no message is overlooked and one message does not
// wake all receivers. It is rung after each change by which a message is visible earlier.
type bell struct {
	wake chan struct{}
	rung atomic.Uint64
}

func (b *bell) ring() {
	b.rung.Add(1)
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// quiet is what a look at a queue found that saw no visible message.
type quiet struct {
	rung  uint64    // how often the bell had been rung before the look
	until time.Time // no message is visible before
}

// still returns for how long no message will be visible, by a look after which nothing changed: 0
// if that is not known.
func (q *queue) still(now time.Time) time.Duration {
	found := q.quiet.Load()
	if found == nil || found.rung != q.bell.rung.Load() {
		return 0
	}
	return found.until.Sub(now)
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
	case <-q.bell.wake:
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
