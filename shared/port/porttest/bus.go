package porttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/routes"
)

// TestBus proves a port.Bus, through the queues that its routes end in.
func TestBus(t *testing.T, open Open) {
	t.Helper()
	cases{
		{"a message reaches every route that matches and no other", busRoutes},
		{"a message arrives byte for byte", busRoundTrip},
		{"what began in the target is not sent back to it", busEcho},
		{"a message that no route matches is no error", busNoRoute},
		{"a large batch arrives as a whole", busBatch},
		{"a claim passes through", busClaim},
		{"a message that cannot be written is an error", busUnwritable},
		{"a context that has ended is an error", busCanceled},
		{"publishing again gives the same id", busAgain},
		{"what was published survives a restart", busDurable},
	}.run(t, open)
}

func sampleMessage(id, kind string) *message.Message {
	at := time.Date(2026, 11, 22, 21, 5, 44, 123_000_000, time.UTC)
	return &message.Message{
		ID: id, Source: message.SourcePrefix + "shop", Type: kind, Subject: "order/5001", Time: at,
		Tenant: "brand.example", Schema: "order/1", Sequence: message.NewSequence(at, false, time.Time{}), CorrelationID: "c-" + id,
		CausationID: "r-" + id, Origin: "shop", Hops: 1, ExternalRefs: map[string]string{"crm": "17"},
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Parents:     []message.Key{{System: "shop", Tenant: "brand.example", Type: "customer", ID: "9"}},
		Body:        json.RawMessage(`{"id":"5001","note":"<b>&\u2028 ä 日本 😀","minor":9007199254740993}`),
	}
}

func (h Harness) mustPublish(t *testing.T, messages ...*message.Message) {
	t.Helper()
	must(t, h.Bus.Publish(t.Context(), messages))
}

// mustArrive returns the messages in the queue of the route, in the order of ids.
func (h Harness) mustArrive(t *testing.T, route string, ids ...string) []*message.Message {
	t.Helper()
	var arrived []*message.Message
	for _, in := range h.drain(t, route, len(ids)) {
		m, err := message.Decode(in.Body)
		must(t, err)
		arrived = append(arrived, m)
	}
	slices.SortFunc(arrived, func(a, b *message.Message) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	got := []string{}
	for _, m := range arrived {
		got = append(got, m.ID)
	}
	if slices.Sort(ids); !slices.Equal(got, ids) {
		t.Fatalf("%s got %q, want %q", route, got, ids)
	}
	return arrived
}

func busRoutes(t *testing.T, h Harness) {
	h.mustPublish(t, sampleMessage("m1", "order.placed"), sampleMessage("m2", "order.changed"), sampleMessage("m3", "customer.upserted"))
	h.mustArrive(t, "shop-orders-to-erp", "m1", "m2")
	h.mustArrive(t, "shop-orders-to-warehouse", "m1")
	h.mustArrive(t, "shop-customers-to-erp", "m3")
	foreign := sampleMessage("m4", "order.placed")
	foreign.Source = message.SourcePrefix + "market"
	h.mustPublish(t, foreign)
	for _, route := range h.Routes {
		h.mustArrive(t, route.Queue())
	}
}

func busRoundTrip(t *testing.T, h Harness) {
	sent := sampleMessage("m1", "order.placed")
	h.mustPublish(t, sent)
	for _, route := range []string{"shop-orders-to-erp", "shop-orders-to-warehouse"} {
		got := h.mustArrive(t, route, "m1")[0]
		if !got.Equal(sent) {
			t.Errorf("%s got %+v, want %+v", route, got, sent)
		}
	}
}

func busEcho(t *testing.T, h Harness) {
	echo := sampleMessage("m1", "order.placed")
	echo.Origin = "erp"
	h.mustPublish(t, echo)
	h.mustArrive(t, "shop-orders-to-warehouse", "m1")
	h.mustArrive(t, "shop-orders-to-erp")
}

func busNoRoute(t *testing.T, h Harness) {
	h.mustPublish(t, sampleMessage("m1", "order.forgotten"))
	h.mustPublish(t)
	for _, route := range h.Routes {
		h.mustArrive(t, route.Queue())
	}
}

func busBatch(t *testing.T, h Harness) {
	var batch []*message.Message
	var ids []string
	for i := range 25 {
		ids = append(ids, fmt.Sprintf("m%02d", i))
		batch = append(batch, sampleMessage(ids[i], "order.placed"))
	}
	h.mustPublish(t, batch...)
	h.mustArrive(t, "shop-orders-to-erp", ids...)
	h.mustArrive(t, "shop-orders-to-warehouse", ids...)
}

func busClaim(t *testing.T, h Harness) {
	m := sampleMessage("m1", "order.placed")
	m.Body, m.Claim = nil, &message.Claim{Key: "sha256/ab", SHA256: "ab", Size: 400_000}
	h.mustPublish(t, m)
	if got := h.mustArrive(t, "shop-orders-to-erp", "m1")[0]; got.Claim == nil || *got.Claim != *m.Claim || len(got.Body) != 0 {
		t.Errorf("arrived with claim %+v and %d bytes of body", got.Claim, len(got.Body))
	}
}

func busUnwritable(t *testing.T, h Harness) {
	broken := sampleMessage("m2", "order.placed")
	broken.Body = json.RawMessage(`{"id":`)
	if err := h.Bus.Publish(t.Context(), []*message.Message{sampleMessage("m1", "order.placed"), broken}); err == nil {
		t.Error("half a body was published without an error")
	}
}

func busCanceled(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Bus.Publish(ctx, []*message.Message{sampleMessage("m1", "order.placed")}); err == nil {
		t.Error("Publish reported success although its context had ended")
	}
}

func busAgain(t *testing.T, h Harness) {
	h.mustPublish(t, sampleMessage("m1", "customer.upserted"))
	h.mustPublish(t, sampleMessage("m1", "customer.upserted"))
	for _, in := range h.drain(t, "shop-customers-to-erp", 2) {
		if m, err := message.Decode(in.Body); err != nil || m.ID != "m1" {
			t.Errorf("arrived as %+v, %v", m, err)
		}
	}
}

func busDurable(t *testing.T, h Harness) {
	h.mustPublish(t, sampleMessage("m1", "order.placed"))
	h = h.reopened(t)
	h.mustArrive(t, "shop-orders-to-erp", "m1")
	h.mustArrive(t, "shop-orders-to-warehouse", "m1")
	h.mustArrive(t, routes.Inbox("shop"))
}
