package pipeline_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

func TestADeadLetterSaysAllThatIsKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = []error{
		&fault.Error{Kind: fault.Unavailable, Status: 503},
		&fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: "USER_ERROR", Field: "lines[0].quantity", Status: 400},
	}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	letter := b.dead(route.Queue())[0]
	var cause pipeline.Cause
	if err := json.Unmarshal([]byte(letter.Attributes[pipeline.AttrCause]), &cause); err != nil {
		t.Fatal(err)
	}
	want := pipeline.Cause{
		Stage: pipeline.Dead, Kind: "rejected", Class: fault.Value, Code: "USER_ERROR", Field: "lines[0].quantity",
		Status: 400, Attempts: 2, At: b.one(pipeline.Dead).At,
	}
	if cause != want {
		t.Errorf("cause %+v, want %+v", cause, want)
	}
	for _, name := range []string{pipeline.AttrTrace, pipeline.AttrEvent, pipeline.AttrEntity, pipeline.AttrVersion, pipeline.AttrFingerprint} {
		if letter.Attributes[name] == "" {
			t.Errorf("no %s on the dead letter", name)
		}
	}
}

// again sends a dead letter to its queue as an operator's redrive does: with all its
// attributes, and one redrive more.
func (b *bench) again(letter pipeline.Incoming) {
	b.Helper()
	letter.Attributes[pipeline.AttrRedrives] = strconv.Itoa(letter.Redrives() + 1)
	if err := b.memory.Send(b.Context(), route.Queue(), []pipeline.Outgoing{{Body: letter.Body, Attributes: letter.Attributes}}); err != nil {
		b.Fatal(err)
	}
	if err := b.memory.Delete(b.Context(), letter); err != nil {
		b.Fatal(err)
	}
	b.drain(time.Minute)
}

func TestF60WhatFailsTheSameWayAfterThreeRedrivesIsParked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = slices.Repeat([]error{&fault.Error{Kind: fault.Rejected, Code: "NO", Detail: "item 'A-1' is unknown"}}, 4)
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	first := b.dead(route.Queue())[0]
	seen, event := first.Attributes[pipeline.AttrFirstSeen], first.Attributes[pipeline.AttrEvent]
	b.again(first)
	for redrives := 1; redrives <= 3; redrives++ {
		letter := b.dead(route.Queue())[0]
		if got := letter.Attributes; got[pipeline.AttrRedrives] != strconv.Itoa(redrives) || got[pipeline.AttrFirstSeen] != seen || got[pipeline.AttrEvent] != event || len(got) > 10 {
			t.Errorf("after %d redrives: %v", redrives, got)
		}
		if parked := strings.Contains(letter.Attributes[pipeline.AttrCause], `"stage":"parked"`); parked != (redrives == 3) {
			t.Errorf("after %d redrives parked is %v", redrives, parked)
		}
		if redrives < 3 {
			b.again(letter)
		}
	}
	if e := b.one(pipeline.Parked); !strings.Contains(e.Outcome, "redriven 3 times") || len(b.entries(pipeline.Dead)) != 3 {
		t.Errorf("parked: %q, %d dead", e.Outcome, len(b.entries(pipeline.Dead)))
	}
}

func TestF60AnotherFailureBeginsAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, code := range []string{"A", "A", "B", "A"} {
		b.toy.fail = append(b.toy.fail, &fault.Error{Kind: fault.Rejected, Code: code})
	}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	for range 3 {
		b.again(b.dead(route.Queue())[0])
	}
	if n := len(b.entries(pipeline.Dead)); n != 4 {
		t.Errorf("%d dead, want all four: the cause changed in between", n)
	}
}

func TestF59ARedriveOfWhatIsDoneIsResolvedAndNotSent(t *testing.T) {
	t.Parallel()
	for name, newer := range map[string]bool{"confirmed": false, "superseded": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.toy.fail = []error{&fault.Error{Kind: fault.Rejected}}
			b.post("1", toyFact{Type: amended, ID: "7", Version: 1})
			b.drain(time.Minute)
			letter := b.dead(route.Queue())[0]
			if newer {
				b.post("2", toyFact{Type: amended, ID: "7", Version: 2})
				b.drain(time.Minute)
			} else {
				b.again(letter)
			}
			calls := len(b.toy.deliveries)
			b.again(letter)
			stage := map[bool]pipeline.Stage{false: pipeline.Skipped, true: pipeline.Superseded}[newer]
			if e := b.one(stage); !strings.HasPrefix(e.Outcome, "resolved") || len(b.toy.deliveries) != calls {
				t.Errorf("%q after %d calls, want none after %d", e.Outcome, len(b.toy.deliveries), calls)
			}
		})
	}
}

// back puts a letter back as it lies, as the queue service's own redrive does.
func (b *bench) back(letter pipeline.Incoming) {
	b.Helper()
	if err := b.memory.Send(b.Context(), route.Queue(), []pipeline.Outgoing{{Body: letter.Body, Attributes: letter.Attributes}}); err != nil {
		b.Fatal(err)
	}
	if err := b.memory.Delete(b.Context(), letter); err != nil {
		b.Fatal(err)
	}
	b.drain(2 * time.Second)
}

// TestF60WhatIsPutBackAgainAndAgainIsParked has letters be moved as they lie, so that
// nothing counts but what stands on them; several versions of one event die each by itself.
func TestF60WhatIsPutBackAgainAndAgainIsParked(t *testing.T) {
	t.Parallel()
	for versions := 1; versions <= 4; versions++ {
		t.Run(strconv.Itoa(versions), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.toy.failing = func() error { return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: "NO"} }
			for v := 1; v <= versions; v++ {
				b.post(strconv.Itoa(v), toyFact{Type: amended, ID: "7", Version: v, Name: "v", Once: true})
				b.drain(time.Minute)
			}
			for times := 1; times <= b.config.Policy.Loops; times++ {
				if parked := b.entries(pipeline.Parked); len(parked) > 0 {
					t.Fatalf("%q before it was put back %d times", parked[0].Outcome, b.config.Policy.Loops)
				}
				for _, letter := range b.dead(route.Queue()) {
					b.back(letter)
				}
				b.drain(10 * time.Minute)
			}
			if n := len(b.entries(pipeline.Parked)); n != versions {
				t.Errorf("%d of %d versions are parked", n, versions)
			}
		})
	}
}

// TestF58ALetterMovedBackAsItLiesIsDelivered is what the queue service's own redrive does:
// the attributes stay as they are, and nothing counts.
func TestF58ALetterMovedBackAsItLiesIsDelivered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = []error{&fault.Error{Kind: fault.Rejected}, &fault.Error{Kind: fault.Rejected}}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	for range 2 {
		letter := b.dead(route.Queue())[0]
		for range 2 { // a copy of it is one
			if err := b.memory.Send(t.Context(), route.Queue(), []pipeline.Outgoing{{Body: letter.Body, Attributes: letter.Attributes}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.memory.Delete(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
		b.drain(10 * time.Minute)
	}
	if len(b.toy.written) != 1 || len(b.dead(route.Queue())) != 0 {
		t.Errorf("written %d times, %d dead", len(b.toy.written), len(b.dead(route.Queue())))
	}
}
