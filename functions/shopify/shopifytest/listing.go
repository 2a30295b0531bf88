package shopifytest

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultTitle is the title of the variant of a product without options.
const defaultTitle = "Default Title"

// single reports whether the product has only the default variant.
func (p *Product) single() bool { return len(p.Variants) == 1 && p.Variants[0].Title == "" }

var tag = regexp.MustCompile(`<[^>]*>`)

// plain returns the text of HTML in one line.
func plain(text string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(text, " "))), " ")
}

// date dates the product by the shop's clock, in whole seconds, and never back.
func (f *Fake) date(p *Product) {
	now := Start
	if f.Now != nil {
		now = f.Now()
	}
	if now = now.Truncate(time.Second); now.After(p.Updated) {
		p.Updated = now
	}
}

// dateSKU dates the product of the SKU, of which the stock changed: Shopify counts that as an update.
func (f *Fake) dateSKU(sku string) {
	for _, p := range f.catalog.products {
		if slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.SKU == sku }) {
			f.date(p)
		}
	}
}

// changedProducts returns the products that the search of a poll asks for, the one changed first before all.
func (f *Fake) changedProducts(search string) []any {
	all := make([]object, len(f.catalog.products))
	for i, p := range f.catalog.products {
		all[i] = f.showProduct(p)
	}
	return changed(all, search)
}

// DeleteProduct deletes the product with a variant of the SKU, as a merchant does, and returns it.
func (f *Fake) DeleteProduct(sku string) (deleted Product) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catalog.products = slices.DeleteFunc(f.catalog.products, func(p *Product) bool {
		found := slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.SKU == sku })
		if found {
			deleted = *p
		}
		return found
	})
	return deleted
}

// EditProductByID changes a product as a merchant does.
func (f *Fake) EditProductByID(id int64, edit func(*Product)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.catalog.products {
		if p.ID == id {
			edit(p)
			f.catalog.number(p)
			f.date(p)
		}
	}
}

// CursorOf returns the cursor after the product's variant with the index.
func (f *Fake) CursorOf(p Product, variant int) string {
	return cursorOf(p.Variants[variant].show(object{}))
}

// ProductOf returns the product with a variant of the SKU, the zero value if there is none.
func (f *Fake) ProductOf(sku string) Product {
	for _, p := range f.Products() {
		if slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.SKU == sku }) {
			return p
		}
	}
	return Product{}
}

// ProductDelivery returns the webhook that the shop sends of the product: products/create, products/update, or
// products/delete, which has the id alone.
func (f *Fake) ProductDelivery(topic string, p Product) Delivery {
	at := Start
	if f.Now != nil {
		at = f.Now()
	}
	d := Delivery{Topic: topic, Body: p.Body(), TriggeredAt: at}
	if topic == "products/delete" {
		d.Body = []byte(`{"id":` + strconv.FormatInt(p.ID, 10) + `}`)
	}
	return d
}

// Body returns the product as the body of products/update has it.
func (p Product) Body() []byte {
	id := strconv.FormatInt(p.ID, 10)
	variants := make([]any, len(p.Variants))
	for i, v := range p.Variants {
		variant := strconv.FormatInt(v.ID, 10)
		title := v.Title
		if title == "" {
			title = defaultTitle
		}
		variants[i] = object{
			"admin_graphql_api_id": "gid://shopify/ProductVariant/" + variant, "id": v.ID, "product_id": p.ID, "position": i + 1, "title": title,
			"sku": v.SKU, "barcode": v.Barcode, "price": v.Price, "updated_at": stamp(p.Updated),
		}
	}
	body, err := json.Marshal(object{
		"admin_graphql_api_id": "gid://shopify/Product/" + id, "id": p.ID, "title": p.Title, "body_html": p.Description,
		"status": strings.ToLower(p.Status), "updated_at": stamp(p.Updated), "variants": variants,
	})
	if err != nil {
		return nil // there is nothing that JSON cannot have
	}
	return body
}
