package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

// lookHold is how long Browse hides a message. A walk over all that SQS lets be in flight
// takes less.
const lookHold = 10 * time.Minute

// giveBackWithin is how long giving back may take when the operator has interrupted.
const giveBackWithin = time.Minute

// Browse implements engine.Letters: a walk over the queue, after which everything is given
// back. The order is SQS's.
func (d *desk) Browse(ctx context.Context, queue string, visit func(port.Incoming) bool) error {
	held, err := d.walk(ctx, queue, lookHold, maxBatch, func(in port.Incoming) bool {
		in.Handle = ""
		return visit(in)
	})
	return errors.Join(err, d.giveBack(ctx, queue, held))
}

// giveBack makes letters visible, also if ctx has ended. One that is not ours any more is
// visible or gone.
func (d *desk) giveBack(ctx context.Context, queue string, letters map[string]port.Incoming) error {
	if len(letters) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackWithin)
	defer cancel()
	_, err := d.hideFor(ctx, queue, slices.Collect(maps.Values(letters)), 0)
	return err
}

// Open implements engine.Letters.
func (d *desk) Open(_ context.Context, queue string, hold time.Duration) (engine.Hand, error) {
	if hold < time.Second || hold > maxHide {
		return nil, fault.New(fault.Rejected, fault.Value, "opening queue "+queue, "letters are held for one second to twelve hours, not "+hold.String())
	}
	return &hand{desk: d, queue: queue, hold: hold, taken: map[string]port.Incoming{}, spare: map[string]port.Incoming{}}, nil
}

// hand implements engine.Hand.
type hand struct {
	desk  *desk
	queue string
	hold  time.Duration
	taken map[string]port.Incoming // by message id
	spare map[string]port.Incoming // received on the way, hidden, for later calls of Take
}

// Take implements engine.Hand: first from what it has, then by a walk that ends when nothing
// is missing.
func (h *hand) Take(ctx context.Context, ids []string) ([]port.Incoming, error) {
	found, err := h.keep(ctx, ids)
	if err != nil {
		return nil, err
	}
	missing := map[string]bool{}
	for _, id := range ids {
		if _, have := found[id]; !have {
			missing[id] = true
		}
	}
	if len(missing) > 0 {
		if err := h.search(ctx, missing, found); err != nil {
			return nil, err
		}
	}
	var letters []port.Incoming
	for _, id := range ids {
		if in, ok := found[id]; ok {
			delete(found, id) // an id may be given twice
			letters = append(letters, in)
		}
	}
	return letters, nil
}

// keep returns the wanted letters that the hand has, hidden for another hold.
func (h *hand) keep(ctx context.Context, ids []string) (map[string]port.Incoming, error) {
	found := map[string]port.Incoming{}
	for _, id := range ids {
		for _, have := range []map[string]port.Incoming{h.spare, h.taken} {
			if in, ok := have[id]; ok {
				found[id] = in
			}
		}
	}
	lost, err := h.desk.hideFor(ctx, h.queue, slices.Collect(maps.Values(found)), h.hold)
	if err != nil {
		return nil, err
	}
	for _, id := range lost {
		delete(found, id)
		delete(h.taken, id)
	}
	maps.Copy(h.taken, found)
	for _, id := range ids {
		delete(h.spare, id)
	}
	return found, nil
}

// search walks until nothing is missing. If something is, the whole queue was received for
// it, and what is spare is given back.
func (h *hand) search(ctx context.Context, missing map[string]bool, found map[string]port.Incoming) error {
	wanted := maps.Clone(missing)
	held, err := h.desk.walk(ctx, h.queue, h.hold, len(wanted), func(in port.Incoming) bool {
		delete(missing, in.MessageID)
		return len(missing) > 0
	})
	for id, in := range held {
		delete(h.taken, id) // its handle is old
		if wanted[id] {
			found[id], h.taken[id] = in, in
		} else {
			h.spare[id] = in
		}
	}
	if err == nil && len(missing) == 0 {
		return nil
	}
	spare := h.spare
	h.spare = map[string]port.Incoming{}
	return errors.Join(err, h.desk.giveBack(ctx, h.queue, spare))
}

// Delete implements engine.Hand. SQS answers a handle that is too old with success and deletes
// nothing: the letter is then visible again after its hold.
func (h *hand) Delete(ctx context.Context, in port.Incoming) error {
	if err := h.desk.backend.Delete(ctx, in); err != nil {
		return err
	}
	delete(h.taken, in.MessageID)
	return nil
}

// Close implements engine.Hand.
func (h *hand) Close(ctx context.Context) error {
	all := h.spare
	maps.Copy(all, h.taken)
	h.spare, h.taken = map[string]port.Incoming{}, map[string]port.Incoming{}
	return h.desk.giveBack(ctx, h.queue, all)
}
