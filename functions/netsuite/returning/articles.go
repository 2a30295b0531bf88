package returning

import (
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// article is what comes back of a SKU, and what of it the warehouse put back into stock.
type article struct {
	sku     string
	field   string // its line in the return: "lines[0]"
	item    string // internal id, once NetSuite was asked
	pieces  canonical.Decimal
	stocked canonical.Decimal
}

func (a *article) origin() record.Origin { return record.Origin{Field: a.field + ".sku", Value: a.sku} }

// goodsBack is a return on its way into the books.
type goodsBack struct {
	settings *record.Settings
	body     *canonical.Return
	key      message.Key // of the return
	orderKey message.Key
	order    string // internal id of the sales order
	received bool
	articles []article
}

func newGoodsBack(s *record.Settings, d connector.Delivery, body *canonical.Return) (*goodsBack, error) {
	key, order, err := record.StoreOrder(d, body.Order)
	if err != nil {
		return nil, err
	}
	g := &goodsBack{settings: s, body: body, key: d.Message.Key(), orderKey: key, order: order, received: d.Message.Type == canonical.ReturnReceived}
	return g, nil
}

// collect adds the lines of a SKU up.
func (g *goodsBack) collect() error {
	for i := range g.body.Lines {
		l := &g.body.Lines[i]
		field := record.Index("lines", i)
		stocked, err := g.stockedOf(l, field)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(g.articles, func(a article) bool { return strings.EqualFold(a.sku, l.SKU) })
		if at < 0 {
			at, g.articles = len(g.articles), append(g.articles, article{sku: l.SKU, field: field})
		}
		a := &g.articles[at]
		a.pieces, a.stocked = record.Plus(a.pieces, l.Quantity.Value), record.Plus(a.stocked, stocked)
	}
	g.articles = slices.DeleteFunc(g.articles, func(a article) bool { return a.pieces.Sign() <= 0 })
	if len(g.articles) == 0 {
		return record.Rejected(fault.Value, "lines", "no line has a quantity, so nothing comes back")
	}
	return nil
}

// stockedOf returns what went into stock of a line, 0 before it was received.
func (g *goodsBack) stockedOf(l *canonical.ReturnLine, field string) (none canonical.Decimal, err error) {
	switch {
	case !g.received:
		return none, nil
	case l.Restocked == nil:
		return none, record.Rejected(fault.Value, field+".restocked", "is missing, and a return that was received has to say what went into stock")
	case l.Restocked.Value.Cmp(l.Quantity.Value) > 0:
		return none, record.Rejected(fault.Value, field+".restocked", l.Restocked.Value.String()+" is more than the "+l.Quantity.Value.String()+" that came")
	}
	return l.Restocked.Value, nil
}

// skus returns the external ids of the items in the form in which they are asked for.
func (g *goodsBack) skus() []string {
	all := make([]string, len(g.articles))
	for i := range g.articles {
		all[i] = strings.ToLower(g.articles[i].sku)
	}
	slices.Sort(all)
	return all
}

// name gives each article its item.
func (g *goodsBack) name(items map[string]string) error {
	for i := range g.articles {
		a := &g.articles[i]
		if a.item = items[strings.ToLower(a.sku)]; a.item == "" {
			return record.UnknownItem(a.origin())
		}
	}
	return nil
}

// memo names the order and the return.
func (g *goodsBack) memo() string { return record.ReturnMemo(g.orderKey) + g.body.ID }

// receivedNote ends the memo of a return authorization that was closed because its goods are received.
const receivedNote = ", received"
