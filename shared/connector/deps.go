package connector

import (
	"context"
	"io"
	"net/http"
	"time"

	"causeway.example/shared/message"
)

// Deps is what a system is handed. Nothing in a system reads the clock, the
// network, randomness or the environment in any other way.
type Deps struct {
	HTTP     http.RoundTripper
	Now      func() time.Time
	Random   io.Reader // cryptographically secure where it matters, such as nonces
	CrossRef CrossRef
	Rules    Language // of settings that are rules; nil in a program that was built without it
}

// CrossRef is the memory that systems share with the pipeline.
type CrossRef interface {
	// Bind remembers value under the entity and the attribute if nothing is
	// remembered yet, and returns what is remembered. The first writer wins, on
	// every machine: a choice that was made for an order, such as its currency,
	// stays even if the configuration changes.
	Bind(ctx context.Context, key message.Key, attribute, value string) (string, error)

	// Gather remembers the value of a part of the entity's attribute, unless the part has that version
	// or a newer one, and returns the values of all parts by their names. Of two calls at the same time,
	// on whichever machines, one returns the values of both. Parts are kept for ever.
	Gather(ctx context.Context, key message.Key, attribute string, portion Portion) (map[string]string, error)
}

// Portion is one of several values that make a whole, such as the stock at one location.
type Portion struct {
	Name    string
	Version message.Sequence
	Value   string
}
