package mapping

import "causeway.example/shared/message"

// Unread returns the fields of a delivery that cannot be translated, as rows of a source alone,
// the field at fault first and marked. Values are masked by the names of their fields unless personal data
// is to be shown. A body that is no JSON has no rows but that of the fault.
func Unread(raw *message.Raw, field, reason string, show bool) Explanation {
	s := &study{Case: Case{Raw: raw, Message: &message.Message{}, Field: field, Reason: reason, Show: show}}
	var err error
	if s.source, err = read(raw.Body); err != nil {
		s.source = document{}
	}
	m := s.masks()
	x := Explanation{Rows: []Row{}}
	fields, more := s.source.studied(field)
	x.More = more
	rest := []Row{}
	for _, l := range fields {
		r := Row{Source: []Cell{m.source(l.path)}}
		if field != "" && (within(l.path, field) || within(field, l.path)) {
			r.Mark, r.Rule = Rejected, m.text(reason)
			x.Rows = append(x.Rows, r)
			continue
		}
		rest = append(rest, r)
	}
	if len(x.Rows) == 0 {
		x.Rows = append(x.Rows, Row{Source: []Cell{{Field: field}}, Rule: m.text(reason), Mark: Rejected})
	}
	x.Rows = append(x.Rows, rest...)
	return x
}
