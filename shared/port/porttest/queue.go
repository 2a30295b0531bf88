package porttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// TestQueue proves a port.Queue.
func TestQueue(t *testing.T, open Open) {
	t.Helper()
	slices.Concat(sendCases(), holdCases(), deadCases(), waitCases()).run(t, open)
}

func sendCases() cases {
	return cases{
		{"what was sent is received", queueRoundTrip},
		{"a batch of more than ten arrives as a whole", queueBatch},
		{"no more than asked for is received", queueMax},
		{"an empty queue has nothing to receive, without an error", queueEmpty},
		{"queues do not touch each other", queueApart},
		{"an unknown queue is an error", queueUnknown},
		{"more attributes than SQS allows are rejected", queueAttributes},
		{"a message may be as large as SQS allows and not one byte larger", queueLargest},
		{"text that SQS rejects is rejected, in bodies and in attributes", queueText},
		{"a backfill queue lies beside each inbox", queueBackfill},
		{"groups do not hold each other back", queueGroups},
		{"many senders and receivers lose nothing", queueConcurrent},
		{"bodies and attributes are copies", queueCopies},
		{"what was sent survives a restart", queueDurable},
	}
}

// mustSend sends one message per body.
func (h Harness) mustSend(t *testing.T, queue string, bodies ...string) {
	t.Helper()
	var batch []port.Outgoing
	for _, body := range bodies {
		batch = append(batch, port.Outgoing{Body: []byte(body), Attributes: map[string]string{"event_id": body}})
	}
	must(t, h.Queue.Send(t.Context(), queue, batch))
}

func (h Harness) receive(t *testing.T, queue string, limit int) []port.Incoming {
	t.Helper()
	batch, err := h.Queue.Receive(t.Context(), queue, limit, 0)
	must(t, err)
	if len(batch) > limit {
		t.Fatalf("received %d messages, asked for %d", len(batch), limit)
	}
	return batch
}

// drain receives until it has as many as wanted, or for as long as the backend
// may take, and once more to see that nothing else is there.
func (h Harness) drain(t *testing.T, queue string, want int) []port.Incoming {
	t.Helper()
	var all []port.Incoming
	for {
		wait := h.Patience
		if len(all) >= want {
			wait = 0
		}
		batch, err := h.Queue.Receive(t.Context(), queue, 10, wait)
		must(t, err)
		if all = append(all, batch...); len(batch) == 0 {
			return all
		}
	}
}

// mustReceive receives exactly these bodies, in any order.
func (h Harness) mustReceive(t *testing.T, queue string, bodies ...string) []port.Incoming {
	t.Helper()
	batch := h.drain(t, queue, len(bodies))
	got := []string{}
	for _, in := range batch {
		got = append(got, string(in.Body))
	}
	slices.Sort(got)
	if slices.Sort(bodies); !slices.Equal(got, bodies) {
		t.Fatalf("%s gave %.100q, want %.100q", queue, got, bodies)
	}
	return batch
}

func queueRoundTrip(t *testing.T, h Harness) {
	body := `{"id":"1","text":"ä 日本 😀 \u0000 <&>"}` + "\n\ttail "
	attributes := map[string]string{"trace_id": "t-1", "reason": "403 ‹no›: \"quoted\"\t\n"}
	for i := range 8 {
		attributes[fmt.Sprint("attribute_", i)] = strings.Repeat("v", i+1)
	}
	sent := h.Now()
	must(t, h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: []byte(body), Attributes: attributes, Group: "brand.example"}}))
	in := h.mustReceive(t, h.Inbox, body)[0]
	if !maps.Equal(in.Attributes, attributes) {
		t.Errorf("attributes = %q, want %q", in.Attributes, attributes)
	}
	if in.Queue != h.Inbox || in.ReceiveCount != 1 || in.Handle == "" || in.MessageID == "" {
		t.Errorf("received %+v", in)
	}
	if off := in.SentAt.Sub(sent); off < -h.tick() || off > h.tick()+h.Patience {
		t.Errorf("sent at %v, want %v", in.SentAt, sent)
	}
	must(t, h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: []byte("bare")}}))
	if bare := h.mustReceive(t, h.Inbox, "bare")[0]; len(bare.Attributes) != 0 {
		t.Errorf("a message without attributes came with %q", bare.Attributes)
	}
}

