package porttest

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/port"
)

// TestState proves a port.State.
func TestState(t *testing.T, open Open) {
	t.Helper()
	cases{
		{"an absent item has no revision and no value", stateAbsent},
		{"what was put is got", stateRoundTrip},
		{"an insert of what is there is a conflict and changes nothing", stateInsertPresent},
		{"an update of what is absent is a conflict", stateUpdateAbsent},
		{"a revision that is no longer stored is a conflict", stateLostRace},
		{"of many writers with one revision exactly one wins", stateOneWinner},
		{"no update is lost among writers that try again", stateNoLostUpdate},
		{"an item is there at the instant it expires and absent after it", stateExpiry},
		{"an expired item cannot be prolonged", stateExpiredUpdate},
		{"a revision from before the expiry never fits again", stateRevisionAfterExpiry},
		{"an item without expiry stays", stateNoExpiry},
		{"keys do not touch each other", stateKeys},
		{"the stored value is a copy", stateCopies},
		{"what was put survives a restart", stateDurable},
	}.run(t, open)
}

func (h Harness) mustPut(t *testing.T, item port.Item) int64 {
	t.Helper()
	revision, err := h.State.Put(t.Context(), item)
	must(t, err)
	if revision <= item.Revision {
		t.Fatalf("Put(%q) returned revision %d, want more than %d", item.Key, revision, item.Revision)
	}
	return revision
}

func (h Harness) mustConflict(t *testing.T, item port.Item) {
	t.Helper()
	if _, err := h.State.Put(t.Context(), item); !errors.Is(err, port.ErrConflict) {
		t.Fatalf("Put(%q, revision %d) = %v, want ErrConflict", item.Key, item.Revision, err)
	}
}

func (h Harness) mustHold(t *testing.T, key, value string, revision int64) {
	t.Helper()
	item, err := h.State.Get(t.Context(), key)
	must(t, err)
	if item.Key != key || string(item.Value) != value || item.Revision != revision {
		t.Fatalf("Get(%q) = %q revision %d of key %q, want %q revision %d", key, item.Value, item.Revision, item.Key, value, revision)
	}
}

func stateAbsent(t *testing.T, h Harness) {
	item, err := h.State.Get(t.Context(), "nobody")
	must(t, err)
	if item.Key != "nobody" || item.Revision != 0 || len(item.Value) != 0 || !item.Expires.IsZero() {
		t.Errorf("Get of an absent key = %+v", item)
	}
}

func stateRoundTrip(t *testing.T, h Harness) {
	expires := h.Now().Add(time.Hour).Truncate(time.Second)
	for name, value := range map[string][]byte{
		"nothing": nil, "text": []byte("held by w1"), "binary": {0, 1, 0xff, 0}, "large": bytes.Repeat([]byte("x"), 100_000),
	} {
		revision := h.mustPut(t, port.Item{Key: "key " + name, Value: value, Expires: expires})
		h.mustHold(t, "key "+name, string(value), revision)
		if item, err := h.State.Get(t.Context(), "key "+name); err != nil || !item.Expires.Equal(expires) {
			t.Errorf("%s: expires %v (%v), want %v", name, item.Expires, err, expires)
		}
		next := h.mustPut(t, port.Item{Key: "key " + name, Value: []byte("next"), Revision: revision})
		h.mustHold(t, "key "+name, "next", next)
	}
}

func stateInsertPresent(t *testing.T, h Harness) {
	revision := h.mustPut(t, port.Item{Key: "k", Value: []byte("first")})
	h.mustConflict(t, port.Item{Key: "k", Value: []byte("second")})
	h.mustHold(t, "k", "first", revision)
}

func stateUpdateAbsent(t *testing.T, h Harness) {
	h.mustConflict(t, port.Item{Key: "k", Value: []byte("v"), Revision: 7})
	h.mustHold(t, "k", "", 0)
}

func stateLostRace(t *testing.T, h Harness) {
	first := h.mustPut(t, port.Item{Key: "k", Value: []byte("a")})
	second := h.mustPut(t, port.Item{Key: "k", Value: []byte("b"), Revision: first})
	h.mustConflict(t, port.Item{Key: "k", Value: []byte("c"), Revision: first})
	h.mustConflict(t, port.Item{Key: "k", Value: []byte("c"), Revision: second + 1})
	h.mustHold(t, "k", "b", second)
}

func stateOneWinner(t *testing.T, h Harness) {
	revision := int64(0)
	for range 3 {
		var mu sync.Mutex
		var winners []string
		common := revision
		concurrently(16, func(i int) {
			mine := string(rune('a' + i))
			next, err := h.State.Put(t.Context(), port.Item{Key: "k", Value: []byte(mine), Revision: common})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				winners, revision = append(winners, mine), next
			} else if !errors.Is(err, port.ErrConflict) {
				t.Errorf("the loser was told %v, want ErrConflict", err)
			}
		})
		if len(winners) != 1 {
			t.Fatalf("%d writers won: %v", len(winners), winners)
		}
		h.mustHold(t, "k", winners[0], revision)
	}
}

