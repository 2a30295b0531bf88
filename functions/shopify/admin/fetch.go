package admin

import (
	"context"
	"slices"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// Customer returns the customer as the body that customers/update would have, nil if the customer
// does not exist.
func (a *Client) Customer(ctx context.Context, shop, id, doing string) ([]byte, error) {
	l, err := a.List(ctx, Call{Shop: shop, Doing: doing, Query: queryCustomer, Variables: []Variable{{Name: "id", Value: payload.GID("Customer", id)}}})
	if err != nil || l.one == nil {
		return nil, err
	}
	zone, err := zoneOf(l.zone)
	if err != nil {
		return nil, err
	}
	return composeCustomer(l.one, zone)
}

// The members that have pages.
const (
	membersLines       = "line_items"
	membersRefundLines = "refund_line_items"
)

// Order returns the order as the body that orders/updated would have, with its transactions, nil if
// the order does not exist. Its refunds are fetched one by one, because
// their lines would exceed the cost limit of the order's query.
func (a *Client) Order(ctx context.Context, shop, id, doing string) ([]byte, error) {
	c := Call{Shop: shop, Doing: doing, Query: queryOrder, Variables: []Variable{{Name: "id", Value: payload.GID("Order", id)}}}
	whole, zoneName, err := a.pages(ctx, c, membersLines)
	if err != nil || whole == nil {
		return nil, err
	}
	zone, err := zoneOf(zoneName)
	if err != nil {
		return nil, err
	}
	if err := a.refunds(ctx, shop, doing, whole, zone); err != nil {
		return nil, err
	}
	return whole.compose(zone)
}

// refunds replaces the ids of the order's refunds by the refunds.
func (a *Client) refunds(ctx context.Context, shop, doing string, order *paged, zone *time.Location) error {
	var named []struct {
		ID string `json:"id"`
	}
	if err := decode(order.members["refunds"], &named); err != nil {
		return err
	}
	all := make([]member, 0, len(named))
	for _, one := range named {
		c := Call{Shop: shop, Doing: doing, Query: queryRefund, Variables: []Variable{{Name: "id", Value: payload.GID("Refund", one.ID)}}}
		refund, _, err := a.pages(ctx, c, membersRefundLines)
		if err == nil && refund == nil {
			err = changedMeanwhile(doing)
		}
		if err != nil {
			return err
		}
		composed, err := refund.composeRefund(zone)
		if err != nil {
			return err
		}
		all = append(all, composed)
	}
	var err error
	order.members["refunds"], err = encode(all)
	return err
}

// pages returns an order or a refund with all pages of its lines, and the name of the shop's
// time zone; nil if it does not exist. It fails if it changed between two pages: they must be of
// one version.
func (a *Client) pages(ctx context.Context, c Call, lines string) (whole *paged, zone string, err error) {
	first := c.Variables
	whole, zone, err = a.page(ctx, c, lines)
	for err == nil && whole != nil && whole.cursor != "" {
		c.Variables = append(slices.Clip(first), Variable{Name: "lines", Value: whole.cursor})
		var next *paged
		next, _, err = a.page(ctx, c, lines)
		switch {
		case err != nil:
		case next == nil || next.updated != whole.updated || next.cursor == whole.cursor:
			err = changedMeanwhile(c.Doing)
		default:
			whole.lines, whole.cursor = append(whole.lines, next.lines...), next.cursor
		}
	}
	return whole, zone, err
}

func (a *Client) page(ctx context.Context, c Call, lines string) (*paged, string, error) {
	l, err := a.List(ctx, c)
	if err != nil || l.one == nil {
		return nil, "", err
	}
	page, err := parsePage(l.one, lines)
	return page, l.zone, err
}

func changedMeanwhile(doing string) error {
	return fault.New(fault.Unavailable, fault.Intermittent, doing, "the order changed while its lines were read")
}

// zoneOf returns the shop's time zone, in which webhooks write their times. Polled content must
// equal theirs, or every polled state would be published again.
func zoneOf(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return nil, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Config, Field: "ianaTimezone", Detail: "the shop's time zone is not in the time zone database", Err: err,
		}
	}
	return zone, nil
}

// Transactions returns the order's transactions, failed ones included. The list is not paged:
// without "first" the API returns all of it. An order that the API does not know gives
// fault.NotReady.
func (a *Client) Transactions(ctx context.Context, shop, order string) ([]payload.Transaction, error) {
	doing := "asking for the transactions of order " + order
	var all []payload.Transaction
	found := false
	_, err := a.Query(ctx, Call{
		Shop: shop, Doing: doing, Query: queryTransactions, Variables: []Variable{{Name: "id", Value: payload.GID("Order", order)}},
		Read: func(r *strictjson.Reader) { all, found = readTransactions(r) },
	})
	if err == nil && !found {
		err = fault.New(fault.NotReady, fault.MissingRef, doing, "the Admin API does not know the order yet, or no longer")
	}
	return all, err
}

func readTransactions(r *strictjson.Reader) (all []payload.Transaction, found bool) {
	for key := range r.Object() {
		if key != "order" || r.Null() {
			continue
		}
		found = true
		for key := range r.Object() {
			if key == "transactions" {
				all = payload.ReadTransactions(r)
			}
		}
	}
	return all, found
}
