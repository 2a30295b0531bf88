package local

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/port"
	"causeway.example/shared/routes"
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

// hold keeps the writer busy until release, so that the changes handed over in the
// meantime meet in one transaction.
func hold(t *testing.T, w *writer) (release func()) {
	t.Helper()
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		_ = w.write(context.Background(), "holding", func(*tx) error { close(started); <-ended; return nil })
	}()
	<-started
	return func() { close(ended) }
}

// A change that fails takes back what it did, its counts included, and nothing of
// the others in its transaction.
func TestFailedChangeTakesOnlyItselfBack(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	q := s.queues[routes.Inbox("shop")]
	boom := errors.New("boom")
	release := hold(t, s.writer)
	const changes = 9
	results := make(chan error, changes)
	var transactions []*tx
	for i := range changes {
		c := &change{canceled: func() error { return nil }, done: make(chan struct{}), apply: func(x *tx) error {
			transactions = append(transactions, x)
			if err := s.insert(x, q, []letter{{data: []byte("m")}}); err != nil || i%3 != 1 {
				return err
			}
			return boom
		}}
		s.writer.changes <- c
		go func() { <-c.done; results <- c.err }()
	}
	release()
	failed := 0
	for range changes {
		if err := <-results; errors.Is(err, boom) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	for _, x := range transactions {
		if x != transactions[0] {
			t.Error("the changes were not in one transaction")
		}
	}
	batch, err := s.Receive(t.Context(), q.name, 99, 0)
	depths, errDepths := s.Depths(t.Context())
	if err != nil || errDepths != nil || failed != 3 || len(batch) != 6 || depths[0].InFlight != 6 || depths[0].Visible != 0 {
		t.Errorf("%d failed, %d are there (%v), counted as %+v (%v)", failed, len(batch), err, depths, errDepths)
	}
}

// If the transaction as a whole is lost, everybody in it is told, and the writer
// goes on.
func TestLostTransactionFailsEveryChangeInIt(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	release := hold(t, s.writer)
	results := make(chan error, 2)
	for _, apply := range []func(*tx) error{
		func(x *tx) error { return s.insert(x, s.queues[routes.Inbox("shop")], []letter{{data: []byte("m")}}) },
		func(x *tx) error { _, err := x.exec("ROLLBACK"); return errors.Join(err, errors.New("gone")) },
	} {
		c := &change{canceled: func() error { return nil }, apply: apply, done: make(chan struct{})}
		s.writer.changes <- c
		go func() { <-c.done; results <- c.err }()
	}
	release()
	for range 2 {
		if err := <-results; err == nil {
			t.Error("a change of a lost transaction was reported as stored")
		}
	}
	if batch, err := s.Receive(t.Context(), routes.Inbox("shop"), 1, 0); err != nil || len(batch) != 0 {
		t.Errorf("received %d, %v", len(batch), err)
	}
	if _, err := s.Store(t.Context(), []byte("next")); err != nil {
		t.Errorf("the writer did not go on: %v", err)
	}
}

// What a change that failed had named must not be remembered as named.
func TestNamesOfAFailedChangeAreForgotten(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(x *tx) error{
		"change":      func(*tx) error { return errors.New("so be it") },
		"transaction": func(x *tx) error { _, err := x.exec("ROLLBACK"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openStore(t)
			entry := port.Entry{At: time.Now(), Trace: "t", Outcome: "o"}
			err := s.writer.write(t.Context(), "failing", func(x *tx) error {
				return errors.Join(s.appendEntries(x, []port.Entry{entry}), fail(x))
			})
			if err == nil {
				t.Fatal("the change did not fail")
			}
			if err := s.Append(t.Context(), entry); err != nil {
				t.Fatal(err)
			}
			if found, err := s.Find(t.Context(), port.Query{Trace: "t"}); err != nil || len(found) != 1 {
				t.Errorf("found %d entries, %v", len(found), err)
			}
		})
	}
}

// The memory of names is bounded, and names it has forgotten are looked up.
func TestNamesAreForgottenInTime(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	entry := port.Entry{At: time.Now(), Trace: "t", Outcome: "o"}
	for _, text := range []string{"first", "second"} {
		entry.Outcome = text
		if err := s.Append(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		if err := s.writer.write(t.Context(), "filling", func(x *tx) error { return fillNames(x, text) }); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := s.Find(t.Context(), port.Query{Trace: "t"}); err != nil || len(found) != 2 {
		t.Errorf("found %d entries, %v", len(found), err)
	}
}

func fillNames(x *tx, text string) error {
	for i := range maxNames {
		x.w.names[strconv.Itoa(i)] = int64(-1 - i)
	}
	_, err := x.name(text)
	if len(x.w.names) != 1 {
		return errors.New("names were not forgotten")
	}
	return err
}

func TestChangeIsCanceledOnlyBeforeItsTurn(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.writer.write(ctx, "late", func(*tx) error { cancel(); return nil })
	if err != nil {
		t.Errorf("a change under way was reported as failed: %v", err)
	}
	err = s.writer.write(ctx, "early", func(*tx) error { t.Error("applied"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("write = %v", err)
	}
}
