package shipbobtest

import (
	"net/http"
	"net/url"
	"slices"
)

// firstVariant is added to the id of an inventory item to make that of its variant, and firstBundle
// is the id of the first bundle's variant.
const firstVariant, firstBundle = 1_000_000, 900_001

// bundle is a variant that consists of others.
type bundle struct {
	sku        string
	inactive   bool
	components []Component
}

// Component is a variant in a bundle.
type Component struct {
	SKU      string
	Quantity int
}

// Bundle gives the bundle of the SKU these components, and makes it and them if they are not there.
func (f *Fake) Bundle(sku string, components ...Component) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range components {
		if f.bundled(c.SKU) < 0 {
			f.stocked(c.SKU)
		}
	}
	if i := f.bundled(sku); i >= 0 {
		f.bundles[i].components = components
		return
	}
	f.bundles = append(f.bundles, &bundle{sku: sku, components: components})
}

// DuplicateBundle makes another bundle of the SKU.
func (f *Fake) DuplicateBundle(sku string, components ...Component) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bundles = append(f.bundles, &bundle{sku: sku, components: components})
}

// DeactivateBundle makes the bundle of the SKU inactive.
func (f *Fake) DeactivateBundle(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bundles[f.bundled(sku)].inactive = true
}

// Scope gives the token the scope products_read, or takes it away.
func (f *Fake) Scope(products bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unscoped = !products
}

func (f *Fake) bundled(sku string) int {
	return slices.IndexFunc(f.bundles, func(b *bundle) bool { return b.sku == sku })
}

// listProducts answers with a page of the products: one for each inventory item, and the bundles.
func (f *Fake) listProducts(query url.Values) reply {
	size, from := number(query.Get("PageSize"), 50), number(query.Get("Cursor"), 0)
	switch {
	case f.unscoped:
		return reply{status: http.StatusForbidden}
	case size < 1 || size > mostLevels:
		return refused(http.StatusBadRequest, "PageSize", "The page size must be between 1 and 250.")
	}
	all := []any{}
	for _, i := range f.stock {
		all = append(all, productView(i.id+firstVariant, "Regular", i.sku, i.inactive, map[string]any{
			"is_digital": i.digital, "inventory": map[string]any{"inventory_id": i.id, "on_hand_qty": 0}, "bundle_definition": []any{},
		}))
	}
	for i, b := range f.bundles {
		all = append(all, productView(firstBundle+i, "Bundle", b.sku, b.inactive, map[string]any{
			"is_digital": false, "inventory": map[string]any{"inventory_id": nil, "on_hand_qty": 0}, "bundle_definition": f.definition(b),
		}))
	}
	return paged(query, "/product", all[min(from, len(all)):min(from+size, len(all))], from+size, len(all))
}

// productView returns a product of one variant as the API shows it (Products.ProductViewModelV5).
func productView(variant int, kind, sku string, inactive bool, more map[string]any) map[string]any {
	status := "Active"
	if inactive {
		status = "Inactive"
	}
	view := map[string]any{"id": variant, "name": sku, "sku": sku, "status": status}
	for name, value := range more {
		view[name] = value
	}
	return map[string]any{"id": variant + firstVariant, "name": sku, "type": kind, "variants": []any{view}}
}

func (f *Fake) definition(b *bundle) []any {
	all := []any{}
	for _, c := range b.components {
		id := firstBundle + f.bundled(c.SKU)
		if id < firstBundle {
			id = f.stocked(c.SKU).id + firstVariant
		}
		all = append(all, map[string]any{"product_id": id + firstVariant, "variant_id": id, "quantity": c.Quantity, "variant_name": c.SKU, "variant_sku": c.SKU})
	}
	return all
}
