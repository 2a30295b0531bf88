package stock

import (
	"context"
	"strings"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// topic is that of a raw message with one level.
const topic = "inventory/level"

// entity is the type of a level, as in keys.
const entity = "inventory"

const changed = "b.lastquantityavailablechange"

var (
	listing  = suitetalk.Listing{At: changed, IDs: []string{"b.item", "b.location"}, Changed: "changed", Names: []string{"item", "location"}}
	columns  = []string{"sku", "location", "onhand", "available", "changed"}
	selected = "SELECT i.externalid AS sku, b.item AS item, b.location AS location, NVL(b.quantityonhand, 0) AS onhand, NVL(b.quantityavailable, 0) AS available, " +
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
	following, err := listing.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, selected+" AND b.location IN ("+strings.Join(p.Locations, ", ")+") AND "+following+listing.Order(), doing)
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
	c := connector.Change{ID: row["sku"] + "@" + row["location"]}
	if c.At, c.Err = listing.ChangedAt(row, since, "reading stock level "+c.ID+" of netsuite"); c.Err == nil {
		c.Body = row.Body(columns...)
	}
	return c
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
	return rows[0].Body(columns...), nil
}
