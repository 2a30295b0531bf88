package entity_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

const effect = "order"

// greater returns the two contents in the order of their hashes.
func greater(a, b entity.State) (lesser, higher entity.State) {
	if a.Hash < b.Hash {
		return a, b
	}
	return b, a
}

// TestStandingComparesVersionContentAndEffect lists what a record has and what arrives.
func TestStandingComparesVersionContentAndEffect(t *testing.T) {
	t.Parallel()
	lesser, higher := greater(state(2, "x"), state(2, "y"))
	confirmed := func(s entity.State) func(*entity.Record) {
		return func(r *entity.Record) { r.Confirm("e", effect, s, "ref", "tag") }
	}
	doubt := func(r *entity.Record) {
		confirmed(state(2, "a"))(r)
		open(r, "between", state(3, "b"), connector.ExternalID, noon)
	}
	skipped := func(r *entity.Record) { r.Skip("e", state(2, "a"), "a rule", false) }
	for name, tc := range map[string]struct {
		record func(*entity.Record)
		state  entity.State
		effect string
		want   entity.Standing
	}{
		"nothing is recorded":             {func(*entity.Record) {}, state(1, "a"), effect, entity.New},
		"older":                           {confirmed(state(2, "a")), state(1, "b"), effect, entity.Old},
		"older, equal":                    {confirmed(state(2, "a")), state(1, "a"), effect, entity.Old},
		"the same":                        {confirmed(state(2, "a")), state(2, "a"), effect, entity.Same},
		"newer":                           {confirmed(state(2, "a")), state(3, "b"), effect, entity.New},
		"newer, equal":                    {confirmed(state(2, "a")), state(3, "a"), effect, entity.Same},
		"newer, equal, of another effect": {confirmed(state(2, "a")), state(3, "a"), "other", entity.New},
		"the same, of another effect":     {confirmed(state(2, "a")), state(2, "a"), "other", entity.New},
		"one version, a greater hash":     {confirmed(lesser), higher, effect, entity.New},
		"one version, a lesser hash":      {confirmed(higher), lesser, effect, entity.Old},
		"newer, equal, in doubt":          {doubt, state(4, "a"), effect, entity.New},
		"the same, in doubt":              {doubt, state(2, "a"), effect, entity.Same},
		"newer, equal, during a lease": {func(r *entity.Record) {
			confirmed(state(2, "a"))(r)
			r.Lease = newEnv(t).worker.Take("other", time.Minute)
		}, state(3, "a"), effect, entity.New},
		"newer, equal, while a request may land": {func(r *entity.Record) {
			confirmed(state(2, "a"))(r)
			r.Landing = newEnv(t).worker.Take("other", time.Minute)
		}, state(3, "a"), effect, entity.New},
		"older than what was skipped": {skipped, state(1, "b"), effect, entity.Outdated},
		"what was skipped":            {skipped, state(2, "a"), effect, entity.New},
		"newer than what was skipped": {skipped, state(3, "b"), effect, entity.New},
		"older than what was skipped, in doubt": {func(r *entity.Record) {
			skipped(r)
			open(r, "other", state(1, "c"), connector.ExternalID, noon)
		}, state(1, "b"), effect, entity.New},
		"older than what was skipped, of what is there": {func(r *entity.Record) {
			skipped(r)
			r.Ref = "found"
		}, state(1, "b"), effect, entity.New},
		"a fact that the target has":        {func(r *entity.Record) { r.Confirm("f", "release", fact(1, "a"), "", "") }, fact(9, "b"), "release", entity.Same},
		"a fact of an entity that is there": {confirmed(state(5, "a")), fact(1, "b"), "release", entity.New},
		"a fact of what was skipped":        {skipped, fact(1, "b"), "release", entity.New},
		"a state beside a fact":             {func(r *entity.Record) { r.Confirm("f", "release", fact(5, "a"), "", "") }, state(1, "b"), effect, entity.New},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEnv(t).load()
			tc.record(r)
			if got := r.Standing(tc.state, tc.effect); got != tc.want {
				t.Errorf("standing %d, want %d", got, tc.want)
			}
		})
	}
}

// TestAFactThatWasSkippedOutdatesNoState has a filter skip a fact of an entity whose state
// arrives later with an older version.
func TestAFactThatWasSkippedOutdatesNoState(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	r.Skip("f", fact(5, "a"), "a rule", true)
	if got := r.Standing(state(1, "b"), effect); got != entity.New {
		t.Errorf("standing %d, want new", got)
	}
	if r.Skipped == nil || !r.Skipped.Final {
		t.Errorf("skipped %+v", r.Skipped)
	}
	r.Skip("s", state(1, "b"), "another rule", false)
	if r.Skip("f", fact(9, "a"), "a rule", true); r.Skipped.Reason != "another rule" {
		t.Errorf("a fact took the place of a state: %+v", r.Skipped)
	}
}

