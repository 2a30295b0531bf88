package admission_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/retry"
)

const record = "connection|toy"

var errPort = errors.New("the port is out of reach")

// env is several workers that share one fake target through ports in memory, in the
// virtual time of testing/synctest.
type env struct {
	*testing.T
	epoch   time.Time
	memory  *porttest.Memory
	ports   port.Ports
	profile connector.Profile
	policy  admission.Policy
	retries retry.Policy
	random  func() float64
	gone    func(worker string) bool
	answer  func(*item) admission.Answer // of the target
	takes   time.Duration                // one call to the target
	refuses int                          // calls at once beyond which the target throttles; 0: any
	batch   int                          // messages that a goroutine receives at once

	mu               sync.Mutex
	queue            []*item // in the order of time
	items            []*item
	calls            []time.Time
	inFlight, most   int
	throttled        int
	gets, puts, lost int // calls of the State for the record; lost: with a conflict
}

// item is a message in the queue.
type item struct {
	admission.Call
	visible time.Time
	looks   int
	spent   map[fault.Kind]retry.Budget
	end     port.Stage
	took    time.Duration
}

// play runs a test in an env whose target accepts everything at once, with one operation
// and no limits.
func play(t *testing.T, test func(*env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := &env{
			T: t, epoch: time.Now(), batch: 10, memory: porttest.NewMemory(time.Now), policy: admission.DefaultPolicy(),
			retries: retry.DefaultPolicy(), random: func() float64 { return 0.5 },
			answer:  func(*item) admission.Answer { return accepted() },
			profile: connector.Profile{Name: "toy", Timeout: time.Minute},
		}
		e.ports = port.Ports{State: countingState{e.memory, e}, Ledger: e.memory}
		test(e)
	})
}

func accepted() admission.Answer { return admission.Answer{Asked: true, Wrote: true} }

// searched is the answer to a message that waits for its parent: a search found nothing.
func searched() admission.Answer {
	return admission.Answer{Asked: true, Fault: &fault.Error{Kind: fault.NotReady}}
}

func failed(f fault.Error) admission.Answer {
	return admission.Answer{Asked: true, Wrote: true, Fault: &f}
}

// record500 is a failure with the vendor's own error document about one record.
func record500() admission.Answer {
	return failed(fault.Error{Kind: fault.Unavailable, Status: 500, Scope: fault.EntityScope, Code: "RECORD_BROKEN"})
}

func down503() admission.Answer { return failed(fault.Error{Kind: fault.Unavailable, Status: 503}) }

// countingState counts what the record costs.
type countingState struct {
	port.State
	e *env
}

func (s countingState) Get(ctx context.Context, key string) (port.Item, error) {
	s.e.mu.Lock()
	s.e.gets++
	s.e.mu.Unlock()
	return s.State.Get(ctx, key)
}

func (s countingState) Put(ctx context.Context, item port.Item) (int64, error) {
	revision, err := s.State.Put(ctx, item)
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	if s.e.puts++; errors.Is(err, port.ErrConflict) {
		s.e.lost++
	}
	return revision, err
}

// worker is one process.
type worker struct {
	*admission.Target
	e   *env
	now func() time.Time
}

func (e *env) worker(name string) *worker { return e.workerWith(name, time.Now, e.ports) }

func (e *env) workerWith(name string, now func() time.Time, ports port.Ports) *worker {
	return &worker{admission.New(admission.Config{
		Runtime: port.Runtime{Ports: ports, Now: now, Random: e.random, Log: slog.New(slog.DiscardHandler), Build: "test"},
		Worker:  retry.NewWorker(name, now, e.retries.Skew, e.gone), Retry: e.retries, Policy: e.policy,
	}, e.profile), e, now}
}

// skewed is a clock that is wrong by so much.
func skewed(by time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(by) }
}

// golden is randomness that is spread evenly.
func golden() func() float64 {
	var mu sync.Mutex
	drawn := 0.0
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		drawn += 0.618
		return drawn - float64(int(drawn))
	}
}

