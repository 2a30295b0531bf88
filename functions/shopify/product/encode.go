package product

import (
	"html"
	"strings"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// units are Shopify's units of weight.
var units = map[string]string{canonical.Kilogram: "KILOGRAMS", canonical.Gram: "GRAMS", canonical.Pound: "POUNDS", canonical.Ounce: "OUNCES"}

// hypertext returns plain text as HTML.
func hypertext(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
}

// productFields returns the input of productUpdate with the fields that differ, and their names.
func (j *job) productFields(v *variant, p *canonical.Product) (input []byte, names []string) {
	w := object("Product", v.product)
	if j.owns(fieldTitle) && p.Title != "" && p.Title != v.title {
		w.StrField("title", p.Title)
		names = append(names, fieldTitle)
	}
	if text := hypertext(p.Description.String()); j.owns(fieldDescription) && !p.Description.IsZero() && text != v.description {
		w.StrField("descriptionHtml", text)
		names = append(names, fieldDescription)
	}
	w.EndObj()
	return w.Bytes(), names
}

// variantFields returns the variant for productVariantsBulkUpdate with the fields that differ, and
// their names.
func (j *job) variantFields(v *variant, p *canonical.Product) (input []byte, names []string) {
	w := object("ProductVariant", v.id)
	if j.owns(fieldBarcode) && !p.Barcode.IsZero() && p.Barcode.String() != v.barcode {
		w.StrField("barcode", p.Barcode.String())
		names = append(names, fieldBarcode)
	}
	if p.Weight != nil && j.owns(fieldWeight) && units[p.Weight.Unit] != "" && (units[p.Weight.Unit] != v.unit || p.Weight.Value.Cmp(v.weight) != 0) {
		w.Key("inventoryItem").Obj()
		weigh(w, p.Weight)
		w.EndObj()
		names = append(names, fieldWeight)
	}
	w.EndObj()
	return w.Bytes(), names
}

// object begins the input of a record that there is.
func object(kind, id string) *strictjson.Writer {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("id", payload.GID(kind, id))
	return w
}

func weigh(w *strictjson.Writer, weight *canonical.Quantity) {
	w.Key("measurement").Obj()
	w.Key("weight").Obj()
	w.StrField("unit", units[weight.Unit])
	w.NumField("value", weight.Value.String())
	w.EndObj()
	w.EndObj()
}

func statusInput(product, status string) []byte {
	w := object("Product", product)
	w.StrField("status", status)
	w.EndObj()
	return w.Bytes()
}

// newProduct returns the input of productSet for a product that is not there. A product without
// options has one with one value, of these names.
func newProduct(p *canonical.Product, want *prices, status string) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	title := p.Title
	if title == "" {
		title = p.SKU
	}
	w.StrField("title", title)
	if !p.Description.IsZero() {
		w.StrField("descriptionHtml", hypertext(p.Description.String()))
	}
	w.StrField("status", status)
	w.Key("productOptions").Arr()
	w.Obj()
	w.StrField("name", "Title")
	w.Key("values").Arr()
	w.Obj()
	w.StrField("name", "Default Title")
	w.EndObj()
	w.EndArr()
	w.EndObj()
	w.EndArr()
	w.Key("variants").Arr()
	newVariant(w, p, want)
	w.EndArr()
	w.EndObj()
	return w.Bytes()
}

func newVariant(w *strictjson.Writer, p *canonical.Product, want *prices) {
	w.Obj()
	w.Key("optionValues").Arr()
	w.Obj()
	w.StrField("optionName", "Title")
	w.StrField("name", "Default Title")
	w.EndObj()
	w.EndArr()
	w.StrField("sku", p.SKU)
	w.OptStr("barcode", p.Barcode.String())
	if want != nil {
		want.write(w)
	}
	w.Key("inventoryItem").Obj()
	w.BoolField("tracked", !p.Digital)
	if p.Digital {
		w.BoolField("requiresShipping", false)
	}
	if p.Weight != nil && units[p.Weight.Unit] != "" {
		weigh(w, p.Weight)
	}
	w.EndObj()
	w.EndObj()
}

// prices are price and compare-at price in the decimals of the shop's currency.
type prices struct {
	amount, before canonical.Money // before is 0 for none
	alone          bool            // the source is not master of the compare-at price
	notes          []connector.Note
}

// prices rounds the price, which is nil for none.
func (j *job) prices(p *canonical.Price) (*prices, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	amount, cut, err := p.Rounded(p.Amount)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "prices.amount", Err: err}
	}
	before, cutBefore, err := p.Rounded(p.CompareAt)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "prices.compare_at", Err: err}
	}
	want := &prices{amount: amount, before: before, alone: !j.owns(fieldCompareAt)}
	if cut {
		want.notes = append(want.notes, connector.Note{Field: "prices.amount", What: p.Amount.String() + " is rounded to " + amount.String()})
	}
	if cutBefore {
		want.notes = append(want.notes, connector.Note{Field: "prices.compare_at", What: p.CompareAt.String() + " is rounded to " + before.String()})
	}
	return want, nil
}

func (p *prices) equals(v *variant) bool {
	return p.amount.Decimal().Cmp(v.price) == 0 && (p.alone || p.before.Decimal().Cmp(v.compareAt) == 0)
}

func (p *prices) text() string {
	if p.alone || p.before.Minor == 0 {
		return p.amount.String()
	}
	return p.amount.String() + ", before " + p.before.String()
}

func (p *prices) write(w *strictjson.Writer) {
	w.StrField("price", p.amount.Decimal().String())
	switch {
	case p.alone:
	case p.before.Minor == 0:
		w.Key("compareAtPrice").Null()
	default:
		w.StrField("compareAtPrice", p.before.Decimal().String())
	}
}

// input is the variant for productVariantsBulkUpdate.
func (p *prices) input(variant string) []byte {
	w := object("ProductVariant", variant)
	p.write(w)
	w.EndObj()
	return w.Bytes()
}

func joined(names []string) string { return strings.Join(names, ", ") }
