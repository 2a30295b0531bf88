package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// Names of the model's two systems.
const (
	shop = "shop"
	erp  = "erp"
)

// fact is something that happened in the shop, and the wire format that tells of it.
type fact struct {
	Type    string `json:"type"`   // event type
	Kind    string `json:"kind"`   // entity type
	ID      string `json:"id"`     // of the entity
	Version int    `json:"n"`      // of the entity, from 1
	Once    bool   `json:"once"`   // happens only once to the entity
	Parent  string `json:"parent"` // "kind/id", "" if there is none
	Filler  string `json:"filler,omitempty"`
	Spoilt  bool   `json:"spoilt,omitempty"` // Translate refuses it
	Out     string `json:"out,omitempty"`    // how a filter of the route keeps this version of an order out: "later", "final"
}

// How a filter keeps a version out: for the time being, or for good.
const later, final = "later", "final"

func (f fact) entity() string { return f.Kind + "/" + f.ID }

func key(kind, id string) message.Key {
	return message.Key{System: shop, Tenant: "brand", Type: kind, ID: id}
}

// epoch is when every run begins.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// happened is when the entity got the version, long before anybody tells us.
func (f fact) happened() time.Time {
	return epoch.Add(-time.Hour + time.Duration(f.Version)*time.Minute)
}

func (f fact) sequence() message.Sequence {
	return message.NewSequence(f.happened(), false, time.Time{})
}

func (f fact) event() connector.Event {
	e := connector.Event{
		Type: f.Type, Entity: key(f.Kind, f.ID), Once: f.Once, At: f.happened(), Sequence: f.sequence(), Body: f.body(),
	}
	if f.Parent != "" {
		var kind, id string
		for i := range f.Parent {
			if f.Parent[i] == '/' {
				kind, id = f.Parent[:i], f.Parent[i+1:]
			}
		}
		e.Parents = []message.Key{key(kind, id)}
	}
	return e
}

// body is the smallest valid body of the type that differs from version to version.
func (f fact) body() any {
	title := fmt.Sprint("version ", f.Version, f.Filler)
	switch f.Type {
	case canonical.CustomerUpserted:
		return &canonical.Customer{ID: f.ID, FirstName: canonical.NewText(title), UpdatedAt: f.happened()}
	case canonical.PaymentCaptured:
		return &canonical.Payment{
			ID: f.ID, Order: f.ID, Name: title, Method: canonical.Card, At: f.happened(),
			Amount: canonical.Money{Minor: 1000, Currency: "EUR"},
		}
	default:
		status := canonical.OrderOpen
		if f.Out == later {
			status = canonical.OrderDraft
		}
		return &canonical.Order{
			ID: f.ID, Name: title, Status: status, Test: f.Out == final, Financial: canonical.Paid, Currency: "EUR",
			PlacedAt: f.happened(), UpdatedAt: f.happened(), Total: euros, Tax: euros, Rounding: euros,
		}
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
	return connector.Translation{Events: []connector.Event{f.event()}}, nil
}

// delivery is one webhook of the shop and what became of it at the door.
type delivery struct {
	id       string // webhook id: the same when it is sent again
	fact     fact
	body     []byte
	tries    int
	accepted bool // a 2xx reached the sender
	refused  bool // a 4xx did: the sender gives up
}

func newDelivery(id string, f fact) *delivery {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return &delivery{id: id, fact: f, body: body}
}

// raw is the id under which our inbox knows the delivery.
func (d *delivery) raw() string { return message.DeriveID(shop, d.id) }

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

// again sends what was not accepted once more, later and later.
func (w *world) again(d *delivery) {
	if d.accepted || d.refused || d.tries >= mostTries {
		return
	}
	w.post(d, w.between(time.Second, time.Second<<(2*min(d.tries, 6))))
}

func (w *world) receive(p *process, d *delivery) int {
	receiver := &pipeline.Receiver{Config: w.config(p), System: w.shop(p)}
	header := http.Header{"Content-Type": {"application/json"}, "X-Signature": {w.signature}, "X-Id": {d.id}}
	request := connector.Request{Method: http.MethodPost, Header: header, Body: d.body, At: p.clock()}
	return receiver.Receive(context.Background(), request).Status
}
