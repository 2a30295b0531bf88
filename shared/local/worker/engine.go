package worker

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// batch is how many messages of a queue are handled at once, as Lambda does.
const batch = 10

// backfillHands is how many messages of a backfill inbox are handled at once. They are
// found in bulk and are not urgent, so that they leave the machine to live ones.
const backfillHands = 1

// longPoll is how long a worker waits for a message at a time. A message, and the end of the
// engine, wake it at once.
const longPoll = 5 * time.Minute

// patience is how many of the system's timeouts a received message may wait for a slot.
// With the attempt itself that is half of the six timeouts that AWS recommends as the
// visibility timeout of a queue.
const patience = 2

// Engine runs the pipeline in one process: a door per source, and workers per inbox and
// per route.
type Engine struct {
	pipeline *pipeline.Pipeline
	doors    map[string]*intake.Receiver // by source
	lanes    []lane
}

// lane is one queue with its handler and the slots of the system that it calls.
type lane struct {
	queue   string
	handler port.Handler
	hands   int  // messages that are in flight at once
	party   bool // of which one request takes many: what is received together is combined
	slots   slots
	timeout time.Duration // of the system that it calls
}

// NewEngine joins the pipeline's systems over the routes. Routes between systems that are
// not among them are left out.
func NewEngine(p *pipeline.Pipeline, table []routes.Route) (*Engine, error) {
	e := &Engine{pipeline: p, doors: map[string]*intake.Receiver{}}
	pools := make(map[string]slots, len(p.Systems))
	for _, name := range slices.Sorted(maps.Keys(p.Systems)) {
		system := p.Systems[name]
		pools[name] = newSlots(max(1, system.Profile.Concurrency))
		if system.Source == nil || !slices.Contains(routes.Sources(table), name) {
			continue // nothing carries what it reports, so that it has no inbox
		}
		translator, err := p.Translator(name)
		if err != nil {
			return nil, err
		}
		if e.doors[name], err = intake.New(p.Runtime, system); err != nil {
			return nil, err
		}
		e.lanes = append(e.lanes,
			lane{queue: routes.Inbox(name), handler: translator, hands: batch, slots: newSlots(batch), timeout: system.Profile.Timeout},
			lane{queue: routes.InboxBackfill(name), handler: translator, hands: backfillHands, slots: newSlots(backfillHands), timeout: system.Profile.Timeout})
	}
	for _, route := range table {
		target := p.Systems[route.To]
		if target.Target == nil {
			continue
		}
		deliverer, err := p.Deliverer(route)
		if err != nil {
			return nil, err
		}
		l := lane{queue: route.Queue(), handler: deliverer, hands: batch, slots: pools[route.To], timeout: target.Profile.Timeout}
		if n := target.Profile.Batch(route.Types); n > 1 { // they share a call, which the target's permits count
			l.hands, l.party, l.slots = n, true, newSlots(n)
		}
		e.lanes = append(e.lanes, l)
	}
	return e, nil
}

// Identity returns the name of a process that has the store, and whether another worker is
// gone: one process at a time has the store, so that every other one has ended.
func Identity(now time.Time, random func() float64) (name string, gone func(worker string) bool) {
	drawn := time.Duration(random() * float64(1<<62))
	name = "local-" + message.DeriveID(now.String(), drawn.String())
	return name, func(worker string) bool { return worker != name }
}

// Run works until ctx ends, and returns when every received message is settled.
func (e *Engine) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for _, l := range e.lanes {
		workers.Go(func() { e.work(ctx, l) })
	}
	workers.Wait()
}

// window is how long messages of a lane with parties are let gather after the first of them, as
// Lambda's batching window does.
const window = time.Second

// work receives messages from one queue, as many as it has workers. Workers belong to the
// queue, so that a long poll delays no other queue; slots belong to the system, are shared
// by all its queues, and are held only during a call.
func (e *Engine) work(ctx context.Context, l lane) {
	hands := newSlots(l.hands)
	defer hands.takeAll()
	for {
		free := hands.take(ctx, l.hands)
		for more := free; l.party && more > 0 && free < l.hands; free += more { // a party has all of them
			more = hands.take(ctx, l.hands-free)
		}
		if free == 0 || ctx.Err() != nil {
			hands.give(free)
			return
		}
		messages, err := e.gather(ctx, l, free)
		hands.give(free - len(messages))
		if err != nil && ctx.Err() == nil {
			e.pipeline.Log.ErrorContext(ctx, "receiving from a queue", "queue", l.queue, "error", err)
			pause(ctx, time.Second)
		}
		join := l.joined(len(messages))
		for _, in := range messages {
			own, leave := join(ctx)
			go func() {
				defer hands.give(1)
				defer leave()
				e.handle(own, l, in)
			}()
		}
	}
}

