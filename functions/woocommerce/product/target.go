package product

import (
	"context"
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The settings that are read with assortment.Parse, and the one of the prices' currency.
const (
	KeyStores   = "WOOCOMMERCE_PRODUCT_STORES"
	KeyLists    = "WOOCOMMERCE_PRICE_LISTS"
	KeyCurrency = "WOOCOMMERCE_CURRENCY"
)

// Entity is the type of products, as in keys. Their id is the SKU.
const Entity = "product"

// The fields that a source can be master of.
const (
	fieldTitle   = "title"
	fieldBarcode = "barcode"
	fieldSale    = "sale_price"
)

// The states of products.
const (
	draft   = "draft"
	publish = "publish"
	private = "private"
)

// Config is what a Target needs.
type Config struct {
	Stores   rest.Stores
	Masters  assortment.Masters // of products, by source
	Lists    assortment.Masters // of prices, by source and list
	Fields   []string           // that the source is master of
	Currency string             // of the stores, "" if it is not set
	Publish  bool               // a product with a price is created published, not as a draft
	Retire   bool               // a retired product is taken out of the store
}

// Target writes products and prices, one batch of a store at a time. It keeps nothing between calls.
type Target struct {
	Config
	combiner *combine.Combiner[string, question, connector.Receipt] // by store
	turns    map[string]chan struct{}                               // by store: full while a batch is read and written
}

// New returns the target.
func New(config Config) *Target {
	t := &Target{Config: config, turns: map[string]chan struct{}{}}
	for _, store := range config.Stores {
		t.turns[store.Tenant] = make(chan struct{}, 1)
	}
	t.combiner = &combine.Combiner[string, question, connector.Receipt]{Most: Most, Do: t.work}
	return t
}

// job is one delivery with its store.
type job struct {
	*Target
	store      *rest.Store
	sku, doing string
	again      bool // the product was retired before the store had it
}

// plan is what a delivery comes to.
type plan struct {
	receipt connector.Receipt // once it is written; without a Ref if it creates
	change  fields            // that are written; nil for none
	create  bool
	virtual bool // of one that is created
}

// none is the reference of what goes to no store, or is not there and need not be.
const none = "none"

func nowhere(why string) connector.Receipt {
	return connector.Receipt{Ref: none, Linked: true, Detail: "not set: " + why}
}

// Deliver creates, updates or retires the product.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, product *canonical.Product) (connector.Receipt, error) {
	j := &job{Target: t, sku: product.SKU, doing: "writing product " + product.SKU + " to " + rest.Name}
	tenant, err := t.Masters.Store(d.Message.System(), d.Message.Tenant)
	if err != nil || tenant == "" {
		return nowhere("products of " + d.Message.System() + " go to no store"), fault.Doing(j.doing, err)
	}
	j.store = t.Stores.Of(tenant)
	return j.ask(ctx, func(r *record) (plan, error) { return j.product(r, d.Message.System(), product) })
}

// DeliverPrices sets the prices of the product or variation.
func (t *Target) DeliverPrices(ctx context.Context, d connector.Delivery, list *canonical.PriceList) (connector.Receipt, error) {
	j := &job{Target: t, sku: list.SKU, doing: "setting the price of " + list.SKU + " at " + rest.Name}
	tenant, name, err := t.Lists.List(d.Message.System(), list.Prices)
	if err != nil || tenant == "" {
		return nowhere("no price of " + list.SKU + " goes to a store"), fault.Doing(j.doing, err)
	}
	j.store = t.Stores.Of(tenant)
	if master, err := t.Masters.Store(d.Message.System(), d.Message.Tenant); err == nil && master == tenant {
		j.again = slices.ContainsFunc(d.Message.Parents, func(parent message.Key) bool { return d.Parents[parent.String()] == none })
	}
	return j.ask(ctx, func(r *record) (plan, error) { return j.price(r, list, name) })
}

// Find returns the id of the product or variation with the SKU, which is the id of a product's key.
func (t *Target) Find(ctx context.Context, key message.Key) (string, error) {
	j := &job{Target: t, sku: key.ID, doing: "looking up product " + key.ID + " at " + rest.Name}
	tenant, err := t.Masters.Store(key.System, key.Tenant)
	if err != nil || tenant == "" {
		return "", fault.Doing(j.doing, err)
	}
	j.store = t.Stores.Of(tenant)
	r, err := j.find(ctx)
	if err != nil || r == nil {
		return "", fault.Doing(j.doing, err)
	}
	return r.ref(), nil
}

