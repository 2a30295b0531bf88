package doctor

import (
	"net/http"
	"sync"
	"time"
)

// MaxSkew is how far two clocks may differ: NetSuite refuses a signature whose timestamp is
// five minutes off, and webhook signatures allow as much.
const MaxSkew = time.Minute

// Clock notes how much the clocks of systems differ from ours, by the Date header of their
// answers (RFC 9110 section 6.6.1). Create it with NewClock. It is safe for concurrent use.
type Clock struct {
	now  func() time.Time
	mu   sync.Mutex
	skew map[string]time.Duration
}

// NewClock returns a clock that compares with now.
func NewClock(now func() time.Time) *Clock {
	return &Clock{now: now, skew: map[string]time.Duration{}}
}

// Watch returns a transport that sends requests by inner and notes the system's time.
func (c *Clock) Watch(system string, inner http.RoundTripper) http.RoundTripper {
	return watched{c, system, inner}
}

// Skew returns how far the system's clock is ahead of ours, and false if it did not answer
// yet. It may be called on nil.
func (c *Clock) Skew(system string) (time.Duration, bool) {
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	skew, known := c.skew[system]
	return skew, known
}

type watched struct {
	clock  *Clock
	system string
	inner  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (w watched) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.inner.RoundTrip(request)
	if err != nil {
		return response, err
	}
	if date, bad := http.ParseTime(response.Header.Get("Date")); bad == nil {
		w.clock.mu.Lock()
		defer w.clock.mu.Unlock()
		w.clock.skew[w.system] = date.Sub(w.clock.now().Truncate(time.Second))
	}
	return response, nil
}
