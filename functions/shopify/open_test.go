package shopify_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var now = time.Date(2026, 11, 22, 21, 5, 50, 0, time.UTC)

// memory is a CrossRef that counts its calls by attribute. It forgets what is bound to the
// attribute forgets: tests of amounts give one order many totals.
type memory struct {
	mu      sync.Mutex
	bound   map[string]string
	parts   map[string]map[string]connector.Portion
	calls   map[string]int
	forgets string
	err     error
}

// Gather keeps the newest version of each part.
func (m *memory) Gather(_ context.Context, key message.Key, attribute string, portion connector.Portion) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[attribute]++
	if m.err != nil {
		return nil, m.err
	}
	name := key.String() + "#" + attribute
	if m.parts[name] == nil {
		m.parts[name] = map[string]connector.Portion{}
	}
	if found, known := m.parts[name][portion.Name]; !known || found.Version < portion.Version {
		m.parts[name][portion.Name] = portion
	}
	values := map[string]string{}
	for part, each := range m.parts[name] {
		values[part] = each.Value
	}
	return values, nil
}

func (m *memory) Bind(_ context.Context, key message.Key, attribute, value string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[attribute]++
	if attribute == m.forgets {
		return value, nil
	}
	if m.err != nil {
		return "", m.err
	}
	name := key.String() + "#" + attribute
	if _, known := m.bound[name]; !known {
		m.bound[name] = value
	}
	return m.bound[name], nil
}

// shop is an opened connector with the fake that it calls.
type shop struct {
	connector.System
	fake   *shopifytest.Fake
	memory *memory
}

type overrides map[string]string

func open(t testing.TB, changed overrides) *shop {
	t.Helper()
	fake := shopifytest.New()
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	settings := fake.Settings(server.URL)
	maps.Copy(settings, changed)
	remembered := &memory{bound: map[string]string{}, parts: map[string]map[string]connector.Portion{}, calls: map[string]int{}, forgets: "sale"}
	system, err := shopify.Open(settings, connector.Deps{
		HTTP: server.Client().Transport, Now: func() time.Time { return now }, CrossRef: remembered,
	})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return &shop{system, fake, remembered}
}

func (s *shop) translate(t testing.TB, topic string, body []byte) (connector.Translation, error) {
	t.Helper()
	raw, err := s.Source.Receive(t.Context(), shopifytest.Delivery{Topic: topic, Body: body}.Request(now))
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	return s.Source.Translate(t.Context(), raw)
}

// report translates a state that the shop has, so that it can be asked for more.
func (s *shop) report(t testing.TB, topic string, body []byte) []connector.Event {
	t.Helper()
	s.fake.Put(body)
	return s.mustTranslate(t, topic, body)
}

func (s *shop) mustTranslate(t testing.TB, topic string, body []byte) []connector.Event {
	t.Helper()
	translation, err := s.translate(t, topic, body)
	if err != nil {
		t.Fatalf("Translate: %v", err)
	}
	return translation.Events
}

func types(events []connector.Event) []string {
	names := make([]string, len(events))
	for i, event := range events {
		names[i] = event.Type
	}
	return names
}

// bodyOf returns the body of the first event of the type.
func bodyOf[T any](t testing.TB, events []connector.Event, kind string) T {
	t.Helper()
	for _, event := range events {
		if body, ok := event.Body.(T); ok && event.Type == kind {
			return body
		}
	}
	t.Fatalf("no %s among %v", kind, types(events))
	var none T
	return none
}

// order returns the body of the order event of any type.
func order(t testing.TB, events []connector.Event) *canonical.Order {
	t.Helper()
	for _, event := range events {
		if body, ok := event.Body.(*canonical.Order); ok {
			return body
		}
	}
	t.Fatalf("no order event among %v", types(events))
	return nil
}

func payments(events []connector.Event) []*canonical.Payment {
	var all []*canonical.Payment
	for _, event := range events {
		if payment, ok := event.Body.(*canonical.Payment); ok {
			all = append(all, payment)
		}
	}
	return all
}

func mustRead(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// recorded returns a published delivery with the headers it was signed with.
func recorded(t testing.TB, headers, body string) connector.Request {
	t.Helper()
	var values map[string]string
	if err := json.Unmarshal(mustRead(t, "headers", headers+".json"), &values); err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for name, value := range values {
		header.Set(name, value)
	}
	return connector.Request{Method: http.MethodPost, Header: header, Body: mustRead(t, body, "in.json"), At: now}
}

// wantFault checks kind, class and field of an error.
func wantFault(t testing.TB, err error, kind fault.Kind, class fault.Class, field string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v/%v at %q", kind, class, field)
	}
	e := fault.As(err)
	if e.Kind != kind || e.ClassOrDefault() != class || e.Field != field {
		t.Errorf("got %v/%v at %q (%v), want %v/%v at %q", e.Kind, e.ClassOrDefault(), e.Field, err, kind, class, field)
	}
}

func usd(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }

func eur(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "EUR"} }
