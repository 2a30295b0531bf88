package stock

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

// topic is that of a raw message with one level.
const topic = "inventory/level"

// entity is the type of a level, as in keys.
const entity = "inventory"

// timeLayout is how SuiteQL writes a time here, in UTC.
const timeLayout = suitetalk.TimeLayout

const changed = "b.lastquantityavailablechange"

var (
	changedAt = suitetalk.UTC(changed)
	selected  = "SELECT i.externalid AS sku, b.item AS item, b.location AS location, NVL(b.quantityonhand, 0) AS onhand, NVL(b.quantityavailable, 0) AS available, " +
		suitetalk.UTCText(changed) + " AS changed FROM aggregateItemLocation b JOIN item i ON i.id = b.item " +
		"WHERE i.isinactive = 'F' AND i.externalid IS NOT NULL"
)

// Poller is the connector.Poller of the account's stock.
type Poller struct {
	Client    *suitetalk.Client
	Account   string
	Locations []string // internal ids of those that NetSuite is master of
	Kits      bool     // have levels too
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the levels of the account, and those of its kits. There is none without a location.
func (p *Poller) Feeds() []connector.Feed {
	if len(p.Locations) == 0 {
		return nil
	}
	feeds := []connector.Feed{{Tenant: p.Account, Topic: topic, Entity: entity, Unannounced: true}}
	if p.Kits {
		feeds = append(feeds, connector.Feed{Tenant: p.Account, Topic: kitTopic, Entity: entity, Unannounced: true})
	}
	return feeds
}

// Changes lists the levels that changed, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	if ask.Feed.Topic == kitTopic {
		return p.kitChanges(ctx, ask)
	}
	doing := "listing the stock levels of netsuite"
	sql := selected + " AND b.location IN (" + strings.Join(p.Locations, ", ") + ") AND " +
		changedAt + " >= " + suitetalk.Timestamp(ask.Since)
	if ask.Cursor != "" {
		at, item, location, ok := parseCursor(ask.Cursor)
		if !ok {
			return connector.Page{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: doing, Detail: "is not a cursor of this list"}
		}
		same := changedAt + " = " + suitetalk.Timestamp(at)
		sql += " AND (" + changedAt + " > " + suitetalk.Timestamp(at) + " OR " + same + " AND (b.item > " + item + " OR b.item = " + item + " AND b.location > " + location + "))"
	}
	rows, err := p.Client.Rows(ctx, sql+" ORDER BY "+changedAt+", b.item, b.location", doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows))}
	for i, row := range rows {
		page.Changes[i] = change(row, ask.Since)
	}
	if len(rows) >= suitetalk.QueryRows {
		last := rows[len(rows)-1]
		page.Cursor = last["changed"] + "|" + last["item"] + "|" + last["location"]
	}
	return page, nil
}

func parseCursor(cursor string) (at time.Time, item, location string, ok bool) {
	parts := strings.Split(cursor, "|")
	if len(parts) != 3 || !suitetalk.IsInternalID(parts[1]) || !suitetalk.IsInternalID(parts[2]) {
		return at, "", "", false
	}
	at, err := time.Parse(timeLayout, parts[0])
	return at, parts[1], parts[2], err == nil
}

// change is a row of the list. One whose time cannot be read is dated by the list.
func change(row suitetalk.Values, since time.Time) connector.Change {
	c := connector.Change{ID: row["sku"] + "@" + row["location"], At: since}
	at, err := time.Parse(timeLayout, row["changed"])
	if err != nil {
		c.Err = &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "lastquantityavailablechange", Doing: "reading stock level " + c.ID + " of netsuite", Detail: "is not a time"}
		return c
	}
	c.At, c.Body = at, encode(row)
	return c
}

// encode writes a row as the body of a raw message.
func encode(row suitetalk.Values) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	for _, name := range []string{"sku", "location", "onhand", "available", "changed"} {
		w.StrField(name, row[name])
	}
	w.EndObj()
	return w.Bytes()
}

// Fetch returns the level from the list. One that could not be read is asked for by its id.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	doing := "fetching stock level " + change.ID + " of netsuite"
	at := strings.LastIndexByte(change.ID, '@')
	if at < 0 || !suitetalk.IsInternalID(change.ID[at+1:]) {
		return nil, fault.New(fault.Rejected, fault.Value, doing, "is not the id of a stock level")
	}
	sku, location := change.ID[:at], change.ID[at+1:]
	var err error
	if feed.Topic == kitTopic {
		raw.Body, err = p.kit(ctx, sku, location, doing)
	} else {
		raw.Body, err = p.level(ctx, sku, location, doing)
	}
	if err != nil || raw.Body == nil {
		return nil, err
	}
	return raw, nil
}

// level reads the level of the SKU at the location; nil if there is none.
func (p *Poller) level(ctx context.Context, sku, location, doing string) ([]byte, error) {
	rows, err := p.Client.Rows(ctx, selected+" AND LOWER(i.externalid) = "+suitetalk.Quoted(strings.ToLower(sku))+" AND b.location = "+location, doing)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return encode(rows[0]), nil
}
