package pipeline

import (
	"context"

	"causeway/shared/connector"
	"causeway/shared/message"
)

// bySearch delivers to an operation that offers nothing but that its effect can be found
// afterwards: journal, settle, search.
//
//	claim ── search ── nothing ── write ── done
//	           │                    └── no answer, crash ── settle ── search …
//	           ├── found, after an attempt without a known outcome ── done
//	           └── found, from before our memory ── set its state ── done
//
// To settle is to wait until no earlier request can take effect any more and no search
// can miss one that did: the timeout, the target's Linger and the operation's Lag
// (blocked). Only then the search decides, and a write follows only if it finds nothing.
// What the target has confirmed once is known by its id and not searched for again; its
// state is set, which may be repeated.
func (d *Deliverer) bySearch(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	if delivery.Ref == "" {
		ref, err := d.find(ctx, s, s.event.Key())
		if err != nil {
			return connector.Receipt{}, err
		}
		if t := s.record.try(s.event.ID); ref != "" && !t.Open.IsZero() {
			return connector.Receipt{Ref: ref, Detail: "found at the target: an earlier attempt had taken effect"}, nil
		}
		delivery.Ref = ref
	}
	return d.write(ctx, s, delivery)
}

// find looks an entity up at the target.
func (d *Deliverer) find(ctx context.Context, s *handling, key message.Key) (string, error) {
	ref, err := d.System.Target.Find(ctx, key)
	s.called(err)
	return ref, err
}