// SearchPrices returns the id of the product or variation if it has the prices.
func (t *Target) SearchPrices(ctx context.Context, d connector.Delivery, list *canonical.PriceList) (string, error) {
	j := &job{Target: t, sku: list.SKU, doing: "looking up the price of " + list.SKU + " at " + rest.Name}
	tenant, name, err := t.Lists.List(d.Message.System(), list.Prices)
	if err != nil || tenant == "" {
		return "", fault.Doing(j.doing, err)
	}
	j.store = t.Stores.Of(tenant)
	want, err := j.prices(list.Prices, name)
	if err != nil || want == nil {
		return "", fault.Doing(j.doing, err)
	}
	r, err := j.find(ctx)
	if err != nil || r == nil || len(want.change(r)) > 0 {
		return "", fault.Doing(j.doing, err)
	}
	return r.ref(), nil
}

// said is the plan of what needs no write.
func said(r connector.Receipt) (plan, error) { return plan{receipt: r}, nil }

func (j *job) product(r *record, system string, p *canonical.Product) (plan, error) {
	switch {
	case r != nil && p.Active:
		return j.update(r, p), nil
	case r != nil:
		return j.retire(r), nil
	case !p.Active:
		return said(nowhere(j.store.Tenant + " has no product with the SKU " + j.sku + ", which is retired"))
	case p.Parent != "":
		return plan{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "parent", Code: "unknown_variation",
			Detail: strconv.Quote(j.sku) + " is a variation, and " + j.store.Tenant + " has none with this SKU; create it there with its options, then redrive",
		}
	}
	return j.create(system, p)
}

func (j *job) update(r *record, p *canonical.Product) plan {
	change := fields{}
	if title := strings.TrimSpace(p.Title); j.owns(fieldTitle) && !r.isVariation() && title != "" && title != r.title {
		change["name"] = title
	}
	if j.owns(fieldBarcode) && !p.Barcode.IsZero() && p.Barcode.String() != r.barcode {
		change["global_unique_id"] = p.Barcode.String()
	}
	receipt := connector.Receipt{Ref: r.ref(), Linked: len(change) == 0, Detail: j.sku + " of " + j.store.Tenant + " is as it should be"}
	if len(change) > 0 {
		receipt.Detail = j.sku + " of " + j.store.Tenant + " is updated"
	}
	if r.status == draft || r.status == private {
		receipt.Detail += "; it is " + r.status + " there, and a person publishes it"
	}
	return plan{receipt: receipt, change: change}
}

func (j *job) retire(r *record) plan {
	status := draft
	if r.isVariation() {
		status = private
	}
	switch {
	case !j.Retire:
		return plan{receipt: connector.Receipt{Ref: r.ref(), Linked: true, Detail: "not retired: WOOCOMMERCE_PRODUCT_RETIRE is keep"}}
	case r.status == draft || r.status == private:
		return plan{receipt: connector.Receipt{Ref: r.ref(), Linked: true, Detail: j.sku + " of " + j.store.Tenant + " is " + r.status + " already"}}
	}
	return plan{receipt: connector.Receipt{Ref: r.ref(), Detail: j.sku + " of " + j.store.Tenant + " is " + status}, change: fields{"status": status}}
}

// create makes a simple product, published only if it has a price.
func (j *job) create(system string, p *canonical.Product) (plan, error) {
	all := fields{"name": p.Title, "type": "simple", "status": draft, "sku": p.SKU}
	if strings.TrimSpace(p.Title) == "" {
		all["name"] = p.SKU
	}
	if text := p.Description.String(); text != "" {
		all["description"] = strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
	}
	if barcode := p.Barcode.String(); barcode != "" {
		all["global_unique_id"] = barcode
	}
	want, err := j.firstPrice(system, p)
	if err != nil {
		return plan{}, err
	}
	var notes []connector.Note
	if want != nil {
		maps.Copy(all, want.change(&record{}))
		notes = want.notes
		if j.Publish && want.amount.Minor > 0 {
			all["status"] = publish
		}
	}
	return plan{receipt: connector.Receipt{Detail: "created " + j.sku + " in " + j.store.Tenant + " as " + all["status"], Notes: notes}, change: all, create: true, virtual: p.Digital}, nil
}

