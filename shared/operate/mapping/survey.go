package mapping

import (
	"context"
	"slices"

	"causeway.example/shared/message"
	"causeway.example/shared/redact"
)

// Survey finds out what would change at a target if many events were delivered now. It makes no
// experiments and keeps no payload: its size depends on the number of different fields.
type Survey struct {
	target  System
	network *network
	study   study

	Result Surveyed
}

// Surveyed counts events by what they would do at the target.
type Surveyed struct {
	Events    int     `json:"events"`
	Unchanged int     `json:"unchanged"`       // the target has all of it
	Changed   int     `json:"changed"`         // fields would change: Fields
	New       int     `json:"new"`             // the target does not have the entity
	Older     int     `json:"older"`           // the target confirmed a newer version: nothing would be written
	Refused   int     `json:"refused"`         // the connector or the target would not take the event
	Fields    []Field `json:"fields"`          // the most frequent first
	First     string  `json:"first,omitempty"` // reason of the first that was refused
	FirstID   string  `json:"first_event,omitempty"`
}

// Field is a field of the target that events would change.
type Field struct {
	Field  string `json:"field"` // without indexes: "lines[].quantity"
	Count  int    `json:"count"` // of events
	Event  string `json:"event"` // the first of them
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// NewSurvey opens the target's connector. Reads are sent to the target, and writes never.
func NewSurvey(target System) (*Survey, error) {
	s := &Survey{target: target}
	s.study.Target = &s.target
	if err := s.study.open(target.Settings); err != nil {
		return nil, err
	}
	s.network = s.study.network
	return s, nil
}

// Add counts the event, which the working translation made. Asked is whether the target was
// asked.
func (s *Survey) Add(ctx context.Context, m *message.Message, at Standing) (asked bool) {
	s.Result.Events++
	if at.Newer {
		s.Result.Older++
		return false
	}
	s.network.forget()
	one := study{Case: Case{Message: m, Target: &s.target, Ref: at.Ref, Parents: at.Parents}, network: s.network, target: s.study.target, body: m.Body}
	var err error
	if one.event, err = read(m.Body); err == nil {
		_, err = one.deliver(ctx, m.Body, at.Parents)
	}
	one.calls, one.written = one.recorded()
	switch {
	case len(one.calls) > 0 && at.Ref == "":
		s.Result.New++
	case len(one.calls) > 0:
		s.Result.Changed++
		s.count(&one)
	case err != nil:
		s.refuse(m.ID, one.masks().text(err.Error()))
	default:
		s.Result.Unchanged++
	}
	return s.network.asked()
}

func (s *Survey) refuse(event, reason string) {
	if s.Result.Refused++; s.Result.First == "" {
		s.Result.First, s.Result.FirstID = redact.Emails(reason), event
	}
}

// count adds the fields of an event's requests, each once. The values of the first are kept: for
// a caller that shows personal data.
func (s *Survey) count(of *study) {
	seen := map[string]bool{}
	for _, l := range of.written.leaves {
		name := outline(l.path)
		if seen[name] {
			continue
		}
		seen[name] = true
		i := slices.IndexFunc(s.Result.Fields, func(f Field) bool { return f.Field == name })
		if i < 0 {
			i = len(s.Result.Fields)
			s.Result.Fields = append(s.Result.Fields, Field{Field: name, Event: of.Message.ID, Before: of.before(l), After: l.text})
		}
		s.Result.Fields[i].Count++
	}
}

// Finish sorts the fields, and hides their values unless personal data is to be shown: without
// experiments it is not known which of them are made of personal data.
func (s *Survey) Finish(show bool) Surveyed {
	slices.SortStableFunc(s.Result.Fields, func(a, b Field) int { return b.Count - a.Count })
	for i := range s.Result.Fields {
		if !show {
			s.Result.Fields[i].Before, s.Result.Fields[i].After = "", ""
		}
	}
	return s.Result
}

// forget drops what was read for the event before.
func (n *network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.answers)
	clear(n.similar)
	clear(n.found)
	n.requests = nil
}

// asked reports whether anything was sent since forget.
func (n *network) asked() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.answers) > 0
}
