package pipeline_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// TestF20AnOutageLongerThanAQueueKeepsMessages has an ERP that is down for eleven days,
// with a queue that drops what is older than four.
func TestF20AnOutageLongerThanAQueueKeepsMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	end := epoch.Add(11 * 24 * time.Hour)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, end)
	b.many(6)
	b.post("child", toyFact{Type: amended, ID: "child", Parents: []string{"c0"}})
	if _, err := b.step(); err != nil {
		t.Fatal(err)
	}
	for b.clock.Now().Before(end.Add(2 * time.Hour)) {
		batch, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range batch {
			if age := b.clock.Now().Sub(in.SentAt); age > 4*24*time.Hour {
				t.Fatalf("%s is %s old: its queue has dropped it", in.MessageID, age)
			}
			if err := pipeline.Settle(t.Context(), b.memory, b.deliver, in); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.Advance(time.Minute)
	}
	if n := len(b.entries(pipeline.Confirmed)); n != 7 || len(b.dead(route.Queue())) != 0 {
		t.Errorf("%d of 7 confirmed, %d dead", n, len(b.dead(route.Queue())))
	}
}

// waiting returns a message that the target asks to come again.
func waiting(t *testing.T) (*bench, pipeline.Incoming) {
	t.Helper()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Throttled, After: time.Hour}, epoch.Add(time.Hour))
	b.post("1", toyFact{Type: amended, ID: "7"})
	batchOf(t, b, "toy-inbox", b.translate)
	batch, err := b.memory.Receive(t.Context(), route.Queue(), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b, batch[0]
}

func TestF24AMessageIsSentAnewBeforeItsReceivesAreUsedUp(t *testing.T) {
	t.Parallel()
	b, in := waiting(t)
	in.ReceiveCount = 900
	in.Attributes = map[string]string{pipeline.AttrRedrives: "2"}
	if err := pipeline.Settle(t.Context(), b.memory, b.deliver, in); err != nil {
		t.Fatal(err)
	}
	batch, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
	if err != nil || len(batch) != 1 {
		t.Fatalf("%d messages in the queue, %v", len(batch), err)
	}
	again := batch[0]
	if again.ReceiveCount != 1 || string(again.Body) != string(in.Body) || again.Redrives() != 2 || again.Attributes[pipeline.AttrFirstSeen] != epoch.Format(time.RFC3339) {
		t.Errorf("sent anew as %+v", again)
	}
	if !strings.Contains(b.log.String(), "sent a message anew") {
		t.Error("the log does not say so")
	}
}

func TestAMessageThatCannotBeSentAnewStays(t *testing.T) {
	t.Parallel()
	b, in := waiting(t)
	in.ReceiveCount = 900
	b.config.Queue = brokenPort{}
	if _, err := b.deliver.Handle(t.Context(), in); err == nil {
		t.Error("it counts as handled")
	}
}

// TestAnOutageUsesUpNoDeadline has a child wait for a parent that comes after an outage
// longer than the deadline for parents.
func TestAnOutageUsesUpNoDeadline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.config.Policy.Parent = 12 * time.Hour
	end := epoch.Add(6 * 24 * time.Hour)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, end)
	b.many(3)
	b.drain(time.Minute)
	b.post("child", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(6*24*time.Hour + 10*time.Minute)
	b.post("parent", toyFact{Type: amended, ID: "parent"})
	b.drain(4 * time.Hour)
	if n := len(b.entries(pipeline.Confirmed)); n != 5 || len(b.entries(pipeline.Parked)) != 0 {
		t.Errorf("%d of 5 confirmed, %d parked", n, len(b.entries(pipeline.Parked)))
	}
}

// TestATargetThatOnlyAnswersSearchesIsDegraded has a search answered between any two
// writes, none of which goes through.
func TestATargetThatOnlyAnswersSearchesIsDegraded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outage(fault.Error{Kind: fault.Unavailable, Status: 503}, epoch.Add(time.Hour))
	b.many(4)
	for i := range 8 {
		b.post("child"+strconv.Itoa(i), toyFact{Type: amended, ID: "child" + strconv.Itoa(i), Parents: []string{"nobody"}})
	}
	b.drain(10 * time.Minute)
	b.one(pipeline.Degraded)
	if len(b.entries(pipeline.Restored)) != 0 {
		t.Error("a search closed the circuit")
	}
}

func TestF24ADeliveryIsSentAnewBeforeItsReceivesAreUsedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7"})
	batch, err := b.memory.Receive(t.Context(), "toy-inbox", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	batch[0].ReceiveCount = 900
	b.config.State = brokenPort{} // for days, so that nothing can be decided
	if err := pipeline.Settle(t.Context(), b.memory, b.translate, batch[0]); err != nil {
		t.Fatal(err)
	}
	b.config.State = b.memory
	b.drain(time.Minute)
	if b.one(pipeline.Confirmed); b.memory.Left() != 0 {
		t.Errorf("%d messages left", b.memory.Left())
	}
}

// TestF27ATimeLongerThanAQueueKeepsMessages has the target name one of ten days.
func TestF27ATimeLongerThanAQueueKeepsMessages(t *testing.T) {
	t.Parallel()
	b, in := waiting(t)
	calls := b.outage(fault.Error{Kind: fault.Throttled, After: 10 * 24 * time.Hour}, epoch.Add(10*24*time.Hour))
	if err := pipeline.Settle(t.Context(), b.memory, b.deliver, in); err != nil {
		t.Fatal(err)
	}
	looks := 0
	for b.clock.Now().Before(epoch.Add(11 * 24 * time.Hour)) {
		handled, err := b.step()
		if err != nil {
			t.Fatal(err)
		}
		looks += handled
		b.clock.Advance(time.Minute)
	}
	if b.one(pipeline.Confirmed); len(*calls) != 2 || looks > 40 {
		t.Errorf("%d calls and %d looks in eleven days", len(*calls), looks)
	}
}
