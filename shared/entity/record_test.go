package entity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// TestWhatIsConfirmedIsKeptForEver lists when a record expires.
func TestWhatIsConfirmedIsKeptForEver(t *testing.T) {
	t.Parallel()
	const days90 = 90 * 24 * time.Hour
	for name, tc := range map[string]struct {
		change func(*entity.Record)
		never  bool
	}{
		"a state":    {func(r *entity.Record) { r.Confirm("e", effect, state(1, "a"), "", "") }, true},
		"a fact":     {func(r *entity.Record) { r.Confirm("e", effect, fact(1, "a"), "", "") }, true},
		"an id":      {func(r *entity.Record) { r.Ref = "1" }, true},
		"an attempt": {func(r *entity.Record) { attempted(r, "e", state(1, "a")) }, false},
		"a skip":     {func(r *entity.Record) { r.Skip("e", state(1, "a"), "a rule", true) }, false},
		"a waiter":   {func(r *entity.Record) { r.Wait(entity.Waiter{Event: "w"}) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			r := e.load()
			tc.change(r)
			e.save(r)
			switch expires := e.item().Expires; {
			case tc.never && !expires.IsZero():
				t.Errorf("expires at %v", expires)
			case !tc.never && !expires.Equal(noon.Add(days90)):
				t.Errorf("expires at %v, want after 90 days", expires)
			}
			passing, err := entity.Load(t.Context(), e.memory, "erp", key, true)
			e.must(err)
			if again, err := passing.Again(t.Context(), e.memory); err != nil {
				t.Error(err)
			} else {
				e.save(again)
			}
			if !e.item().Expires.Equal(noon.Add(days90)) {
				t.Errorf("a passing record expires at %v", e.item().Expires)
			}
		})
	}
}

func TestARecordIsSavedOnlyIfItIsUnchanged(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	first, second := e.load(), e.load()
	first.Confirm("e", effect, state(1, "a"), "ref", "tag")
	e.save(first)
	e.save(first) // its own revision is known
	if err := second.Save(t.Context(), e.memory, noon); !errors.Is(err, port.ErrConflict) {
		t.Errorf("%v", err)
	}
	again, err := second.Again(t.Context(), e.memory)
	e.must(err)
	e.save(again)
	if again.Ref != "ref" || again.Confirmed.Tag != "tag" {
		t.Errorf("read again: %+v", again)
	}
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	_, err := e.memory.Put(t.Context(), port.Item{Key: stored, Value: []byte("no JSON")})
	e.must(err)
	if _, err := entity.Load(t.Context(), e.memory, "erp", key, false); err == nil {
		t.Error("it was read")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := entity.Load(ended, e.memory, "erp", key, false); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := entity.Load(ended, e.memory, "erp", key, true); err == nil {
		t.Error("it was read")
	}
}

// TestConfirmForgetsWhatIsOver has attempts at older and newer states, and at a fact.
func TestConfirmForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	r.Skip("s", state(1, "a"), "a rule", true)
	for event, s := range map[string]entity.State{"older": state(1, "a"), "own": state(2, "b"), "newer": state(3, "c"), "fact": fact(1, "d")} {
		open(r, event, s, connector.ExternalID, noon)
	}
	r.Confirm("own", effect, state(2, "b"), "ref", "tag")
	var left []string
	for event := range r.Attempts {
		left = append(left, event)
	}
	if slices.Sort(left); !slices.Equal(left, []string{"fact", "newer"}) || r.Skipped != nil || !r.Present() {
		t.Errorf("attempts %q, skipped %+v", left, r.Skipped)
	}
	r.Confirm("again", "other", state(4, "b"), "", "tag2")
	if c := r.Confirmed; r.Ref != "ref" || !slices.Equal(c.Effects, []string{effect, "other"}) || c.Tag != "tag2" || c.Version != version(4) {
		t.Errorf("equal content keeps its effects: %+v, ref %q", c, r.Ref)
	}
	r.Confirm("another", effect, state(5, "c"), "", "")
	if c := r.Confirmed; !slices.Equal(c.Effects, []string{effect}) || c.Tag != "" {
		t.Errorf("another content has its own: %+v", c)
	}
	r.Confirm("fact", "release", fact(1, "d"), "", "")
	r.Confirm("fact", "release", fact(2, "d"), "", "")
	if !slices.Equal(r.Facts, []string{"order.released"}) || r.Confirmed.Version != version(5) {
		t.Errorf("facts %q, confirmed %+v", r.Facts, r.Confirmed)
	}
}

