package valuemap

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Entry is what a key of a map leads to.
type Entry struct {
	To string `json:"to"` // the target's id
	Op string `json:"op"` // operation that imported it
}

// Entries are imported entries of a system: by setting and key.
type Entries map[string]map[string]Entry

// mostBytes is the size of a system's record: DynamoDB takes 400 KB.
const mostBytes = 256 << 10

// Key returns the key of a system's record in the state.
func Key(system string) string { return "map|" + system }

// Load returns the entries of a system with the revision of their record; none if nothing was
// imported.
func Load(ctx context.Context, state port.State, system string) (Entries, int64, error) {
	doing := "reading the imported map entries of " + system
	item, err := state.Get(ctx, Key(system))
	if err != nil {
		return nil, 0, port.Unavailable(doing, err)
	}
	entries := Entries{}
	if len(item.Value) > 0 {
		if err := json.Unmarshal(item.Value, &entries); err != nil {
			return nil, 0, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: doing, Err: err}
		}
	}
	return entries, item.Revision, nil
}

// Save stores the entries of a system if the record still has the revision; otherwise it returns
// an error that wraps port.ErrConflict. More than 256 KB are fault.Invalid of class too_large.
func Save(ctx context.Context, state port.State, system string, entries Entries, revision int64) error {
	value, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	if len(value) > mostBytes {
		return fault.New(fault.Invalid, fault.TooLarge, "storing map entries of "+system, fmt.Sprintf(
			"they have %d bytes, and %d are the most; bind customers and companies as entities, or keep entries in the setting", len(value), mostBytes))
	}
	_, err = state.Put(ctx, port.Item{Key: Key(system), Value: value, Revision: revision})
	return err
}

// Merge returns the settings with the entries in their maps. A setting that cannot be read stays as
// it is: opening the system names it.
func (e Entries) Merge(settings map[string]string) map[string]string {
	merged := maps.Clone(settings)
	for setting, imported := range e {
		pairs, err := own(settings[setting])
		if err != nil || len(imported) == 0 {
			continue
		}
		for key, entry := range imported {
			pairs[key] = entry.To
		}
		text := make([]string, 0, len(pairs))
		for _, key := range slices.Sorted(maps.Keys(pairs)) {
			text = append(text, key+"="+pairs[key])
		}
		if merged == nil {
			merged = map[string]string{}
		}
		merged[setting] = strings.Join(text, ",")
	}
	return merged
}

// own returns the entries of a setting's text.
func own(text string) (map[string]string, error) {
	if text == "" {
		return map[string]string{}, nil
	}
	return connector.Pairs(text)
}

// Over is an imported entry that wins over the setting's own.
type Over struct{ Setting, Key, To, Own string }

// Overs returns the imported entries whose keys lead elsewhere in the settings, sorted.
func (e Entries) Overs(settings map[string]string) (overs []Over) {
	for _, setting := range slices.Sorted(maps.Keys(e)) {
		pairs, err := own(settings[setting])
		if err != nil {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(e[setting])) {
			if to, has := pairs[key]; has && to != e[setting][key].To {
				overs = append(overs, Over{setting, key, e[setting][key].To, to})
			}
		}
	}
	return overs
}

// without returns the entries but those of the settings.
func (e Entries) without(settings []string) Entries {
	rest := maps.Clone(e)
	maps.DeleteFunc(rest, func(setting string, _ map[string]Entry) bool { return slices.Contains(settings, setting) })
	return rest
}

// Equal reports whether both have the same entries. The operations that imported them count for
// nothing.
func (e Entries) Equal(other Entries) bool {
	return maps.EqualFunc(e, other, func(a, b map[string]Entry) bool {
		return maps.EqualFunc(a, b, func(a, b Entry) bool { return a.To == b.To })
	})
}
