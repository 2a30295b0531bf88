package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"causeway.example/test/sim"
	"causeway.example/test/sim/vendors"
)

func playText(o options) (ok bool, lines []string) {
	var out bytes.Buffer
	ok = play(o, &out)
	return ok, strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestLastLineIsTheTotals(t *testing.T) {
	t.Parallel()
	ok, lines := playText(options{fault: "F4", seed: -1, seeds: 5, limit: time.Hour})
	var totals sim.Totals
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &totals); err != nil {
		t.Fatal(err)
	}
	if want := (sim.Totals{Against: map[string]int{"model": 5}, Faults: 1, Seeds: 5, Runs: 5}); !ok || !reflect.DeepEqual(totals, want) {
		t.Errorf("%v %+v, want %+v", ok, totals, want)
	}
}

func TestOneCaseIsTold(t *testing.T) {
	t.Parallel()
	ok, lines := playText(options{fault: "F3+F13", seed: 2})
	if !ok || !strings.HasPrefix(lines[0], "F3+F13 2 (compare_and_set), ") {
		t.Errorf("%v %q", ok, lines)
	}
}

func TestCasesAreRegressionsFaultsAndMixes(t *testing.T) {
	t.Parallel()
	table := 0
	for _, f := range sim.Faults() {
		if f.Tier == 1 {
			table++
		}
	}
	if got, want := len(options{tier: 1, seeds: 3, mixes: 7}.cases()), len(sim.Regressions())+3*table+7+len(sim.EveryCalls())+len(vendors.Cases(0, 0)); got != want {
		t.Errorf("%d cases, want %d", got, want)
	}
	if got := len((options{fault: "F1", seeds: 4}).cases()); got != 4 {
		t.Errorf("%d cases of one fault, want 4", got)
	}
}

// A failure is counted, named with the command that plays it again, and ends in false.
func TestFailureIsReported(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := newReport(options{list: true}, &out)
	for _, seed := range []uint64{9, 4} {
		r.take(sim.Result{
			Case: sim.Case{Faults: []string{"F1"}, Seed: seed}, Violations: []sim.Violation{{Sort: sim.Lost, Entity: "order/1", Text: "is nowhere"}},
		})
	}
	r.take(sim.Result{Case: sim.Case{Faults: []string{"F2"}, Seed: 1}})
	if r.end(3) {
		t.Error("the report is green")
	}
	for _, want := range []string{
		"F1 4 () lost: order/1 is nowhere\n", "F1: 2 of 2 runs failed; the first: make faults FAULT=F1 SEED=4",
		"F2: spoilt no call in 1 runs", `"runs":3,"lost":2,`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}

func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	_, lines := playText(options{fault: "F1", seed: -1, seeds: 50, limit: -time.Second})
	if want := "only 0 of 50 runs were played"; lines[0] != want {
		t.Errorf("%q, want %q", lines, want)
	}
}

func TestFaultsAreSortedByNumber(t *testing.T) {
	t.Parallel()
	if byNumber("F2", "F10") >= 0 || byNumber("F11", "F10") <= 0 || byNumber("mix", "mix") != 0 {
		t.Error("F2 does not come before F10")
	}
}

// TestConnectorsArePlayed counts the runs against each vendor's fake.
func TestConnectorsArePlayed(t *testing.T) {
	t.Parallel()
	ok, lines := playText(options{fault: "F3@hubspot", seed: -1, seeds: 2, limit: time.Hour})
	var totals sim.Totals
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &totals); err != nil || !ok || totals.Against["hubspot"] != 2 || totals.Faults != 1 {
		t.Errorf("%v %+v, %v", ok, totals, err)
	}
	against := map[string]int{}
	for _, c := range (options{vendorSeeds: 1}).cases() {
		against[c.Vendor]++
	}
	for _, v := range vendors.All() {
		if against[v.Name] == 0 {
			t.Errorf("no case is against %s", v.Name)
		}
	}
}
