package retry

import (
	"sync"
	"sync/atomic"
	"time"

	"causeway.example/shared/message"
)

// Span is a time during which something is taken: an entity by the message that is
// written, a permit by a worker, a circuit by its probe.
//
// It is judged without trusting that two clocks agree. The worker that took it reads its
// end by the clock that set it. Any other worker takes it as ended when it has itself
// watched the same span for as long as it lasts, or when the end has passed by more than
// clocks may differ (Policy.Skew), whichever comes first. So a worker whose clock is wrong
// by up to Skew neither takes what another holds nor keeps what it lost. Two costs remain:
// after a crash, another worker waits for the length of the lease from its own first look,
// unless the crashed worker is known to be gone; and clocks that differ by more than Skew
// are not noticed.
type Span struct {
	Event   string           `json:"event,omitempty"`
	Version message.Sequence `json:"version,omitempty"` // what is written, with a lease and a request
	Worker  string           `json:"worker,omitempty"`
	Number  int64            `json:"number,omitempty"` // of the worker's spans: two can be taken at once
	For     time.Duration    `json:"for_ns,omitempty"` // from when it was taken
	Until   time.Time        `json:"until"`            // by the clock of Worker
	// Linger is how long after the end a request made during it may still take effect.
	Linger time.Duration `json:"linger_ns,omitempty"`
}

// Began returns when the span was taken, by the clock of its worker.
func (s *Span) Began() time.Time { return s.Until.Add(-s.For) }

// Same reports whether the other is this very span, as it was stored.
func (s *Span) Same(o *Span) bool {
	return o != nil && s.Event == o.Event && s.Worker == o.Worker && s.Number == o.Number && s.Until.Equal(o.Until)
}

// Worker is one process among all that share the State: it takes spans and judges those of
// others. Its memory is not needed for correctness: a process that starts anew only
// waits longer. It is safe for concurrent use.
type Worker struct {
	name string
	now  func() time.Time
	skew time.Duration
	gone func(worker string) bool

	spans atomic.Int64 // how many it took

	mu   sync.Mutex
	seen map[string]time.Time // guarded by mu
}

// NewWorker returns the worker of that name; no two may have one name at once. skew is how
// far the clocks of two workers may differ. gone reports whether another worker is known
// to have ended, nil if that cannot be known.
func NewWorker(name string, now func() time.Time, skew time.Duration, gone func(worker string) bool) *Worker {
	if gone == nil {
		gone = func(string) bool { return false }
	}
	return &Worker{name: name, now: now, skew: skew, gone: gone, seen: map[string]time.Time{}}
}

// Name returns the name of the worker.
func (w *Worker) Name() string { return w.name }

// Take returns a span of this worker that begins now.
func (w *Worker) Take(event string, length time.Duration) *Span {
	return &Span{Event: event, Worker: w.name, Number: w.spans.Add(1), For: length, Until: w.now().Add(length)}
}

// Over returns when the span ends, and the extra time after it, by this worker's own
// clock. name tells apart spans of different things. The span of a worker that is gone
// ended at the latest when it was first seen: its requests may still linger.
func (w *Worker) Over(name string, s *Span, extra time.Duration) time.Time {
	until := s.Until.Add(extra)
	if s.Worker == w.name {
		return until
	}
	length := s.For
	if w.gone(s.Worker) {
		length = 0
	}
	watched := w.Since(name, s).Add(length + extra)
	if skewed := until.Add(w.skew); skewed.Before(watched) {
		return skewed
	}
	return watched
}

// watchlist is how many spans of others a worker watches before it begins anew.
const watchlist = 10_000

// Since returns when this worker first saw the span.
func (w *Worker) Since(name string, s *Span) time.Time {
	id, now := name+"|"+s.Worker+"|"+s.Until.String(), w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, known := w.seen[id]; known {
		return at
	}
	if len(w.seen) >= watchlist {
		clear(w.seen)
	}
	w.seen[id] = now
	return now
}
