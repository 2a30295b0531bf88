package connector

import "context"

// Exchange is the last request of an attempt at a system, and its answer. Headers are not
// part of it, because they carry credentials. Request and Answer are kept of a failure only.
type Exchange struct {
	Method    string `json:"method,omitempty"`
	Path      string `json:"path,omitempty"`
	Status    int    `json:"status,omitempty"`     // of the answer; 0 if none came
	RequestID string `json:"request_id,omitempty"` // by which the vendor's support finds the request
	Request   string `json:"request,omitempty"`    // body
	Answer    string `json:"answer,omitempty"`     // body

	// Missing is the map without the entry that the call needed.
	Missing MissingEntry `json:"-"`
}

// Misses reports whether the call failed because the map setting of this name has no entry.
func (x Exchange) Misses(setting string) bool {
	return x.Missing.Setting != "" && x.Missing.Setting == setting
}

// MissingEntry is a map setting that has no entry for what was asked.
type MissingEntry struct {
	Setting  string // "": none is missing
	Revision int64  // of the imported entries that the call was made with
}

type exchangeKey struct{}

// WithExchange returns a context whose calls of a system are noted in into: the last one that
// wrote or failed. Nil ends the noting. It is for one goroutine.
func WithExchange(ctx context.Context, into *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, into)
}

// ExchangeOf returns where the calls of the context are noted; nil if nowhere.
func ExchangeOf(ctx context.Context) *Exchange {
	into, _ := ctx.Value(exchangeKey{}).(*Exchange)
	return into
}
