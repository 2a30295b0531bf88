package valuemap

import (
	"maps"
	"slices"
	"strings"

	"causeway.example/shared/connector"
)

// Opener makes a system's connector from its settings, as the Open of every system does.
type Opener func(settings map[string]string, deps connector.Deps) (connector.System, error)

// Opened is a system with the settings that it was opened with, and what became of the entries.
type Opened struct {
	connector.System
	Settings map[string]string // the entries are in their maps
	Left     []Left            // entries that are not used
	Overs    []Over            // entries that win over those of their settings
}

// Left is a setting whose imported entries are not used.
type Left struct{ Setting, Why string }

// Open opens the system of the profile with the entries in the maps of its settings. If that fails,
// it opens the system without the entries of the settings that the error names, or else without
// any. The error is that of the settings alone.
func Open(open Opener, profile connector.Profile, settings map[string]string, deps connector.Deps, entries Entries) (Opened, error) {
	o, used := Opened{}, Entries{}
	for _, setting := range slices.Sorted(maps.Keys(entries)) {
		if slices.Contains(profile.Maps(), setting) {
			used[setting] = entries[setting]
		} else {
			o.Left = append(o.Left, Left{setting, "is no map of " + profile.Name})
		}
	}
	for {
		var err error
		o.Settings = used.Merge(settings)
		if o.System, err = open(o.Settings, deps); err == nil || len(used) == 0 {
			o.Overs = used.Overs(settings)
			return o, err
		}
		faulty := faultyOf(err, used)
		for _, setting := range faulty {
			o.Left = append(o.Left, Left{setting, err.Error()})
		}
		used = used.without(faulty)
	}
}

// faultyOf returns the settings with entries that an error of a system's Open names; all with
// entries if it names none.
func faultyOf(err error, used Entries) (faulty []string) {
	for _, problem := range connector.ProblemsOf(err) {
		setting, _, _ := strings.Cut(problem.Key, "[")
		if _, has := used[setting]; has && !slices.Contains(faulty, setting) {
			faulty = append(faulty, setting)
		}
	}
	if faulty == nil {
		faulty = slices.Sorted(maps.Keys(used))
	}
	return faulty
}

// Type returns the name of a map in files: "payment_method" for NETSUITE_PAYMENT_METHODS.
func Type(system, setting string) string {
	name := strings.ToLower(strings.TrimPrefix(setting, strings.ToUpper(system)+"_"))
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "uses"):
		return strings.TrimSuffix(name, "es")
	}
	return strings.TrimSuffix(name, "s")
}

// SettingOf returns the setting of the map with the name, or of the key of a setting; "" if the
// system has no such map.
func SettingOf(profile connector.Profile, name string) string {
	for _, setting := range profile.Maps() {
		if name == setting || name == Type(profile.Name, setting) {
			return setting
		}
	}
	return ""
}

// Remedy says where an entry of a map is put right.
func Remedy(system, setting string) string {
	return "set the entry in " + setting + ", or import it as type " + Type(system, setting) + " by causeway crosswalk import"
}
