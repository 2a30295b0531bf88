package pipeline

import (
	"sync"
	"sync/atomic"
	"time"

	"causeway/shared/message"
)

// span is a time during which something is taken: an entity by the message that is
// written, a permit by a worker, a circuit by its probe.
//
// It is judged without trusting that two clocks agree. The worker that took it reads
// its end by the clock that set it. Any other worker takes it for over when it has
// itself watched the very same span for as long as it lasts, or when the end has
// passed by more than clocks may lie apart (Policy.Skew), whichever comes first. So a
// worker whose clock is wrong by up to Skew neither takes what another holds nor keeps
// what it lost. What remains: after a crash, another worker waits for the length of
// the lease from when it first looked, not from when it was taken; and clocks that lie
// further apart than Skew are not noticed.
type span struct {
	Event string `json:"event,omitempty"`
	// Version is what is written, with a lease and a request: a fact of once keeps its event
	// in every version.
	Version message.Sequence `json:"version,omitempty"`
	Worker  string           `json:"worker,omitempty"`
	Number  int64            `json:"number,omitempty"` // of the worker's spans: two can be taken at once
	For     time.Duration    `json:"for_ns,omitempty"` // from when it was taken
	Until   time.Time        `json:"until"`            // by the clock of Worker
	// Linger is how long after the end a request made during it may still take effect.
	Linger time.Duration `json:"linger_ns,omitempty"`
}

// take returns a span of this worker that begins now.
func (c *Config) take(event string, length time.Duration) *span {
	me := c.self()
	return &span{Event: event, Worker: me.name, Number: me.spans.Add(1), For: length, Until: c.Now().Add(length)}
}

// same reports whether the other is this very span, as it was stored.
func (s *span) same(o *span) bool {
	return o != nil && s.Event == o.Event && s.Worker == o.Worker && s.Number == o.Number && s.Until.Equal(o.Until)
}

// over returns when the span ends, and the extra time after it, by this worker's own
// clock. name tells apart spans of different things.
func (c *Config) over(name string, s *span, extra time.Duration) time.Time {
	me, until := c.self(), s.Until.Add(extra)
	if s.Worker == me.name {
		return until
	}
	watched := c.since(name, s).Add(s.For + extra)
	if skewed := until.Add(c.Policy.Skew); skewed.Before(watched) {
		return skewed
	}
	return watched
}

// since returns when this worker first saw the span.
func (c *Config) since(name string, s *span) time.Time {
	return c.self().firstSeen(name+"|"+s.Worker+"|"+s.Until.String(), c.Now())
}

// worker is what this process remembers from message to message. Nothing in it is
// needed for correctness: a process that begins anew only waits longer.
type worker struct {
	name  string
	mu    sync.Mutex
	seen  map[string]time.Time
	links map[string]*link
	spans atomic.Int64 // how many it took
}

// watchlist is how many spans of others a worker watches before it begins anew.
const watchlist = 10_000

// firstSeen returns when the process first saw the span of that name.
func (w *worker) firstSeen(name string, now time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, known := w.seen[name]; known {
		return at
	}
	if len(w.seen) >= watchlist {
		clear(w.seen)
	}
	w.seen[name] = now
	return now
}

// born guards the making of a Config's worker, which a lock inside Config would keep
// from being copied.
var born sync.Mutex

// self returns the worker that the Config's process is.
func (c *Config) self() *worker {
	born.Lock()
	defer born.Unlock()
	if c.me == nil || c.Worker != "" && c.me.name != c.Worker {
		c.me = &worker{name: c.Worker, seen: map[string]time.Time{}, links: map[string]*link{}}
	}
	if c.me.name == "" {
		drawn := time.Duration(c.Random() * float64(1<<62))
		c.me.name = message.DeriveID("worker", c.Now().String(), drawn.String())
	}
	return c.me
}
