package translator

import (
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// order is the part of the REST resource "shop_order" that is used. Amounts are decimal text.
type order struct {
	id, number, status, currency  string
	customer                      string // "0" for a guest
	total, tax                    string
	channel, gateway, transaction string
	note                          canonical.Text
	created, modified, paid       rest.Stamp
	completed                     rest.Stamp
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
	created, modified          rest.Stamp
	billing, shipping          party
	link                       string // the customer's own address in the API
	foreign                    string // a member that no customer has
}

// party is an address with the e-mail address that WooCommerce stores in it.
type party struct {
	canonical.Address
	email canonical.Text
}

// decoder reads wire types.
type decoder struct {
	rest.Decoder
	plugins *plugins // which extras to keep; nil: none
}

func newDecoder(body []byte) *decoder { return &decoder{Decoder: rest.NewDecoder(body)} }

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
