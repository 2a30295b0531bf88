package netsuite_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func key(system, tenant, kind, id string) message.Key {
	return message.Key{System: system, Tenant: tenant, Type: kind, ID: id}
}

// rig is a connector that writes to a fake account.
type rig struct {
	t      *testing.T
	fake   *netsuitetest.Fake
	system connector.System
	refs   map[string]string
	url    string // of the account
}

// newRig starts an account with a few items. Extra settings override the fake's.
func newRig(t *testing.T, extra map[string]string) *rig {
	t.Helper()
	fake := netsuitetest.New(clock)
	if err := fake.AddItem("TEE-BLK-M", "HOOD-M"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	settings := fake.Settings(server.URL)
	maps.Copy(settings, extra)
	return &rig{t, fake, mustOpen(t, settings, &http.Transport{}), map[string]string{}, server.URL}
}

func mustOpen(t *testing.T, settings map[string]string, transport http.RoundTripper) connector.System {
	t.Helper()
	system, err := netsuite.Open(settings, connector.Deps{HTTP: transport, Now: clock, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if tr, ok := transport.(*http.Transport); ok {
		t.Cleanup(tr.CloseIdleConnections)
	}
	return system
}

// delivery is the attempt that the pipeline would make now.
func (r *rig) delivery(m *message.Message) connector.Delivery {
	r.t.Helper()
	d := r.unchecked(m)
	if err := canonical.Validate(d.Body); err != nil {
		r.t.Fatalf("the sample is not valid: %v", err)
	}
	return d
}

// unchecked is an attempt with a body that the pipeline need not have let through.
func (r *rig) unchecked(m *message.Message) connector.Delivery {
	r.t.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	d := connectorDelivery(m, body, r.refs)
	d.Ref = r.refs[m.Key().String()]
	return d
}

func connectorDelivery(m *message.Message, body any, parents map[string]string) connector.Delivery {
	return connector.Delivery{Message: m, Body: body, Parents: parents, Attempt: 1}
}

func (r *rig) deliver(ctx context.Context, m *message.Message) (connector.Receipt, error) {
	r.t.Helper()
	receipt, err := r.system.Target.Deliver(ctx, r.delivery(m))
	if err == nil {
		r.refs[m.Key().String()] = receipt.Ref
	}
	return receipt, err
}

func (r *rig) mustDeliver(messages ...*message.Message) connector.Receipt {
	r.t.Helper()
	var last connector.Receipt
	for _, m := range messages {
		receipt, err := r.deliver(r.t.Context(), m)
		if err != nil {
			r.t.Fatalf("delivering %s: %v", m.Type, err)
		}
		last = receipt
	}
	return last
}

// calls returns the requests since the last time it was asked.
func (r *rig) callsSince(before int) []string { return r.fake.Calls()[before:] }

// mustCase reads the messages of an approved case.
func mustCase(t *testing.T, name string) []*message.Message {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name, "in.json"))
	if err != nil {
		t.Fatal(err)
	}
	var messages []*message.Message
	if err := json.Unmarshal(data, &messages); err != nil {
		t.Fatal(err)
	}
	return messages
}

// edit returns a copy of the message with one text in its body replaced.
func edit(t *testing.T, m *message.Message, old, replacement string) *message.Message {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, m.Body); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(compact.String(), old) {
		t.Fatalf("the body holds no %s: %s", old, compact.String())
	}
	changed := *m
	changed.Body = json.RawMessage(strings.Replace(compact.String(), old, replacement, 1))
	return &changed
}

func last[T any](all []T) T { return all[len(all)-1] }

// nobody is a transport over which nothing may go.
type nobody struct{}

func (nobody) RoundTrip(*http.Request) (*http.Response, error) {
	panic("a request was made that should not have been")
}

// recorder has no record, confirms every write and keeps its body.
type recorder struct {
	header http.Header
	body   []byte
}

func (w *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	if req.Method == http.MethodGet {
		answer.WriteHeader(http.StatusNotFound)
		_, err := answer.WriteString(`{"o:errorDetails":[{"o:errorCode":"NONEXISTENT_ID"}]}`)
		return answer.Result(), err
	}
	var err error
	w.header = req.Header
	w.body, err = io.ReadAll(req.Body)
	answer.Header().Set("Location", req.URL.String()[:strings.LastIndex(req.URL.String(), "/")]+"/9")
	answer.WriteHeader(http.StatusNoContent)
	return answer.Result(), err
}

// minor returns what the sales order in the body adds up to, in minor units of two decimals.
func (w *recorder) minor(t *testing.T) int64 {
	t.Helper()
	var order struct {
		ShippingCost json.Number
		Item         struct {
			Items []struct{ Amount json.Number }
		}
	}
	if err := json.Unmarshal(w.body, &order); err != nil {
		t.Fatal(err)
	}
	amounts := []json.Number{order.ShippingCost}
	for _, l := range order.Item.Items {
		amounts = append(amounts, l.Amount)
	}
	var sum int64
	for _, amount := range amounts {
		m, err := canonical.ParseMoney(amount.String(), "USD")
		if err != nil {
			t.Fatal(err)
		}
		sum += m.Minor
	}
	return sum
}
