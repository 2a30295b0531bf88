package local

import (
	"errors"
	"testing"
	"time"

	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// A message of a change that failed is neither received nor counted.
func TestAFailedChangeSendsNothing(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	q := s.queues[routes.Inbox("shop")]
	for i := range 9 {
		err := s.file.Write(t.Context(), "sending", func(x *sqlite.Tx) error {
			if _, err := s.insert(x, q, []letter{{data: []byte("m")}}); err != nil || i%3 != 1 {
				return err
			}
			return errors.New("boom")
		})
		if (err != nil) != (i%3 == 1) {
			t.Errorf("change %d: %v", i, err)
		}
	}
	batch, err := s.Receive(t.Context(), q.name, 99, 0)
	depths, errDepths := s.Depths(t.Context())
	if err != nil || errDepths != nil || len(batch) != 6 || depths[0].InFlight != 6 || depths[0].Visible != 0 {
		t.Errorf("%d are there (%v), counted as %+v (%v)", len(batch), err, depths, errDepths)
	}
}

// An entry that was lost with its change, or with the whole transaction, is found once it is
// appended again.
func TestAnEntryOfAFailedChangeIsFoundWhenItIsAppendedAgain(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(x *sqlite.Tx) error{
		"change":      func(*sqlite.Tx) error { return errors.New("so be it") },
		"transaction": func(x *sqlite.Tx) error { _, err := x.Exec("ROLLBACK"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openStore(t)
			entry := port.Entry{At: time.Now(), Trace: "t", Outcome: "o"}
			err := s.file.Write(t.Context(), "failing", func(x *sqlite.Tx) error {
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