func (e *env) ids(prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, prefix+strconv.Itoa(i))
	}
	return ids
}

// send queues a live message about each entity; its operation is "write".
func (e *env) send(entities ...string) { e.sendAs("write", message.Live, entities...) }

func (e *env) sendAs(operation string, lane message.Lane, entities ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, entity := range entities {
		i := &item{visible: time.Now(), spent: map[fault.Kind]retry.Budget{}}
		i.Call = admission.Call{Event: "event " + entity, Entity: entity, Operation: operation, Lane: lane, SentAt: time.Now()}
		e.items = append(e.items, i)
		e.enqueue(i)
	}
}

// enqueue keeps the order of time.
func (e *env) enqueue(i *item) {
	at, _ := slices.BinarySearchFunc(e.queue, i.visible.Add(1), func(o *item, t time.Time) int { return o.visible.Compare(t) })
	e.queue = slices.Insert(e.queue, at, i)
}

// receive takes up to n messages that are visible.
func (e *env) receive(n int) (batch []*item) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(batch) < n && len(e.queue) > 0 && !e.queue[0].visible.After(time.Now()) {
		e.queue[0].looks++
		batch, e.queue = append(batch, e.queue[0]), e.queue[1:]
	}
	return batch
}

// handle takes one message to the target, as the pipeline does: it ends it, or queues it again.
func (w *worker) handle(i *item) {
	ctx := w.e.Context()
	gate, err := w.Gate(ctx, i.SentAt)
	until := gate.Until
	if err == nil && until.IsZero() {
		until = w.pass(i, gate)
	}
	if err != nil {
		until = w.now().Add(time.Second)
	}
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if i.end != "" {
		i.took = time.Since(i.SentAt)
		return
	}
	i.visible = until.Add(time.Since(w.now()))
	w.e.enqueue(i)
}

func (w *worker) pass(i *item, gate admission.Gate) (until time.Time) {
	p, until, err := w.Enter(w.e.Context(), i.Call)
	if err != nil {
		return w.now().Add(time.Second)
	}
	if p == nil {
		return until
	}
	began := w.now()
	answer := w.e.call(i)
	answer.Began = began
	until = w.judge(i, answer.Fault, p.Probing(), gate)
	if later := p.Leave(w.e.Context(), answer); later.After(until) {
		return later
	}
	return until
}

// judge ends the message, or returns when to retry. A probe uses up a budget only if the
// failure is the message's own.
func (w *worker) judge(i *item, f *fault.Error, probing bool, gate admission.Gate) time.Time {
	if f == nil {
		i.end = port.Confirmed
		return time.Time{}
	}
	spent := retry.Budget{Times: 1, Since: w.now()}
	if !probing || retry.DispositionOf(f) != retry.Retry || f.ScopeOrDefault() == fault.EntityScope {
		gap := max(w.e.retries.Backoff.Cap, w.e.retries.Parents.Most)
		switch b := w.e.policy.Breaker; { // as package pipeline does
		case f.ScopeOrDefault() == fault.EntityScope:
			if gap = b.Return.Most + b.Probes.Most; !gate.Records.IsZero() {
				gap = min(gap, max(0, gate.Records.Add(gap).Sub(i.spent[f.Kind].Last)))
			}
		case gate.Outage:
			gap = 0
		}
		spent = i.spent[f.Kind].Spend(w.now(), gap)
		i.spent[f.Kind] = spent
	}
	v := w.e.retries.Judge(f, spent, w.now(), w.e.random)
	if v.Stage != port.Deferred {
		i.end = v.Stage
	}
	return v.Until
}

// call is the target: it takes its time, and throttles one call too many.
func (e *env) call(i *item) admission.Answer {
	e.mu.Lock()
	e.inFlight++
	e.most, e.calls = max(e.most, e.inFlight), append(e.calls, time.Now())
	over := e.refuses > 0 && e.inFlight > e.refuses
	if over {
		e.throttled++
	}
	e.mu.Unlock()
	if e.takes > 0 {
		<-time.After(e.takes)
	}
	e.mu.Lock()
	e.inFlight--
	e.mu.Unlock()
	if over {
		return failed(fault.Error{Kind: fault.Throttled, Status: 429})
	}
	return e.answer(i)
}

