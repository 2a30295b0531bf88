package crosswalk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/crosswalk"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// testEnv is a local store with a book.
type testEnv struct {
	*testing.T
	store *local.Store
	book  *crosswalk.Book
	woken []string
}

func newEnv(t *testing.T) *testEnv {
	t.Helper()
	e := &testEnv{T: t}
	table := reader().Routes
	now := func() time.Time { return noon }
	var err error
	e.store, err = local.Open(t.Context(), local.Config{
		Path: filepath.Join(t.TempDir(), "c.db"), Now: now, Routes: table, Systems: routes.Sources(table), Visibility: time.Minute, MaxReceives: 100, Build: "test",
	})
	e.must(err)
	t.Cleanup(func() { e.must(e.store.Close()) })
	desk, err := operate.New(e.store.Desk(), table)
	e.must(err)
	e.book = &crosswalk.Book{
		Operator: &redrive.Operator{Desk: desk, Who: "ana", Random: func() float64 { return 0.5 }},
		Wake: func(_ context.Context, in port.Incoming, _ time.Time) error {
			e.woken = append(e.woken, in.Queue+" "+in.Handle)
			return errors.New("it looks by itself")
		},
	}
	return e
}

func (e *testEnv) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func customer(id int) message.Key {
	return message.Key{System: "shop", Tenant: "brand.example", Type: "customer", ID: fmt.Sprint(id)}
}

func row(id int, ref string) crosswalk.Row {
	return crosswalk.Row{Target: "erp", Entity: customer(id), Ref: ref}
}

// record stores the record of a customer as it is changed.
func (e *testEnv) record(id int, change func(*entity.Record)) {
	e.Helper()
	r, err := entity.Load(e.Context(), e.store, "erp", customer(id), false)
	e.must(err)
	change(r)
	e.must(r.Save(e.Context(), e.store, noon))
}

func (e *testEnv) load(id int) *entity.Record {
	e.Helper()
	r, err := entity.Load(e.Context(), e.store, "erp", customer(id), false)
	e.must(err)
	return r
}

// Each state of a record has its verdict; only what is unbound, or may be bound anew, changes.
func TestARowChangesWhatIsUnbound(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.record(1, func(r *entity.Record) { r.Ref = "81" })
	e.record(2, func(r *entity.Record) {
		r.Ref, r.Confirmed = "99", &entity.Confirmed{Version: "5", Hash: "h", Tag: "etag", Effects: []string{"upsert"}}
	})
	e.record(3, func(r *entity.Record) { r.Lease = &retry.Span{Event: "e", Until: noon.Add(-time.Second)} })
	e.record(4, func(r *entity.Record) { r.Lease = &retry.Span{Event: "e", Until: noon.Add(-time.Hour)} })
	e.record(5, func(r *entity.Record) {
		r.Skipped = &entity.Skipped{Reason: "rule"}
		r.Wait(entity.Waiter{Event: "w", Queue: "q", Handle: "h"})
	})
	rows := []crosswalk.Row{row(1, "81"), row(2, "82"), row(3, "83"), row(4, "84"), row(5, "85"), row(6, "86")}
	verdicts := []crosswalk.Verdict{crosswalk.Same, crosswalk.Conflict, crosswalk.Busy, crosswalk.New, crosswalk.New, crosswalk.New}
	for i, r := range rows {
		if c, err := e.book.Compare(t.Context(), r); err != nil || c.Verdict != verdicts[i] {
			t.Errorf("row %d is %+v, %v, want %s", i, c, err, verdicts[i])
		}
	}
	result, err := e.book.Apply(t.Context(), rows, "r")
	e.must(err)
	if got := result.Words(); got != "3 new, 0 changed, 1 the same, 1 bound to another record, 1 being delivered" || result.Waiting != 1 {
		t.Errorf("%s, %d waiting", got, result.Waiting)
	}
	if five := e.load(5); five.Ref != "85" || five.Skipped != nil || len(five.Waiters) != 0 || len(e.woken) != 1 || e.woken[0] != "q h" {
		t.Errorf("bound %+v, woken %v", five, e.woken)
	}
	if e.load(2).Ref != "99" || e.load(3).Ref != "" || e.load(4).Ref != "84" {
		t.Error("what is another's was changed, or what is free was not")
	}
	e.book.Rebind = true
	_, err = e.book.Apply(t.Context(), rows, "r")
	e.must(err)
	if two := e.load(2); two.Ref != "82" || two.Confirmed.Version != "5" || two.Confirmed.Hash != "" || two.Confirmed.Tag != "" {
		t.Errorf("bound anew: %+v", two.Confirmed)
	}
}

// Two imports at once: the second is told by whom.
func TestOneImportAtATime(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	err := e.book.Work(t.Context(), &redrive.Operation{ID: "x-1", Kind: "crosswalk"}, "crosswalk", func(ctx context.Context, _ func() error) error {
		other := *e.book.Operator
		other.Who, other.Random = "bo", func() float64 { return 0.7 }
		_, err := (&crosswalk.Book{Operator: &other}).Apply(ctx, []crosswalk.Row{row(1, "81")}, "r")
		if f := fault.As(err); f == nil || f.Code != "busy" || !strings.Contains(err.Error(), "x-1 of ana") {
			t.Errorf("the second import: %v", err)
		}
		return nil
	})
	e.must(err)
	// One that is cancelled stops before its next row.
	err = e.book.Work(t.Context(), &redrive.Operation{ID: "x-2", Kind: "crosswalk"}, "crosswalk", func(ctx context.Context, renew func() error) error {
		e.must(renew())
		e.must(e.book.Cancel(ctx, "x-2"))
		return renew()
	})
	if err == nil || !strings.Contains(err.Error(), "cancelled by ana") {
		t.Errorf("cancelled: %v", err)
	}
	if op, err := e.book.Operation(t.Context(), "x-2"); err != nil || op.State != redrive.Stopped {
		t.Errorf("%+v, %v", op, err)
	}
}

// An export of more records than a page has each once, and an import of it changes nothing.
func TestAnExportHasEachBindingOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	const n = 1203
	for i := range n {
		e.record(i, func(r *entity.Record) { r.Ref = fmt.Sprint(5000 + i) })
	}
	e.record(n, func(r *entity.Record) { r.Attempt("e") })
	_, err := e.store.Put(t.Context(), port.Item{Key: "erp|permits", Value: []byte("{}")})
	e.must(err)
	var file strings.Builder
	got, err := e.book.Export(t.Context(), crosswalk.Filter{Type: "customer"}, &file)
	if err != nil || got != n {
		t.Fatalf("%d bindings, %v", got, err)
	}
	rows, err := reader().Read(strings.NewReader(file.String()))
	if err != nil || len(rows) != n {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	result, err := e.book.Apply(t.Context(), rows, "r")
	if err != nil || result.Counts[crosswalk.Same] != n {
		t.Errorf("%+v, %v", result, err)
	}
	for _, f := range []crosswalk.Filter{{Target: "crm"}, {System: "site"}, {Store: "other"}, {Type: "order"}} {
		if got, err := e.book.Export(t.Context(), f, &file); err != nil || got != 0 {
			t.Errorf("%+v: %d, %v", f, got, err)
		}
	}
}