// TestAnAttemptOfTheSameVersionThatLostIsForgotten has two contents tie, of which the lesser
// was tried first with an unknown outcome: it cannot be written any more.
func TestAnAttemptOfTheSameVersionThatLostIsForgotten(t *testing.T) {
	t.Parallel()
	lesser, higher := greater(state(2, "x"), state(2, "y"))
	r := newEnv(t).load()
	open(r, "lesser", lesser, connector.ExternalID, noon)
	r.Confirm("higher", effect, higher, "", "")
	if len(r.Attempts) > 0 {
		t.Errorf("attempts %v", r.Attempts)
	}
	r = newEnv(t).load()
	open(r, "higher", higher, connector.ExternalID, noon)
	if r.Confirm("lesser", effect, lesser, "", ""); len(r.Attempts) != 1 {
		t.Error("the attempt that is still to be made is forgotten")
	}
}

func TestSkipIsForgottenOnceTheEntityIsThere(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	r.Skip("b", state(2, "b"), "newest", false)
	r.Skip("a", state(1, "a"), "older", true)
	if r.Skipped.Reason != "newest" {
		t.Errorf("skipped %+v", r.Skipped)
	}
	r.Confirm("c", effect, state(3, "c"), "", "")
	if r.Skip("d", state(4, "d"), "late", true); r.Skipped != nil {
		t.Errorf("skipped %+v of an entity that is there", r.Skipped)
	}
}

// TestJoinKeepsWhatBothKnow has a worker save its end over what others stored meanwhile.
func TestJoinKeepsWhatBothKnow(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	mine := e.load()
	attempted(mine, "own", state(2, "b")).Count = 3
	mine.Lease = e.worker.Take("own", time.Minute)
	e.save(mine)

	others := e.load()
	attempted(others, "other", state(3, "c"))
	open(others, "older", state(1, "a"), connector.ExternalID, noon)
	others.Attempts["own"].Count = 99
	others.Wait(entity.Waiter{Event: "w", Queue: "q", Handle: "h"})
	others.Skip("s", state(4, "d"), "a rule", false)
	e.save(others)

	mine.Confirm("own", effect, state(2, "b"), "ref", "")
	mine.Join(e.load(), "own")
	e.save(mine)
	got := e.load()
	if len(got.Attempts) != 1 || got.Attempts["other"] == nil || len(got.Waiters) != 1 || got.Skipped != nil || got.Lease != nil || got.Ref != "ref" {
		t.Errorf("%+v", got)
	}

	mine = e.load()
	attempted(mine, "own", state(5, "e")).Count = 3
	stored := e.load()
	attempted(stored, "own", state(5, "e")).Count = 1
	if mine.Join(stored, "own"); mine.Attempts["own"].Count != 3 || mine.Attempts["other"] == nil {
		t.Errorf("attempts %+v", mine.Attempts)
	}
}

// TestJoinOfAFactAlone has nothing that could be outdated.
func TestJoinOfAFactAlone(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	r.Confirm("f", "release", fact(1, "a"), "", "")
	stored := e.load()
	attempted(stored, "other", state(1, "b"))
	if r.Join(stored, "f"); len(r.Attempts) != 1 || r.Skipped != nil {
		t.Errorf("%+v", r)
	}
}

