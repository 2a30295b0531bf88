package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// The checker is proven with histories made by hand: a check that cannot fail proves nothing.

func version(n int) message.Sequence { return fact{Version: n}.sequence() }

func number(v int) string { return fmt.Sprint("v", v) }

func told(entity string, v int) Told {
	return Told{Raw: "raw-" + entity + number(v), Entity: entity, N: v, Content: number(v), Accepted: true}
}

func effect(entity string, v, document int) Effect {
	return Effect{At: epoch, Entity: entity, Event: "event-" + entity + number(v), Version: version(v), N: v, Content: number(v), Document: document}
}

func entry(entity string, v int, stage port.Stage) port.Entry {
	kind, id, _ := strings.Cut(entity, "/")
	e := port.Entry{
		At: epoch, Event: "event-" + entity + number(v), Entity: key(kind, id), Version: version(v), Route: route.Name(), Stage: stage,
	}
	if stage == port.Dead || stage == port.Parked {
		e.Error = &port.EntryError{Class: fault.Value, Fingerprint: "f"}
	}
	return e
}

func letter(entity string, v int) Letter {
	return Letter{Queue: "q-dead", Event: "event-" + entity + number(v), Entity: entity, Version: version(v), Reason: "value"}
}

// checked checks a history whose events are named as entry and effect do it.
func checked(h History) []Violation {
	h.Origins = map[string]int{}
	for v := range 5 {
		for _, e := range h.Entries {
			if e.Version == version(v) {
				h.Origins[originOf(e.Event, e.Version)] = v
			}
		}
		for _, l := range h.Letters {
			if l.Version == version(v) {
				h.Origins[originOf(l.Event, l.Version)] = v
			}
		}
	}
	return Check(h)
}

// good is a history with nothing wrong: an order in two versions, the newer first.
func good() History {
	return History{
		Told:    []Told{told("order/1", 1), told("order/1", 2), told("order/1", 2)},
		Effects: []Effect{effect("order/1", 2, 7)},
		Entries: []port.Entry{entry("order/1", 2, port.Confirmed), entry("order/1", 1, port.Superseded)},
		Expect:  Expect{Dead: map[string]bool{}},
	}
}

// dead is a history in which one order rightly ended dead.
func dead() History {
	h := good()
	h.Told = append(h.Told, told("order/2", 1))
	h.Entries = append(h.Entries, entry("order/2", 1, port.Dead))
	h.Letters = []Letter{letter("order/2", 1)}
	h.Expect.Dead["order/2"] = true
	return h
}