// drain has one worker handle messages, one at a time, until none is left or the time is up.
func (e *env) drain(w *worker, limit time.Duration) {
	e.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); {
		batch := e.receive(10)
		for _, i := range batch {
			w.handle(i)
		}
		if len(batch) > 0 {
			continue
		}
		next := end
		if len(e.queue) > 0 && e.queue[0].visible.Before(end) {
			next = e.queue[0].visible
		}
		<-time.After(max(time.Until(next), time.Millisecond))
	}
}

// run has workers with so many goroutines each work until the time is up.
func (e *env) run(workers, goroutines int, limit time.Duration) {
	end := time.Now().Add(limit)
	var all sync.WaitGroup
	for n := range workers {
		w := e.worker("w" + strconv.Itoa(n))
		for range goroutines {
			all.Go(func() { w.work(end) })
		}
	}
	all.Wait()
}

func (w *worker) work(end time.Time) {
	for time.Now().Before(end) {
		batch := w.e.receive(w.e.batch)
		for _, i := range batch {
			w.handle(i)
		}
		if err := w.Rest(w.e.Context()); err != nil {
			w.e.Error(err)
		}
		if len(batch) == 0 {
			<-time.After(500 * time.Millisecond)
		}
	}
}

// ended counts the messages that ended so.
func (e *env) ended(stage port.Stage) (n int) {
	for _, i := range e.items {
		if i.end == stage {
			n++
		}
	}
	return n
}

// entries returns the ledger's entries of the stage.
func (e *env) entries(stage port.Stage) []port.Entry {
	e.Helper()
	return e.memory.Entries(e, stage)
}

// one returns the only entry of the stage.
func (e *env) one(stage port.Stage) port.Entry {
	e.Helper()
	return e.memory.OnlyEntry(e, stage)
}

func (e *env) none(stage port.Stage) {
	e.Helper()
	if found := e.entries(stage); len(found) > 0 {
		e.Errorf("%d entries %q, want none: %+v", len(found), stage, found)
	}
}

// between counts the times in the interval.
func between(times []time.Time, from, to time.Time) (n int) {
	for _, at := range times {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// enter takes a passage that must be there.
func (w *worker) enter(call admission.Call) *admission.Passage {
	w.e.Helper()
	if call.SentAt.IsZero() {
		call.SentAt = w.now()
	}
	p, until, err := w.Enter(w.e.Context(), call)
	if err != nil || p == nil {
		w.e.Fatalf("no passage until %v, %v", until, err)
	}
	return p
}

// waits reports that no passage is to be had now.
func (w *worker) waits(call admission.Call) bool {
	w.e.Helper()
	if call.SentAt.IsZero() {
		call.SentAt = w.now()
	}
	p, until, err := w.Enter(w.e.Context(), call)
	if err != nil || p == nil && !until.After(w.now()) {
		w.e.Fatalf("passage %v until %v, %v", p, until, err)
	}
	if p != nil {
		p.Leave(w.e.Context(), admission.Answer{})
	}
	return p == nil
}

// pass makes one call about the entity that is answered so, and returns until when others wait.
func (w *worker) passOne(entity, operation string, answer admission.Answer) time.Time {
	w.e.Helper()
	return w.enter(admission.Call{Event: entity, Entity: entity, Operation: operation}).Leave(w.e.Context(), answer)
}

// stored returns the record as the State has it.
func (e *env) stored() string {
	e.Helper()
	found, err := e.memory.Get(e.Context(), record)
	if err != nil {
		e.Fatal(err)
	}
	return string(found.Value)
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not contain %q", text, part)
		}
	}
}

func times(n int, f func(i int)) {
	for i := range n {
		f(i)
	}
}

func name(i int) string { return fmt.Sprint("c", i) }
