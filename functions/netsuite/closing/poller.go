package closing

import (
	"context"
	"strings"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// Topic is that of a raw message with one sales order.
const Topic = "order/closed"

// entity is the type of an order, as in keys.
const entity = "order"

const modified = "t.lastmodifieddate"

// columns are what a raw message has, by their names in SuiteQL.
var columns = []string{"id", "number", "externalid", "memo", "status", "fulfilled", "billed", "changed"}

var (
	changedAt = suitetalk.UTC(modified)
	selected  = "SELECT t.id AS id, t.tranid AS number, LOWER(t.externalid) AS externalid, t.memo AS memo, t.status AS status, " +
		"MAX(ABS(NVL(l.quantityshiprecv, 0))) AS fulfilled, MAX(ABS(NVL(l.quantitybilled, 0))) AS billed, " + suitetalk.UTCText(modified) + " AS changed " +
		"FROM transaction t JOIN transactionline l ON l.transaction = t.id " +
		"WHERE t.type = " + suitetalk.Quoted(suitetalk.SalesOrderType) + " AND t.status IN ('C', 'H', 'SalesOrd:C', 'SalesOrd:H')"
	grouped = " GROUP BY t.id, t.tranid, t.externalid, t.memo, t.status, " + modified + " ORDER BY " + changedAt + ", t.id"
)

// Poller is the connector.Poller of the account's sales orders that are cancelled or closed.
type Poller struct {
	Client  *suitetalk.Client
	Account string
	Stores  Stores // none switches the list off
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
	sql := selected + " AND (" + p.Stores.condition() + ") AND " + changedAt + " >= " + suitetalk.Timestamp(ask.Since)
	if ask.Cursor != "" {
		last, id, ok := parseCursor(ask.Cursor)
		if !ok {
			return connector.Page{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: doing, Detail: "is not a cursor of this list"}
		}
		sql += " AND (" + changedAt + " > " + suitetalk.Timestamp(last) + " OR " + changedAt + " = " + suitetalk.Timestamp(last) + " AND t.id > " + id + ")"
	}
	rows, err := p.Client.Rows(ctx, sql+grouped, doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows))}
	for i, row := range rows {
		page.Changes[i] = change(row, ask.Since)
	}
	if len(rows) >= suitetalk.QueryRows {
		last := rows[len(rows)-1]
		page.Cursor = last["changed"] + "|" + last["id"]
	}
	return page, nil
}

func parseCursor(cursor string) (at time.Time, id string, ok bool) {
	changed, id, found := strings.Cut(cursor, "|")
	if !found || !suitetalk.IsInternalID(id) {
		return at, "", false
	}
	at, err := time.Parse(suitetalk.TimeLayout, changed)
	return at, id, err == nil
}

// change is a row of the list. One whose time cannot be read is dated by the list.
func change(row suitetalk.Values, since time.Time) connector.Change {
	c := connector.Change{ID: row["externalid"], Name: row["number"], At: since}
	at, err := time.Parse(suitetalk.TimeLayout, row["changed"])
	if err != nil {
		c.Err = &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "lastmodifieddate", Doing: "reading sales order " + row["id"] + " of netsuite", Detail: "is not a time"}
		return c
	}
	c.At, c.Body = at, encode(row)
	return c
}

// encode writes a row as the body of a raw message.
func encode(row suitetalk.Values) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	for _, name := range columns {
		w.StrField(name, row[name])
	}
	w.EndObj()
	return w.Bytes()
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
	raw.Body = encode(rows[0])
	return raw, nil
}
