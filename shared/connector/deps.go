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
}
