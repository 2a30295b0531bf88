package local_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

func TestSweepRemovesWhatOutlivedItsTimeAndNothingElse(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	c := config(t, clock.Now)
	c.LedgerRetention, c.VaultRetention = 30*24*time.Hour, 60*24*time.Hour
	s := mustOpen(t, c)
	var old []port.Entry
	for i := range 600 { // more than one transaction removes
		old = append(old, port.Entry{At: noon, Trace: fmt.Sprint("t", i), Stage: port.Confirmed, Route: "r", Outcome: "old"})
	}
	must(t, s.Append(t.Context(), old...))
	put(t, s, "lease", noon.Add(time.Minute))
	put(t, s, "version", time.Time{})
	claim, err := s.Store(t.Context(), []byte("body"))
	must(t, err)
	mustSend(t, s, inbox, "queued")

	clock.Advance(31 * 24 * time.Hour)
	put(t, s, "claim", clock.Now().Add(time.Hour))
	must(t, s.Append(t.Context(), port.Entry{At: clock.Now(), Trace: "new", Route: "r", Outcome: "new"}))
	checkSweep(t, s, 601)
	checkSweep(t, s, 0)
	found, err := s.Find(t.Context(), port.Query{Route: "r"})
	if err != nil || len(found) != 1 || found[0].Outcome != "new" {
		t.Errorf("the ledger kept %d entries (%v)", len(found), err)
	}
	if item, err := s.Get(t.Context(), "version"); err != nil || item.Revision == 0 {
		t.Errorf("a state without expiry is gone: %+v, %v", item, err)
	}
	if got := tally(t, s, "r"); got.Confirmed != 600 {
		t.Errorf("the tally forgot what was swept: %+v", got)
	}
	if _, err := s.Load(t.Context(), claim); err != nil {
		t.Errorf("the body went too early: %v", err)
	}
	clock.Advance(30*24*time.Hour + 2*time.Hour)
	checkSweep(t, s, 3)
	if _, err := s.Load(t.Context(), claim); err == nil {
		t.Error("the body outlived its retention")
	}
	if got := bodies(mustReceive(t, s, inbox, 1, 0)); got != "[queued]" {
		t.Errorf("a queued message was swept: %s", got)
	}
	must(t, s.Append(t.Context(), port.Entry{At: clock.Now(), Trace: "t0", Outcome: "again"}))
	if found, err := s.Find(t.Context(), port.Query{Trace: "t0"}); err != nil || len(found) != 1 {
		t.Errorf("of a trace that was swept once, %d new entries are found (%v)", len(found), err)
	}
	checkFile(t, c.Path)
}

func TestSweepKeepsEverythingWithoutRetention(t *testing.T) {
	t.Parallel()
	s, clock := openAt(t, noon)
	must(t, s.Append(t.Context(), port.Entry{At: noon, Outcome: "old"}))
	claim, err := s.Store(t.Context(), []byte("body"))
	must(t, err)
	clock.Advance(50 * 365 * 24 * time.Hour)
	checkSweep(t, s, 0)
	if _, err := s.Load(t.Context(), claim); err != nil {
		t.Error(err)
	}
}

func put(t *testing.T, s *local.Store, key string, expires time.Time) {
	t.Helper()
	_, err := s.Put(t.Context(), port.Item{Key: key, Value: []byte("v"), Expires: expires})
	must(t, err)
}

func checkSweep(t *testing.T, s *local.Store, want int64) {
	t.Helper()
	removed, err := s.Sweep(t.Context())
	must(t, err)
	if removed != want {
		t.Errorf("swept %d rows, want %d", removed, want)
	}
}
