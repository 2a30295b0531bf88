package shipped

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// The topics of a raw message with one item fulfillment, and with one that was deleted.
const (
	TopicChanged = "shipment/changed"
	TopicDeleted = "shipment/deleted"
)

// entity is the type of a shipment, as in keys.
const entity = "shipment"

// setting names the locations.
const setting = "NETSUITE_SHIPPING_LOCATIONS"

const (
	modified = "t.lastmodifieddate"
	deleted  = "d.deleteddate"
)

// The members of a raw message, by the names in SuiteQL: of an item fulfillment, of a line, and of a deleted one.
var (
	columns        = []string{"id", "number", "externalid", "status", "carrier", "method", "day", "orderid", "ordermemo", "changed"}
	lineColumns    = []string{"mainline", "sku", "name", "kind", "location", "added", "taken"}
	deletedColumns = []string{"id", "changed"}
)

var (
	listing  = suitetalk.Listing{At: modified, IDs: []string{"t.id"}, Changed: "changed", Names: []string{"id"}}
	selected = "SELECT t.id AS id, t.tranid AS number, LOWER(t.externalid) AS externalid, t.status AS status, t.shipcarrier AS carrier, " +
		"BUILTIN.DF(t.shipmethod) AS method, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS day, LOWER(o.externalid) AS orderid, o.memo AS ordermemo, " +
		suitetalk.UTCText(modified) + " AS changed FROM transaction t JOIN transactionline h ON h.transaction = t.id AND h.mainline = 'T' " +
		"JOIN transaction o ON o.id = h.createdfrom AND o.type = " + suitetalk.Quoted(suitetalk.SalesOrderType) +
		" WHERE t.type = " + suitetalk.Quoted(suitetalk.ItemFulfillmentType)

	deletions    = suitetalk.Listing{At: deleted, IDs: []string{"d.recordid"}, Changed: "changed", Names: []string{"id"}}
	selectedGone = "SELECT d.recordid AS id, " + suitetalk.UTCText(deleted) + " AS changed FROM DeletedRecord d WHERE LOWER(REPLACE(d.type, ' ', '')) IN ('itemfulfillment', 'itemship')"
)

const (
	selectedLines = "SELECT l.transaction AS shipment, l.mainline AS mainline, i.externalid AS sku, i.itemid AS name, i.itemtype AS kind, l.location AS location, " +
		"SUM(CASE WHEN l.quantity > 0 THEN l.quantity ELSE 0 END) AS added, SUM(CASE WHEN l.quantity < 0 THEN ABS(l.quantity) ELSE 0 END) AS taken " +
		"FROM transactionline l JOIN item i ON i.id = l.item WHERE l.taxline = 'F' AND (l.iscogs = 'F' OR l.iscogs IS NULL) AND l.kitmemberof IS NULL AND l.transaction IN ("
	groupedLines = ") GROUP BY l.transaction, l.mainline, i.externalid, i.itemid, i.itemtype, l.location ORDER BY l.transaction, i.itemid, l.location"

	selectedNumbers = "SELECT DISTINCT m.transaction AS shipment, n.id AS id, n.trackingnumber AS number FROM trackingnumbermap m JOIN trackingnumber n ON n.id = m.trackingnumber WHERE m.transaction IN ("
	orderedNumbers  = ") ORDER BY m.transaction, n.id"
)

// Scope are the settings that choose what is published.
type Scope struct {
	// ShippingLocations are the internal ids of the locations whose item fulfillments are published; without
	// one, none are.
	ShippingLocations []string `env:"NETSUITE_SHIPPING_LOCATIONS" validate:"required_if=ShippingDeleted true,unique,dive,number,startsnotwith=0"`
	// ShippingDeleted is whether item fulfillments that are deleted are looked for, so that their shipments
	// are cancelled. The role needs the permission Deleted Records.
	ShippingDeleted bool `env:"NETSUITE_SHIPPING_DELETED" envDefault:"false"`
}

// CheckMasters reports a location that is one of a warehouse too, by the warehouse's location.
func (s *Scope) CheckMasters(warehouses map[string]string) error {
	for _, warehouse := range slices.Sorted(maps.Keys(warehouses)) {
		if location := warehouses[warehouse]; slices.Contains(s.ShippingLocations, location) {
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.Config, Field: setting, Doing: "opening netsuite",
				Detail: "has location " + location + ", where NETSUITE_SHIP_LOCATIONS or NETSUITE_ADJUSTMENT_LOCATIONS books what the warehouse's location " +
					warehouse + " ships: a location has one master of its shipments",
			}
		}
	}
	return nil
}

