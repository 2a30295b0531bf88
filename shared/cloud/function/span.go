package function

import (
	"context"
	"encoding/hex"
	"io"
	"sync"
	"time"

	"causeway.example/shared/message"
)

// span is one step of a trace, as it is exported.
type span struct {
	parent     message.TraceParent // its span is "" at the root
	id         string
	name       string
	kind       int
	begun, end time.Time
	attributes map[string]string
	failure    string // "" if it went well
}

// Kinds of spans in the OpenTelemetry protocol (opentelemetry-proto, trace.proto).
const (
	spanServer   = 2
	spanConsumer = 5
)

// mostSpans is how many spans one invocation exports; a batch has ten.
const mostSpans = 128

// recorder keeps the spans of one invocation. The zero value records nothing.
type recorder struct {
	random io.Reader // nil: nobody wants spans
	now    func() time.Time
	mu     sync.Mutex
	done   []*span
}

// begin returns a new span below the parent, or at the root of a new trace; nil if
// nobody wants it.
func (r *recorder) begin(name string, kind int, parent string) *span {
	if r.random == nil {
		return nil
	}
	above, ok := message.ParseTraceParent(parent)
	if ok && !above.Sampled {
		return nil
	}
	id := make([]byte, 24)
	if _, err := io.ReadFull(r.random, id); err != nil {
		return nil // without randomness there are no ids to tell spans apart
	}
	if !ok {
		above = message.TraceParent{Trace: hex.EncodeToString(id[8:])}
	}
	return &span{parent: above, id: hex.EncodeToString(id[:8]), name: name, kind: kind, begun: r.now(), attributes: map[string]string{}}
}

// context returns the traceparent of what comes after the span; "" for none.
func (s *span) context() string {
	if s == nil {
		return ""
	}
	return message.TraceParent{Trace: s.parent.Trace, Span: s.id, Sampled: true}.String()
}

// end completes the span. Attributes that are empty are left out.
func (r *recorder) end(s *span, failure string, attributes map[string]string) {
	if s == nil {
		return
	}
	s.end, s.failure = r.now(), failure
	for key, value := range attributes {
		if value != "" {
			s.attributes[key] = value
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.done) < mostSpans {
		r.done = append(r.done, s)
	}
}

// invocation is what one invocation leaves besides its answer.
type invocation struct {
	tally tally
	spans recorder
}

type invocationKey struct{}

// invocationOf returns the invocation that the context belongs to. Outside of one, as
// while a function starts, it returns one that nobody reads.
func invocationOf(ctx context.Context) *invocation {
	if now, ok := ctx.Value(invocationKey{}).(*invocation); ok {
		return now
	}
	return &invocation{}
}
