package mapping

import (
	"cmp"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/operate"
)

// Explanation is how an event was made of a delivery, and the requests to the target of it.
type Explanation struct {
	Calls   []Call   `json:"calls"` // to the target, not sent
	Rows    []Row    `json:"rows"`
	Lost    []string `json:"lost,omitempty"`    // fields of the delivery that reach nothing, without indexes
	Refused []string `json:"refused,omitempty"` // fields of the delivery of which no other value is taken, without indexes
	More    int      `json:"more,omitempty"`    // fields of long lists, which were not studied
	Detail  string   `json:"detail,omitempty"`  // what the target would report
	Missing []string `json:"missing,omitempty"` // what could not be explained, and why
}

// Call is a request to the target.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// Row is one field of a request, with the fields that it is made of; or a field of the event
// that no request has.
type Row struct {
	Source    []Cell `json:"source,omitempty"`
	Canonical []Cell `json:"canonical,omitempty"`
	Target    *Cell  `json:"target,omitempty"`
	Before    string `json:"before,omitempty"` // what the target has in the field, as far as it was read
	Rule      string `json:"rule"`
	Mark      Mark   `json:"mark,omitempty"`
}

// Cell is a field with its value as JSON, "" if it is absent.
type Cell struct {
	Field string `json:"field"`
	Value string `json:"value,omitempty"`
}

// Mark is what an operator should look at.
type Mark string

// The marks of rows. Lost fields have none: they are listed apart.
const (
	Rejected  Mark = "rejected"  // the field at fault
	Changed   Mark = "changed"   // a connector noted that it changed the value, such as cut it
	Defaulted Mark = "defaulted" // a connector noted that the value is missing
)

// tabulate makes the rows: the fields of the requests in their order, then the event's other
// fields.
func (s *study) tabulate(x *Explanation) {
	m := s.masks()
	x.More, x.Detail = s.more, m.text(s.detail)
	for i := range s.calls {
		x.Calls = append(x.Calls, Call{s.calls[i].Method, m.text(s.calls[i].Path)})
	}
	used := map[string]bool{}
	for field, e := range s.made {
		used[field] = len(e.changed) > 0 || e.with != "" && len(s.made[e.with].changed) > 0
	}
	for _, l := range s.written.leaves {
		if s.event.beyond(l.path) && !s.touches(l.path) {
			x.More++
			continue
		}
		inputs := makers(s.made, l.path, l.text, s.event)
		x.Rows = append(x.Rows, s.row(m, inputs, &l))
	}
	for _, field := range s.unused(used) {
		x.Rows = append(x.Rows, s.row(m, []string{field}, nil))
	}
	if s.Field != "" && !slices.ContainsFunc(x.Rows, func(r Row) bool { return r.Mark == Rejected }) {
		cell := Cell{Field: s.Field}
		x.Rows = append([]Row{{Canonical: []Cell{cell}, Rule: m.text(s.Reason), Mark: Rejected}}, x.Rows...)
	}
	x.Lost, x.Refused = s.lost()
	for i, text := range x.Missing {
		x.Missing[i] = m.text(text)
	}
}

// touches reports whether a field of a request was made by the element at fault.
func (s *study) touches(path string) bool {
	for field, e := range s.made {
		if e.changed[path] && sameElement(field, s.Field) {
			return true
		}
	}
	return false
}

// unused returns the fields of the event that no request has, those of notes and the field at
// fault included.
func (s *study) unused(used map[string]bool) (fields []string) {
	known, _ := s.event.studied(s.Field)
	for _, l := range append(known, absent(s.cut, s.event)...) {
		if !used[l.path] {
			fields = append(fields, l.path)
		}
	}
	return fields
}

// lost returns the fields of the delivery that reach nothing, and those of which no other value
// is taken.
func (s *study) lost() (lost, refused []string) {
	if len(s.links) == 0 {
		return nil, nil
	}
	reach := map[string]int{} // by outline: 1 lost, 2 refused, 3 used
	fields, _ := s.source.studied(s.Field)
	for _, l := range fields {
		e, state := s.links[l.path], 1
		switch {
		case len(e.changed) > 0 || e.with != "" && len(s.links[e.with].changed) > 0:
			state = 3
		case e.refused != nil:
			state = 2
		}
		reach[outline(l.path)] = max(reach[outline(l.path)], state)
	}
	for _, l := range fields {
		name := outline(l.path)
		switch reach[name] {
		case 1:
			lost = append(lost, name)
		case 2:
			refused = append(refused, name)
		}
		delete(reach, name)
	}
	return lost, refused
}

