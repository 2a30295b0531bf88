package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/message"
)

// Share is how the workers share the calls that a target takes at once.
//
// A worker takes as many permits as it has calls under way, keeps them for Hold, and
// uses them again and again: the State is written about twice a minute and worker, not
// per message. A permit outlives any call that is made on it, and one whose worker
// crashed is free when its span is over (lease.go). A worker that comes to rest gives
// its permits back (Deliverer.Rest).
type Share struct {
	Hold     time.Duration // how long permits are kept for the next call
	Backfill int           // per cent of the calls that backfill may have …
	Live     time.Duration // … for so long after live traffic was seen
	Settle   time.Duration // how long a lower limit has to show its effect before it is lowered again
	Rise     time.Duration // in which a lowered limit regains one call
	Moment   time.Duration // how long a message waits in hand for a call of its own worker to end
	Wait     Patience      // … and after that in its queue, by its age (queued)
}

func defaultShare() Share {
	return Share{
		Hold: 30 * time.Second, Backfill: 25, Live: time.Minute, Settle: 5 * time.Second, Rise: time.Minute, Moment: 10 * time.Second,
		Wait: Patience{Part: 8, Least: time.Second, Most: 2 * time.Minute},
	}
}

// grant is what one worker may have under way at once.
type grant struct {
	Live     int  `json:"live,omitempty"`
	Backfill int  `json:"backfill,omitempty"`
	Span     span `json:"span"`
}

// hand is the worker's own grant and what it has under way.
type hand struct {
	held, used counts
	most       int // live calls at once since the permits were taken
	until      time.Time
	tokens     int       // calls of the rate that were given to this worker …
	fresh      time.Time // … and are good until then
}

// counts are calls of each lane.
type counts struct{ live, backfill int }

func (c counts) sum() int { return c.live + c.backfill }

func (c *counts) add(lane message.Lane, n int) {
	if lane == message.Backfill {
		c.backfill += n
	} else {
		c.live += n
	}
}

func (c counts) of(lane message.Lane) int {
	if lane == message.Backfill {
		return c.backfill
	}
	return c.live
}

// permit takes a permit for one call; until is when to ask again if there is none, and
// full tells that this is because all are in use.
func (l *link) permit(ctx context.Context, s *handling) (until time.Time, full bool, err error) {
	lane, now := s.event.Lane, l.config.Now()
	if lane == message.Live {
		l.live = now
	}
	if l.paused(&l.stored, now) {
		return l.queued(s, l.pausedUntil(&l.stored)), false, nil
	}
	if l.fits(lane, now) {
		l.take(lane)
		return time.Time{}, false, nil
	}
	var (
		asked hand
		got   bool
	)
	stored, err := l.change(ctx, func(c *connection) bool {
		now = l.config.Now()
		asked, until, got = l.ask(c, lane, now)
		return got || l.announce(c, lane, now)
	})
	if err != nil && !errors.Is(err, ErrConflict) {
		return time.Time{}, false, err
	}
	if stored && got {
		l.hand = asked
		l.take(lane)
		return time.Time{}, false, nil
	}
	return l.queued(s, until), until.IsZero(), nil
}

// queued returns when a message comes again that may make no call now: not before until,
// and the later the longer it waits already. The next call is one message's, however many
// wait for it, and all of them come back as often as they are told to.
func (l *link) queued(s *handling, until time.Time) time.Time {
	next := s.started.Add(l.config.Policy.Share.Wait.Wait(s.started.Sub(s.in.SentAt), l.config.Random))
	if next.Before(until) {
		return until
	}
	return next
}

func (l *link) take(lane message.Lane) {
	l.hand.used.add(lane, 1)
	l.hand.most = max(l.hand.most, l.hand.used.live)
	l.hand.tokens--
}

func (l *link) giveBack(lane message.Lane) {
	l.hand.used.add(lane, -1)
	close(l.freed)
	l.freed = make(chan struct{})
}

