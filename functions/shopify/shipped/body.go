package shipped

import (
	"strconv"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// The states of a fulfillment that are published (FulfillmentStatus).
const (
	statusSuccess   = "SUCCESS"
	statusCancelled = "CANCELLED"
)

// fulfillment is what Shopify has of one.
type fulfillment struct {
	id, order, location, status string
	handed                      bool // over at the point of sale
	created, updated, delivered time.Time
	carrier                     string
	tracking                    []canonical.Tracking
	lines                       []line
	notes                       []connector.Note // of lines and parcels that are left out
}

// line is a quantity of an order line in a fulfillment.
type line struct {
	id, sku string
	count   int64
	ships   bool
}

// encode writes the fulfillment as the body of a raw message.
func (f *fulfillment) encode() ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("id", f.id)
	w.StrField("order_id", f.order)
	w.StrField("location_id", f.location)
	w.StrField("status", f.status)
	w.BoolField("handed_over", f.handed)
	w.OptStr("created_at", written(f.created))
	w.OptStr("updated_at", written(f.updated))
	w.OptStr("delivered_at", written(f.delivered))
	w.OptStr("tracking_company", f.carrier)
	w.Key("tracking").Arr()
	for _, t := range f.tracking {
		w.Obj()
		w.StrField("number", t.Number)
		w.OptStr("url", t.URL)
		w.EndObj()
	}
	w.EndArr()
	w.Key("line_items").Arr()
	for _, l := range f.lines {
		w.Obj()
		w.StrField("id", l.id)
		w.StrField("sku", l.sku)
		w.IntField("quantity", l.count)
		w.BoolField("requires_shipping", l.ships)
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	return admin.Encoded(w)
}

// written is the time as text, "" if there is none.
func written(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// decode reads such a body. It has no id if no fulfillment of the order is to be published.
func decode(r *wire.Reader) (f fulfillment) {
	texts := map[string]*string{"id": &f.id, "order_id": &f.order, "location_id": &f.location, "status": &f.status, "tracking_company": &f.carrier}
	times := map[string]*time.Time{"created_at": &f.created, "updated_at": &f.updated, "delivered_at": &f.delivered}
	for key := range r.Object() {
		switch {
		case texts[key] != nil:
			*texts[key] = r.String()
		case times[key] != nil:
			*times[key] = r.Time()
		case key == "handed_over":
			f.handed = r.Bool()
		case key == "tracking":
			for i := range r.Array() {
				f.track(decodeTracking(r), i)
			}
		case key == "line_items":
			for i := range r.Array() {
				f.add(decodeLine(r), i)
			}
		}
	}
	f.require(r)
	return f
}

// require fails with the name of a member that is missing.
func (f *fulfillment) require(r *wire.Reader) {
	for name, missing := range map[string]bool{"order_id": f.order == "", "created_at": f.id != "" && f.created.IsZero(), "updated_at": f.id != "" && f.updated.IsZero()} {
		if missing {
			r.Missing(name)
		}
	}
}

func decodeTracking(r *wire.Reader) (t canonical.Tracking) {
	for key := range r.Object() {
		switch key {
		case "number":
			t.Number = r.String()
		case "url":
			t.URL = r.String()
		}
	}
	return t
}

// track adds a parcel. A number that is there is not added again, and an address without a number is left
// out with a note, because a parcel is known by its number.
func (f *fulfillment) track(t canonical.Tracking, i int) {
	for _, other := range f.tracking {
		if other.Number == t.Number {
			return
		}
	}
	if t.Number != "" {
		f.tracking = append(f.tracking, t)
	} else if t.URL != "" {
		f.notes = append(f.notes, connector.Note{Field: "tracking[" + strconv.Itoa(i) + "]", What: "an address without a tracking number is left out"})
	}
}

func decodeLine(r *wire.Reader) (l line) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.id = r.ID()
		case "sku":
			l.sku = r.String()
		case "quantity":
			l.count = r.Int()
		case "requires_shipping":
			l.ships = r.Bool()
		}
	}
	return l
}

// add adds a line, with a note if it is not published.
func (f *fulfillment) add(l line, i int) {
	f.lines = append(f.lines, l)
	why := ""
	switch {
	case !l.ships:
		why = "the line needs no shipping and is left out"
	case l.sku == "":
		why = "the line has no SKU and is left out"
	}
	if why != "" {
		f.notes = append(f.notes, connector.Note{Field: "line_items[" + strconv.Itoa(i) + "]", What: why})
	}
}