func TestSupersededListsLettersOfOlderStates(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	letter := func(event string, s entity.State, at time.Duration) {
		a := attempted(r, event, s)
		*a = a.Bury(entity.Letter{Event: event, Version: s.Version, At: noon.Add(at)}, time.Time{})
	}
	letter("v1", state(1, "a"), 3*time.Hour)
	letter("v2", state(2, "b"), time.Hour)
	letter("v4", state(4, "d"), 0)
	letter("fact", fact(1, "e"), 0)
	attempted(r, "alive", state(1, "c"))
	events := func(event string, s entity.State) (got []string) {
		for _, l := range r.Superseded(event, s) {
			got = append(got, l.Event)
		}
		return got
	}
	if got := events("v3", state(3, "z")); !slices.Equal(got, []string{"v2", "v1"}) {
		t.Errorf("state 3 supersedes %q", got)
	}
	if got := events("v4", state(4, "d")); !slices.Equal(got, []string{"v4", "v2", "v1"}) {
		t.Errorf("state 4 supersedes %q", got)
	}
	if got := events("fact", fact(9, "e")); !slices.Equal(got, []string{"fact"}) {
		t.Errorf("the fact supersedes %q", got)
	}
	if got := events("another fact", fact(9, "e")); len(got) > 0 || !r.Letters() {
		t.Errorf("another fact supersedes %q", got)
	}
}

func TestARecordWakesABoundedNumber(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	for i := range 16 {
		if !r.Wait(entity.Waiter{Event: strconv.Itoa(i), Queue: "q", Handle: "h"}) {
			t.Fatalf("no room for waiter %d", i)
		}
	}
	if r.Wait(entity.Waiter{Event: "16", Queue: "q"}) || len(r.Waiters) != 16 {
		t.Errorf("%d waiters", len(r.Waiters))
	}
	if !r.Wait(entity.Waiter{Event: "3", Queue: "q", Handle: "new"}) || len(r.Waiters) != 16 || r.Waiters[15].Handle != "new" {
		t.Errorf("%d waiters, the last is %+v", len(r.Waiters), r.Waiters[15])
	}
	if r.Wait(entity.Waiter{Event: "3", Queue: "another"}) {
		t.Error("one event in two queues counts once")
	}
}

// TestARecordKeepsTheAttemptsThatMatter has more of each sort than it keeps.
func TestARecordKeepsTheAttemptsThatMatter(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make  func(r *entity.Record, event string, i int)
		first int // of the 32 that are kept
	}{
		"failing: those that have been for longest": {func(r *entity.Record, event string, i int) {
			since := noon.Add(-time.Duration(i) * time.Minute)
			attempted(r, event, state(i, event)).Spent = map[string]retry.Budget{"unavailable": {Times: 1, Since: since, Last: since}}
		}, 8},
		"of unknown outcome: the newest": {func(r *entity.Record, event string, i int) {
			open(r, event, state(i, event), connector.ExternalID, noon)
		}, 8},
		"dead letters: the newest": {func(r *entity.Record, event string, i int) {
			attempted(r, event, state(i, event)).Letters = []entity.Letter{{At: noon.Add(time.Duration(i) * time.Minute)}}
		}, 8},
		"dead letters last": {func(r *entity.Record, event string, i int) {
			if a := attempted(r, event, state(i, event)); i < 8 {
				a.Letters = []entity.Letter{{At: noon}}
			}
		}, 8},
		"dead letters of unknown outcome last": {func(r *entity.Record, event string, i int) {
			if a := open(r, event, state(40-i, event), connector.ExternalID, noon); i < 8 {
				a.Letters = []entity.Letter{{At: noon}}
			}
		}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			r := e.load()
			for i := range 40 {
				tc.make(r, fmt.Sprintf("e%02d", i), i)
			}
			e.save(r)
			got := e.load()
			if len(got.Attempts) != entity.MostAttempts {
				t.Errorf("%d attempts are kept", len(got.Attempts))
			}
			for i := range 40 {
				if kept := got.Attempts[fmt.Sprintf("e%02d", i)] != nil; kept != (i >= tc.first) {
					t.Errorf("attempt %d is kept: %v", i, kept)
				}
			}
		})
	}
}

