package pipeline

import (
	"context"
	"time"

	"causeway/shared/message"
)

// pace is a target's Rate as the workers share it out. A worker draws some calls at once
// and makes them a little later, so that what several of them hold back could come on top
// of a full bucket. Therefore ours is smaller than the target's by as many calls as may be
// in hand, and they are good for the time in which that many more would come: whatever the
// window, no more calls are allowed than the target takes. What lies between that and the
// call itself, such as a claim, is not counted.
type pace struct {
	each  time.Duration // from one call to the next
	room  int           // calls in the bucket when it is full
	ahead int           // … that a worker may have in hand; 0 where each is drawn when it is made
}

func (l *link) pace() pace {
	rate := l.profile.Rate
	burst := rate.Burst
	if burst == 0 {
		burst = rate.Calls
	}
	each := max(rate.Per/time.Duration(rate.Calls), 1)
	ahead := min(int(time.Second/each), (burst-1)/2)
	return pace{each, burst - ahead, ahead}
}

// draw takes calls out of the target's bucket, and returns how many; until is when there
// will be one if there is none. The bucket is one instant: up to it the calls are given
// out. Backfill that is rationed draws one, its share of the rate in the long run, and
// leaves one for live traffic if there is room for two, unless it never comes to that.
func (l *link) draw(c *connection, lane message.Lane, now time.Time) (tokens int, until time.Time) {
	p := l.pace()
	each, size := p.each, p.each*time.Duration(p.room)
	full := now.Add(-size)
	switch {
	case c.Due.Before(full):
		c.Due = full
	case c.Due.After(now): // this worker's clock was set back
		c.Due = now.Add(-each)
	}
	left, least := int(now.Sub(c.Due)/each), 1
	rationed := l.rationed(c, lane, now)
	if rationed && now.Sub(c.Bulk) < l.config.Policy.Share.Live {
		least = min(2, p.room)
	}
	if left < least {
		return 0, c.Due.Add(each * time.Duration(least))
	}
	if tokens = min(max(1, p.ahead), left); rationed {
		tokens = 1
		gap := each * 100 / time.Duration(max(l.config.Policy.Share.Backfill, 1))
		c.Bulk = later(c.Bulk, now.Add(-max(0, size-gap))).Add(gap)
	}
	c.Due = c.Due.Add(each * time.Duration(tokens))
	return tokens, time.Time{}
}

// drawn reports whether the worker has a call in hand that was drawn before.
func (h *hand) drawn(now time.Time) bool { return h.tokens > 0 && !now.After(h.fresh) }

// keep adds calls that were just drawn to those in hand, if these are still good.
func (h *hand) keep(tokens int, now time.Time, p pace) {
	if !h.drawn(now) {
		h.tokens, h.fresh = 0, now.Add(p.each*time.Duration(p.ahead))
	}
	h.tokens += tokens
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
