package pipeline

import (
	"context"
	"time"
)

// draw takes calls out of the target's token bucket, at most those of one second, and
// returns how many; until is when there will be one if there is none. The bucket is one
// instant: up to it the calls are given out. Calls that a worker does not use within
// the second are lost, so that what several of them hold back cannot come as a burst.
func (l *link) draw(c *connection, now time.Time) (tokens int, until time.Time) {
	rate := l.profile.Rate
	if rate.Calls <= 0 {
		return 0, time.Time{}
	}
	each := rate.Per / time.Duration(rate.Calls)
	burst := rate.Burst
	if burst == 0 {
		burst = rate.Calls
	}
	most := min(max(1, int(time.Second/max(each, 1))), burst)
	full := now.Add(-each * time.Duration(burst))
	switch {
	case c.Due.Before(full):
		c.Due = full
	case c.Due.After(now): // set by a clock that is ahead of this one
		c.Due = now
	}
	tokens = min(most, int(now.Sub(c.Due)/max(each, 1)))
	if tokens == 0 {
		return 0, c.Due.Add(each)
	}
	c.Due = c.Due.Add(each * time.Duration(tokens))
	return tokens, time.Time{}
}

// pause holds all calls back for as long as the target asked with an answer that was a
// success, as one does whose cost bucket is nearly empty.
func (l *link) pause(ctx context.Context, s *handling) error {
	if s.pause <= 0 {
		return nil
	}
	now := l.config.Now()
	_, err := l.change(ctx, now, func(c *connection) bool { return c.hold(now, s.pause) })
	return err
}

// hold keeps all calls back for so long, and reports whether that is longer than before.
func (c *connection) hold(now time.Time, pause time.Duration) bool {
	until := now.Add(pause)
	if pause <= 0 || !c.Paused.Before(until) {
		return false
	}
	c.Paused = until
	return true
}
