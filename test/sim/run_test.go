package sim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/port"
)

// The same case is the same run, whether or not it is told.
func TestRunIsDeterministic(t *testing.T) {
	t.Parallel()
	for _, c := range []Case{CaseNamed("F3", 1), CaseNamed("F13", 2), CaseNamed("F34+F5", 3), CaseNamed("F58", 4)} {
		story := func(trace bool) (Result, string) {
			w, chosen := prepared(c)
			w.tracing = trace
			w.live(chosen)
			told, err := json.Marshal(w.history())
			if err != nil {
				t.Error(err)
			}
			return Result{Hits: w.hits(), Violations: Check(w.history())}, fmt.Sprint(w.now, w.steps, string(told))
		}
		first, told := story(false)
		again, toldAgain := story(true)
		if !reflect.DeepEqual(first, again) || told != toldAgain {
			t.Errorf("%s: two runs differ", c)
		}
	}
}

// Without a fault everything arrives, whatever the target offers.
func TestAQuietDayIsClean(t *testing.T) {
	t.Parallel()
	for seed := range uint64(25) {
		if r := Run(Case{Faults: nil, Seed: seed}, false); len(r.Violations) != 0 || r.Hits != 0 {
			t.Errorf("seed %d: %d calls spoilt, %v", seed, r.Hits, r.Violations)
		}
	}
}

// Every fault of the table shows itself.
func TestEveryFaultStrikes(t *testing.T) {
	t.Parallel()
	for _, f := range Faults() {
		hits := 0
		for seed := uint64(0); seed < 10 && hits == 0; seed++ {
			hits += Run(Case{Faults: []string{f.ID}, Seed: seed}, false).Hits
		}
		if hits == 0 {
			t.Errorf("%s (%s) spoilt no call in ten runs", f.ID, f.What)
		}
	}
}

// The table of the reliability design, F1 to F83, is here or named with what proves it.
func TestTableIsComplete(t *testing.T) {
	t.Parallel()
	tier := map[string]int{}
	for _, f := range Faults() {
		if f.What == "" || f.Arm == nil || tier[f.ID] != 0 {
			t.Errorf("%s is there twice, or says or does nothing", f.ID)
		}
		tier[f.ID] = f.Tier
	}
	for n := 1; n <= 83; n++ {
		id := fmt.Sprint("F", n)
		where, elsewhere := Elsewhere()[id]
		if (tier[id] == 0) != elsewhere || elsewhere && where == "" {
			t.Errorf("%s is neither in the table nor proven elsewhere, or both", id)
		}
		if want := firstTier(n); !elsewhere && want != (tier[id] == 1) {
			t.Errorf("%s is in tier %d", id, tier[id])
		}
	}
}

// firstTier are the faults that run on every commit.
func firstTier(n int) bool {
	for _, span := range [][2]int{{1, 17}, {21, 22}, {27, 36}, {44, 44}, {50, 54}, {56, 60}, {64, 77}, {80, 80}, {82, 83}} {
		if n >= span[0] && n <= span[1] {
			return true
		}
	}
	return false
}

func TestMixesAreOfTwoToFour(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(200) {
		c := Mix(seed)
		if n := len(c.Faults); n < 2 || n > 4 || len(named(c.Faults)) != n {
			t.Errorf("%s mixes %d faults", c, n)
		}
		seen[strings.Join(c.Faults, "+")] = true
	}
	if len(seen) < 150 {
		t.Errorf("200 seeds give only %d mixes", len(seen))
	}
}

func TestEveryOfferIsPlayed(t *testing.T) {
	t.Parallel()
	seen := map[connector.Guarantee]bool{}
	for seed := range uint64(5) {
		seen[offerOf(Case{Faults: nil, Seed: seed}, nil)] = true
	}
	if len(seen) != len(offers) {
		t.Errorf("five seeds play %d of %d offers", len(seen), len(offers))
	}
	if got := offerOf(Case{}, named([]string{"F48"})); got != connector.Search {
		t.Errorf("F48 plays %s", got)
	}
}

