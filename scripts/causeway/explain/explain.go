package explain

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"causeway.example/scripts/installation"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/mapping"
	"causeway.example/shared/operate/redrive"
)

// Answer is what diff and map test show of an event.
type Answer struct {
	mapping.Explanation
	Event   string           `json:"event_id"`
	Entity  message.Key      `json:"entity"`
	Title   string           `json:"title"`
	Type    string           `json:"type"`
	Target  string           `json:"target"`
	Ref     string           `json:"target_ref,omitempty"`
	Twin    bool             `json:"as_new"` // the target has the entity; the request is the one for a new one
	Topic   string           `json:"topic,omitempty"`
	Field   string           `json:"field,omitempty"`   // at fault
	Reason  string           `json:"reason,omitempty"`  // of the failure
	Changes []operate.Change `json:"changes,omitempty"` // of a dead event, by the working translation
	Waiting []string         `json:"waiting,omitempty"` // parents that are not at the target
	Rules   []string         `json:"rules,omitempty"`   // choices of the rules, in words
}

// Explainer explains events of one environment.
type Explainer struct {
	Desk        *operate.Desk
	Connections installation.Config // whose CrossRef stores nothing
	Deployed    *Deployed           // the systems on AWS; nil: Connections opens those of this machine
	Show        bool                // personal data
}

// Deployed has the systems of an installation on AWS, as installation.Deployed returns them.
type Deployed struct {
	installation.Installation
	Failed map[string]error
}

// Explain explains the event that the text means (mapping.Find). With twin, an entity that the
// target has is written as a new one, which has every field; without it the event is the one
// that the working translation makes, and the target gets what differs. Nothing is stored, and
// no write is sent.
func (x Explainer) Explain(ctx context.Context, text string, twin bool) (Answer, error) {
	s, err := mapping.Find(ctx, x.Desk, text)
	if err != nil {
		return Answer{}, err
	}
	if s.Type == "" {
		if a, failed, err := x.route(ctx, &s); failed || err != nil {
			return a, err
		}
	}
	a := Answer{Event: s.Event, Entity: s.Entity, Title: s.Title(), Type: s.Type, Target: s.Route.To}
	c := mapping.Case{Raw: s.Raw, Message: s.Message, Show: x.Show}
	if s.Letter != nil {
		c.Field, c.Reason = s.Letter.Cause.Field, strings.TrimSpace(s.Letter.Reason+" "+s.Letter.Value)
		a.Field, a.Reason = c.Field, c.Reason
	}
	if s.Raw != nil {
		a.Topic = s.Raw.System + " " + s.Raw.Topic
	}
	opened, err := x.connect(ctx, s, &c, &a)
	if err != nil {
		return a, err
	}
	if c.Message == nil || !twin {
		if c.Message, err = x.again(ctx, c, s, &a, opened); err != nil {
			return a, err
		}
	}
	for name, choice := range chosen(opened, c.Message) {
		a.Rules = append(a.Rules, name+": "+choice)
	}
	slices.Sort(a.Rules)
	if body, err := canonical.Decode(c.Message.Type, c.Message.Body); err == nil {
		a.Title = operate.Title(s.Entity, operate.NameOf(body))
	}
	at, err := mapping.Stand(ctx, x.Desk.State, s.Route.To, c.Message)
	if err != nil {
		return a, err
	}
	c.Ref, c.Parents, c.Twin = at.Ref, at.Parents, twin && at.Ref != ""
	a.Ref, a.Twin = at.Ref, c.Twin
	for _, key := range at.Absent {
		a.Waiting = append(a.Waiting, operate.Title(key, ""))
	}
	missing := a.Missing
	a.Explanation, err = mapping.Explain(ctx, c)
	a.Missing = append(missing, a.Missing...)
	return a, err
}

// connect sets the connectors of the case. A system of an installation on AWS that could not be
// opened is left out, and the answer says why.
func (x Explainer) connect(ctx context.Context, s mapping.Subject, c *mapping.Case, a *Answer) (opened installation.Installation, err error) {
	if opened, err = x.open(ctx); err != nil {
		return opened, err
	}
	if c.Raw == nil {
		a.Missing = append(a.Missing, "the delivery is not in the archive, so that its fields are not shown")
	} else if c.Source, err = x.system(opened, s.Entity.System); err != nil {
		a.Missing = append(a.Missing, "the delivery's fields are not shown: "+err.Error())
	}
	if c.Target, err = x.system(opened, s.Route.To); err != nil {
		a.Missing = append(a.Missing, "the request is not shown: "+err.Error())
	}
	return opened, nil
}

// open returns the connectors of the environment.
func (x Explainer) open(ctx context.Context) (installation.Installation, error) {
	if x.Deployed != nil {
		return x.Deployed.Installation, nil
	}
	return installation.Open(ctx, x.Connections)
}

// system returns a connector of the environment; nil if the catalog does not have it. The error
// says why one on AWS is not open.
func (x Explainer) system(opened installation.Installation, name string) (*mapping.System, error) {
	system, known := installation.Named(name)
	if !known {
		return nil, nil
	}
	if x.Deployed != nil {
		if err := x.Deployed.Failed[name]; err != nil {
			return nil, err
		}
		if _, open := opened.Systems[name]; !open {
			return nil, missing("the installation does not have the system " + name)
		}
	}
	return &mapping.System{Profile: system.Profile, Settings: opened.Settings[name], Open: system.Open, Deps: x.Connections.Deps(name)}, nil
}

// chosen returns the choices of the rules for the event, by the rule's name.
func chosen(by installation.Installation, m *message.Message) map[string]string {
	chosen := map[string]string{}
	for _, note := range by.Decide(m) {
		chosen["rule "+note.Field] = note.What
	}
	return chosen
}

// changedRules returns the choices that are others for the event as it is translated now.
func changedRules(by installation.Installation, before, now *message.Message) ([]operate.Change, error) {
	var texts [2][]byte
	for i, m := range []*message.Message{before, now} {
		var err error
		if texts[i], err = json.Marshal(chosen(by, m)); err != nil {
			return nil, err
		}
	}
	return operate.Diff(texts[0], texts[1])
}

// again returns the event that the working translation makes, and notes what a dead event has
// otherwise.
func (x Explainer) again(ctx context.Context, c mapping.Case, s mapping.Subject, a *Answer, by installation.Installation) (*message.Message, error) {
	if c.Raw == nil {
		return nil, missing("the delivery of " + s.Event + " is not in the archive")
	}
	source, err := x.source(by, s.Entity.System)
	if err != nil {
		return nil, err
	}
	messages, err := redrive.Translate(ctx, source, c.Raw)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(messages, func(m *message.Message) bool { return m.Type == s.Type && m.Key() == s.Entity })
	if i < 0 {
		return nil, missing("the working translation makes no " + s.Type + " of " + s.Title() + " of the delivery")
	}
	if s.Message != nil {
		if a.Changes, err = mapping.Changes(s.Type, s.Message.Body, messages[i].Body, x.Show); err != nil {
			return nil, err
		}
		ruled, err := changedRules(by, s.Message, messages[i])
		if err != nil {
			return nil, err
		}
		a.Changes = append(a.Changes, ruled...)
	}
	return messages[i], nil
}

func missing(detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "not_found", Doing: "translating again", Detail: detail}
}
