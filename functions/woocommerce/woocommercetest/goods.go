package woocommercetest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EditProduct changes a product or a variation as a merchant does, which dates it.
func (f *Fake) EditProduct(id int64, edit func(*Product)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.product(id)
	p.Modified = f.Now().UTC()
	edit(p)
	f.itemOf(id).sku = p.SKU
}

// ProductBody returns the body of the deliveries product.created, product.updated and product.restored: of a
// variation too, which has the form of a product then.
func (f *Fake) ProductBody(id int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return must(json.Marshal(f.shown(f.itemOf(f.product(id).ID))))
}

// TrashProduct puts a product in the trash, with its variations, and returns the body of the delivery
// product.deleted.
func (f *Fake) TrashProduct(id int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.products {
		if p.ID == id || p.Parent == id {
			p.before, p.Status, p.Modified = p.Status, trashed, f.Now().UTC()
		}
	}
	return must(json.Marshal(member{"id": id}))
}

// RestoreProduct takes a product out of the trash, with its variations. The delivery is product.restored.
func (f *Fake) RestoreProduct(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.products {
		if p.ID == id || p.Parent == id {
			p.Status, p.Modified = p.before, f.Now().UTC()
		}
	}
}

// DeleteProduct deletes a product with its variations, or a variation, for good. The store delivers nothing then.
func (f *Fake) DeleteProduct(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.products = slices.DeleteFunc(f.products, func(p *Product) bool { return p.ID == id || p.Parent == id })
	f.items = slices.DeleteFunc(f.items, func(i *item) bool { return i.id == id || i.parent == id })
}

// product returns the product or variation. It panics if there is none.
func (f *Fake) product(id int64) *Product {
	for _, p := range f.products {
		if p.ID == id {
			return p
		}
	}
	panic("woocommercetest: there is no product " + strconv.FormatInt(id, 10))
}

// saved dates a product whose stock changed: WooCommerce saves it then (wc_update_product_stock).
func (f *Fake) saved(id int64) {
	for _, p := range f.products {
		if p.ID == id {
			p.Modified = f.Now().UTC()
		}
	}
}

func (f *Fake) trashed(id int64) bool {
	return slices.ContainsFunc(f.products, func(p *Product) bool { return p.ID == id && p.Status == trashed })
}

// show adds what the product has to what is shown of its stock.
func (p *Product) show(stock *item, now time.Time) member {
	shown := stock.show()
	shown["name"], shown["status"] = strings.ReplaceAll(p.Name, "&", "&amp;"), p.Status
	shown["description"], shown["global_unique_id"] = "<p>"+p.Text+"</p>", p.Barcode
	shown["regular_price"], shown["sale_price"], shown["on_sale"] = p.Regular, p.Sale, p.onSale(now)
	shown["date_on_sale_from_gmt"], shown["date_on_sale_to_gmt"] = date(p.From), date(p.To)
	shown["date_modified"], shown["date_modified_gmt"] = site(p.Modified), utc(p.Modified)
	shown["_links"] = links(Store, "products/"+strconv.FormatInt(p.ID, 10))
	if p.Type != "" {
		shown["type"] = p.Type
	}
	return shown
}

func date(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// shown returns an item as the API shows it. A variation without a SKU is shown with that of its product
// (WC_Product_Variation::get_sku).
func (f *Fake) shown(of *item) member {
	i := slices.IndexFunc(f.products, func(p *Product) bool { return p.ID == of.id })
	if i < 0 {
		return of.show()
	}
	p := f.products[i]
	shown, variations, options := p.show(of, f.Now()), []int64{}, []member{}
	for _, other := range f.products {
		switch {
		case other.ID == p.Parent && p.SKU == "":
			shown["sku"] = other.SKU
		case other.Parent == p.ID && other.Status != trashed:
			variations = append(variations, other.ID)
		}
	}
	if p.Parent == 0 {
		shown["variations"], shown["attributes"] = variations, options
		return shown
	}
	for n, option := range p.Options {
		options = append(options, member{"id": 0, "name": "Option " + strconv.Itoa(n+1), "option": option})
	}
	shown["attributes"] = options
	return shown
}

// shownVariation returns a variation as its own lists show it: by the name of its options.
func (f *Fake) shownVariation(of *item) member {
	shown := f.shown(of)
	if p := f.product(of.id); len(p.Options) > 0 {
		shown["name"] = strings.Join(p.Options, ", ")
	}
	return shown
}

// chosen leaves the members that the query asks for.
func chosen(shown member, query url.Values) member {
	if fields := query.Get("_fields"); fields != "" {
		for name := range shown {
			if !slices.Contains(strings.Split(fields, ","), name) {
				delete(shown, name)
			}
		}
	}
	return shown
}

// listChanged answers as listOrders does.
func (f *Fake) listChanged(w http.ResponseWriter, query url.Values, listed func(*Product) bool, show func(*item) member) {
	between, err := bounds(query)
	if err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+err.Error())
		return
	}
	include := query.Get("include")
	var found []*Product
	for _, p := range f.products {
		if (p.Status == trashed) == (query.Get("status") == trashed) && listed(p) && between(p.Modified) && (include == "" || names(include, p.ID)) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *Product) int {
		if query.Get("orderby") == "id" {
			return cmp.Compare(a.ID, b.ID)
		}
		return cmp.Or(cmp.Compare(a.Modified.Unix(), b.Modified.Unix()), cmp.Compare(b.ID, a.ID))
	})
	if query.Get("order") != "asc" {
		slices.Reverse(found)
	}
	count(w, len(found), query)
	shown := []member{}
	for _, p := range pageOf(found, query) {
		shown = append(shown, chosen(show(f.itemOf(p.ID)), query))
	}
	answer(w, http.StatusOK, shown)
}

// listVariations lists the variations of the product, or of all products for "".
func (f *Fake) listVariations(w http.ResponseWriter, product string, query url.Values) {
	f.listChanged(w, query, func(p *Product) bool {
		return p.Parent != 0 && (product == "" || strconv.FormatInt(p.Parent, 10) == product)
	}, f.shownVariation)
}

// getProduct answers one in the trash too, and a variation in the form of a product.
func (f *Fake) getProduct(w http.ResponseWriter, id string, query url.Values) {
	i := slices.IndexFunc(f.products, func(p *Product) bool { return strconv.FormatInt(p.ID, 10) == id })
	if i < 0 {
		refuse(w, http.StatusNotFound, "woocommerce_rest_product_invalid_id", "Invalid ID.")
		return
	}
	answer(w, http.StatusOK, chosen(f.shown(f.itemOf(f.products[i].ID)), query))
}

func (f *Fake) getVariation(w http.ResponseWriter, product, id string, query url.Values) {
	i := slices.IndexFunc(f.products, func(p *Product) bool {
		return strconv.FormatInt(p.ID, 10) == id && strconv.FormatInt(p.Parent, 10) == product && p.Parent != 0
	})
	if i < 0 {
		refuse(w, http.StatusNotFound, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
		return
	}
	answer(w, http.StatusOK, chosen(f.shownVariation(f.itemOf(f.products[i].ID)), query))
}
