package admission

import (
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/retry"
)

// backfill returns how many calls at once backfill may have in flight: all of them while
// no live message was seen lately, and otherwise its share (Share.Backfill), at least one
// (but that not all the time, see rationed). Live traffic may have every call. So what is
// found in bulk can delay an order by its share of the permits and no more.
func (t *Target) backfill(c *record, limit int, now time.Time) int {
	if !t.liveLately(c, now) || limit == 0 {
		return limit
	}
	return max(1, limit*t.config.Policy.Share.Backfill/100)
}

// rationed reports whether the lane has its share by time now. That is so for backfill
// beside live traffic if there is a rate, or only one call at a time: each of its calls is
// then asked for by itself, and not before BulkUntil of the record.
func (t *Target) rationed(c *record, lane message.Lane, now time.Time) bool {
	byTime := t.profile.Rate.Calls > 0 || t.limit(c, now) == 1
	return lane == message.Backfill && byTime && t.liveLately(c, now)
}

// ration defers the next call of backfill for so long that the one which ended was its share
// of the time, and no live message that found the target taken returns later than that. So
// an order waits for one call at most, and backfill always moves.
func (t *Target) ration(c *record, lane message.Lane, began, now time.Time) bool {
	if lane != message.Backfill || t.limit(c, now) != 1 || !t.rationed(c, lane, now) {
		return false
	}
	share := t.config.Policy.Share
	part := max(share.Backfill, 1)
	if began.IsZero() { // the target was not called
		began = now
	}
	off := max(now.Sub(began)*time.Duration(100-part)/time.Duration(part), share.Wait.Least)
	c.BulkUntil = retry.Later(c.BulkUntil, now.Add(off))
	return true
}

// liveLately reports whether live traffic was seen lately, here or by another worker.
func (t *Target) liveLately(c *record, now time.Time) bool {
	return now.Sub(retry.Later(t.live, c.Live)) < t.config.Policy.Share.Live
}

// announce notes that a live message waits for a call, and reports whether that was worth
// a write: workers that hold every permit for backfill see no live message themselves.
func (t *Target) announce(c *record, lane message.Lane, now time.Time) bool {
	if lane != message.Live || now.Sub(c.Live) < t.config.Policy.Share.Live/4 {
		return false
	}
	c.Live = now
	return true
}
