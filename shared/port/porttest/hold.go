package porttest

import (
	"maps"
	"testing"
	"time"

	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

func holdCases() cases {
	return cases{
		{"a received message is hidden for the visibility timeout", queueHides},
		{"each receive is counted", queueCounts},
		{"a deleted message never comes back", queueDeletes},
		{"deleting twice is no error", queueDeletesTwice},
		{"a stale handle cannot delete what another holds", queueStaleDelete},
		{"a stale handle cannot defer what another holds", queueStaleDefer},
		{"a deferred message is back at the given time and not before", queueDefers},
		{"a message deferred into the past is back at once", queueDefersPast},
		{"a deferral survives a restart", queueDefersDurable},
		{"a deferral is brought forward with the same handle", queueDefersEarlier},
		{"a deferral is extended with the same handle", queueDefersLater},
		{"a receiver that waits is woken by a deferral that is brought forward", queueDeferWakes},
	}
}

// lapse lets the visibility timeout pass.
func (h Harness) lapse() { h.Advance(h.Visibility + h.tick()) }

func queueHides(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "m")
	first := h.mustReceive(t, h.Inbox, "m")[0]
	h.mustReceive(t, h.Inbox)
	h.Advance(h.Visibility - 2*h.tick())
	h.mustReceive(t, h.Inbox)
	h.Advance(3 * h.tick())
	second := h.mustReceive(t, h.Inbox, "m")[0]
	if second.Handle == first.Handle || !second.SentAt.Equal(first.SentAt) || !maps.Equal(second.Attributes, first.Attributes) {
		t.Errorf("first %+v, again %+v", first, second)
	}
}

func queueCounts(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "m")
	for want := 1; want <= h.MaxReceives; want++ {
		if in := h.mustReceive(t, h.Inbox, "m")[0]; in.ReceiveCount != want {
			t.Errorf("receive count %d, want %d", in.ReceiveCount, want)
		}
		h.lapse()
	}
}

func queueDeletes(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "gone", "kept")
	for _, in := range h.mustReceive(t, h.Inbox, "gone", "kept") {
		if string(in.Body) == "gone" {
			must(t, h.Queue.Delete(t.Context(), in))
		}
	}
	h.lapse()
	h.mustReceive(t, h.Inbox, "kept")
}

func queueDeletesTwice(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "m")
	in := h.mustReceive(t, h.Inbox, "m")[0]
	must(t, h.Queue.Delete(t.Context(), in))
	must(t, h.Queue.Delete(t.Context(), in))
	h.mustSend(t, h.Inbox, "n")
	must(t, h.Queue.Delete(t.Context(), in))
	h.mustReceive(t, h.Inbox, "n")
}

// another receives the message after its first holder let the timeout pass.
func (h Harness) another(t *testing.T) (stale, current port.Incoming) {
	t.Helper()
	h.mustSend(t, h.Inbox, "m")
	stale = h.mustReceive(t, h.Inbox, "m")[0]
	h.lapse()
	return stale, h.mustReceive(t, h.Inbox, "m")[0]
}

func queueStaleDelete(t *testing.T, h Harness) {
	stale, current := h.another(t)
	must(t, h.Queue.Delete(t.Context(), stale))
	h.lapse()
	third := h.mustReceive(t, h.Inbox, "m")[0]
	must(t, h.Queue.Delete(t.Context(), current))
	must(t, h.Queue.Delete(t.Context(), third))
	h.lapse()
	h.mustReceive(t, h.Inbox)
}

func queueStaleDefer(t *testing.T, h Harness) {
	stale, current := h.another(t)
	// SQS answers with an error or not, depending on how stale the handle is.
	_ = h.Queue.Defer(t.Context(), stale, h.Now())
	h.mustReceive(t, h.Inbox)
	must(t, h.Queue.Delete(t.Context(), current))
	_ = h.Queue.Defer(t.Context(), current, h.Now())
	h.lapse()
	h.mustReceive(t, h.Inbox)
}

