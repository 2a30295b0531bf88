package movement

import (
	"slices"
	"strings"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// event is a movement of the history (FulfillmentCenterInventoryService.InventoryHistory).
type event struct {
	id, item, reference  string
	at                   time.Time
	increment, decrement side
}

// side is a place where a movement changes the stock.
type side struct {
	center, shelf, sku string
	pieces             int64 // below 0 of a decrement
}

// readPage reads the movements of a page, each as it came, and whether another page follows.
func readPage(body []byte, doing string) (events [][]byte, more bool, err error) {
	r := wire.NewReader(body, rest.Limits)
	for member := range r.Object() {
		switch member {
		case "data":
			events = wire.List(r, (*wire.Reader).Raw)
		case "next":
			more = r.Word() != ""
		}
	}
	if err := r.Finish(); err != nil {
		return nil, false, rest.Broken(doing, err)
	}
	return events, more, nil
}

func readEvent(r *wire.Reader) (e event) {
	for member := range r.Object() {
		switch member {
		case "inventory_audit_event_id":
			e.id = r.ID()
		case "inventory_id":
			e.item, _ = r.NullID()
		case "event_datetime":
			e.at = readTime(r)
		case "increment":
			e.increment = readSide(r)
		case "decrement":
			e.decrement = readSide(r)
		case "primary_reference":
			e.reference = readReference(r)
		case "additional_reference":
			e.reference = firstOf(e.reference, wire.List(r, readReference))
		}
	}
	if e.id == "" {
		r.Missing("inventory_audit_event_id")
	}
	if e.at.IsZero() {
		r.Missing("event_datetime")
	}
	return e
}

// readTime reads a time that is UTC if it has no zone.
func readTime(r *wire.Reader) time.Time {
	text := r.String()
	if strings.HasSuffix(text, "Z") || strings.LastIndexAny(text, "+-") > strings.IndexByte(text, 'T') {
		at, err := moment.Parse(text)
		r.Refuse(err)
		return at.UTC()
	}
	at, _, err := moment.ParseLocal(text, time.UTC)
	r.Refuse(err)
	return at.UTC()
}

func readSide(r *wire.Reader) (s side) {
	if r.Null() {
		return s
	}
	for member := range r.Object() {
		switch {
		case member == "facility_id":
			s.center, _ = r.NullID()
		case member == "location_id":
			s.shelf, _ = r.NullID()
		case member == "sku":
			s.sku, _ = r.Code()
		case member == "quantity_change" && !r.Null():
			s.pieces = r.Int()
		}
	}
	if s.shelf == "0" {
		s.shelf = ""
	}
	return s
}

// readReference reads a reference of either form: type and value in the guide, key and value in the
// description of the API.
func readReference(r *wire.Reader) string {
	if r.Null() {
		return ""
	}
	var kind, value string
	for member := range r.Object() {
		switch member {
		case "type", "key":
			kind = r.Word()
		case "value":
			value = r.Word()
		}
	}
	return strings.TrimSpace(kind + " " + value)
}

// firstOf returns the text, or else the first of the others that is not empty.
func firstOf(text string, others []string) string {
	i := slices.IndexFunc(others, func(other string) bool { return other != "" })
	if text != "" || i < 0 {
		return text
	}
	return others[i]
}

// query writes the request for a page of a list: since a day, until one if it is not the last, and after the
// movement with the id if it is not the first.
func (l list) query(w window, after string) []byte {
	b := strictjson.NewWriter(nil)
	b.Obj()
	b.NumField("facility_id", l.center)
	b.StrField("event_category", l.category)
	b.StrField("start_date", day(w.from))
	if !w.last {
		b.StrField("end_date", day(w.to.AddDate(0, 0, 1)))
	}
	if after != "" {
		b.NumField("cursor", after)
	}
	b.EndObj()
	return b.Bytes()
}

// day is the beginning of the time's day in UTC.
func day(at time.Time) string { return at.UTC().Truncate(24 * time.Hour).Format(time.RFC3339) }
