package cloud_test

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/cloud"
	"causeway/shared/connector"
	"causeway/shared/message"
	"causeway/shared/pipeline"
	"causeway/shared/port/porttest"
	"causeway/shared/retry"
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
		At: noon, Sequence: message.NewSequence(noon, false, time.Time{}), Body: &canonical.Customer{ID: "7890123456789", FirstName: canonical.NewText("Ada"), UpdatedAt: noon},
	}}}, nil
}

// The figures of doc.go: six units for the journey to the bus, three for each target.
func TestWriteUnitsOfAJourney(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		m := &meter{RoundTripper: w.server.Transport(), t: t}
		account, err := cloud.AWS(with(map[string]string{"AWS_ENDPOINT_URL": "http://aws.invalid"}), m)
		must(t, err)
		config := &pipeline.Config{
			Ports: cloud.Open(account, w.config).Ports(), Now: w.clock.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler),
			Build: "1.2.3", Policy: retry.DefaultPolicy(), Routes: porttest.Table(),
		}
		source := connector.System{Profile: connector.Profile{Name: "shop", Timeout: time.Second}, Source: shop{}}
		raw := rawMessage(message.DeriveID("shop", "1"), []byte(`{"id":7890123456789}`))
		raw.CorrelationID = ""
		must(t, (&pipeline.Receiver{Config: config, System: source}).Accept(t.Context(), raw, noon))
		handle(t, config, "shop-inbox", &pipeline.Translator{Config: config, System: source})
		if m.writes != 6 || m.reads != 1 {
			t.Errorf("to the bus: %d write units and %d reads, want 6 and 1", m.writes, m.reads)
		}
		deliverer := newDeliverer(config, &erp{})
		handle(t, config, deliverer.Route.Queue(), deliverer)
		if m.writes != 6+3 || m.reads != 1+2 {
			t.Errorf("to one target: %d write units and %d reads, want 9 and 3", m.writes, m.reads)
		}
	})
}

func handle(t *testing.T, config *pipeline.Config, queue string, handler port.Handler) {
	t.Helper()
	batch, err := config.Queue.Receive(t.Context(), queue, 10, 0)
	must(t, err)
	if len(batch) != 1 {
		t.Fatalf("%d messages in %s", len(batch), queue)
	}
	must(t, port.Settle(t.Context(), config.Queue, handler, batch[0]))
}
