package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
)

// Names of the model's two systems.
const (
	shop = "shop"
	erp  = "erp"
)

// fact is a state of an entity in the shop, or something that happened once to it, in the
// wire format of the shop's webhooks.
type fact struct {
	Type    string    `json:"type"`              // event type
	Also    string    `json:"also,omitempty"`    // second event type of the same delivery
	Kind    string    `json:"kind"`              // entity type
	ID      string    `json:"id"`                // of the entity
	Version int       `json:"n"`                 // of the entity, from 1, in the order in which the shop had them
	Updated time.Time `json:"updated,omitzero"`  // updated_at; zero: a minute per version
	Hint    time.Time `json:"hint,omitzero"`     // when the shop sent it; zero: the same as updated_at
	NoHint  bool      `json:"no_hint,omitempty"` // the shop does not say when it sent it
	Content string    `json:"content,omitempty"` // "": differs from version to version
	Closed  bool      `json:"closed,omitempty"`  // a cancelled order
	Parent  string    `json:"parent"`            // "kind/id", "" if there is none
	Filler  string    `json:"filler,omitempty"`  // makes the body large
	Spoilt  bool      `json:"spoilt,omitempty"`  // Translate rejects it
	Out     string    `json:"out,omitempty"`     // how a filter of the route skips this version: "later", "final"
	since   time.Time // when the shop had it; zero: before the run
}

// How a filter skips a version: for the time being, or for good.
const later, final = "later", "final"

// entity names what the fact is about. A release, which the model reports as an authorization, happens
// once: a fact of its own beside the state of its order.
func (f fact) entity() string { return nameOf(f.Kind+"/"+f.ID, f.Type) }

func nameOf(subject, eventType string) string {
	if eventType == canonical.PaymentAuthorized {
		return subject + released
	}
	return subject
}

// released follows the name of an order in that of its release, which is written at the same document.
const released = "!released"

func (f fact) once() bool {
	kind, _ := canonical.TypeNamed(f.Type)
	return kind.Once
}

func key(kind, id string) message.Key {
	return message.Key{System: shop, Tenant: "brand", Type: kind, ID: id}
}

// epoch is when every run begins.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// updated is the state's updated_at: long before the run, unless the fact says otherwise.
func (f fact) updated() time.Time {
	if !f.Updated.IsZero() {
		return f.Updated
	}
	return epoch.Add(-time.Hour + time.Duration(f.Version)*time.Minute)
}

// delay is how long after the beginning of the run the shop had the state.
func (f fact) delay() time.Duration {
	if f.since.IsZero() {
		return 0
	}
	return f.since.Sub(epoch)
}

func (f fact) hint() time.Time {
	switch {
	case f.NoHint:
		return time.Time{}
	case f.Hint.IsZero():
		return f.updated()
	}
	return f.Hint
}

// sequence is the version that the pipeline gives a delivery which says when it was sent.
func (f fact) sequence() message.Sequence { return message.NewSequence(f.updated(), false, f.hint()) }

// events are what the delivery means. The time of an event carries the fact's number, so
// that target and checker know it without trusting the version that the pipeline made.
func (f fact) events() []connector.Event {
	e := connector.Event{
		Type: f.Type, Entity: key(f.Kind, f.ID), At: f.updated().Truncate(time.Second).Add(time.Duration(f.Version)),
		UpdatedAt: f.updated(), Hint: f.hint(), Body: f.body(),
	}
	if kind, id, ok := strings.Cut(f.Parent, "/"); ok {
		e.Parents = []message.Key{key(kind, id)}
	}
	if f.Also == "" {
		return []connector.Event{e}
	}
	other := e
	other.Type = f.Also
	return []connector.Event{e, other}
}

// numberOf is the number of the fact that the message carries.
func numberOf(m *message.Message) int { return m.Time.Nanosecond() }

// content is what a reader of the target sees of the fact.
func (f fact) content() string {
	content := f.Content
	if content == "" {
		content = fmt.Sprint("version ", f.Version)
	}
	if f.Filler != "" {
		content += f.Filler[:1]
	}
	if f.Closed {
		content += ", closed"
	}
	return strings.NewReplacer("\ufffe", "\ufffd", "\uffff", "\ufffd").Replace(content)
}

// contentOf is the same of a body that is written to the target.
func contentOf(body any) string {
	switch b := body.(type) {
	case *canonical.Customer:
		return b.FirstName.String()
	case *canonical.Payment:
		return b.Name
	case *canonical.Order:
		if b.Status == canonical.OrderCancelled {
			return b.Name + ", closed"
		}
		return b.Name
	}
	return ""
}

// state is the fact as a vendor's connector writes it.
func (f fact) state() State {
	return State{Type: f.Type, Kind: f.Kind, ID: f.ID, Parent: f.Parent, Version: f.Version, Content: f.content(), Closed: f.Closed}
}

