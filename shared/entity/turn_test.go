package entity_test

import (
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/retry"
)

const patience = 72 * time.Hour

func (e *testEnv) turn(r *entity.Record, c entity.Claimant) entity.Turn {
	c.Since = e.clock.Now()
	return r.Turn(e.worker, c, patience, half)
}

// TestWhoseOutcomeHasToBeKnownFirst lists claimants beside a write of unknown outcome of
// version 5.
func TestWhoseOutcomeHasToBeKnownFirst(t *testing.T) {
	t.Parallel()
	const (
		search = connector.Search
		id     = connector.ExternalID
		cas    = connector.CompareAndSet
	)
	for name, tc := range map[string]struct {
		by, own connector.Guarantee
		ref     string
		version int
		ahead   bool
	}{
		"search, newer":                  {search, search, "", 6, true},
		"search, older":                  {search, search, "", 4, true},
		"search, newer, its id is known": {search, search, "1", 6, false},
		"search, older, its id is known": {search, search, "1", 4, true},
		"external id, newer":             {id, id, "", 6, false},
		"external id, older":             {id, id, "", 4, true},
		"external id, the same version":  {id, id, "", 5, false},
		"compare and set, older":         {cas, cas, "", 4, true},
		"compare and set, newer":         {cas, cas, "", 6, false},
		"search beside an external id":   {id, search, "", 6, true},
		"external id beside a search":    {search, id, "", 6, true},
		"compare and set beside an id":   {id, cas, "", 4, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			r := e.load()
			r.Ref = tc.ref
			a := open(r, "open", state(5, "x"), tc.by, noon)
			c := entity.Claimant{Event: "own", State: state(tc.version, "y"), Guarantee: tc.own}
			want := map[bool]string{true: "open"}[tc.ahead]
			if got := e.turn(r, c); got.Ahead != want || !got.Until.IsZero() {
				t.Errorf("turn %+v, want ahead %q", got, want)
			}
			if got := e.turn(r, entity.Claimant{Event: "open", State: state(5, "x"), Guarantee: tc.by}); got != (entity.Turn{}) {
				t.Errorf("its own event waits: %+v", got)
			}
			e.clock.Advance(patience)
			if got := e.turn(r, c); got.Ahead != want {
				t.Errorf("at the end of the patience: %+v", got)
			}
			e.clock.Advance(time.Nanosecond)
			if got := e.turn(r, c); got != (entity.Turn{}) {
				t.Errorf("after the patience: %+v", got)
			}
			a.OpenSince = e.clock.Now()
			*a = a.Bury(entity.Letter{Event: "open"}, time.Time{})
			if got := e.turn(r, c); got != (entity.Turn{}) {
				t.Errorf("a dead letter is waited for: %+v", got)
			}
		})
	}
}

// TestNoTwoUnknownOutcomesWaitForEachOther has several, of which each is also a claimant.
func TestNoTwoUnknownOutcomesWaitForEachOther(t *testing.T) {
	t.Parallel()
	for _, by := range []connector.Guarantee{connector.Search, connector.ExternalID, connector.CompareAndSet} {
		e := newEnv(t)
		r := e.load()
		claimants := map[string]entity.Claimant{}
		for event, n := range map[string]int{"a": 1, "b": 2, "c": 2, "d": 3} {
			open(r, event, state(n, event), by, noon)
			claimants[event] = entity.Claimant{Event: event, State: state(n, event), Guarantee: by}
		}
		if got := e.turn(r, claimants["d"]); got != (entity.Turn{}) {
			t.Errorf("%s: the newest waits: %+v", by, got)
		}
		if got := e.turn(r, entity.Claimant{Event: "x", State: state(0, "x"), Guarantee: by}); got.Ahead != "d" {
			t.Errorf("%s: of several the first is %q", by, got.Ahead)
		}
		for event := range claimants {
			seen := map[string]bool{}
			for at := event; at != ""; at = e.turn(r, claimants[at]).Ahead {
				if seen[at] {
					t.Fatalf("%s: %s waits for itself", by, at)
				}
				seen[at] = true
			}
		}
	}
}

// TestALeaseIsWaitedForShortly has a worker write the entity.
func TestALeaseIsWaitedForShortly(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	r.Lease = e.worker.Take("writer", time.Minute)
	c := entity.Claimant{Event: "own", State: state(1, "a"), Guarantee: connector.CompareAndSet}
	for _, tc := range []struct{ after, wait time.Duration }{
		{0, 75 * time.Millisecond}, {20 * time.Second, 7500 * time.Millisecond}, {59 * time.Second, time.Second},
	} {
		e.clock.Advance(noon.Add(tc.after).Sub(e.clock.Now()))
		if got := e.turn(r, c); !got.Until.Equal(e.clock.Now().Add(tc.wait)) {
			t.Errorf("after %v it waits for %v, want %v", tc.after, got.Until.Sub(e.clock.Now()), tc.wait)
		}
	}
	e.clock.Advance(time.Second)
	if got := e.turn(r, c); got != (entity.Turn{}) {
		t.Errorf("at its end: %+v", got)
	}
}

