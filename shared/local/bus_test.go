package local_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

func event(id, kind string) *message.Message {
	return &message.Message{
		ID: id, Source: "causeway.shop", Type: kind, Subject: "order/7", Tenant: "brand", Origin: "shop",
		CorrelationID: "c-" + id, CausationID: "r-" + id, Sequence: "v1", Body: json.RawMessage(`{"id":"7"}`),
	}
}

func TestBusTellsTheLedgerWhereEachMessageWent(t *testing.T) {
	t.Parallel()
	s, _ := openAt(t, noon)
	must(t, s.Publish(t.Context(), []*message.Message{event("e1", "order.placed"), event("e2", "order.forgotten")}))
	found, err := s.Find(t.Context(), port.Query{})
	must(t, err)
	var told []string
	for _, e := range found {
		told = append(told, fmt.Sprint(e.Trace, " ", e.Stage, " ", e.Route, " ", e.Outcome))
		if e.Entity != event("", "").Key() || e.Version != "v1" || e.Causation != "r-"+e.Event || e.Function != "bus" || e.Build != "test" || !e.At.Equal(noon) {
			t.Errorf("entry %+v", e)
		}
	}
	want := "c-e1 queued shop-orders-to-erp queued\nc-e1 queued shop-orders-to-warehouse queued\nc-e2 skipped  no route"
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("the ledger says\n%s\nwant\n%s", got, want)
	}
}

// An event is published again after a crash between publishing and the end of its delivery. Its
// copies are messages of their own, and each ends: the row counts each as it comes.
func TestEachCopyOfAnEventIsCountedIn(t *testing.T) {
	t.Parallel()
	s, _ := openAt(t, noon)
	for range 2 {
		must(t, s.Publish(t.Context(), []*message.Message{event("e1", "order.placed")}))
	}
	row := tally(t, s, "shop-orders-to-erp")
	found, err := s.Find(t.Context(), port.Query{Route: row.Route, Stage: port.Queued})
	must(t, err)
	if row.In != 2 || row.Waiting != 2 || len(found) != 2 {
		t.Errorf("two copies came, the row has %+v, the ledger %+v", row, found)
	}
}

func TestBusPublishesAllOrNothing(t *testing.T) {
	t.Parallel()
	s, _ := openAt(t, noon)
	big := event("e2", "order.placed")
	big.Body = json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
	err := s.Publish(t.Context(), []*message.Message{event("e1", "order.placed"), big})
	if e := fault.As(err); e.Kind != fault.Rejected || e.Class != fault.TooLarge || !strings.Contains(e.Doing, "e2") {
		t.Errorf("Publish = %v", err)
	}
	if found, err := s.Find(t.Context(), port.Query{}); err != nil || len(found) != 0 {
		t.Errorf("the ledger has %d entries of what failed (%v)", len(found), err)
	}
	if got := drain(t, s, "shop-orders-to-erp"); len(got) != 0 {
		t.Errorf("published %q of what failed", got)
	}
}
