package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Installation is the opened systems with the settings that they were opened with.
type Installation struct {
	Systems  map[string]connector.System  // by name
	Settings map[string]map[string]string // by system
	Fakes    map[string]bool              // systems that are a stand-in of the real one
	Clock    *Clock                       // of the calls to the systems; nil: the clock is not checked
	// Visibility is how long a received message stays hidden; 0: not checked.
	Visibility time.Duration
	Found      []Finding // by the one who opened the systems
}

// Checks returns the checks of everything that an installation has.
func (i Installation) Checks() []Check {
	checks := []Check{Func(i.Configuration), Func(func(context.Context) []Finding { return i.Found })}
	for _, name := range i.names() {
		checks = append(checks,
			Func(func(ctx context.Context) []Finding { return i.Connection(ctx, name) }),
			Func(func(ctx context.Context) []Finding { return i.Subscriptions(ctx, name) }))
	}
	return checks
}

func (i Installation) names() []string { return slices.Sorted(maps.Keys(i.Systems)) }

// Subject returns how the system is named: a fake says so.
func (i Installation) Subject(name string) string {
	if i.Fakes[name] {
		return name + " (fake)"
	}
	return name
}

// Connection checks that the system is reachable with its credentials, and compares its
// clock with ours.
func (i Installation) Connection(ctx context.Context, name string) []Finding {
	f := Finding{Check: "connection", Subject: i.Subject(name), Level: Fine, Text: "is reachable and accepts our credentials"}
	checker := i.Systems[name].Checker
	if checker == nil {
		f.Level, f.Text = Notice, "is neither checked nor polled: it has no credentials for its API"
		f.Remedy = "set " + strings.Join(i.credentials(name), " and ")
		return append([]Finding{f}, i.version(name)...)
	}
	if err := checker.Check(ctx); err != nil {
		f = broken(f, "cannot be reached, or refuses our credentials", err)
	}
	return slices.Concat([]Finding{f}, i.clock(name), i.version(name))
}

// broken returns the finding of a failed call, with the setting to look at as its remedy.
func broken(f Finding, text string, err error) Finding {
	cause := fault.As(err)
	f.Level, f.Text = Problem, text+": "+err.Error()
	switch {
	case cause.Field != "":
		f.Remedy = "check " + cause.Field
	case cause.Class == fault.Connection:
		f.Remedy = "check the address, and that this machine reaches it"
	default:
		f.Remedy = "check the credentials and their permissions"
	}
	return f
}

// credentials returns the settings that a system without a Checker lacks: secret ones that
// are not set.
func (i Installation) credentials(name string) []string {
	missing := slices.DeleteFunc(slices.Clone(i.Systems[name].Profile.Secrets), func(key string) bool { return i.Settings[name][key] != "" })
	if len(missing) == 0 {
		return []string{"its credentials"}
	}
	return missing
}

// clock compares the time of the system's last answer with ours.
func (i Installation) clock(name string) []Finding {
	skew, known := i.Clock.Skew(name)
	if !known {
		return nil
	}
	f := Finding{Check: "clock", Subject: i.Subject(name), Level: Fine, Text: "has the same time as this machine"}
	if skew.Abs() > MaxSkew {
		f.Level = Problem
		f.Text = fmt.Sprintf("differs from this machine's clock by %s: signatures and tokens are refused", skew.Round(time.Second))
		f.Remedy = "have the machine's clock set by NTP (on Linux: timedatectl set-ntp true)"
	}
	return []Finding{f}
}

// Subscriptions checks that every webhook that is needed is active. A system without a door sends none.
func (i Installation) Subscriptions(ctx context.Context, name string) []Finding {
	system := i.Systems[name]
	f := Finding{Check: "subscriptions", Subject: i.Subject(name), Level: Fine, Text: "has every webhook subscription that is needed"}
	if system.Source == nil || i.Fakes[name] || !slices.Contains(system.Profile.Roles, connector.Receive) {
		return nil
	}
	if system.Subscriber == nil {
		f.Level, f.Text = Notice, "has webhook subscriptions that are not looked after: one that ends is not set up again"
		f.Remedy = i.lookAfter(name)
		return []Finding{f}
	}
	all, err := system.Subscriber.Subscriptions(ctx)
	if err != nil {
		return []Finding{broken(f, "does not let us read its webhook subscriptions", err)}
	}
	var found []Finding
	for _, s := range all {
		if s.State != connector.Active {
			found = append(found, stopped(f, s))
		}
	}
	if found == nil {
		return []Finding{f}
	}
	return found
}

func (i Installation) lookAfter(name string) string {
	for _, p := range i.Systems[name].Profile.Purposes {
		if p.Public {
			return "set " + strings.Join(append([]string{p.Setting}, p.Needs...), ", ") + ", with a key that may write"
		}
	}
	return "look at them in the system itself"
}

func stopped(f Finding, s connector.Subscription) Finding {
	f.Level, f.Text = Problem, fmt.Sprintf("webhook %s of %s is %s", s.Topic, s.Tenant, s.State)
	switch s.State {
	case connector.Paused:
		f.Remedy = "switch it on in the system: one that was paused is left so"
	default:
		f.Remedy = "the next poll sets it up; if it stays " + string(s.State) + ", the API key may only read: give it write permission"
	}
	return f
}
