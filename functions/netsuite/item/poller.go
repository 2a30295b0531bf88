package item

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/netsuite/kit"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// Topic is that of a raw message with one item.
const Topic = "item/changed"

// The types of the entities, as in keys.
const (
	product = "product"
	price   = "price"
)

// all is the value of NETSUITE_ITEMS that chooses every item.
const all = "all"

const modified = "i.lastmodifieddate"

// columns are the texts of an item that are passed on as they are, by their names in SuiteQL.
var columns = []string{"externalid", "itemid", "displayname", "description", "upccode", "weight", "weightunit", "isinactive", "matrixtype", "parent", "itemtype", "isfulfillable", "lastmodifieddate"}

var listing = suitetalk.Listing{At: modified, IDs: []string{"i.id"}, Changed: "lastmodifieddate", Names: []string{"id"}}

var selected = "SELECT i.id, i.externalid, i.itemid, i.displayname, i.description, i.upccode, i.weight, BUILTIN.DF(i.weightunit) AS weightunit, " +
	"i.isinactive, i.matrixtype, i.parent, i.itemtype, i.isfulfillable, " + suitetalk.UTCText(modified) + " AS lastmodifieddate FROM item i WHERE i.externalid IS NOT NULL AND (i.matrixtype IS NULL OR i.matrixtype = 'CHILD')"

// Choice are the settings that choose what is published.
type Choice struct {
	// Items are the items that are published: all, or those whose checkbox field of this id is
	// ticked; "" for none.
	Items string `env:"NETSUITE_ITEMS" validate:"omitempty,eq=all|startswith=custitem,lowercase,excludesall= ;'\"()%"`
	// PriceLevels are the internal ids of the price levels that are published.
	PriceLevels []string `env:"NETSUITE_PRICE_LEVELS" validate:"unique,dive,number,startsnotwith=0"`
	// CompareAt is, by price level, the one with the price before a reduction.
	CompareAt map[string]string `env:"NETSUITE_COMPARE_AT" envKeyValSeparator:"="`
}

// CheckLevels reports a level of NETSUITE_COMPARE_AT that is not one of NETSUITE_PRICE_LEVELS.
func (c *Choice) CheckLevels() error {
	for _, level := range slices.Sorted(maps.Keys(c.CompareAt)) {
		for _, each := range []string{level, c.CompareAt[level]} {
			if !slices.Contains(c.PriceLevels, each) {
				return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "NETSUITE_COMPARE_AT", Doing: "opening netsuite", Detail: "level " + each + " is not in NETSUITE_PRICE_LEVELS"}
			}
		}
	}
	return nil
}

// Poller is the connector.Poller of the account's items.
type Poller struct {
	Client  *suitetalk.Client
	Account string
	Choice
	Currencies map[string]string // ISO 4217 -> internal id
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the items of the account, none without NETSUITE_ITEMS.
func (p *Poller) Feeds() []connector.Feed {
	if p.Items == "" {
		return nil
	}
	return []connector.Feed{{Tenant: p.Account, Topic: Topic, Entity: product, Unannounced: true}}
}

// chosen is the query for the chosen items.
func (p *Poller) chosen() string {
	if p.Items == all {
		return selected
	}
	return selected + " AND i." + p.Items + " = 'T'"
}

// Changes lists the items that changed, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the items of netsuite"
	following, err := listing.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, p.chosen()+" AND "+following+listing.Order(), doing)
	if err != nil {
		return connector.Page{}, err
	}
	prices, err := p.prices(ctx, rows, doing)
	if err != nil {
		return connector.Page{}, err
	}
	kits, err := p.kits(ctx, rows, doing)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: make([]connector.Change, len(rows)), Cursor: listing.Next(rows)}
	for i, row := range rows {
		page.Changes[i] = p.change(row, prices[row["id"]], kits[row["id"]], ask.Since)
	}
	return page, nil
}

