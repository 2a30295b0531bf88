package entity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func customerEvent(name string) connector.Event {
	return connector.Event{
		Type: canonical.CustomerUpserted, Entity: key, UpdatedAt: noon,
		Body: &canonical.Customer{ID: "7", FirstName: canonical.NewText(name), UpdatedAt: noon},
	}
}

// TestTheVersionIsDatedByTheBestClockThatThereIs lists updated-at, hint and trigger.
func TestTheVersionIsDatedByTheBestClockThatThereIs(t *testing.T) {
	t.Parallel()
	at := noon.Add(10 * time.Second)
	fine := noon.Add(300 * time.Millisecond)
	for name, tc := range map[string]struct {
		updated, hint time.Time
		polled        bool
		want          message.Sequence
		ahead         time.Duration
	}{
		"with a hint":                         {noon, fine, false, message.NewSequence(noon, false, fine), 0},
		"without":                             {noon, time.Time{}, false, message.NewSequence(noon, false, at), 0},
		"polled":                              {noon, fine, true, message.NewSequence(noon, true, at), 0},
		"ahead by exactly the tolerance":      {at.Add(5 * time.Minute), fine, false, message.NewSequence(at.Add(5*time.Minute), false, fine), 0},
		"ahead by more":                       {at.Add(5*time.Minute + 1), fine, false, message.NewSequence(at, false, at), 5*time.Minute + 1},
		"polled and ahead":                    {at.Add(24 * time.Hour), fine, true, message.NewSequence(at, true, at), 24 * time.Hour},
		"a hint ahead by exactly the same":    {noon, at.Add(5 * time.Minute), false, message.NewSequence(noon, false, at.Add(5*time.Minute)), 0},
		"a hint ahead by more":                {noon, at.Add(5*time.Minute + 1), false, message.NewSequence(noon, false, at), 0},
		"long ago":                            {noon.AddDate(-3, 0, 0), time.Time{}, false, message.NewSequence(noon.AddDate(-3, 0, 0), false, at), 0},
		"ahead, so that its hint is void too": {at.Add(time.Hour), at.Add(time.Minute), false, message.NewSequence(at, false, at), time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := customerEvent("Ada")
			event.UpdatedAt, event.Hint = tc.updated, tc.hint
			s, err := entity.StateOf(event, tc.polled, at)
			if err != nil || s.Version != tc.want || s.Ahead != tc.ahead {
				t.Errorf("version %s, ahead %v, %v; want %s, %v", s.Version, s.Ahead, err, tc.want, tc.ahead)
			}
			if noted := len(s.Notes) == 1; noted != (tc.ahead > 0) {
				t.Errorf("notes %+v", s.Notes)
			}
		})
	}
}

func TestCharactersThatAQueueRefusesAreReplaced(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text, want string
		note       bool
	}{
		"U+FFFE":      {"a\ufffeb", "a\ufffdb", true},
		"U+FFFF":      {"\uffff", "\ufffd", true},
		"both":        {"\uffff\ufffe\uffff", "\ufffd\ufffd\ufffd", true},
		"neighbors":   {"\ufffd\ue000\U00010000\ufeff", "\ufffd\ue000\U00010000\ufeff", false},
		"plain ASCII": {"Ada", "Ada", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := customerEvent(tc.text)
			event.Notes = make([]connector.Note, 0, 8) // with room, so that an append could write into it
			s, err := entity.StateOf(event, false, noon)
			if err != nil || !strings.Contains(string(s.Body), `"`+tc.want+`"`) || (len(s.Notes) == 1) != tc.note {
				t.Errorf("%s, notes %+v, %v", s.Body, s.Notes, err)
			}
			if len(event.Notes[:1][0].What) != 0 {
				t.Error("the connector's own notes were written to")
			}
		})
	}
}

func TestABodyThatBreaksARuleNamesIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		event func(*connector.Event)
		want  fault.Error
	}{
		"missing":      {func(e *connector.Event) { e.Body = &canonical.Customer{UpdatedAt: noon} }, fault.Error{Kind: fault.Invalid, Class: fault.Schema, Code: "required", Field: "id"}},
		"wrong value":  {func(e *connector.Event) { e.Body.(*canonical.Customer).Email = canonical.NewText("x") }, fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "email", Field: "email"}},
		"unknown type": {func(e *connector.Event) { e.Type = "odd.thing" }, fault.Error{Kind: fault.Unknown, Class: fault.Bug}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := customerEvent("Ada")
			tc.event(&event)
			_, err := entity.StateOf(event, false, noon)
			f := fault.As(err)
			if f == nil || f.Kind != tc.want.Kind || f.Class != tc.want.Class || f.Code != tc.want.Code || f.Field != tc.want.Field {
				t.Errorf("%+v, want %+v", f, tc.want)
			}
		})
	}
	if f := fault.As(entity.Invalid("reading", errors.New("odd"))); f.Kind != fault.Invalid || f.Class != fault.Value || f.Err == nil {
		t.Errorf("%+v", f)
	}
}

// TestAFactHasOneIDAndAStateOnePerVersionAndContent is what duplicates are recognized by.
func TestAFactHasOneIDAndAStateOnePerVersionAndContent(t *testing.T) {
	t.Parallel()
	base, other := state(1, "a"), key
	other.Tenant = "t2"
	if base.EventID(key) != state(1, "a").EventID(key) {
		t.Error("the same state has two ids")
	}
	for name, id := range map[string]string{
		"version": state(2, "a").EventID(key), "content": state(1, "b").EventID(key), "entity": base.EventID(other),
	} {
		if id == base.EventID(key) {
			t.Errorf("another %s has the same id", name)
		}
	}
	if fact(1, "a").EventID(key) != fact(2, "b").EventID(key) || fact(1, "a").EventID(key) == fact(1, "a").EventID(other) {
		t.Error("a fact has one id per entity")
	}
}
