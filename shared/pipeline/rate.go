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
	case c.Due.After(now): // this worker's clock was set back
		c.Due = now.Add(-each)
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
	_, err := l.change(ctx, func(c *connection) bool { return l.hold(c, s.pause) })
	return err
}

// hold keeps all calls back for so long, and reports whether that is more than before.
// Only the worker that set a pause knows its end: another one takes over what is left of
// it, by its own judgement.
func (l *link) hold(c *connection, pause time.Duration) bool {
	if pause <= 0 {
		return false
	}
	if c.Pause != nil {
		left := l.pausedUntil(c).Sub(l.config.Now())
		if c.Pause.Worker == l.config.self().name && left >= pause {
			return false
		}
		pause = max(pause, left)
	}
	c.Pause = l.config.take("", pause)
	return true
}

func (l *link) paused(c *connection, now time.Time) bool {
	return c.Pause != nil && now.Before(l.pausedUntil(c))
}

// pausedUntil returns when the pause that there is ends: when it says, if this worker looked
// so shortly before it was set that it knows the other's clock to agree, and otherwise as
// other spans do (lease.go).
func (l *link) pausedUntil(c *connection) time.Time {
	if l.sure && c.Pause.same(l.stored.Pause) {
		return c.Pause.Until
	}
	return l.config.over(l.key()+"|pause", c.Pause, 0)
}
