package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// shift is an operator, a route's worker, and dead orders between them.
type shift struct {
	*world
	testing.TB
	effects map[string]int // by event
	kill    *killer
	draw    float64
}

func newShift(t *testing.T, letters int) *shift {
	t.Helper()
	s := &shift{world: newWorld(t), TB: t, effects: map[string]int{}}
	s.config.Sleep = s.pass
	for i := range letters {
		s.die(fmt.Sprint(1001+i), fault.MissingRef)
	}
	return s
}

// die puts a dead order into ledger and queue, as the pipeline does.
func (s *shift) die(id string, class fault.Class) {
	s.Helper()
	at := s.clock.Now()
	m := message.Message{
		ID: "event-" + id, Source: "causeway.shop", Type: canonical.OrderPlaced, Subject: "order/" + id, Time: at, Tenant: "brand.example",
		Schema: "order/1", Sequence: message.NewSequence(at, false, time.Time{}), CorrelationID: "trace-" + id, CausationID: "raw-" + id, Origin: "shop",
		Body: fmt.Appendf(nil, `{"id":%q}`, id),
	}
	body, err := m.Encode()
	s.must(err)
	failure := port.NewEntryError(route, &fault.Error{Kind: fault.Rejected, Class: class, Code: "CODE", Field: "lines[0].sku", Detail: "no item"})
	cause, err := json.Marshal(port.Cause{Stage: port.Dead, Kind: fault.Rejected.String(), Class: class, Code: "CODE", Field: "lines[0].sku", At: at})
	s.must(err)
	s.must(s.backend.Append(s.Context(), port.Entry{
		At: at, Trace: m.CorrelationID, Event: m.ID, Causation: m.CausationID, Entity: m.Key(), Version: m.Sequence, Route: route, Stage: port.Dead, Outcome: "dead", Error: failure,
	}))
	s.must(s.backend.Send(s.Context(), deadQueue, []port.Outgoing{{Body: body, Attributes: map[string]string{
		port.AttrEvent: m.ID, port.AttrTrace: m.CorrelationID, port.AttrEntity: m.Key().String(), port.AttrCause: string(cause), port.AttrFingerprint: failure.Fingerprint,
	}}}))
}

func (s *shift) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// work has the worker end the messages in the route's queue. One that took effect before is skipped.
func (s *shift) work() {
	s.Helper()
	ctx := context.Background()
	for {
		batch, err := s.backend.Receive(ctx, route, 10, 0)
		s.must(err)
		if len(batch) == 0 {
			return
		}
		for _, in := range batch {
			m, err := message.Decode(in.Body)
			s.must(err)
			stage := port.Skipped
			if s.effects[m.ID] == 0 {
				s.effects[m.ID], stage = 1, port.Confirmed
			}
			s.must(s.backend.Append(ctx, port.Entry{
				At: s.clock.Now(), Trace: m.CorrelationID, Event: m.ID, Entity: m.Key(), Version: m.Sequence, Route: route, Stage: stage, Outcome: "o",
				Message: in.MessageID, RedriveCount: in.Redrives(),
			}))
			s.must(s.backend.Delete(ctx, in))
		}
	}
}

// pass lets time pass in which the worker works.
func (s *shift) pass(ctx context.Context, d time.Duration) error {
	if s.kill != nil && s.kill.dead {
		return errKilled
	}
	s.advance(d)
	s.work()
	return ctx.Err()
}

func (s *shift) operator() *redrive.Operator {
	e := s.open()
	if s.kill != nil {
		e = s.kill.wrap(e)
	}
	d, err := operate.New(e, s.config.Routes)
	s.must(err)
	return &redrive.Operator{Desk: d, Who: "ana", Random: func() float64 { s.draw += 0.001; return s.draw }, Sleep: s.pass}
}

func (s *shift) plan() redrive.Plan {
	s.Helper()
	p, err := s.operator().Plan(s.Context(), redrive.Redrive, operate.Selector{Queue: route}, redrive.Options{})
	s.must(err)
	return p
}

var errKilled = errors.New("killed")

// killer ends a process before or after one of its calls that change something.
type killer struct {
	at    int
	after bool
	calls int
	dead  bool
}

func (k *killer) do(call func() error) error {
	if k.dead {
		return errKilled
	}
	k.calls++
	k.dead = k.calls == k.at
	if k.dead && !k.after {
		return errKilled
	}
	err := call()
	if k.dead {
		return errKilled
	}
	return err
}

