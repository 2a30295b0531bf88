package shopifytest

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"causeway.example/shared/canonical"
)

// Product is a product of the shop.
type Product struct {
	ID          int64
	Title       string
	Description string // HTML
	Status      string // DRAFT, ACTIVE, UNLISTED or ARCHIVED
	Updated     time.Time
	CustomID    string // of the app's metafield, "" if it has none
	Tags        []string
	Images      []string
	SEO         string
	Variants    []Variant
}

// Variant is one variant of a product; numbers are decimal text.
type Variant struct {
	ID                      int64
	Title                   string // "" of the default variant
	SKU, Barcode            string
	Price, CompareAt        string
	Weight, Unit            string // such as 0.5 KILOGRAMS
	Digital                 bool   // requires no shipping
	unindexed, mayBeTracked bool
}

// catalog is what the shop sells.
type catalog struct {
	products []*Product
	next     int64
	currency string // "" is USD
	defined  bool   // the metafield of custom ids
	late     bool   // new variants are not in the search index yet
}

// AddProduct makes a product as a merchant does. Ids that are 0 are given.
func (f *Fake) AddProduct(p Product) Product {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.date(&p)
	f.catalog.add(&p)
	return p
}

func (c *catalog) add(p *Product) {
	p.ID, p.Status = c.id(p.ID), cmp.Or(p.Status, "ACTIVE")
	c.number(p)
	c.products = append(c.products, p)
}

// number gives new variants their ids.
func (c *catalog) number(p *Product) {
	for i := range p.Variants {
		v := &p.Variants[i]
		v.ID, v.Price = c.id(v.ID), cmp.Or(v.Price, "0.00")
	}
}

func (c *catalog) id(given int64) int64 {
	if given == 0 {
		c.next++
		given = 632_910_000 + c.next
	}
	return given
}

// Products returns the products in the order in which they were made.
func (f *Fake) Products() []Product {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Product, len(f.catalog.products))
	for i, p := range f.catalog.products {
		all[i] = *p
		all[i].Variants = slices.Clone(p.Variants)
	}
	return all
}

// EditProduct changes a product as a merchant does, by the SKU of one of its variants.
func (f *Fake) EditProduct(sku string, edit func(*Product)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.catalog.products {
		if slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.SKU == sku }) {
			edit(p)
			f.catalog.number(p)
			f.date(p)
			return
		}
	}
}

// SetCurrency changes the shop's currency.
func (f *Fake) SetCurrency(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catalog.currency = code
}

// DelayIndex keeps variants that are made from now on out of the search, which is eventually
// consistent, until it is called with false.
func (f *Fake) DelayIndex(late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.catalog.late = late
	for _, p := range f.catalog.products {
		for i := range p.Variants {
			p.Variants[i].unindexed = p.Variants[i].unindexed && late
		}
	}
}

