package porttest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// queueLargest is about SQS's count: the body, and the name, the type ("String") and the
// value of each attribute.
func queueLargest(t *testing.T, h Harness) {
	attributes := map[string]string{"reason": "too long"}
	fitting := bytes.Repeat([]byte("x"), port.MaxMessage-len("reason")-len("String")-len("too long"))
	for name, out := range map[string]port.Outgoing{
		"body":                {Body: bytes.Repeat([]byte("x"), port.MaxMessage+1)},
		"body and attributes": {Body: append([]byte("x"), fitting...), Attributes: attributes},
	} {
		err := h.Queue.Send(t.Context(), routes.Dead(h.Inbox), []port.Outgoing{{Body: []byte("small")}, out})
		if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.TooLarge {
			t.Errorf("%s one byte too large: %v, want rejected of class too_large", name, err)
		}
	}
	h.mustReceive(t, routes.Dead(h.Inbox))
	must(t, h.Queue.Send(t.Context(), routes.Dead(h.Inbox), []port.Outgoing{{Body: fitting, Attributes: attributes}}))
	batch := h.drain(t, routes.Dead(h.Inbox), 1)
	if len(batch) != 1 || !bytes.Equal(batch[0].Body, fitting) || batch[0].Attributes["reason"] != "too long" {
		t.Errorf("the largest message came back as %d messages", len(batch))
	}
}

func queueText(t *testing.T, h Harness) {
	for _, bad := range []string{"\x00", "\x08", "\v", "\x1f", "\uFFFE", "\uFFFF", "\xff", "\xed\xa0\x80"} {
		for name, out := range map[string]port.Outgoing{
			"body":      {Body: []byte("a" + bad + "b")},
			"attribute": {Body: []byte("b"), Attributes: map[string]string{"entity": "a" + bad + "b"}},
		} {
			err := h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: []byte("small")}, out})
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q in the %s: %v, want invalid", bad, name, err)
			}
		}
	}
	if err := h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: []byte("b"), Attributes: map[string]string{"entity": ""}}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an empty attribute: %v, want invalid", err)
	}
	h.mustReceive(t, h.Inbox)
	good := "\t\n\r ~\u007f\ud7ff\ue000\ufffd\U00010000\U0010ffff"
	must(t, h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: []byte(good), Attributes: map[string]string{"entity": good}}}))
	if in := h.mustReceive(t, h.Inbox, good)[0]; in.Attributes["entity"] != good {
		t.Errorf("the attribute came back as %q", in.Attributes["entity"])
	}
}

func queueBackfill(t *testing.T, h Harness) {
	backfill := h.Inbox + "-backfill"
	h.mustSend(t, backfill, "found by a poll")
	h.mustSend(t, h.Inbox, "live")
	h.mustReceive(t, h.Inbox, "live")
	for range h.MaxReceives {
		h.mustReceive(t, backfill, "found by a poll")
		h.lapse()
	}
	h.mustReceive(t, backfill)
	h.mustReceive(t, routes.Dead(backfill), "found by a poll")
}

// deferred receives the message and hides it for an hour, of which a minute passes.
func (h Harness) deferred(t *testing.T) port.Incoming {
	t.Helper()
	h.mustSend(t, h.Inbox, "m")
	in := h.mustReceive(t, h.Inbox, "m")[0]
	must(t, h.Queue.Defer(t.Context(), in, h.Now().Add(time.Hour)))
	h.mustReceive(t, h.Inbox)
	h.Advance(2 * h.Visibility)
	h.mustReceive(t, h.Inbox)
	return in
}

func queueDefersEarlier(t *testing.T, h Harness) {
	in := h.deferred(t)
	must(t, h.Queue.Defer(t.Context(), in, h.Now().Add(4*h.Visibility)))
	h.Advance(2 * h.Visibility)
	h.mustReceive(t, h.Inbox)
	must(t, h.Queue.Defer(t.Context(), in, h.Now()))
	again := h.mustReceive(t, h.Inbox, "m")[0]
	if again.ReceiveCount != 2 {
		t.Errorf("received %d times, want 2", again.ReceiveCount)
	}
	_ = h.Queue.Defer(t.Context(), in, h.Now()) // stale by now
	h.mustReceive(t, h.Inbox)
}

func queueDefersLater(t *testing.T, h Harness) {
	in := h.deferred(t)
	must(t, h.Queue.Defer(t.Context(), in, h.Now().Add(3*time.Hour)))
	h.Advance(2 * time.Hour)
	h.mustReceive(t, h.Inbox)
	h.Advance(time.Hour)
	h.mustReceive(t, h.Inbox, "m")
}

func queueDeferWakes(t *testing.T, h Harness) {
	if !h.Waits {
		return
	}
	in := h.deferred(t)
	got := make(chan string, 1)
	ctx, cancel := context.WithTimeout(t.Context(), longWait)
	defer cancel()
	go func() {
		batch, err := h.Queue.Receive(ctx, h.Inbox, 10, time.Hour)
		got <- fmt.Sprint(len(batch), err)
	}()
	time.Sleep(20 * time.Millisecond) // by which the receiver mostly waits; if it does not yet, it finds the message
	must(t, h.Queue.Defer(t.Context(), in, h.Now()))
	if said := <-got; said != "1 <nil>" {
		t.Errorf("the waiting receiver returned %s", said)
	}
}
