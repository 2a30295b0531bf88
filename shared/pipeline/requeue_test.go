package pipeline_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// failUntil has every write fail so until the time, and returns when calls came.
func (e *testEnv) failUntil(until time.Time, f fault.Error) *[]time.Time {
	var calls []time.Time
	e.system.failing = func(connector.Delivery) error {
		calls = append(calls, e.clock.Now())
		if e.clock.Now().Before(until) {
			return &f
		}
		return nil
	}
	return &calls
}

// TestF20AnOutageLongerThanAQueueKeepsMessages has an ERP that is down for eleven days, with
// a queue that drops what is older than four.
func TestF20AnOutageLongerThanAQueueKeepsMessages(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	end := epoch.Add(11 * 24 * time.Hour)
	e.failUntil(end, fault.Error{Kind: fault.Unavailable, Status: 503})
	for i := range 6 {
		e.post(strconv.Itoa(i), change{Type: customer, ID: "c" + strconv.Itoa(i)})
	}
	e.post("child", child("1", "c0"))
	_, err := e.step()
	e.must(err)
	for e.clock.Now().Before(end.Add(2 * time.Hour)) {
		for _, in := range e.take(queue) {
			if age := e.clock.Now().Sub(in.SentAt); age > 4*24*time.Hour {
				t.Fatalf("%s is %s old: its queue has dropped it", in.MessageID, age)
			}
			e.must(port.Settle(t.Context(), e.memory, e.one().deliver, in))
		}
		e.clock.Advance(time.Minute)
	}
	if n := len(e.entries(port.Confirmed)); n != 7 || len(e.dead(queue)) != 0 {
		t.Errorf("%d of 7 confirmed", n)
	}
}

// waiting returns a message that the target asks to come back in an hour.
func waiting(t *testing.T) (*testEnv, port.Incoming) {
	t.Helper()
	e := newEnv(t)
	e.failUntil(epoch.Add(time.Hour), fault.Error{Kind: fault.Throttled, After: time.Hour})
	e.post("1", change{Type: customer, ID: "7"})
	return e, e.translated(1)[0]
}

func TestF24AMessageIsResentBeforeItsReceivesAreUsedUp(t *testing.T) {
	t.Parallel()
	for receives, resent := range map[int]bool{899: false, 900: true} {
		e, in := waiting(t)
		in.ReceiveCount, in.Attributes = receives, map[string]string{port.AttrRedrives: "2"}
		e.must(port.Settle(t.Context(), e.memory, e.one().deliver, in))
		batch := e.take(queue)
		if len(batch) == 1 != resent || e.memory.Left() != 1 {
			t.Fatalf("%d receives: %d messages visible, %d left", receives, len(batch), e.memory.Left())
		}
		if !resent {
			continue
		}
		again := batch[0]
		if again.ReceiveCount != 1 || string(again.Body) != string(in.Body) || again.Redrives() != 2 || again.Attributes[port.AttrFirstSeen] != epoch.Format(time.RFC3339) {
			t.Errorf("re-sent as %+v", again)
		}
		if !strings.Contains(e.log.String(), "re-sent a message") {
			t.Error("the log does not report it")
		}
	}
}

// TestF20AMessageIsResentBeforeItsQueueDropsIt is the boundary of its age.
func TestF20AMessageIsResentBeforeItsQueueDropsIt(t *testing.T) {
	t.Parallel()
	for age, resent := range map[time.Duration]bool{83 * time.Hour: false, 83*time.Hour + time.Second: true} {
		e, in := waiting(t)
		in.SentAt = in.SentAt.Add(-age)
		e.random = func() float64 { return 0 } // so that it is deferred by an hour exactly
		e.restart()
		e.must(port.Settle(t.Context(), e.memory, e.one().deliver, in))
		if batch := e.take(queue); len(batch) == 1 != resent {
			t.Errorf("%v old, deferred by an hour: %d re-sent", age, len(batch))
		}
	}
}

func TestAMessageThatCannotBeResentStays(t *testing.T) {
	t.Parallel()
	e, in := waiting(t)
	in.ReceiveCount = 900
	e.ports.Queue = brokenPort{}
	if err := port.Settle(t.Context(), e.ports, e.one().deliver, in); err == nil || e.memory.Left() != 1 {
		t.Errorf("it counts as handled: %v, %d left", err, e.memory.Left())
	}
}

// TestF24AMessageAtWhichPortsFailIsResent has the State be away for days, so that nothing can
// be decided.
func TestF24AMessageAtWhichPortsFailIsResent(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7"})
	in := e.take(inbox)[0]
	in.ReceiveCount = 900
	e.ports.State = brokenPort{}
	e.must(port.Settle(t.Context(), e.memory, e.one().translate, in))
	e.mend()
	e.drain(time.Minute)
	e.entry(port.Confirmed)
	e.settled()
}

// TestRequeueKeepsWhatItsHandlerWasNotGiven is the way of a batch that cannot be handled.
func TestRequeueKeepsWhatItsHandlerWasNotGiven(t *testing.T) {
	t.Parallel()
	e, in := waiting(t)
	if decision, err := e.one().Requeue(t.Context(), in, errPort); err == nil || decision.Done {
		t.Errorf("a fresh message: %v, %v", decision, err)
	}
	in.ReceiveCount = 900
	if decision, err := e.one().Requeue(t.Context(), in, errPort); err != nil || !decision.Done || e.memory.Left() != 2 {
		t.Errorf("one at its end: %v, %v, %d left", decision, err, e.memory.Left())
	}
}

// TestF27ATimeLongerThanAQueueKeepsMessages has the target name ten days.
func TestF27ATimeLongerThanAQueueKeepsMessages(t *testing.T) {
	t.Parallel()
	e, in := waiting(t)
	calls := e.failUntil(epoch.Add(10*24*time.Hour), fault.Error{Kind: fault.Throttled, After: 10 * 24 * time.Hour})
	e.must(port.Settle(t.Context(), e.memory, e.one().deliver, in))
	looks := 0
	for e.clock.Now().Before(epoch.Add(11 * 24 * time.Hour)) {
		handled, err := e.step()
		e.must(err)
		looks += handled
		e.clock.Advance(time.Minute)
	}
	if e.entry(port.Confirmed); len(*calls) != 2 || looks > 40 {
		t.Errorf("%d calls and %d looks in eleven days", len(*calls), looks)
	}
}
