package pipeline_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// keepsOut has a filter skip for good what has such a body.
func (e *testEnv) keepsOut(body string) {
	e.route.Filters = append(e.route.Filters, routes.Filter{
		Name: "out", Reason: "handed over", Default: true, Final: true, Pattern: routes.MustPattern(`{"detail":{"body":{` + body + `}}}`),
	})
}

// filtered returns an environment whose route skips customers called "final" for good and
// those called "later" for the time being.
func filtered(t *testing.T) *testEnv {
	t.Helper()
	e := newEnv(t)
	by := func(name string) *routes.Pattern {
		return routes.MustPattern(`{"detail":{"body":{"first_name":["` + name + `"]}}}`)
	}
	e.route.Filters = []routes.Filter{
		{Name: "final", Reason: "not wanted here", Default: true, Final: true, Pattern: by("final")},
		{Name: "later", Reason: "not yet", Default: true, Pattern: by("later")},
		{Name: "off", Reason: "off by default", Pattern: by("off")},
	}
	return e
}

func TestA10AFilterSkipsVisibly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		switches map[string]bool
		first    string
		reason   string
	}{
		"on by default":  {nil, "final", "not wanted here"},
		"switched off":   {map[string]bool{"final": false}, "final", ""},
		"off by default": {nil, "off", ""},
		"switched on":    {map[string]bool{"off": true}, "off", "off by default"},
		"no match":       {nil, "Ada", ""},
		"a large body":   {nil, "final", "not wanted here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := filtered(t)
			e.filters = tc.switches
			if name == "a large body" {
				e.system.translation = largeBody
			}
			e.post("1", change{Type: customer, ID: "7", Name: tc.first})
			e.drain(time.Minute)
			if tc.reason == "" {
				e.entry(port.Confirmed)
				return
			}
			if entry := e.entry(port.Skipped); entry.Outcome != tc.reason || len(e.system.deliveries) != 0 {
				t.Errorf("ended as %q with %d deliveries", entry.Outcome, len(e.system.deliveries))
			}
		})
	}
}

func TestWhatDependsOnAnEntityThatIsSkippedForGoodIsSkippedWithIt(t *testing.T) {
	t.Parallel()
	e := filtered(t)
	e.post("1", change{Type: customer, ID: "parent", Name: "final"})
	e.post("2", change{Type: customer, ID: "child", Parents: []string{"parent"}})
	e.post("3", change{Type: customer, ID: "grandchild", Parents: []string{"child"}})
	e.drain(time.Minute)
	if outcomes := e.outcomes(port.Skipped); !slices.Contains(outcomes, "its customer was skipped: not wanted here") || len(outcomes) != 3 {
		t.Errorf("skipped: %q", outcomes)
	}
}

func TestWhatDependsOnAnEntityThatIsSkippedForNowWaits(t *testing.T) {
	t.Parallel()
	e := filtered(t)
	e.post("1", change{Type: customer, ID: "parent", Name: "later"})
	e.post("2", change{Type: customer, ID: "child", Parents: []string{"parent"}})
	e.drain(time.Minute)
	if outcomes := e.outcomes(port.Skipped); len(outcomes) != 1 || len(e.system.written) != 0 {
		t.Fatalf("skipped: %q", outcomes)
	}
	e.post("3", change{Type: customer, ID: "parent", Version: 2, Name: "now"})
	e.drain(time.Minute)
	if len(e.system.written) != 2 {
		t.Errorf("written %d, want parent and child", len(e.system.written))
	}
}

// TestWhatIsNewerThanASkippedParentWaitsForItsNewerState has the child come before the state
// of its parent that passes, and once such a state does not come.
func TestWhatIsNewerThanASkippedParentWaitsForItsNewerState(t *testing.T) {
	t.Parallel()
	for name, comes := range map[string]bool{"the newer state passes": true, "there is no newer state": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := filtered(t)
			e.post("1", change{Type: customer, ID: "parent", Version: 1, Name: "final"})
			e.drain(time.Minute)
			e.post("2", change{Type: customer, ID: "child", Version: 2, Parents: []string{"parent"}})
			e.drain(30 * time.Minute)
			if n := len(e.entries(port.Skipped)); n != 1 || len(e.system.written) != 0 {
				t.Fatalf("%d skipped, want the parent alone", n)
			}
			if comes {
				e.post("3", change{Type: customer, ID: "parent", Version: 2, Name: "now"})
			}
			e.drain(time.Hour)
			if outcomes := e.outcomes(port.Skipped); comes != (len(e.system.written) == 2) || comes == slices.Contains(outcomes, "its customer was skipped: not wanted here") {
				t.Errorf("%d written, skipped %q", len(e.system.written), outcomes)
			}
		})
	}
}

// TestANewerStateThatPassesIsDelivered has a filter skip the first state, for good or for now:
// the filter decides about each state anew while the target has nothing of the entity.
func TestANewerStateThatPassesIsDelivered(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"final", "later"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			e := filtered(t)
			for i, name := range []string{first, first, "now", first} {
				e.post(strconv.Itoa(i), change{Type: customer, ID: "7", Version: i + 1, Name: name})
				e.drain(10 * time.Second)
			}
			// The last state is no longer the filter's, because the target has the entity.
			if got := e.system.names(); !slices.Equal(got, []string{"now", first}) {
				t.Errorf("written %q", got)
			}
		})
	}
}