// Poller is the connector.Poller of the account's item fulfillments.
type Poller struct {
	Client  *suitetalk.Client
	Account string
	Stores  record.Stores
	Scope
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the item fulfillments of the account and those that were deleted, none without a location.
func (p *Poller) Feeds() []connector.Feed {
	if len(p.ShippingLocations) == 0 {
		return nil
	}
	feeds := []connector.Feed{{Tenant: p.Account, Topic: TopicChanged, Entity: entity, Unannounced: true}}
	if p.ShippingDeleted {
		feeds = append(feeds, connector.Feed{Tenant: p.Account, Topic: TopicDeleted, Entity: entity, Unannounced: true})
	}
	return feeds
}

// Changes lists the item fulfillments by their last change, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	if ask.Feed.Topic == TopicDeleted {
		return p.deletions(ctx, ask)
	}
	doing := "listing the item fulfillments of netsuite"
	following, err := listing.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, selected+" AND EXISTS (SELECT 1 FROM transactionline p WHERE p.transaction = t.id AND p.location IN ("+
		strings.Join(p.ShippingLocations, ", ")+")) AND ("+p.Stores.Condition("LOWER(o.externalid)")+") AND "+following+listing.Order(), doing)
	if err != nil {
		return connector.Page{}, err
	}
	all, err := p.contents(ctx, rows, doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows)), Cursor: listing.Next(rows)}
	for i, row := range rows {
		page.Changes[i] = all.change(row, ask.Since)
	}
	return page, nil
}

// deletions lists the item fulfillments that were deleted, oldest first.
func (p *Poller) deletions(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the deleted item fulfillments of netsuite"
	following, err := deletions.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, selectedGone+" AND "+following+deletions.Order(), doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows)), Cursor: deletions.Next(rows)}
	for i, row := range rows {
		c := connector.Change{ID: row["id"]}
		if c.At, c.Err = deletions.ChangedAt(row, ask.Since, "reading deleted item fulfillment "+c.ID+" of netsuite"); c.Err == nil {
			c.Body = row.Body(deletedColumns...)
		}
		page.Changes[i] = c
	}
	return page, nil
}

// contents are the lines and the tracking numbers of item fulfillments, by the fulfillments' internal ids.
type contents struct{ lines, numbers map[string][]suitetalk.Values }

func (p *Poller) contents(ctx context.Context, rows []suitetalk.Values, doing string) (all contents, err error) {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row["id"]
	}
	all.lines, err = p.Client.Details(ctx, ids, "shipment", func(ids string) string { return selectedLines + ids + groupedLines }, doing)
	if err != nil {
		return all, err
	}
	all.numbers, err = p.Client.Details(ctx, ids, "shipment", func(ids string) string { return selectedNumbers + ids + orderedNumbers }, doing)
	return all, err
}

// change is a row of the list.
func (c contents) change(row suitetalk.Values, since time.Time) connector.Change {
	change, doing := connector.Change{ID: row["id"], Name: row["number"]}, "reading item fulfillment "+row["id"]+" of netsuite"
	if change.At, change.Err = listing.ChangedAt(row, since, doing); change.Err == nil {
		change.Err = fault.Doing(doing, c.complete(row))
	}
	if change.Err == nil {
		change.Body = c.encode(row)
	}
	return change
}

// complete fails if the lines or the tracking numbers fill a page, of which there may be more.
func (c contents) complete(row suitetalk.Values) error {
	for field, rows := range map[string][]suitetalk.Values{"lines": c.lines[row["id"]], "tracking": c.numbers[row["id"]]} {
		if suitetalk.FillsPage(rows) {
			return record.Rejected(fault.TooLarge, field, "item fulfillment "+row["number"]+" has "+strconv.Itoa(suitetalk.QueryRows)+
				" or more, a page of SuiteQL; enter its shipment in the store by hand")
		}
	}
	return nil
}

// encode writes an item fulfillment as the body of a raw message.
func (c contents) encode(row suitetalk.Values) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	for _, name := range columns {
		w.StrField(name, row[name])
	}
	w.Key("lines").Arr()
	for _, line := range c.lines[row["id"]] {
		w.Obj()
		for _, name := range lineColumns {
			w.StrField(name, line[name])
		}
		w.EndObj()
	}
	w.EndArr()
	w.Key("tracking").Arr()
	for _, number := range c.numbers[row["id"]] {
		w.Str(number["number"])
	}
	w.EndArr()
	w.EndObj()
	return w.Bytes()
}

// Fetch returns the item fulfillment from the list. One that could not be read is asked for by its id, and nil
// is returned if it is not in the list any more.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	doing := "fetching item fulfillment " + change.ID + " of netsuite"
	if !suitetalk.IsInternalID(change.ID) {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "id", Doing: doing, Detail: strconv.Quote(change.ID) + " is not an internal id"}
	}
	query := selected + " AND t.id = " + change.ID
	if feed.Topic == TopicDeleted {
		query = selectedGone + " AND d.recordid = " + change.ID
	}
	rows, err := p.Client.Rows(ctx, query, doing)
	switch {
	case err != nil || len(rows) == 0:
		return nil, err
	case feed.Topic == TopicDeleted:
		raw.Body = rows[0].Body(deletedColumns...)
		return raw, nil
	}
	all, err := p.contents(ctx, rows[:1], doing)
	if err != nil {
		return nil, err
	}
	raw.Body = all.encode(rows[0])
	return raw, fault.Doing(doing, all.complete(rows[0]))
}
