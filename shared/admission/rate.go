package admission

import (
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/retry"
)

// pace is a target's Rate as the workers share it. A worker draws some calls at once and
// makes them a little later, so that the calls which several of them have in hand could
// come on top of a full bucket. Therefore our bucket is smaller than the target's by as many
// calls as may be in hand, and they are good for the time in which that many more would come:
// in no window are more calls allowed than the target takes. The time between
// Enter and the call itself is not counted.
type pace struct {
	each  time.Duration // from one call to the next
	room  int           // calls in the bucket when it is full
	ahead int           // … that a worker may have in hand; 0 if each is drawn when it is made
}

func (t *Target) pace() pace {
	rate := t.profile.Rate
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
func (t *Target) draw(c *record, lane message.Lane, now time.Time) (tokens int, until time.Time) {
	p := t.pace()
	each, size := p.each, p.each*time.Duration(p.room)
	full := now.Add(-size)
	switch {
	case c.RateUsed.Before(full):
		c.RateUsed = full
	case c.RateUsed.After(now): // this worker's clock was set back
		c.RateUsed = now.Add(-each)
	}
	left, least := int(now.Sub(c.RateUsed)/each), 1
	rationed := t.rationed(c, lane, now)
	if rationed && now.Sub(c.BulkUntil) < t.config.Policy.Share.Live {
		least = min(2, p.room)
	}
	if left < least {
		return 0, c.RateUsed.Add(each * time.Duration(least))
	}
	if tokens = min(max(1, p.ahead), left); rationed {
		tokens = 1
		gap := each * 100 / time.Duration(max(t.config.Policy.Share.Backfill, 1))
		c.BulkUntil = retry.Later(c.BulkUntil, now.Add(-max(0, size-gap))).Add(gap)
	}
	c.RateUsed = c.RateUsed.Add(each * time.Duration(tokens))
	return tokens, time.Time{}
}

// drawn reports whether the worker has a call in hand that was drawn before.
func (h *hand) drawn(now time.Time) bool { return h.tokens > 0 && !now.After(h.fresh) }

// keep adds calls that were drawn then to those in hand, if these are still good.
func (h *hand) keep(tokens int, now time.Time, p pace) {
	if !h.drawn(now) {
		h.tokens, h.fresh = 0, now.Add(p.each*time.Duration(p.ahead))
	}
	h.tokens += tokens
}

// pause defers all calls for as long as the target asked, after a throttle or with a
// success, as a target does whose cost bucket is nearly empty. It reports whether that is
// longer than before. Only the worker that set a pause knows its end: another one takes
// over what is left of it, by its own judgment.
func (t *Target) pause(c *record, pause time.Duration) bool {
	if pause <= 0 {
		return false
	}
	if c.Pause != nil {
		left := t.pausedUntil(c).Sub(t.config.Now())
		if c.Pause.Worker == t.config.Worker.Name() && left >= pause {
			return false
		}
		pause = max(pause, left)
	}
	c.Pause = t.config.Worker.Take("", pause)
	return true
}

func (t *Target) paused(c *record, now time.Time) bool {
	return c.Pause != nil && now.Before(t.pausedUntil(c))
}

// pausedUntil returns when the pause ends: when it says, if this worker looked so shortly
// before it was set that it knows the other's clock to agree. Otherwise it is judged as
// other spans are, except that it does not end with its worker: the target asked for it.
func (t *Target) pausedUntil(c *record) time.Time {
	p, w := c.Pause, t.config.Worker
	if p.Worker == w.Name() || t.pauseSure && p.Same(t.stored.Pause) {
		return p.Until
	}
	watched := w.Since(t.key()+"|pause", p).Add(p.For)
	if skewed := p.Until.Add(t.config.Retry.Skew); skewed.Before(watched) {
		return skewed
	}
	return watched
}