func numbered(n int) []string {
	var bodies []string
	for i := range n {
		bodies = append(bodies, fmt.Sprintf("m%03d", i))
	}
	return bodies
}

func queueBatch(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, numbered(23)...)
	seen := map[string]bool{}
	for _, in := range h.mustReceive(t, h.Inbox, numbered(23)...) {
		if in.Attributes["event_id"] != string(in.Body) || seen[in.MessageID] {
			t.Errorf("message %s has attributes %q and id %s", in.Body, in.Attributes, in.MessageID)
		}
		seen[in.MessageID] = true
	}
	must(t, h.Queue.Send(t.Context(), h.Inbox, nil))
	h.mustReceive(t, h.Inbox)
}

func queueMax(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, numbered(5)...)
	if got := h.receive(t, h.Inbox, 2); len(got) > 2 {
		t.Errorf("received %d", len(got))
	}
	if got := h.receive(t, h.Inbox, 0); len(got) != 0 {
		t.Errorf("asked for none, received %d", len(got))
	}
}

func queueEmpty(t *testing.T, h Harness) {
	h.mustReceive(t, h.Inbox)
	h.mustReceive(t, routes.Dead(h.Inbox))
}

func queueApart(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "one")
	h.mustSend(t, h.Other, "two")
	h.mustSend(t, routes.Dead(h.Inbox), "three")
	h.mustReceive(t, h.Inbox, "one")
	h.mustReceive(t, h.Other, "two")
	h.mustReceive(t, routes.Dead(h.Inbox), "three")
}

func queueUnknown(t *testing.T, h Harness) {
	const nowhere = "no-such-queue"
	if err := h.Queue.Send(t.Context(), nowhere, []port.Outgoing{{Body: []byte("lost")}}); err == nil {
		t.Error("Send to an unknown queue succeeded")
	}
	if _, err := h.Queue.Receive(t.Context(), nowhere, 1, 0); err == nil {
		t.Error("Receive from an unknown queue succeeded")
	}
	if err := h.Queue.Delete(t.Context(), port.Incoming{Queue: nowhere, Handle: "1.1"}); err == nil {
		t.Error("Delete from an unknown queue succeeded")
	}
	if err := h.Queue.Defer(t.Context(), port.Incoming{Queue: nowhere, Handle: "1.1"}, h.Now()); err == nil {
		t.Error("Defer in an unknown queue succeeded")
	}
}

func queueAttributes(t *testing.T, h Harness) {
	attributes := map[string]string{}
	for i := range 11 {
		attributes[fmt.Sprint("a", i)] = "v"
	}
	if err := h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: []byte("b"), Attributes: attributes}}); err == nil {
		t.Error("eleven attributes were accepted")
	}
	h.mustReceive(t, h.Inbox)
}

func queueGroups(t *testing.T, h Harness) {
	var batch []port.Outgoing
	for _, body := range []string{"a1", "a2", "b1"} {
		batch = append(batch, port.Outgoing{Body: []byte(body), Group: body[:1]})
	}
	must(t, h.Queue.Send(t.Context(), h.Inbox, batch))
	h.mustReceive(t, h.Inbox, "a1", "a2", "b1")
}

