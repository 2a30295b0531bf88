package crosswalk

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// Book is the bindings of an installation.
type Book struct {
	*redrive.Operator
	Rebind bool // an entity that is bound to another record may be bound anew
	// Wake makes a message visible that waits for an entity, by its queue and handle. It may be
	// nil: messages look by themselves, at the latest after the time that status shows.
	Wake func(ctx context.Context, in port.Incoming, at time.Time) error
}

// Filter selects bindings; empty fields select all.
type Filter struct {
	Target, System, Store, Type string
}

// Export writes the bindings as a file, and returns their number. Those of one target are
// together; within a target they have no order on AWS.
func (b *Book) Export(ctx context.Context, f Filter, to io.Writer) (n int, err error) {
	if b.Records == nil {
		return 0, fault.New(fault.Rejected, fault.Config, "exporting the crosswalk", "this engine cannot list its state")
	}
	out := csv.NewWriter(to)
	if err := out.Write(Columns()); err != nil {
		return 0, err
	}
	for _, target := range b.targets() {
		if f.Target != "" && f.Target != target {
			continue
		}
		written, err := b.export(ctx, target, f, out)
		if n += written; err != nil {
			return n, err
		}
	}
	out.Flush()
	return n, out.Error()
}

// export writes the bindings of one target.
func (b *Book) export(ctx context.Context, target string, f Filter, out *csv.Writer) (n int, err error) {
	for item, err := range b.Records.Records(ctx, target+"|") {
		if err != nil {
			return n, err
		}
		row, bound := rowOf(target, item)
		if !bound || !f.selects(row) {
			continue
		}
		if err := out.Write(row.cells()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (b *Book) targets() (names []string) {
	for _, route := range b.Routes {
		names = append(names, route.To)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// rowOf returns the binding in a record of the target; false if it has none.
func rowOf(target string, item port.Item) (Row, bool) {
	_, text, _ := strings.Cut(item.Key, "|")
	key, err := message.ParseKey(text)
	if err != nil {
		return Row{}, false // another record of the target, such as its permits
	}
	var record entity.Record
	if json.Unmarshal(item.Value, &record) != nil || record.Ref == "" {
		return Row{}, false
	}
	return Row{Target: target, Entity: key, Ref: record.Ref}, true
}

func (f Filter) selects(row Row) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(f.System, row.Entity.System) && is(f.Store, row.Entity.Tenant) && is(f.Type, row.Entity.Type)
}

// Verdict is what an import does with a row.
type Verdict string

// The verdicts.
const (
	New      Verdict = "new"      // it was not bound
	Same     Verdict = "same"     // it is bound so already
	Changed  Verdict = "changed"  // it was bound to another record, and Rebind allows it
	Conflict Verdict = "conflict" // it is bound to another record
	Busy     Verdict = "busy"     // it is being delivered at the moment
)

// Change is a row with what an import does with it.
type Change struct {
	Row
	Verdict Verdict `json:"verdict"`
	Before  string  `json:"before,omitempty"` // the target's id that it is bound to
	Waiting int     `json:"waiting"`          // messages that wait for the entity, as far as its record names them
}

// Compare returns what an import of the row would do. It changes nothing.
func (b *Book) Compare(ctx context.Context, row Row) (Change, error) {
	record, err := entity.Load(ctx, b.State, row.Target, row.Entity, false)
	if err != nil {
		return Change{}, err
	}
	return b.compare(row, record), nil
}

// after is how long after its end, by our clock, a lease of another clock counts as held.
const after = time.Minute

func (b *Book) compare(row Row, record *entity.Record) Change {
	c := Change{Row: row, Before: record.Ref, Waiting: len(record.Waiters)}
	switch {
	case record.Ref == row.Ref:
		c.Verdict = Same
	case record.Lease != nil && b.Now().Before(record.Lease.Until.Add(after)):
		c.Verdict = Busy
	case record.Ref == "":
		c.Verdict = New
	case b.Rebind:
		c.Verdict = Changed
	default:
		c.Verdict = Conflict
	}
	return c
}

// Result counts the rows of an import by verdict.
type Result struct {
	Operation string          `json:"op,omitempty"`
	Counts    map[Verdict]int `json:"rows"`
	Waiting   int             `json:"waiting"` // messages that the new bindings or entries release
}

// Words says what came out.
func (r Result) Words() string {
	words := fmt.Sprintf("%d new, %d changed, %d the same", r.Counts[New], r.Counts[Changed], r.Counts[Same])
	if n := r.Counts[Conflict]; n > 0 {
		words += fmt.Sprintf(", %d bound to another record", n)
	}
	if n := r.Counts[Busy]; n > 0 {
		words += fmt.Sprintf(", %d being delivered", n)
	}
	return words
}

// Count adds a row.
func (r *Result) Count(c Change) {
	if r.Counts == nil {
		r.Counts = map[Verdict]int{}
	}
	r.Counts[c.Verdict]++
	if c.Verdict == New || c.Verdict == Changed {
		r.Waiting += c.Waiting
	}
}

// Apply binds the rows. It fails with code "busy" while another import runs.
func (b *Book) Apply(ctx context.Context, rows []Row, reason string) (r Result, err error) {
	op := &redrive.Operation{ID: operationID(rows, reason), Kind: "crosswalk", Reason: reason, Counts: redrive.Counts{Planned: len(rows), Remaining: len(rows)}}
	r.Operation = op.ID
	err = b.Work(ctx, op, "crosswalk", func(ctx context.Context, renew func() error) error {
		for _, row := range rows {
			if err := renew(); err != nil {
				return err
			}
			c, err := b.bind(ctx, row, op)
			if err != nil {
				return err
			}
			r.Count(c)
			op.Counts.Remaining--
			switch c.Verdict {
			case New, Changed:
				op.Counts.Moved++
			case Same:
				op.Counts.Resolved++
			default:
				op.Counts.Left++
			}
		}
		return nil
	})
	return r, err
}

// operationID is the same for the same rows and reason, so that an import that was killed is
// finished under its own name.
func operationID(rows []Row, reason string) string {
	parts := make([]string, 0, len(rows)+1)
	for _, row := range rows {
		parts = append(parts, strings.Join(row.cells(), "\x00"))
	}
	return shortID(append(parts, reason))
}

// shortID returns a name that an operator can type.
func shortID(parts []string) string { return "x-" + message.DeriveID(parts...)[:6] }

// bind binds one row: ledger, record, then those that wait.
func (b *Book) bind(ctx context.Context, row Row, op *redrive.Operation) (Change, error) {
	for tries := 0; ; tries++ {
		record, err := entity.Load(ctx, b.State, row.Target, row.Entity, false)
		if err != nil {
			return Change{}, err
		}
		c := b.compare(row, record)
		if c.Verdict != New && c.Verdict != Changed {
			return c, nil
		}
		if err := b.Ledger.Append(ctx, b.entry(c, op)); err != nil {
			return c, err
		}
		waiters := record.Waiters
		record.Ref, record.Skipped, record.Waiters = row.Ref, nil, nil
		if confirmed := record.Confirmed; confirmed != nil {
			record.Confirmed = &entity.Confirmed{Version: confirmed.Version, Effects: confirmed.Effects}
		}
		err = record.Save(ctx, b.State, b.Now())
		if errors.Is(err, port.ErrConflict) && tries < 5 {
			continue
		}
		if err == nil {
			b.wake(ctx, waiters)
		}
		return c, err
	}
}

// wake makes messages visible. One that cannot be woken looks by itself.
func (b *Book) wake(ctx context.Context, waiters []entity.Waiter) {
	for _, w := range waiters {
		if b.Wake != nil {
			_ = b.Wake(ctx, port.Incoming{Queue: w.Queue, Handle: w.Handle}, b.Now())
		}
	}
}

// entry is the record of one binding in the ledger. It has one identity for one change of one
// import, so that it is there once after a kill.
func (b *Book) entry(c Change, op *redrive.Operation) port.Entry {
	what := fmt.Sprintf("bound to %s %s by %s in %s", c.Target, c.Ref, op.Who, op.ID)
	if c.Before != "" {
		what += ", before to " + c.Before
	}
	event := message.DeriveID("bound", op.ID, c.Target, c.Entity.String(), c.Before, c.Ref)
	return port.Entry{
		ID: event, At: b.Now().UTC(), Stage: operate.Bound, Event: event, Trace: event, Entity: c.Entity, TargetRef: c.Ref,
		Outcome: what + " (reason: " + op.Reason + ")", Function: "operator",
	}
}
