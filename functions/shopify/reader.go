package shopify

import (
	"causeway/shared/formats/strictjson"
	"causeway/shared/wire"
)

// reader reads Shopify's ways of writing things and notes what it normalises.
type reader struct{ *wire.Reader }

// newReader reads within the default limits, which hold an order of 10,000 lines.
func newReader(body []byte) *reader {
	return &reader{wire.NewReader(body, strictjson.Limits{})}
}

// id reads an identifier or null. Ids pass 2^53 and are never numbers here.
func (r *reader) id() string {
	id, _ := r.NullID()
	return id
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
