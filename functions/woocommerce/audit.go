package woocommerce

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/functions/woocommerce/translator"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// auditor is the connector.Auditor of all configured stores. The API lists
// orders whole, so that records are read by the translation itself: they have the amounts and
// IDs of the events. It can count orders (X-WP-Total), but sum up nothing, and it can neither
// count nor list payments by their date.
type auditor struct {
	*poller
	source connector.Source
}

var _ connector.Auditor = (*auditor)(nil)

// Books returns the orders and the payments of each store.
func (a *auditor) Books() []connector.Book {
	var books []connector.Book
	for _, one := range a.stores {
		books = append(books, connector.Book{System: Name, Tenant: one.Tenant, Type: translator.EntityOrder}, connector.Book{System: Name, Tenant: one.Tenant, Type: translator.EntityPayment})
	}
	return books
}

// feed is the list of a store's orders.
func (a *auditor) feed(book connector.Book) connector.Feed {
	return connector.Feed{Tenant: book.Tenant, Topic: translator.TopicOrderUpdated, Entity: translator.EntityOrder}
}

// Calendar returns the zero value: records have a time.
func (a *auditor) Calendar() connector.Calendar { return connector.Calendar{} }

// Totals counts the orders that were placed within the span.
func (a *auditor) Totals(ctx context.Context, book connector.Book, span connector.Span) (connector.Totals, error) {
	if book.Type != translator.EntityOrder {
		return connector.Totals{}, connector.ErrNoTotals
	}
	query := placed(span)
	query.Set("per_page", "1")
	doing := "counting the orders of " + book.Tenant
	answer, err := a.open(a.feed(book)).Get(ctx, rest.OrdersPath, doing, query)
	if err != nil {
		return connector.Totals{}, err
	}
	count, err := strconv.Atoi(answer.Header.Get("X-WP-Total"))
	if err != nil {
		return connector.Totals{}, fault.Doing(doing, rest.Broken("X-WP-Total", "is not a number"))
	}
	return connector.Totals{Count: count}, nil
}

// placed returns the query for the orders that were placed within the span. The API's bounds
// leave their own second out.
func placed(span connector.Span) url.Values {
	return url.Values{"after": {bound(span.From.Unix() - 1)}, "before": {bound(span.To.Unix())}, "dates_are_gmt": {"true"}}
}

// Records lists orders by their ids. Payments are those of the orders that were changed since
// the span began: an order is changed when it is paid.
func (a *auditor) Records(ctx context.Context, book connector.Book, span connector.Span, cursor string) (connector.RecordPage, error) {
	read := a.orders
	if book.Type == translator.EntityPayment {
		read = a.changed
	}
	page, err := read(ctx, book, span, cursor)
	if err != nil {
		return connector.RecordPage{}, err
	}
	listed := connector.RecordPage{Cursor: page.Cursor}
	for _, change := range page.Changes {
		for _, record := range a.records(ctx, book, change) {
			if inside := !record.At.Before(span.From) && record.At.Before(span.To); inside || record.Err != nil {
				listed.Records = append(listed.Records, record)
			}
		}
	}
	return listed, nil
}

// changed is a page of the poller's list.
func (a *auditor) changed(ctx context.Context, book connector.Book, span connector.Span, cursor string) (connector.Page, error) {
	return a.Changes(ctx, connector.Ask{Feed: a.feed(book), Since: span.From, Cursor: cursor})
}

// orders is a page of the orders that were placed within the span.
func (a *auditor) orders(ctx context.Context, book connector.Book, span connector.Span, at string) (connector.Page, error) {
	var from walk
	api, doing := a.open(a.feed(book)), "listing the orders of "+book.Tenant+" by their date"
	if at != "" {
		offset, last, _ := strings.Cut(at, "/")
		if from = (walk{rest.Number(offset), rest.Number(last)}); from.offset <= 0 || from.last <= 0 {
			return connector.Page{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: doing, Detail: "is not a cursor of this list"}
		}
	}
	l := listing{doing, rest.OrdersPath, span.From.Unix(), placed(span)}
	changes, to, more, err := api.behind(ctx, l, from, rest.PageSize)
	if e := fault.As(err); e != nil && e.Class == fault.TooLarge {
		changes, to, more, err = api.behind(ctx, l, from, smallPage)
	}
	page := connector.Page{Changes: changes}
	if more {
		page.Cursor = strconv.FormatInt(to.offset, 10) + "/" + strconv.FormatInt(to.last, 10)
	}
	return page, fault.Doing(doing, err)
}

// Lookup asks for the orders by their ids. The id of a payment begins with its order's.
func (a *auditor) Lookup(ctx context.Context, book connector.Book, ids []string) ([]connector.Record, error) {
	orders := make([]string, 0, len(ids))
	for _, id := range ids {
		if order, _, _ := strings.Cut(id, "-"); rest.Number(order) > 0 {
			orders = append(orders, order)
		}
	}
	slices.Sort(orders)
	orders = slices.Compact(orders)
	if len(orders) == 0 {
		return nil, nil
	}
	doing := "looking up orders of " + book.Tenant
	changes, err := a.open(a.feed(book)).list(ctx, listing{doing, rest.OrdersPath, 0, url.Values{"include": {strings.Join(orders, ",")}}}, rest.PageSize)
	if err != nil {
		return nil, fault.Doing(doing, err)
	}
	var found []connector.Record
	for _, change := range changes {
		for _, record := range a.records(ctx, book, change) {
			if slices.Contains(ids, record.ID) {
				found = append(found, record)
			}
		}
	}
	return found, nil
}

// records returns the book's records of one order, as its translation has them.
func (a *auditor) records(ctx context.Context, book connector.Book, change connector.Change) (all []connector.Record) {
	unread := connector.Record{ID: change.ID, Ref: change.ID, Name: change.Name, At: change.At, UpdatedAt: change.At, Err: change.Err}
	if change.Err != nil {
		return []connector.Record{unread}
	}
	made, err := a.source.Translate(ctx, &message.Raw{
		System: Name, Tenant: book.Tenant, Topic: translator.TopicOrderUpdated, Trigger: message.Poll, ContentType: "application/json", Body: change.Body,
	})
	if err != nil {
		unread.Err = err
		return []connector.Record{unread}
	}
	for _, event := range made.Events {
		record := connector.Record{ID: event.Entity.ID, Ref: change.ID, Name: change.Name, UpdatedAt: event.UpdatedAt}
		switch body := event.Body.(type) {
		case *canonical.Order:
			record.At, record.Amount = body.PlacedAt, body.Total
			if body.Status == canonical.OrderCancelled {
				record.State = connector.Withdrawn
			}
		case *canonical.Payment:
			record.At, record.Amount, record.Within = body.At, body.Amount, body.Order
		}
		if event.Entity.Type == book.Type {
			all = append(all, record)
		}
	}
	return all
}
