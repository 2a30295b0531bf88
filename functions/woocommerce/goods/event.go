package goods

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// The types of the entities, as in keys.
const (
	productEntity = "product"
	priceEntity   = "price"
	levelEntity   = "inventory"
)

// eventsOf returns the events of a product or variation, its product first, less those whose content was
// published before.
func (r *reading) eventsOf(one *record) (events []connector.Event, err error) {
	p := r.page(one.id, one.sku)
	add := func(kind string, e connector.Event) {
		if r.publishes(products) && kind != productEntity {
			e.Parents = append(e.Parents, r.key(productEntity, one.sku))
		}
		if p.fresh(kind) {
			events = append(events, e)
		}
	}
	amounts, err := r.prices(one)
	if err != nil {
		return nil, err
	}
	if r.publishes(products) {
		body := r.product(one, amounts)
		if body.UpdatedAt, err = p.dated(productEntity, body, one.at, false); err != nil {
			return nil, err
		}
		add(productEntity, r.event(body.EventType(), productEntity, one.sku, one.at, body))
	}
	if amounts != nil {
		body := &canonical.PriceList{SKU: one.sku, Prices: amounts, Retired: !r.active(one)}
		if body.UpdatedAt, err = p.dated(priceEntity, body, one.at, false); err != nil {
			return nil, err
		}
		add(priceEntity, r.event(canonical.PriceChanged, priceEntity, one.sku, one.at, body))
	}
	body, err := r.level(one)
	if err != nil || body == nil {
		return events, err
	}
	if _, err := p.dated(levelEntity, body, one.at, false); err != nil {
		return nil, err
	}
	add(levelEntity, r.event(canonical.InventoryLevelSet, levelEntity, body.SKU+"@"+body.Location, one.at, body))
	return events, nil
}

func (r *reading) active(one *record) bool {
	return r.made.status == publish && one.status == publish
}

func (r *reading) product(one *record, amounts []canonical.Price) *canonical.Product {
	p := &canonical.Product{ID: one.sku, SKU: one.sku, Title: r.made.name, Barcode: one.barcode, Prices: amounts, Active: r.active(one)}
	if one.id != r.id {
		p.Parent = r.id
		if code := one.barcode.String(); code != "" && code == r.made.barcode.String() {
			r.note("global_unique_id", "the barcode of "+r.what(one)+" is left out: it is that of its product")
			p.Barcode = canonical.Text{}
		}
		if len(one.options) > 0 {
			p.Title += " - " + strings.Join(one.options, ", ")
		}
	}
	return p
}

// prices returns the price of the store's list, never nil where prices are published.
func (r *reading) prices(one *record) ([]canonical.Price, error) {
	if !r.publishes(prices) {
		return nil, nil
	}
	regular, err := r.amount(one, "regular_price", one.regular)
	if err != nil {
		return nil, err
	}
	sale, err := r.amount(one, "sale_price", one.sale)
	if err != nil {
		return nil, err
	}
	price := canonical.Price{List: r.store.Tenant, Currency: r.Currency, Amount: regular}
	switch {
	case one.onSale && one.sale != "":
		price.Amount = sale
		if regular.Cmp(sale) > 0 {
			price.CompareAt = regular
		}
	case one.regular == "":
		return []canonical.Price{}, nil
	}
	return []canonical.Price{price}, nil
}

// amount reads the text of an amount, 0 of none.
func (r *reading) amount(one *record, field, text string) (canonical.Decimal, error) {
	if text == "" {
		return canonical.Decimal{}, nil
	}
	n, err := canonical.ParseDecimal(text)
	if err != nil || n.Sign() < 0 {
		return n, r.refused(one, field, text, "is not an amount of 0 or more")
	}
	return n.Normal(), nil
}

// level returns the level of a product that manages its stock, nil for another one and for a retired one: a
// target that never had it would reject the level.
func (r *reading) level(one *record) (*canonical.InventoryLevel, error) {
	switch {
	case !r.publishes(stock) || !r.active(one):
		return nil, nil //nolint:nilnil // there is none, which is no error
	case one.managed == "parent":
		r.note("manage_stock", "the stock of "+r.what(one)+" is left out: its product manages it, and has no SKU that is sold")
		return nil, nil //nolint:nilnil // the same
	case one.managed != "true":
		return nil, nil //nolint:nilnil // the same
	case one.quantity == "":
		r.note("stock_quantity", "the stock of "+r.what(one)+" is left out: the store manages it, and has no quantity")
		return nil, nil //nolint:nilnil // the same
	}
	n, err := canonical.ParseDecimal(one.quantity)
	if err != nil {
		return nil, r.refused(one, "stock_quantity", one.quantity, "is not a number of pieces")
	}
	if n.Sign() < 0 {
		r.note("stock_quantity", one.quantity+" of "+r.what(one)+" is read as 0: there is no less to sell")
		n = canonical.Decimal{}
	}
	return &canonical.InventoryLevel{SKU: one.sku, Location: r.store.Tenant, Available: new(canonical.Pieces(n.Normal()))}, nil
}

// textMost is how much of a value that is refused an error repeats.
const textMost = 40

func (r *reading) refused(one *record, field, text, rule string) error {
	return &fault.Error{
		Kind: fault.Invalid, Class: fault.Value, Field: field, Detail: strconv.Quote(text[:min(len(text), textMost)]) + " of " + r.what(one) + " " + rule,
	}
}

// lostEvents returns product.retired of the SKUs that the product had and has no longer, unless another product or
// variation of the store has them by now.
func (r *reading) lostEvents(ctx context.Context) (events []connector.Event, err error) {
	if !r.publishes(products) {
		return nil, nil
	}
	pages, err := r.lost()
	if err != nil || len(pages) == 0 {
		return nil, err
	}
	var skus []string
	for _, p := range pages {
		if !slices.Contains(skus, p.sku) {
			skus = append(skus, p.sku)
		}
	}
	held, err := r.holders(ctx, skus)
	if err != nil {
		return nil, err
	}
	at := r.newest()
	for _, p := range pages {
		body := retired(p.sku)
		if body.UpdatedAt, err = p.dated(productEntity, body, at, held[p.sku]); err != nil {
			return nil, err
		}
		if !held[p.sku] {
			events = append(events, r.event(canonical.ProductRetired, productEntity, p.sku, at, body))
		}
		r.book.Forget(p.name, productEntity) // if it comes back, all of it is published
	}
	return events, nil
}
