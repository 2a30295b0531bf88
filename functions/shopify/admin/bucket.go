package admin

import (
	"sync"
	"time"

	"causeway.example/shared/fault"
)

// bucket models a shop's points, out of which each query is paid. Every answer of Shopify has
// the requested cost, the points that are left, and the restore rate. A query for which too
// few points are left is not sent: it fails as Throttled with the time to wait, as if Shopify
// had rejected it. A query whose cost is unknown is sent.
type bucket struct {
	now func() time.Time

	mu      sync.Mutex
	level   int64            // points that were left at …
	at      time.Time        // … this time
	most    int64            // size; 0 until an answer reports it
	restore int64            // points a second
	needs   map[string]int64 // requested cost by query
}

func newBucket(now func() time.Time) *bucket { return &bucket{now: now, needs: map[string]int64{}} }

// take reserves the cost of the query, or returns a fault with the time until the bucket holds
// it. learn replaces the reservation by the reported level.
func (b *bucket) take(query string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	need := b.needs[query]
	if need > b.most {
		return nil // the size is unknown or too small: Shopify decides
	}
	b.fill()
	if b.level < need {
		return tooFew(need, b.level, b.restore)
	}
	b.level -= need
	return nil
}

func tooFew(need, level, restore int64) error {
	return &fault.Error{
		Kind: fault.Throttled, Class: fault.RateLimit, Detail: "too few points are left in the shop's bucket",
		After: cost{requested: need, available: level, restore: restore}.wait(),
	}
}

// affords returns a fault with the time until the bucket holds the cost of so many queries, and half
// of it remains for others, or until it is full. It reserves nothing.
func (b *bucket) affords(query string, times int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	need := min(b.needs[query]*times+b.most/2, b.most)
	b.fill()
	if b.level >= need {
		return nil
	}
	return tooFew(need, b.level, b.restore)
}

// learn records what an answer reports of the bucket. An answer without a cost was not charged.
func (b *bucket) learn(query string, c cost) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.restore <= 0 {
		b.level = min(b.level+b.needs[query], b.most)
		return
	}
	b.level, b.most, b.restore, b.at = c.available, c.most, c.restore, b.now()
	if c.requested > 0 {
		b.needs[query] = c.requested
	}
}

func (b *bucket) fill() {
	now := b.now()
	if passed := now.Sub(b.at).Milliseconds(); passed > 0 {
		b.level = min(b.level+passed*b.restore/1000, b.most)
		b.at = now
	}
}
