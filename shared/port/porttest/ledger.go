package porttest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// TestLedger proves a port.Ledger.
func TestLedger(t *testing.T, open Open) {
	t.Helper()
	cases{
		{"every field of an entry comes back", ledgerRoundTrip},
		{"entries of one instant keep the order of appending", ledgerOrder},
		{"the oldest comes first, whenever it was appended", ledgerOldestFirst},
		{"a query finds what matches every field set in it", ledgerQueries},
		{"since includes its instant", ledgerSince},
		{"a limit keeps the oldest", ledgerLimit},
		{"newest first is the reverse, and a limit keeps the newest", ledgerNewest},
		{"newest first by entity begins with what was published last", ledgerNewestByEntity},
		{"a query by hash finds the entries of a canonical body", ledgerHash},
		{"a query by a search key finds the entries that have it, newest first with a limit", ledgerKeys},
		{"until includes its instant, and pages go back with it", ledgerUntil},
		{"an address is found by its hash under the secrets", ledgerAddresses},
		{"an entry that is appended again counts once", ledgerIdempotent},
		{"an entry that is appended again after a restart counts once", ledgerIdempotentDurable},
		{"entries of one identity are one entry", ledgerIdentity},
		{"what repeats by nature is kept each time", ledgerRepeats},
		{"no entries are appended without an error", ledgerEmpty},
		{"entries of many writers are all kept", ledgerConcurrent},
		{"what was appended survives a restart", ledgerDurable},
	}.run(t, open)
}

func orderKey(id string) message.Key {
	return message.Key{System: "shop", Tenant: "brand.example", Type: "order", ID: id}
}

func (h Harness) mustAppend(t *testing.T, entries ...port.Entry) {
	t.Helper()
	must(t, h.Ledger.Append(t.Context(), entries...))
}

// mustFind checks the outcomes, which each entry has one of its own of.
func (h Harness) mustFind(t *testing.T, query port.Query, want ...string) {
	t.Helper()
	found, err := h.Ledger.Find(t.Context(), query)
	must(t, err)
	got := []string{}
	for _, entry := range found {
		got = append(got, entry.Outcome)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Find(%+v) = %q, want %q", query, got, want)
	}
}

func ledgerRoundTrip(t *testing.T, h Harness) {
	at := h.Now().UTC()
	want := port.Entry{
		At: at, Trace: "t1", Event: "e1", Causation: "r1", Entity: orderKey("5/1"), Version: message.NewSequence(at, false, time.Time{}),
		Type: "order.placed", Route: "shop-orders-to-erp", Stage: port.Sent, Attempt: 2, ReceiveCount: 3, RedriveCount: 1,
		Outcome: "503 ‹ambiguous›", Notes: []connector.Note{{Field: "country", What: "UK read as GB"}},
		Error: &port.EntryError{
			Kind: "unavailable", Class: fault.Ambiguous, Code: "E1", Field: "total", Status: 503,
			Fingerprint: "a1f09c2e", Message: "no answer",
		},
		Hashes: port.Hashes{Source: "1", Canonical: "2", Target: "3"}, TargetRef: "SO-1",
		Next: at.Add(time.Minute), Took: 310 * time.Millisecond, Function: "erp-deliver", Build: "1.2.3",
	}
	h.mustAppend(t, want)
	found, err := h.Ledger.Find(t.Context(), port.Query{Trace: "t1"})
	must(t, err)
	if len(found) != 1 || !found[0].At.Equal(want.At) || !found[0].Next.Equal(want.Next) {
		t.Fatalf("found %+v, want one entry as of %v", found, want.At)
	}
	found[0].At, found[0].Next = want.At, want.Next // equal instants may differ in their zone
	want.ID = want.Identity()
	if !reflect.DeepEqual(found[0], want) {
		t.Errorf("found %+v\nwant  %+v", found[0], want)
	}
}

func ledgerOrder(t *testing.T, h Harness) {
	at := h.Now()
	var entries []port.Entry
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprint("step ", i))
		entries = append(entries, port.Entry{At: at, Trace: "t", Stage: port.Sent, Outcome: want[i]})
	}
	h.mustAppend(t, entries[:55]...)
	for _, entry := range entries[55:] {
		h.mustAppend(t, entry)
	}
	h.mustFind(t, port.Query{Trace: "t"}, want...)
}

func ledgerOldestFirst(t *testing.T, h Harness) {
	at := h.Now()
	for _, second := range []int{3, 1, 2} {
		h.mustAppend(t, port.Entry{At: at.Add(time.Duration(second) * time.Second), Trace: "t", Entity: orderKey("1"), Outcome: fmt.Sprint(second)})
	}
	h.mustFind(t, port.Query{Trace: "t"}, "1", "2", "3")
	h.mustFind(t, port.Query{Entity: orderKey("1")}, "1", "2", "3")
	h.mustFind(t, port.Query{}, "1", "2", "3")
}

