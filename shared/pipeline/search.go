package pipeline

import (
	"context"
	"time"

	"causeway/shared/connector"
	"causeway/shared/message"
)

// bySearch delivers to an operation that offers nothing but that its effect can be found
// afterwards: journal, settle, search.
//
//	claim ── search ── nothing ── create ──── done
//	           │                    └── no answer, crash ── settle ── search …
//	           └── found ── set its state ─── done
//
// To settle is to wait until no earlier request can take effect any more and no search
// can miss one that did: the timeout, the target's Linger and the operation's Lag
// (late). Only then the search decides. Nothing means that nothing was written. What is
// found may be an earlier attempt's or older than our memory, and nothing tells which nor
// what state it is in; so its state is set, which may be repeated. Until that is done an
// older version waits, as it does at an operation that writes under our id. What is known
// by its id is not searched for.
func (d *Deliverer) bySearch(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	if delivery.Ref == "" {
		ref, err := d.find(ctx, s, s.event.Key())
		if err != nil {
			return connector.Receipt{}, err
		}
		t := s.record.try(s.event.ID)
		t.Sole = ref == ""
		switch c := s.record.Confirmed; {
		case ref == "":
			t.Open = time.Time{}
		case c != nil: // a version was confirmed without an id
			c.Ref = ref
		default:
			s.record.Confirmed = &confirmed{Ref: ref}
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
