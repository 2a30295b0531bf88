package enginetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Harness is one engine, opened and empty, with what the suite has to know of it.
type Harness struct {
	Engine  engine.Engine
	Queue   port.Queue                              // the same queues, as the pipeline sees them
	Advance func(by time.Duration)                  // moves the engine's clock; an engine with a real clock waits
	Inbox   string                                  // the inbox of a source, with a dead-letter queue named by routes.Dead
	Route   string                                  // a route's queue
	System  string                                  // the source of the inbox
	Archive func(t *testing.T, in ...port.Incoming) // what the engine does to archive; nil if Delete does it
	Say     func(t *testing.T, line string)         // logs a line of JSON now, as the engine's functions do
	Settle  func(t *testing.T)                      // waits until what was done is seen; nil if at once
	Beside  func(t *testing.T) engine.Engine        // the same engine as another process sees it
}

// Test proves the engine.
func Test(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, h Harness)
	}{
		{"the engine has everything that is required", complete},
		{"browsing shows each letter once and changes nothing", browse},
		{"browsing ends when the visitor has enough", browseEnds},
		{"an unknown queue is an error", unknown},
		{"a letter is taken by its id, and others are left alone", take},
		{"what is taken is hidden until the hand is closed", takeHides},
		{"what is taken returns by itself when its hold has passed", takeExpires},
		{"a letter that is deleted is gone, and deleting twice is no error", remove},
		{"a letter that was taken can be taken again by the same hand", takeAgain},
		{"a letter that is sent to its route is received there", send},
		{"depths count a queue and its letters", depths},
		{"totals count what waits and what is dead beside what ended", totals},
		{"a paused queue gives nothing until it is resumed", pause},
		{"a pause keeps who stopped it first, and why", pauseTwice},
		{"an unknown queue cannot be paused", pauseUnknown},
		{"another process sees and does the same", beside},
		{"what was translated is in the archive, byte for byte", archive},
		{"lines of the log are found by the ids of a message", logged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h Harness) settle(t *testing.T) {
	t.Helper()
	if h.Settle != nil {
		h.Settle(t)
	}
}

func (h Harness) dead() string { return routes.Dead(h.Route) }

// bury sends dead letters and returns their ids by their bodies.
func (h Harness) bury(t *testing.T, bodies ...string) map[string]string {
	t.Helper()
	for _, body := range bodies {
		must(t, h.Queue.Send(t.Context(), h.dead(), []port.Outgoing{{Body: []byte(body), Attributes: map[string]string{port.AttrEvent: body}}}))
	}
	h.settle(t)
	ids := map[string]string{}
	for _, in := range h.browse(t, h.Engine) {
		ids[string(in.Body)] = in.MessageID
	}
	for _, body := range bodies {
		if ids[body] == "" {
			t.Fatalf("the letter %q has no id: %v", body, ids)
		}
	}
	return ids
}

func (h Harness) browse(t *testing.T, e engine.Engine) (letters []port.Incoming) {
	t.Helper()
	must(t, e.Letters.Browse(t.Context(), h.dead(), func(in port.Incoming) bool {
		letters = append(letters, in)
		return true
	}))
	return letters
}

func bodies(letters []port.Incoming) (all []string) {
	for _, in := range letters {
		all = append(all, string(in.Body))
	}
	slices.Sort(all)
	return all
}

func (h Harness) want(t *testing.T, letters []port.Incoming, want ...string) {
	t.Helper()
	if got := bodies(letters); !slices.Equal(got, want) {
		t.Fatalf("letters %q, want %q", got, want)
	}
}

func (h Harness) open(t *testing.T, e engine.Engine) engine.Hand {
	t.Helper()
	hand, err := e.Letters.Open(t.Context(), h.dead(), time.Minute)
	must(t, err)
	return hand
}

func taken(t *testing.T, hand engine.Hand, ids ...string) []port.Incoming {
	t.Helper()
	letters, err := hand.Take(t.Context(), ids)
	must(t, err)
	return letters
}

func complete(t *testing.T, h Harness) { must(t, h.Engine.Check()) }

func browse(t *testing.T, h Harness) {
	var all []string
	for i := range 250 {
		all = append(all, fmt.Sprintf("letter %03d", i))
	}
	h.bury(t, all...)
	first := h.browse(t, h.Engine)
	h.want(t, first, all...)
	for _, in := range first {
		if in.Handle != "" || in.Queue != h.dead() || in.Attributes[port.AttrEvent] != string(in.Body) || in.SentAt.IsZero() {
			t.Fatalf("browsed %+v", in)
		}
	}
	h.settle(t)
	h.want(t, h.browse(t, h.Engine), all...)
}

func browseEnds(t *testing.T, h Harness) {
	h.bury(t, "a", "b", "c")
	n := 0
	must(t, h.Engine.Letters.Browse(t.Context(), h.dead(), func(port.Incoming) bool { n++; return n < 2 }))
	if n != 2 {
		t.Errorf("visited %d letters", n)
	}
	h.settle(t)
	h.want(t, h.browse(t, h.Engine), "a", "b", "c")
}

func unknown(t *testing.T, h Harness) {
	if err := h.Engine.Letters.Browse(t.Context(), "unheard-dead", func(port.Incoming) bool { return true }); err == nil {
		t.Error("an unknown queue was browsed")
	}
	hand, err := h.Engine.Letters.Open(t.Context(), "unheard-dead", time.Minute)
	if err != nil {
		return
	}
	if _, err := hand.Take(t.Context(), []string{"1"}); err == nil {
		t.Error("letters of an unknown queue were taken")
	}
}

func take(t *testing.T, h Harness) {
	ids := h.bury(t, "a", "b", "c")
	hand := h.open(t, h.Engine)
	letters := taken(t, hand, ids["b"], "no-such-id")
	h.want(t, letters, "b")
	if in := letters[0]; in.Handle == "" || in.MessageID != ids["b"] || in.Attributes[port.AttrEvent] != "b" || in.Queue != h.dead() {
		t.Errorf("took %+v", in)
	}
	must(t, hand.Close(t.Context()))
	h.settle(t)
	h.want(t, h.browse(t, h.Engine), "a", "b", "c")
}

func takeHides(t *testing.T, h Harness) {
	ids := h.bury(t, "a", "b")
	hand, other := h.open(t, h.Engine), h.open(t, h.Engine)
	taken(t, hand, ids["a"])
	h.want(t, taken(t, other, ids["a"], ids["b"]), "b")
	must(t, hand.Close(t.Context()))
	h.settle(t)
	h.want(t, taken(t, other, ids["a"]), "a")
	must(t, other.Close(t.Context()))
}

func takeExpires(t *testing.T, h Harness) {
	ids := h.bury(t, "a")
	taken(t, h.open(t, h.Engine), ids["a"])
	h.Advance(61 * time.Second)
	h.want(t, taken(t, h.open(t, h.Engine), ids["a"]), "a")
}

func remove(t *testing.T, h Harness) {
	ids := h.bury(t, "a", "b")
	hand := h.open(t, h.Engine)
	letter := taken(t, hand, ids["a"])[0]
	must(t, hand.Delete(t.Context(), letter))
	must(t, hand.Delete(t.Context(), letter))
	must(t, hand.Close(t.Context()))
	h.settle(t)
	h.want(t, h.browse(t, h.Engine), "b")
	h.want(t, taken(t, h.open(t, h.Engine), ids["a"]))
}

func takeAgain(t *testing.T, h Harness) {
	ids := h.bury(t, "a")
	hand := h.open(t, h.Engine)
	taken(t, hand, ids["a"])
	letters := taken(t, hand, ids["a"])
	h.want(t, letters, "a")
	must(t, hand.Delete(t.Context(), letters[0]))
	must(t, hand.Close(t.Context()))
	h.settle(t)
	h.want(t, h.browse(t, h.Engine))
}

func (h Harness) receive(t *testing.T, queue string) []port.Incoming {
	t.Helper()
	letters, err := h.Queue.Receive(t.Context(), queue, 10, 0)
	must(t, err)
	return letters
}

func send(t *testing.T, h Harness) {
	out := port.Outgoing{Body: []byte("again"), Attributes: map[string]string{port.AttrRedrives: "1"}}
	must(t, h.Engine.Sender.Send(t.Context(), h.Route, []port.Outgoing{out}))
	h.settle(t)
	letters := h.receive(t, h.Route)
	h.want(t, letters, "again")
	if letters[0].Redrives() != 1 {
		t.Errorf("received %+v", letters[0])
	}
}

func depths(t *testing.T, h Harness) {
	h.bury(t, "a", "b")
	must(t, h.Engine.Sender.Send(t.Context(), h.Route, []port.Outgoing{{Body: []byte("c")}, {Body: []byte("d")}, {Body: []byte("e")}}))
	h.settle(t)
	in := h.receive(t, h.Route)[0]
	must(t, h.Queue.Defer(t.Context(), in, h.Engine.Now().Add(time.Hour)))
	h.settle(t)
	all, err := h.Engine.Meter.Depths(t.Context())
	must(t, err)
	for _, d := range all {
		if d.Queue == h.dead() {
			t.Errorf("the dead-letter queue is listed as a queue")
		}
		if d.Queue == h.Route && (d.Dead != 2 || d.Waiting() != 3) {
			t.Errorf("depth %+v", d)
		}
	}
	if !slices.ContainsFunc(all, func(d engine.Depth) bool { return d.Queue == h.Route }) {
		t.Errorf("the route has no depth: %+v", all)
	}
}

func totals(t *testing.T, h Harness) {
	h.bury(t, "a", "b")
	must(t, h.Engine.Sender.Send(t.Context(), h.Route, []port.Outgoing{{Body: []byte("c")}, {Body: []byte("d")}, {Body: []byte("e")}}))
	h.settle(t)
	in := h.receive(t, h.Route)[0]
	must(t, h.Queue.Defer(t.Context(), in, h.Engine.Now().Add(time.Hour)))
	h.settle(t)
	all, err := h.Engine.Meter.Totals(t.Context())
	must(t, err)
	i := slices.IndexFunc(all, func(total engine.Total) bool { return total.Route == h.Route })
	if i < 0 || all[i].Waiting != 3 || all[i].Letters != 2 || all[i].Missing() != 0 {
		t.Errorf("totals %+v", all)
	}
}

func pause(t *testing.T, h Harness) {
	must(t, h.Engine.Valve.Pause(t.Context(), engine.Pause{Queue: h.Route, Who: "ana", Reason: "ERP patch"}))
	must(t, h.Engine.Sender.Send(t.Context(), h.Route, []port.Outgoing{{Body: []byte("waits")}}))
	h.settle(t)
	h.want(t, h.receive(t, h.Route))
	pauses, err := h.Engine.Valve.Pauses(t.Context())
	must(t, err)
	if len(pauses) != 1 || pauses[0].Queue != h.Route || pauses[0].Who != "ana" || pauses[0].Reason != "ERP patch" || pauses[0].Since.IsZero() {
		t.Errorf("pauses %+v", pauses)
	}
	must(t, h.Engine.Valve.Resume(t.Context(), h.Route))
	must(t, h.Engine.Valve.Resume(t.Context(), h.Route))
	h.settle(t)
	h.want(t, h.receive(t, h.Route), "waits")
}

func pauseTwice(t *testing.T, h Harness) {
	must(t, h.Engine.Valve.Pause(t.Context(), engine.Pause{Queue: h.Route, Who: "ana", Reason: "first"}))
	must(t, h.Engine.Valve.Pause(t.Context(), engine.Pause{Queue: h.Route, Who: "ben", Reason: "second"}))
	h.settle(t)
	pauses, err := h.Engine.Valve.Pauses(t.Context())
	must(t, err)
	if len(pauses) != 1 || pauses[0].Who != "ana" || pauses[0].Reason != "first" {
		t.Errorf("pauses %+v", pauses)
	}
}

func pauseUnknown(t *testing.T, h Harness) {
	if err := h.Engine.Valve.Pause(t.Context(), engine.Pause{Queue: "unheard", Who: "ana", Reason: "r"}); err == nil {
		t.Error("an unknown queue was paused")
	}
}

func beside(t *testing.T, h Harness) {
	if h.Beside == nil {
		t.Skip("the engine is reached in one way only")
	}
	other := h.Beside(t)
	must(t, other.Check())
	ids := h.bury(t, "a", "b")
	h.want(t, h.browse(t, other), "a", "b")
	hand := h.open(t, other)
	letters := taken(t, hand, ids["a"])
	h.want(t, taken(t, h.open(t, h.Engine), ids["a"]))
	must(t, other.Sender.Send(t.Context(), h.Route, []port.Outgoing{{Body: letters[0].Body}}))
	must(t, hand.Delete(t.Context(), letters[0]))
	must(t, hand.Close(t.Context()))
	h.settle(t)
	h.want(t, h.browse(t, h.Engine), "b")
	received, err := h.Queue.Receive(t.Context(), h.Route, 10, 5*time.Second)
	must(t, err)
	h.want(t, received, "a")
}

func archive(t *testing.T, h Harness) {
	if h.Engine.Archive == nil {
		t.Skip("the engine archives nothing")
	}
	from := h.Engine.Now().Add(-time.Hour)
	raw := message.Raw{ID: "raw-1", System: h.System, Tenant: "brand.example", Topic: "orders/create", Body: []byte("{\"id\":1}\x00\xff")}
	body, err := raw.Encode()
	must(t, err)
	must(t, h.Queue.Send(t.Context(), h.Inbox, []port.Outgoing{{Body: body}}))
	h.settle(t)
	letters := h.receive(t, h.Inbox)
	if len(letters) != 1 {
		t.Fatalf("received %d messages", len(letters))
	}
	if h.Archive != nil {
		h.Archive(t, letters...)
	}
	must(t, h.Queue.Delete(t.Context(), letters[0]))
	h.settle(t)
	found := 0
	for got, err := range h.Engine.Archive.Archived(t.Context(), h.System, from, h.Engine.Now().Add(time.Hour)) {
		must(t, err)
		if found++; got.ID != raw.ID || string(got.Body) != string(raw.Body) || got.Claim != nil {
			t.Errorf("archived %+v", got)
		}
	}
	if found == 0 {
		t.Error("the archive is empty")
	}
	for got, err := range h.Engine.Archive.Archived(t.Context(), h.System, from, from.Add(time.Minute)) {
		must(t, err)
		t.Errorf("the archive has %s in another hour", got.ID)
	}
}

func logged(t *testing.T, h Harness) {
	if h.Engine.Log == nil {
		t.Skip("the engine has no log")
	}
	say := func(id string, n int) {
		h.Say(t, fmt.Sprintf(`{"time":%q,"level":"WARN","msg":"line %d","event_id":%q}`, h.Engine.Now().UTC().Format(time.RFC3339Nano), n, id))
	}
	say("event-7", 0)
	h.Advance(time.Hour)
	from := h.Engine.Now()
	for n := 1; n <= 150; n++ { // more than one part of a long log
		say("event-8", n)
	}
	say("event-7", 151)
	h.Advance(time.Second)
	say("trace-7", 152)
	h.Advance(time.Second)
	ask := engine.LogQuery{IDs: []string{"event-7", "", "trace-7"}, From: from, To: h.Engine.Now(), Most: 20}
	h.wantLines(t, ask, "line 151", "line 152")
	ask.Most = 1
	h.wantLines(t, ask, "line 152")
	ask.Most, ask.From = 20, from.Add(-2*time.Hour)
	h.wantLines(t, ask, "line 0", "line 151", "line 152")
	ask.To = from.Add(-time.Minute)
	h.wantLines(t, ask, "line 0")
	h.wantLines(t, engine.LogQuery{IDs: []string{"event-9"}, From: from, To: h.Engine.Now(), Most: 20})
	h.wantLines(t, engine.LogQuery{From: from, To: h.Engine.Now(), Most: 20})
}

// wantLines asks for lines, and compares what they say.
func (h Harness) wantLines(t *testing.T, ask engine.LogQuery, want ...string) {
	t.Helper()
	lines, whole, err := h.Engine.Log.Lines(t.Context(), ask)
	must(t, err)
	says := []string{}
	for _, line := range lines {
		var fields struct{ Msg string }
		must(t, json.Unmarshal([]byte(line.Text), &fields))
		if says = append(says, fields.Msg); line.At.IsZero() {
			t.Errorf("%s has no time", line.Text)
		}
	}
	if !whole || !slices.Equal(says, want) {
		t.Errorf("lines %q (whole %v), want %q", says, whole, want)
	}
}
