package fulfillment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// The queries of a fulfillment. The first counts each element of its lists at most, 891 points;
// the open orders of a page cost 776, a page of 250 lines 753.
const (
	queryFulfillments = `query fulfillments($id: ID!) {
  order(id: $id) {
    fulfillments(first: 80) { id status displayStatus deliveredAt trackingInfo(first: 10) { number company url } }
  }
}`
	queryFulfilledLines = `query fulfilledLines($id: ID!, $after: String) {
  fulfillment(id: $id) {
    lines: fulfillmentLineItems(first: 250, after: $after) {
      nodes { quantity lineItem { id sku } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	queryOpenOrders = `query fulfillmentOrders($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 5, after: $after) {
      nodes {
        id status assignedLocation { location { id } }
        lines: lineItems(first: 50) {
          nodes { id remainingQuantity sku lineItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	queryFulfillable = `query fulfillable($id: ID!) { order(id: $id) { fulfillable } }`
	queryOpenLines   = `query fulfillmentOrderLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lines: lineItems(first: 250, after: $after) {
      nodes { id remainingQuantity sku lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	mutationFulfill = `mutation fulfill($input: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $input) {
    fulfillment { id }
    userErrors { field message }
  }
}`
)

// fulfilled is a fulfillment that the order has.
type fulfilled struct {
	id, status    string
	company       string
	numbers, urls []string // of the same parcels
	delivered     bool
	lines         []fulfilledLine
}

// isLive reports whether the fulfillment has its pieces.
func (f *fulfilled) isLive() bool {
	return f.status != statusCancelled && f.status != "ERROR" && f.status != "FAILURE"
}

const statusCancelled = "CANCELLED"

// hasOneOf reports whether the fulfillment has one of the numbers.
func (f *fulfilled) hasOneOf(numbers []string) bool {
	return slices.ContainsFunc(f.numbers, func(n string) bool { return slices.Contains(numbers, n) })
}

// fulfilledLine is a quantity of an order line that a fulfillment has.
type fulfilledLine struct {
	line, sku string
	count     int64
}

// openOrder is a fulfillment order with what is left of its lines.
type openOrder struct {
	id, status, location string
	lines                []openLine
	cursor               string // of the next page of lines, "" if this was all
}

type openLine struct {
	id, line, sku string
	left          int64
}

// fulfillable reports whether pieces of it can be fulfilled now.
func (o *openOrder) fulfillable() bool { return o.status == "OPEN" || o.status == "IN_PROGRESS" }

// waits reports whether it can be fulfilled later.
func (o *openOrder) waits() bool { return o.status == "ON_HOLD" || o.status == "SCHEDULED" }

// mostFulfillments is how many fulfillments of an order are read.
const mostFulfillments = 80

// fulfillments returns all fulfillments of the order.
func (s *shipping) fulfillments(ctx context.Context) ([]fulfilled, error) {
	var all []fulfilled
	found := false
	c := admin.Call{Shop: s.order.Tenant, Doing: s.doing, Query: queryFulfillments, Variables: []admin.Variable{{Name: "id", Value: payload.GID("Order", s.order.ID)}}}
	c.Read = func(r *strictjson.Reader) {
		found = members(r, "order", func(key string) {
			if key == "fulfillments" {
				for range r.Array() {
					all = append(all, readFulfillment(r))
				}
			}
		})
	}
	if _, err := s.config.API.Query(ctx, c); err != nil {
		return nil, err
	}
	switch {
	case !found:
		return nil, payload.UnknownOrder(s.order)
	case len(all) >= mostFulfillments:
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.TooLarge, Field: "order",
			Detail: "the order has " + strconv.Itoa(len(all)) + " fulfillments or more, among which this shipment cannot be looked up; fulfill it in Shopify by hand",
		}
	}
	return all, nil
}

// members reads the members of the object of that name in data, and reports whether it is there.
func members(r *strictjson.Reader, name string, each func(key string)) (found bool) {
	for key := range r.Object() {
		if key != name || r.Null() {
			continue
		}
		found = true
		for key := range r.Object() {
			each(key)
		}
	}
	return found
}

func readFulfillment(r *strictjson.Reader) (f fulfilled) {
	for key := range r.Object() {
		switch key {
		case "id":
			f.id = payload.ID(r.ID())
		case "status":
			f.status = r.String()
		case "displayStatus":
			shown, _ := r.NullString()
			f.delivered = f.delivered || shown == statusDelivered
		case "deliveredAt":
			at, _ := r.NullString()
			f.delivered = f.delivered || at != ""
		case "trackingInfo":
			for range r.Array() {
				f.readTracking(r)
			}
		}
	}
	return f
}

// readTracking reads a parcel. One without a number is left out.
func (f *fulfilled) readTracking(r *strictjson.Reader) {
	var number, company, url string
	for key := range r.Object() {
		switch key {
		case "number":
			number, _ = r.NullString()
		case "company":
			company, _ = r.NullString()
		case "url":
			url, _ = r.NullString()
		}
	}
	if number != "" {
		f.company, f.numbers, f.urls = company, append(f.numbers, number), append(f.urls, url)
	}
}

// linesOf returns the lines of a fulfillment.
func (s *shipping) linesOf(ctx context.Context, id string) ([]fulfilledLine, error) {
	var all []fulfilledLine
	err := s.paged(ctx, queryFulfilledLines, "fulfillment", payload.GID("Fulfillment", id), "", func(r *strictjson.Reader) {
		var l fulfilledLine
		for key := range r.Object() {
			switch key {
			case "quantity":
				l.count = r.Int()
			case "lineItem":
				l.line, l.sku = readLineItem(r)
			}
		}
		all = append(all, l)
	})
	return all, err
}

// paged reads all pages of lines of one object, beginning after the cursor.
func (s *shipping) paged(ctx context.Context, query, name, gid, after string, node func(*strictjson.Reader)) error {
	for {
		c := admin.Call{Shop: s.order.Tenant, Doing: s.doing, Query: query, Variables: []admin.Variable{{Name: "id", Value: gid}}}
		if after != "" {
			c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: after})
		}
		next := ""
		c.Read = func(r *strictjson.Reader) {
			members(r, name, func(key string) {
				if key == "lines" {
					next = admin.Connection(r, node)
				}
			})
		}
		if _, err := s.config.API.Query(ctx, c); err != nil || next == "" || next == after {
			return err
		}
		after = next
	}
}

func readLineItem(r *strictjson.Reader) (id, sku string) {
	for key := range r.Object() {
		switch key {
		case "id":
			id = payload.ID(r.ID())
		case "sku":
			sku, _ = r.NullString()
		}
	}
	return id, sku
}

// openOrders returns the order's fulfillment orders with all their lines.
func (s *shipping) openOrders(ctx context.Context) ([]openOrder, error) {
	all, err := s.listOpenOrders(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		o := &all[i]
		if o.cursor == "" || !o.fulfillable() && !o.waits() {
			continue
		}
		node := func(r *strictjson.Reader) { o.lines = append(o.lines, readOpenLine(r)) }
		if err := s.paged(ctx, queryOpenLines, "fulfillmentOrder", payload.GID("FulfillmentOrder", o.id), o.cursor, node); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// listOpenOrders returns the order's fulfillment orders, each with its first lines.
func (s *shipping) listOpenOrders(ctx context.Context) ([]openOrder, error) {
	var all []openOrder
	for after := ""; ; {
		found, next := false, ""
		c := admin.Call{Shop: s.order.Tenant, Doing: s.doing, Query: queryOpenOrders, Variables: []admin.Variable{{Name: "id", Value: payload.GID("Order", s.order.ID)}}}
		if after != "" {
			c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: after})
		}
		c.Read = func(r *strictjson.Reader) {
			found = members(r, "order", func(key string) {
				if key == "fulfillmentOrders" {
					next = admin.Connection(r, func(r *strictjson.Reader) { all = append(all, readOpenOrder(r)) })
				}
			})
		}
		if _, err := s.config.API.Query(ctx, c); err != nil {
			return nil, err
		}
		if !found {
			return nil, payload.UnknownOrder(s.order)
		}
		if next == "" || next == after {
			return all, nil
		}
		after = next
	}
}

// fulfillable reports whether the order has lines that can be fulfilled (Order.fulfillable).
func (s *shipping) fulfillable(ctx context.Context) (can bool, err error) {
	c := admin.Call{Shop: s.order.Tenant, Doing: s.doing, Query: queryFulfillable, Variables: []admin.Variable{{Name: "id", Value: payload.GID("Order", s.order.ID)}}}
	c.Read = func(r *strictjson.Reader) {
		members(r, "order", func(key string) {
			if key == "fulfillable" {
				can = r.Bool()
			}
		})
	}
	_, err = s.config.API.Query(ctx, c)
	return can, err
}

func readOpenOrder(r *strictjson.Reader) (o openOrder) {
	for key := range r.Object() {
		switch key {
		case "id":
			o.id = payload.ID(r.ID())
		case "status":
			o.status = r.String()
		case "assignedLocation":
			members(r, "location", func(key string) {
				if key == "id" {
					o.location = payload.ID(r.ID())
				}
			})
		case "lines":
			o.cursor = admin.Connection(r, func(r *strictjson.Reader) { o.lines = append(o.lines, readOpenLine(r)) })
		}
	}
	return o
}

func readOpenLine(r *strictjson.Reader) (l openLine) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.id = payload.ID(r.ID())
		case "remainingQuantity":
			l.left = r.Int()
		case "sku":
			l.sku, _ = r.NullString()
		case "lineItem":
			l.line, _ = readLineItem(r)
		}
	}
	return l
}

// written is the answer to a mutation: an id, or the first user error.
type written struct {
	id, field, text string
}

func (c *written) read(r *strictjson.Reader, mutation string) {
	members(r, mutation, func(key string) {
		switch key {
		case "fulfillment", "fulfillmentEvent":
			if !r.Null() {
				c.id, _ = readLineItem(r)
			}
		case "userErrors":
			for i := range r.Array() {
				field, text := readUserError(r)
				if i == 0 {
					c.field, c.text = field, text
				}
			}
		}
	})
}

func readUserError(r *strictjson.Reader) (field, text string) {
	for key := range r.Object() {
		switch {
		case key == "message":
			text, _ = r.NullString()
		case key == "field" && !r.Null():
			var path []string
			for range r.Array() {
				path = append(path, r.String())
			}
			field = strings.Join(path, ".")
		}
	}
	return field, text
}

// refusals lead from the words of a user error of a fulfillment's mutation, which has no code, to
// what it means. The text itself is dropped: it may repeat the input.
var refusals = []struct {
	text string
	e    fault.Error
}{
	{"line item quantity", fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Code: "quantity_changed", Field: "lines", Detail: "Shopify has fewer pieces open than it just showed"}},
	{"unfulfillable status", fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Code: "status_changed", Field: "order", Detail: "a fulfillment order changed since it was read"}},
	{"does not exist", fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Code: "fulfillment_order_changed", Field: "order", Detail: "a fulfillment order was moved, split or merged since it was read"}},
	{"same location", fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Code: "location_changed", Field: "order", Detail: "a fulfillment order was moved since it was read"}},
	{"already", fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Code: "fulfillment_changed", Field: "status", Detail: "the fulfillment changed since it was read"}},
	{"tracking", fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: "tracking_rejected", Field: "tracking", Detail: "Shopify rejects the tracking number or its address; correct it at the warehouse, or fulfill the order by hand"}},
	{"url", fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: "tracking_rejected", Field: "tracking", Detail: "Shopify rejects the address of the tracking page; correct it at the warehouse, or fulfill the order by hand"}},
	{"permission", fault.Error{Kind: fault.Unauthorized, Class: fault.Auth, Scope: fault.OperationScope, Code: "permission", Field: "SHOPIFY_ADMIN_TOKEN", Detail: "the app's user may not fulfill orders"}},
}

// fault returns the user error as a fault. An answer with neither is not the API's.
func (c *written) fault(doing string) *fault.Error {
	if c.text == "" && c.field == "" {
		return &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: doing, Detail: "the answer has neither a fulfillment nor an error"}
	}
	text := strings.ToLower(c.text)
	for _, known := range refusals {
		if strings.Contains(text, known.text) {
			e := known.e
			e.Doing = doing
			return &e
		}
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Value, Code: "user_error", Field: c.field, Doing: doing,
		Detail: "Shopify rejects the change of the fulfillment for a reason that is not known here; make it in Shopify by hand",
	}
}
