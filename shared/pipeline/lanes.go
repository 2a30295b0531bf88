package pipeline

import (
	"time"

	"causeway/shared/message"
)

// backfill returns how many calls at once backfill may have under way: all of them
// while nobody waits for anything, and otherwise its stated share (Share.Backfill), at
// least one where the target takes several. Live traffic may have every call. So what
// is found in bulk can delay an order by its share of the permits and no more, and a
// target that takes one call at a time serves backfill when live traffic is silent.
func (l *link) backfill(c *connection, limit int, now time.Time) int {
	if !l.waitedFor(c, now) || limit == 0 {
		return limit
	}
	share := limit * l.config.Policy.Share.Backfill / 100
	if limit > 1 {
		return max(share, 1)
	}
	return share
}

// waitedFor reports whether live traffic was seen lately, here or by another worker.
func (l *link) waitedFor(c *connection, now time.Time) bool {
	last := l.live
	if c.Live.After(last) {
		last = c.Live
	}
	return now.Sub(last) < l.config.Policy.Share.Live
}

// announce notes that a live message waits for a call, and reports whether that was worth
// noting: workers that hold every permit for backfill see no live message themselves.
func (l *link) announce(c *connection, lane message.Lane, now time.Time) bool {
	if lane != message.Live || now.Sub(c.Live) < l.config.Policy.Share.Live/4 {
		return false
	}
	c.Live = now
	return true
}
