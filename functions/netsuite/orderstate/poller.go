package orderstate

import (
	"context"
	"strings"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The topics of a raw message with one sales order: of those that ended, and of all, with its lines.
const (
	TopicEnded = "order/closed"
	TopicAll   = "order/state"
)

// The types of the entities, as in keys.
const (
	entity         = "order"
	entityERPOrder = "erp_order"
)

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
		"WHERE t.type = " + suitetalk.Quoted(suitetalk.SalesOrderType)
	hasEnded = " AND t.status IN (" + strings.Join([]string{
		suitetalk.Quoted(suitetalk.OrderCancelled), suitetalk.Quoted(suitetalk.OrderClosed),
		suitetalk.Quoted(typed + suitetalk.OrderCancelled), suitetalk.Quoted(typed + suitetalk.OrderClosed),
	}, ", ") + ")"
	grouped = " GROUP BY t.id, t.tranid, t.externalid, t.memo, t.status, " + modified + listing.Order()
)

// Poller is the connector.Poller of the account's sales orders.
type Poller struct {
	Client  *suitetalk.Client
	Account string
	Stores  record.Stores // none switches the list off
	All     bool          // also those that are neither cancelled nor closed
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the orders of the account, none without a store.
func (p *Poller) Feeds() []connector.Feed {
	switch {
	case len(p.Stores) == 0:
		return nil
	case p.All:
		return []connector.Feed{{Tenant: p.Account, Topic: TopicAll, Entity: entityERPOrder, Unannounced: true}}
	}
	return []connector.Feed{{Tenant: p.Account, Topic: TopicEnded, Entity: entity, Unannounced: true}}
}

// from is the query for the orders.
func (p *Poller) from() string {
	if p.All {
		return selected
	}
	return selected + hasEnded
}

// Changes lists the orders by their last change, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the sales orders of netsuite"
	following, err := listing.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, p.from()+" AND ("+p.Stores.Condition("LOWER(t.externalid)")+") AND "+following+grouped, doing)
	if err != nil {
		return connector.Page{}, err
	}
	lines, err := p.lines(ctx, rows, doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows)), Cursor: listing.Next(rows)}
	for i, row := range rows {
		page.Changes[i] = p.change(row, lines[row["id"]], ask.Since)
	}
	return page, nil
}

// change is a row of the list.
func (p *Poller) change(row suitetalk.Values, lines []suitetalk.Values, since time.Time) connector.Change {
	c, doing := connector.Change{ID: row["externalid"], Name: row["number"]}, "reading sales order "+row["id"]+" of netsuite"
	if c.At, c.Err = listing.ChangedAt(row, since, doing); c.Err == nil {
		c.Err = fault.Doing(doing, complete(row, lines))
	}
	if c.Err == nil {
		c.Body = p.encode(row, lines)
	}
	return c
}

// Fetch returns the order from the list. One that could not be read is asked for by its external id,
// and nil is returned if it is not in the list any more.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	doing := "fetching sales order " + change.ID + " of netsuite"
	rows, err := p.Client.Rows(ctx, p.from()+" AND LOWER(t.externalid) = "+suitetalk.Quoted(strings.ToLower(change.ID))+grouped, doing)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lines, err := p.lines(ctx, rows[:1], doing)
	if err != nil {
		return nil, err
	}
	own := lines[rows[0]["id"]]
	raw.Body = p.encode(rows[0], own)
	return raw, fault.Doing(doing, complete(rows[0], own))
}
