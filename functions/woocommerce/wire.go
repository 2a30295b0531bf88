package woocommerce

import (
	"html"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// order is the part of the REST resource "shop_order" that is used. Amounts are decimal text.
type order struct {
	id, number, status, currency  string
	customer                      string // "0" for a guest
	total, tax                    string
	channel, gateway, transaction string
	note                          canonical.Text
	created, modified, paid       stamp
	completed                     stamp
	processed                     bool // needs_processing is false: nothing ships
	billing, shipping             party
	hasLines                      bool
	lines                         []line
	deliveries                    []delivery
	fees                          []fee
	coupons                       []string
	refunds                       []refundSummary
	extras                        []extra
	link                          string // the order's own address in the API
}

type line struct {
	id, product, variation, sku, name string
	quantity, subtotal, total, tax    string
	unknown                           bool   // the product was deleted
	restocked                         string // pieces that refunds put back into stock
}

type delivery struct{ id, method, title, total, tax string }

type fee struct{ id, name, total, tax, key string }

// refundSummary is the entry that an order has of a refund. Amounts are below zero.
type refundSummary struct {
	id, total string
	reason    canonical.Text
}

// extra is a member or an entry of meta data that a plugin adds.
type extra struct {
	key   string
	value []byte
}

// customer is the part of the REST resource "customer" that is used.
type customer struct {
	id                         string
	email, firstName, lastName canonical.Text
	created, modified          stamp
	billing, shipping          party
	link                       string // the customer's own address in the API
	foreign                    string // a member that no customer has
}

// party is an address with the e-mail address that WooCommerce stores in it.
type party struct {
	canonical.Address
	email canonical.Text
}

// stamp is a time without offset, in the site's zone and in UTC; "" if null or absent.
type stamp struct{ local, gmt string }

// decoder reads wire types, and notes each value that it normalizes.
type decoder struct {
	*wire.Reader
	plugins *plugins // which extras to keep; nil: none
}

// maxNumber allows the floats that a PHP with serialize_precision 100 writes. An amount of that
// length is rejected when it is converted.
const maxNumber = 128

func newDecoder(body []byte) *decoder {
	return &decoder{Reader: wire.NewReader(body, strictjson.Limits{Number: maxNumber})}
}

// Text reads text or null, with HTML entities decoded: the block checkout (Store API) stores "&"
// as "&amp;" in names and addresses.
func (d *decoder) Text() canonical.Text {
	text := d.Reader.Text()
	if plain, changed := decodeEntities(text.String()); changed {
		d.Note(entitiesDecoded)
		return canonical.NewText(plain)
	}
	return text
}

// Word reads text that only describes, with HTML entities decoded: null is read as "".
func (d *decoder) Word() string {
	word := d.Reader.Word()
	plain, changed := decodeEntities(word)
	if changed {
		d.Note(entitiesDecoded)
	}
	return plain
}

const entitiesDecoded = "HTML entities decoded"

// entityMost is the longest HTML entity, "&CounterClockwiseContourIntegral;".
const entityMost = 33

// decodeEntities decodes the entities of a text once. Only one that ends with a semicolon is an
// entity: "AT&T" and "a&copy=1" stay.
func decodeEntities(text string) (plain string, changed bool) {
	if strings.IndexByte(text, '&') < 0 || strings.IndexByte(text, ';') < 0 {
		return text, false
	}
	var b strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "&")
		b.WriteString(before)
		if !found {
			break
		}
		rest = after
		end := strings.IndexByte(after, ';')
		if end > 0 && end < entityMost {
			entity := "&" + after[:end+1]
			if char := html.UnescapeString(entity); char != entity && !strings.HasSuffix(char, ";") {
				b.WriteString(char)
				rest, changed = after[end+1:], true
				continue
			}
		}
		b.WriteByte('&')
	}
	plain, _ = canonical.Clean(b.String())
	return plain, changed
}

// id reads an id of WooCommerce's own, which is a number.
func (d *decoder) id() string {
	id := d.ID()
	d.checkID(id)
	return id
}

// nullID reads an id or null, which gives "".
func (d *decoder) nullID() string {
	id, _ := d.NullID()
	d.checkID(id)
	return id
}

func (d *decoder) checkID(id string) {
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			d.Fail(strictjson.Value, "an id of WooCommerce has digits only")
			return
		}
	}
}

// moment reads a date into the local or the UTC half of a stamp.
func (d *decoder) moment(into *string) { *into, _ = d.NullString() }

// links reads the address of the resource itself, from the links that WordPress adds to it.
func (d *decoder) links() (self string) {
	for key := range d.Object() {
		if key != "self" {
			continue
		}
		for range d.Array() {
			for member := range d.Object() {
				if member == "href" {
					self = d.Reader.Word()
				}
			}
		}
	}
	return self
}

// metaData reads entries of meta data, and keeps those whose keys are wanted.
func (d *decoder) metaData(wanted func(key string) bool, kept []extra) []extra {
	for range d.Array() {
		if d.Kind() != strictjson.ObjectKind {
			continue
		}
		var entry extra
		for member := range d.Object() {
			switch {
			case member == "key" && d.Kind() == strictjson.StringKind:
				entry.key = d.String()
			case member == "value":
				entry.value = d.Raw()
			}
		}
		if entry.value != nil && wanted(entry.key) {
			kept = append(kept, entry)
		}
	}
	return kept
}

// metaValue reads meta data and returns the text of its last entry with the key, "" if it has none.
func (d *decoder) metaValue(key string) (text string) {
	for _, found := range d.metaData(func(k string) bool { return k == key }, nil) {
		text = metaText(found.value)
	}
	return text
}

// metaText returns the text of an entry of meta data, "" if it has no text or number.
func metaText(value []byte) string {
	d := newDecoder(value)
	var text string
	switch d.Kind() {
	case strictjson.StringKind:
		text = d.Word()
	case strictjson.NumberKind:
		text = d.Decimal()
	}
	if d.End() != nil {
		return ""
	}
	return strings.TrimSpace(text)
}

// need fails if the member of the object just read is missing.
func (d *decoder) need(member, text string) {
	if text == "" {
		d.Missing(member)
	}
}
