package orderstate

import (
	"context"
	"strconv"

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

// lines returns the lines of the orders by the orders' internal ids, none unless all orders are listed.
func (p *Poller) lines(ctx context.Context, orders []suitetalk.Values, doing string) (map[string][]suitetalk.Values, error) {
	if !p.All {
		return nil, nil
	}
	ids := make([]string, len(orders))
	for i, row := range orders {
		ids[i] = row["id"]
	}
	return p.Client.Details(ctx, ids, "sale", func(ids string) string { return selectedLines + ids + groupedLines }, doing)
}

// complete fails if the order's lines fill a page, of which there may be more.
func complete(row suitetalk.Values, lines []suitetalk.Values) error {
	if !suitetalk.FillsPage(lines) {
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