func stateNoLostUpdate(t *testing.T, h Harness) {
	const writers, rounds = 8, 5
	concurrently(writers, func(int) {
		for done := 0; done < rounds; {
			item, err := h.State.Get(t.Context(), "count")
			if err != nil {
				t.Error(err)
				return
			}
			item.Value = append(item.Value, '+')
			if _, err := h.State.Put(t.Context(), item); err == nil {
				done++
			} else if !errors.Is(err, port.ErrConflict) {
				t.Error(err)
				return
			}
		}
	})
	if item, err := h.State.Get(t.Context(), "count"); err != nil || len(item.Value) != writers*rounds {
		t.Errorf("%d updates are left of %d (%v)", len(item.Value), writers*rounds, err)
	}
}

func stateExpiry(t *testing.T, h Harness) {
	expires := h.Now().Add(time.Minute)
	revision := h.mustPut(t, port.Item{Key: "lease", Value: []byte("w1"), Expires: expires})
	h.Advance(time.Minute - h.tick())
	h.mustHold(t, "lease", "w1", revision)
	h.mustConflict(t, port.Item{Key: "lease", Value: []byte("w2")})
	if h.Now().Add(h.tick()).Equal(expires) {
		h.Advance(h.tick())
		h.mustHold(t, "lease", "w1", revision)
		h.mustConflict(t, port.Item{Key: "lease", Value: []byte("w2")})
	}
	h.Advance(2 * h.tick())
	h.mustHold(t, "lease", "", 0)
	next := h.mustPut(t, port.Item{Key: "lease", Value: []byte("w2")})
	h.mustHold(t, "lease", "w2", next)
}

func stateExpiredUpdate(t *testing.T, h Harness) {
	revision := h.mustPut(t, port.Item{Key: "lease", Value: []byte("w1"), Expires: h.Now().Add(time.Minute)})
	h.Advance(time.Minute + 2*h.tick())
	h.mustConflict(t, port.Item{Key: "lease", Value: []byte("w1"), Revision: revision, Expires: h.Now().Add(time.Minute)})
	h.mustHold(t, "lease", "", 0)
}

func stateRevisionAfterExpiry(t *testing.T, h Harness) {
	old := h.mustPut(t, port.Item{Key: "lease", Value: []byte("w1"), Expires: h.Now().Add(time.Minute)})
	h.Advance(time.Minute + 2*h.tick())
	taken := h.mustPut(t, port.Item{Key: "lease", Value: []byte("w2")})
	h.mustConflict(t, port.Item{Key: "lease", Value: []byte("w1"), Revision: old})
	h.mustHold(t, "lease", "w2", taken)
}

func stateNoExpiry(t *testing.T, h Harness) {
	if h.Patience > 0 {
		return // a clock that really runs cannot go on by years
	}
	revision := h.mustPut(t, port.Item{Key: "version", Value: []byte("7")})
	h.Advance(20 * 365 * 24 * time.Hour)
	h.mustHold(t, "version", "7", revision)
}

func stateKeys(t *testing.T, h Harness) {
	keys := []string{"a", "A", "a/b", "a b", "ä", "a%", "a_", "a'--", strings.Repeat("k", 1000)}
	revisions := map[string]int64{}
	for _, key := range keys {
		revisions[key] = h.mustPut(t, port.Item{Key: key, Value: []byte("of " + key)})
	}
	for _, key := range keys {
		h.mustHold(t, key, "of "+key, revisions[key])
	}
}

func stateCopies(t *testing.T, h Harness) {
	value := []byte("abc")
	revision := h.mustPut(t, port.Item{Key: "k", Value: value})
	value[0] = 'X'
	item, err := h.State.Get(t.Context(), "k")
	must(t, err)
	item.Value[1] = 'X'
	h.mustHold(t, "k", "abc", revision)
}

func stateDurable(t *testing.T, h Harness) {
	first := h.mustPut(t, port.Item{Key: "k", Value: []byte("a")})
	second := h.mustPut(t, port.Item{Key: "k", Value: []byte("b"), Revision: first})
	h = h.reopened(t)
	h.mustHold(t, "k", "b", second)
	h.mustConflict(t, port.Item{Key: "k", Value: []byte("c"), Revision: first})
	h.mustPut(t, port.Item{Key: "k", Value: []byte("c"), Revision: second})
}

// tick is the harness's step of time, a nanosecond if it names none.
func (h Harness) tick() time.Duration { return max(h.Tick, time.Nanosecond) }

// concurrently calls f n times at once and waits for all.
func concurrently(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}