// firstPrice returns the price with which a product is created, nil if it has none in this store.
func (j *job) firstPrice(system string, p *canonical.Product) (*prices, error) {
	tenant, list, err := j.Lists.List(system, p.Prices)
	if err != nil || tenant != j.store.Tenant {
		return nil, err
	}
	return j.prices(p.Prices, list)
}

// unknown is the failure of a price whose product is not there. A product that was retired before the store had
// it is on its way, because its item is sold again.
func (j *job) unknown() error {
	e := &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "unknown_sku", Detail: strconv.Quote(j.sku) + ": " + j.store.Tenant + " has no product with this SKU; "}
	if j.again {
		e.Kind = fault.NotReady
		e.Detail += "the price waits for its product"
		return e
	}
	e.Detail += "create it, then redrive"
	return e
}

func (j *job) price(r *record, list *canonical.PriceList, name string) (plan, error) {
	want, err := j.prices(list.Prices, name)
	switch {
	case err != nil:
		return plan{}, err
	case r == nil && list.Retired:
		return said(nowhere(j.store.Tenant + " has no product with the SKU " + j.sku + ", which is retired"))
	case r == nil:
		return plan{}, j.unknown()
	case want == nil:
		return said(connector.Receipt{Ref: r.ref(), Linked: true, Detail: "not set: list " + name + " has no price of " + j.sku + " in " + j.Currency + ", and the old one stays"})
	}
	if !r.isPriced() {
		return plan{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "no_price",
			Detail: strconv.Quote(j.sku) + ": is a " + r.kind + " product of " + j.store.Tenant + ", which has no price of its own; give the SKU to the product or variation that is sold, then redrive",
		}
	}
	change := want.change(r)
	if len(change) == 0 {
		return said(connector.Receipt{Ref: r.ref(), Linked: true, Detail: j.sku + " of " + j.store.Tenant + " costs " + want.amount.String() + " already"})
	}
	return plan{receipt: connector.Receipt{Ref: r.ref(), Detail: "price of " + j.sku + " to " + want.amount.String(), Notes: want.notes}, change: change}, nil
}

// owns reports whether the source is master of the field.
func (j *job) owns(field string) bool { return slices.Contains(j.Fields, field) }

// prices are a price and the one before a reduction, in the decimals of the store's currency.
type prices struct {
	amount, before canonical.Money // before is 0 for none
	sale           bool            // the source is master of the sale's price
	notes          []connector.Note
}

// prices rounds the price of the list, nil if there is none in the store's currency.
func (j *job) prices(all []canonical.Price, list string) (*prices, error) {
	if j.Currency == "" {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: KeyCurrency, Detail: "is not set, and prices are chosen by it"}
	}
	p := assortment.In(all, list, j.Currency)
	if p == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	amount, cut, err := p.Rounded(p.Amount)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "prices.amount", Err: err}
	}
	before, _, err := p.Rounded(p.CompareAt)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "prices.compare_at", Err: err}
	}
	want := &prices{amount: amount, before: before, sale: j.owns(fieldSale)}
	if cut {
		want.notes = []connector.Note{{Field: "prices.amount", What: p.Amount.String() + " is rounded to " + amount.String()}}
	}
	return want, nil
}

// change returns the members that differ. A sale is that of now, so that it has no dates.
func (p *prices) change(r *record) fields {
	regular, reduced := p.amount, p.sale && p.before.Minor > p.amount.Minor
	if reduced {
		regular = p.before
	}
	change := fields{}
	if !sameAmount(r.regular, regular, false) {
		change["regular_price"] = regular.Decimal().String()
	}
	switch {
	case !p.sale || sameAmount(r.sale, p.amount, !reduced):
	case reduced:
		change["sale_price"] = p.amount.Decimal().String()
	default:
		change["sale_price"] = ""
	}
	if reduced && r.dated {
		change["date_on_sale_from_gmt"], change["date_on_sale_to_gmt"] = "", ""
	}
	return change
}