// gather waits for messages of the lane, and then for those that follow soon if they are
// combined.
func (e *Engine) gather(ctx context.Context, l lane, most int) ([]port.Incoming, error) {
	messages, err := e.pipeline.Queue.Receive(ctx, l.queue, most, longPoll)
	if !l.party || err != nil || len(messages) == 0 || len(messages) == most {
		return messages, err
	}
	pause(ctx, window)
	more, err := e.pipeline.Queue.Receive(ctx, l.queue, most-len(messages), 0)
	return append(messages, more...), err
}

// joined returns what makes a message one of n that were received together.
func (l lane) joined(n int) func(context.Context) (context.Context, func()) {
	if !l.party {
		return func(ctx context.Context) (context.Context, func()) { return ctx, func() {} }
	}
	return combine.NewParty(n).Join
}

// handle waits for a slot of the system; if the engine stops first, the message stays in
// its queue. An attempt that has begun is finished, also after ctx ends. A message that
// waited long, such as behind a system that hangs, is given back to its queue: its
// visibility could time out before this attempt ends, and another worker would receive it.
func (e *Engine) handle(ctx context.Context, l lane, in port.Incoming) {
	received := e.pipeline.Now()
	if l.slots.take(ctx, 1) == 0 {
		return
	}
	defer l.slots.give(1)
	if now := e.pipeline.Now(); now.Sub(received) > patience*l.timeout {
		if err := e.pipeline.Queue.Defer(ctx, in, now); err != nil {
			e.pipeline.Log.WarnContext(ctx, "giving a message back", "queue", l.queue, "message_id", in.MessageID, "error", err)
		}
		return
	}
	e.settle(context.WithoutCancel(ctx), l, in)
}

func (e *Engine) settle(ctx context.Context, l lane, in port.Incoming) {
	if err := port.Settle(ctx, e.pipeline.Queue, l.handler, in); err != nil {
		e.pipeline.Log.ErrorContext(ctx, "handling a message", "queue", l.queue, "event_id", in.Attributes[port.AttrEvent], "error", err)
	}
}

// Step handles the messages that are visible in every queue now, one at a time and in a
// fixed order, those of a party together, and returns how many it handled. Tests and simulations call it with a clock
// of their own instead of Run.
func (e *Engine) Step(ctx context.Context) (int, error) {
	handled := 0
	for _, l := range e.lanes {
		messages, err := e.pipeline.Queue.Receive(ctx, l.queue, l.most(), 0)
		if err != nil {
			return handled, err
		}
		n, err := e.settleAll(ctx, l, messages)
		if handled += n; err != nil {
			return handled, err
		}
	}
	return handled, nil
}

// most is how many messages Step takes from the lane.
func (l lane) most() int {
	if l.party {
		return l.hands
	}
	return batch
}

// settleAll handles messages of a lane one at a time, or those of a party together, and returns how
// many it began.
func (e *Engine) settleAll(ctx context.Context, l lane, messages []port.Incoming) (handled int, err error) {
	if l.party {
		return len(messages), e.together(ctx, l, messages)
	}
	for _, in := range messages {
		handled++
		if err := port.Settle(ctx, e.pipeline.Queue, l.handler, in); err != nil {
			return handled, err
		}
	}
	return handled, nil
}

// together handles messages of one party at once.
func (e *Engine) together(ctx context.Context, l lane, messages []port.Incoming) error {
	failed := make([]error, len(messages))
	join := l.joined(len(messages))
	var all sync.WaitGroup
	for i, in := range messages {
		own, leave := join(ctx)
		all.Go(func() {
			defer leave()
			failed[i] = port.Settle(own, e.pipeline.Queue, l.handler, in)
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// Door returns the HTTP handler of every source: POST /hooks/<system>. refused is called
// with each request that a door rejects; it may be nil.
func (e *Engine) Door(refused func(system, code string)) http.Handler {
	mux := http.NewServeMux()
	for name, receiver := range e.doors {
		if refused != nil {
			receiver.Refused = func(code string) { refused(name, code) }
		}
		limit := int64(e.pipeline.Systems[name].Profile.BodyLimit)
		mux.HandleFunc("/hooks/"+name, func(w http.ResponseWriter, r *http.Request) { e.receive(w, r, receiver, limit) })
	}
	return mux
}

// receive reads one byte more than the limit allows, so that the door sees that there was
// more, and no further.
func (e *Engine) receive(w http.ResponseWriter, r *http.Request, receiver *intake.Receiver, limit int64) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	answer := receiver.Receive(r.Context(), connector.Request{Method: r.Method, Header: r.Header, Body: body, At: e.pipeline.Now()})
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
