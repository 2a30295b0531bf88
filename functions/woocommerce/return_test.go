package woocommerce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// returnEvent is the event of a return of order 42: of so many pieces of A, of which all but one are
// restocked once they are received.
func returnEvent(t testing.TB, id, event string, pieces int64) *message.Message {
	t.Helper()
	r := &canonical.Return{ID: id, Order: "42", At: time.Now(), Lines: []canonical.ReturnLine{{SKU: "A", Quantity: canonical.Pieces(canonical.NewDecimal(pieces, 0))}}}
	if event == canonical.ReturnReceived {
		r.Lines[0].Restocked = new(canonical.Pieces(canonical.NewDecimal(pieces-1, 0)))
	}
	m := shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 1}))
	body, err := canonical.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.Type, m.Subject, m.Schema, m.Body = "event-"+id+"-"+event, event, "return/"+id, "return/1", body
	return m
}

// TestAReturnIsAnInternalNote: each state of each return once, and none that says less than the newest.
func TestAReturnIsAnInternalNote(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	for _, c := range []struct {
		id, event string
		pieces    int64
		linked    bool
	}{
		{"9", canonical.ReturnRequested, 2, false},
		{"9", canonical.ReturnRequested, 2, true},
		{"99", canonical.ReturnReceived, 1, false}, // another one, which was never requested
		{"9", canonical.ReturnReceived, 2, false},
		{"9", canonical.ReturnReceived, 2, true},
		{"9", canonical.ReturnRequested, 2, true},
		{"99", canonical.ReturnReceived, 1, true},
		{"9", canonical.ReturnReceived, 3, false}, // counted again
	} {
		receipt, err := ship(t, system, returnEvent(t, c.id, c.event, c.pieces))
		if err != nil || receipt.Linked != c.linked || receipt.Ref != "42-return-"+c.id {
			t.Errorf("%+v: %+v, %v", c, receipt, err)
		}
	}
	want := []string{"Return 9: requested 2 A", "Return 99: received 1 A (0 restocked)", "Return 9: received 2 A (1 restocked)", "Return 9: received 3 A (2 restocked)"}
	notes := notesOf(fake)
	if !slices.Equal(notes, want) || fake.Status(42) != "processing" {
		t.Errorf("notes %q, status %s", notes, fake.Status(42))
	}
	for _, n := range fake.Notes(42) {
		if n.Customer {
			t.Errorf("%q is for the customer", n.Text)
		}
	}
	fake.Delete(42)
	_, err := ship(t, system, returnEvent(t, "9", canonical.ReturnReceived, 2))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" || !strings.Contains(err.Error(), "return 9") {
		t.Errorf("of an order that is gone: %v", err)
	}
}
