package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"causeway.example/shared/connector"
)

// defaultSettings is the file that is read if it is there; a file that was named must be.
const defaultSettings = "causeway.env"

// isSet reports whether any of the system's settings was given: then it is pointed
// at a real account, and its settings must be complete.
func isSet(settings map[string]string, profile connector.Profile) bool {
	return slices.ContainsFunc(profile.Settings, func(key string) bool { return settings[key] != "" })
}

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

// environ returns the process's environment without anything that is not a setting.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return strings.ToUpper(key) != key
	})
}

// merge returns the union; entries of over win.
func merge(base, over map[string]string) map[string]string {
	all := maps.Clone(base)
	maps.Copy(all, over)
	return all
}