// body is the smallest valid body of the type that carries the content.
func (f fact) body() any {
	title := f.Content
	if title == "" {
		title = fmt.Sprint("version ", f.Version)
	}
	if f.Filler != "" {
		title += f.Filler[:1]
	}
	switch f.Kind {
	case "customer":
		return &canonical.Customer{ID: f.ID, FirstName: canonical.NewText(title), LastName: canonical.NewText(f.Filler), UpdatedAt: f.updated()}
	case "payment":
		return &canonical.Payment{
			ID: f.ID, Order: f.ID, Name: title, Method: canonical.Card, At: epoch.Add(-time.Hour),
			Amount: canonical.Money{Minor: 1000, Currency: "EUR"},
		}
	}
	status := canonical.OrderOpen
	switch {
	case f.Closed:
		status = canonical.OrderCancelled
	case f.Out == later:
		status = canonical.OrderDraft
	}
	return &canonical.Order{
		ID: f.ID, Name: title, Status: status, Test: f.Out == final, Financial: canonical.Paid, Currency: "EUR",
		PlacedAt: epoch.Add(-time.Hour), UpdatedAt: f.updated(), Total: euros, Tax: euros, Rounding: euros,
	}
}

var euros = canonical.Money{Currency: "EUR"}

// source is the shop's connector.
type source struct {
	world *world
	p     *process
}

// Receive implements connector.Source. It accepts the secrets that are valid now.
func (s source) Receive(_ context.Context, r connector.Request) (*message.Raw, error) {
	if !s.world.secrets[r.Header.Get("X-Signature")] {
		return nil, &fault.Error{Kind: fault.Unauthentic, Code: "signature_mismatch", Doing: "checking the signature"}
	}
	return &message.Raw{ID: message.DeriveID(shop, r.Header.Get("X-Id")), Topic: "facts", Trigger: message.Webhook, Tenant: "brand"}, nil
}

// Translate implements connector.Source.
func (s source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var f fact
	if err := json.Unmarshal(raw.Body, &f); err != nil {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Field: "body", Err: err}
	}
	if f.Spoilt {
		return connector.Translation{}, fault.New(fault.Invalid, fault.Value, "translating "+f.entity(), "a value that no rule allows")
	}
	s.world.panics(s.p, opTranslate, f.entity())
	if err := s.world.fate(call{p: s.p, op: opTranslate, name: f.entity(), event: raw.ID}).err; err != nil {
		return connector.Translation{}, err
	}
	events := f.events()
	for i := range events {
		if s.world.stand != nil {
			events[i].Body = s.world.stand.Body(f.state())
		}
	}
	return connector.Translation{Events: events}, nil
}

// delivery is one webhook of the shop, or one state that a poll passed on, and what became
// of it at the door.
type delivery struct {
	id       string // webhook id: the same when it is sent again
	rawID    string // id in our inbox, if a poll made it
	fact     fact
	body     []byte
	tries    int
	accepted bool // a 2xx reached the sender
	refused  bool // a 4xx did: the sender gives up
}

func newDelivery(id string, f fact) *delivery {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	return &delivery{id: id, fact: f, body: body}
}

// raw is the id under which our inbox knows the delivery.
func (d *delivery) raw() string {
	if d.rawID != "" {
		return d.rawID
	}
	return message.DeriveID(shop, d.id)
}

// mostTries is how often the shop sends one delivery: Shopify tries eight times
// within four hours (Shopify, "Troubleshooting webhooks").
const mostTries = 8

// post lets the shop send the delivery, and again until it is answered with 2xx.
func (w *world) post(d *delivery, pause time.Duration) {
	answered := false
	w.spawn("door", pause, func(p *process) {
		d.tries++
		p.handle = d.raw()
		status := w.receive(p, d)
		answered = true
		w.note(p, "answer", fmt.Sprint(d.id, " ", status))
		if late := p.now.Sub(p.durable); !p.durable.IsZero() && late > answerWithin {
			w.breaks(d.raw(), "the door answered %s after the delivery was durable", late)
		}
		d.accepted = d.accepted || status < 300
		d.refused = status >= 400 && status < 500
		w.again(d)
	}, func(crashed bool) {
		if crashed && !answered {
			w.note(nil, "no answer", d.id)
			w.again(d)
		}
	})
}

// answerWithin is the longest that a sender waits once its delivery is durable.
const answerWithin = time.Second

// again sends what was not accepted once more, later and later.
func (w *world) again(d *delivery) {
	if d.accepted || d.refused || d.tries >= mostTries {
		return
	}
	w.post(d, w.between(time.Second, time.Second<<(2*min(d.tries, 6))))
}

func (w *world) receive(p *process, d *delivery) int {
	header := http.Header{"Content-Type": {"application/json"}, "X-Signature": {w.signature}, "X-Id": {d.id}}
	request := connector.Request{Method: http.MethodPost, Header: header, Body: d.body, At: p.clock()}
	return w.door(p).Receive(context.Background(), request).Status
}

func (w *world) door(p *process) *intake.Receiver {
	receiver, err := intake.New(w.runtime(p), w.shop(p))
	if err != nil {
		panic(err) // the model sets all that it needs
	}
	return receiver
}
