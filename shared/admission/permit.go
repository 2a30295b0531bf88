package admission

import (
	"context"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/retry"
)

// A worker takes as many permits as it has calls in flight, keeps them for Share.Hold,
// and uses them again and again: the State is written about twice a minute and worker, not
// once per message. A permit outlives any call that is made with it. One whose worker
// crashed is free when its span is over. A worker that is idle gives its permits back (Rest).

// grant is the calls that one worker may have in flight.
type grant struct {
	Live     int        `json:"live,omitempty"`
	Backfill int        `json:"backfill,omitempty"`
	Span     retry.Span `json:"span"`
}

// hand is this worker's own grant and its calls in flight.
type hand struct {
	held, used counts
	most       int       // live calls at once since the permits were taken
	until      time.Time // when the permits expire
	tokens     int       // calls of the rate that this worker drew …
	fresh      time.Time // … and may make until then
}

// counts are calls of each lane.
type counts struct{ live, backfill int }

func (c counts) sum() int { return c.live + c.backfill }

func (c *counts) of(lane message.Lane) *int {
	if lane == message.Backfill {
		return &c.backfill
	}
	return &c.live
}

// callTime is how long a call can last.
func (t *Target) callTime() time.Duration { return t.profile.Timeout + t.config.Retry.Margin }

// fits reports whether a call can be made with what this worker has already.
func (t *Target) fits(c *record, lane message.Lane, now time.Time) bool {
	h := &t.hand
	if t.asking || t.rationed(c, lane, now) || t.profile.Rate.Calls > 0 && !h.drawn(now) {
		return false
	}
	if t.profile.Concurrency == 0 {
		return true
	}
	return *h.used.of(lane) < *h.held.of(lane) && !h.until.Before(now.Add(t.callTime())) && t.allows(c, lane, now)
}

// allows reports whether one call more keeps within the limit and the lane's share.
func (t *Target) allows(c *record, lane message.Lane, now time.Time) bool {
	limit, others := t.limit(c, now), t.others(c)
	if others.sum()+t.hand.used.sum() >= limit {
		return false
	}
	return lane != message.Backfill || others.backfill+t.hand.used.backfill < t.backfill(c, limit, now)
}

// others counts the permits of the other workers.
func (t *Target) others(c *record) counts {
	var all counts
	for worker, g := range c.Grants {
		if worker != t.config.Worker.Name() {
			all.live, all.backfill = all.live+g.Live, all.backfill+g.Backfill
		}
	}
	return all
}

// ask adds a permit for one call to this worker's grant in the record, and draws on the
// rate. It returns the hand that this worker has once the record is stored, and otherwise
// when to ask again, if that is known.
func (t *Target) ask(c *record, lane message.Lane, now time.Time) (h hand, until time.Time, ok bool) {
	h = t.hand
	rationed, limited := t.rationed(c, lane, now), t.profile.Concurrency > 0
	if rationed && now.Before(c.BulkUntil) {
		return h, c.BulkUntil, false
	}
	if limited {
		if t.prune(c, now); !t.allows(c, lane, now) {
			return h, until, false
		}
	}
	if t.profile.Rate.Calls > 0 && (rationed || !h.drawn(now)) {
		var tokens int
		if tokens, until = t.draw(c, lane, now); tokens == 0 {
			return h, until, false
		}
		h.keep(tokens, now, t.pace())
	}
	if limited {
		h.held = h.used
		*h.held.of(lane)++
		if room := t.limit(c, now) - t.others(c).sum(); lane == message.Live {
			h.held.live = max(h.held.live, min(h.most, room-h.held.backfill)) // as many as it used lately
		}
		h.most = h.used.live
		me := t.config.Worker.Take("", t.callTime()+t.config.Policy.Share.Hold)
		c.Grants[me.Worker] = grant{Live: h.held.live, Backfill: h.held.backfill, Span: *me}
		h.until = me.Until
	}
	if lane == message.Live {
		c.Live = now
	}
	return h, until, true
}

// prune removes the grants that are over.
func (t *Target) prune(c *record, now time.Time) {
	for worker, g := range c.Grants {
		if !now.Before(t.config.Worker.Over(t.key()+"|grant", &g.Span, 0)) {
			delete(c.Grants, worker)
		}
	}
}

func (t *Target) take(lane message.Lane) {
	*t.hand.used.of(lane)++
	t.hand.most = max(t.hand.most, t.hand.used.live)
	t.hand.tokens--
}

// Rest gives the worker's permits back if it has no call in flight and more than half of
// all permits are taken: fewer are no burden to other workers, and the next batch need not
// ask again. It is called at the end of a batch: a function that is frozen between batches
// would keep its permits from others until they expire.
func (t *Target) Rest(ctx context.Context) error {
	return t.change(ctx, func(c *record) bool {
		if t.hand.used.sum() > 0 || t.hand.held.sum() == 0 {
			return false
		}
		if taken := t.others(c).sum() + t.hand.held.sum(); 2*taken <= t.limit(c, t.config.Now()) {
			return false
		}
		if _, granted := c.Grants[t.config.Worker.Name()]; !granted {
			t.hand.held = counts{}
			return false
		}
		delete(c.Grants, t.config.Worker.Name())
		return true
	}, func() { t.hand.held = counts{} })
}

// throttle lowers the limit and pauses all calls after an answer that the target was asked
// too often, and reports whether it changed anything. It is half of what happens on a 429, or
// on what a target answers instead, such as NetSuite's concurrency fault:
//
//  1. The message is deferred until the time that the target named (package retry).
//  2. If it named a time, no worker calls before it, but for at most the longest time
//     between two probes: a figure that is wrong, or meant for one message, must not
//     hold up the others for a day. If it named none and has a Rate, no worker calls for
//     as long as its bucket needs to fill.
//  3. The limit of calls at once is halved for all workers, at most once in Share.Settle,
//     and regains one call in each Share.Rise.
//  4. It counts as a failure of the target: after so many in a row the circuit opens
//     (circuit.go), until the time that the target named if that is later.
//
// A throttle of one operation is left to the circuit of that operation.
func (t *Target) throttle(c *record, a Answer, now time.Time) bool {
	f := a.Fault
	if f == nil || f.Kind != fault.Throttled || f.ScopeOrDefault() != fault.ConnectionScope {
		return false
	}
	pause := f.After
	if pause == 0 && t.profile.Rate.Calls > 0 {
		p := t.pace()
		pause = p.each * time.Duration(p.room+p.ahead)
	}
	paused := t.pause(c, min(pause, t.config.Policy.Breaker.Probes.Most))
	since := now.Sub(c.LimitSet)
	if t.profile.Concurrency == 0 || since >= 0 && since < t.config.Policy.Share.Settle {
		return paused
	}
	c.Limit, c.LimitSet = max(1, t.limit(c, now)/2), now
	return true
}

// limit returns how many calls the target takes at once, by its profile and by how it
// answered since.
func (t *Target) limit(c *record, now time.Time) int {
	if c.Limit == 0 {
		return t.profile.Concurrency
	}
	regained := now.Sub(c.LimitSet) / max(t.config.Policy.Share.Rise, 1)
	return min(t.profile.Concurrency, c.Limit+int(max(regained, 0)))
}
