package rules

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/rules/jq"
)

// Steps is how many steps all rules of one message may take together. A comparison takes
// about ten, so that an order of 20,000 lines is within it, and it is used up within a second.
const Steps = 5_000_000

// choices are what the rules chose for one message.
type choices struct {
	chosen map[place]string
	order  []place
	asked  map[place]bool
}

// place is a setting and the path of the part that it decided about: "lines[2]", "" for the
// whole.
type place struct{ setting, field string }

// Decide implements connector.Rules.
func (s *set) Decide(m *message.Message, body any, target string) (connector.Choices, error) {
	document, err := documentOf(body)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Doing: "applying rules", Field: "body", Detail: "is no JSON object", Err: err}
	}
	d := &choices{chosen: map[place]string{}, asked: map[place]bool{}}
	key, steps := m.Key(), Steps
	with := jq.Variables{Store: key.System + "/" + key.Tenant, Type: key.Type, Target: cmp.Or(target, s.target)}
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
func (r *rule) decide(d *choices, document map[string]any, with jq.Variables, steps *int) error {
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

func (r *rule) one(d *choices, field string, document map[string]any, with jq.Variables, steps *int) error {
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
		d.chosen[at] = choice
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

// Of implements connector.Choices.
func (d *choices) Of(setting, field string) string {
	at := place{setting, field}
	choice := d.chosen[at]
	if choice != "" {
		d.asked[at] = true
	}
	return choice
}

// Notes implements connector.Choices.
func (d *choices) Notes() []connector.Note {
	return d.notes(func(at place) bool { return d.asked[at] })
}

// All implements connector.Choices.
func (d *choices) All() []connector.Note { return d.notes(func(place) bool { return true }) }

func (d *choices) notes(wanted func(place) bool) (notes []connector.Note) {
	type same struct{ setting, choice string }
	var groups []same
	fields := map[same][]string{}
	for _, at := range d.order {
		if !wanted(at) {
			continue
		}
		group := same{at.setting, d.chosen[at]}
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
