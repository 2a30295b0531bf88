package product

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"causeway.example/functions/shopify/admin"
	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The settings that Open reads with assortment.Parse.
const (
	KeyShops = "SHOPIFY_PRODUCT_SHOPS"
	KeyLists = "SHOPIFY_PRICE_LISTS"
)

// The fields that a source can be master of.
const (
	fieldTitle       = "title"
	fieldDescription = "description"
	fieldBarcode     = "barcode"
	fieldWeight      = "weight"
	fieldCompareAt   = "compare_at"
)

// Target writes products and prices. It keeps nothing between calls.
type Target struct {
	API     *admin.Client
	Shops   assortment.Masters // of products, by source
	Lists   assortment.Masters // of prices, by source and list
	Fields  []string           // that the source is master of
	Active  bool               // a product with a price is created active, not as a draft
	Archive bool               // a retired product is archived
}

// job is one delivery with its shop.
type job struct {
	*Target
	shop, sku, doing string
	known            string // id of the variant by an earlier confirmation; none, or "", if there is none
}

// none is the reference of what goes to no shop, or is not there and need not be.
const none = "none"

func nowhere(why string) connector.Receipt {
	return connector.Receipt{Ref: none, Linked: true, Detail: "not set: " + why}
}

// Entity is the type of products, as in keys. Their id is the SKU.
const Entity = "product"

// Deliver creates, updates or archives the product.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, product *canonical.Product) (connector.Receipt, error) {
	j := &job{Target: t, sku: product.SKU, known: d.Ref, doing: "writing product " + product.SKU + " to shopify"}
	shop, err := t.Shops.Store(d.Message.System(), d.Message.Tenant)
	if err != nil || shop == "" {
		return nowhere("products of " + d.Message.System() + " go to no shop"), fault.Doing(j.doing, err)
	}
	j.shop = shop
	receipt, err := j.product(ctx, d.Message.System(), product)
	return receipt, fault.Doing(j.doing, err)
}

// DeliverPrices sets the price of the variant.
func (t *Target) DeliverPrices(ctx context.Context, d connector.Delivery, list *canonical.PriceList) (connector.Receipt, error) {
	j := &job{Target: t, sku: list.SKU, known: d.Ref, doing: "setting the price of " + list.SKU + " at shopify"}
	for _, parent := range d.Message.Parents {
		if ref := d.Parents[parent.String()]; j.known == "" || j.known == none {
			j.known = cmp.Or(ref, j.known)
		}
	}
	shop, name, err := t.Lists.List(d.Message.System(), list.Prices)
	if err != nil || shop == "" {
		return nowhere("no price of " + list.SKU + " goes to a shop"), fault.Doing(j.doing, err)
	}
	j.shop = shop
	receipt, err := j.price(ctx, d.Message, list, name)
	return receipt, fault.Doing(j.doing, err)
}

// Find returns the id of the variant with the SKU, which is the id of a product's key. It is asked for
// the product that a price waits for.
func (t *Target) Find(ctx context.Context, key message.Key) (string, error) {
	j := &job{Target: t, sku: key.ID, doing: "looking up product " + key.ID + " at shopify"}
	var err error
	if j.shop, err = t.Shops.Store(key.System, key.Tenant); err != nil || j.shop == "" {
		return "", fault.Doing(j.doing, err)
	}
	v, err := j.find(ctx)
	if err != nil || v == nil {
		return "", fault.Doing(j.doing, err)
	}
	return v.id, nil
}

// SearchPrices returns the id of the variant if it has the price.
func (t *Target) SearchPrices(ctx context.Context, d connector.Delivery, list *canonical.PriceList) (string, error) {
	j := &job{Target: t, sku: list.SKU, doing: "looking up the price of " + list.SKU + " at shopify"}
	shop, name, err := t.Lists.List(d.Message.System(), list.Prices)
	if err != nil || shop == "" {
		return "", fault.Doing(j.doing, err)
	}
	j.shop = shop
	v, err := j.find(ctx)
	if err != nil || v == nil {
		return "", fault.Doing(j.doing, err)
	}
	want, err := j.prices(assortment.In(list.Prices, name, v.currency))
	if err != nil || want == nil || !want.equals(v) {
		return "", fault.Doing(j.doing, err)
	}
	return v.id, nil
}

