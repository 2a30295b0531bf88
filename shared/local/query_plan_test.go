package local

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

func openStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: time.Now, Systems: []string{"shop"}, Visibility: time.Minute, MaxReceives: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func noonClock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// Each of these queries finds its rows in the order of the result: SQLite stops at the
// limit, however many rows there are. A sort would read them all.
func TestALimitBoundsWhatAQueryReads(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	entity := message.Key{System: "shop", Tenant: "brand", Type: "order", ID: "1"}
	for name, q := range map[string]port.Query{
		"everything":     {},
		"trace":          {Trace: "t"},
		"event":          {Event: "e"},
		"entity":         {Entity: entity},
		"route":          {Route: "r"},
		"stage":          {Stage: port.Dead},
		"route's stage":  {Route: "r", Stage: port.Dead},
		"entity's stage": {Entity: entity, Stage: port.Published, Hash: "h"},
		"since":          {Since: noonClock()},
		"entity since":   {Entity: entity, Since: noonClock()},
		"key":            {Key: "number:1001"},
		"key until":      {Key: "number:1001", Until: noonClock()},
		"trace until":    {Trace: "t", Until: noonClock()},
		"stage since":    {Stage: port.Dead, Since: noonClock()},
	} {
		q.Limit = 20
		for _, q.Newest = range []bool{false, true} {
			if plan := explain(t, s, q); strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("by %s (newest first: %v): %s", name, q.Newest, plan)
			}
		}
	}
}

// Browsing reads each message of a queue once: a page begins at its first id, and does not
// look for it in an index of the whole queue.
func TestBrowsingReadsAPageByItsIDs(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	var plan string
	err := s.file.Rows(t.Context(), "EXPLAIN QUERY PLAN "+pageQuery, func(row sqlite.Row) error {
		var id, parent, unused int
		var step string
		err := row.Scan(&id, &parent, &unused, &step)
		plan += step + "; "
		return err
	}, 1, 1, 2)
	if err != nil || strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "SEARCH i USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)") {
		t.Errorf("%s %v", plan, err)
	}
}

func explain(t *testing.T, s *Store, q port.Query) (plan string) {
	t.Helper()
	query, args := selection(q)
	err := s.file.Rows(context.Background(), "EXPLAIN QUERY PLAN "+query, func(row sqlite.Row) error {
		var id, parent, unused int
		var step string
		err := row.Scan(&id, &parent, &unused, &step)
		plan += step + "; "
		return err
	}, args...)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// 50,000 entries of one entity cost a page of 20 no more than a hundred do.
func TestAPageOfABusyEntityIsQuick(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	entity := message.Key{System: "shop", Tenant: "brand", Type: "order", ID: "1"}
	for batch := range 50 {
		entries := make([]port.Entry, 1000)
		for i := range entries {
			n := batch*1000 + i
			entries[i] = port.Entry{At: noonClock().Add(time.Duration(n) * time.Second), Trace: fmt.Sprint("t", n), Entity: entity, Stage: port.Published, Outcome: fmt.Sprint(n)}
		}
		if err := s.Append(t.Context(), entries...); err != nil {
			t.Fatal(err)
		}
	}
	for newest, want := range map[bool]string{false: "0 19", true: "49999 49980"} {
		found, err := s.Find(t.Context(), port.Query{Entity: entity, Limit: 20, Newest: newest})
		if err != nil || len(found) != 20 {
			t.Fatalf("found %d entries, %v", len(found), err)
		}
		if got := found[0].Outcome + " " + found[19].Outcome; got != want {
			t.Errorf("newest first: %v: found %s, want %s", newest, got, want)
		}
	}
}

// hold keeps the writer busy until release.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.file.Write(context.Background(), "holding", func(*sqlite.Tx) error { close(started); <-ended; return nil })
	}()
	<-started
	return func() { close(ended) }
}

// A receiver that finds nothing does not take a turn of the writer.
func TestAnEmptyReceiveIsNoTransaction(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	release := hold(t, s)
	defer release()
	batch, err := s.Receive(t.Context(), "shop-inbox", 10, time.Millisecond)
	if err != nil || len(batch) != 0 {
		t.Errorf("received %v, %v", batch, err)
	}
}

// A receiver that waits at a queue in which nothing will be visible does not even read: it misses
// what is put there behind its back, until the bell rings.
func TestAQueueInWhichNothingChangedIsNotRead(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	q := s.queues["shop-inbox"]
	receive := func(wait time.Duration) int {
		t.Helper()
		batch, err := s.Receive(t.Context(), q.name, 1, wait)
		if err != nil {
			t.Fatal(err)
		}
		return len(batch)
	}
	put := func() {
		t.Helper()
		err := s.file.Write(t.Context(), "putting", func(tx *sqlite.Tx) error {
			_, err := s.insert(tx, q, []letter{{data: []byte("1")}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if receive(time.Millisecond) != 0 {
		t.Fatal("it is not empty")
	}
	put()
	if receive(time.Millisecond) != 0 {
		t.Error("it was read although nothing had changed")
	}
	if q.bell.ring(); receive(time.Minute) != 1 {
		t.Error("it was not read after the bell")
	}
	receive(time.Millisecond)
	if put(); receive(0) != 1 {
		t.Error("a receiver that does not wait does not read")
	}
}