// needs is how long a call can last.
func (l *link) needs() time.Duration { return l.profile.Timeout + l.config.Policy.Margin }

// fits reports whether a call can be made on what the worker has already.
func (l *link) fits(lane message.Lane, now time.Time) bool {
	h := l.hand
	if l.rationed(&l.stored, lane, now) {
		return false
	}
	if l.profile.Rate.Calls > 0 && !h.drawn(now) {
		return false
	}
	if l.profile.Concurrency == 0 {
		return true
	}
	return h.used.of(lane) < h.held.of(lane) && !h.until.Before(now.Add(l.needs())) && l.allows(&l.stored, lane, now)
}

// allows reports whether one call more keeps within the limit and the lane's share.
func (l *link) allows(c *connection, lane message.Lane, now time.Time) bool {
	limit, others := l.limit(c, now), l.others(c)
	if others.sum()+l.hand.used.sum() >= limit {
		return false
	}
	return lane != message.Backfill || others.backfill+l.hand.used.backfill < l.backfill(c, limit, now)
}

// others counts the permits of the other workers.
func (l *link) others(c *connection) counts {
	var all counts
	for worker, g := range c.Grants {
		if worker != l.config.self().name {
			all.live, all.backfill = all.live+g.Live, all.backfill+g.Backfill
		}
	}
	return all
}

// ask puts one call more into the worker's grant, and draws on the rate; until is when
// to ask again if that is known.
func (l *link) ask(c *connection, lane message.Lane, now time.Time) (h hand, until time.Time, ok bool) {
	h = l.hand
	rationed := l.rationed(c, lane, now)
	if rationed && now.Before(c.Bulk) {
		return h, c.Bulk, false
	}
	if l.profile.Concurrency > 0 {
		if l.prune(c, now); !l.allows(c, lane, now) {
			return h, until, false
		}
	}
	if l.profile.Rate.Calls > 0 && (rationed || !h.drawn(now)) {
		var tokens int
		if tokens, until = l.draw(c, lane, now); tokens == 0 {
			return h, until, false
		}
		h.keep(tokens, now, l.pace())
	}
	if l.profile.Concurrency > 0 {
		h.held = h.used
		h.held.add(lane, 1)
		if room := l.limit(c, now) - l.others(c).sum(); lane == message.Live {
			h.held.live = max(h.held.live, min(h.most, room-h.held.backfill)) // as many as it used lately
		}
		h.most = h.used.live
		me := l.config.take("", l.needs()+l.config.Policy.Share.Hold)
		c.Grants[me.Worker] = grant{Live: h.held.live, Backfill: h.held.backfill, Span: *me}
		h.until = me.Until
	}
	if lane == message.Live {
		c.Live = now
	}
	return h, until, true
}

// prune drops the grants that are over.
func (l *link) prune(c *connection, now time.Time) {
	for worker, g := range c.Grants {
		if !now.Before(l.config.over(l.key(), &g.Span, 0)) {
			delete(c.Grants, worker)
		}
	}
}

// Rest gives back what the worker holds of the target and does not use, if more than
// half of all permits are taken: fewer are no burden to anyone, and the next batch need
// not ask again. It is called when nothing is in hand, as at the end of a batch: a
// function that is frozen between batches would keep its permits from others until they
// run out.
func (d *Deliverer) Rest(ctx context.Context) error {
	l := d.link()
	l.lock()
	defer l.unlock()
	now := d.Config.Now()
	if l.hand.used.sum() > 0 || l.hand.held.sum() == 0 {
		return nil
	}
	if taken := l.others(&l.stored).sum() + l.hand.held.sum(); 2*taken <= l.limit(&l.stored, now) {
		return nil
	}
	_, err := l.change(ctx, func(c *connection) bool {
		_, held := c.Grants[d.Config.self().name]
		delete(c.Grants, d.Config.self().name)
		return held
	})
	if err == nil {
		l.hand.held = counts{}
	}
	return err
}