func TestTheLetterKeepsWhatARedriveMustKnow(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	a := open(r, "e", state(1, "a"), connector.Search, noon)
	a.Crashes = 3
	a.Spent = map[string]retry.Budget{"unavailable": {Times: 1, Since: noon, Last: noon}}
	*a = a.Bury(entity.Letter{MessageID: "m", Event: "e"}, time.Time{})
	want := entity.Attempt{
		Version: version(1), Hash: state(1, "a").Hash, OpenSince: noon, By: connector.Search,
		Letters: []entity.Letter{{MessageID: "m", Event: "e"}},
	}
	want.Count = a.Count
	if a.Crashes != 0 || a.Spent != nil || a.OpenSince != want.OpenSince || a.By != want.By ||
		!slices.Equal(a.Letters, want.Letters) || a.Version != want.Version || a.Hash != want.Hash || a.Count != 1 {
		t.Errorf("kept %+v", *a)
	}
}

// TestALetterOutlivesACopyThatWasTooLate has one copy of a fact die, and another one be refused
// because the target has a newer version.
func TestALetterOutlivesACopyThatWasTooLate(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	a := open(r, "e", fact(1, "a"), connector.CompareAndSet, noon)
	*a = a.Bury(entity.Letter{MessageID: "m", Event: "e"}, time.Time{})
	if r.End("e"); r.Open("e") || len(r.Superseded("e", fact(2, "b"))) != 1 {
		t.Errorf("the letter is forgotten: %+v", r.Attempts["e"])
	}
	if r.Confirm("e", effect, fact(2, "b"), "1", ""); r.Letters() {
		t.Error("a letter outlives what confirms its fact")
	}
	attempted(r, "f", state(1, "a"))
	if r.End("f"); r.Attempts["f"] != nil {
		t.Errorf("an event without a letter is remembered: %+v", r.Attempts["f"])
	}
}

// TestEachCopyOfAnEventHasItsOwnLetter has copies of a fact die; some of their letters are
// moved back, and die once more.
func TestEachCopyOfAnEventHasItsOwnLetter(t *testing.T) {
	t.Parallel()
	r := newEnv(t).load()
	a := attempted(r, "fact", fact(1, "a"))
	bury := func(message string, moved time.Time) time.Time {
		at := noon.Add(time.Duration(len(message)) * time.Minute)
		*a = a.Bury(entity.Letter{MessageID: message, Event: "fact", At: at, Why: "the reason of " + message}, moved)
		return at
	}
	messages := func() (got []string) {
		for _, l := range r.Superseded("fact", fact(9, "a")) {
			got = append(got, l.MessageID)
		}
		return got
	}
	first := bury("m", time.Time{})
	bury("mm", time.Time{})
	if got := messages(); !slices.Equal(got, []string{"m", "mm"}) {
		t.Errorf("the letters are of %q", got)
	}
	if why := r.Why(); why != "the reason of mm" || a.Letters[0].Why != "" {
		t.Errorf("why %q, and %q of the first", why, a.Letters[0].Why)
	}
	bury("mmm", first)
	if got := messages(); !slices.Equal(got, []string{"mm", "mmm"}) {
		t.Errorf("a letter that was moved back and died again: %q", got)
	}
	for i := range 20 {
		bury(strings.Repeat("m", 4+i), time.Time{})
	}
	if got := messages(); len(got) != 8 || got[0] != strings.Repeat("m", 16) || got[7] != strings.Repeat("m", 23) {
		t.Errorf("%d letters are kept: %q", len(got), got)
	}
}

func TestARecordIsSmall(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.load()
	r.Confirm("e", effect, entity.State{
		Version: message.NewSequence(noon, false, noon), Hash: "0123456789abcdef",
	}, "1234567890", "")
	e.save(r)
	if n := len(e.item().Value); n > 220 {
		t.Errorf("%d bytes: %s", n, e.item().Value)
	}
}
