package orderstate

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// lineColumns are what a raw message has of the lines of an item, by their names in SuiteQL.
var lineColumns = []string{"sku", "name", "kind", "closed", "ordered", "fulfilled", "billed"}

const (
	selectedLines = "SELECT l.transaction AS sale, i.externalid AS sku, i.itemid AS name, i.itemtype AS kind, l.isclosed AS closed, " +
		"SUM(ABS(NVL(l.quantity, 0))) AS ordered, SUM(ABS(NVL(l.quantityshiprecv, 0))) AS fulfilled, SUM(ABS(NVL(l.quantitybilled, 0))) AS billed " +
		"FROM transactionline l JOIN item i ON i.id = l.item WHERE l.mainline = 'F' AND l.taxline = 'F' AND l.kitmemberof IS NULL AND l.transaction IN ("
	groupedLines = ") GROUP BY l.transaction, i.externalid, i.itemid, i.itemtype, l.isclosed ORDER BY l.transaction, i.itemid, l.isclosed"
)

// mostOrders is how many orders' lines are asked for at once: four items each fill a page.
const mostOrders = 250

// lines returns the lines of the orders by the orders' internal ids, none unless all orders are listed.
func (p *Poller) lines(ctx context.Context, orders []suitetalk.Values, doing string) (map[string][]suitetalk.Values, error) {
	found := map[string][]suitetalk.Values{}
	if !p.All {
		return found, nil
	}
	for some := range slices.Chunk(orders, mostOrders) {
		part, err := p.linesOf(ctx, some, doing)
		if err != nil {
			return nil, err
		}
		maps.Copy(found, part)
	}
	return found, nil
}

// linesOf asks for the lines of the orders, again in two halves if they fill a page. Those of one order that
// fills a page alone are not complete.
func (p *Poller) linesOf(ctx context.Context, orders []suitetalk.Values, doing string) (map[string][]suitetalk.Values, error) {
	ids := make([]string, len(orders))
	for i, row := range orders {
		ids[i] = row["id"]
	}
	rows, err := p.Client.Rows(ctx, selectedLines+strings.Join(ids, ", ")+groupedLines, doing)
	switch {
	case err != nil:
		return nil, err
	case len(rows) >= suitetalk.QueryRows && len(orders) > 1:
		return p.halves(ctx, orders, doing)
	}
	found := map[string][]suitetalk.Values{}
	for _, row := range rows {
		found[row["sale"]] = append(found[row["sale"]], row)
	}
	return found, nil
}

func (p *Poller) halves(ctx context.Context, orders []suitetalk.Values, doing string) (map[string][]suitetalk.Values, error) {
	first, err := p.linesOf(ctx, orders[:len(orders)/2], doing)
	if err != nil {
		return nil, err
	}
	second, err := p.linesOf(ctx, orders[len(orders)/2:], doing)
	maps.Copy(first, second)
	return first, err
}

// complete fails if the order's lines fill a page, of which there may be more.
func complete(row suitetalk.Values, lines []suitetalk.Values) error {
	if len(lines) < suitetalk.QueryRows {
		return nil
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.TooLarge, Field: "lines",
		Detail: "sales order " + row["number"] + " has " + strconv.Itoa(suitetalk.QueryRows) + " items or more, a page of SuiteQL; compare it with its store by hand",
	}
}

// encode writes an order as the body of a raw message, with its lines if all orders are listed.
func (p *Poller) encode(row suitetalk.Values, lines []suitetalk.Values) []byte {
	if !p.All {
		return row.Body(columns...)
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	for _, name := range columns {
		w.StrField(name, row[name])
	}
	w.Key("lines").Arr()
	for _, line := range lines {
		w.Obj()
		for _, name := range lineColumns {
			w.StrField(name, line[name])
		}
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	return w.Bytes()
}
