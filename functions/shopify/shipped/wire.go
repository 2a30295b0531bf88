package shipped

import (
	"context"
	"slices"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
)

// The queries of fulfillments. The list counts each element of its lists at most, 881 points; a
// fulfillment costs 350 with a page of lines, those of one order 501.
const (
	queryOne = `query shipment($id: ID!, $after: String) {
  fulfillment(id: $id) {
    id status displayStatus createdAt updatedAt deliveredAt
    location { id }
    order { id }
    trackingInfo { number company url }
    fulfillmentOrders(first: 20) { nodes { deliveryMethod { methodType } } }
    lines: fulfillmentLineItems(first: 100, after: $after) {
      nodes { quantity lineItem { id sku isGiftCard requiresShipping } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	queryChanged = `query fulfilledSince($search: String!, $after: String) {
  orders(first: 40, after: $after, sortKey: UPDATED_AT, query: $search) {
    nodes { id name updatedAt fulfillments(first: 10) { id location { id } } }
    pageInfo { hasNextPage endCursor }
  }
}`
	queryAll = `query fulfillmentsOf($id: ID!) {
  order(id: $id) { fulfillments(first: 250) { id location { id } } }
}`
)

// read returns the fulfillment as the body of a raw message, nil if the shop does not have it.
func (f *Fulfillments) read(ctx context.Context, shop, id string) ([]byte, error) {
	c := admin.Call{Shop: shop, Doing: "reading fulfillment " + id + " of " + shop, Query: queryOne, Variables: []admin.Variable{{Name: "id", Value: payload.GID("Fulfillment", id)}}}
	found, cursor, err := f.page(ctx, c, "")
	if err != nil || found == nil {
		return nil, err
	}
	for cursor != "" {
		more, next, err := f.page(ctx, c, cursor)
		if err != nil {
			return nil, err
		}
		if more == nil || !more.updated.Equal(found.updated) || next == cursor {
			return nil, fault.New(fault.Unavailable, fault.Intermittent, c.Doing, "the fulfillment changed while its lines were read")
		}
		found.lines, cursor = append(found.lines, more.lines...), next
	}
	return found.encode()
}

// page returns the fulfillment with the page of its lines after the cursor, and the cursor of the next; nil
// if the shop does not have it.
func (f *Fulfillments) page(ctx context.Context, c admin.Call, after string) (found *fulfillment, next string, err error) {
	if after != "" {
		c.Variables = append(slices.Clip(c.Variables), admin.Variable{Name: "after", Value: after})
	}
	c.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key == "fulfillment" && !r.Null() {
				found = &fulfillment{}
				next = found.read(r)
			}
		}
	}
	_, err = f.API.Query(ctx, c)
	return found, next, err
}

// read reads a fulfillment with a page of its lines, and returns the cursor of the next.
func (f *fulfillment) read(r *strictjson.Reader) (cursor string) {
	shown := ""
	for key := range r.Object() {
		switch key {
		case "displayStatus":
			shown, _ = r.NullString()
		case "trackingInfo":
			for range r.Array() {
				f.readTracking(r)
			}
		case "fulfillmentOrders":
			f.handed = readHanded(r)
		case "lines":
			cursor = admin.Connection(r, func(r *strictjson.Reader) { f.lines = append(f.lines, readLine(r)) })
		default:
			f.readMember(r, key)
		}
	}
	if (shown == "DELIVERED" || shown == "PICKED_UP") && f.delivered.IsZero() {
		f.delivered = f.updated
	}
	return cursor
}

// readMember reads an id, a time or the status of a fulfillment.
func (f *fulfillment) readMember(r *strictjson.Reader, key string) {
	switch key {
	case "id":
		f.id = payload.ID(r.ID())
	case "status":
		f.status = r.String()
	case "createdAt":
		f.created = readTime(r)
	case "updatedAt":
		f.updated = readTime(r)
	case "deliveredAt":
		f.delivered = readTime(r)
	case "location":
		f.location = readID(r)
	case "order":
		f.order = readID(r)
	}
}

// readTracking reads a parcel, and the carrier if none was named yet.
func (f *fulfillment) readTracking(r *strictjson.Reader) {
	var t canonical.Tracking
	company := ""
	for key := range r.Object() {
		switch key {
		case "number":
			t.Number, _ = r.NullString()
		case "company":
			company, _ = r.NullString()
		case "url":
			t.URL, _ = r.NullString()
		}
	}
	if f.tracking = append(f.tracking, t); f.carrier == "" {
		f.carrier = company
	}
}

// readHanded reports whether everything of the fulfillment orders was sold in a shop: one of them is
// RETAIL, and the others need no delivery.
func readHanded(r *strictjson.Reader) bool {
	retail, delivered := 0, 0
	admin.Connection(r, func(r *strictjson.Reader) {
		switch readMethod(r) {
		case "RETAIL":
			retail++
		case "NONE":
		default:
			delivered++
		}
	})
	return retail > 0 && delivered == 0
}

// readMethod returns the type of a fulfillment order's delivery method, "" if it has none.
func readMethod(r *strictjson.Reader) (kind string) {
	for key := range r.Object() {
		if key != "deliveryMethod" || r.Null() {
			continue
		}
		for key := range r.Object() {
			if key == "methodType" {
				kind = r.String()
			}
		}
	}
	return kind
}

func readLine(r *strictjson.Reader) (l line) {
	gift := false
	for key := range r.Object() {
		switch key {
		case "quantity":
			l.count = r.Int()
		case "lineItem":
			for key := range r.Object() {
				switch key {
				case "id":
					l.id = payload.ID(r.ID())
				case "sku":
					l.sku, _ = r.NullString()
				case "isGiftCard":
					gift = r.Bool()
				case "requiresShipping":
					l.ships = r.Bool()
				}
			}
		}
	}
	l.ships = l.ships && !gift
	return l
}

// readID reads the id of an object or null.
func readID(r *strictjson.Reader) (id string) {
	if r.Null() {
		return ""
	}
	for key := range r.Object() {
		if key == "id" {
			id = payload.ID(r.ID())
		}
	}
	return id
}

// readTime reads a time or null, which gives the zero time.
func readTime(r *strictjson.Reader) time.Time {
	text, given := r.NullString()
	if !given {
		return time.Time{}
	}
	at, err := moment.Parse(text)
	if err != nil {
		r.Fail(strictjson.Value, err.Error())
	}
	return at
}
