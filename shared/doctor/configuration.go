package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"causeway.example/shared/connector"
)

// waits is how many times a system's timeout a message may be hidden before its attempt
// ends: two while it waits for a slot, one for the attempt.
const waits = 3

// Configuration checks the settings for every shape of an event, without one.
func (i Installation) Configuration(context.Context) []Finding {
	var found []Finding
	for _, name := range i.names() {
		before := len(found)
		for _, p := range i.Systems[name].Profile.Purposes {
			found = append(found, i.purpose(name, p)...)
		}
		found = append(found, i.timeout(name)...)
		if len(found) == before {
			found = append(found, i.finding(name, Fine, "has every setting that an event needs", ""))
		}
	}
	return found
}

func (i Installation) finding(name string, level Level, text, remedy string) Finding {
	return Finding{Check: "configuration", Subject: i.Subject(name), Level: level, Text: text, Remedy: remedy}
}

// purpose checks one setting.
func (i Installation) purpose(name string, p connector.Purpose) (found []Finding) {
	value := i.Settings[name][p.Setting]
	if missing := i.missing(name, p.Needs); value != "" && len(missing) > 0 {
		found = append(found, i.finding(name, Problem,
			fmt.Sprintf("%s has no effect: %s is not set", p.Setting, strings.Join(missing, ", ")),
			"set "+strings.Join(missing, " and ")+", or remove "+p.Setting))
	}
	if p.For != "" && unserved(value, p) {
		found = append(found, i.finding(name, Notice, p.For+" wait: "+p.Setting+" "+lack(value), "set "+p.Setting+suffix(value)))
	}
	if p.Public && value != "" && !i.Fakes[name] {
		if why := unreachable(value); why != "" {
			found = append(found, i.finding(name, Problem, fmt.Sprintf("%s is %q, which %s", p.Setting, value, why),
				"set it to the door's address as the internet sees it, such as https://hooks.example.com/hooks/"+name))
		}
	}
	return append(found, i.stores(name, p, value)...)
}

// missing returns which of the settings are not set.
func (i Installation) missing(name string, keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return i.Settings[name][key] != "" })
}

// unserved reports whether some events find nothing in the setting. A map without any
// entry is one that is not used.
func unserved(value string, p connector.Purpose) bool {
	entries, err := connector.Pairs(value)
	isMap := value != "" && err == nil && strings.HasSuffix(p.For, noEntry)
	if isMap {
		_, all := entries["*"]
		return !all
	}
	return value == "" && !strings.HasSuffix(p.For, noEntry)
}

// noEntry ends the For of a map setting.
const noEntry = "has no entry"

func lack(value string) string {
	if value == "" {
		return "is not set"
	}
	return "has no entry for *"
}

func suffix(value string) string {
	if value == "" {
		return ""
	}
	return " with an entry for *, or make sure that every code has an entry"
}

// stores finds the stores of all sources that a map setting by store has no entry for.
func (i Installation) stores(name string, p connector.Purpose, value string) (found []Finding) {
	entries, err := connector.Pairs(value)
	if p.Keys != connector.StoreKeys || err != nil {
		return nil
	}
	for _, source := range i.names() {
		for _, tenant := range i.Systems[source].Stores {
			store := source + "/" + tenant
			if entries[store] == "" {
				found = append(found, i.finding(name, Problem, "everything of "+store+" waits: "+p.Setting+" has no entry for it", "add "+store+"=… to "+p.Setting))
			}
		}
	}
	return found
}

// timeout checks that an attempt ends while its message is hidden: otherwise another worker
// receives it meanwhile.
func (i Installation) timeout(name string) []Finding {
	system := i.Systems[name]
	if i.Visibility == 0 || system.Target == nil || waits*system.Profile.Timeout <= i.Visibility {
		return nil
	}
	return []Finding{i.finding(name, Problem,
		fmt.Sprintf("a call may take %s: a message is visible again after %s, before its attempt must have ended", system.Profile.Timeout, i.Visibility),
		fmt.Sprintf("set %s_TIMEOUT to %s or less", strings.ToUpper(name), i.Visibility/waits))}
}

// unreachable returns why a store cannot call the address, "" if nothing speaks against it.
// An ARN of a partner event source is no address.
func unreachable(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "is no address"
	}
	if u.Scheme == "arn" {
		return ""
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil && (ip.IsPrivate() || ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()) {
		return "is not reachable from the internet"
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case host == "":
		return "has no host"
	case !strings.Contains(host, "."), slices.Contains([]string{"local", "localhost", "internal", "lan", "home"}, last):
		return "is not reachable from the internet"
	case cmp.Or(u.Scheme, "http") != "https":
		return "is not encrypted: stores call https only"
	}
	return ""
}
