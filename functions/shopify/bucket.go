package shopify

import (
	"sync"
	"time"

	"causeway/shared/fault"
)

// bucket is what is known of a shop's points, out of which each query is paid. Shopify
// tells with every answer what the query asked for, how many points are left and how fast
// they come back; so a query for which too few are there is not sent at all, and whoever
// wanted it is told how long to wait, as if Shopify had refused it. What is not known yet
// is asked.
type bucket struct {
	now func() time.Time

	mu      sync.Mutex
	level   int64     // points that were left …
	at      time.Time // … then
	most    int64     // 0 until Shopify told it
	restore int64     // points a second
	needs   map[string]int64
}

func newBucket(now func() time.Time) *bucket { return &bucket{now: now, needs: map[string]int64{}} }

// take sets aside what the query asks for, or returns a fault that says when there is
// enough. What is set aside is put right by learn.
func (b *bucket) take(query string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	need := b.needs[query]
	if need > b.most {
		return nil // Shopify has the say
	}
	b.fill()
	if b.level < need {
		return &fault.Error{
			Kind: fault.Throttled, Class: fault.RateLimit, Detail: "too few points are left in the shop's bucket",
			After: cost{requested: need, available: b.level, restore: b.restore}.wait(),
		}
	}
	b.level -= need
	return nil
}

// learn hears what an answer tells. One that tells nothing has cost nothing.
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