func queueConcurrent(t *testing.T, h Harness) {
	const senders, each = 8, 6
	concurrently(senders, func(i int) {
		for j := range each {
			out := port.Outgoing{Body: fmt.Appendf(nil, "%d-%d", i, j)}
			if err := h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{out}); err != nil {
				t.Error(err)
			}
		}
	})
	received := make([]map[string]bool, senders)
	concurrently(senders, func(i int) {
		received[i] = map[string]bool{}
		for {
			batch, err := h.Queue.Receive(t.Context(), h.Inbox, 3, h.Patience)
			if err != nil {
				t.Error(err)
			}
			if len(batch) == 0 {
				return
			}
			for _, in := range batch {
				received[i][string(in.Body)] = true
			}
		}
	})
	all := map[string]bool{}
	for _, some := range received {
		maps.Copy(all, some)
	}
	if len(all) != senders*each {
		t.Errorf("%d of %d messages were received", len(all), senders*each)
	}
}

func queueCopies(t *testing.T, h Harness) {
	out := port.Outgoing{Body: []byte("body"), Attributes: map[string]string{"a": "sent"}}
	must(t, h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{out}))
	out.Body[0], out.Attributes["a"] = 'X', "changed"
	in := h.mustReceive(t, h.Inbox, "body")[0]
	in.Body[1], in.Attributes["a"] = 'X', "changed"
	h.lapse()
	if again := h.mustReceive(t, h.Inbox, "body")[0]; again.Attributes["a"] != "sent" {
		t.Errorf("attributes = %q", again.Attributes)
	}
}

func queueDurable(t *testing.T, h Harness) {
	h.mustSend(t, h.Inbox, "kept", "deleted")
	for _, in := range h.mustReceive(t, h.Inbox, "deleted", "kept") {
		if string(in.Body) == "deleted" {
			must(t, h.Queue.Delete(t.Context(), in))
		}
	}
	h.mustSend(t, h.Inbox, "fresh")
	h = h.reopened(t)
	if in := h.mustReceive(t, h.Inbox, "fresh")[0]; in.Attributes["event_id"] != "fresh" {
		t.Errorf("after a restart the attributes are %q", in.Attributes)
	}
	h.Advance(h.Visibility + h.tick())
	for _, in := range h.mustReceive(t, h.Inbox, "fresh", "kept") {
		if in.ReceiveCount != 2 {
			t.Errorf("after a restart %s was received %d times, want 2", in.Body, in.ReceiveCount)
		}
	}
}

func waitCases() cases {
	return cases{
		{"a receiver that waits gets what is sent", queueWakes},
		{"a receiver that waits in vain gets nothing", queueGivesUp},
		{"each of many receivers that wait is woken", queueWakesAll},
	}
}

// longWait is longer than any test may take: who waits so long was forgotten.
const longWait = 20 * time.Second

func queueWakes(t *testing.T, h Harness) {
	if !h.Waits {
		return
	}
	got := make(chan []port.Incoming, 1)
	go func() {
		batch, err := h.Queue.Receive(t.Context(), h.Inbox, 10, longWait)
		if err != nil {
			t.Error(err)
		}
		got <- batch
	}()
	h.mustSend(t, h.Inbox, "late")
	if batch := <-got; len(batch) != 1 || string(batch[0].Body) != "late" {
		t.Errorf("received %v", batch)
	}
}

func queueGivesUp(t *testing.T, h Harness) {
	batch, err := h.Queue.Receive(t.Context(), h.Inbox, 10, 10*time.Millisecond)
	if err != nil || len(batch) != 0 {
		t.Errorf("Receive = %v, %v; want nothing", batch, err)
	}
}

func queueWakesAll(t *testing.T, h Harness) {
	if !h.Waits {
		return
	}
	const receivers = 8
	got := make(chan string, receivers)
	for range receivers {
		go func() {
			batch, err := h.Queue.Receive(t.Context(), h.Inbox, 1, longWait)
			if err != nil || len(batch) == 0 {
				t.Errorf("received %v, %v", batch, err)
				batch = []port.Incoming{{}}
			}
			got <- string(batch[0].Body)
		}()
	}
	h.mustSend(t, h.Inbox, numbered(receivers)...)
	var bodies []string
	for range receivers {
		bodies = append(bodies, <-got)
	}
	if slices.Sort(bodies); !slices.Equal(bodies, numbered(receivers)) {
		t.Errorf("received %q", bodies)
	}
}
