package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
)

func openFile(t *testing.T) *File {
	t.Helper()
	f, err := Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// hold keeps the writer busy until release, so that the changes handed over in the
// meantime meet in one transaction.
func hold(t *testing.T, f *File) (release func()) {
	t.Helper()
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		_ = f.Write(context.Background(), "holding", func(*Tx) error { close(started); <-ended; return nil })
	}()
	<-started
	return func() { close(ended) }
}

// send adds a body and counts it.
func send(x *Tx) error {
	_, err := x.Exec(`INSERT INTO body (id, data, attributes) VALUES (?, ?, '')`, x.NewID(), []byte("m"))
	x.Count("queue", "shop-inbox", 1)
	return err
}

// number returns the one number that the query finds, 0 if it finds none.
func number(t *testing.T, f *File, query string) (n int) {
	t.Helper()
	if err := f.Rows(t.Context(), query, func(row Row) error { return row.Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	sentBodies  = `SELECT count(*) FROM body`
	countedSent = `SELECT n FROM counter WHERE kind = 'queue' AND name = 'shop-inbox'`
)

// A change that fails takes back what it did, its counts included, and nothing of
// the others in its transaction.
func TestFailedChangeTakesOnlyItselfBack(t *testing.T) {
	t.Parallel()
	f := openFile(t)
	boom := errors.New("boom")
	release := hold(t, f)
	const changes = 9
	results := make(chan error, changes)
	var transactions []*Tx
	for i := range changes {
		c := &change{canceled: func() error { return nil }, done: make(chan struct{}), apply: func(x *Tx) error {
			transactions = append(transactions, x)
			if err := send(x); err != nil || i%3 != 1 {
				return err
			}
			return boom
		}}
		f.writer.changes <- c
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
	if stored, counted := number(t, f, sentBodies), number(t, f, countedSent); failed != 3 || stored != 6 || counted != 6 {
		t.Errorf("%d failed, %d are stored, %d counted; want 3, 6, 6", failed, stored, counted)
	}
}

// If the transaction as a whole is lost, every change in it fails, and the writer goes on.
func TestLostTransactionFailsEveryChangeInIt(t *testing.T) {
	t.Parallel()
	f := openFile(t)
	release := hold(t, f)
	results := make(chan error, 2)
	for _, apply := range []func(*Tx) error{
		send,
		func(x *Tx) error { _, err := x.Exec("ROLLBACK"); return errors.Join(err, errors.New("gone")) },
	} {
		c := &change{canceled: func() error { return nil }, apply: apply, done: make(chan struct{})}
		f.writer.changes <- c
		go func() { <-c.done; results <- c.err }()
	}
	release()
	for range 2 {
		if err := <-results; err == nil {
			t.Error("a change of a lost transaction was reported as stored")
		}
	}
	if stored, counted := number(t, f, sentBodies), number(t, f, countedSent); stored != 0 || counted != 0 {
		t.Errorf("%d are stored, %d counted", stored, counted)
	}
	if err := f.Write(t.Context(), "sending", send); err != nil || number(t, f, sentBodies) != 1 {
		t.Errorf("the writer did not go on: %v", err)
	}
}

// mustName returns the id that the name has in the file.
func mustName(t *testing.T, f *File, text string) (id int64) {
	t.Helper()
	err := f.Write(t.Context(), "naming", func(x *Tx) error {
		ids, err := x.Names(text)
		id = ids[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := ""
	err = f.Rows(t.Context(), `SELECT text FROM name WHERE id = ?`, func(row Row) error { return row.Scan(&stored) }, id)
	if err != nil || stored != text {
		t.Errorf("id %d is of name %q, want %q: %v", id, stored, text, err)
	}
	return id
}

// A name that a failed change added is not remembered.
func TestNamesOfAFailedChangeAreForgotten(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(x *Tx) error{
		"change":      func(*Tx) error { return errors.New("so be it") },
		"transaction": func(x *Tx) error { _, err := x.Exec("ROLLBACK"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openFile(t)
			err := f.Write(t.Context(), "failing", func(x *Tx) error {
				_, err := x.Names("t")
				return errors.Join(err, fail(x))
			})
			if err == nil {
				t.Fatal("the change did not fail")
			}
			mustName(t, f, "t")
		})
	}
}

// The memory of names is bounded, and names it has forgotten are looked up.
func TestNamesAreForgottenInTime(t *testing.T) {
	t.Parallel()
	f := openFile(t)
	known := mustName(t, f, "t")
	for _, text := range []string{"first", "second"} {
		if err := f.Write(t.Context(), "filling", func(x *Tx) error { return fillNames(x, text) }); err != nil {
			t.Fatal(err)
		}
		if id := mustName(t, f, "t"); id != known {
			t.Errorf("the name has id %d, and had %d", id, known)
		}
	}
}

func fillNames(x *Tx, text string) error {
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
	f := openFile(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Write(ctx, "late", func(*Tx) error { cancel(); return nil })
	if err != nil {
		t.Errorf("a change in flight was reported as failed: %v", err)
	}
	err = f.Write(ctx, "early", func(*Tx) error { t.Error("applied"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v", err)
	}
}
