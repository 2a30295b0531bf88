package local

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"causeway/shared/connector"
	"causeway/shared/pipeline"
	"causeway/shared/port"
	"causeway/shared/routes"
)

// batch is how many messages of a queue are handled at once, as Lambda does.
const batch = 10

// backfillHands is how many messages of a backfill inbox are handled at once. They are
// found in bulk and nobody waits for them, so that they leave the machine to live ones.
const backfillHands = 1

// longPoll is how long a worker waits for a message before it checks whether to stop; the
// longest that SQS allows.
const longPoll = 20 * time.Second

// patience is how many of the system's timeouts a received message may wait for a slot.
// With the attempt itself that is half of the six timeouts that AWS recommends as the
// visibility timeout of a queue.
const patience = 2

// Engine runs the pipeline in one process: a door per source, and workers per inbox,
// backfill inbox and route.
type Engine struct {
	config  *pipeline.Config
	systems map[string]connector.System
	lanes   []lane
	// Refused is called for each request that a door rejected; may be nil.
	Refused func(system, code string)
}

// lane is one queue with its handler and the slots of the system that it calls.
type lane struct {
	queue   string
	handler pipeline.Handler
	hands   int // workers of the queue
	slots   slots
	timeout time.Duration // of the system that it calls
}

// NewEngine joins the systems by the routes of the configuration. Routes to and from other
// systems are left out. If the configuration names no worker, it gets a name that is the
// same in every process: one process at a time has the store, so that the leases of the
// process before it are its own.
func NewEngine(config *pipeline.Config, systems map[string]connector.System) *Engine {
	if config.Worker == "" {
		config.Worker = "local"
	}
	e := &Engine{config: config, systems: systems}
	pools := make(map[string]slots, len(systems))
	for name, system := range systems {
		pools[name] = newSlots(max(1, system.Profile.Concurrency))
		if system.Source != nil {
			translator := &pipeline.Translator{Config: config, System: system}
			e.lanes = append(e.lanes,
				lane{routes.Inbox(name), translator, batch, newSlots(batch), system.Profile.Timeout},
				lane{routes.InboxBackfill(name), translator, backfillHands, newSlots(backfillHands), system.Profile.Timeout})
		}
	}
	for _, route := range config.Routes {
		if target, ok := systems[route.To]; ok && target.Target != nil {
			deliverer := &pipeline.Deliverer{Config: config, System: target, Route: route}
			e.lanes = append(e.lanes, lane{route.Queue(), deliverer, batch, pools[route.To], target.Profile.Timeout})
		}
	}
	return e
}

// Run works until ctx ends, and returns when every received message is settled.
func (e *Engine) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for _, l := range e.lanes {
		workers.Go(func() { e.work(ctx, l) })
	}
	workers.Wait()
}

// work receives messages from one queue, as many as it has workers. Workers belong to the
// queue, so that a long poll delays no other queue; slots belong to the system, are shared
// by all its queues, and are held only during a call.
func (e *Engine) work(ctx context.Context, l lane) {
	hands := newSlots(l.hands)
	defer hands.takeAll()
	for {
		free := hands.take(ctx, l.hands)
		if free == 0 {
			return
		}
		messages, err := e.config.Queue.Receive(ctx, l.queue, free, longPoll)
		hands.give(free - len(messages))
		if err != nil && ctx.Err() == nil {
			e.config.Log.ErrorContext(ctx, "receiving from a queue", "queue", l.queue, "error", err)
			pause(ctx, time.Second)
		}
		for _, in := range messages {
			go func() {
				defer hands.give(1)
				e.handle(ctx, l, in)
			}()
		}
	}
}

// handle waits for a slot of the system; if the engine stops first, the message stays in
// its queue. An attempt that has begun is finished, also after ctx ends. A message that
// waited long, such as behind a system that hangs, is left to its visibility timeout:
// otherwise other workers would receive it before this attempt ends.
func (e *Engine) handle(ctx context.Context, l lane, in port.Incoming) {
	received := e.config.Now()
	if l.slots.take(ctx, 1) == 0 {
		return
	}
	defer l.slots.give(1)
	if e.config.Now().Sub(received) > patience*l.timeout {
		return
	}
	e.settle(context.WithoutCancel(ctx), l, in)
}

func (e *Engine) settle(ctx context.Context, l lane, in port.Incoming) {
	if err := pipeline.Settle(ctx, e.config.Queue, l.handler, in); err != nil {
		e.config.Log.ErrorContext(ctx, "handling a message", "queue", l.queue, "event_id", in.Attributes[port.AttrEvent], "error", err)
	}
}

// Step handles the messages that are visible in every queue now, one at a time and in a
// fixed order, and returns how many it handled. Tests and simulations call it with a clock
// of their own instead of Run.
func (e *Engine) Step(ctx context.Context) (int, error) {
	handled := 0
	for _, l := range e.lanes {
		messages, err := e.config.Queue.Receive(ctx, l.queue, batch, 0)
		if err != nil {
			return handled, err
		}
		for _, in := range messages {
			handled++
			if err := pipeline.Settle(ctx, e.config.Queue, l.handler, in); err != nil {
				return handled, err
			}
		}
	}
	return handled, nil
}

// Door returns the HTTP handler of every source: POST /hooks/<system>.
func (e *Engine) Door() http.Handler {
	mux := http.NewServeMux()
	for name, system := range e.systems {
		if system.Source == nil {
			continue
		}
		receiver := &pipeline.Receiver{Config: e.config, System: system, Refused: func(code string) {
			if e.Refused != nil {
				e.Refused(name, code)
			}
		}}
		mux.HandleFunc("/hooks/"+name, func(w http.ResponseWriter, r *http.Request) { e.receive(w, r, receiver) })
	}
	return mux
}

// receive reads at most one byte more than the limit, by which the pipeline sees that the
// body is too large.
func (e *Engine) receive(w http.ResponseWriter, r *http.Request, receiver *pipeline.Receiver) {
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(receiver.System.Profile.BodyLimit)+1))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	answer := receiver.Receive(r.Context(), connector.Request{Method: r.Method, Header: r.Header, Body: body, At: e.config.Now()})
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(answer.Status)
	_, _ = io.WriteString(w, answer.Body) // the sender may be gone; the delivery is stored
}

// slots are the calls to a system that may be in flight at once, shared by all its lanes.
type slots chan struct{}

func newSlots(n int) slots {
	s := make(slots, n)
	s.give(n)
	return s
}

// take waits for one slot and takes up to most free ones; 0 if ctx ends first.
func (s slots) take(ctx context.Context, most int) int {
	select {
	case <-ctx.Done():
		return 0
	case <-s:
	}
	for taken := 1; ; taken++ {
		if taken == most {
			return taken
		}
		select {
		case <-s:
		default:
			return taken
		}
	}
}

// takeAll waits until every slot is free.
func (s slots) takeAll() {
	for range cap(s) {
		<-s
	}
}

func (s slots) give(n int) {
	for range n {
		s <- struct{}{}
	}
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
