package kitting_test

import (
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/kitting"
)

func decimal(t *testing.T, text string) canonical.Decimal {
	t.Helper()
	d, err := canonical.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWholeKitsAreWhatTheScarcestComponentAllows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		parts [][3]string // id, takes, stock
		want  string      // "" is none
	}{
		"one":                     {[][3]string{{"TEE", "1", "7"}}, "7"},
		"the scarcest":            {[][3]string{{"TEE", "1", "7"}, {"CAP", "1", "3"}, {"MUG", "1", "5"}}, "3"},
		"two of one":              {[][3]string{{"TEE", "2", "7"}, {"CAP", "1", "9"}}, "3"},
		"a part of a piece":       {[][3]string{{"ROPE", "0.35", "1.4"}}, "4"},
		"just too little":         {[][3]string{{"ROPE", "0.35", "1.39999"}}, "3"},
		"does not end":            {[][3]string{{"ROPE", "3.00", "10"}}, "3"},
		"below one":               {[][3]string{{"TEE", "2", "1"}}, "0"},
		"nothing":                 {[][3]string{{"TEE", "1", "0"}, {"CAP", "1", "9"}}, "0"},
		"below zero rounds down":  {[][3]string{{"TEE", "2", "-3"}, {"CAP", "1", "9"}}, "-2"},
		"one component twice":     {[][3]string{{"TEE", "1", "7"}, {"CAP", "1", "9"}, {"TEE", "2", "7"}}, "2"},
		"no component":            {nil, ""},
		"one takes nothing":       {[][3]string{{"TEE", "1", "7"}, {"CAP", "0", "9"}}, ""},
		"one takes less":          {[][3]string{{"TEE", "-1", "7"}}, ""},
		"the largest":             {[][3]string{{"TEE", "1", "999999999999999999"}}, "999999999999999999"},
		"more than 18 digits":     {[][3]string{{"TEE", "0.1", "999999999999999999"}}, ""},
		"more, and less of other": {[][3]string{{"TEE", "0.001", "999999999999999999"}, {"CAP", "1", "2"}}, "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parts []kitting.Part
			for _, p := range tc.parts {
				parts = append(parts, kitting.Part{ID: p[0], Takes: decimal(t, p[1]), Stock: decimal(t, p[2])})
			}
			got, ok := kitting.Whole(parts)
			if ok != (tc.want != "") || ok && got.String() != tc.want {
				t.Errorf("got %s, %v, want %q", got, ok, tc.want)
			}
		})
	}
}
