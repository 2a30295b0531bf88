package notice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/notice"
	"causeway.example/shared/port"
)

type bench struct {
	out bytes.Buffer
	at  time.Time
	*notice.Observer
}

func newBench() *bench {
	b := &bench{at: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	b.Observer = notice.New(slog.New(slog.NewJSONHandler(&b.out, nil)), func() time.Time { return b.at })
	return b
}

// lines returns what was logged since the last call.
func (b *bench) lines(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for text := range strings.Lines(b.out.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	b.out.Reset()
	return all
}

func dead(id, fingerprint string) port.Entry {
	return port.Entry{
		Stage: port.Dead, Route: "shopify-orders-to-netsuite", Event: "e1", Trace: "t1", Type: "order.placed",
		Entity: message.Key{System: "shopify", Tenant: "shop.example", Type: "order", ID: id},
		Error: &port.EntryError{
			Class: fault.MissingRef, Code: "INVALID_KEY_OR_REF", Field: "lines[0].sku", Fingerprint: fingerprint,
			Message: `lines[0].sku: "TRAIL-42" is unknown to netsuite`,
		},
	}
}

func TestRecordLogsWhatNeedsAnOperator(t *testing.T) {
	t.Parallel()
	delivery := port.Entry{Stage: port.Dead, Event: "e2", Trace: "e2", Type: "orders/create", Error: &port.EntryError{Field: "id", Message: "id: is missing"}}
	parked := dead("1002", "f")
	parked.Stage, parked.Error, parked.Outcome = port.Parked, nil, "did not reach netsuite within 72 h"
	erp := port.Entry{Entity: message.Key{System: "netsuite"}, Outcome: "the circuit opened"}
	lost, refused, restored := erp, erp, erp
	lost.Stage, refused.Stage, restored.Stage = port.Degraded, port.AuthExpired, port.Restored
	refused.Error = &port.EntryError{Field: "NETSUITE_TOKEN_ID", Class: fault.Auth, Message: "401"}
	for name, c := range map[string]struct {
		entry port.Entry
		want  map[string]any
	}{
		"a dead order": {dead("1001", "f"), map[string]any{
			"level": "WARN", "msg": "order 1001 is dead: it is in the dead-letter queue", "route": "shopify-orders-to-netsuite",
			"field": "lines[0].sku", "reason": `lines[0].sku: "TRAIL-42" is unknown to netsuite`, "class": "missing_ref", "code": "INVALID_KEY_OR_REF",
			"fingerprint": "f", "event_id": "e1", "trace_id": "t1", "next": "bin/causeway why --entity order/1001",
		}},
		"a dead delivery": {delivery, map[string]any{
			"level": "WARN", "msg": "delivery orders/create is dead: it is in the dead-letter queue", "field": "id", "next": "bin/causeway why --event e2",
		}},
		"a parked order":       {parked, map[string]any{"level": "WARN", "msg": "order 1002 is parked: it needs manual review", "reason": "did not reach netsuite within 72 h"}},
		"a lost connection":    {lost, map[string]any{"level": "ERROR", "msg": "connection lost: messages for netsuite wait", "outcome": "the circuit opened"}},
		"refused credentials":  {refused, map[string]any{"level": "ERROR", "field": "NETSUITE_TOKEN_ID", "class": "auth"}},
		"a connection is back": {restored, map[string]any{"level": "INFO", "msg": "connection restored: messages for netsuite go on"}},
	} {
		b := newBench()
		b.Record(t.Context(), c.entry)
		lines := b.lines(t)
		if len(lines) != 1 {
			t.Errorf("%s: %d lines", name, len(lines))
			continue
		}
		for key, want := range c.want {
			if lines[0][key] != want {
				t.Errorf("%s: %s is %v, want %v", name, key, lines[0][key], want)
			}
		}
	}
}

func TestRecordLeavesTheRestToTheLedger(t *testing.T) {
	t.Parallel()
	b := newBench()
	for _, stage := range []port.Stage{
		port.Received, port.Translated, port.Published, port.Queued, port.Sent, port.Deferred, port.Confirmed, port.Superseded, port.Skipped, port.Reconciled,
	} {
		b.Record(t.Context(), port.Entry{Stage: stage, Type: port.TypeGap})
	}
	if lines := b.lines(t); len(lines) != 0 {
		t.Errorf("logged %v", lines)
	}
}

func TestRepeatsOfOneCauseAreLimitedAndCounted(t *testing.T) {
	t.Parallel()
	b := newBench()
	for range 100 {
		b.Record(t.Context(), dead("1001", "same"))
	}
	b.Record(t.Context(), dead("1002", "other"))
	if lines := b.lines(t); len(lines) != notice.Burst+1 {
		t.Errorf("%d lines, want %d of one cause and one of another", len(lines), notice.Burst)
	}
	b.at = b.at.Add(notice.Window)
	b.Record(t.Context(), port.Entry{Stage: port.Confirmed})
	lines := b.lines(t)
	if len(lines) != 1 || lines[0]["msg"] != "95 more: order 1001 is dead: it is in the dead-letter queue" {
		t.Errorf("after the window: %v", lines)
	}
	b.Record(t.Context(), dead("1003", "same"))
	if lines := b.lines(t); len(lines) != 1 {
		t.Errorf("a new window: %v", lines)
	}
}

func TestCloseLogsWhatWasHeldBack(t *testing.T) {
	t.Parallel()
	b := newBench()
	for range notice.Burst + 2 {
		b.Record(t.Context(), dead("1001", "same"))
	}
	b.lines(t)
	b.Close(t.Context())
	b.Close(context.Background())
	if lines := b.lines(t); len(lines) != 1 || !strings.HasPrefix(lines[0]["msg"].(string), "2 more: ") {
		t.Errorf("logged %v", lines)
	}
}
