package pipeline

import (
	"context"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/port"
)

// OutcomeUnknown is the code of a message that was parked because its write may have
// taken effect and nothing can tell.
const OutcomeUnknown = "outcome_unknown"

// byNone delivers to an operation that offers nothing, not even a search. A write is
// made only if it is certain that none was made before.
//
//	claim ── write ── done
//	           ├── refused, throttled, not sent ── write again
//	           └── no answer, 5xx, crash ── parked, for a person to look
//
// All that can tell is our own ledger, where the crash came after the answer.
// Redriving the parked message is that person's word that the target has nothing of it.
func (d *Deliverer) byNone(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	const why = "an earlier attempt may have taken effect; look at the target, and redrive this only if it has nothing of it"
	if t := s.record.try(s.event.ID); !t.Open.IsZero() {
		told, err := s.Ledger.Find(ctx, Query{Event: s.event.ID, Route: s.route, Stage: Confirmed})
		if err != nil {
			return connector.Receipt{}, port.Unavailable("reading the ledger", err)
		}
		if len(told) > 0 {
			if other := told[0].Version; other != s.event.Sequence {
				s.stands = other // of the same event
			}
			return connector.Receipt{Ref: told[0].TargetRef, Detail: "the ledger has it confirmed"}, nil
		}
		return connector.Receipt{}, outcomeUnknown(why)
	}
	receipt, err := d.write(ctx, s, delivery)
	if f := fault.As(err); f != nil && !definite(f) {
		unknown := outcomeUnknown(why)
		unknown.Status, unknown.Err = f.Status, f
		return receipt, unknown
	}
	return receipt, err
}

func outcomeUnknown(why string) *fault.Error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Ambiguous, Code: OutcomeUnknown, Detail: why}
}
