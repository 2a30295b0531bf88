package woocommerce

import (
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
	processed                     bool // needs_processing is false: nothing ships
	billing, shipping             party
	hasLines                      bool
	lines                         []line
	deliveries                    []delivery
	fees                          []fee
	coupons                       []string
	refunds                       int
}

type line struct {
	id, product, variation, sku, name string
	quantity, subtotal, total, tax    string
	unknown                           bool // the product was deleted
}

type delivery struct{ id, method, title, total, tax string }

type fee struct{ name, total, tax string }

// customer is the part of the REST resource "customer" that is used.
type customer struct {
	id                         string
	email, firstName, lastName canonical.Text
	created, modified          stamp
	billing, shipping          party
}

// party is an address with the e-mail address that WooCommerce stores in it.
type party struct {
	canonical.Address
	email canonical.Text
}

// stamp is a time without offset, in the site's zone and in UTC; "" if null or absent.
type stamp struct{ local, gmt string }

// decoder reads wire types, and notes each value that it normalizes.
type decoder struct{ *wire.Reader }

// maxNumber allows the floats that a PHP with serialize_precision 100 writes. An amount of that
// length is rejected when it is converted.
const maxNumber = 128

func newDecoder(body []byte) *decoder {
	return &decoder{wire.NewReader(body, strictjson.Limits{Number: maxNumber})}
}

// moment reads a date into the local or the UTC half of a stamp.
func (d *decoder) moment(into *string) { *into, _ = d.NullString() }

// need fails if the member of the object just read is missing.
func (d *decoder) need(member, text string) {
	if text == "" {
		d.Missing(member)
	}
}
