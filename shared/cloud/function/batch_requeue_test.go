package function

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// requeued records what a function requeues, and re-sends what is older than four days.
type requeued struct {
	b      *bench
	causes []string
}

func (b *bench) requeues(f *function) *requeued {
	r := &requeued{b: b}
	f.requeue = r.requeue
	return r
}

func (r *requeued) requeue(ctx context.Context, in port.Incoming, cause error) (port.Decision, error) {
	r.causes = append(r.causes, cause.Error())
	if r.b.clock.Now().Sub(in.SentAt) < 4*24*time.Hour {
		return port.Decision{}, cause
	}
	return port.Decision{Done: true}, r.b.ports.Send(ctx, in.Queue, []port.Outgoing{{Body: in.Body, Attributes: in.Attributes}})
}

func bucketDown(port.Incoming) error {
	return fault.New(fault.Unavailable, fault.Intermittent, "archiving", "bucket down")
}

// A batch that could not be archived failed as a whole, before any message was re-sent:
// SQS dropped acknowledged deliveries at the end of the queue's retention.
func TestAMessageThatCannotBeArchivedIsRequeued(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Translate)
	b.archive = bucketDown
	f := b.start()
	r := b.requeues(f)
	b.fill("1", "2")
	if failed := b.run(f, b.poll("toy-inbox")); len(failed) != 2 || len(b.entries(port.Translated)) != 0 {
		t.Errorf("failed %v, translated %v", failed, b.entries(port.Translated))
	}
	b.clock.Advance(4 * 24 * time.Hour)
	if failed := b.run(f, b.poll("toy-inbox")); len(failed) != 0 || len(r.causes) != 4 || !strings.Contains(r.causes[3], "bucket down") {
		t.Errorf("failed %v, requeued for %q", failed, r.causes)
	}
	b.archive = nil
	again := b.poll("toy-inbox")
	if len(again.Records) != 2 || again.Records[0].Attributes["ApproximateReceiveCount"] != "1" {
		t.Fatalf("%d messages were sent anew", len(again.Records))
	}
	if failed := b.run(f, again); len(failed) != 0 || len(b.entries(port.Translated)) != 2 {
		t.Errorf("failed %v, translated %d", failed, len(b.entries(port.Translated)))
	}
}

func TestOneMessageThatCannotBeArchivedFailsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Translate)
	b.archive = func(in port.Incoming) error {
		if in.Attributes[port.AttrEvent] == "raw-2" {
			return bucketDown(in)
		}
		return nil
	}
	f := b.start()
	b.fill("1", "2", "3")
	event := b.poll("toy-inbox")
	if failed := b.run(f, event); !slices.Equal(failed, []string{event.Records[1].MessageId}) || len(b.entries(port.Translated)) != 2 {
		t.Errorf("failed %v, translated %v", failed, b.entries(port.Translated))
	}
}

// Requeue gets every message that does not reach its handler, for any reason.
func TestEveryMessageThatIsNotHandledIsRequeued(t *testing.T) {
	t.Parallel()
	for cause, prepare := range map[string]func(b *bench, f *function) (left time.Duration){
		"no route of this function": func(_ *bench, f *function) time.Duration { delete(f.lanes, toyQueue); return 15 * time.Minute },
		"too little":                func(*bench, *function) time.Duration { return time.Minute },
		"panicked": func(_ *bench, f *function) time.Duration {
			f.lanes[toyQueue] = falling{f.lanes[toyQueue]}
			return 15 * time.Minute
		},
	} {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, connector.Deliver)
			f := b.start()
			r := b.requeues(f)
			left := prepare(b, f)
			b.translated("2")
			b.clock.Advance(5 * 24 * time.Hour)
			event := b.poll(toyQueue)
			if data, err := f.Invoke(b.context(left), mustJSON(t, event)); err != nil || strings.Contains(string(data), event.Records[0].MessageId) {
				t.Errorf("answered %s, %v", data, err)
			}
			if len(r.causes) != 1 || !strings.Contains(r.causes[0], cause) {
				t.Errorf("requeued for %q", r.causes)
			}
			if again := b.poll(toyQueue); len(again.Records) != 1 {
				t.Errorf("%d messages were sent anew", len(again.Records))
			}
		})
	}
}

// A handler that returns an error has requeued by itself.
func TestAHandlersErrorIsNotRequeuedTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	f := b.start()
	r := b.requeues(f)
	b.translated("1")
	b.ports.append = errors.New("table down")
	if failed := b.run(f, b.poll(toyQueue)); len(failed) != 1 || len(r.causes) != 0 {
		t.Errorf("failed %v, requeued for %q", failed, r.causes)
	}
}

func TestABackfillInboxIsTranslatedToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Translate)
	f := b.start()
	b.fill("1")
	for _, in := range must1(b.ports.Receive(t.Context(), routes.Inbox("toy"), 10, 0))(t) {
		out := port.Outgoing{Body: in.Body, Attributes: in.Attributes}
		if err := b.ports.Send(t.Context(), routes.InboxBackfill("toy"), []port.Outgoing{out}); err != nil {
			t.Fatal(err)
		}
	}
	if failed := b.run(f, b.poll(routes.InboxBackfill("toy"))); len(failed) != 0 || len(b.entries(port.Translated)) != 1 || len(b.archived) != 1 {
		t.Errorf("failed %v, translated %v, archived %d", failed, b.entries(port.Translated), len(b.archived))
	}
}

func must1[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
