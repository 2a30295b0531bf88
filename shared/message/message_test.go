package message_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/message"
)

func sample() *message.Message {
	at := time.Date(2026, 11, 22, 21, 5, 44, 123_000_000, time.UTC)
	return &message.Message{
		ID: "e1", Source: "causeway.shopify", Type: "order.placed", Subject: "order/820982911946154508",
		Time: at, Tenant: "example-brand.myshopify.com", Schema: "order/1",
		Sequence: message.NewSequence(at, false, time.Time{}), CorrelationID: "c1", CausationID: "r1", Origin: "shopify", Hops: 1,
		ExternalRefs: map[string]string{"netsuite": "17"}, TraceParent: "00-1-2-01",
		Parents: []message.Key{{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "customer", ID: "9"}},
		Body:    json.RawMessage(`{"id":"820982911946154508"}`),
	}
}

func TestMessageSurvivesItsBytes(t *testing.T) {
	t.Parallel()
	want := sample()
	data, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := message.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) {
		t.Errorf("read back %+v, want %+v", got, want)
	}
	got.Tenant = "another"
	if got.Equal(want) {
		t.Error("messages of two tenants count as equal")
	}
}

func TestDecodeReadsWhatTheNextVersionWrites(t *testing.T) {
	t.Parallel()
	m, err := message.Decode([]byte(`{"id":"e1","type":"order.placed","attribute_of_tomorrow":{"a":1}}`))
	if err != nil || m.ID != "e1" {
		t.Errorf("Decode = %+v, %v", m, err)
	}
	if _, err := message.Decode([]byte(`{"id":`)); err == nil {
		t.Error("half a message was read without an error")
	}
	if _, err := message.DecodeRaw([]byte(`[]`)); err == nil {
		t.Error("an array was read as a raw message")
	}
}

func TestRawKeepsEveryByte(t *testing.T) {
	t.Parallel()
	body := []byte("{\"a\":\"\\u0000\xff\xfe\"}\r\n")
	raw := &message.Raw{ID: "r1", System: "shopify", Topic: "orders/create", Trigger: message.Webhook, Body: body}
	data, err := raw.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := message.DecodeRaw(data)
	if err != nil || string(got.Body) != string(body) {
		t.Errorf("body came back as %q (%v), want %q", got.Body, err, body)
	}
}

func TestKeyNamesTheEntityAcrossSystems(t *testing.T) {
	t.Parallel()
	m := sample()
	want := message.Key{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "order", ID: "820982911946154508"}
	if m.Key() != want {
		t.Errorf("Key() = %v, want %v", m.Key(), want)
	}
	if m.EntityType() != "order" || m.System() != "shopify" {
		t.Errorf("EntityType, System = %q, %q", m.EntityType(), m.System())
	}
	if got := want.String(); got != "shopify/example-brand.myshopify.com/order/820982911946154508" {
		t.Errorf("String() = %q", got)
	}
}

func TestEventIsWhatRulesFilterOn(t *testing.T) {
	t.Parallel()
	data, err := sample().Event()
	if err != nil {
		t.Fatal(err)
	}
	var event struct {
		Source     string `json:"source"`
		DetailType string `json:"detail-type"`
		Detail     struct {
			ID string `json:"id"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		t.Fatal(err)
	}
	if event.Source != "causeway.shopify" || event.DetailType != "order.placed" || event.Detail.ID != "e1" {
		t.Errorf("event = %+v", event)
	}
}

func TestSequenceOrdersVersions(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	east := time.FixedZone("east", 9*3600)
	ordered := []message.Sequence{
		"",
		message.NewSequence(noon.Add(-time.Nanosecond), false, time.Time{}),
		message.NewSequence(noon, false, time.Time{}),
		message.NewSequence(noon.In(east), false, noon.Add(time.Millisecond)),
		message.NewSequence(noon, false, noon.In(east).Add(time.Hour)),
		message.NewSequence(noon, true, noon),
		message.NewSequence(noon, true, noon.Add(time.Millisecond)),
		message.NewSequence(noon.Add(100*time.Millisecond), false, time.Time{}),
		message.NewSequence(noon.AddDate(1, 0, 0), false, time.Time{}),
	}
	for i := range len(ordered) - 1 {
		if ordered[i] >= ordered[i+1] {
			t.Errorf("%q is not older than %q", ordered[i], ordered[i+1])
		}
	}
	if got := message.NewSequence(noon.In(east), false, time.Time{}).UpdatedAt(); !got.Equal(noon) {
		t.Errorf("UpdatedAt() = %v, want %v", got, noon)
	}
	for s, want := range map[message.Sequence]bool{"": false, "seven": false, message.NewSequence(noon, false, noon): false, message.NewSequence(noon, true, noon): true} {
		if s.Polled() != want {
			t.Errorf("%q is polled: %v", s, !want)
		}
	}
	if got := message.Sequence("seven").UpdatedAt(); !got.IsZero() {
		t.Errorf("UpdatedAt of odd text = %v, want zero", got)
	}
}

func TestDeriveIDTellsPartsApart(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab", "c"}, {"a", "bc"}, {"abc"}, {"1:a"}, {"a", ""}} {
		id := message.DeriveID(parts...)
		if len(id) != 26 {
			t.Errorf("DeriveID(%q) = %q, want 26 characters", parts, id)
		}
		if other, taken := seen[id]; taken {
			t.Errorf("%q and %q share the id %s", parts, other, id)
		}
		seen[id] = parts
	}
	first, again := message.DeriveID("a", "b"), message.DeriveID("a", "b")
	if first != again {
		t.Error("the same parts gave two ids")
	}
}

func ExampleDeriveID() {
	first := message.DeriveID("shopify", "example-brand.myshopify.com", "order/5001", "placed")
	again := message.DeriveID("shopify", "example-brand.myshopify.com", "order/5001", "placed")
	fmt.Println(first == again)
	// Output: true
}
