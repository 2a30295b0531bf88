package retry

import "time"

// Budget is how often a message failed in one way, and since when.
type Budget struct {
	Times int       `json:"times"`
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
}

// Spend returns the budget after one more failure. A gap since the last failure that is
// longer than pause does not count: the message was held back for another reason, such as
// an open circuit, or failed in another way meanwhile. Two clocks may differ, so that a gap
// can look longer than the time that passed.
func (b Budget) Spend(now time.Time, pause time.Duration) Budget {
	if gap := now.Sub(b.Last) - pause; b.Times > 0 && gap > 0 {
		b.Since = b.Since.Add(gap)
	}
	if b.Times == 0 || b.Since.After(now) {
		b.Since = now
	}
	b.Times, b.Last = b.Times+1, now
	return b
}
