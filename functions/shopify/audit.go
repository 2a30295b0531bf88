package shopify

import (
	"context"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// The queries of an audit. A page of 190 orders costs 951 of the 1,000 points that a query may
// cost. A count is limited to 10,000 unless the limit is null.
const (
	queryOrdersCount = `query ordersCount($search: String!) {
  ordersCount(query: $search, limit: null) { count precision }
}`
	queryOrdersAudited = `query ordersAudited($search: String!, $after: String) {
  orders(first: 190, after: $after, sortKey: ID, query: $search) {
    nodes {
      id: legacyResourceId name created_at: createdAt updated_at: updatedAt cancelled_at: cancelledAt
      total: totalPriceSet { ...bag }
    }
    pageInfo { hasNextPage endCursor }
  }
}` + admin.FragmentBag
)

// auditor is the connector.Auditor of all shops. The Admin API can count orders, but sum up
// nothing. The amount of a record is the order's total_price_set: what the buyer owes after an
// edit or a removal is known only to the translation of the whole order. The list of orders
// has no payments.
type auditor struct {
	api      *admin.Client
	shops    []string
	currency string
}

var _ connector.Auditor = (*auditor)(nil)

// Books returns the orders of each shop.
func (a *auditor) Books() []connector.Book {
	var books []connector.Book
	for _, shop := range a.shops {
		books = append(books, connector.Book{System: payload.Name, Tenant: shop, Type: payload.EntityOrder})
	}
	return books
}

// Calendar returns the zero value: records have a time.
func (a *auditor) Calendar() connector.Calendar { return connector.Calendar{} }

// placed returns the search for the orders that were placed within the span.
func placed(span connector.Span) string {
	return "created_at:>='" + span.From.UTC().Format(time.RFC3339) + "' created_at:<'" + span.To.UTC().Format(time.RFC3339) + "'"
}

// Totals counts the orders that were placed within the span.
func (a *auditor) Totals(ctx context.Context, book connector.Book, span connector.Span) (connector.Totals, error) {
	totals, exact := connector.Totals{}, false
	c := admin.Call{
		Shop: book.Tenant, Query: queryOrdersCount, Doing: "counting the orders of " + book.Tenant, Variables: []admin.Variable{{Name: "search", Value: placed(span)}},
		Read: func(r *strictjson.Reader) {
			for key := range r.Object() {
				if key == "ordersCount" && !r.Null() {
					totals.Count, exact = readCount(r)
				}
			}
		},
	}
	_, err := a.api.Query(ctx, c)
	if err == nil && !exact {
		err = fault.Doing(c.Doing, admin.Unpromised(nil))
	}
	return totals, err
}

func readCount(r *strictjson.Reader) (count int, exact bool) {
	for key := range r.Object() {
		switch key {
		case "count":
			count = int(r.Int())
		case "precision":
			exact = r.String() == "EXACT"
		}
	}
	return count, exact
}

// Records lists orders by their ids.
func (a *auditor) Records(ctx context.Context, book connector.Book, span connector.Span, cursor string) (connector.RecordPage, error) {
	return a.list(ctx, book.Tenant, "listing the orders of "+book.Tenant+" by their date", placed(span), cursor)
}

// Lookup searches for the orders by their ids.
func (a *auditor) Lookup(ctx context.Context, book connector.Book, ids []string) ([]connector.Record, error) {
	var terms []string
	for _, id := range ids {
		if id != "" && strings.Trim(id, "0123456789") == "" {
			terms = append(terms, "id:"+id)
		}
	}
	if len(terms) == 0 {
		return nil, nil
	}
	page, err := a.list(ctx, book.Tenant, "looking up orders of "+book.Tenant, strings.Join(terms, " OR "), "")
	return page.Records, err
}

func (a *auditor) list(ctx context.Context, shop, doing, search, cursor string) (connector.RecordPage, error) {
	c := admin.Call{Shop: shop, Query: queryOrdersAudited, Doing: doing, Variables: []admin.Variable{{Name: "search", Value: search}}}
	if cursor != "" {
		c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: cursor})
	}
	l, err := a.api.List(ctx, c)
	if err != nil {
		return connector.RecordPage{}, err
	}
	page := connector.RecordPage{Cursor: l.Cursor}
	for _, node := range l.Nodes {
		record, err := a.record(node)
		if err != nil {
			return connector.RecordPage{}, fault.Doing(doing, err)
		}
		page.Records = append(page.Records, record)
	}
	return page, nil
}

// record reads a node. A total of a currency that the model does not know is the record's own
// error; a node without id or date makes the answer invalid.
func (a *auditor) record(node []byte) (connector.Record, error) {
	var record connector.Record
	var amount canonical.Money
	r := wire.NewReader(node, strictjson.Limits{})
	for key := range r.Object() {
		switch key {
		case "id":
			record.ID = r.ID()
		case "name":
			record.Name = r.Word()
		case "created_at":
			record.At = r.Time()
		case "updated_at":
			record.UpdatedAt = r.Time()
		case "cancelled_at":
			if !r.Null() {
				record.State = connector.Withdrawn
			}
		case "total":
			amount, record.Err = a.total(r.Raw())
		}
	}
	if record.ID == "" {
		r.Missing("id")
	}
	if record.At.IsZero() {
		r.Missing("created_at")
	}
	if err := r.End(); err != nil {
		return record, admin.Unpromised(err)
	}
	record.Ref, record.Amount = record.ID, amount
	return record, nil
}

// total returns the amount in the currency of the settings.
func (a *auditor) total(body []byte) (canonical.Money, error) {
	amounts, err := payload.ParseMoneyBag(body)
	if err != nil {
		return canonical.Money{}, fault.Doing("reading totalPriceSet", admin.Unpromised(err))
	}
	return amounts.In(a.currency), nil
}