const mostInputs = 4 // that one row shows

// makers returns the fields that have an effect on an output, the likeliest origin first: one of
// the same value, then the one that has the fewest other effects.
func makers(effects map[string]effect, output, value string, d document) (fields []string) {
	for field, e := range effects {
		if e.changed[output] {
			fields = append(fields, field)
		}
	}
	slices.SortFunc(fields, func(a, b string) int {
		return cmp.Or(
			distance(d.text[a], value)-distance(d.text[b], value),
			len(effects[a].changed)-len(effects[b].changed), strings.Compare(a, b),
		)
	})
	if len(fields) > 0 && distance(d.text[fields[0]], value) == 0 && !decimal.MatchString(plain(value)) {
		return fields[:1] // the others are conditions
	}
	return fields
}

// distance is 0 for the same text, 1 for the same number, 2 for anything else.
func distance(a, b string) int {
	a, b = plain(a), plain(b)
	switch {
	case a == b:
		return 0
	case number(a) != "" && (number(a) == number(b) || inOtherUnit(a, b)):
		return 1
	}
	return 2
}

// row returns the row of a field of a request, nil for a field of the event alone.
func (s *study) row(m masks, inputs []string, target *leaf) Row {
	var r Row
	for _, field := range inputs[:min(len(inputs), mostInputs)] {
		r.Canonical = append(r.Canonical, m.event(field))
	}
	sources := s.origins(inputs)
	for _, origin := range sources {
		r.Source = append(r.Source, m.source(origin))
	}
	var rule []string
	if len(inputs) > 0 && len(s.links) > 0 {
		rule = append(rule, s.readRule(inputs, sources))
	}
	switch {
	case target != nil:
		cell := m.target(*target)
		r.Target = &cell
		if r.Before = s.before(*target); r.Before != "" && (cell.Value == operate.Masked || m.text(r.Before) != r.Before) {
			r.Before = operate.Masked
		}
		rule = append(rule, s.writeRule(inputs, *target))
	case len(s.calls) > 0 && s.made[inputs[0]].refused != nil:
		rule = append(rule, "the connector takes no other value")
	case len(s.calls) > 0:
		rule = append(rule, notSent)
	}
	r.Mark, rule = s.mark(inputs, sources, rule, m)
	more := slices.DeleteFunc(slices.Clone(rule), func(step string) bool { return step == unchanged })
	r.Rule = cmp.Or(strings.Join(slices.Compact(more), " → "), unchanged)
	return r
}

// origins returns the fields of the delivery that the first fields of the event are made of.
func (s *study) origins(inputs []string) (sources []string) {
	for _, field := range inputs[:min(len(inputs), 2)] {
		for _, origin := range makers(s.links, field, s.event.text[field], s.source) {
			if !slices.Contains(sources, origin) && len(sources) < mostInputs {
				sources = append(sources, origin)
			}
		}
	}
	if len(sources) == 0 && len(inputs) > 0 {
		sources = s.alike(inputs[0])
	}
	return sources
}

// alike returns the field of the delivery with the value and the name of a field of the event that
// is traced to none, if no other value of it is taken alone.
func (s *study) alike(field string) []string {
	names := steps(field)
	for _, l := range s.source.leaves {
		own := steps(l.path)
		if s.links[l.path].refused != nil && plain(l.text) == plain(s.event.text[field]) && slices.Contains(names, own[len(own)-1]) {
			return []string{l.path}
		}
	}
	return nil
}

// before returns what the target has in a field that a request changes, "" if that is not known.
// Lists are left out: their elements have no place that both sides share.
func (s *study) before(target leaf) string {
	for i := range s.calls {
		if _, has := s.calls[i].fields.text[target.path]; has && i == 0 && !strings.Contains(target.path, "[") {
			return s.network.has(s.calls[i].Path, target.path)
		}
	}
	return ""
}

// readRule says how the first of the fields of the event that can be traced is made of the delivery.
func (s *study) readRule(fields, sources []string) string {
	for _, field := range fields {
		var values []string
		for _, origin := range sources {
			if s.links[origin].changed[field] {
				values = append(values, s.source.text[origin])
			}
		}
		if len(values) > 0 {
			return relation(values, s.event.text[field])
		}
	}
	if len(sources) > 0 {
		return sameValue
	}
	return untraced
}

