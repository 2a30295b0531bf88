package pipeline

import (
	"context"
	"time"

	"causeway/shared/message"
)

// backfill returns how many calls at once backfill may have under way: all of them
// while nobody waits for anything, and otherwise its stated share (Share.Backfill), at
// least one (and that not all the time, see rationed). Live traffic may have every call.
// So what is found in bulk can delay an order by its share of the permits and no more.
func (l *link) backfill(c *connection, limit int, now time.Time) int {
	if !l.waitedFor(c, now) || limit == 0 {
		return limit
	}
	return max(1, limit*l.config.Policy.Share.Backfill/100)
}

// rationed reports whether the lane has its share by time now. That is so for backfill
// beside live traffic where there is a rate, or but one call at a time: each of its calls
// is then asked for by itself, and not before connection.Bulk.
func (l *link) rationed(c *connection, lane message.Lane, now time.Time) bool {
	by := l.profile.Rate.Calls > 0 || l.limit(c, now) == 1
	return lane == message.Backfill && by && l.waitedFor(c, now)
}

// ration puts the next call of backfill off for so long that the one which has ended was
// its share of the time, and no live message that found the target taken comes again
// later than that. So an order waits for one call at most, and backfill always moves.
func (l *link) ration(ctx context.Context, s *handling) error {
	now := l.config.Now()
	if s.event.Lane != message.Backfill || l.limit(&l.stored, now) != 1 {
		return nil
	}
	if err := l.look(ctx); err != nil { // whether anybody waits was asked before the call
		return err
	}
	share := l.config.Policy.Share
	part := max(share.Backfill, 1)
	off := max(now.Sub(s.started)*time.Duration(100-part)/time.Duration(part), share.Wait.Least)
	_, err := l.change(ctx, func(c *connection) bool {
		if !l.rationed(c, s.event.Lane, now) {
			return false
		}
		c.Bulk = later(c.Bulk, now.Add(off))
		return true
	})
	return err
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
