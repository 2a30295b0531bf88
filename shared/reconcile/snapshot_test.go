package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/reconcile"
)

// TestASnapshotIsReadWholeAndHandsOnWhatDiffers reads a list whose times are those of the reading: it
// is not too young, its contents are compared with those of the run before, and a backfill has none.
func TestASnapshotIsReadWholeAndHandsOnWhatDiffers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.toy.feeds[0].Snapshot, e.toy.feeds[0].Unannounced = true, true
	read := func(content string) reconcile.Report {
		e.toy.facts = []fact{{Tenant: "t1", Topic: "facts", ID: "7", Minute: int(e.clock.Now().Sub(epoch) / time.Minute), Name: content}}
		report := e.round()
		e.deliver()
		e.clock.Advance(5 * time.Minute)
		return report
	}
	e.counts(read("seven"), reconcile.Report{Unconfirmed: 1})
	e.counts(read("seven"), reconcile.Report{Seen: 1})
	e.counts(read("eight"), reconcile.Report{Unconfirmed: 1})
	e.counts(read("seven"), reconcile.Report{Unconfirmed: 1}) // an old content is a new state
	if len(e.written) != 3 {
		t.Errorf("written %v, want three states", e.written)
	}
	p, err := reconcile.New(e.config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Backfill(t.Context(), reconcile.Span{From: epoch.Add(-time.Hour), Entity: "customer"})
	if f := fault.As(err); f == nil || !strings.Contains(err.Error(), "nothing of it can be listed") {
		t.Errorf("a backfill ends with %v", err)
	}
}
