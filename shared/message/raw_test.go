package message_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/message"
)

func TestRawIsWrittenInSnakeCase(t *testing.T) {
	t.Parallel()
	raw := message.Raw{
		ID: "r", System: "s", Tenant: "t", Topic: "o", Trigger: message.Webhook, Header: map[string]string{"A": "b"},
		ContentType: "application/json", ReceivedAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), CorrelationID: "c",
		TraceParent: "p", Lane: message.Backfill, Body: []byte("{}"), Claim: &message.Claim{Key: "k"},
	}
	data, err := raw.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"body", "claim", "content_type", "correlation_id", "header", "id", "lane", "received_at", "system", "tenant",
		"topic", "trace_parent", "trigger",
	}
	if got := slices.Sorted(maps.Keys(members)); !slices.Equal(got, want) {
		t.Errorf("members are %q, want %q", got, want)
	}
}
