package main

import (
	"fmt"
	"slices"
	"strings"
)

// filters reads CAUSEWAY_FILTERS: the names of the filters that hold, separated by
// commas; a name with "-" before it does not hold. What is not named keeps its default.
func filters(settings map[string]string, known []string) (map[string]bool, error) {
	chosen := map[string]bool{}
	for name := range strings.SplitSeq(settings["CAUSEWAY_FILTERS"], ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		plain, off := strings.CutPrefix(name, "-")
		if !slices.Contains(known, plain) {
			return nil, fmt.Errorf("CAUSEWAY_FILTERS: no filter %q, known are %s", plain, strings.Join(known, ", "))
		}
		chosen[plain] = !off
	}
	return chosen, nil
}
