package goods

import (
	"strconv"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// listing is a product of the shop with its variants.
type listing struct {
	id, title, currency string
	active, single      bool // single: it has the default variant alone, which has no title
	description         canonical.Text
	updatedAt           time.Time
	variants            []variant
}

// variant is one variant of a product.
type variant struct {
	id, sku, title   string
	barcode          canonical.Text
	price, compareAt canonical.Decimal
	weight           *canonical.Quantity
}

// units are the units of weight, by their names in Shopify.
var units = map[string]string{"KILOGRAMS": canonical.Kilogram, "GRAMS": canonical.Gram, "POUNDS": canonical.Pound, "OUNCES": canonical.Ounce}

// sold reports whether a product with the status is sold. An unlisted one is, to buyers with its address.
func sold(status string) (active, known bool) {
	switch status {
	case "ACTIVE", "UNLISTED":
		return true, true
	case "DRAFT", "ARCHIVED":
		return false, true
	}
	return false, false
}

// read reads a product as Fetch encodes it.
func read(r *wire.Reader) (l listing) {
	for key := range r.Object() {
		switch key {
		case "currency":
			l.currency = r.String()
		case "id":
			l.id = r.ID()
		case "title":
			l.title = r.Word()
		case "description":
			l.description = readText(r)
		case "status":
			l.active = readStatus(r)
		case "updatedAt":
			l.updatedAt = r.Time()
		case "hasOnlyDefaultVariant":
			l.single = r.Bool()
		case "variants":
			l.variants = wire.List(r, readVariant)
		}
	}
	for name, missing := range map[string]bool{"id": l.id == "", "currency": l.currency == "", "updatedAt": l.updatedAt.IsZero()} {
		if missing {
			r.Missing(name)
		}
	}
	return l
}

// readStatus reports whether the product is sold. A status decides that, so one that is unknown is an error.
func readStatus(r *wire.Reader) bool {
	active, known := sold(r.String())
	if !known {
		r.Fail(strictjson.Value, "must be ACTIVE, UNLISTED, DRAFT or ARCHIVED")
	}
	return active
}

func readVariant(r *wire.Reader) (v variant) {
	for key := range r.Object() {
		switch key {
		case "id":
			v.id = r.ID()
		case "sku":
			v.sku, _ = r.Code()
		case "title":
			v.title = r.Word()
		case "barcode":
			v.barcode = readText(r)
		case "price":
			v.price = r.Amount(r.NullString)
		case "compareAtPrice":
			v.compareAt = r.Amount(r.NullString)
		case "inventoryItem":
			readItem(r, &v)
		}
	}
	if v.id == "" {
		r.Missing("id")
	}
	return v
}

// readText reads text or null. Text that is empty is absent, so that it clears nothing at a target.
func readText(r *wire.Reader) (text canonical.Text) {
	if word := r.Word(); word != "" {
		text = canonical.NewText(word)
	}
	return text
}

// readItem reads inventoryItem and measurement.
func readItem(r *wire.Reader, v *variant) {
	for key := range r.Object() {
		switch key {
		case "measurement":
			readItem(r, v)
		case "weight":
			if !r.Null() {
				v.weight = readWeight(r)
			}
		}
	}
}

// readWeight returns nil if the weight is 0, or has a unit that is unknown, which is noted.
func readWeight(r *wire.Reader) *canonical.Quantity {
	unit, value := "", canonical.Decimal{}
	for key := range r.Object() {
		switch key {
		case "unit":
			unit = r.String()
		case "value":
			value = r.Amount(r.NullDecimal)
		}
	}
	switch {
	case value.IsZero():
		return nil
	case units[unit] == "":
		r.Note("weight is left out: " + strconv.Quote(unit) + " is no unit of weight of Shopify")
		return nil
	}
	return &canonical.Quantity{Value: value, Unit: units[unit]}
}
