package pipeline_test

import (
	"slices"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/pipeline"
	"causeway/shared/routes"
)

// filtered returns a bench whose route skips customers called "final" for good and
// those called "later" for the time being, and amends when told so.
func filtered(t *testing.T, amends bool) *bench {
	t.Helper()
	b := newBench(t)
	by := func(name string) *routes.Pattern {
		return routes.MustPattern(`{"detail":{"body":{"first_name":["` + name + `"]}}}`)
	}
	b.deliver.Route.Filters = []routes.Filter{
		{Name: "final", Reason: "not wanted here", Default: true, Final: true, Pattern: by("final")},
		{Name: "later", Reason: "not yet", Default: true, Pattern: by("later")},
		{Name: "off", Reason: "off by default", Pattern: by("off")},
	}
	b.deliver.System.Profile.Operations = map[string]connector.Operation{
		canonical.CustomerUpserted: {Name: "write customer", Guarantee: connector.ExternalID, Amends: amends},
	}
	return b
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := filtered(t, false)
			b.config.Filters = tc.switches
			b.post("1", toyFact{Type: amended, ID: "7", Name: tc.first})
			b.drain(time.Minute)
			if tc.reason == "" {
				b.one(pipeline.Confirmed)
				return
			}
			if e := b.one(pipeline.Skipped); e.Outcome != tc.reason || len(b.toy.deliveries) != 0 {
				t.Errorf("ended as %q with %d deliveries", e.Outcome, len(b.toy.deliveries))
			}
		})
	}
}

func TestWhatDependsOnSomethingSkippedForGoodIsSkippedWithIt(t *testing.T) {
	t.Parallel()
	b := filtered(t, false)
	b.post("1", toyFact{Type: amended, ID: "parent", Name: "final"})
	b.post("2", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(time.Minute)
	outcomes := outcomesOf(b, pipeline.Skipped)
	if !slices.Contains(outcomes, "its customer was skipped: not wanted here") {
		t.Errorf("skipped: %q", outcomes)
	}
}

func outcomesOf(b *bench, stage pipeline.Stage) []string {
	var outcomes []string
	for _, e := range b.entries(stage) {
		outcomes = append(outcomes, e.Outcome)
	}
	return outcomes
}

func TestWhatDependsOnSomethingSkippedForNowWaits(t *testing.T) {
	t.Parallel()
	b := filtered(t, false)
	b.post("1", toyFact{Type: amended, ID: "parent", Name: "later"})
	b.post("2", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(time.Minute)
	if len(b.entries(pipeline.Skipped)) != 1 || len(b.toy.written) != 0 {
		t.Fatalf("skipped: %q", outcomesOf(b, pipeline.Skipped))
	}
	b.post("3", toyFact{Type: amended, ID: "parent", Version: 2, Name: "now"})
	b.drain(10 * time.Minute)
	if len(b.toy.written) != 2 {
		t.Errorf("written %d, want parent and child", len(b.toy.written))
	}
}

func TestAChangePlacesWhatWasSkippedForNow(t *testing.T) {
	t.Parallel()
	b := filtered(t, true)
	b.post("1", toyFact{Type: amended, ID: "7", Name: "later"})
	b.drain(time.Minute)
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "now"})
	b.drain(time.Minute)
	if len(b.toy.written) != 1 {
		t.Errorf("written %d times", len(b.toy.written))
	}
}

func TestAChangeToWhatWasSkippedForGoodIsSkipped(t *testing.T) {
	t.Parallel()
	b := filtered(t, true)
	b.post("1", toyFact{Type: amended, ID: "7", Name: "final"})
	b.drain(time.Minute)
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "changed"})
	b.drain(time.Minute)
	if got := outcomesOf(b, pipeline.Skipped); !slices.Contains(got, "its customer was skipped: not wanted here") {
		t.Errorf("skipped: %q", got)
	}
}

func TestBadInput65AChangeBeforeItsEntityWaits(t *testing.T) {
	t.Parallel()
	b := filtered(t, true)
	b.post("1", toyFact{Type: amended, ID: "7", Name: "change"})
	b.drain(time.Minute)
	if len(b.toy.deliveries) != 0 {
		t.Fatal("the change did not wait")
	}
	b.toy.known["7"] = "99"
	b.drain(10 * time.Minute)
	if len(b.toy.deliveries) != 1 || b.toy.deliveries[0].Ref != "99" {
		t.Errorf("deliveries %+v", b.toy.deliveries)
	}
}

// TestWhatWasSkippedForGoodStaysSo: the first change that is skipped with its entity
// must not make the second one look like a change to something confirmed.
func TestWhatWasSkippedForGoodStaysSo(t *testing.T) {
	t.Parallel()
	b := filtered(t, true)
	b.post("1", toyFact{Type: amended, ID: "7", Name: "final"})
	for i, version := range []int{2, 3, 4} {
		b.drain(time.Minute)
		b.post(string(rune('2'+i)), toyFact{Type: amended, ID: "7", Version: version, Name: "changed"})
	}
	b.drain(time.Minute)
	if got := outcomesOf(b, pipeline.Skipped); len(b.toy.deliveries) != 0 || len(got) != 4 {
		t.Errorf("%d deliveries, skipped: %q", len(b.toy.deliveries), got)
	}
}

// TestWhatWasKeptOutNeedNotBeEnded: a cancellation of what a filter kept out is skipped
// with it, and no older state that arrives late places it after all.
func TestWhatWasKeptOutNeedNotBeEnded(t *testing.T) {
	t.Parallel()
	b := filtered(t, true)
	operation := b.deliver.System.Profile.Operations[amended]
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "later"})
	b.drain(time.Minute)
	operation.Ends = true
	b.deliver.System.Profile.Operations[amended] = operation
	b.post("2", toyFact{Type: amended, ID: "7", Version: 3, Name: "cancelled"})
	b.drain(time.Minute)
	operation.Ends = false
	b.deliver.System.Profile.Operations[amended] = operation
	b.post("3", toyFact{Type: amended, ID: "7", Version: 2, Name: "paid"})
	b.drain(time.Minute)
	if len(b.toy.deliveries) != 0 {
		t.Errorf("%d deliveries of what was cancelled before it was let in", len(b.toy.deliveries))
	}
	if got := b.one(pipeline.Superseded); got.Outcome != "a newer version was skipped: not yet" {
		t.Errorf("the late older state ended as %q", got.Outcome)
	}
}
