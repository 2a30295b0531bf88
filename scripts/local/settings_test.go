package main

import (
	"maps"
	"slices"
	"testing"

	"causeway.example/shared/routes"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	known := []string{"draft", "test", "zero_total"}
	for name, c := range map[string]struct {
		text string
		want map[string]bool
	}{
		"nothing is chosen":  {"", map[string]bool{}},
		"on and off":         {"zero_total,-test", map[string]bool{"zero_total": true, "test": false}},
		"blanks and commas":  {" zero_total , ,-draft,", map[string]bool{"zero_total": true, "draft": false}},
		"the last one holds": {"test,-test", map[string]bool{"test": false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := filters(map[string]string{"CAUSEWAY_FILTERS": c.text}, known)
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("filters are %v, %v; want %v", got, err, c.want)
			}
		})
	}
	for _, text := range []string{"tests", "-tests", "--test", "test draft"} {
		_, err := filters(map[string]string{"CAUSEWAY_FILTERS": text}, known)
		wantFailure(t, err, "CAUSEWAY_FILTERS")
	}
}

func TestFilterNamesAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	names := filterNames()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted, or not once each: %v", names)
	}
	for _, route := range routes.Table {
		for _, filter := range route.Filters {
			if !slices.Contains(names, filter.Name) {
				t.Errorf("filter %q of %s is not among %v", filter.Name, route.Name(), names)
			}
		}
	}
}