// wrap makes every change of the engine pass the killer.
func (k *killer) wrap(e engine.Engine) engine.Engine {
	e.Sender, e.Letters = killedSender{e.Sender, k}, killedLetters{e.Letters, k}
	e.State, e.Ledger = killedState{e.State, k}, killedLedger{e.Ledger, k}
	return e
}

type killedSender struct {
	engine.Sender
	k *killer
}

func (s killedSender) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	return s.k.do(func() error { return s.Sender.Send(ctx, queue, batch) })
}

type killedState struct {
	port.State
	k *killer
}

func (s killedState) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	err = s.k.do(func() (err error) { revision, err = s.State.Put(ctx, item); return err })
	return revision, err
}

type killedLedger struct {
	port.Ledger
	k *killer
}

func (l killedLedger) Append(ctx context.Context, entries ...port.Entry) error {
	return l.k.do(func() error { return l.Ledger.Append(ctx, entries...) })
}

type killedLetters struct {
	engine.Letters
	k *killer
}

func (l killedLetters) Open(ctx context.Context, queue string, hold time.Duration) (engine.Hand, error) {
	hand, err := l.Letters.Open(ctx, queue, hold)
	return killedHand{hand, l.k}, err
}

type killedHand struct {
	engine.Hand
	k *killer
}

func (h killedHand) Take(ctx context.Context, ids []string) (letters []port.Incoming, err error) {
	err = h.k.do(func() (err error) { letters, err = h.Hand.Take(ctx, ids); return err })
	return letters, err
}

func (h killedHand) Delete(ctx context.Context, in port.Incoming) error {
	return h.k.do(func() error { return h.Hand.Delete(ctx, in) })
}

// Close of a process that was killed does not happen.
func (h killedHand) Close(ctx context.Context) error {
	return h.k.do(func() error { return h.Hand.Close(ctx) })
}

// H5: a redrive of a route's dead letters, of which some are dead for another reason, moves
// what is selected, each once, and leaves the rest.
func TestH5RedriveOnAWS(t *testing.T) {
	t.Parallel()
	s := newShift(t, 60)
	for i := range 7 {
		s.die(fmt.Sprint("other-", i), fault.Value)
	}
	o := s.operator()
	p, err := o.Plan(t.Context(), redrive.Redrive, operate.Selector{Queue: route, Class: fault.MissingRef}, redrive.Options{})
	must(t, err)
	op, err := o.Apply(t.Context(), p.ID, "the items exist now")
	must(t, err)
	if op.Counts.Confirmed != 60 || len(s.effects) != 60 {
		t.Errorf("%+v, %d took effect", op.Counts, len(s.effects))
	}
	if n := s.visible(t); n != 7 {
		t.Errorf("%d letters are left, want 7", n)
	}
}

// F58: killed at each call that changes something, before and after its effect, the same
// command finishes the operation: no letter is left, and each took effect once.
func TestF58KilledOnAWS(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		at := 1
		for ; killed(t, at, after); at++ {
		}
		if at < 15 {
			t.Errorf("the operation makes %d calls only", at)
		}
	}
}

// killed reports whether the operation was killed before its end.
func killed(t *testing.T, at int, after bool) bool {
	t.Helper()
	s := newShift(t, 3)
	p := s.plan()
	s.kill = &killer{at: at, after: after}
	if _, err := s.operator().Apply(t.Context(), p.ID, "r"); err == nil {
		return false
	}
	s.kill = nil
	s.advance(31 * time.Second) // the lease of the killed process
	if _, err := s.operator().Apply(t.Context(), p.ID, "r"); err != nil && fault.As(err).Code != "applied" {
		t.Fatalf("killed at %d (after: %v): %v", at, after, err)
	}
	s.work()
	s.advance(10 * time.Minute)
	if n := s.visible(t); n != 0 {
		t.Errorf("killed at %d (after: %v): %d letters are left", at, after, n)
	}
	for _, id := range []string{"event-1001", "event-1002", "event-1003"} {
		if s.effects[id] != 1 {
			t.Errorf("killed at %d (after: %v): %s took effect %d times", at, after, id, s.effects[id])
		}
	}
	return true
}

// Two operators on one queue: the second is refused with the name of the first.
func TestF57SecondRedriveOnAWSIsRefused(t *testing.T) {
	t.Parallel()
	s := newShift(t, 3)
	first, second := s.plan(), s.plan()
	o := s.operator()
	var refused error
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		if refused == nil {
			_, refused = s.operator().Apply(ctx, second.ID, "r")
		}
		return s.pass(ctx, d)
	}
	_, err := o.Apply(t.Context(), first.ID, "r")
	must(t, err)
	if refused == nil || fault.As(refused).Code != "busy" {
		t.Errorf("the second redrive: %v", refused)
	}
}
