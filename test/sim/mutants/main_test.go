package main

import (
	"os"
	"strings"
	"testing"
)

// Every patch fits the source as it is now: otherwise the guard that it removes has moved,
// and it would no longer be proven that its absence is noticed.
func TestPatchesFit(t *testing.T) {
	t.Parallel()
	list, err := all()
	if err != nil {
		t.Fatal(err)
	}
	guards := map[string]bool{}
	for _, m := range list {
		guards[m.guard] = true
		source, err := os.ReadFile("../../../" + m.file)
		if err != nil {
			t.Fatal(err)
		}
		if mutated, err := m.apply(string(source)); err != nil || mutated == string(source) {
			t.Errorf("%s: %v", m.guard, err)
		}
	}
	for _, guard := range []string{"claim", "fence", "settle", "journal", "loop-guard", "delete-last", "tie", "same-content", "affirm", "untouched", "copies", "entity-scope", "operation-scope", "config-waits", "wake", "requeue", "finished", "body-hash", "clock-ahead", "clean-text", "service", "all-fail", "connector-compare", "connector-fence", "connector-id", "connector-late", "connector-note", "connector-search", "connector-taken", "connector-values", "product-search", "product-settles", "product-found", "return-close", "return-note", "cancel-again", "cancel-note"} {
		if !guards[guard] {
			t.Errorf("no patch removes the guard %q", guard)
		}
	}
}

func TestPatchThatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	m, err := parse("fence", "what: w\nfile: f.go\n--- old\n\tguard()\n+++ new\n\tnothing()\n")
	if err != nil {
		t.Fatal(err)
	}
	for source, fits := range map[string]bool{
		"a\n\tguard()\nb\n": true, "a\nb\n": false, "\tguard()\n\tguard()\n": false,
	} {
		got, err := m.apply(source)
		if (err == nil) != fits || fits && got != strings.ReplaceAll(source, "guard", "nothing") {
			t.Errorf("%q became %q, %v", source, got, err)
		}
	}
}

func TestUnreadablePatches(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "what: w\nfile: f\n", "what: w\n--- old\nx\n+++ new\n", "file: f\n--- old\nx\n+++ new\n", "what: w\nfile: f\n--- old\n+++ new\nx\n",
	} {
		if _, err := parse("g", text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestTheFirstFailedCaseIsFound(t *testing.T) {
	t.Parallel()
	for printed, want := range map[string]string{
		"F13 7 (search) lost: order/1 is nowhere\nF2 1 (search) stale: x\n": "F13",
		"call 9 (search) lost: order/1 is nowhere\n":                        "call",
		"F13 7 (search), 3 calls spoilt\n{}\n":                              nobody,
	} {
		if got := firstIn(printed); got != want {
			t.Errorf("%q in %q, want %q", got, printed, want)
		}
	}
}
