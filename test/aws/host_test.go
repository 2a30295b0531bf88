//go:build aws

package aws_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/routes"
)

var (
	errCrashed = errors.New("the function's process died")
	errTimeout = errors.New("the function took too long")
	errInit    = errors.New("the function could not start")

	errThrottled = errors.New("the function's concurrency is used up")
)

// host is Lambda for one function: it keeps execution environments, one process each,
// and starts another when all are busy.
type host struct {
	name    string // "causeway-dev-netsuite-deliver"
	system  string // "netsuite"
	role    string // "deliver"
	arn     string
	program string
	timeout time.Duration
	policy  policy // of the function's role
	world   *world

	mu        sync.Mutex
	variables map[string]string
	idle      []*environment
	all       map[*environment]bool
	started   int
	initFails int
	closed    bool
	throttled bool          // its concurrency is used up
	stretch   time.Duration // by how many times a test's invocation takes longer in the metrics; 0 for once
}

// invoke runs one event through the function, as Lambda does for a caller that waits, and
// measures it as Lambda does.
func (h *host) invoke(ctx context.Context, payload []byte, records int) ([]byte, error) {
	of, begun := dimensions{"FunctionName": h.name}, time.Now()
	body, err := h.once(ctx, payload, records)
	h.mu.Lock()
	took := time.Since(begun) * max(1, h.stretch)
	h.mu.Unlock()
	switch {
	case errors.Is(err, errThrottled):
		h.world.watch.measure("AWS/Lambda", "Throttles", of, 1)
		return nil, err
	case err != nil && ctx.Err() == nil:
		h.world.watch.measure("AWS/Lambda", "Errors", of, 1)
	}
	h.world.watch.measure("AWS/Lambda", "Invocations", of, 1)
	h.world.watch.measure("AWS/Lambda", "Duration", of, float64(took.Milliseconds()))
	return body, err
}

func (h *host) once(ctx context.Context, payload []byte, records int) ([]byte, error) {
	e, err := h.take(ctx)
	if err != nil {
		return nil, err
	}
	now := &invocation{id: newRequestID(), payload: payload, records: records, deadline: time.Now().Add(h.timeout), done: make(chan outcome, 1)}
	body, err := e.run(ctx, now)
	if errors.Is(err, errCrashed) || errors.Is(err, errTimeout) || errors.Is(err, errInit) || ctx.Err() != nil {
		e.close()
		h.forget(e)
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.idle = append(h.idle, e)
	return body, err
}

// start runs one event through the function as Lambda does for a caller that does not wait: it
// tries three times, and then writes the event to the function's dead letters, with the
// function's role.
func (h *host) start(ctx context.Context, payload []byte) error {
	for range 3 {
		if _, err := h.invoke(ctx, payload, 0); err == nil || ctx.Err() != nil {
			return err
		}
	}
	letters := "arn:aws:sqs:" + h.world.at.region + ":" + h.world.at.account + ":" + routes.Dead(h.name)
	if err := h.lends("sqs:SendMessage", letters); err != nil {
		return err
	}
	url, body := h.world.stack.queueURL(letters), string(payload)
	if _, err := h.world.clients.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
		h.world.watch.measure("AWS/Lambda", "DestinationDeliveryFailures", dimensions{"FunctionName": h.name}, 1)
	}
	return nil
}

// set changes the host while it works.
func (h *host) set(change func(*host)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

// take returns an idle environment, or a new one.
func (h *host) take(ctx context.Context) (*environment, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, context.Canceled
	}
	if h.throttled {
		return nil, errThrottled
	}
	if n := len(h.idle); n > 0 {
		e := h.idle[n-1]
		h.idle = h.idle[:n-1]
		return e, nil
	}
	h.started++
	e, err := startEnvironment(ctx, h, fmt.Sprintf("%s-%d", h.name, h.started), maps.Clone(h.variables))
	if err != nil {
		return nil, err
	}
	h.all[e] = true
	return e, nil
}

// warm starts an environment ahead of any event.
func (h *host) warm(ctx context.Context) error {
	e, err := h.take(ctx)
	if err != nil {
		return err
	}
	select {
	case <-e.ready:
	case <-e.gone:
		return errInit
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.idle = append(h.idle, e)
	return nil
}

func (h *host) forget(e *environment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, e)
}

func (h *host) close() {
	h.mu.Lock()
	h.closed = true
	old := h.all
	h.all = map[*environment]bool{}
	h.mu.Unlock()
	for e := range old {
		e.close()
	}
}

func (h *host) initFailures() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.initFails
}
