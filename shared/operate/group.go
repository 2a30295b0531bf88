package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Group is the dead letters of one cause.
type Group struct {
	Fingerprint string      `json:"group"`
	Queue       string      `json:"route"`
	Class       fault.Class `json:"class"`
	Code        string      `json:"code,omitempty"`
	Field       string      `json:"field,omitempty"` // of one of them
	Status      int         `json:"target_status,omitempty"`
	Count       int         `json:"count"`
	Parked      int         `json:"parked,omitempty"` // of these
	Sample      string      `json:"sample"`           // message of one of them
	Example     Letter      `json:"example"`
	Values      []Value     `json:"values,omitempty"` // at fault, the most frequent first, where they are not personal
	Distinct    int         `json:"distinct_values,omitempty"`
	First       time.Time   `json:"first"` // when the oldest died
	Last        time.Time   `json:"last"`
	Redriven    int         `json:"redriven"`     // letters that were redriven before
	MaxRedrives int         `json:"max_redrives"` // the most of one letter
	Advice      Advice      `json:"advice"`
	Note        *Note       `json:"note,omitempty"`
	Waiting     string      `json:"waiting,omitempty"` // such as "2 payments wait for order #1001"
	parents     []Letter    // the first ones, for Waiting
}

// Value is a value at fault and in how many letters it is.
type Value struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

const (
	mostValues   = 20   // shown of a group
	mostDistinct = 1000 // counted
)

// Groups returns the selected dead letters by cause, the largest group first. Groups that
// an operator ignores are included only if all is true.
func (d *Desk) Groups(ctx context.Context, s Selector, all bool) ([]Group, error) {
	found := map[string]*Group{}
	values := map[string]map[string]int{}
	err := d.DeadLetters(ctx, s, func(l Letter, _ port.Incoming) bool {
		key := l.Queue + " " + l.Fingerprint
		g := found[key]
		if g == nil {
			g = &Group{
				Fingerprint: l.Fingerprint, Queue: l.Queue, Class: l.Cause.Class, Code: l.Cause.Code, Field: l.Cause.Field, Status: l.Cause.Status,
				First: l.Died, Last: l.Died, Example: l, Sample: l.Reason, Advice: AdviseLetter(l),
			}
			found[key], values[key] = g, map[string]int{}
		}
		g.add(l)
		if len(values[key]) < mostDistinct && l.Value != "" {
			values[key][l.Value]++
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	var groups []Group
	for key, g := range found {
		g.Values, g.Distinct = ranked(values[key]), len(values[key])
		if g.Note, err = d.Note(ctx, g.Fingerprint); err != nil {
			return nil, err
		}
		if g.Note != nil && g.Note.State == Ignored && !all {
			continue
		}
		if err := d.explain(ctx, g); err != nil {
			return nil, err
		}
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return groups, nil
}

func (g *Group) add(l Letter) {
	if len(g.parents) < mostParents {
		g.parents = append(g.parents, l)
	}
	g.Count++
	if l.Cause.Stage == port.Parked {
		g.Parked++
	}
	if l.Redrives > 0 {
		g.Redriven++
	}
	g.MaxRedrives = max(g.MaxRedrives, l.Redrives)
	if l.Died.Before(g.First) {
		g.First = l.Died
	}
	if l.Died.After(g.Last) {
		g.Last = l.Died
	}
}

// explain adds the message from the ledger: a letter itself has only class, code and field.
func (d *Desk) explain(ctx context.Context, g *Group) error {
	counts, seen := map[string]int{}, map[string]bool{}
	for _, l := range g.parents {
		at := l.Target() + " " + l.Entity.String()
		if l.Kind != RouteLetter || seen[at] { // an entity may have several letters
			continue
		}
		seen[at] = true
		if err := d.waiters(ctx, l.Target(), l.Entity, counts); err != nil {
			return err
		}
	}
	g.Waiting = waitWords(counts, "them")
	if g.Count == 1 {
		g.Waiting = waitWords(counts, g.Example.Title())
	}
	entries, err := d.Ledger.Find(ctx, port.Query{Key: port.SearchKey(port.KeyFingerprint, g.Fingerprint), Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	for _, e := range entries {
		g.Sample = e.Error.Message
		g.Status = cmp.Or(g.Status, e.Error.Status)
	}
	return nil
}

func ranked(counts map[string]int) []Value {
	values := make([]Value, 0, len(counts))
	for value, n := range counts {
		values = append(values, Value{value, n})
	}
	slices.SortFunc(values, func(a, b Value) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Value, b.Value)) })
	return values[:min(len(values), mostValues)]
}

// NoteState is an operator's decision about a group.
type NoteState string

// The states. A group without a note is open.
const (
	Acknowledged NoteState = "acknowledged" // an operator works on it
	Resolved     NoteState = "resolved"     // no letter of it is to be redriven
	Ignored      NoteState = "ignored"      // not shown until its time
)

// Note is an operator's note about a group.
type Note struct {
	State    NoteState `json:"state"`
	Who      string    `json:"who"`
	Text     string    `json:"note,omitempty"`
	Assignee string    `json:"assignee,omitempty"` // operator who works on the group
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"` // when the group is open again; zero: until its note is changed
}

// noteLife is how long a note outlives its last change: as long as a dead letter.
const noteLife = 30 * 24 * time.Hour

func noteKey(group string) string { return "operate|group|" + group }

// Note returns the note on a group, nil if there is none in force.
func (d *Desk) Note(ctx context.Context, group string) (*Note, error) {
	item, err := d.State.Get(ctx, noteKey(group))
	if err != nil || len(item.Value) == 0 {
		return nil, err
	}
	var n Note
	if err := json.Unmarshal(item.Value, &n); err != nil {
		return nil, fault.Doing("reading the note on group "+group, err)
	}
	if n.State == "" || !n.Until.IsZero() && d.Now().After(n.Until) {
		return nil, nil
	}
	return &n, nil
}

// SetNote writes a note on a group; of two writers the later one wins.
func (d *Desk) SetNote(ctx context.Context, group string, n Note) error {
	n.At = d.Now().UTC()
	value, err := json.Marshal(n)
	if err != nil {
		return err
	}
	for range 3 {
		var item port.Item
		if item, err = d.State.Get(ctx, noteKey(group)); err != nil {
			return err
		}
		if _, err = d.State.Put(ctx, port.Item{Key: item.Key, Value: value, Revision: item.Revision, Expires: d.Now().Add(noteLife)}); err == nil {
			return nil
		}
	}
	return fault.Doing("writing the note on group "+group, err)
}
