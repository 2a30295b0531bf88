package shipbob_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

const (
	shop      = "example-brand.myshopify.com"
	reference = "shopify/" + shop + "/order/5001"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// memory is a connector.CrossRef.
type memory struct {
	connector.CrossRef // has no other method
	mu                 sync.Mutex
	bound              map[string]string
}

func (m *memory) Bind(_ context.Context, key message.Key, attribute, value string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bound == nil {
		m.bound = map[string]string{}
	}
	name := key.String() + " " + attribute
	if m.bound[name] == "" {
		m.bound[name] = value
	}
	return m.bound[name], nil
}

// account is a fake ShipBob with the connector opened against it.
type account struct {
	*testing.T
	fake   *shipbobtest.Fake
	system connector.System
	ref    string // of the order, as the pipeline remembers it
	now    time.Time
}

func newAccount(t *testing.T, settings map[string]string) *account {
	t.Helper()
	a := &account{T: t, now: noon}
	a.fake = shipbobtest.New(func() time.Time { return a.now })
	a.system = openSystem(t, a.fake, &http.Transport{}, settings, func() time.Time { return a.now })
	return a
}

func openSystem(t *testing.T, fake *shipbobtest.Fake, transport http.RoundTripper, settings map[string]string, now func() time.Time) connector.System {
	t.Helper()
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	if idle, ok := transport.(*http.Transport); ok {
		t.Cleanup(idle.CloseIdleConnections)
	}
	all := fake.Settings(server.URL)
	maps.Copy(all, settings)
	system, err := shipbob.Open(all, connector.Deps{HTTP: transport, Now: now, Random: rand.Reader, CrossRef: &memory{}})
	if err != nil {
		t.Fatal(err)
	}
	return system
}

// sale returns an order of two tees and a hoodie, changed.
func sale(change func(*canonical.Order)) *canonical.Order {
	o := &canonical.Order{
		ID: "5001", Name: "#1001", Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: noon.Add(-2 * time.Hour), UpdatedAt: noon,
		NeedsShipping: true, Currency: "USD", Buyer: canonical.Buyer{Email: canonical.NewText("ada@example.com")},
		Shipping: &canonical.Address{
			FirstName: canonical.NewText("Ada"), LastName: canonical.NewText("Byron"), Line1: canonical.NewText("12 Main St"), Line2: canonical.NewText("Apt 4"),
			City: canonical.NewText("New York"), Region: canonical.NewText("NY"), PostalCode: canonical.NewText("10001"), Country: "US", Phone: canonical.NewText("+1 212 555 0100"),
		},
		Lines: []canonical.OrderLine{
			{ID: "1", Kind: canonical.ProductLine, SKU: "TEE-BLK-M", Title: "Merino Tee", Quantity: pieces(2), Ships: true},
			{ID: "2", Kind: canonical.ProductLine, SKU: "HOOD-M", Title: "Hoodie", Quantity: pieces(1), Ships: true},
			{ID: "3", Kind: canonical.GiftCardLine, SKU: "GIFT", Title: "Gift card", Quantity: pieces(1)},
		},
		Deliveries: []canonical.DeliveryLine{{Code: "std", Title: "Standard Shipping"}},
	}
	if change != nil {
		change(o)
	}
	return o
}

func pieces(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

func messageOf(t *testing.T, kind string, o *canonical.Order) *message.Message {
	t.Helper()
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: message.DeriveID(kind, string(body)), Source: "causeway.shopify", Type: kind, Tenant: shop, Subject: "order/" + o.ID, Body: body,
	}
}

// deliver delivers the order's state once, with what the pipeline would remember.
func (a *account) deliver(o *canonical.Order) (connector.Receipt, error) {
	a.Helper()
	receipt, err := a.system.Target.Deliver(a.Context(), connector.Delivery{
		Message: messageOf(a.T, canonical.OrderChanged, o), Body: o, Ref: a.ref, Attempt: 1,
	})
	if err == nil && receipt.Ref != "" {
		a.ref = receipt.Ref
	}
	return receipt, err
}

// confirm delivers the state and fails unless it is confirmed.
func (a *account) confirm(o *canonical.Order) connector.Receipt {
	a.Helper()
	receipt, err := a.deliver(o)
	if err != nil {
		a.Fatal(err)
	}
	return receipt
}

// refuse delivers the state and fails unless it ends in the code.
func (a *account) refuse(o *canonical.Order, code string) *fault.Error {
	a.Helper()
	receipt, err := a.deliver(o)
	f := fault.As(err)
	if f == nil || f.Code != code {
		a.Fatalf("got %+v, %v, want %s", receipt, err, code)
	}
	return f
}

// books returns the state of each order in the books by its reference id.
func (a *account) books() map[string]string {
	states := map[string]string{}
	for _, o := range a.fake.Orders() {
		states[o.Reference] = o.Status()
	}
	return states
}

func (a *account) wantBooks(want map[string]string) {
	a.Helper()
	if got := a.books(); !maps.Equal(got, want) {
		a.Errorf("ShipBob's books are %v, want %v", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
