package goods

import (
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// The types of products that are not sold as they are, and that of a variation. Types of plugins are read as
// simple products, or as variable ones if they have variations.
const (
	variable  = "variable"
	grouped   = "grouped"
	external  = "external"
	variation = "variation"
)

// The states of a product.
const (
	publish = "publish"
	trash   = "trash"
)

// fields are the members that are read, as the parameter _fields names them (WordPress REST API handbook,
// "Global parameters").
const fields = "id,type,parent_id,status,sku,name,global_unique_id,regular_price,sale_price,on_sale,manage_stock,stock_quantity,attributes,variations,date_modified,date_modified_gmt"

// record is a product or a variation as the API has it.
type record struct {
	id, parent, kind, status string
	sku, name                string
	options                  []string // of a variation
	variations               bool     // a product has some
	barcode                  canonical.Text
	regular, sale            string // decimal text, "" for none
	onSale                   bool
	managed                  string // "true", "false", or "parent" of a variation whose stock its product manages
	quantity                 string // decimal text, "" for none
	stamp                    rest.Stamp
	at                       time.Time // of the stamp
}

// isVariable reports whether the variations of the product are sold instead of it.
func (r *record) isVariable() bool { return r.kind == variable || r.variations }

// living reports whether there is a record outside the trash.
func (r *record) living() bool { return r != nil && r.status != trash }

func readRecord(d rest.Decoder) record {
	var r record
	texts := map[string]*string{
		"type": &r.kind, "status": &r.status, "regular_price": &r.regular, "sale_price": &r.sale,
		"date_modified": &r.stamp.Local, "date_modified_gmt": &r.stamp.GMT,
	}
	for key := range d.Object() {
		if into, known := texts[key]; known {
			*into, _ = d.NullString()
			continue
		}
		switch key {
		case "id":
			r.id = d.ID()
		case "parent_id":
			r.parent, _ = d.NullID()
		case "sku":
			r.sku, _ = d.Code() // as in the lines of orders
		case "name":
			r.name = d.Word()
		case "global_unique_id":
			r.barcode = d.Text()
		case "variations":
			r.variations = readAny(d)
		case "attributes":
			r.options = readOptions(d)
		default:
			r.count(d, key)
		}
	}
	d.Need("id", r.id)
	return r
}

// count reads the members of prices and stock that are no texts.
func (r *record) count(d rest.Decoder, key string) {
	switch key {
	case "on_sale":
		r.onSale, _ = d.NullBool()
	case "manage_stock":
		r.managed = readManaged(d)
	case "stock_quantity":
		r.quantity, _ = d.NullDecimal()
	}
}

// readManaged reads true, false or "parent".
func readManaged(d rest.Decoder) string {
	if d.Kind() == strictjson.StringKind {
		return d.String()
	}
	managed, _ := d.NullBool()
	return strconv.FormatBool(managed)
}

// readAny reports whether a list has an element.
func readAny(d rest.Decoder) (found bool) {
	if d.Null() {
		return false
	}
	for range d.Array() {
		d.Skip()
		found = true
	}
	return found
}

// readOptions reads the options of a variation. An attribute of a product has a list of them instead, which is
// not read; one that may be any has none.
func readOptions(d rest.Decoder) (options []string) {
	if d.Null() {
		return nil
	}
	for range d.Array() {
		for key := range d.Object() {
			if key != "option" {
				continue
			}
			if option := strings.TrimSpace(d.Word()); option != "" {
				options = append(options, option)
			}
		}
	}
	return options
}

// hint is what a delivery or a poll says of a product: which one it is.
type hint struct {
	id, parent, kind string
	link             string // its own address in the API
}

func readHint(d rest.Decoder) (h hint) {
	for key := range d.Object() {
		switch key {
		case "id":
			h.id = d.ID()
		case "type":
			h.kind, _ = d.NullString()
		case "parent_id":
			h.parent, _ = d.NullID()
		case "_links":
			h.link = d.Self()
		}
	}
	d.Need("id", h.id)
	if h.parent == "0" {
		h.parent = ""
	}
	for _, id := range []string{h.id, h.parent} {
		if id != "" && rest.Number(id) <= 0 {
			d.Fail(strictjson.Value, "the id of a product is not a number above 0")
		}
	}
	return h
}
