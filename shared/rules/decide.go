package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Steps is how many steps all rules of one message may take together. A comparison takes
// about ten, so that an order of 20,000 lines is within it, and it is used up within a second.
const Steps = 5_000_000

// Decisions are the choices that the rules made for one message. Nil has none.
type Decisions struct {
	choices map[place]string
	order   []place
	asked   map[place]bool
}

// place is a setting and the path of the part that it decided about: "lines[2]", "" for the
// whole.
type place struct{ setting, field string }

// Decide evaluates every rule over the message. Body is its canonical body, decoded or as
// JSON. The error is a fault.Rejected of class config that names the setting.
func (s *Set) Decide(m *message.Message, body any) (*Decisions, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // nil is the decisions of no rules
	}
	return s.decide(s.target, m, body)
}

func (s *Set) decide(target string, m *message.Message, body any) (*Decisions, error) {
	document, err := documentOf(body)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Doing: "applying rules", Field: "body", Detail: "is no JSON object", Err: err}
	}
	d := &Decisions{choices: map[place]string{}, asked: map[place]bool{}}
	key, steps := m.Key(), Steps
	with := connector.Variables{Store: key.System + "/" + key.Tenant, Type: key.Type, Target: target}
	for i := range s.rules {
		r := &s.rules[i]
		if !r.applies(key.Type) {
			continue
		}
		if err := r.decide(d, document, with, &steps); err != nil {
			return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "applying rules to " + key.Type + " " + key.ID, Field: r.setting, Detail: r.setting + " " + err.Error()}
		}
	}
	return d, nil
}

// documentOf returns the body in the form that programs read.
func documentOf(body any) (map[string]any, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // minor units stay whole numbers
	var document map[string]any
	return document, decoder.Decode(&document)
}

// decide evaluates the rule over the whole document and over the parts that it is for.
func (r *rule) decide(d *Decisions, document map[string]any, with connector.Variables, steps *int) error {
	for _, at := range r.over {
		if at.entity != with.Type {
			continue
		}
		if at.list == "" {
			if err := r.one(d, "", document, with, steps); err != nil {
				return err
			}
			continue
		}
		parts, _ := document[at.list].([]any)
		for i, part := range parts {
			with.Part = part
			if err := r.one(d, at.list+"["+strconv.Itoa(i)+"]", document, with, steps); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rule) one(d *Decisions, field string, document map[string]any, with connector.Variables, steps *int) error {
	result, err := r.program.Eval(document, with, steps)
	if err != nil {
		return fmt.Errorf("fails%s: %w%s", of(field), err, quoted(r.expression))
	}
	choice, err := r.choice(result)
	if err != nil {
		return fmt.Errorf("%w%s%s", err, of(field), quoted(r.expression))
	}
	if choice != "" {
		at := place{r.setting, field}
		d.choices[at] = choice
		d.order = append(d.order, at)
	}
	return nil
}

func of(field string) string {
	if field == "" {
		return ""
	}
	return " for " + field
}

// Of returns the choice of a rule about the part with the path, "" for the whole; "" if it
// has no opinion. Notes names it from then on.
func (d *Decisions) Of(setting, field string) string {
	if d == nil {
		return ""
	}
	at := place{setting, field}
	choice := d.choices[at]
	if choice != "" {
		d.asked[at] = true
	}
	return choice
}

// Notes returns a note for each choice that Of returned, such as {subsidiary: 3, by
// NETSUITE_RULE_SUBSIDIARY}. Parts for which one rule chose the same have one note.
func (d *Decisions) Notes() []connector.Note {
	if d == nil {
		return nil
	}
	return d.notes(func(at place) bool { return d.asked[at] })
}

// All returns a note for each choice.
func (d *Decisions) All() []connector.Note {
	if d == nil {
		return nil
	}
	return d.notes(func(place) bool { return true })
}

func (d *Decisions) notes(wanted func(place) bool) (notes []connector.Note) {
	type chosen struct{ setting, choice string }
	var groups []chosen
	fields := map[chosen][]string{}
	for _, at := range d.order {
		if !wanted(at) {
			continue
		}
		group := chosen{at.setting, d.choices[at]}
		if fields[group] == nil {
			groups = append(groups, group)
		}
		fields[group] = append(fields[group], at.field)
	}
	for _, group := range groups {
		what := group.choice
		if !strings.HasSuffix(what, "by "+group.setting) {
			what += ", by " + group.setting
		}
		notes = append(notes, connector.Note{Field: noun(group.setting) + ofAll(fields[group]), What: what})
	}
	return notes
}

// noun returns the thing that a setting decides: "subsidiary" of "NETSUITE_RULE_SUBSIDIARY".
func noun(setting string) string {
	_, name, _ := strings.Cut(setting, "RULE_")
	return strings.ReplaceAll(strings.ToLower(name), "_", " ")
}

func ofAll(fields []string) string {
	switch {
	case fields[0] == "":
		return ""
	case len(fields) == 1:
		return " of " + fields[0]
	}
	return fmt.Sprintf(" of %s and %d more", fields[0], len(fields)-1)
}
