// Package bench_test measures what the house promises about speed: the translation of
// an order against the same work done with encoding/json in the same run, and the
// local engine from the door to the target. Every result is a ratio or a rate to be
// read; nothing fails because it was slow.
//
// Both sides take turns, and of each the fastest turn counts: what else runs on the
// machine can only add. "×json" is our time over theirs, "faster" the reverse.
package bench_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// sizes are the line items of the orders: usual, large, and the largest that comes as
// a webhook of some 300 KB.
var sizes = []int{3, 30, 200}

// BenchmarkTranslate takes an order from the webhook's bytes over the canonical model
// to the bytes that the target is sent, against encoding/json. Our side also reads whether
// the target has the order: signing that request and reading its answer are part of it.
func BenchmarkTranslate(b *testing.B) {
	for _, lines := range sizes {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			t := newTranslation(b, lines)
			t.compare(b, func() { t.encode(b, t.decode(b)) }, func() { typedTranslation(b, t.raw.Body, nil) })
		})
	}
}

// BenchmarkTranslateValidated also checks the model's rules and that the order
// balances, against encoding/json and a validated struct.
func BenchmarkTranslateValidated(b *testing.B) {
	for _, lines := range sizes {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			t, rules := newTranslation(b, lines), validator.New()
			t.compare(b, func() {
				order := t.decode(b)
				t.validate(b, order)
				t.encode(b, order)
			}, func() { typedTranslation(b, t.raw.Body, rules) })
		})
	}
}

// BenchmarkTranslateOverBus also writes and reads the canonical event between the two
// steps, as it travels, against encoding/json without any stop on the way.
func BenchmarkTranslateOverBus(b *testing.B) {
	for _, lines := range sizes {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			t, rules := newTranslation(b, lines), validator.New()
			t.compare(b, func() {
				order := t.decode(b)
				t.validate(b, order)
				t.encode(b, t.read(b, t.write(b, order)))
			}, func() { typedTranslation(b, t.raw.Body, rules) })
		})
	}
}

// BenchmarkStep measures each step of the way alone.
func BenchmarkStep(b *testing.B) {
	for _, lines := range sizes {
		t := newTranslation(b, lines)
		order := t.decode(b)
		written := t.write(b, order)
		for _, step := range []struct {
			name string
			work func()
		}{
			{"decode", func() { t.decode(b) }},
			{"validate", func() { t.validate(b, order) }},
			{"write", func() { t.write(b, order) }},
			{"read", func() { t.read(b, written) }},
			{"encode", func() { t.encode(b, order) }},
			{"deliver", func() { t.deliver(b, order) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", step.name, lines), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					step.work()
				}
			})
		}
	}
}

// translation is both connectors and one order.
type translation struct {
	source  connector.Source
	unsent  connector.Target // cannot sign the write, so that a delivery ends when the body is written
	target  connector.Target // is answered at once
	written *written
	raw     *message.Raw
	message *message.Message
	parents map[string]string
}

func newTranslation(b *testing.B, lines int) *translation {
	b.Helper()
	t := &translation{written: &written{}}
	t.raw = &message.Raw{
		ID: "bench", Topic: "orders/create", Tenant: shopifytest.Shop, Body: shopifytest.Order(lines), ReceivedAt: shopifytest.Start,
	}
	t.source = mustOpen(b, shopify.Open, shopifytest.New().Settings("http://127.0.0.1"), connector.Deps{HTTP: t.written, Now: time.Now, CrossRef: first{}}).Source
	settings := netsuitetest.New(time.Now).Settings("http://127.0.0.1")
	unsigned := &unsigned{}
	t.unsent = mustOpen(b, netsuite.Open, settings, connector.Deps{HTTP: unsigned, Now: time.Now, Random: unsigned}).Target
	t.target = mustOpen(b, netsuite.Open, settings, connector.Deps{HTTP: t.written, Now: time.Now, Random: rand.Reader}).Target
	order := t.decode(b)
	key := message.Key{System: shopify.Name, Tenant: shopifytest.Shop, Type: "order", ID: order.ID}
	t.message = &message.Message{
		ID: "bench", Source: message.SourcePrefix + key.System, Type: canonical.OrderPlaced, Subject: key.Type + "/" + key.ID, Tenant: key.Tenant,
	}
	customer := message.Key{System: key.System, Tenant: key.Tenant, Type: "customer", ID: order.Buyer.Customer}
	t.parents = map[string]string{customer.String(): "601"}
	t.prove(b, order)
	return t
}

