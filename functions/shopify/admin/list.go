package admin

import (
	"context"
	"errors"
	"strings"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// Changes lists the orders, customers or products of the feed's shop by the time of their last change. The
// cursor names the last entity of a page, not a number: an entity that changes meanwhile moves to
// the end and shifts no other. Customers are listed whole, each as the body that customers/update
// would have.
func (a *Client) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	c := Call{
		Shop: ask.Feed.Tenant, Query: queryOrdersSince, Doing: "listing the " + ask.Feed.Entity + "s of " + ask.Feed.Tenant,
		Variables: []Variable{{Name: "search", Value: "updated_at:>='" + ask.Since.UTC().Format(time.RFC3339) + "'"}},
	}
	switch ask.Feed.Entity {
	case payload.EntityCustomer:
		c.Query = queryCustomersSince
	case payload.EntityProduct:
		c.Query = queryProductsSince
	}
	if ask.Cursor != "" {
		c.Variables = append(c.Variables, Variable{Name: "after", Value: ask.Cursor})
	}
	l, err := a.List(ctx, c)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Cursor: l.Cursor}
	for _, node := range l.Nodes {
		change, err := l.change(node, ask.Feed)
		if err != nil {
			return connector.Page{}, fault.Doing(c.Doing, err)
		}
		page.Changes = append(page.Changes, change)
	}
	return page, nil
}

// Listing is the answer to the query of a list or of one entity.
type Listing struct {
	Nodes  [][]byte // of orders, customers or products, each as JSON
	Cursor string   // of the next page, "" at the end
	one    []byte   // nil if it is missing
	zone   string   // of the shop
}

// List sends the query of orders, customers or products and returns a page of them. It sets the call's Read.
func (a *Client) List(ctx context.Context, c Call) (*Listing, error) {
	l := &Listing{}
	c.Read = l.read
	_, err := a.Query(ctx, c)
	return l, err
}

func (l *Listing) read(r *strictjson.Reader) {
	for key := range r.Object() {
		switch key {
		case "shop":
			l.zone = text(r, "ianaTimezone")
		case "orders", "customers", "products":
			l.connection(r)
		case "order", "customer", "refund":
			if !r.Null() {
				l.one = r.Raw()
			}
		}
	}
}

func text(r *strictjson.Reader, member string) (value string) {
	for key := range r.Object() {
		if key == member {
			value, _ = r.NullString()
		}
	}
	return value
}

// connection reads the nodes of a list and the cursor of the next page.
func (l *Listing) connection(r *strictjson.Reader) {
	for key := range r.Object() {
		switch key {
		case "nodes":
			for range r.Array() {
				l.Nodes = append(l.Nodes, r.Raw())
			}
		case "pageInfo":
			l.Cursor = NextCursor(r)
		}
	}
}

// BySKU returns the search for variants or inventory items with one of the SKUs (shopify.dev, "Shopify API
// search syntax"). It also finds what only resembles them.
func BySKU(skus ...string) string {
	terms := make([]string, len(skus))
	for i, sku := range skus {
		terms[i] = `sku:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sku) + `"`
	}
	return strings.Join(terms, " OR ")
}

// Connection reads a connection (shopify.dev, "Paginating results with GraphQL"): each node by the function. It
// returns the cursor of the next page, "" at the end.
func Connection(r *strictjson.Reader, node func(*strictjson.Reader)) (cursor string) {
	for key := range r.Object() {
		switch key {
		case "nodes":
			for range r.Array() {
				node(r)
			}
		case "pageInfo":
			cursor = NextCursor(r)
		}
	}
	return cursor
}

// NextCursor reads the pageInfo of a connection, and returns the cursor of the next page, "" at the end.
func NextCursor(r *strictjson.Reader) string {
	cursor, more := "", false
	for key := range r.Object() {
		switch key {
		case "endCursor":
			cursor, _ = r.NullString()
		case "hasNextPage":
			more = r.Bool()
		}
	}
	if !more {
		return ""
	}
	return cursor
}

// change reads id, name and time of a node. A customer is listed whole, and may be unreadable.
// Its name is personal data and is not read.
func (l *Listing) change(node []byte, feed connector.Feed) (connector.Change, error) {
	var change connector.Change
	r := wire.NewReader(node, strictjson.Limits{})
	for key := range r.Object() {
		switch key {
		case "id":
			change.ID = r.ID()
		case "name":
			change.Name = r.Word()
		case "updated_at":
			change.At = r.Time()
		}
	}
	if change.ID == "" {
		r.Missing("id")
	}
	if change.At.IsZero() {
		r.Missing("updated_at")
	}
	if err := r.End(); err != nil {
		return change, Unpromised(err)
	}
	if feed.Entity != payload.EntityCustomer {
		return change, nil
	}
	zone, err := zoneOf(l.zone)
	if err != nil {
		return change, err
	}
	if change.Body, err = composeCustomer(node, zone); err != nil {
		change.Err = fault.Doing("reading customer "+change.ID+" of "+feed.Tenant, err)
	}
	return change, nil
}

// Unpromised returns the fault of an answer that does not match the schema. A strict reader's error
// gives it the field; err may be nil.
func Unpromised(err error) error {
	e := &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Detail: "the answer does not match the API's schema"}
	if strict, ok := errors.AsType[*strictjson.Error](err); ok {
		e.Field, e.Detail = strict.Path, e.Detail+": "+strict.Rule
	}
	return e
}
