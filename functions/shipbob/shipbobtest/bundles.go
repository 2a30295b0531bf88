package shipbobtest

import (
	"net/http"
	"slices"
	"strconv"
)

// bundle is a variant that consists of others.
type bundle struct {
	sku         string
	title, name string // of the product and the variant; "" for the SKU
	inactive    bool
	hidden      bool // from the search of products
	components  []Component
}

// CatalogBundle is a bundle in the catalog.
type CatalogBundle struct {
	SKU, Title, Name string
	Components       []Component
}

// Bundles returns the bundles, in the order in which they were made.
func (f *Fake) Bundles() (all []CatalogBundle) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.bundles {
		all = append(all, CatalogBundle{b.sku, b.title, b.name, slices.Clone(b.components)})
	}
	return all
}

// createBundle makes a product that is a bundle. What ShipBob answers to a component that is a bundle itself
// is not documented; the fake takes none.
func (f *Fake) createBundle(title string, v variantBody) reply {
	var components []Component
	for i, part := range v.Parts {
		n := slices.IndexFunc(f.stock, func(item *inventoryItem) bool { return item.id+firstVariant == part.Variant })
		field := "Variants[0].BundleDefinition[" + strconv.Itoa(i) + "]"
		switch {
		case n < 0:
			return refused(http.StatusUnprocessableEntity, field+".VariantId", "The variant does not exist, or is a bundle.")
		case part.Quantity < 1:
			return refused(http.StatusUnprocessableEntity, field+".Quantity", "The quantity must be at least 1.")
		}
		components = append(components, Component{f.stock[n].sku, part.Quantity})
	}
	if len(components) == 0 {
		return refused(http.StatusUnprocessableEntity, "Variants[0].BundleDefinition", "A bundle needs components.")
	}
	b := &bundle{sku: v.SKU, title: title, components: components, hidden: f.hidden}
	if v.Name != nil {
		b.name = *v.Name
	}
	f.bundles = append(f.bundles, b)
	f.match(v.SKU)
	return reply{status: http.StatusCreated, body: f.bundleView(len(f.bundles) - 1)}
}

// bundleView returns the product of a bundle as the API shows it (Products.ProductViewModelV5).
func (f *Fake) bundleView(i int) map[string]any {
	b := f.bundles[i]
	view := map[string]any{
		"id": firstBundle + i, "name": either(b.name, b.sku), "sku": b.sku, "status": status(b.inactive),
		"is_digital": false, "inventory": map[string]any{"inventory_id": nil, "on_hand_qty": 0}, "bundle_definition": f.definition(b),
	}
	return map[string]any{"id": firstBundle + i + firstVariant, "name": either(b.title, b.sku), "type": "Bundle", "variants": []any{view}}
}

// updateBundle changes what the request names of the bundle's product.
func (f *Fake) updateBundle(i int, in productBody) reply {
	for n, v := range in.Variants {
		switch {
		case v.ID != firstBundle+i:
			return refused(http.StatusBadRequest, "Variants["+strconv.Itoa(n)+"].Id", "Each variant must include an ID of the product.")
		case v.Name != nil:
			f.bundles[i].name = *v.Name
		}
	}
	if in.Name != nil {
		f.bundles[i].title = *in.Name
	}
	return reply{status: http.StatusOK, body: f.bundleView(i)}
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

func (f *Fake) bundled(sku string) int {
	return slices.IndexFunc(f.bundles, func(b *bundle) bool { return b.sku == sku })
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
