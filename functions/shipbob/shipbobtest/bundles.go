package shipbobtest

import "slices"

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
