package cloud_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// A search by what people know reads the pointers of that key and the traces that they name,
// never the table.
func TestFindByKeyReadsPointers(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{"Items":[{"pk":{"S":"F#number:1001"},"sk":{"S":"0000000000000L#raw1"}}]}`), ok(`{"Items":[]}`))
	_, err := open(t, s).Find(t.Context(), port.Query{Key: "number:1001", Newest: true, Limit: 5})
	must(t, err)
	if got := s.operations(); !slices.Equal(got, []string{"Query", "Query"}) {
		t.Errorf("calls %v", got)
	}
	if got := read[struct{ ExpressionAttributeValues map[string]value }](t, s.calls[0]).ExpressionAttributeValues[":partition"].S; got != "F#number:1001" {
		t.Errorf("read partition %q", got)
	}
	if got := read[struct{ ExpressionAttributeValues map[string]value }](t, s.calls[1]).ExpressionAttributeValues[":partition"].S; got != "L#raw1" {
		t.Errorf("read partition %q", got)
	}
}

// A door's role allows PutItem only, however many ids the sender gives a delivery.
func TestADeliveryIsWrittenWithoutABatch(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	must(t, open(t, s).Append(t.Context(), port.Entry{
		At: noon, Trace: "raw1", Event: "raw1", Entity: message.Key{System: "shop", Tenant: "brand"}, Stage: port.Received, Outcome: "stored",
		Keys: []string{"webhook:a", "webhook:b", "webhook:c"},
	}))
	if got := s.operations(); !slices.Equal(got, []string{"PutItem", "PutItem", "PutItem", "PutItem"}) {
		t.Fatalf("calls %v", got)
	}
	if first, last := read[putItem](t, s.calls[0]).Item["pk"].S, read[putItem](t, s.calls[3]).Item["pk"].S; first != "L#raw1" || last != "F#webhook:c" {
		t.Errorf("wrote %s first and %s last", first, last)
	}
}

// A key that many traces have is searched from its newest end.
func TestFindByKeyStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open()
	for i := range 40 {
		must(t, b.Append(t.Context(), port.Entry{
			At: noon.Add(time.Duration(i) * time.Second), Trace: fmt.Sprint("t", i), Event: fmt.Sprint("e", i), Stage: port.Published, Outcome: fmt.Sprint(i),
			Entity: message.Key{System: "shop", Tenant: "brand", Type: "order", ID: fmt.Sprint(i)}, Keys: []string{"sku:trail-42", fmt.Sprint("number:", i)},
		}))
	}
	found, err := b.Find(t.Context(), port.Query{Key: "sku:trail-42", Newest: true, Limit: 3})
	must(t, err)
	if len(found) != 3 || found[0].Outcome != "39" || found[2].Outcome != "37" {
		t.Errorf("found %+v", found)
	}
	found, err = b.Find(t.Context(), port.Query{Key: "number:7"})
	must(t, err)
	if len(found) != 1 || found[0].Outcome != "7" {
		t.Errorf("found %+v", found)
	}
}