func (j *job) product(ctx context.Context, system string, product *canonical.Product) (connector.Receipt, error) {
	v, err := j.find(ctx)
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case v != nil && product.Active:
		return j.update(ctx, v, product)
	case v != nil:
		return j.retire(ctx, v)
	case !product.Active:
		return nowhere(j.shop + " has no variant with the SKU " + j.sku + ", which is retired"), nil
	case product.Parent != "":
		return connector.Receipt{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "parent", Code: "unknown_variant",
			Detail: strconv.Quote(j.sku) + " is a variant, and " + j.shop + " has none with this SKU; create it there with its options, then redrive",
		}
	}
	return j.create(ctx, system, product)
}

// update writes what differs of the fields that the source is master of.
func (j *job) update(ctx context.Context, v *variant, product *canonical.Product) (connector.Receipt, error) {
	var done []string
	if v.alone {
		if input, names := j.productFields(v, product); len(names) > 0 {
			if err := j.setProduct(ctx, input); err != nil {
				return connector.Receipt{}, err
			}
			done = names
		}
	}
	if input, names := j.variantFields(v, product); len(names) > 0 {
		if err := j.setVariant(ctx, v.product, input); err != nil {
			return connector.Receipt{}, err
		}
		done = append(done, names...)
	}
	return j.receipt(v, done), nil
}

func (j *job) receipt(v *variant, done []string) connector.Receipt {
	r := connector.Receipt{Ref: v.id, Linked: len(done) == 0, Detail: j.sku + " of " + j.shop + " is as it should be"}
	if len(done) > 0 {
		r.Detail = j.sku + " of " + j.shop + ": " + joined(done) + " set"
	}
	if v.status == statusArchived {
		r.Detail += "; it is archived there, and a person activates it"
	}
	return r
}

// retire archives the product.
func (j *job) retire(ctx context.Context, v *variant) (connector.Receipt, error) {
	switch {
	case !j.Archive:
		return connector.Receipt{Ref: v.id, Linked: true, Detail: "not archived: SHOPIFY_PRODUCT_RETIRE is keep"}, nil
	case v.status == statusArchived:
		return connector.Receipt{Ref: v.id, Linked: true, Detail: j.sku + " of " + j.shop + " is archived already"}, nil
	case !v.alone:
		return connector.Receipt{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Field: "active", Code: "variant_retired",
			Detail: strconv.Quote(j.sku) + " is one of several variants, and archiving would take all of them off; delete or hide it in " + j.shop + ", then redrive or discard",
		}
	}
	if err := j.setProduct(ctx, statusInput(v.product, statusArchived)); err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{Ref: v.id, Detail: j.sku + " of " + j.shop + " is archived"}, nil
}

// price sets price and compare-at price of the variant if they differ.
func (j *job) price(ctx context.Context, m *message.Message, list *canonical.PriceList, name string) (connector.Receipt, error) {
	v, err := j.find(ctx)
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case v == nil && list.Retired:
		return nowhere(j.shop + " has no variant with the SKU " + j.sku + ", which is retired"), nil
	case v == nil:
		return connector.Receipt{}, j.unknown(m)
	}
	want, err := j.prices(assortment.In(list.Prices, name, v.currency))
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case want == nil:
		return connector.Receipt{Ref: v.id, Linked: true, Detail: "not set: list " + name + " has no price of " + j.sku + " in " + v.currency + ", and the old one stays"}, nil
	case want.equals(v):
		return connector.Receipt{Ref: v.id, Linked: true, Detail: j.sku + " of " + j.shop + " costs " + want.text() + " already"}, nil
	}
	if err := j.setVariant(ctx, v.product, want.input(v.id)); err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{Ref: v.id, Detail: "price of " + j.sku + " from " + v.price.String() + " to " + want.text(), Notes: want.notes}, nil
}

// unknown is the failure of a price whose variant is not there. A product that was retired before the shop had
// it is on its way, because its item is sold again.
func (j *job) unknown(m *message.Message) error {
	e := &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "unknown_sku", Detail: strconv.Quote(j.sku) + ": " + j.shop + " has no variant with this SKU; "}
	if shop, err := j.Shops.Store(m.System(), m.Tenant); err == nil && shop == j.shop && j.known == none {
		e.Kind = fault.NotReady
		e.Detail += "the price waits for its product"
		return e
	}
	e.Detail += "create it, then redrive"
	return e
}

// owns reports whether the source is master of the field.
func (j *job) owns(field string) bool { return slices.Contains(j.Fields, field) }