func TestRegressionsName(t *testing.T) {
	t.Parallel()
	for _, c := range Regressions() {
		if len(named(c.Faults)) != len(c.Faults) {
			t.Errorf("%s names a fault that is not in the table", c)
		}
	}
}

// What once failed must not fail again.
func TestRegressions(t *testing.T) {
	t.Parallel()
	mustBeClean(t, Regressions())
}

// A few runs of each fault on each go test; make faults plays many.
func TestFewOfEach(t *testing.T) {
	t.Parallel()
	var cases []Case
	for i, f := range Faults() {
		for _, seed := range []int{i, i + 2} { // each fault meets two offers, each offer many faults
			cases = append(cases, Case{Faults: []string{f.ID}, Seed: uint64(seed)})
		}
	}
	mustBeClean(t, append(cases, Cases(0, 0, 20)...))
}

func mustBeClean(t *testing.T, cases []Case) {
	t.Helper()
	for _, c := range cases {
		if r := Run(c, false); len(r.Violations) > 0 {
			t.Errorf("%s (%s): %v\n%s", c, r.Guarantee, r.Violations, Run(c, true).Timeline)
		}
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	var totals Totals
	totals.Add(Result{})
	if !totals.Clean() || totals.Runs != 1 {
		t.Errorf("%+v", totals)
	}
	for _, sort := range []Sort{Lost, Duplicated, Stale, Unexplained, Leftover} {
		one := Totals{}
		one.Add(Result{Violations: []Violation{{Sort: sort}}})
		if one.Clean() {
			t.Errorf("%s does not count", sort)
		}
		totals.Add(Result{Violations: []Violation{{Sort: sort}}})
	}
	const want = `{"against":{"model":6},"faults":0,"seeds":0,"runs":6,"lost":1,"duplicated":1,"stale":1,"unexplained":1,"leftover":1}`
	if got := totals.Line(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// The story of a failure names calls, effects and ledger entries of its entity only.
func TestTimelineIsAboutTheViolation(t *testing.T) {
	t.Parallel()
	w, chosen := prepared(Case{Faults: []string{"F3"}, Seed: 5})
	w.tracing = true
	w.live(chosen)
	entity := w.target.effects[0].Entity
	story := w.story([]Violation{{Sort: Lost, Entity: entity}})
	for _, want := range []string{"effect", "confirmed", "answer", "put", entity} {
		if !strings.Contains(story, want) {
			t.Errorf("the story lacks %q:\n%s", want, story)
		}
	}
	for _, d := range w.deliveries {
		if other := d.fact.entity(); other != entity && slices.ContainsFunc(strings.Split(story, "\n"), func(line string) bool {
			return strings.Contains(line, "effect") && strings.Contains(line, other+" ")
		}) {
			t.Errorf("the story of %s tells an effect on %s", entity, other)
		}
	}
	if w.story(nil) != "" {
		t.Error("there is a story of nothing")
	}
}

// What the checker holds the ledger against is there: circuits open in an outage, and
// the runs in which one does are looked at. F45 begins after a minute, which only the
// days that are told over five reach.
func TestOutagesOpenTheCircuit(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]port.Stage{"F30": port.Degraded, "F44": port.AuthExpired, "F45": port.AuthExpired, "F49": port.Degraded} {
		opened := 0
		for seed := range uint64(30) {
			w, chosen := prepared(Case{Faults: []string{fault}, Seed: seed})
			w.live(chosen)
			if h := w.history(); !h.Muffled && len(h.Circuit[""]) > 1 && h.Circuit[""][0] == want {
				opened++
			}
		}
		if opened < 5 {
			t.Errorf("%s: the circuit opened in %d of 30 runs", fault, opened)
		}
	}
}
