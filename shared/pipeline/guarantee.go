package pipeline

import (
	"cmp"
	"context"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// algorithms are the delivery algorithms, by what the target offers against a second
// effect. Each is one function below; all of them make their one write by write, which
// records what is unknown about its outcome.
//
// The journal of a delivery is its claim: the lease is stored before the target is called
// and is given back only with the outcome. A lease that ended without that, after a crash,
// and a call whose answer was lost, both mean that a write may have taken effect, or may
// still do so.
var algorithms = map[connector.Guarantee]func(context.Context, *delivery, connector.Delivery) (connector.Receipt, error){
	connector.ExternalID:    byExternalID,
	connector.CompareAndSet: byCompareAndSet,
	connector.Search:        bySearch,
}

// byExternalID delivers to an operation that writes under our own id: writing again changes
// nothing, so that the message is simply written, after any end of an earlier attempt.
// Only another state of the entity has to wait while a request of this one may still take
// effect (entity.Turn).
//
//	claim ── write ── done
//	           └── no answer, crash ── write again
func byExternalID(ctx context.Context, w *delivery, d connector.Delivery) (connector.Receipt, error) {
	return w.write(ctx, d)
}

// byCompareAndSet delivers to an operation that replaces a value only if the target still
// holds the one that is named. The target may compare nothing but values, which return: a request
// that comes late then finds the value that it expects, although others were set in between. So
// another state of the entity waits while a request of this one may still take effect
// (entity.Turn).
//
//	claim ── set if it holds what was confirmed last ── done
//	           ├── it holds something else ── read, set if it holds what was read (a few times)
//	           ├── it holds a newer version of ours ── superseded
//	           └── no answer, crash ── read; equal is done, else set
//
// The value that was confirmed last is named only while nothing casts doubt on it: after a
// conflict or a lost answer Expected is empty, and the connector reads first.
func byCompareAndSet(ctx context.Context, w *delivery, d connector.Delivery) (connector.Receipt, error) {
	t, c := w.record.Attempt(w.event.ID), w.record.Confirmed
	if c != nil {
		d.Confirmed = c.Version
		if t.OpenSince.IsZero() {
			d.Expected = c.Tag
		}
	}
	receipt, err := w.write(ctx, d)
	f := fault.As(err)
	if f == nil || f.Class != fault.Conflict {
		return receipt, err
	}
	if c != nil {
		c.Tag = ""
	}
	again := *f
	again.Kind, again.Scope = fault.Unavailable, fault.EntityScope
	if t.Conflicts++; t.Conflicts >= w.Retry.ConflictTries {
		again.Kind, t.Conflicts = fault.Rejected, 0
	}
	return receipt, &again
}

// bySearch delivers to an operation that offers only that its effect can be found
// afterwards: journal, settle, search.
//
//	claim ── search ── nothing ── create ──── done
//	           │                    └── no answer, crash ── settle ── search …
//	           └── found ── set its state ─── done
//
// To settle is to wait until no earlier request can take effect any more and no search can
// miss one that did: the timeout, the target's Linger and the operation's Lag
// (entity.Turn). Only then the search decides. If it finds nothing, nothing was written.
// A found entity may be of an earlier attempt, or older than our memory; so its state is
// set, which may be repeated. An entity whose id is known is not searched for.
func bySearch(ctx context.Context, w *delivery, d connector.Delivery) (connector.Receipt, error) {
	if d.Ref == "" {
		ref, err := connector.SearchFor(ctx, w.by.system.Target, d)
		w.answer = admission.Answer{Asked: true, Wrote: w.answer.Wrote, Fault: fault.As(err), Began: w.claimant.Since}
		if err != nil {
			return connector.Receipt{}, err
		}
		if ref == "" {
			w.record.Attempt(w.event.ID).OpenSince = time.Time{}
		}
		d.Ref, w.record.Ref = ref, ref
	}
	return w.write(ctx, d)
}

// find looks an entity up at the target.
func (w *delivery) find(ctx context.Context, key message.Key) (string, error) {
	ref, err := w.by.system.Target.Find(ctx, key)
	w.answer = admission.Answer{Asked: true, Wrote: w.answer.Wrote, Fault: fault.As(err), Began: w.claimant.Since}
	return ref, err
}

// write makes the one call that can have an effect. The write counts as open from before
// the call until its outcome is recorded with the end of the attempt; a definite failure
// closes it again, unless an earlier write is still open.
func (w *delivery) write(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	t := w.record.Attempt(w.event.ID)
	earlier := t.OpenSince
	t.OpenSince = cmp.Or(earlier, w.Now())
	w.answer = admission.Answer{Asked: true, Wrote: true, Fault: &fault.Error{Kind: fault.Unknown}, Began: w.claimant.Since} // in case of a panic
	returned := false
	defer func() {
		if !returned { // a panic: the request may have been sent
			w.mayLand(w.answer.Fault)
		}
	}()
	receipt, err := w.by.system.Target.Deliver(ctx, d)
	returned = true
	if err == nil {
		w.answer = admission.Answer{Asked: true, Wrote: !receipt.Linked, Pause: receipt.Pause, Began: w.claimant.Since}
		return receipt, nil
	}
	f := fault.As(err)
	w.answer = admission.Answer{Asked: true, Wrote: true, Fault: f, Began: w.claimant.Since}
	switch {
	case definite(f):
		t.OpenSince = earlier
	default:
		w.mayLand(f)
	}
	return receipt, err
}

// mayLand records for how long a write of unknown outcome may still take effect, or be
// missed by a search.
func (w *delivery) mayLand(f *fault.Error) {
	var inFlight time.Duration
	linger := w.operation.Lag
	switch {
	case f.Class == fault.Ambiguous || f.Kind == fault.Unknown: // it may not have arrived yet
		inFlight, linger = w.profile.Timeout+w.Retry.Margin, w.linger
	case w.operation.Guarantee != connector.Search:
		return // the target has answered: what it did is done
	}
	request := w.worker.Take(w.event.ID, inFlight)
	request.Linger, request.Version = linger, w.claimant.State.Version
	if w.record.Landing == nil {
		w.record.Landing = request
		return
	}
	w.record.MayLand(w.worker, request)
}

// unseen records that a search may miss the write of an attempt whose end was not recorded.
func (w *delivery) unseen() {
	if w.operation.Guarantee == connector.Search {
		request := w.worker.Take(w.event.ID, 0)
		request.Linger, request.Version = w.operation.Lag, w.claimant.State.Version
		w.record.MayLand(w.worker, request)
	}
}

// definite reports whether a failed write has certainly had no effect. A 500 is no such
// certainty.
func definite(f *fault.Error) bool {
	switch f.Kind {
	case fault.Invalid, fault.Unauthentic, fault.Rejected, fault.NotReady, fault.Throttled, fault.Unauthorized, fault.Duplicate:
		return f.Class != fault.Ambiguous
	case fault.Unavailable:
		return f.Class == fault.Connection || f.Class == fault.Conflict
	}
	return false
}
