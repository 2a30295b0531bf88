package pipeline

import (
	"cmp"
	"context"
	"fmt"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Crashed is the code of a message that waits because its attempts ended in crashes.
const Crashed = "crashed"

// lookBack is how many ledger entries of an event are read before it is called poison.
const lookBack = 50

// crash charges a lease that ended without being given back to the event that held it: its
// worker crashed. The other messages of that process are not charged; but from the second
// crash on, each retries at its own random time, so that one message that kills its process
// does not take the same others with it until all of them count as poison.
//
// It returns the fault of a message that has to wait for that, or is poison; or its ending,
// if the ledger shows that it ended well. A ledger that cannot be read is an error: a
// message is poison only if the ledger says nothing else.
func (a *attempt) crash(ctx context.Context) (ending, *fault.Error, error) {
	r, left := a.record, a.record.Lease
	if left != nil {
		t := r.Attempt(left.Event)
		if t.Crashes == 0 {
			t.Crashed = left.Began()
		}
		t.Crashes++
		t.OpenSince = cmp.Or(t.OpenSince, left.Began())
		r.MayLand(a.worker, left)
		r.Lease = nil
	}
	t := r.Attempt(a.event.ID)
	if t.Crashes >= a.Retry.Crashes {
		e, survived, err := a.finishedInLedger(ctx)
		if err != nil || e.stage != "" {
			return e, nil, err
		}
		if !survived {
			return ending{}, fault.New(fault.Rejected, fault.Poison, a.doing, fmt.Sprintf("each of the last %d attempts ended in a crash", t.Crashes)), nil
		}
		t.Crashes = 0
	}
	if left != nil && left.Event == a.event.ID && t.Crashes > 1 {
		return ending{}, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Code: Crashed, Doing: a.doing,
			Detail: fmt.Sprintf("%d attempts in a row ended in a crash", t.Crashes), After: a.Retry.Backoff.Wait(t.Crashes+2, a.Random),
		}, nil
	}
	return ending{}, nil, nil
}

// finishedInLedger returns the ending of a message that the ledger shows as ended well.
// survived reports that it shows the end of an attempt that counts as crashed: then it was
// the State that did not take it.
func (a *attempt) finishedInLedger(ctx context.Context) (e ending, survived bool, err error) {
	entries, err := a.Ledger.Find(ctx, port.Query{Event: a.event.ID, Route: a.route, Newest: true, Limit: lookBack})
	if err != nil {
		return ending{}, false, port.Unavailable("reading the ledger", err)
	}
	since := a.record.Attempt(a.event.ID).Crashed
	for _, entry := range entries {
		ended := entry.Stage == port.Confirmed || entry.Stage == port.Translated
		switch {
		case ended && (a.claimant.State.Once || entry.Version == a.claimant.State.Version):
			return ending{stage: port.Skipped, why: "the ledger has it " + string(entry.Stage), keep: keepState, ref: entry.TargetRef}, false, nil
		case entry.Stage == port.Deferred && entry.Attempt > 0 && !entry.At.Before(since) && entry.Error != nil && entry.Error.Code != Crashed:
			survived = true
		}
	}
	return ending{}, survived, nil
}
