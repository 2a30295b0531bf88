package stock

import (
	"cmp"
	"context"
	"strings"
	"time"

	"causeway.example/functions/netsuite/kit"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// kitTopic is that of a raw message with the members of one kit, and their levels at one location.
const kitTopic = "inventory/kit"

// kitChanged is the time of a kit in the queries.
const kitChanged = "n.changed"

// kits returns the query for the members of kits with their levels at the locations. Each row has
// the kit, when it, a member or a member's level changed last, and a path to a member. A path has a row for
// each location that has a level of its last item, and one without a location if none has. which is a
// further condition on the kit, k.
func kits(locations []string, which string) string {
	members := kit.Joins + " LEFT JOIN aggregateItemLocation b ON b.item = " + kit.Leaf + " AND b.location IN (" + strings.Join(locations, ", ") + ")"
	newest := "SELECT k.id AS kit, k.externalid AS sku, MAX(GREATEST(k.lastmodifieddate, i.lastmodifieddate, NVL(i2.lastmodifieddate, k.lastmodifieddate), " +
		"NVL(i3.lastmodifieddate, k.lastmodifieddate), NVL(" + changed + ", k.lastmodifieddate))) AS changed FROM " +
		members + " JOIN item k ON k.id = m.parentitem WHERE k.isinactive = 'F' AND k.externalid IS NOT NULL" + which + " GROUP BY k.id, k.externalid"
	return "SELECT n.kit AS kit, n.sku AS sku, " + suitetalk.UTCText(kitChanged) + " AS changed, " + kit.Columns() + ", b.location AS location, " +
		"NVL(b.quantityonhand, 0) AS onhand, NVL(b.quantityavailable, 0) AS available FROM " + members + " JOIN (" + newest + ") n ON n.kit = m.parentitem"
}

// kitListing lists the rows of kits, and kitOrder sorts those of a kit next to each other.
var (
	kitListing = suitetalk.Listing{At: kitChanged, IDs: []string{"n.kit"}, Changed: "changed", Names: []string{"kit"}}
	kitOrder   = kitListing.Order() + ", " + kit.Order + ", b.location"
)

// kitChanges lists the kits that changed at each configured location, oldest first.
func (p *Poller) kitChanges(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the kits of netsuite"
	following, err := kitListing.Following(ask.Since, ask.Cursor, doing)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := p.Client.Rows(ctx, kits(p.Locations, "")+" WHERE "+following+kitOrder, doing)
	if err != nil {
		return connector.Page{}, err
	}
	found, page := byKit(rows), connector.Page{}
	full := len(rows) >= suitetalk.QueryRows
	if full && len(found) > 1 {
		found = found[:len(found)-1] // the next page has all of its rows
	}
	for _, each := range found {
		page.Changes = append(page.Changes, p.changesOf(each, full && len(found) == 1, ask.Since)...)
	}
	if full {
		page.Cursor = kitListing.Cursor(found[len(found)-1][0])
	}
	return page, nil
}

// byKit returns the rows of each kit. The rows are sorted.
func byKit(rows []suitetalk.Values) (all [][]suitetalk.Values) {
	for i, row := range rows {
		if i == 0 || rows[i-1]["kit"] != row["kit"] {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], row)
	}
	return all
}

// changesOf returns the levels of a kit, none if no member has stock. A kit that fills a page may
// have further rows, and is asked for by its id, location by location.
func (p *Poller) changesOf(rows []suitetalk.Values, fillsPage bool, since time.Time) (all []connector.Change) {
	if !fillsPage && !limited(kit.Members(rows)) {
		return nil
	}
	for _, location := range p.Locations {
		c := connector.Change{ID: rows[0]["sku"] + "@" + location}
		doing := "reading kit " + c.ID + " of netsuite"
		switch c.At, c.Err = kitListing.ChangedAt(rows[0], since, doing); {
		case c.Err != nil:
		case fillsPage:
			c.Err = &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Field: "kitItemMember", Doing: doing, Detail: "its members at all locations are more than one page of SuiteQL"}
		default:
			c.Body = encodeKit(rows, location)
		}
		all = append(all, c)
	}
	return all
}

// kit reads the members of a kit with their levels at the location; nil if there is no such kit, or
// no member has stock.
func (p *Poller) kit(ctx context.Context, sku, location, doing string) ([]byte, error) {
	rows, err := p.Client.Rows(ctx, kits([]string{location}, " AND LOWER(k.externalid) = "+suitetalk.Quoted(strings.ToLower(sku)))+kitOrder, doing)
	switch {
	case err != nil || !limited(kit.Members(rows)):
		return nil, err
	case len(rows) >= suitetalk.QueryRows:
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Field: "kitItemMember", Doing: doing, Detail: "the kit has more members than one page of SuiteQL"}
	}
	return encodeKit(rows, location), nil
}

// encodeKit writes the members of a kit, each once, with their levels at the location, which are 0
// where NetSuite has none, as the body of a raw message.
func encodeKit(rows []suitetalk.Values, location string) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("sku", rows[0]["sku"])
	w.StrField("location", location)
	w.StrField("changed", rows[0]["changed"])
	w.Key("members").Arr()
	for _, m := range kit.Members(rows) {
		w.Obj()
		m.Write(w)
		onHand, available := levelOf(rows, &m, location)
		w.StrField("onhand", onHand)
		w.StrField("available", available)
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	return w.Bytes()
}

// levelOf returns the level of the member at the location, 0 of a kit.
func levelOf(rows []suitetalk.Values, m *kit.Member, location string) (onHand, available string) {
	for _, row := range rows {
		if row["location"] == location && m.Leaf() && leafOf(row) == m.Value("item") {
			return row["onhand"], row["available"]
		}
	}
	return "0", "0"
}

// leafOf returns the last item of a row's path.
func leafOf(row suitetalk.Values) string { return cmp.Or(row["item3"], row["item2"], row["item"]) }
