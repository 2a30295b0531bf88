package closing

import (
	"context"
	"strings"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// Topic is that of a raw message with one sales order.
const Topic = "order/closed"

// entity is the type of an order, as in keys.
const entity = "order"

const modified = "t.lastmodifieddate"

// typed precedes the letter of a status where SuiteQL writes the type too.
const typed = suitetalk.SalesOrderType + ":"

// columns are what a raw message has, by their names in SuiteQL.
var columns = []string{"id", "number", "externalid", "memo", "status", "fulfilled", "billed", "changed"}

var (
	listing  = suitetalk.Listing{At: modified, IDs: []string{"t.id"}, Changed: "changed", Names: []string{"id"}}
	selected = "SELECT t.id AS id, t.tranid AS number, LOWER(t.externalid) AS externalid, t.memo AS memo, t.status AS status, " +
		"MAX(ABS(NVL(l.quantityshiprecv, 0))) AS fulfilled, MAX(ABS(NVL(l.quantitybilled, 0))) AS billed, " + suitetalk.UTCText(modified) + " AS changed " +
		"FROM transaction t JOIN transactionline l ON l.transaction = t.id " +
		"WHERE t.type = " + suitetalk.Quoted(suitetalk.SalesOrderType) + " AND t.status IN (" + ended + ")"
	grouped = " GROUP BY t.id, t.tranid, t.externalid, t.memo, t.status, " + modified + listing.Order()
	ended   = strings.Join([]string{
		suitetalk.Quoted(suitetalk.OrderCancelled), suitetalk.Quoted(suitetalk.OrderClosed),
		suitetalk.Quoted(typed + suitetalk.OrderCancelled), suitetalk.Quoted(typed + suitetalk.OrderClosed),
	}, ", ")
)

// Poller is the connector.Poller of the account's sales orders that are cancelled or closed.
type Poller struct {
	Client  *suitetalk.Client
	Account string
	Stores  record.Stores // none switches the list off
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the orders of the account, none without a store.
func (p *Poller) Feeds() []connector.Feed {
	if len(p.Stores) == 0 {
		return nil
	}
	return []connector.Feed{{Tenant: p.Account, Topic: Topic, Entity: entity, Unannounced: true}}
}

// Changes lists the orders by their last change, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the closed orders of netsuite"
	following, err := listing.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, selected+" AND ("+p.Stores.Condition("LOWER(t.externalid)")+") AND "+following+grouped, doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows)), Cursor: listing.Next(rows)}
	for i, row := range rows {
		page.Changes[i] = change(row, ask.Since)
	}
	return page, nil
}

// change is a row of the list.
func change(row suitetalk.Values, since time.Time) connector.Change {
	c := connector.Change{ID: row["externalid"], Name: row["number"]}
	if c.At, c.Err = listing.ChangedAt(row, since, "reading sales order "+row["id"]+" of netsuite"); c.Err == nil {
		c.Body = row.Body(columns...)
	}
	return c
}

// Fetch returns the order from the list. One that could not be read is asked for by its external id,
// and is gone if it was opened again.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	rows, err := p.Client.Rows(ctx, selected+" AND LOWER(t.externalid) = "+suitetalk.Quoted(strings.ToLower(change.ID))+grouped, "fetching closed order "+change.ID+" of netsuite")
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	raw.Body = rows[0].Body(columns...)
	return raw, nil
}