func ledgerQueries(t *testing.T, h Harness) {
	at := h.Now()
	h.mustAppend(t,
		port.Entry{At: at, Trace: "t1", Event: "r1", Stage: port.Received, Outcome: "a"},
		port.Entry{At: at, Trace: "t1", Event: "e1", Entity: orderKey("1"), Route: "x", Stage: port.Confirmed, Outcome: "b"},
		port.Entry{At: at, Trace: "t1", Event: "e1", Entity: orderKey("1"), Route: "y", Stage: port.Dead, Outcome: "c"},
		port.Entry{At: at, Trace: "t2", Event: "e2", Entity: orderKey("2"), Route: "x", Stage: port.Dead, Outcome: "d"})
	h.Advance(2 * time.Second)
	h.mustAppend(t, port.Entry{At: h.Now(), Trace: "t3", Event: "e3", Entity: orderKey("1"), Route: "x", Stage: port.Confirmed, Outcome: "e"})
	h.mustFind(t, port.Query{}, "a", "b", "c", "d", "e")
	h.mustFind(t, port.Query{Trace: "t1"}, "a", "b", "c")
	h.mustFind(t, port.Query{Event: "e1"}, "b", "c")
	h.mustFind(t, port.Query{Entity: orderKey("1")}, "b", "c", "e")
	h.mustFind(t, port.Query{Route: "x"}, "b", "d", "e")
	h.mustFind(t, port.Query{Stage: port.Dead}, "c", "d")
	h.mustFind(t, port.Query{Route: "x", Stage: port.Confirmed}, "b", "e")
	h.mustFind(t, port.Query{Trace: "t1", Stage: port.Dead, Route: "y"}, "c")
	h.mustFind(t, port.Query{Entity: orderKey("1"), Route: "x", Since: at.Add(time.Second)}, "e")
	h.mustFind(t, port.Query{Trace: "t2", Event: "e1"})
	h.mustFind(t, port.Query{Trace: "t"})
	h.mustFind(t, port.Query{Entity: message.Key{System: "shop", Tenant: "brand.example", Type: "order", ID: "3"}})
}

func ledgerSince(t *testing.T, h Harness) {
	at := h.Now()
	for i, outcome := range []string{"before", "at", "after"} {
		h.mustAppend(t, port.Entry{At: at.Add(time.Duration(i-1) * time.Second), Trace: "t", Outcome: outcome})
	}
	h.mustFind(t, port.Query{Since: at}, "at", "after")
	h.mustFind(t, port.Query{Since: at, Trace: "t"}, "at", "after")
	h.mustFind(t, port.Query{Since: at.Add(time.Minute)})
}

func ledgerLimit(t *testing.T, h Harness) {
	at := h.Now()
	for i, outcome := range []string{"1", "2", "3", "4"} {
		h.mustAppend(t, port.Entry{At: at.Add(time.Duration(i) * time.Second), Trace: "t", Route: fmt.Sprint(i % 2), Outcome: outcome})
	}
	h.mustFind(t, port.Query{Limit: 3}, "1", "2", "3")
	h.mustFind(t, port.Query{Trace: "t", Limit: 1}, "1")
	h.mustFind(t, port.Query{Route: "1", Limit: 2}, "2", "4")
	h.mustFind(t, port.Query{Trace: "t", Limit: 99}, "1", "2", "3", "4")
}

func ledgerEmpty(t *testing.T, h Harness) {
	h.mustAppend(t)
	h.mustFind(t, port.Query{})
	h.mustFind(t, port.Query{Trace: "t"})
}

func ledgerConcurrent(t *testing.T, h Harness) {
	at := h.Now()
	concurrently(8, func(i int) {
		for j := range 10 {
			entry := port.Entry{At: at, Trace: fmt.Sprint("t", i), Outcome: fmt.Sprint(j)}
			if err := h.Ledger.Append(t.Context(), entry); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 8 {
		h.mustFind(t, port.Query{Trace: fmt.Sprint("t", i)}, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	}
}

func ledgerDurable(t *testing.T, h Harness) {
	at := h.Now()
	h.mustAppend(t, port.Entry{At: at, Trace: "t", Outcome: "first"})
	h = h.reopened(t)
	h.mustAppend(t, port.Entry{At: at, Trace: "t", Outcome: "second"})
	h.mustFind(t, port.Query{Trace: "t"}, "first", "second")
}
