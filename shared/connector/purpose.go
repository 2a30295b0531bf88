package connector

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"causeway.example/shared/canonical"
)

// Purpose says what a setting is for, so that it can be checked before a message fails
// because it is missing. Purposes reads it from the tags of a settings struct.
type Purpose struct {
	Setting string
	// For names the events that wait while the setting is missing, such as "orders with
	// tax" (tag for). Of a map setting it names those without an entry: a map with an entry
	// for "*", and one without any entry, serves all.
	For string
	// Keys is what the keys of a map setting name (tag keys).
	Keys KeyKind
	// Needs are settings without which this one has no effect (tag needs, separated by commas).
	Needs []string
	// Public is true of an address at which the system calls us (tag public): it must be
	// reachable from the internet.
	Public bool
	// Map is true of a setting that is a map: entries of it can be imported (package valuemap).
	Map bool
}

// KeyKind is what the keys of a map setting name.
type KeyKind string

// The kinds of keys.
const (
	StoreKeys    KeyKind = "store"    // system and tenant, written "system/tenant"
	CustomerKeys KeyKind = "customer" // as message.Key.String, written "system/tenant/customer/id"
	CurrencyKeys KeyKind = "currency" // ISO 4217
)

// Purposes returns the purposes of the fields of a settings struct that have such tags or are
// maps, in their order.
func Purposes(settings any) []Purpose {
	var all []Purpose
	for _, field := range fieldsOf(reflect.TypeOf(settings)) {
		p := Purpose{Setting: envKey(field), For: field.Tag.Get("for"), Keys: KeyKind(field.Tag.Get("keys")), Public: field.Tag.Get("public") == "true", Map: field.Type == reflect.TypeFor[map[string]string]()}
		if needs := field.Tag.Get("needs"); needs != "" {
			p.Needs = strings.Split(needs, ",")
		}
		if p.Setting != "" && (p.For != "" || p.Keys != "" || p.Public || p.Map || p.Needs != nil) {
			all = append(all, p)
		}
	}
	return all
}

// misnamed adds the map settings that have a key of another form than their keys tag says.
func (p *problems) misnamed() {
	settings := reflect.ValueOf(p.into).Elem()
	for _, purpose := range Purposes(settings.Interface()) {
		entries, err := Pairs(p.given[purpose.Setting])
		if purpose.Keys == "" || err != nil {
			continue // not set, or not readable, which was added before
		}
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if rule := purpose.Keys.broken(key); rule != "" {
				p.add(purpose.Setting, fmt.Sprintf("has the key %q, which is not %s", key, rule))
			}
		}
	}
}

// Store returns the store that a key names, as "system/tenant". A tenant may have slashes: a
// site below a path is a store of its own.
func (k KeyKind) Store(key string) (store string, ok bool) {
	parts := strings.Split(key, "/")
	if k == CustomerKeys {
		if n := len(parts); n < 2 || parts[n-2] != "customer" || parts[n-1] == "" {
			return "", false
		}
		parts = parts[:len(parts)-2]
	}
	return strings.Join(parts, "/"), len(parts) > 1 && !slices.Contains(parts, "")
}

// broken returns the rule that the key breaks, "" if none.
func (k KeyKind) broken(key string) string {
	if k == CurrencyKeys {
		if _, err := canonical.ParseMoney("0", key); err != nil {
			return "a currency code of ISO 4217 such as EUR"
		}
		return ""
	}
	_, ok := k.Store(key)
	switch {
	case !ok && k == StoreKeys:
		return "a store, written system/tenant"
	case !ok && k == CustomerKeys:
		return "a customer, written system/tenant/customer/id"
	}
	return ""
}
