package pipeline

import (
	"context"

	"causeway/shared/connector"
	"causeway/shared/fault"
)

// byCompareAndSet delivers to an operation that replaces a value only if the target
// still holds the one that is named. A request that comes late is refused by the target
// itself, so nothing has to wait for it.
//
//	claim ── set if it holds what was confirmed last ── done
//	           ├── it holds something else ── read, set if it holds what was read (a few times)
//	           ├── it holds a newer version of ours ── superseded
//	           └── no answer, crash ── read; equal is done, else set
//
// What was confirmed last is named only while nothing casts doubt on it: after a
// conflict or a lost answer Expected is empty, and the connector reads first.
func (d *Deliverer) byCompareAndSet(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	t := s.record.try(s.event.ID)
	if c := s.record.Confirmed; c != nil {
		delivery.Confirmed = c.Sequence
		if t.Open.IsZero() {
			delivery.Expected = c.Version
		}
	}
	receipt, err := d.write(ctx, s, delivery)
	if f := fault.As(err); f != nil && f.Class == fault.Conflict {
		return receipt, d.conflicting(s, t, f)
	}
	return receipt, err
}

// conflicting has the value read again, at most so often in a row.
func (d *Deliverer) conflicting(s *handling, t *try, f *fault.Error) error {
	if c := s.record.Confirmed; c != nil {
		c.Version = ""
	}
	again := *f
	again.Kind = fault.Unavailable
	if t.Conflicts++; t.Conflicts >= d.Config.Policy.ConflictTries {
		again.Kind = fault.Rejected
		t.Conflicts = 0
	}
	return &again
}
