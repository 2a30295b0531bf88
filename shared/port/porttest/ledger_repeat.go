package porttest

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// ended is an entry as a function appends it when it is done with a message.
func ended(h Harness, stage port.Stage) port.Entry {
	return port.Entry{
		At: h.Now(), Trace: "t", Event: "e", Causation: "r", Entity: orderKey("1"), Route: "shop-orders-to-erp", Stage: stage,
		Attempt: 1, ReceiveCount: 1, Outcome: "first", Function: "erp-deliver", Message: "m1",
	}
}

// repeated is the entry as the function appends it again after it was killed.
func repeated(e port.Entry) port.Entry {
	e.At, e.ReceiveCount, e.Took, e.Build = e.At.Add(2*time.Second), 2, time.Second, "later"
	return e
}

// published makes the entities' entries found: it is appended before any on a route.
func published(h Harness) port.Entry {
	return port.Entry{At: h.Now(), Trace: "t", Event: "e", Causation: "r", Entity: orderKey("1"), Stage: port.Published, Outcome: "published", Function: "shop-translate"}
}

func ledgerIdempotent(t *testing.T, h Harness) {
	sent, dead := ended(h, port.Sent), ended(h, port.Dead)
	sent.Outcome, dead.Outcome = "sent", "dead"
	h.mustAppend(t, published(h), repeated(published(h)))
	h.mustAppend(t, sent, dead)
	h.mustAppend(t, repeated(sent), repeated(dead))
	h.mustAppend(t, repeated(dead))
	for _, query := range []port.Query{{Trace: "t"}, {Event: "e"}, {Entity: orderKey("1")}, {}} {
		h.mustFind(t, query, "published", "sent", "dead")
	}
	h.mustFind(t, port.Query{Stage: port.Dead}, "dead")
	h.mustFind(t, port.Query{Trace: "t", Limit: 2}, "published", "sent")
	h.mustFind(t, port.Query{Route: "shop-orders-to-erp"}, "sent", "dead")
	found, err := h.Ledger.Find(t.Context(), port.Query{Trace: "t", Stage: port.Dead})
	must(t, err)
	if len(found) != 1 || found[0].ID != dead.Identity() || found[0].ReceiveCount != 1 {
		t.Errorf("found %+v, want the first with its id %s", found, dead.Identity())
	}
}

func ledgerIdempotentDurable(t *testing.T, h Harness) {
	entry := ended(h, port.Confirmed)
	h.mustAppend(t, entry)
	h = h.reopened(t)
	h.mustAppend(t, repeated(entry))
	h.mustFind(t, port.Query{Trace: "t"}, "first")
}

func ledgerIdentity(t *testing.T, h Harness) {
	one, same, other := ended(h, port.Sent), ended(h, port.Sent), ended(h, port.Sent)
	one.ID, same.ID, other.ID = "chosen", "chosen", "another"
	same.Outcome, other.Outcome = "ignored", "second"
	h.mustAppend(t, one, same, other)
	h.mustFind(t, port.Query{Trace: "t"}, "first", "second")
	found, err := h.Ledger.Find(t.Context(), port.Query{Trace: "t"})
	must(t, err)
	if found[0].ID != "chosen" || found[1].ID != "another" {
		t.Errorf("found the ids %q and %q", found[0].ID, found[1].ID)
	}
}

func ledgerRepeats(t *testing.T, h Harness) {
	for i := range 3 {
		e := ended(h, port.Deferred)
		e.At, e.Outcome = e.At.Add(time.Duration(i)*time.Second), fmt.Sprint("wait ", i)
		h.mustAppend(t, e, e)
	}
	copied := ended(h, port.Skipped)
	copied.Outcome, copied.At = "copy", copied.At.Add(3*time.Second)
	h.mustAppend(t, copied)
	h.mustAppend(t, repeated(copied))
	copied.Message, copied.Outcome = "m2", "another copy"
	h.mustAppend(t, copied)
	again := ended(h, port.Dead)
	again.Message, again.Outcome, again.At = "m3", "put back by hand", again.At.Add(time.Minute)
	redriven := ended(h, port.Dead)
	redriven.RedriveCount, redriven.Outcome, redriven.At = 1, "redriven", redriven.At.Add(2*time.Minute)
	h.mustAppend(t, again)
	h.mustAppend(t, redriven)
	h.mustFind(t, port.Query{Trace: "t"}, "wait 0", "wait 1", "wait 2", "copy", "another copy", "put back by hand", "redriven")
	h.mustFind(t, port.Query{Stage: port.Dead}, "put back by hand", "redriven")
}