// TestNothingIsKeptFromWhatTheTargetHasOrMayHave is when a filter may skip.
func TestNothingIsKeptFromWhatTheTargetHasOrMayHave(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		record func(*entity.Record)
		want   bool
	}{
		"nothing":                 {func(*entity.Record) {}, true},
		"a failure that is clear": {func(r *entity.Record) { attempted(r, "e", state(1, "a")) }, true},
		"a dead letter":           {func(r *entity.Record) { r.Attempt("e").Letters = []entity.Letter{{}} }, true},
		"what was skipped":        {func(r *entity.Record) { r.Skip("e", state(1, "a"), "a rule", false) }, true},
		"a state":                 {func(r *entity.Record) { r.Confirm("e", effect, state(1, "a"), "", "") }, false},
		"a fact":                  {func(r *entity.Record) { r.Confirm("e", effect, fact(1, "a"), "", "") }, false},
		"an id that was found":    {func(r *entity.Record) { r.Ref = "1" }, false},
		"an unknown outcome":      {func(r *entity.Record) { open(r, "e", state(1, "a"), connector.Search, noon) }, false},
		"a writer":                {func(r *entity.Record) { r.Lease = newEnv(t).worker.Take("e", time.Minute) }, false},
		"a request that may land": {func(r *entity.Record) { r.Landing = newEnv(t).worker.Take("e", time.Minute) }, false},
		"a letter in doubt": {func(r *entity.Record) {
			a := open(r, "e", state(1, "a"), connector.Search, noon)
			*a = a.Bury(entity.Letter{Event: "e"}, time.Time{})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEnv(t).load()
			if tc.record(r); r.Untouched() != tc.want {
				t.Errorf("untouched is %v", r.Untouched())
			}
		})
	}
}

// TestCompareFindsWhatAPollMissed lists what a poll's state can be at a target.
func TestCompareFindsWhatAPollMissed(t *testing.T) {
	t.Parallel()
	confirmed := func(r *entity.Record) { r.Confirm("e", effect, state(2, "a"), "ref", "") }
	for name, tc := range map[string]struct {
		record func(*entity.Record)
		polled entity.State
		want   entity.Finding
		fence  bool // advanced to the polled version
	}{
		"nothing":                      {nil, state(1, "a"), entity.Missing, false},
		"the same":                     {confirmed, state(2, "a"), entity.Known, false},
		"older":                        {confirmed, state(1, "b"), entity.Known, false},
		"newer, equal":                 {confirmed, state(3, "a"), entity.Known, true},
		"newer":                        {confirmed, state(3, "b"), entity.Missing, false},
		"one version, another content": {confirmed, state(2, "b"), entity.Missing, false},
		"newer, equal, in doubt": {func(r *entity.Record) {
			confirmed(r)
			open(r, "b", state(3, "b"), connector.ExternalID, noon)
		}, state(4, "a"), entity.Missing, false},
		"a delivery of it":        {func(r *entity.Record) { attempted(r, "b", state(3, "b")) }, state(4, "b"), entity.Missing, false},
		"its dead letter":         {func(r *entity.Record) { attempted(r, "b", state(3, "b")).Letters = []entity.Letter{{}} }, state(3, "b"), entity.InHand, false},
		"an attempt at another":   {func(r *entity.Record) { attempted(r, "c", state(3, "c")) }, state(3, "b"), entity.Missing, false},
		"skipped":                 {func(r *entity.Record) { r.Skip("e", state(2, "a"), "a rule", false) }, state(3, "a"), entity.Known, false},
		"older than the skipped":  {func(r *entity.Record) { r.Skip("e", state(2, "a"), "a rule", false) }, state(1, "b"), entity.Known, false},
		"newer than the skipped":  {func(r *entity.Record) { r.Skip("e", state(2, "a"), "a rule", false) }, state(3, "b"), entity.Missing, false},
		"a fact that is there":    {func(r *entity.Record) { r.Confirm("f", effect, fact(1, "a"), "", "") }, fact(9, "b"), entity.Known, false},
		"a fact that is not":      {confirmed, fact(1, "b"), entity.Missing, false},
		"a fact of equal content": {func(r *entity.Record) { attempted(r, "s", state(3, "b")) }, fact(3, "b"), entity.Missing, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			if tc.record != nil {
				r := e.load()
				tc.record(r)
				e.save(r)
			}
			before := e.item().Revision
			got, err := entity.Compare(t.Context(), e.memory, "erp", key, tc.polled, noon)
			if err != nil || got != tc.want {
				t.Errorf("finding %d, %v, want %d", got, err, tc.want)
			}
			if advanced := e.item().Revision != before; advanced != tc.fence {
				t.Errorf("the record was written is %v", advanced)
			}
			if tc.fence && e.load().Confirmed.Version != tc.polled.Version {
				t.Errorf("the fence is %s", e.load().Confirmed.Version)
			}
		})
	}
}

