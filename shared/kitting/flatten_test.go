package kitting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/kitting"
)

// kits are the entries of each kit, such as "2 TEE, 1 INNER".
type kits map[string]string

func (k kits) of(t *testing.T) func(string) ([]kitting.Entry, bool) {
	t.Helper()
	return func(id string) (entries []kitting.Entry, kit bool) {
		text, kit := k[id]
		for each := range strings.SplitSeq(text, ", ") {
			if takes, of, found := strings.Cut(each, " "); found {
				entries = append(entries, kitting.Entry{ID: of, Takes: decimal(t, takes)})
			}
		}
		return entries, kit
	}
}

func TestKitsInKitsAreResolved(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kits kits
		want string
	}{
		"no kit in it":      {kits{"KIT": "1 TEE, 2 CAP"}, "1 TEE, 2 CAP"},
		"one in it":         {kits{"KIT": "2 INNER, 1 CAP", "INNER": "3 TEE, 1 MUG"}, "6 TEE, 2 MUG, 1 CAP"},
		"three deep":        {kits{"KIT": "2 B", "B": "2 C", "C": "2 TEE"}, "8 TEE"},
		"one article twice": {kits{"KIT": "1 TEE, 2 INNER", "INNER": "3 TEE"}, "7 TEE"},
		"one kit twice":     {kits{"KIT": "1 B, 1 C", "B": "2 C, 1 MUG", "C": "1 TEE"}, "3 TEE, 1 MUG"},
		"parts of a piece":  {kits{"KIT": "0.5 INNER", "INNER": "0.35 ROPE, 2.0 TEE"}, "0.175 ROPE, 1 TEE"},
		"a kit of nothing":  {kits{"KIT": "1 TEE, 1 INNER", "INNER": ""}, "1 TEE"},
		"large":             {kits{"KIT": "999999999 INNER", "INNER": "999999999 TEE"}, "999999998000000001 TEE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, wrong := kitting.Flatten("KIT", tc.kits.of(t))
			if wrong != nil {
				t.Fatalf("got %+v", wrong)
			}
			var got []string
			for _, e := range entries {
				got = append(got, e.Takes.String()+" "+e.ID)
			}
			if text := strings.Join(got, ", "); text != tc.want {
				t.Errorf("got %s, want %s", text, tc.want)
			}
		})
	}
}

func TestAKitThatCannotBeResolvedNamesThePath(t *testing.T) {
	t.Parallel()
	many := kits{"KIT": ""}
	for i := range kitting.MostEntries + 1 {
		many["KIT"] += fmt.Sprintf("1 PART-%d, ", i)
	}
	for name, tc := range map[string]struct {
		kits kits
		path string
		rule string
	}{
		"of itself":          {kits{"KIT": "1 TEE, 1 KIT"}, "KIT", "a kit of itself"},
		"of one that has it": {kits{"KIT": "1 B", "B": "1 C", "C": "1 TEE, 1 B"}, "B C B", "a kit of itself"},
		"a longer circle":    {kits{"KIT": "1 B", "B": "1 KIT"}, "B KIT", "a kit of itself"},
		"too deep":           {kits{"KIT": "1 B", "B": "1 C", "C": "1 D", "D": "1 TEE"}, "B C D", "nested 3 deep"},
		"takes nothing":      {kits{"KIT": "1 TEE, 1 B", "B": "0 MUG"}, "B MUG", "quantity 0, which is not above 0"},
		"takes less":         {kits{"KIT": "-1 TEE"}, "TEE", "quantity -1, which is not above 0"},
		"too many":           {many, fmt.Sprintf("PART-%d", kitting.MostEntries), "beyond the 1000 entries"},
		"too many digits":    {kits{"KIT": "9999999999 B", "B": "9999999999 TEE"}, "B TEE", "18 digits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, wrong := kitting.Flatten("KIT", tc.kits.of(t))
			if wrong == nil || !slices.Equal(wrong.Path, strings.Fields(tc.path)) || !strings.Contains(wrong.Rule, tc.rule) {
				t.Errorf("got %+v and %+v, want %q at %s", entries, wrong, tc.rule, tc.path)
			}
		})
	}
}

// TestKitsThatDoubleAtEachDepthEnd has 2 to the 40th paths without the bounds.
func TestKitsThatDoubleAtEachDepthEnd(t *testing.T) {
	t.Parallel()
	doubling := kits{"KIT": "1 K1, 1 K1"}
	for i := range 40 {
		doubling[fmt.Sprintf("K%d", i+1)] = fmt.Sprintf("1 K%d, 1 K%d", i+2, i+2)
	}
	if _, wrong := kitting.Flatten("KIT", doubling.of(t)); wrong == nil {
		t.Error("it is resolved")
	}
}
