package cloud

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123_000_000, time.UTC)

// journeyEntry is an entry of the size that real ones have.
func journeyEntry(i int, stage port.Stage) port.Entry {
	id := message.DeriveID("shopify", fmt.Sprint(i))
	return port.Entry{
		At: noon.Add(time.Duration(i) * time.Millisecond), Trace: message.DeriveID("trace", fmt.Sprint(i)), Event: id, Causation: message.DeriveID("raw", id),
		Entity:  message.Key{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "order", ID: "5678901234567"},
		Version: message.NewSequence(noon, false, time.Time{}), Type: "order.placed", Route: "shopify-orders-to-netsuite", Stage: stage, Attempt: 1, ReceiveCount: 1,
		Outcome: "create salesOrder: 204, id 4711", TargetRef: "4711", Took: 310 * time.Millisecond, Function: "netsuite-deliver", Build: "1.2.3",
	}
}

func failedEntry(i int) port.Entry {
	e := journeyEntry(i, port.Dead)
	e.Notes = []connector.Note{{Field: "country", What: "UK read as GB"}}
	e.Error = &port.EntryError{
		Kind: "rejected", Class: fault.MissingRef, Code: "INVALID_KEY_OR_REF", Field: "lines[1].sku", Status: 400, Fingerprint: "a1f09c2e",
		Message: `delivering order.placed shopify/example-brand.myshopify.com/order/5678901234567 to netsuite: lines[1].sku: "SKU-1" is unknown: 400 INVALID_KEY_OR_REF`,
	}
	return e
}

func TestPackedEntriesComeBack(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]port.Entry{
		"none": {}, "one": {journeyEntry(1, port.Sent)}, "some": {journeyEntry(1, port.Sent), failedEntry(2), {}},
	} {
		data, err := pack(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unpack(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v\nwant %+v", name, got, err, want)
		}
	}
}

// An item of up to a kilobyte costs one write unit. Keys and other attributes take
// less than a hundred bytes of it.
func TestPackedEntriesCostOneWriteUnit(t *testing.T) {
	t.Parallel()
	for name, entries := range map[string][]port.Entry{
		"a delivery":           {journeyEntry(1, port.Sent), journeyEntry(1, port.Confirmed)},
		"a dead letter":        {failedEntry(1)},
		"a translation into 3": {journeyEntry(1, port.Translated), journeyEntry(2, port.Published), journeyEntry(3, port.Published), journeyEntry(4, port.Published)},
	} {
		data, err := pack(entries)
		if err != nil || len(data) > 900 {
			t.Errorf("%s takes %d bytes (%v)", name, len(data), err)
		}
		t.Logf("%s takes %d bytes", name, len(data))
	}
}

func TestUnpackReportsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	whole, err := pack([]port.Entry{failedEntry(1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "a later packing": append([]byte{packed + 1}, whole[1:]...), "cut off": whole[:len(whole)/2], "no deflate": {packed, 0xff},
	} {
		if entries, err := unpack(data); err == nil {
			t.Errorf("%s was read as %+v", name, entries)
		}
	}
}

func TestManyPackAtOnce(t *testing.T) {
	t.Parallel()
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			for range 50 {
				data, err := pack([]port.Entry{journeyEntry(i, port.Sent)})
				if err != nil {
					t.Fatal(err)
				}
				if got, err := unpack(data); err != nil || got[0].Trace != journeyEntry(i, "").Trace {
					t.Fatalf("%+v, %v", got, err)
				}
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	whole, err := pack([]port.Entry{failedEntry(1), journeyEntry(2, port.Sent)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte{packed})
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := unpack(data)
		if err != nil {
			return
		}
		again, err := pack(entries)
		if err != nil {
			return // a time that JSON reads but cannot write
		}
		if _, err := unpack(again); err != nil {
			t.Errorf("written again, unreadable: %v", err)
		}
	})
}
