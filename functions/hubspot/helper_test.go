package hubspot_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

const shop = "example-brand.myshopify.com"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// memory is a connector.CrossRef. before is called before each binding; it may be nil.
type memory struct {
	connector.CrossRef // has no other method
	mu                 sync.Mutex
	bound              map[string]string
	before             func(attribute, value string)
}

func (m *memory) Bind(_ context.Context, key message.Key, attribute, value string) (string, error) {
	if m.before != nil {
		m.before(attribute, value)
	}
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

// account is a fake HubSpot with the connector opened against it.
type account struct {
	*testing.T
	fake   *hubspottest.Fake
	system connector.System
	memory *memory
	mu     sync.Mutex
	refs   map[string]string // by key, as the pipeline remembers them
	now    time.Time
}

func newAccount(t *testing.T, settings map[string]string) *account {
	t.Helper()
	a := &account{T: t, now: noon, refs: map[string]string{}, memory: &memory{}}
	a.fake = hubspottest.New(func() time.Time { return a.now })
	a.system = openSystem(t, a.fake, &http.Transport{}, settings, func() time.Time { return a.now }, a.memory)
	return a
}

func openSystem(t *testing.T, fake *hubspottest.Fake, transport http.RoundTripper, settings map[string]string, now func() time.Time, known connector.CrossRef) connector.System {
	t.Helper()
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	if idle, ok := transport.(*http.Transport); ok {
		t.Cleanup(idle.CloseIdleConnections)
	}
	all := fake.Settings(server.URL)
	maps.Copy(all, settings)
	system, err := hubspot.Open(all, connector.Deps{HTTP: transport, Now: now, Random: rand.Reader, CrossRef: known})
	if err != nil {
		t.Fatal(err)
	}
	return system
}

// buyer returns the customer, changed.
func buyer(change func(*canonical.Customer)) *canonical.Customer {
	c := &canonical.Customer{
		ID: "7", Email: canonical.NewText("Ada@Example.com"), FirstName: canonical.NewText("Ada"), LastName: canonical.NewText("Byron"),
		Phone: canonical.NewText("+1 212 555 0100"), UpdatedAt: noon,
		Address: &canonical.Address{
			Line1: canonical.NewText("12 Main St"), Line2: canonical.NewText("Apt 4"), City: canonical.NewText("New York"), Region: canonical.NewText("NY"),
			PostalCode: canonical.NewText("10001"), Country: "US",
		},
	}
	if change != nil {
		change(c)
	}
	return c
}

// sale returns an order of two tees and a hoodie, changed.
func sale(change func(*canonical.Order)) *canonical.Order {
	o := &canonical.Order{
		ID: "5001", Name: "#1001", Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: noon.Add(-2 * time.Hour), UpdatedAt: noon,
		NeedsShipping: true, Currency: "USD", Total: usd(13700), Tax: usd(0), Rounding: usd(0), Buyer: canonical.Buyer{Customer: "7", Email: canonical.NewText("ada@example.com")},
		Shipping: buyer(nil).Address,
		Lines: []canonical.OrderLine{
			{ID: "1", Kind: canonical.ProductLine, SKU: "TEE-BLK-M", Title: "Merino Tee", Quantity: pieces(2), UnitPrice: canonical.NewDecimal(3900, 2), Discount: usd(100), Tax: usd(0), Ships: true},
			{ID: "2", Kind: canonical.ProductLine, SKU: "HOOD-M", Title: "Hoodie", Quantity: pieces(1), UnitPrice: canonical.NewDecimal(6000, 2), Discount: usd(0), Tax: usd(0), Ships: true},
		},
	}
	if change != nil {
		change(o)
	}
	return o
}

func shipment(id string, quantity int64) *canonical.Shipment {
	return &canonical.Shipment{
		ID: id, Order: "5001", Status: canonical.Shipped, Carrier: "UPS", ShippedAt: noon, Tracking: []canonical.Tracking{{Number: "1Z" + id}},
		Lines: []canonical.ShipmentLine{{SKU: "TEE-BLK-M", Quantity: pieces(quantity)}},
	}
}

func refund(id string, minor int64) *canonical.Refund {
	return &canonical.Refund{
		ID: id, Order: "5001", Amount: usd(minor), Tax: usd(0), Rounding: usd(0), Settled: true, At: noon,
		Transactions: []canonical.RefundTransaction{{ID: id, Method: canonical.Card, Amount: usd(minor), At: noon}},
	}
}

func usd(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }

func pieces(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

func keyOf(kind, id string) message.Key {
	return message.Key{System: "shopify", Tenant: shop, Type: kind, ID: id}
}

// messageOf returns the message of a body.
func messageOf(t *testing.T, kind string, body any) *message.Message {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	m := &message.Message{ID: message.DeriveID(kind, string(encoded)), Source: "causeway.shopify", Type: kind, Tenant: shop, Body: encoded}
	switch b := body.(type) {
	case *canonical.Customer:
		m.Subject = "customer/" + b.ID
	case *canonical.Order:
		m.Subject = "order/" + b.ID
		if b.Buyer.Customer != "" {
			m.Parents = []message.Key{keyOf("customer", b.Buyer.Customer)}
		}
	case *canonical.Shipment:
		m.Source, m.Tenant, m.Subject, m.Parents = "causeway.shipbob", "main", "shipment/"+b.ID, []message.Key{keyOf("order", b.Order)}
	case *canonical.Refund:
		m.Subject, m.Parents = "refund/"+b.ID, []message.Key{keyOf("order", b.Order)}
	case *canonical.Return:
		m.Source, m.Tenant, m.Subject, m.Parents = "causeway.shipbob", "main", "return/"+b.ID, []message.Key{keyOf("order", b.Order)}
	case *canonical.WarehouseOrder:
		m.Source, m.Tenant, m.Subject, m.Parents = "causeway.shipbob", "main", "warehouse_order/"+keyOf("order", b.Order).String(), []message.Key{keyOf("order", b.Order)}
	}
	return m
}

var kinds = map[string]func(any) bool{
	canonical.CustomerUpserted: is[*canonical.Customer], canonical.OrderChanged: is[*canonical.Order],
	canonical.ShipmentShipped: is[*canonical.Shipment], canonical.RefundSettled: is[*canonical.Refund],
	canonical.OrderHeld: is[*canonical.WarehouseOrder], canonical.ReturnRequested: is[*canonical.Return],
}

func is[T any](body any) bool {
	_, ok := body.(T)
	return ok
}

// delivery is what the pipeline hands over for the body.
func (a *account) delivery(body any) connector.Delivery {
	a.Helper()
	kind := ""
	for name, fits := range kinds {
		if fits(body) {
			kind = name
		}
	}
	m := messageOf(a.T, kind, body)
	a.mu.Lock()
	defer a.mu.Unlock()
	parents := map[string]string{}
	for _, parent := range m.Parents {
		parents[parent.String()] = a.refs[parent.String()]
	}
	return connector.Delivery{Message: m, Body: body, Ref: a.refs[m.Key().String()], Parents: parents, Attempt: 1}
}

// deliver delivers the body once, with what the pipeline would remember.
func (a *account) deliver(body any) (connector.Receipt, error) {
	a.Helper()
	d := a.delivery(body)
	receipt, err := a.system.Target.Deliver(a.Context(), d)
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.refs[d.Message.Key().String()] = receipt.Ref
	}
	return receipt, err
}

// confirm delivers the bodies and fails unless each is confirmed.
func (a *account) confirm(bodies ...any) (receipt connector.Receipt) {
	a.Helper()
	for _, body := range bodies {
		var err error
		if receipt, err = a.deliver(body); err != nil {
			a.Fatal(err)
		}
	}
	return receipt
}

// refuse delivers the body and fails unless it fails.
func (a *account) refuse(body any) *fault.Error {
	a.Helper()
	receipt, err := a.deliver(body)
	f := fault.As(err)
	if f == nil {
		a.Fatalf("confirmed: %+v", receipt)
	}
	return f
}

// only returns the only record of the object.
func (a *account) only(object string) hubspottest.Record {
	a.Helper()
	all := a.fake.Records(object)
	if len(all) != 1 {
		a.Fatalf("HubSpot has %d %s, want 1: %+v", len(all), object, all)
	}
	return all[0]
}

// want fails unless the properties have these values; "" is none.
func (a *account) want(r hubspottest.Record, properties map[string]string) {
	a.Helper()
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if got := r.Properties[name]; got != properties[name] {
			a.Errorf("%s is %q, want %q", name, got, properties[name])
		}
	}
}
