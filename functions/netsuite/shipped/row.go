package shipped

import (
	"strings"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// The states of an item fulfillment, as SuiteQL has them.
const (
	statusPicked  = "A"
	statusPacked  = "B"
	statusShipped = "C"
)

// typed precedes the letter of a status where SuiteQL writes the type too.
const typed = suitetalk.ItemFulfillmentType + ":"

// row is an item fulfillment as the Poller encodes it.
type row struct {
	id, number, external string
	status               string // its letter
	carrier, method      string
	shippedAt            time.Time // the beginning of the day
	order, memo          string    // external id and memo of the sales order
	changed              time.Time
	lines                []line
	tracking             []canonical.Tracking
}

// line is what an item fulfillment has of an item at a location.
type line struct {
	header    bool // of the main line
	sku, name string
	kind      string // type of the item
	location  string
	quantity  canonical.Decimal
}

// readRow reads an item fulfillment. The zone is that of its day.
func readRow(r *wire.Reader, zone *time.Location) (found row) {
	words := map[string]*string{
		"number": &found.number, "externalid": &found.external, "carrier": &found.carrier, "method": &found.method, "orderid": &found.order, "ordermemo": &found.memo,
	}
	for key := range r.Object() {
		if into, known := words[key]; known {
			*into = r.Word()
			continue
		}
		switch key {
		case "id":
			found.id = r.ID()
		case "status":
			found.status = readStatus(r)
		case "day":
			found.shippedAt = readDay(r, zone)
		case "changed":
			found.changed = r.TimeIn(suitetalk.TimeLayout)
		case "lines":
			found.lines = wire.List(r, readLine)
		case "tracking":
			found.readTracking(r)
		}
	}
	found.demand(r)
	return found
}

// demand fails if the row lacks what every row of the list has.
func (f *row) demand(r *wire.Reader) {
	for name, missing := range map[string]bool{"id": f.id == "", "status": f.status == "", "day": f.shippedAt.IsZero(), "changed": f.changed.IsZero()} {
		if missing {
			r.Missing(name)
		}
	}
}

// readDay reads the beginning of a day in the zone.
func readDay(r *wire.Reader, zone *time.Location) time.Time {
	at, err := time.ParseInLocation(suitetalk.DateLayout, r.String(), zone)
	if err != nil {
		r.Fail(strictjson.Value, "is not a day")
	}
	return at
}

// readStatus reads a letter, also with the type before it.
func readStatus(r *wire.Reader) string {
	letter := strings.TrimPrefix(r.Word(), typed)
	if letter != statusPicked && letter != statusPacked && letter != statusShipped {
		r.Fail(strictjson.Value, "is none of A, picked, B, packed, and C, shipped")
	}
	return letter
}

// readTracking reads the numbers, each once.
func (f *row) readTracking(r *wire.Reader) {
	seen := map[string]bool{}
	for range r.Array() {
		if number := strings.TrimSpace(r.Word()); number != "" && !seen[number] {
			seen[number] = true
			f.tracking = append(f.tracking, canonical.Tracking{Number: number})
		}
	}
}

// readLine reads a line. Its quantity is the larger one of what both signs have.
func readLine(r *wire.Reader) (l line) {
	words := map[string]*string{"sku": &l.sku, "name": &l.name, "kind": &l.kind, "location": &l.location}
	for key := range r.Object() {
		if into, known := words[key]; known {
			*into = r.Word()
			continue
		}
		switch key {
		case "mainline":
			l.header = r.Word() == "T"
		case "added", "taken":
			if n := record.ReadQuantity(r); l.quantity.Cmp(n) < 0 {
				l.quantity = n
			}
		}
	}
	return l
}