// TestALeaseThatEndedShowsAWrite has it be left behind by a crash.
func TestALeaseThatEndedShowsAWrite(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	attempted(r, "crashed", state(5, "a")).By = connector.Search
	r.Lease = e.worker.Take("crashed", time.Minute)
	r.Lease.Linger, r.Lease.Version = 5*time.Minute, version(5)
	if !r.Open("crashed") || r.Open("other") {
		t.Error("the outcome counts as known")
	}
	e.clock.Advance(time.Minute)
	if got := e.turn(r, entity.Claimant{Event: "own", State: state(6, "b"), Guarantee: connector.ExternalID}); got.Ahead != "crashed" {
		t.Errorf("turn %+v", got)
	}
	delete(r.Attempts, "crashed")
	for name, tc := range map[string]struct {
		claimant entity.Claimant
		waits    bool
	}{
		"another state":               {entity.Claimant{Event: "own", State: state(6, "b"), Guarantee: connector.ExternalID}, true},
		"the same state":              {entity.Claimant{Event: "crashed", State: state(5, "a"), Guarantee: connector.ExternalID}, false},
		"the same fact":               {entity.Claimant{Event: "crashed", State: fact(9, "a"), Guarantee: connector.ExternalID}, false},
		"the same event, another one": {entity.Claimant{Event: "crashed", State: state(6, "a"), Guarantee: connector.ExternalID}, true},
		"the same, by search":         {entity.Claimant{Event: "crashed", State: state(5, "a"), Guarantee: connector.Search}, true},
	} {
		want := map[bool]time.Time{true: noon.Add(6 * time.Minute)}[tc.waits]
		if got := e.turn(r, tc.claimant); !got.Until.Equal(want) {
			t.Errorf("%s waits until %v, want %v", name, got.Until, want)
		}
	}
}

// TestTheTargetsTimeIsHonored has the target name a time for one event.
func TestTheTargetsTimeIsHonored(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	attempted(r, "e", state(1, "a")).NotBefore = e.worker.Take("message", time.Hour)
	c := entity.Claimant{Event: "e", MessageID: "message", State: state(1, "a"), Guarantee: connector.ExternalID}
	if got := e.turn(r, c); !got.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("turn %+v", got)
	}
	if got := e.turn(r, entity.Claimant{Event: "other", State: state(1, "b"), Guarantee: connector.ExternalID}); got != (entity.Turn{}) {
		t.Errorf("another event waits: %+v", got)
	}
	e.clock.Advance(time.Hour)
	if got := e.turn(r, c); got != (entity.Turn{}) {
		t.Errorf("at that time: %+v", got)
	}
}

// TestTheRequestThatMayLandLastIsKept compares requests of several workers.
func TestTheRequestThatMayLandLastIsKept(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	other := e.another("other")
	take := func(w *retry.Worker, length, linger time.Duration) *retry.Span {
		s := w.Take("e", length)
		s.Linger = linger
		return s
	}
	for name, tc := range map[string]struct {
		first, second *retry.Span
		after         time.Duration
		keeps         int
	}{
		"the later":             {take(e.worker, time.Minute, time.Minute), take(e.worker, time.Minute, time.Minute), 0, 2},
		"one that lingers less": {take(e.worker, time.Minute, time.Hour), take(e.worker, time.Minute, 0), 0, 1},
		"one that lingers less, of another worker": {take(other, time.Minute, time.Hour), take(e.worker, time.Minute, 0), 0, 1},
	} {
		r := e.load()
		r.MayLand(e.worker, tc.first)
		r.MayLand(e.worker, tc.second)
		if want := []*retry.Span{tc.first, tc.second}[tc.keeps-1]; r.Landing != want {
			t.Errorf("%s: kept %+v", name, r.Landing)
		}
	}
	r := e.load()
	r.Landing = take(e.worker, time.Minute, time.Minute)
	end := e.clock.Now().Add(2 * time.Minute)
	for _, at := range []time.Time{end.Add(-time.Nanosecond), end} {
		turn := r.Turn(e.worker, entity.Claimant{Event: "another", Guarantee: connector.ExternalID, Since: at}, time.Hour, half)
		if kept := r.Landing != nil; kept != at.Before(end) || turn.Until.IsZero() == kept {
			t.Errorf("%v before its end: kept %v, %+v", end.Sub(at), kept, turn)
		}
	}
}
