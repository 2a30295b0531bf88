package shipbobtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// firstVariant is added to the id of an inventory item to make that of its variant, and to that of a
// variant to make that of its product. firstBundle is the id of the first bundle's variant.
const firstVariant, firstBundle = 1_000_000, 900_001

// variant is what the catalog has of an inventory item.
type variant struct {
	title, name string // of the product and the variant; "" for the SKU
	gtin        string
	ounces      json.Number
	product     int // id of the product that it shares with others; 0 for one of its own
	hidden      bool
}

// CatalogProduct is a variant in the catalog, with the name of its product.
type CatalogProduct struct {
	SKU, Title, Name, GTIN string
	Ounces                 json.Number // "" if it has none
}

// Catalog returns the variants that are no bundles, in the order in which they were made.
func (f *Fake) Catalog() (all []CatalogProduct) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.stock {
		all = append(all, CatalogProduct{i.sku, i.title, i.name, i.gtin, i.ounces})
	}
	return all
}

// AddToCatalog makes products with one variant each.
func (f *Fake) AddToCatalog(all ...CatalogProduct) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range all {
		f.add(variant{title: p.Title, name: p.Name, gtin: p.GTIN, ounces: p.Ounces}, p.SKU)
	}
}

// Join makes the variants of the SKUs ones of one product, that of the first.
func (f *Fake) Join(skus ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := f.stocked(skus[0])
	for _, sku := range skus {
		item := f.stocked(sku)
		item.title, item.product = first.title, first.id+2*firstVariant
	}
}

// Scope gives the token the scope products_read, or takes it away.
func (f *Fake) Scope(products bool) { f.TokenScope("products_read", products) }

// TokenScope gives the token a scope, products_read, products_write or inventory_read, or takes it away.
func (f *Fake) TokenScope(scope string, has bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.denied = slices.DeleteFunc(f.denied, func(other string) bool { return other == scope })
	if !has {
		f.denied = append(f.denied, scope)
	}
}

// BareErrors has a taken SKU rejected with a message alone, without the field. What ShipBob answers is not
// documented.
func (f *Fake) BareErrors(bare bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bare = bare
}

// HideNew has the search of products miss those that are made from now on, until it is undone.
func (f *Fake) HideNew(hide bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hidden = hide
	for _, i := range f.stock {
		i.hidden = i.hidden && hide
	}
	for _, b := range f.bundles {
		b.hidden = b.hidden && hide
	}
}

func (f *Fake) add(v variant, sku string) *inventoryItem {
	item := &inventoryItem{id: f.inventoryID(), sku: sku, variant: v}
	item.hidden = f.hidden
	f.stock = append(f.stock, item)
	return item
}

// listProducts answers with a page of the products: one for each inventory item that shares none, and the
// bundles. The filter SKU finds every variant that contains the text.
func (f *Fake) listProducts(query url.Values) reply {
	size, from := number(query.Get("PageSize"), 50), number(query.Get("Cursor"), 0)
	switch {
	case slices.Contains(f.denied, "products_read"):
		return reply{status: http.StatusForbidden}
	case size < 1 || size > mostLevels:
		return refused(http.StatusBadRequest, "PageSize", "The page size must be between 1 and 250.")
	}
	matches := func(sku string) bool {
		return strings.Contains(strings.ToLower(sku), strings.ToLower(query.Get("SKU")))
	}
	all, seen := []any{}, map[int]bool{}
	for _, i := range f.stock {
		if id := i.productID(); matches(i.sku) && !seen[id] && !i.hidden {
			seen[id] = true
			all = append(all, f.productView(id))
		}
	}
	for i, b := range f.bundles {
		if matches(b.sku) && !b.hidden {
			all = append(all, f.bundleView(i))
		}
	}
	return paged(query, "/product", all[min(from, len(all)):min(from+size, len(all))], from+size, len(all))
}

func (i *inventoryItem) productID() int {
	if i.product != 0 {
		return i.product
	}
	return i.id + 2*firstVariant
}

func status(inactive bool) string {
	if inactive {
		return "Inactive"
	}
	return "Active"
}

// productView returns a product of inventory items as the API shows it (Products.ProductViewModelV5).
func (f *Fake) productView(id int) map[string]any {
	title, variants := "", []any{}
	for _, i := range f.stock {
		if i.productID() != id {
			continue
		}
		view := map[string]any{
			"id": i.id + firstVariant, "name": either(i.name, i.sku), "sku": i.sku, "status": status(i.inactive), "is_digital": i.digital,
			"inventory": map[string]any{"inventory_id": i.id, "on_hand_qty": 0}, "bundle_definition": []any{}, "gtin": nil,
		}
		if i.gtin != "" {
			view["gtin"] = i.gtin
		}
		if i.ounces != "" {
			view["weight"] = map[string]any{"weight": i.ounces, "unit": "oz"}
		}
		title, variants = either(i.title, i.sku), append(variants, view)
	}
	return map[string]any{"id": id, "name": title, "type": "Regular", "variants": variants}
}