// failingPut is a State that stores nothing.
type failingPut struct {
	port.State
	err error
}

func (s failingPut) Put(context.Context, port.Item) (int64, error) { return 0, s.err }

// TestCompareBesideADelivery has the record change between its read and its write.
func TestCompareBesideADelivery(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	r.Confirm("e", effect, state(2, "a"), "ref", "")
	e.save(r)
	got, err := entity.Compare(t.Context(), failingPut{e.memory, port.ErrConflict}, "erp", key, state(3, "a"), noon)
	if err != nil || got != entity.InHand {
		t.Errorf("finding %d, %v", got, err)
	}
	away := errors.New("away")
	if _, err := entity.Compare(t.Context(), failingPut{e.memory, away}, "erp", key, state(3, "a"), noon); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
}

// TestCompareDatesWhatIsConfirmedThoughItLosesARace has another writer be first, who changes nothing
// of what is confirmed: a late delivery must not go over what the poll read.
func TestCompareDatesWhatIsConfirmedThoughItLosesARace(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	r.Confirm("e", effect, state(2, "a"), "ref", "")
	e.save(r)
	raced := &racedPut{State: e.memory, race: func() {
		r := e.load()
		r.Wait(entity.Waiter{Event: "waits", Queue: "q", Handle: "h"})
		e.save(r)
	}}
	if got, err := entity.Compare(t.Context(), raced, "erp", key, state(3, "a"), noon); err != nil || got != entity.Known {
		t.Errorf("finding %d, %v", got, err)
	}
	if r = e.load(); r.Confirmed.Version != version(3) {
		t.Errorf("it is dated %s", r.Confirmed.Version)
	}
}

// TestCompareDatesADeadLetterByThePoll has a late delivery of the same second follow, whose
// hint is later than that of the dead letter: what the poll read is newer than both.
func TestCompareDatesADeadLetterByThePoll(t *testing.T) {
	t.Parallel()
	reported := func(hint int, content string) entity.State {
		s := state(1, content)
		s.Version = message.NewSequence(noon, false, noon.Add(time.Duration(hint)*time.Hour))
		return s
	}
	polled := reported(0, "b")
	polled.Version = message.NewSequence(noon, true, noon.Add(time.Minute))
	e := newEnv(t)
	r := e.load()
	r.Confirm("a", effect, reported(1, "a"), "ref", "")
	attempted(r, "b", reported(2, "b")).Letters = []entity.Letter{{Event: "b"}}
	e.save(r)
	raced := &racedPut{State: e.memory, race: func() {
		r := e.load()
		attempted(r, "c", reported(0, "c"))
		e.save(r)
	}}
	for range 2 {
		got, err := entity.Compare(t.Context(), raced, "erp", key, polled, noon)
		if err != nil || got != entity.InHand {
			t.Fatalf("finding %d, %v", got, err)
		}
	}
	if r = e.load(); r.Attempts["b"].Version != polled.Version || raced.puts != 2 {
		t.Errorf("the letter's state is dated %s, after %d writes", r.Attempts["b"].Version, raced.puts)
	}
	if late := reported(3, "a"); len(r.Superseded("late", late)) != 0 {
		t.Error("a late delivery of the same second supersedes the dead letter")
	}
	if next := state(2, "d"); len(r.Superseded("next", next)) != 1 {
		t.Error("the next state does not supersede the dead letter")
	}
}

// racedPut has another writer be first, once.
type racedPut struct {
	port.State
	race func()
	puts int
}

func (s *racedPut) Put(ctx context.Context, item port.Item) (int64, error) {
	if s.puts++; s.puts == 1 {
		s.race()
	}
	return s.State.Put(ctx, item)
}

func TestTheFenceHoldsInEveryOrder(t *testing.T) {
	t.Parallel()
	states := []entity.State{state(1, "a"), state(1, "b"), state(2, "a"), state(2, "c"), state(3, "a")}
	want := states[4].Hash
	for n := range 120 {
		r, order, left := newEnv(t).load(), n, append([]entity.State(nil), states...)
		for i := len(left); i > 0; i-- {
			at := order % i
			order /= i
			s := left[at]
			left = append(left[:at:at], left[at+1:]...)
			if standing := r.Standing(s, effect); standing == entity.New || standing == entity.Same {
				r.Confirm(fmt.Sprint(i), effect, s, "", "")
			}
		}
		if r.Confirmed.Version != states[4].Version || r.Confirmed.Hash != want {
			t.Fatalf("order %d ends at %+v", n, r.Confirmed)
		}
	}
}