func ledgerNewest(t *testing.T, h Harness) {
	at := h.Now()
	for i, outcome := range []string{"1", "2", "3", "4", "5"} {
		h.mustAppend(t, port.Entry{At: at.Add(time.Duration(i/2) * time.Second), Trace: "t", Event: "e", Route: fmt.Sprint(i % 2), Stage: port.Dead, Outcome: outcome, Attempt: i})
	}
	h.mustFind(t, port.Query{Trace: "t", Newest: true}, "5", "4", "3", "2", "1")
	h.mustFind(t, port.Query{Trace: "t", Newest: true, Limit: 2}, "5", "4")
	h.mustFind(t, port.Query{Stage: port.Dead, Newest: true, Limit: 3}, "5", "4", "3")
	h.mustFind(t, port.Query{Trace: "t", Newest: true, Since: at.Add(time.Second)}, "5", "4", "3")
	h.mustFind(t, port.Query{Trace: "t", Route: "1", Newest: true, Limit: 1}, "4")
	h.mustFind(t, port.Query{Event: "e", Newest: true, Limit: 99}, "5", "4", "3", "2", "1")
	h.mustFind(t, port.Query{Newest: true, Limit: 1}, "5")
}

func ledgerNewestByEntity(t *testing.T, h Harness) {
	at := h.Now()
	for i := range 30 {
		e := port.Entry{
			At: at.Add(time.Duration(i) * time.Second), Trace: fmt.Sprint("trace", i), Event: fmt.Sprint("event", i%7), Causation: "r",
			Entity: orderKey("1"), Stage: port.Published, Outcome: fmt.Sprint("published ", i),
		}
		h.mustAppend(t, e)
		e.At, e.Route, e.Stage, e.Outcome = e.At.Add(time.Millisecond), "x", port.Confirmed, fmt.Sprint("confirmed ", i)
		h.mustAppend(t, e)
	}
	h.mustFind(t, port.Query{Entity: orderKey("1"), Newest: true, Limit: 3}, "confirmed 29", "published 29", "confirmed 28")
	h.mustFind(t, port.Query{Entity: orderKey("1"), Stage: port.Published, Newest: true, Limit: 2}, "published 29", "published 28")
	h.mustFind(t, port.Query{Entity: orderKey("1"), Limit: 3}, "published 0", "confirmed 0", "published 1")
	h.mustFind(t, port.Query{Event: "event3", Route: "x", Newest: true, Limit: 2}, "confirmed 24", "confirmed 17")
	h.mustFind(t, port.Query{Event: "event3", Limit: 3}, "published 3", "confirmed 3", "published 10")
	h.mustFind(t, port.Query{Entity: orderKey("1"), Since: at.Add(28 * time.Second), Limit: 3}, "published 28", "confirmed 28", "published 29")
	h.mustFind(t, port.Query{Entity: message.Key{System: "shop", Type: "order", ID: "1"}, Newest: true, Limit: 1})
}

func ledgerHash(t *testing.T, h Harness) {
	at := h.Now()
	for i, hash := range []string{"aa", "bb", "", "aa"} {
		h.mustAppend(t, port.Entry{
			At: at.Add(time.Duration(i) * time.Second), Trace: fmt.Sprint("t", i), Entity: orderKey("1"), Stage: port.Published,
			Hashes: port.Hashes{Source: "cc", Canonical: hash}, Outcome: fmt.Sprint(i),
		})
	}
	h.mustFind(t, port.Query{Entity: orderKey("1"), Hash: "aa"}, "0", "3")
	h.mustFind(t, port.Query{Entity: orderKey("1"), Hash: "aa", Newest: true, Limit: 1}, "3")
	h.mustFind(t, port.Query{Hash: "bb"}, "1")
	h.mustFind(t, port.Query{Hash: "cc"})
}
