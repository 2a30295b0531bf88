package pipeline

import (
	"context"

	"causeway/shared/connector"
)

// byExternalID delivers to an operation that writes under our own id: writing again
// changes nothing, so whatever happened to an earlier attempt, the message is simply
// written. Only another version of the entity has to wait while a request of this one
// may still take effect (blocked).
//
//	claim ── write ── done
//	           └── no answer, crash ── write again
func (d *Deliverer) byExternalID(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	return d.write(ctx, s, delivery)
}