func either(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// productBody is a request to make or to change a product. A member that is missing stays.
type productBody struct {
	Name     *string       `json:"name"`
	Type     int           `json:"type_id"`
	Variants []variantBody `json:"variants"`
}

type variantBody struct {
	ID     int          `json:"id"`
	Name   *string      `json:"name"`
	SKU    string       `json:"sku"`
	GTIN   *string      `json:"gtin"`
	Ounces *json.Number `json:"weight"`
	Parts  []struct {
		Variant  int `json:"variant_id"`
		Quantity int `json:"quantity"`
	} `json:"bundle_definition"`
}

// bundleProduct is the type of a product that is a bundle; a regular one is 1.
const bundleProduct = 2

// createProduct makes a product: "Requires a product name and at least one variant with a unique SKU".
// Orders that were in import review for it go on.
func (f *Fake) createProduct(body []byte) reply {
	var in productBody
	switch err := json.Unmarshal(body, &in); {
	case slices.Contains(f.denied, "products_write"):
		return reply{status: http.StatusForbidden}
	case err != nil:
		return refused(http.StatusBadRequest, "$", err.Error())
	case in.Name == nil || *in.Name == "":
		return refused(http.StatusBadRequest, "Name", "The name is required.")
	case len(in.Variants) != 1 || in.Variants[0].SKU == "" || in.Type == 0:
		return refused(http.StatusBadRequest, "Variants", "The fake makes products of a stated type with one variant that has a SKU.")
	case in.Type != bundleProduct && len(in.Variants[0].Parts) > 0:
		return refused(http.StatusBadRequest, "Variants[0].BundleDefinition", "A regular product has no components.")
	}
	v := in.Variants[0]
	if f.bundled(v.SKU) >= 0 || slices.ContainsFunc(f.stock, func(i *inventoryItem) bool { return i.sku == v.SKU }) {
		if f.bare {
			return reply{status: http.StatusBadRequest, body: map[string]any{"message": "The request is invalid."}}
		}
		return refused(http.StatusUnprocessableEntity, "Variants[0].Sku", "The SKU is taken.")
	}
	if in.Type == bundleProduct {
		return f.createBundle(*in.Name, v)
	}
	item := f.add(variant{title: *in.Name}, v.SKU)
	item.change(v.Name, v.GTIN, v.Ounces)
	f.match(v.SKU)
	return reply{status: http.StatusCreated, body: f.productView(item.productID())}
}

func (i *inventoryItem) change(name, gtin *string, ounces *json.Number) {
	if name != nil {
		i.name = *name
	}
	if gtin != nil {
		i.gtin = *gtin
	}
	if ounces != nil {
		i.ounces = *ounces
	}
}

// updateProduct changes what the request names. A variant that it does not list is taken out of the
// product, which is the strictest reading of the contract.
func (f *Fake) updateProduct(id string, body []byte) reply {
	var in productBody
	if slices.Contains(f.denied, "products_write") {
		return reply{status: http.StatusForbidden}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return refused(http.StatusBadRequest, "$", err.Error())
	}
	product, _ := strconv.Atoi(id)
	if i := product - firstBundle - firstVariant; i >= 0 && i < len(f.bundles) {
		return f.updateBundle(i, in)
	}
	listed := map[int]bool{}
	for n, v := range in.Variants {
		i := slices.IndexFunc(f.stock, func(i *inventoryItem) bool { return i.id+firstVariant == v.ID && i.productID() == product })
		if i < 0 {
			return refused(http.StatusBadRequest, "Variants["+strconv.Itoa(n)+"].Id", "Each variant must include an ID of the product.")
		}
		listed[v.ID] = true
		f.stock[i].change(v.Name, v.GTIN, v.Ounces)
	}
	f.stock = slices.DeleteFunc(f.stock, func(i *inventoryItem) bool {
		return i.productID() == product && in.Variants != nil && !listed[i.id+firstVariant]
	})
	found := false
	for _, i := range f.stock {
		if i.productID() == product {
			found = true
			if in.Name != nil {
				i.title = *in.Name
			}
		}
	}
	if !found {
		return reply{status: http.StatusNotFound}
	}
	return reply{status: http.StatusOK, body: f.productView(product)}
}