// prove makes sure that the whole work is measured: encode ends before the second request.
func (t *translation) prove(b *testing.B, order *canonical.Order) {
	b.Helper()
	t.deliver(b, order)
	if got := strings.Join(t.written.methods, ", "); got != "GET, PUT" {
		b.Fatalf("a delivery sends %s, want one read and then the write", got)
	}
	if err := netsuitetest.Refuses("salesOrder", t.written.body); err != nil {
		b.Fatal(err)
	}
	if got, want := bytes.Count(t.written.body, []byte(`"quantity"`)), len(order.Lines)+1; got != want {
		b.Fatalf("the sales order has %d lines, want %d with the tax: %s", got, want, t.written.body)
	}
}

func mustOpen(b *testing.B, open func(map[string]string, connector.Deps) (connector.System, error), settings map[string]string, deps connector.Deps) connector.System {
	b.Helper()
	system, err := open(settings, deps)
	if err != nil {
		b.Fatal(err)
	}
	return system
}

func (t *translation) decode(b *testing.B) *canonical.Order {
	translated, err := t.source.Translate(b.Context(), t.raw)
	if err != nil {
		b.Fatal(err)
	}
	for _, event := range translated.Events {
		if order, ok := event.Body.(*canonical.Order); ok {
			return order
		}
	}
	b.Fatal("no order came of it")
	return nil
}

func (t *translation) validate(b *testing.B, order *canonical.Order) {
	if err := canonical.Validate(order); err != nil {
		b.Fatal(err)
	}
}

func (t *translation) write(b *testing.B, order *canonical.Order) []byte {
	data, err := canonical.Encode(order)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

func (t *translation) read(b *testing.B, data []byte) *canonical.Order {
	entity, err := canonical.Decode(canonical.OrderPlaced, data)
	if err != nil {
		b.Fatal(err)
	}
	return entity.(*canonical.Order)
}

// encode reads that the target has no record, writes the target's bytes and goes no further:
// the connector signs a request after its body is written, and here it cannot.
func (t *translation) encode(b *testing.B, order *canonical.Order) {
	_, err := t.unsent.Deliver(b.Context(), t.delivery(order))
	if !errors.Is(err, errNoRandomness) {
		b.Fatalf("delivery ended with %v", err)
	}
}

// deliver also signs, sends and reads the answer.
func (t *translation) deliver(b *testing.B, order *canonical.Order) {
	if _, err := t.target.Deliver(b.Context(), t.delivery(order)); err != nil {
		b.Fatal(err)
	}
}

func (t *translation) delivery(order *canonical.Order) connector.Delivery {
	return connector.Delivery{Message: t.message, Body: order, Parents: t.parents, Attempt: 1}
}

// compare measures ours as the benchmark does, and then both in turns.
func (t *translation) compare(b *testing.B, ours, theirs func()) {
	b.Helper()
	b.SetBytes(int64(len(t.raw.Body)))
	b.ReportAllocs()
	for b.Loop() {
		ours()
	}
	one := b.Elapsed() / time.Duration(b.N)
	repeat := int(max(1, slice/one))
	fastest := [2]time.Duration{time.Hour, time.Hour}
	for range turns {
		fastest[0] = min(fastest[0], clock(repeat, ours))
		fastest[1] = min(fastest[1], clock(repeat, theirs))
	}
	ratio := fastest[0].Seconds() / fastest[1].Seconds()
	b.ReportMetric(fastest[0].Seconds()/float64(repeat)*1e6, "µs/op")
	b.ReportMetric(ratio, "×json")
	b.ReportMetric(1/ratio, "faster")
}

// turns and slice make a comparison: so many times, about so long on our side.
const (
	turns = 21
	slice = 10 * time.Millisecond
)

func clock(repeat int, work func()) time.Duration {
	began := time.Now()
	for range repeat {
		work()
	}
	return time.Since(began)
}

// first is a memory in which every choice is the first.
type first struct{ connector.CrossRef }

func (first) Bind(_ context.Context, _ message.Key, _, value string) (string, error) {
	return value, nil
}

var errNoRandomness = errors.New("no randomness")

// unsigned is a target without records, and the randomness that signs one read of it: the
// request that follows the read cannot be signed.
type unsigned struct{ read bool }

func (u *unsigned) Read(p []byte) (int, error) {
	if u.read {
		u.read = false
		return 0, errNoRandomness
	}
	return len(p), nil
}

func (u *unsigned) RoundTrip(request *http.Request) (*http.Response, error) {
	u.read = true
	return instant{}.RoundTrip(request)
}

// written is a target without records that confirms every write. It keeps the last body.
type written struct {
	methods []string
	body    []byte
}

func (w *written) RoundTrip(request *http.Request) (*http.Response, error) {
	w.methods = append(w.methods, request.Method)
	if request.Body != nil {
		var err error
		if w.body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	return instant{}.RoundTrip(request)
}