func TestCheckPasses(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]History{"delivered": good(), "rightly dead": dead(), "nothing": {}} {
		if found := checked(h); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestCheckPassesWhatNeedsNoDelivery(t *testing.T) {
	t.Parallel()
	skipped := good()
	skipped.Told = append(skipped.Told, told("order/3", 1))
	e := entry("order/3", 1, port.Skipped)
	e.Outcome = "test order"
	skipped.Entries = append(skipped.Entries, e)
	never := good()
	never.Told = append(never.Told, Told{Raw: "r", Entity: "order/4", N: 1}) // no 2xx
	superseded := good()                                                     // a dead letter whose entity was corrected
	superseded.Told[0].N = 1
	superseded.Letters = []Letter{letter("order/1", 1)}
	superseded.Entries = []port.Entry{entry("order/1", 1, port.Dead), entry("order/1", 2, port.Confirmed), entry("order/1", 1, port.Superseded)}
	back := good() // the third state is the first again, which the target has
	back.Told = append(back.Told, Told{Raw: "third", Entity: "order/1", N: 3, Content: number(2), Accepted: true})
	again := entry("order/1", 3, port.Skipped)
	again.Outcome = "duplicate: erp has this content already"
	back.Entries = append(back.Entries, again)
	for name, h := range map[string]History{"superseded by a newer state": superseded, "changed back": back, "skipped by a rule": skipped, "never accepted": never} {
		if found := checked(h); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestCheckFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want  Sort
		spoil func(h *History)
	}{
		"nothing arrived":                 {Lost, func(h *History) { h.Effects = nil }},
		"only the older version arrived":  {Lost, func(h *History) { h.Effects = []Effect{effect("order/1", 1, 7)} }},
		"an accepted order is nowhere":    {Lost, func(h *History) { h.Told = append(h.Told, told("order/5", 1)) }},
		"dead by the ledger, and nowhere": {Lost, func(h *History) { h.Letters = nil }},
		"the ledger alone says confirmed": {Lost, func(h *History) {
			h.Told = append(h.Told, told("order/5", 1))
			h.Entries = append(h.Entries, entry("order/5", 1, port.Confirmed))
		}},
		"skipped as a duplicate of nothing": {Lost, func(h *History) {
			h.Told = append(h.Told, told("order/5", 1))
			e := entry("order/5", 1, port.Skipped)
			e.Outcome = "duplicate: erp has this content already"
			h.Entries = append(h.Entries, e)
		}},
		"published and without an end": {Lost, func(h *History) {
			e := entry("order/1", 3, port.Published)
			e.Route = ""
			h.Entries = append(h.Entries, e)
		}},
		"ends as it was before it was changed back and forth": {Stale, func(h *History) {
			h.Told = append(h.Told, Told{Raw: "third", Entity: "order/1", N: 3, Content: number(2), Accepted: true})
			h.Effects = append(h.Effects, effect("order/1", 1, 7))
			h.Entries = append(h.Entries, entry("order/1", 3, port.Confirmed))
		}},
		"a fact that took effect once more": {Duplicated, func(h *History) {
			h.Expect.Single = true
			for i := range h.Told {
				h.Told[i].Once = true
			}
			more := effect("order/1", 2, 7)
			more.Over = version(2)
			h.Effects = append(h.Effects, more)
		}},
		"two documents for one order": {Duplicated, func(h *History) { h.Effects = append(h.Effects, effect("order/1", 2, 8)) }},
		"a replay took effect": {Duplicated, func(h *History) {
			h.Replayed = epoch.Add(-time.Hour)
		}},
		"an older version landed on a confirmed one": {Stale, func(h *History) {
			late := effect("order/1", 1, 7)
			late.Over = version(2)
			h.Effects = append([]Effect{late}, h.Effects...)
		}},
		"ends with the older version":              {Stale, func(h *History) { h.Effects = append(h.Effects, effect("order/1", 1, 7)) }},
		"arrived and the ledger tells no end":      {Unexplained, func(h *History) { h.Entries = h.Entries[1:] }},
		"a valid delivery was refused":             {Unexplained, func(h *History) { h.Told[0].Refused = true }},
		"dead without a reason":                    {Unexplained, func(h *History) { h.Letters[0].Reason = "" }},
		"dead for another reason than expected":    {Unexplained, func(h *History) { h.Expect.Reason = "value lines[0].sku" }},
		"dead and the ledger does not know":        {Unexplained, func(h *History) { h.Entries = h.Entries[:2] }},
		"dead and the ledger names no class":       {Unexplained, func(h *History) { h.Entries[2].Error = &port.EntryError{Fingerprint: "f"} }},
		"dead and confirmed":                       {Unexplained, func(h *History) { h.Entries = append(h.Entries, entry("order/2", 1, port.Confirmed)) }},
		"redriven more often than is allowed":      {Unexplained, func(h *History) { h.Expect.Redrives, h.Letters[0].Redrives = 3, 4 }},
		"a promise was not kept":                   {Unexplained, func(h *History) { h.Broken = []Violation{{Sort: Unexplained, Text: "called too early"}} }},
		"the circuit opened and nobody tells":      {Unexplained, func(h *History) { h.Circuit = circuits(outageOf(port.Degraded)) }},
		"the ledger tells of a circuit for itself": {Unexplained, func(h *History) { h.Entries = append(h.Entries, lines(outageOf(port.Degraded))...) }},
		"another reason than it was": {Unexplained, func(h *History) {
			h.Circuit, h.Entries = circuits(outageOf(port.AuthExpired)), append(h.Entries, lines(outageOf(port.Degraded))...)
		}},
		"an outage is told twice": {Unexplained, func(h *History) {
			h.Circuit = circuits(outageOf(port.Degraded))
			h.Entries = append(h.Entries, lines(append([]port.Stage{port.Degraded}, h.Circuit[""]...))...)
		}},
		"nobody tells that an outage is over": {Unexplained, func(h *History) {
			h.Circuit = circuits(outageOf(port.Degraded))
			h.Entries = append(h.Entries, lines(h.Circuit[""][:1])...)
		}},
		"the circuit never opened":     {Unexplained, func(h *History) { h.Expect.Opens = port.Degraded }},
		"hammered":                     {Unexplained, hammered},
		"called on and on":             {Unexplained, func(h *History) { hammered(h); h.Expect.Spread, h.Expect.MostCalls = 0, 8 }},
		"dead and should not be":       {Leftover, func(h *History) { h.Expect.Dead = nil }},
		"still in its queue":           {Leftover, func(h *History) { h.Left = []Left{{"q", "event"}} }},
		"more garbage than was put in": {Leftover, func(h *History) { h.Letters = append(h.Letters, Letter{Queue: "q-dead", Reason: "parse"}) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := dead()
			c.spoil(&h)
			wantOnly(t, checked(h), c.want)
		})
	}
}

// outageOf is a circuit that opened and closed again.
func outageOf(reason port.Stage) []port.Stage {
	return []port.Stage{reason, port.Restored}
}

// circuits are those of a target of which only its own circuit opened.
func circuits(turns []port.Stage) map[string][]port.Stage { return map[string][]port.Stage{"": turns} }

// lines are the ledger's entries of it.
func lines(turns []port.Stage) (all []port.Entry) {
	for _, stage := range turns {
		all = append(all, port.Entry{At: epoch, Stage: stage, Entity: key("connection", erp)})
	}
	return all
}

func TestCheckPassesACircuitAsItIsTold(t *testing.T) {
	t.Parallel()
	h := good()
	h.Circuit, h.Expect.Opens = circuits(outageOf(port.AuthExpired)), port.AuthExpired
	h.Entries = append(h.Entries, lines(h.Circuit[""])...)
	muffled := good()
	muffled.Circuit, muffled.Muffled = circuits(outageOf(port.Degraded)), true
	for name, h := range map[string]History{"told": h, "a worker was killed before it could tell": muffled} {
		if found := checked(h); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// hammered is a target that was called nine times in a second.
func hammered(h *History) {
	h.Expect.Spread = 3 * time.Second
	for i := range 9 {
		h.Calls = append(h.Calls, Call{At: epoch.Add(time.Duration(i) * 100 * time.Millisecond), Event: "event-order/1v2"})
	}
}

func wantOnly(t *testing.T, found []Violation, want Sort) {
	t.Helper()
	if len(found) == 0 {
		t.Fatal("nothing was found")
	}
	for _, v := range found {
		if v.Sort != want {
			t.Errorf("found %v, want only %s", v, want)
		}
	}
}

func TestViolationSaysWhatAndWho(t *testing.T) {
	t.Parallel()
	v := Violation{Sort: Lost, Entity: "order/1", Event: "e1", Text: "v2 is nowhere"}
	if got := v.String(); got != "lost: order/1 e1 v2 is nowhere" {
		t.Error(got)
	}
}