// TestAnOlderStateThanASkippedOneIsOutdated has the newest state be skipped, and an older one
// that would pass arrive late.
func TestAnOlderStateThanASkippedOneIsOutdated(t *testing.T) {
	t.Parallel()
	e := filtered(t)
	e.post("1", change{Type: customer, ID: "7", Version: 3, Name: "later"})
	e.drain(time.Minute)
	e.post("2", change{Type: customer, ID: "7", Version: 2, Name: "paid"})
	e.drain(time.Minute)
	if got := e.entry(port.Superseded); got.Outcome != "a newer version was skipped: not yet" || len(e.system.deliveries) != 0 {
		t.Errorf("the late older state ended as %q after %d deliveries", got.Outcome, len(e.system.deliveries))
	}
}

// TestABodyThatCannotBeMatchedDoesNotPass has a large body be no JSON.
func TestABodyThatCannotBeMatchedDoesNotPass(t *testing.T) {
	t.Parallel()
	e := filtered(t)
	claim, err := e.memory.Store(t.Context(), []byte("no JSON"))
	e.must(err)
	m := &message.Message{ID: "e1", Type: customer, Source: "causeway.shop", Subject: "customer/7", Tenant: "t1", Claim: &claim}
	data, err := m.Encode()
	e.must(err)
	e.send(queue, port.Outgoing{Body: data})
	e.drain(10 * time.Minute)
	if e.entry(port.Dead); len(e.system.deliveries) != 0 {
		t.Errorf("%d deliveries", len(e.system.deliveries))
	}
}

// TestF33AFilterResolvesNoUnknownOutcome has a first version's answer be lost, and a newer
// version be one that the filter would skip.
func TestF33AFilterResolvesNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		for _, befalls := range []string{"answer lost after the effect", "takes effect late", "crash after the effect"} {
			v := newVendor(t, operation)
			v.keepsOut(`"first_name":["out"]`)
			v.acts = []act{acts[befalls]}
			v.version(1)
			v.post("2", change{Type: customer, ID: "7", Version: 2, Name: "out"})
			v.settle(3 * time.Second)
			v.post("4", change{Type: customer, ID: "child", Version: 1, Name: "child", Parents: []string{"7"}})
			v.finish(3 * time.Hour)
			if got := v.holds(); got != "[out child]" || len(v.entries(port.Skipped)) != 0 {
				t.Errorf("%s: the vendor has %s, skipped %q", befalls, got, v.outcomes(port.Skipped))
			}
			v.settled()
		}
	})
}

// TestF33AFilterThatIsSwitchedOnResolvesNoUnknownOutcome has it match what was written.
func TestF33AFilterThatIsSwitchedOnResolvesNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		v := newVendor(t, operation)
		v.acts = []act{acts["answer lost after the effect"]}
		v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "out"})
		_, err := v.step()
		v.must(err)
		v.keepsOut(`"first_name":["out"]`)
		v.restart()
		v.finish(3 * time.Hour)
		v.entry(port.Confirmed)
		v.post("2", change{Type: customer, ID: "child", Version: 1, Name: "child", Parents: []string{"7"}})
		v.finish(time.Hour)
		if got := v.holds(); got != "[out child]" {
			t.Errorf("the vendor has %s", got)
		}
		v.settled()
	})
}

// TestF33AChildOfUnknownOutcomeIsNotSkippedWithItsParent has its parent be skipped after the
// child was written.
func TestF33AChildOfUnknownOutcomeIsNotSkippedWithItsParent(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		v := newVendor(t, operation)
		v.rows = []*row{{key: customerKey("p"), name: "parent", made: v.clock.Now().Add(-time.Hour)}} // from before our memory
		v.acts = []act{afterEffect(fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour})}
		v.post("1", change{Type: customer, ID: "child", Version: 1, Name: "child", Parents: []string{"p"}})
		v.settle(10 * time.Minute)
		if len(v.calls) != 1 {
			t.Fatalf("%d calls", len(v.calls))
		}
		v.keepsOut(`"first_name":["out"]`)
		v.restart()
		v.post("2", change{Type: customer, ID: "p", Version: 2, Name: "out"})
		v.post("3", change{Type: customer, ID: "child", Version: 2, Name: "child2", Parents: []string{"p"}})
		v.finish(24 * time.Hour)
		if got := v.holds(); got != "[parent child2]" && got != "[parent child]" {
			t.Errorf("the vendor has %s", got)
		}
		for _, entry := range v.entries(port.Skipped) {
			if entry.Event == v.entries(port.Deferred)[0].Event {
				t.Errorf("the child of unknown outcome is skipped: %s", entry.Outcome)
			}
		}
	})
}

// TestAFilterTakesNoLeaseOfAWriter has the next state be skipped by another worker while the
// first is in the call.
func TestAFilterTakesNoLeaseOfAWriter(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.keepsOut(`"first_name":["out"]`)
	e.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	e.post("2", change{Type: customer, ID: "7", Version: 2, Name: "out"})
	batch := e.translated(2)
	first, second := batch[0], batch[1]
	if !strings.Contains(string(first.Body), `"v1"`) {
		first, second = second, first
	}
	other := e.another("other", e.clock.Now)
	e.system.duringDeliver = func() {
		e.system.duringDeliver = nil
		if err := port.Settle(context.WithoutCancel(t.Context()), e.memory, other.deliver, second); err != nil {
			t.Error(err)
		}
	}
	e.must(port.Settle(t.Context(), e.memory, e.one().deliver, first))
	e.post("3", change{Type: customer, ID: "7", Version: 3, Name: "v3"})
	e.drain(time.Hour)
	last := e.system.deliveries[len(e.system.deliveries)-1]
	if nameOf(last.Body) != "v3" || last.Ref == "" || len(e.entries(port.Skipped)) != 0 {
		t.Errorf("the last delivery is %q with the id %q, skipped %q", nameOf(last.Body), last.Ref, e.outcomes(port.Skipped))
	}
}
