package pipeline

import (
	"context"
	"time"

	"causeway/shared/fault"
)

// What happens on a 429, and on whatever else a target says instead, such as NetSuite's
// concurrency fault; the connector classifies it as fault.Throttled:
//
//  1. The message is deferred to the time that the target named, in seconds or as a
//     date (webapi.RetryAfter), and a random part of a second more; without one to a
//     backoff with full jitter (Policy.pause). It uses up no attempt, and of the budget
//     only time: 72 hours of it, in which neither an open circuit counts nor what the
//     target named beyond our own longest wait (record.go, spend).
//  2. If it named a time, nobody calls before, for at most as long as lies between two
//     probes of a circuit (Breaker.Probes): a figure that is wrong, or meant for one
//     message, must not hold up the others for a day. After that the next call asks. If
//     it named none and has a Rate, nobody calls for as long as its bucket needs to fill.
//  3. The target's limit of calls at once is halved for all workers, at most once in
//     Share.Settle, and regains one call in each Share.Rise (below). So the next calls
//     are paced before they are refused.
//  4. It counts as a failure of the target. After so many in a row the circuit opens
//     (breaker.go), until the time that the target named if that is later: then nobody
//     calls, and nothing is counted.
//
// A target that tells before it refuses, by a cost bucket or a header of what is left,
// is heard too: Receipt.Pause holds all calls back (rate.go).

// throttled holds calls back and lowers the limit after one that was refused for being
// one too many.
func (l *link) throttled(ctx context.Context, s *handling) error {
	if s.answer == nil || s.answer.Kind != fault.Throttled {
		return nil
	}
	now, pause := l.config.Now(), s.answer.After
	if pause == 0 && l.profile.Rate.Calls > 0 {
		p := l.pace()
		pause = p.each * time.Duration(p.room+p.ahead)
	}
	_, err := l.change(ctx, func(c *connection) bool {
		held := l.hold(c, min(pause, l.config.Policy.Breaker.Probes.Most))
		return l.lower(c, now) || held
	})
	return err
}

// lower halves the limit, unless it has just been lowered.
func (l *link) lower(c *connection, now time.Time) bool {
	before := now.Sub(c.Learnt)
	if l.profile.Concurrency == 0 || before >= 0 && before < l.config.Policy.Share.Settle {
		return false
	}
	c.Limit, c.Learnt = max(1, l.limit(c, now)/2), now
	return true
}

// limit returns how many calls the target takes at once, by its profile and by what was
// learnt since.
func (l *link) limit(c *connection, now time.Time) int {
	if c.Limit == 0 {
		return l.profile.Concurrency
	}
	regained := now.Sub(c.Learnt) / max(l.config.Policy.Share.Rise, 1)
	return min(l.profile.Concurrency, c.Limit+int(max(regained, 0)))
}
