package payload

import (
	"strings"
	"time"

	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// Reader reads Shopify's formats and notes each value that it normalizes. Its error is the first,
// and names the path of the value.
type Reader struct{ *wire.Reader }

// NewReader returns a reader with the default limits, which allow an order of 10,000 lines.
func NewReader(body []byte) *Reader {
	return &Reader{wire.NewReader(body, strictjson.Limits{})}
}

// id reads an identifier or null. Ids exceed 2^53 and are text here.
func (r *Reader) id() string {
	id, present := r.NullID()
	if present {
		r.onlyDigits(id)
	}
	return id
}

// digits reads an identifier. Every id of Shopify's is a number, and keys contain ids.
func (r *Reader) digits() string {
	id := r.ID()
	r.onlyDigits(id)
	return id
}

// number reads an id, or the number at the end of a global one.
func (r *Reader) number() string {
	id := ID(r.ID())
	r.onlyDigits(id)
	return id
}

func (r *Reader) onlyDigits(id string) {
	if r.Err() == nil && strings.ContainsFunc(id, func(c rune) bool { return c < '0' || c > '9' }) {
		r.Fail(strictjson.Value, "must have digits only, as every id of Shopify has")
	}
}

// sku reads a stock keeping unit or null.
func (r *Reader) sku() string {
	sku, _ := r.Code()
	return sku
}

// flag reads true, false or null, which is false.
func (r *Reader) flag() bool {
	value, _ := r.NullBool()
	return value
}

// list reads an array or null.
func list[A any](r *Reader, one func(*Reader) A) (all []A) {
	if r.Null() {
		return nil
	}
	for range r.Array() {
		all = append(all, one(r))
	}
	return all
}

// require fails with the member's name if it is missing.
func (r *Reader) require(there bool, member string) {
	if !there {
		r.Missing(member)
	}
}

// FirstTime returns the first time that the payload has, the zero time if it has none.
func FirstTime(times ...time.Time) time.Time {
	for _, at := range times {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}
