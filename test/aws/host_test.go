//go:build aws

package aws_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

var (
	errCrashed = errors.New("the function's process died")
	errTimeout = errors.New("the function took too long")
	errInit    = errors.New("the function could not start")
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
	actions []string // that the function's role allows
	world   *world

	mu        sync.Mutex
	variables map[string]string
	idle      []*environment
	all       map[*environment]bool
	started   int
	initFails int
	closed    bool
}

// invoke runs one event through the function, as Lambda does for a caller that waits.
func (h *host) invoke(ctx context.Context, payload []byte, records int) ([]byte, error) {
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

// take returns an idle environment, or a new one.
func (h *host) take(ctx context.Context) (*environment, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, context.Canceled
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
