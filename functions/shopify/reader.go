package shopify

import (
	"strings"

	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// reader reads Shopify's formats and notes each value that it normalizes.
type reader struct{ *wire.Reader }

// newReader returns a reader with the default limits, which allow an order of 10,000 lines.
func newReader(body []byte) *reader {
	return &reader{wire.NewReader(body, strictjson.Limits{})}
}

// id reads an identifier or null. Ids exceed 2^53 and are text here.
func (r *reader) id() string {
	id, present := r.NullID()
	if present {
		r.onlyDigits(id)
	}
	return id
}

// digits reads an identifier. Every id of Shopify's is a number, and keys contain ids.
func (r *reader) digits() string {
	id := r.ID()
	r.onlyDigits(id)
	return id
}

func (r *reader) onlyDigits(id string) {
	if r.Err() == nil && strings.ContainsFunc(id, func(c rune) bool { return c < '0' || c > '9' }) {
		r.Fail(strictjson.Value, "must have digits only, as every id of Shopify has")
	}
}

// sku reads a stock keeping unit or null.
func (r *reader) sku() string {
	sku, _ := r.Code()
	return sku
}

// flag reads true, false or null, which is false.
func (r *reader) flag() bool {
	value, _ := r.NullBool()
	return value
}
