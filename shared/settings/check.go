package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"causeway.example/shared/connector"
)

// CheckKeys returns an error with a line per key that is no setting: any key of the file
// that is not known, and any key of the environment that begins with the name of a system,
// such as "SHOPIFY_". Systems are named as in profiles; own are the known settings that
// belong to no system.
func (s Settings) CheckKeys(profiles []connector.Profile, own ...string) error {
	known := slices.Clone(own)
	var prefixes []string
	for _, p := range profiles {
		known = append(known, p.Settings...)
		prefixes = append(prefixes, strings.ToUpper(p.Name)+"_")
	}
	var unknown []error
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		ours := s.lines[key] > 0 || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if ours && !slices.Contains(known, key) {
			unknown = append(unknown, fmt.Errorf("%s is not a setting%s (%s)", shown(key), didYouMean(key, known), cmp.Or(s.Origin(key), "environment")))
		}
	}
	return errors.Join(unknown...)
}

// shown returns the key if it looks like one. A line of a pasted private key can look like
// an assignment too.
func shown(key string) string {
	if strings.Contains(key, "_") && len(key) <= 60 {
		return key
	}
	return "a key"
}

// didYouMean returns ": did you mean SHOPIFY_SHOPS?" for the known key that is most like the
// key, "" if none is alike.
func didYouMean(key string, known []string) string {
	best, least := "", max(2, len(key)/3)+1
	for _, candidate := range known {
		if distance := levenshtein.ComputeDistance(strings.ToUpper(key), strings.ToUpper(candidate)); distance < least {
			best, least = candidate, distance
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// CheckStores returns the keys of a system's map settings that name a store, or the
// customer of one, that is not among the stores, such as "shopify/example-brand.myshopify.com".
func (s Settings) CheckStores(profile connector.Profile, stores []string) connector.SettingErrors {
	var problems connector.SettingErrors
	for _, purpose := range profile.Purposes {
		entries, err := connector.Pairs(s.Get(purpose.Setting))
		if err != nil || purpose.Keys != connector.StoreKeys && purpose.Keys != connector.CustomerKeys {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			parts := strings.SplitN(key, "/", 3)
			if store := strings.Join(parts[:min(2, len(parts))], "/"); !slices.Contains(stores, store) {
				problems = append(problems, connector.Problem{
					Key: purpose.Setting, Rule: fmt.Sprintf("names the store %q, which is not configured%s", store, didYouMean(store, stores)),
				})
			}
		}
	}
	return problems
}

// Error is a system whose settings have to be put right before it can be opened.
type Error struct {
	System   string
	Problems connector.SettingErrors
	settings Settings
	cause    error
}

// Explain returns the failure of a system's Open as an *Error if it is about settings, and
// as it is otherwise; nil for nil.
func (s Settings) Explain(system string, err error) error {
	problems := connector.ProblemsOf(err)
	if err == nil || len(problems) == 0 {
		return err
	}
	return &Error{system, problems, s, err}
}

// Unwrap returns the failure that was explained.
func (e *Error) Unwrap() error { return e.cause }

// Error returns a heading, and a line per setting with its rule and where it was set.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d settings to be put right:", e.System, len(e.Problems))
	if len(e.Problems) == 1 {
		b.Reset()
		fmt.Fprintf(&b, "%s has a setting to be put right:", e.System)
	}
	for _, p := range e.Problems {
		key, _, _ := strings.Cut(p.Key, "[")
		fmt.Fprintf(&b, "\n  %s %s", p.Key, p.Rule)
		if origin := e.settings.Origin(key); origin != "" {
			fmt.Fprintf(&b, " (%s)", origin)
		}
	}
	return b.String()
}
