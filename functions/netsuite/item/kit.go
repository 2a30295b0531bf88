package item

import (
	"context"
	"maps"
	"slices"
	"strings"

	"causeway.example/functions/netsuite/kit"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// unshipped are the types of items of which nothing is ever shipped, and optional those of which NetSuite
// has a box that says so: "Can be Fulfilled/Received", isFulfillable.
var (
	unshipped = []string{"DwnLdItem", "GiftCert"}
	optional  = []string{"NonInvtPart", "OthCharge", "Service"}
)

// isDigital reports whether nothing of an item of the type is shipped. fulfillable is "F" if its box is not
// ticked.
func isDigital(kind, fulfillable string) bool {
	return slices.Contains(unshipped, kind) || slices.Contains(optional, kind) && fulfillable == "F"
}

// paths are the rows of the members of one kit.
type paths []suitetalk.Values

// kits returns the members of the items that are kits, by item. Pages follow on the last kit that is
// whole, and each has at least one kit. One whose members fill a page has all rows of that page.
func (p *Poller) kits(ctx context.Context, items []suitetalk.Values, doing string) (map[string]paths, error) {
	found, ids := map[string]paths{}, []string{}
	for _, row := range items {
		if row["itemtype"] == kit.Type {
			ids = append(ids, row["id"])
		}
	}
	for more := len(ids) > 0; more && len(ids) > 0; {
		var page map[string]paths
		var err error
		if page, more, err = p.kitPage(ctx, ids, doing); err != nil {
			return nil, err
		}
		maps.Copy(found, page)
		ids = slices.DeleteFunc(ids, func(id string) bool { return page[id] != nil })
	}
	return found, nil
}

// kitPage returns the members of those kits that a page has wholly, and whether there may be more.
func (p *Poller) kitPage(ctx context.Context, ids []string, doing string) (page map[string]paths, more bool, err error) {
	rows, err := p.Client.Rows(ctx, "SELECT m.parentitem AS kit, "+kit.Columns("externalid", "isfulfillable")+" FROM "+kit.Joins+
		" WHERE m.parentitem IN ("+strings.Join(ids, ", ")+") ORDER BY m.parentitem, "+kit.Order, doing)
	if err != nil {
		return nil, false, err
	}
	page = map[string]paths{}
	for _, row := range rows {
		page[row["kit"]] = append(page[row["kit"]], row)
	}
	more = len(rows) >= suitetalk.QueryRows
	if more && len(page) > 1 {
		delete(page, rows[len(rows)-1]["kit"]) // the next page has all of its rows
	}
	return page, more, nil
}

func (p paths) write(w *strictjson.Writer) {
	w.Key("members").Arr()
	for _, m := range kit.Members(p) {
		w.Obj()
		m.Write(w)
		w.StrField("externalid", m.Value("externalid"))
		w.StrField("isfulfillable", m.Value("isfulfillable"))
		w.EndObj()
	}
	w.EndArr()
}

// member is a line of a kit, with what its item is.
type member struct {
	kit.Line
	sku, fulfillable string
}

func readMember(r *wire.Reader) (m member) {
	for key := range r.Object() {
		switch {
		case key == "externalid":
			m.sku = r.String()
		case key == "isfulfillable":
			m.fulfillable = r.String()
		default:
			m.Read(r, key)
		}
	}
	if m.Item == "" {
		r.Missing("item")
	}
	return m
}

// components returns what is shipped of the kit, and whether that is nothing.
func components(sku string, members []member, doing string) (all []canonical.Component, digital bool, err error) {
	if len(members) == 0 {
		return nil, false, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "members", Doing: doing, Detail: "the kit has none, and nothing could be shipped of it"}
	}
	lines, items := make([]kit.Line, len(members)), map[string]*member{}
	for i := range members {
		lines[i] = members[i].Line
		items[lines[i].Item] = &members[i]
	}
	counts := func(l *kit.Line) bool { return !isDigital(l.Kind, items[l.Item].fulfillable) }
	entries, err := kit.Resolve(sku, lines, counts, func(*kit.Line) bool { return false }, doing)
	for _, e := range entries {
		all = append(all, canonical.Component{SKU: items[e.ID].sku, Quantity: canonical.Pieces(e.Takes)})
	}
	return all, len(all) == 0, err
}
