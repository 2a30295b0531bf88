package returning

import (
	"context"
	"slices"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// The metafields of an order.
const (
	namespace = "causeway"
	keyWords  = "returns"
	keyState  = "returns_state"
	typeWords = "multi_line_text_field"
	typeState = "json"
)

// The queries and the mutations. A page of lines costs 452 points.
const (
	queryReturns = `query returnsOf($id: ID!, $after: String) {
  order(id: $id) {
    metafield(namespace: "causeway", key: "returns_state") { value compareDigest }
    returns(first: 50, after: $after) {
      nodes { id name status createdAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	queryLines = `query returnLines($id: ID!, $after: String) {
  return(id: $id) {
    returnLineItems(first: 150, after: $after) {
      nodes { quantity ... on ReturnLineItem { fulfillmentLineItem { lineItem { sku } } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	mutationClose = `mutation closeReturn($id: ID!) {
  returnClose(id: $id) { return { id status } userErrors { field message code } }
}`
	mutationSet = `mutation setReturns($input: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $input) { metafields { id } userErrors { field message code } }
}`
)

// onOrder is what the order has.
type onOrder struct {
	states  states
	digest  string // of the metafield, "" if there is none
	returns []shopReturn
}

// awaits reports whether Shopify knows that goods come back.
func (o *onOrder) awaits() bool { return o.hasOpen() || o.has(statusRequested) }

func (o *onOrder) hasOpen() bool { return o.has(statusOpen) }

func (o *onOrder) has(status string) bool {
	return slices.ContainsFunc(o.returns, func(r shopReturn) bool { return r.status == status })
}

// read returns what the order has, without the lines of its returns.
func (w *work) read(ctx context.Context) (*onOrder, error) {
	has, value := &onOrder{}, ""
	found, err := w.pages(ctx, queryReturns, "order", payload.GID("Order", w.order.ID), func(r *strictjson.Reader, member string) (cursor string) {
		switch {
		case member == "returns":
			return admin.Connection(r, func(r *strictjson.Reader) { has.returns = append(has.returns, readReturn(r)) })
		case member == "metafield" && !r.Null():
			value, has.digest = readMetafield(r)
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, payload.UnknownOrder(w.order)
	}
	has.states, err = readStates(value)
	return has, err
}

// readLines adds the return's lines to it.
func (w *work) readLines(ctx context.Context, of *shopReturn) error {
	of.pieces = map[string]int64{}
	_, err := w.pages(ctx, queryLines, "return", of.gid(), func(r *strictjson.Reader, _ string) (cursor string) {
		return admin.Connection(r, func(r *strictjson.Reader) {
			sku, count := readLine(r)
			if sku == "" {
				of.unnamed = true
				return
			}
			of.pieces[sku] += count
		})
	})
	return err
}

// pages sends the query for each page of the object. read reads a member of it, and returns the
// cursor of the next page.
func (w *work) pages(ctx context.Context, query, object, gid string, read func(r *strictjson.Reader, member string) (cursor string)) (found bool, err error) {
	for after := ""; ; {
		c := admin.Call{Shop: w.order.Tenant, Doing: w.doing, Query: query, Variables: []admin.Variable{{Name: "id", Value: gid}}}
		if after != "" {
			c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: after})
		}
		next := ""
		c.Read = func(r *strictjson.Reader) {
			for key := range r.Object() {
				if key == object && !r.Null() {
					found, next = true, readPage(r, read)
				}
			}
		}
		if _, err := w.config.API.Query(ctx, c); err != nil || next == "" || next == after {
			return found, denied(err)
		}
		after = next
	}
}

// readPage reads the members of an object, and returns the cursor of the one that has pages.
func readPage(r *strictjson.Reader, read func(r *strictjson.Reader, member string) (cursor string)) (next string) {
	for member := range r.Object() {
		if cursor := read(r, member); cursor != "" {
			next = cursor
		}
	}
	return next
}

func readMetafield(r *strictjson.Reader) (value, digest string) {
	for key := range r.Object() {
		switch key {
		case "value":
			value = r.String()
		case "compareDigest":
			digest = r.String()
		}
	}
	return value, digest
}

func readReturn(r *strictjson.Reader) (one shopReturn) {
	for key := range r.Object() {
		switch key {
		case "id":
			one.id = payload.ID(r.ID())
		case "name":
			one.name = r.String()
		case "status":
			one.status = r.String()
		case "createdAt":
			one.created = r.String()
		}
	}
	return one
}

// readLine reads a line of a return. The SKU is "" of an article that has none or is not of the order.
func readLine(r *strictjson.Reader) (sku string, count int64) {
	for key := range r.Object() {
		switch {
		case key == "quantity":
			count = r.Int()
		case key == "fulfillmentLineItem" && !r.Null():
			sku = readSKU(r)
		}
	}
	return sku, count
}

func readSKU(r *strictjson.Reader) (sku string) {
	for key := range r.Object() {
		if key != "lineItem" {
			continue
		}
		for key := range r.Object() {
			if key == "sku" {
				sku, _ = r.NullString()
			}
		}
	}
	return sku
}

// set writes both metafields, unless another delivery wrote them since they were read.
func (w *work) set(ctx context.Context, has *onOrder) error {
	value, err := has.states.json()
	if err != nil {
		return err
	}
	in := strictjson.NewWriter(nil)
	in.Arr()
	for _, f := range [][3]string{{keyState, typeState, string(value)}, {keyWords, typeWords, has.states.words()}} {
		in.Obj()
		in.StrField("ownerId", payload.GID("Order", w.order.ID))
		in.StrField("namespace", namespace)
		in.StrField("key", f[0])
		in.StrField("type", f[1])
		in.StrField("value", f[2])
		switch {
		case f[0] != keyState:
		case has.digest == "":
			in.Key("compareDigest").Null()
		default:
			in.StrField("compareDigest", has.digest)
		}
		in.EndObj()
	}
	in.EndArr()
	input, err := admin.Encoded(in)
	if err != nil {
		return err
	}
	code, err := w.mutate(ctx, admin.Call{Query: mutationSet, Input: input}, "metafieldsSet")
	switch {
	case err != nil || code == "":
		return err
	case code == "STALE_OBJECT":
		return &fault.Error{
			Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Code: code, Field: "metafield " + namespace + "." + keyState,
			Detail: "another delivery of order " + w.order.ID + " wrote it meanwhile",
		}
	}
	return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: code, Field: "metafield " + namespace + "." + keyWords, Detail: "Shopify rejects metafieldsSet for the order"}
}

// close closes the return. The error is of class conflict if it is no longer open.
func (w *work) close(ctx context.Context, r *shopReturn) error {
	code, err := w.mutate(ctx, admin.Call{Query: mutationClose, Variables: []admin.Variable{{Name: "id", Value: r.gid()}}}, "returnClose")
	if err != nil || code == "" {
		return err
	}
	f := &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: code, Field: "return", Detail: "Shopify rejects returnClose for return " + r.name}
	switch code {
	case "INVALID_STATE", "NOT_FOUND":
		f.Class = fault.Conflict
	case "INTERNAL_ERROR":
		f.Kind, f.Class = fault.Unavailable, fault.Ambiguous
	}
	return denied(f)
}

// mutate sends the mutation and returns the code of its last user error, "" if it has none. Their words
// are left out, because they may repeat the input.
func (w *work) mutate(ctx context.Context, c admin.Call, name string) (code string, err error) {
	c.Shop, c.Doing = w.order.Tenant, w.doing
	code, err = w.config.API.Mutate(ctx, c, name)
	return code, denied(err)
}

// denied adds the scopes to the error of an app that lacks them, which is about returns only: what the
// shop's other flows write is not held up by it.
func denied(err error) error {
	f := fault.As(err)
	if f == nil || f.Code != "ACCESS_DENIED" && f.Code != "MISSING_PERMISSION" {
		return err
	}
	e := *f
	e.Kind, e.Class, e.Scope = fault.Unauthorized, fault.Auth, fault.OperationScope
	e.Detail = "the app needs the scopes write_orders, read_returns and write_returns"
	return &e
}
