package shopifytest

import "time"

// The bucket of the smallest plan, in points and in points a second.
const (
	mostHeld    = 2000
	restoreRate = 100
)

// bucket has the points that pay for queries. Shopify charges by a leaky bucket: it must hold
// the requested cost of a query, and is charged the actual one.
type bucket struct {
	missing int64 // thousandths of a point
	at      time.Time
}

// affords reports whether the query's points are there now.
func (f *Fake) affords(cost int) bool {
	if f.Now == nil {
		f.bucket.missing = 0
		return true
	}
	now := f.Now()
	if passed := now.Sub(f.bucket.at); passed > 0 {
		f.bucket.missing = max(0, f.bucket.missing-min(passed, time.Hour).Milliseconds()*restoreRate)
		f.bucket.at = now
	}
	return int64(cost) <= f.bucket.available()
}

func (b *bucket) available() int64 { return mostHeld - (b.missing+999)/1000 }

func (b *bucket) charge(points int) { b.missing += int64(points) * 1000 }

// show returns the cost as an answer reports it.
func (b *bucket) show(requested int, actual any) map[string]any {
	return map[string]any{
		"requestedQueryCost": requested, "actualQueryCost": actual,
		"throttleStatus": map[string]any{"maximumAvailable": mostHeld, "currentlyAvailable": b.available(), "restoreRate": restoreRate},
	}
}

func (f *Fake) throttled(cost int) Answer {
	return ok(map[string]any{
		"errors":     []any{map[string]any{"message": "Throttled", "extensions": map[string]any{"code": "THROTTLED"}}},
		"extensions": map[string]any{"cost": f.bucket.show(cost, nil)},
	})
}
