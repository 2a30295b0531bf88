package pipeline

import (
	"context"
	"slices"
	"strconv"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
)

// byKey delivers to an operation that remembers the key of a request: the same key goes
// with every attempt at the same write, over retries, crashes and redrives, so that the
// target answers a repetition as it did the first.
//
//	claim ── write under key ── done
//	           ├── no answer, crash ── write under the same key
//	           └── "the key is spent" ── write under the next one
//
// Where several versions of one event went under its key, the target may have taken any of
// them: the newest is confirmed, so that nothing older goes over it, but not its content,
// which the change that is told beside it sets.
//
// A target that forgets keys (Operation.KeyLife) must not see one again after that
// time: a write whose outcome is still unknown then is shown to an operator instead.
// An event that is older than the target's memory may have been delivered when we had
// another: it is looked for first. Older is what the target may have forgotten (remembers).
func (d *Deliverer) byKey(ctx context.Context, s *handling, delivery connector.Delivery) (connector.Receipt, error) {
	t, now, life := s.record.try(s.event.ID), s.Now(), s.remembers()
	if life > 0 && !t.Open.IsZero() && now.Sub(t.Open) > life {
		return connector.Receipt{}, outcomeUnknown("the target has forgotten the key of an attempt whose outcome is not known")
	}
	if life > 0 && delivery.Ref == "" && now.Sub(s.event.Time) > life {
		ref, err := d.find(ctx, s, s.event.Key())
		if err != nil {
			return connector.Receipt{}, err
		}
		delivery.Ref = ref
	}
	delivery.Key = keyOf(s.profile.Name, s.event.ID, t.Generation)
	receipt, err := d.write(ctx, s, delivery)
	if err == nil && t.Mixed {
		s.stands = t.Version
	}
	if f := fault.As(err); f != nil && f.Code != "" && slices.Contains(s.operation.SpentKey, f.Code) {
		return receipt, d.nextKey(s, f)
	}
	return receipt, err
}

// remembers returns for how long after a time of ours the target knows a key for certain,
// 0 for ever. It may have taken the key up to a timeout before an attempt was given up, and
// that time may be by a clock which is ahead of this one. A memory that is short beside all
// this is used for half of what it is.
func (s *handling) remembers() time.Duration {
	life := s.operation.KeyLife
	return max(life-s.profile.Timeout-s.Policy.Margin-s.Policy.Skew, life/2)
}

// nextKey has the message tried again under a new key: the target says that the old one
// belongs to an attempt that failed for good.
func (d *Deliverer) nextKey(s *handling, f *fault.Error) error {
	s.attempted(nil)
	s.record.try(s.event.ID).Generation++
	again := *f
	again.Kind, again.Class = fault.Unavailable, fault.Conflict
	return &again
}

// keyOf derives the idempotency key of a message at a target. The generation counts the
// keys that were spent before it.
func keyOf(target, event string, generation int) string {
	if generation == 0 {
		return message.DeriveID(target, event)
	}
	return message.DeriveID(target, event, strconv.Itoa(generation))
}
