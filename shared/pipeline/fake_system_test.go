package pipeline_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// change is the fake system's wire format: one entity that changed.
type change struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Version int      `json:"version"` // minutes of its updated-at
	Hint    int      `json:"hint"`    // seconds of its hint; 0: none
	Name    string   `json:"name"`    // its content
	Status  string   `json:"status"`  // of an order; "" is open
	Paid    string   `json:"paid"`    // financial state of an order; "" is paid
	Parents []string `json:"parents"` // ids of customers
}

const (
	customer = canonical.CustomerUpserted
	captured = canonical.PaymentCaptured // a fact
)

// versions is when version 0 was made. All are older than the tests' clock.
var versions = epoch.Add(-3 * time.Hour)

func customerKey(id string) message.Key {
	return message.Key{System: "shop", Tenant: "t1", Type: "customer", ID: id}
}

// event returns the canonical event of the change.
func (c change) event() connector.Event {
	at := versions.Add(time.Duration(c.Version) * time.Minute)
	kind, _, _ := strings.Cut(c.Type, ".")
	e := connector.Event{
		Type: c.Type, At: epoch, UpdatedAt: at, Entity: message.Key{System: "shop", Tenant: "t1", Type: kind, ID: c.ID}, Body: c.body(at),
	}
	if c.Hint > 0 {
		e.Hint = at.Add(time.Duration(c.Hint) * time.Second)
	}
	for _, parent := range c.Parents {
		e.Parents = append(e.Parents, customerKey(parent))
	}
	return e
}

func (c change) body(at time.Time) any {
	zero := canonical.Money{Currency: "EUR"}
	switch {
	case c.Type == captured:
		return &canonical.Payment{ID: c.ID, Order: "1", Name: c.Name, Method: canonical.Card, Amount: zero, At: epoch}
	case strings.HasPrefix(c.Type, "order."):
		o := &canonical.Order{
			ID: c.ID, Name: "#" + c.ID, Status: canonical.OrderStatus(c.Status), Financial: canonical.FinancialState(c.Paid), PlacedAt: versions,
			UpdatedAt: at, Currency: "EUR", Tax: zero, Rounding: zero, Total: zero, Note: canonical.NewText(c.Name),
		}
		if c.Status == "" {
			o.Status = canonical.OrderOpen
		}
		if c.Paid == "" {
			o.Financial = canonical.Paid
		}
		return o
	}
	// The content of a customer does not contain its version.
	return &canonical.Customer{ID: c.ID, FirstName: canonical.NewText(c.Name), UpdatedAt: versions}
}

// nameOf returns the content of a body.
func nameOf(body any) string {
	switch b := body.(type) {
	case *canonical.Customer:
		return b.FirstName.String()
	case *canonical.Order:
		return b.Note.String()
	case *canonical.Payment:
		return b.Name
	}
	return ""
}

// fakeSystem is a source and a target. A test chooses each of its answers.
type fakeSystem struct {
	translateErr error
	skip         string
	translation  func(change) []connector.Event

	mu            sync.Mutex
	written       []string // event ids, in the order in which the target took effect
	fail          []error  // answers of the next deliveries, nil for success
	failing       func(connector.Delivery) error
	exchange      connector.Exchange        // that each delivery makes
	privacy       *connector.PrivacyRequest // with skip
	known         map[string]string         // what a search finds, by entity id
	finds         int
	deliveries    []connector.Delivery
	panicOn       string
	duringDeliver func()
}

func (s *fakeSystem) Receive(context.Context, connector.Request) (*message.Raw, error) {
	return nil, nil
}

func (s *fakeSystem) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var c change
	if err := json.Unmarshal(raw.Body, &c); err != nil {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Field: "body", Err: err}
	}
	if s.translateErr != nil || s.skip != "" {
		return connector.Translation{Skip: s.skip, Privacy: s.privacy}, s.translateErr
	}
	if s.translation != nil {
		return connector.Translation{Events: s.translation(c)}, nil
	}
	return connector.Translation{Events: []connector.Event{c.event()}}, nil
}

func (s *fakeSystem) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, d)
	if s.exchange.Method != "" {
		*connector.ExchangeOf(ctx) = s.exchange
	}
	if s.duringDeliver != nil {
		s.duringDeliver()
	}
	if d.Message.Key().ID == s.panicOn {
		panic("the fake system panics")
	}
	var failure error
	if len(s.fail) > 0 {
		failure, s.fail = s.fail[0], s.fail[1:]
	} else if s.failing != nil {
		failure = s.failing(d)
	}
	if failure != nil {
		return connector.Receipt{}, failure
	}
	s.written = append(s.written, d.Message.ID)
	return connector.Receipt{Ref: "ref-" + d.Message.Key().ID, Detail: "done"}, nil
}

func (s *fakeSystem) Find(_ context.Context, key message.Key) (string, error) {
	s.finds++
	return s.known[key.ID], nil
}

// names returns the contents in the order in which the target took effect.
func (s *fakeSystem) names() (names []string) {
	written := s.written
	for _, d := range s.deliveries {
		if len(written) > 0 && written[0] == d.Message.ID {
			names, written = append(names, nameOf(d.Body)), written[1:]
		}
	}
	return names
}

// targetFunc is a target that finds nothing.
type targetFunc func(context.Context, connector.Delivery) (connector.Receipt, error)

func (f targetFunc) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	return f(ctx, d)
}

func (f targetFunc) Find(context.Context, message.Key) (string, error) { return "", nil }