// prices returns the rows of table pricing of the items, by item: one for each level and currency,
// of the smallest quantity. Items whose prices fill a page together are asked for in two halves. One whose
// prices fill a page has all rows of that page.
func (p *Poller) prices(ctx context.Context, items []suitetalk.Values, doing string) (map[string]pricing, error) {
	found := map[string]pricing{}
	if len(items) == 0 || len(p.PriceLevels) == 0 {
		return found, nil
	}
	ids := make([]string, len(items))
	for i, row := range items {
		ids[i] = row["id"]
	}
	rows, err := p.Client.Rows(ctx, "SELECT p.item, p.pricelevel, p.currency, p.unitprice FROM pricing p WHERE p.item IN ("+
		strings.Join(ids, ", ")+") AND p.pricelevel IN ("+strings.Join(p.PriceLevels, ", ")+") AND p.currency IN ("+
		strings.Join(slices.Sorted(maps.Values(p.Currencies)), ", ")+") AND p.unitprice IS NOT NULL ORDER BY p.item, p.pricelevel, p.currency, p.quantity", doing)
	switch {
	case err != nil:
		return nil, err
	case len(rows) >= suitetalk.QueryRows && len(items) == 1:
		found[items[0]["id"]] = rows
		return found, nil
	case len(rows) >= suitetalk.QueryRows:
		return p.halves(ctx, items, doing)
	}
	seen := map[string]bool{}
	for _, row := range rows {
		if key := row["item"] + "|" + row["pricelevel"] + "|" + row["currency"]; !seen[key] {
			seen[key] = true
			found[row["item"]] = append(found[row["item"]], row)
		}
	}
	return found, nil
}

func (p *Poller) halves(ctx context.Context, items []suitetalk.Values, doing string) (map[string]pricing, error) {
	first, err := p.prices(ctx, items[:len(items)/2], doing)
	if err != nil {
		return nil, err
	}
	second, err := p.prices(ctx, items[len(items)/2:], doing)
	maps.Copy(first, second)
	return first, err
}

// pricing are the rows of the prices of one item.
type pricing []suitetalk.Values

// complete returns an error if there may be prices or members that the rows do not have.
func complete(prices pricing, members paths, doing string) error {
	large := &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Doing: doing}
	switch {
	case len(prices) >= suitetalk.QueryRows:
		large.Field, large.Detail = "pricing", "the item has more prices than one page of SuiteQL, at all quantities together; publish fewer by NETSUITE_PRICE_LEVELS or NETSUITE_CURRENCIES"
	case len(members) >= suitetalk.QueryRows:
		large.Field, large.Detail = "kitItemMember", "the kit has more members than one page of SuiteQL"
	default:
		return nil
	}
	return large
}

// change is a row of the list.
func (p *Poller) change(row suitetalk.Values, prices pricing, members paths, since time.Time) connector.Change {
	c := connector.Change{ID: row["externalid"]}
	doing := "reading item " + c.ID + " of netsuite"
	if c.At, c.Err = listing.ChangedAt(row, since, doing); c.Err == nil {
		c.Err = complete(prices, members, doing)
	}
	if c.Err == nil {
		c.Body = p.encode(row, prices, members)
	}
	return c
}

// encode writes an item with its prices and its members as the body of a raw message. There is no member
// prices where none are published, and no member members of what is no kit.
func (p *Poller) encode(row suitetalk.Values, prices pricing, members paths) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	for _, name := range columns {
		if value, present := row[name]; present {
			w.StrField(name, value)
		} else {
			w.Key(name).Null()
		}
	}
	if len(p.PriceLevels) > 0 {
		w.Key("prices").Arr()
		for _, each := range prices {
			w.Obj()
			for _, name := range []string{"pricelevel", "currency", "unitprice"} {
				w.StrField(name, each[name])
			}
			w.EndObj()
		}
		w.EndArr()
	}
	if row["itemtype"] == kit.Type {
		members.write(w)
	}
	w.EndObj()
	return w.Bytes()
}

// Fetch returns the item from the list. One that could not be read is asked for by its id.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	doing := "fetching item " + change.ID + " of netsuite"
	rows, err := p.Client.Rows(ctx, p.chosen()+" AND LOWER(i.externalid) = "+suitetalk.Quoted(strings.ToLower(change.ID)), doing)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	prices, err := p.prices(ctx, rows[:1], doing)
	if err != nil {
		return nil, err
	}
	kits, err := p.kits(ctx, rows[:1], doing)
	if err != nil {
		return nil, err
	}
	id := rows[0]["id"]
	if err := complete(prices[id], kits[id], doing); err != nil {
		return nil, err
	}
	raw.Body = p.encode(rows[0], prices[id], kits[id])
	return raw, nil
}
