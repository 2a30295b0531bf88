package netsuitetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The record types, as paths name them.
const (
	customerRecord = "customer"
	orderRecord    = "salesOrder"
	depositRecord  = "customerDeposit"
	itemRecord     = "inventoryItem"
)

// firstID is where internal ids begin: below it NetSuite keeps its own.
const firstID = 601

// Record is one record as it stands in the books.
type Record struct {
	Type       string            // "salesOrder"
	ID         string            // internal id
	ExternalID string            // "" if it has none
	Writes     int               // how often it was written; 1 means created and never touched again
	Bodies     []json.RawMessage // what was written, oldest first

	state map[string]any
}

// effect is one write. Books are what all effects, applied in order, lead to.
type effect struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	ExternalID string          `json:"externalid,omitempty"`
	Replace    []string        `json:"replace,omitempty"` // sublists
	Body       json.RawMessage `json:"body"`
}

type books struct {
	records    map[string]*Record // by type and internal id
	byExternal map[string]*Record // by type and external id in lower case
	next       int
}

func newBooks() books {
	return books{records: map[string]*Record{}, byExternal: map[string]*Record{}, next: firstID}
}

// find returns the record named by an internal id or by "eid:" and an external id, nil
// if there is none. External ids do not tell case apart.
func (b *books) find(kind, id string) *Record {
	if external, ok := strings.CutPrefix(id, "eid:"); ok {
		return b.byExternal[kind+"/"+strings.ToLower(external)]
	}
	return b.records[kind+"/"+id]
}

// refer returns the record that a reference such as {"id":"5"} names, nil if there is none.
func (b *books) refer(kind string, reference any) *Record {
	ref, _ := reference.(map[string]any)
	if external, ok := ref["externalId"].(string); ok {
		return b.find(kind, "eid:"+external)
	}
	return b.find(kind, refID(reference))
}

// refID returns the internal id in a reference, which may be a string or a number.
func refID(reference any) string {
	ref, _ := reference.(map[string]any)
	switch id := ref["id"].(type) {
	case string:
		return id
	case json.Number:
		return id.String()
	}
	return ""
}

// newID returns the id that the next record gets.
func (b *books) newID() string { return strconv.Itoa(b.next) }

// apply writes the effect into the books; state is what the record then holds.
func (b *books) apply(e effect, state map[string]any) {
	key := e.Type + "/" + e.ID
	r := b.records[key]
	if r == nil {
		r = &Record{Type: e.Type, ID: e.ID, ExternalID: e.ExternalID}
		b.records[key] = r
		if e.ExternalID != "" {
			b.byExternal[e.Type+"/"+strings.ToLower(e.ExternalID)] = r
		}
	}
	r.Writes++
	r.Bodies = append(r.Bodies, e.Body)
	r.state = state
	if id, err := strconv.Atoi(e.ID); err == nil {
		b.next = max(b.next, id+1)
	}
}

// merge returns the state after the body was written over it. A field that is null is
// deleted; a sublist is appended to unless it is to be replaced.
func merge(state, body map[string]any, replace []string) map[string]any {
	merged := maps.Clone(state)
	if merged == nil {
		merged = map[string]any{}
	}
	for name, value := range body {
		switch old := items(merged[name]); {
		case value == nil:
			delete(merged, name)
		case old != nil && !slices.Contains(replace, name):
			merged[name] = map[string]any{"items": append(slices.Clone(old), items(value)...)}
		default:
			merged[name] = value
		}
	}
	return merged
}

// items returns the lines of a sublist, nil if the value is none.
func items(value any) []any {
	sublist, _ := value.(map[string]any)
	lines, _ := sublist["items"].([]any)
	return lines
}

// decode reads a body; numbers keep their text, which a float would change.
func decode(body []byte) (map[string]any, error) {
	var fields map[string]any
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	err := d.Decode(&fields)
	return fields, err
}

// sorted returns the records of a type, of all types for "", by type and number.
func (b *books) sorted(kind string) []*Record {
	var all []*Record
	for _, r := range b.records {
		if kind == "" || r.Type == kind {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *Record) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), len(a.ID)-len(b.ID), strings.Compare(a.ID, b.ID))
	})
	return all
}
