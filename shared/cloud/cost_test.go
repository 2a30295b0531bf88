package cloud_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/connector"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

// meter counts what DynamoDB would charge for (developer guide, "Read and write
// operations"): each started kilobyte written, each started four kilobytes read
// consistently.
type meter struct {
	http.RoundTripper
	t             *testing.T
	writes, reads int
}

func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch operation {
	case "PutItem", "BatchWriteItem":
		body, err := io.ReadAll(r.Body)
		must(m.t, err)
		for _, item := range read[written](m.t, request{body: body}).items() {
			m.writes += (itemBytes(m.t, item) + 1023) / 1024
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	case "GetItem":
		m.reads++
	}
	return m.RoundTripper.RoundTrip(r)
}

func itemBytes(t *testing.T, item map[string]value) (size int) {
	t.Helper()
	for name, v := range item {
		bytes, err := base64.StdEncoding.DecodeString(v.B)
		must(t, err)
		size += len(name) + len(v.S) + len(bytes)
		if v.N != "" {
			size += 21
		}
	}
	return size
}

// shop is a source whose deliveries are one customer each.
type shop struct{}

func (shop) Receive(context.Context, connector.Request) (*message.Raw, error) { return nil, nil }

func (shop) Translate(context.Context, *message.Raw) (connector.Translation, error) {
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.CustomerUpserted, Entity: message.Key{System: "shop", Tenant: "example-brand.myshopify.com", Type: "customer", ID: "7890123456789"},
		At: noon, UpdatedAt: noon, Body: &canonical.Customer{ID: "7890123456789", FirstName: canonical.NewText("Ada"), UpdatedAt: noon},
	}}}, nil
}

// The figures of doc.go for an event with one search key, its id: seven units for the journey
// to the bus, four for each target.
func TestWriteUnitsOfAJourney(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		m := &meter{RoundTripper: w.server.Transport(), t: t}
		a, err := account.Config(with(map[string]string{"AWS_ENDPOINT_URL": "http://aws.invalid"}), m)
		must(t, err)
		ports := cloud.Open(a, w.config).Ports()
		source := connector.System{Profile: connector.Profile{Name: "shop", Timeout: time.Second}, Source: shop{}}
		p := newPipeline(t, ports, w.clock.Now, source, erpSystem(&erp{}))
		raw := rawMessage(message.DeriveID("shop", "1"), []byte(`{"id":7890123456789}`))
		raw.CorrelationID = ""
		door, err := intake.New(p.Runtime, source)
		must(t, err)
		must(t, door.Accept(t.Context(), raw, noon))
		translator, err := p.Translator("shop")
		must(t, err)
		handle(t, ports.Queue, "shop-inbox", translator)
		if m.writes != 7 || m.reads != 1 {
			t.Errorf("to the bus: %d write units and %d reads, want 7 and 1", m.writes, m.reads)
		}
		handle(t, ports.Queue, porttest.Table()[2].Queue(), newDeliverer(t, p))
		if m.writes != 7+4 || m.reads != 1+2 {
			t.Errorf("to one target: %d write units and %d reads, want 11 and 3", m.writes, m.reads)
		}
	})
}

func handle(t *testing.T, queues port.Queue, queue string, handler port.Handler) {
	t.Helper()
	batch, err := queues.Receive(t.Context(), queue, 10, 0)
	must(t, err)
	if len(batch) != 1 {
		t.Fatalf("%d messages in %s", len(batch), queue)
	}
	must(t, port.Settle(t.Context(), queues, handler, batch[0]))
}