// ProductMutations returns the names of the mutations of products so far.
func (f *Fake) ProductMutations() (names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, query := range f.asked {
		if m := productMutation.FindStringSubmatch(query); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

var productMutation = regexp.MustCompile(`^mutation \w+\([^)]*\) \{\s+(product\w+)\(`)

func (c *catalog) money() string { return cmp.Or(c.currency, "USD") }

// refuseProduct returns what Shopify answers to a custom id without a definition.
func (f *Fake) refuseProduct(operation *ast.OperationDefinition, variables map[string]any) (Answer, bool) {
	for _, field := range fields(operation.SelectionSet) {
		identifier, _ := argument(field, "identifier", variables).(map[string]any)
		if _, custom := identifier["customId"]; custom && !f.catalog.defined {
			return failed("NOT_FOUND", "Metafield definition of type 'id' is required when using custom ids."), true
		}
	}
	return Answer{}, false
}

// catalogRoot returns what a field of products selects, and whether it is one. A mutation is
// executed.
func (f *Fake) catalogRoot(field *ast.Field, variables map[string]any) (value any, known bool) {
	input, _ := argument(field, "input", variables).(map[string]any)
	identifier, _ := argument(field, "identifier", variables).(map[string]any)
	custom, _ := identifier["customId"].(map[string]any)
	switch field.Name {
	case "metafieldDefinition":
		if f.catalog.defined {
			return object{"id": "gid://shopify/MetafieldDefinition/1", "key": identifier["key"]}, true
		}
		return nil, true
	case "metafieldDefinitionCreate":
		return f.catalog.define(), true
	case "product":
		if p := f.catalog.product(toText(argument(field, "id", variables))); p != nil {
			return f.showProduct(p), true
		}
		return nil, true
	case "products":
		return f.changedProducts(toText(argument(field, "query", variables))), true
	case "productVariant":
		p, i := f.catalog.variant(toText(argument(field, "id", variables)))
		if p == nil {
			return nil, true
		}
		return f.showVariant(p, i), true
	case "productVariants":
		return f.variantsWith(toText(argument(field, "query", variables))), true
	case "productByIdentifier":
		if p := f.catalog.named(toText(custom["value"])); p != nil {
			return f.showProduct(p), true
		}
		return nil, true
	case "productSet":
		return f.setProduct(toText(custom["value"]), input), true
	case "productUpdate":
		product, _ := argument(field, "product", variables).(map[string]any)
		return f.updateProduct(product), true
	case "productVariantsBulkUpdate":
		return f.updateVariants(toText(argument(field, "productId", variables)), elements(argument(field, "variants", variables))), true
	}
	return nil, false
}

func (c *catalog) define() object {
	if c.defined {
		return object{"userErrors": []any{userError("TAKEN", "Key is in use for Product metafields.", "definition", "key")}}
	}
	c.defined = true
	return object{"createdDefinition": object{"id": "gid://shopify/MetafieldDefinition/1"}, "userErrors": []any{}}
}

func (c *catalog) named(customID string) *Product {
	for _, p := range c.products {
		if customID != "" && p.CustomID == customID {
			return p
		}
	}
	return nil
}

func (c *catalog) product(gid string) *Product {
	for _, p := range c.products {
		if gid == "gid://shopify/Product/"+strconv.FormatInt(p.ID, 10) {
			return p
		}
	}
	return nil
}

func (c *catalog) variant(gid string) (*Product, int) {
	for _, p := range c.products {
		for i := range p.Variants {
			if gid == "gid://shopify/ProductVariant/"+strconv.FormatInt(p.Variants[i].ID, 10) {
				return p, i
			}
		}
	}
	return nil, 0
}

// variantsWith compares without case, as Shopify's search does.
func (f *Fake) variantsWith(search string) []any {
	wanted := skusOf(search)
	found := []any{}
	for _, p := range f.catalog.products {
		for i, v := range p.Variants {
			if !v.unindexed && slices.Contains(wanted, strings.ToLower(v.SKU)) {
				found = append(found, f.showVariant(p, i))
			}
		}
	}
	return found
}

func (f *Fake) showProduct(p *Product) object {
	shown := object{
		"id": "gid://shopify/Product/" + strconv.FormatInt(p.ID, 10), "title": p.Title, "descriptionHtml": p.Description, "status": p.Status,
		"legacyResourceId": strconv.FormatInt(p.ID, 10), "description": plain(p.Description), "hasOnlyDefaultVariant": p.single(), "updatedAt": utc(stamp(p.Updated)),
		"variantsCount": object{"count": len(p.Variants), "precision": "EXACT"},
	}
	variants := make([]any, len(p.Variants))
	for i := range p.Variants {
		variants[i] = p.Variants[i].show(shown)
	}
	shown["variants"] = variants
	return shown
}

func (f *Fake) showVariant(p *Product, i int) object {
	return elements(f.showProduct(p)["variants"])[i].(object)
}

func (v *Variant) show(product object) object {
	id := strconv.FormatInt(v.ID, 10)
	optional := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	measurement := object{"id": "gid://shopify/InventoryItemMeasurement/" + id, "weight": nil}
	if weight, err := strconv.ParseFloat(v.Weight, 64); err == nil {
		measurement["weight"] = object{"value": weight, "unit": v.Unit}
	}
	return object{
		"id": "gid://shopify/ProductVariant/" + id, "legacyResourceId": id, "sku": optional(v.SKU), "barcode": optional(v.Barcode),
		"price": v.Price, "compareAtPrice": optional(v.CompareAt), "product": product, "title": cmp.Or(v.Title, defaultTitle),
		"inventoryItem": object{"id": "gid://shopify/InventoryItem/" + id, "sku": optional(v.SKU), "tracked": v.mayBeTracked, "measurement": measurement},
	}
}

// longest is how many characters title, SKU and barcode have at most.
const longest = 255

// setProduct creates the product with the custom id or sets it whole: variants that are not in the
// input are deleted.
func (f *Fake) setProduct(customID string, input map[string]any) object {
	title := toText(input["title"])
	if strings.TrimSpace(title) == "" || len(title) > longest {
		return object{"userErrors": []any{userError("INVALID_PRODUCT", "Title is invalid", "input", "title")}}
	}
	if len(elements(input["productOptions"])) == 0 {
		return object{"userErrors": []any{userError("PRODUCT_OPTIONS_INPUT_MISSING", "Product options input is required when updating variants", "input", "variants")}}
	}
	p := &Product{CustomID: customID}
	if known := f.catalog.named(customID); known != nil {
		p = known
	}
	var variants []Variant
	for i, one := range elements(input["variants"]) {
		v := Variant{Price: "0.00", unindexed: f.catalog.late}
		if code, field := v.set(one.(map[string]any), f.catalog.money()); code != "" {
			return object{"userErrors": []any{userError("INVALID_VARIANT", code, "input", "variants", strconv.Itoa(i), field)}}
		}
		v.SKU = toText(one.(map[string]any)["sku"])
		variants = append(variants, v)
	}
	p.Title, p.Variants = title, variants
	if text, given := input["descriptionHtml"]; given {
		p.Description = toText(text)
	}
	p.Status = cmp.Or(toText(input["status"]), p.Status, "ACTIVE")
	f.date(p)
	if p.ID == 0 {
		f.catalog.add(p)
	} else {
		for i := range p.Variants {
			p.Variants[i].ID = f.catalog.id(0)
		}
	}
	f.stockItems(p)
	return object{"product": f.showProduct(p), "userErrors": []any{}}
}

// stockItems makes the inventory items of the variants.
func (f *Fake) stockItems(p *Product) {
	for _, v := range p.Variants {
		if !slices.ContainsFunc(f.stock.items, func(s *stockItem) bool { return s.sku == v.SKU }) {
			f.stock.items = append(f.stock.items, &stockItem{id: 43_729_076 + int64(len(f.stock.items)), sku: v.SKU, levels: map[string]int64{}})
		}
	}
}

func (f *Fake) updateProduct(input map[string]any) object {
	p := f.catalog.product(toText(input["id"]))
	plain := func(field, text string) object {
		return object{"userErrors": []any{object{"message": text, "field": []any{field}}}}
	}
	if p == nil {
		return plain("id", "Product does not exist")
	}
	if title, given := input["title"]; given {
		if text := toText(title); strings.TrimSpace(text) == "" || len(text) > longest {
			return plain("title", "Title is too long (maximum is 255 characters)")
		}
		p.Title = toText(title)
	}
	if text, given := input["descriptionHtml"]; given {
		p.Description = toText(text)
	}
	p.Status = cmp.Or(toText(input["status"]), p.Status)
	f.date(p)
	return object{"product": f.showProduct(p), "userErrors": []any{}}
}

// updateVariants sets all variants or, if one is rejected, none.
func (f *Fake) updateVariants(product string, inputs []any) object {
	p := f.catalog.product(product)
	if p == nil {
		return object{"userErrors": []any{userError("PRODUCT_DOES_NOT_EXIST", "Product does not exist", "productId")}}
	}
	changed := slices.Clone(p.Variants)
	for n, one := range inputs {
		input := one.(map[string]any)
		owner, i := f.catalog.variant(toText(input["id"]))
		at := strconv.Itoa(n)
		if owner != p {
			return object{"userErrors": []any{userError("PRODUCT_VARIANT_DOES_NOT_EXIST", "Product variant does not exist", "variants", at, "id")}}
		}
		if code, field := changed[i].set(input, f.catalog.money()); code != "" {
			return object{"userErrors": []any{userError(code, "rejected", "variants", at, field)}}
		}
	}
	p.Variants = changed
	f.date(p)
	return object{"product": f.showProduct(p), "productVariants": f.showProduct(p)["variants"], "userErrors": []any{}}
}

// Tracked reports whether the shop tracks the variant's stock.
func (v *Variant) Tracked() bool { return v.mayBeTracked }

// set changes the given fields, and returns the code and the field of what is rejected.
func (v *Variant) set(input map[string]any, currency string) (code, field string) {
	if barcode, given := input["barcode"]; given {
		if len(toText(barcode)) > longest {
			return "TOO_LONG", "barcode"
		}
		v.Barcode = toText(barcode)
	}
	for name, to := range map[string]*string{"price": &v.Price, "compareAtPrice": &v.CompareAt} {
		given, there := input[name]
		if !there {
			continue
		}
		text, code := priceText(given, currency)
		if code != "" {
			return code, name
		}
		*to = text
	}
	item, _ := input["inventoryItem"].(map[string]any)
	if tracked, given := item["tracked"].(bool); given {
		v.mayBeTracked = tracked
	}
	if ships, given := item["requiresShipping"].(bool); given {
		v.Digital = !ships
	}
	measurement, _ := item["measurement"].(map[string]any)
	if weight, given := measurement["weight"].(map[string]any); given {
		v.Weight, v.Unit = toText(weight["value"]), toText(weight["unit"])
	}
	return "", ""
}

// priceText returns an amount in the decimals of the currency, as Shopify keeps it.
func priceText(given any, currency string) (text, code string) {
	if given == nil {
		return "", ""
	}
	amount, err := canonical.ParseDecimal(toText(given))
	if err != nil {
		return "", "INVALID_INPUT"
	}
	if amount.Sign() < 0 {
		return "", "NEGATIVE_PRICE_VALUE"
	}
	rounded, _, err := (&canonical.Price{Currency: currency}).Rounded(amount)
	if err != nil {
		return "", "INVALID_INPUT"
	}
	return rounded.Decimal().String(), ""
}