// writeRule says how a field of a request is made.
func (s *study) writeRule(inputs []string, target leaf) string {
	by := slices.Clone(s.by[target.path])
	var values []string
	for _, field := range inputs {
		values = append(values, s.event.text[field])
	}
	switch {
	case len(values) == 0 && len(by) == 0:
		return "the same in every experiment"
	case len(values) > 0 && len(by) == 0:
		return relation(values, target.text)
	}
	return strings.Join(by, ", ")
}

// mark returns the mark of a row, and its rule with the words of the notes: those on the delivery
// first, those on the event last.
func (s *study) mark(inputs, sources, rule []string, m masks) (Mark, []string) {
	read := noted(s.notes, sources, s.source)
	written := noted(s.cut, inputs[:min(len(inputs), mostInputs)], s.event)
	mark := cmp.Or(written.mark, read.mark)
	if read.mark == Changed {
		mark = Changed
	}
	if len(read.words)+len(written.words) > 0 {
		rule = slices.Concat(read.words, slices.DeleteFunc(rule, isRelation), written.words)
	}
	atFault := func(fields []string) bool {
		return len(fields) > 0 && (within(fields[0], s.Field) || within(s.Field, fields[0]))
	}
	if s.Field != "" && (atFault(inputs) || atFault(sources)) {
		mark, rule = Rejected, append(slices.DeleteFunc(rule, isRelation), s.Reason)
	}
	for i := range rule {
		rule[i] = m.text(rule[i])
	}
	return mark, rule
}

// remarks are the words of notes on fields.
type remarks struct {
	mark  Mark
	words []string
}

// noted returns the notes on the fields. One on a field without a value is a default.
func noted(notes []connector.Note, fields []string, values document) (r remarks) {
	for _, note := range notes {
		i := slices.IndexFunc(fields, func(field string) bool { return within(field, note.Field) })
		if i < 0 {
			continue
		}
		r.words = append(r.words, note.Field+" "+note.What)
		switch {
		case !(leaf{text: values.text[fields[i]]}).empty():
			r.mark = Changed
		case r.mark == "":
			r.mark = Defaulted
		}
	}
	return r
}

// masks hides personal data: what the model tags, what it reaches in a request, what reaches it
// from the delivery, and every text that contains one of its values.
type masks struct {
	study    *study
	personal map[string]bool // fields of the event
	texts    []string        // values of those, as they are, in lower case
	names    document        // the delivery, masked by the names of its fields
}

func (s *study) masks() masks {
	m := masks{study: s, personal: map[string]bool{}}
	if s.Show {
		return m
	}
	masked, err := read([]byte(operate.MaskEvent(s.Message.Type, s.body)))
	for _, l := range s.event.leaves {
		if err != nil || masked.text[l.path] != l.text {
			m.personal[l.path] = true
			if text := strings.ToLower(strings.Trim(l.text, `"`)); len(text) > 2 && !strings.Contains(operate.Masked, text) {
				m.texts = append(m.texts, text)
			}
		}
	}
	if s.Raw != nil {
		if m.names, err = read([]byte(operate.MaskPayload(s.Raw.Body))); err != nil {
			m.names = document{}
		}
	}
	return m
}

// text masks the personal values in a text.
func (m masks) text(text string) string {
	for _, personal := range m.texts {
		for {
			at := strings.Index(strings.ToLower(text), personal)
			if at < 0 || at+len(personal) > len(text) {
				break
			}
			text = text[:at] + operate.Masked + text[at+len(personal):]
		}
	}
	return text
}

func (m masks) cell(field, value string, hide bool) Cell {
	if value != "" && !m.study.Show && (hide || m.text(value) != value) {
		value = operate.Masked
	}
	return Cell{m.text(field), value}
}

func (m masks) event(field string) Cell {
	return m.cell(field, m.study.event.text[field], m.personal[field])
}

func (m masks) source(field string) Cell {
	value := m.study.source.text[field]
	return m.cell(field, value, m.names.text[field] != value || m.reaches(m.study.links[field]))
}

func (m masks) target(l leaf) Cell {
	for field, e := range m.study.made {
		if e.changed[l.path] && m.personal[field] {
			return m.cell(l.path, l.text, true)
		}
	}
	return m.cell(l.path, l.text, false)
}

func (m masks) reaches(e effect) bool {
	for field := range e.changed {
		if m.personal[field] {
			return true
		}
	}
	return false
}
