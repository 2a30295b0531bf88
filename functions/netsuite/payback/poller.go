package payback

import (
	"context"
	"math/big"
	"strconv"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Topic is that of a raw message with one refund.
const Topic = "refund/entered"

// entity is the type of a refund, as in keys.
const entity = "refund"

// refunded is the member of a raw message with the sum of the order's refunds, beside the columns of the refund.
const refunded = "refunded"

// Poller is the connector.Poller of the refunds that people enter in the account.
type Poller struct {
	Client  *suitetalk.Client
	Account string
	Stores  record.Stores // none switches the list off
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the refunds of the account, none without a store.
func (p *Poller) Feeds() []connector.Feed {
	if len(p.Stores) == 0 {
		return nil
	}
	return []connector.Feed{{Tenant: p.Account, Topic: Topic, Entity: entity, Unannounced: true}}
}

// Changes lists the refunds by their last change, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the refunds of netsuite"
	rows, err := p.Client.RefundsSince(ctx, ask.Since, ask.Cursor, p.Stores.Condition(suitetalk.RefundStore), doing)
	if err == nil {
		err = p.addTotals(ctx, rows, doing)
	}
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows)), Cursor: suitetalk.RefundListing.Next(rows)}
	for i, row := range rows {
		page.Changes[i] = change(row, ask.Since)
	}
	return page, nil
}

// change is a row of the list.
func change(row suitetalk.Values, since time.Time) connector.Change {
	c := connector.Change{ID: row["id"], Name: row["number"]}
	if c.At, c.Err = suitetalk.RefundListing.ChangedAt(row, since, "reading refund "+row["id"]+" of netsuite"); c.Err == nil {
		c.Body = bodyOf(row)
	}
	return c
}

func bodyOf(row suitetalk.Values) []byte {
	return row.Body(append(suitetalk.RefundColumns, refunded)...)
}

// addTotals adds to each row the sum of all refunds of its order, as far as they are of that order alone.
func (p *Poller) addTotals(ctx context.Context, rows []suitetalk.Values, doing string) error {
	orders, sums := []string{}, map[string]*big.Rat{}
	for _, row := range rows {
		if id := row["salesorder"]; suitetalk.IsInternalID(id) && sums[id] == nil {
			orders, sums[id] = append(orders, id), new(big.Rat)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	all, err := p.Client.RefundsOf(ctx, orders, doing)
	if err != nil {
		return err
	}
	for _, row := range all {
		if amount, ok := new(big.Rat).SetString(row.Number("total")); ok && isWhole(row) && sums[row["salesorder"]] != nil {
			sums[row["salesorder"]].Add(sums[row["salesorder"]], amount)
		}
	}
	for _, row := range rows {
		if sum := sums[row["salesorder"]]; sum != nil {
			decimals, _ := sum.FloatPrec()
			row[refunded] = sum.FloatString(decimals)
		}
	}
	return nil
}

// isWhole reports whether the refund pays back one order and nothing else.
func isWhole(row suitetalk.Values) bool { return row["orders"] == "1" && row["others"] == "0" }

// Fetch returns the refund from the list. One that could not be read is asked for by its id, and nil is returned
// if it has an external id by now or was voided.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	doing := "fetching refund " + change.ID + " of netsuite"
	if !suitetalk.IsInternalID(change.ID) {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "id", Doing: doing, Detail: strconv.Quote(change.ID) + " is not an internal id"}
	}
	row, err := p.Client.Refund(ctx, change.ID, doing)
	if err != nil || row == nil {
		return nil, err
	}
	if err := p.addTotals(ctx, []suitetalk.Values{row}, doing); err != nil {
		return nil, err
	}
	raw.Body = bodyOf(row)
	return raw, nil
}