func queueDefers(t *testing.T, h Harness) {
	for name, pause := range map[string]time.Duration{
		"longer than the visibility timeout":  4 * h.Visibility,
		"shorter than the visibility timeout": h.Visibility / 2,
	} {
		h.mustSend(t, h.Inbox, name)
		in := h.mustReceive(t, h.Inbox, name)[0]
		must(t, h.Queue.Defer(t.Context(), in, h.Now().Add(pause)))
		h.mustReceive(t, h.Inbox)
		h.Advance(pause - 2*h.tick())
		h.mustReceive(t, h.Inbox)
		h.Advance(2 * h.tick())
		back := h.mustReceive(t, h.Inbox, name)[0]
		if back.ReceiveCount != 2 || !maps.Equal(back.Attributes, in.Attributes) {
			t.Errorf("%s: came back as %+v", name, back)
		}
		must(t, h.Queue.Delete(t.Context(), back))
	}
}

func queueDefersPast(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "m")
	in := h.mustReceive(t, h.Inbox, "m")[0]
	must(t, h.Queue.Defer(t.Context(), in, h.Now().Add(-time.Hour)))
	h.mustReceive(t, h.Inbox, "m")
}

func queueDefersDurable(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "m")
	must(t, h.Queue.Defer(t.Context(), h.mustReceive(t, h.Inbox, "m")[0], h.Now().Add(4*h.Visibility)))
	h = h.reopened(t)
	h.Advance(3 * h.Visibility)
	h.mustReceive(t, h.Inbox)
	h.Advance(h.Visibility)
	h.mustReceive(t, h.Inbox, "m")
}

func deadCases() cases {
	return cases{
		{"a message received too often is moved to the dead-letter queue", queueBuries},
		{"poison does not keep what lies behind it from being received", queuePoison},
		{"the last receive that is allowed may still delete", queueLastReceive},
		{"a dead letter stays however often it is looked at", queueDeadStays},
		{"a dead letter survives a restart", queueDeadDurable},
	}
}

// exhaust lets the message be received as often as the queue allows.
func (h Harness) exhaust(t *testing.T, bodies ...string) (last []port.Incoming) {
	t.Helper()
	for range h.MaxReceives {
		last = h.mustReceive(t, h.Inbox, bodies...)
		h.lapse()
	}
	return last
}

func queueBuries(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "poison")
	last := h.exhaust(t, "poison")[0]
	h.mustReceive(t, h.Inbox)
	must(t, h.Queue.Delete(t.Context(), last))
	dead := h.mustReceive(t, routes.Dead(h.Inbox), "poison")[0]
	want := map[string]string{"event_id": "poison"}
	if h.NamesReason {
		want["reason"] = "unknown (crash or timeout)"
	}
	if !maps.Equal(dead.Attributes, want) || dead.Queue != routes.Dead(h.Inbox) {
		t.Errorf("the dead letter is %+v, want attributes %q", dead, want)
	}
	must(t, h.Queue.Delete(t.Context(), dead))
	h.lapse()
	h.mustReceive(t, h.Inbox)
	h.mustReceive(t, routes.Dead(h.Inbox))
}

func queuePoison(t *testing.T, h Harness) {
	poison := numbered(12)
	h.mustSend(t, h.Inbox, poison...)
	h.exhaust(t, poison...)
	h.mustSend(t, h.Inbox, "healthy")
	if h.Patience == 0 {
		if got := h.receive(t, h.Inbox, 1); len(got) != 1 || string(got[0].Body) != "healthy" {
			t.Errorf("behind poison, one receive gave %v", got)
		}
		h.lapse()
	}
	h.mustReceive(t, h.Inbox, "healthy")
	h.mustReceive(t, routes.Dead(h.Inbox), poison...)
}

func queueLastReceive(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "m")
	for range h.MaxReceives - 1 {
		h.mustReceive(t, h.Inbox, "m")
		h.lapse()
	}
	must(t, h.Queue.Delete(t.Context(), h.mustReceive(t, h.Inbox, "m")[0]))
	h.lapse()
	h.mustReceive(t, h.Inbox)
	h.mustReceive(t, routes.Dead(h.Inbox))
}

func queueDeadStays(t *testing.T, h Harness) {
	h.mustSend(t, routes.Dead(h.Inbox), "m")
	for range h.MaxReceives + 2 {
		h.mustReceive(t, routes.Dead(h.Inbox), "m")
		h.lapse()
	}
	h.mustReceive(t, routes.Dead(h.Inbox), "m")
}

func queueDeadDurable(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "poison")
	h.exhaust(t, "poison")
	h.mustReceive(t, h.Inbox)
	h = h.reopened(t)
	h.mustReceive(t, h.Inbox)
	h.mustReceive(t, routes.Dead(h.Inbox), "poison")
}
