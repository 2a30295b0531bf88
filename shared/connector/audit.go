package connector

import (
	"context"
	"errors"
	"time"

	"causeway.example/shared/canonical"
)

// Auditor is a system that reports which records it has. A source reports what happened in
// it, a target the records that were written for a source. Both name a record by the ID of
// its canonical key, so that the two lists can be compared. Its methods may be called
// concurrently, keep nothing between calls and make no retries. Errors are what a call to
// the system ended with, or fault.Rejected of class config that names the setting without
// which the system cannot be asked.
type Auditor interface {
	// Books returns the sets of records that can be audited, without a request.
	Books() []Book

	// Calendar returns how the system dates its records, without a request.
	Calendar() Calendar

	// Totals returns the number of records within the span and the sum of their amounts, in
	// one request. It fails with ErrNoTotals if the system cannot count the records of this book.
	Totals(ctx context.Context, book Book, span Span) (Totals, error)

	// Records returns one page of the records within the span. Pages may repeat a record, and
	// must not leave one out because another changes meanwhile. A record that cannot be read
	// has its Err, and the others are listed. cursor is that of the page before, "" for the
	// first.
	Records(ctx context.Context, book Book, span Span, cursor string) (RecordPage, error)

	// Lookup returns the records with the IDs, of any date; at most MaxLookup IDs. An
	// ID without a record is missing from the result.
	Lookup(ctx context.Context, book Book, ids []string) ([]Record, error)
}

// ErrNoTotals is returned by Auditor.Totals for a book whose records the system can list but
// not count.
var ErrNoTotals = errors.New("the system cannot count these records")

// MaxLookup is the largest number of IDs in one call of Auditor.Lookup.
const MaxLookup = 100

// Book is a set of records: all entities of one type that began in one tenant of a source.
// The source and each of its targets use the same Book.
type Book struct {
	System string // of the source, as in keys
	Tenant string
	Type   string // as in keys: "order", "payment"
}

// Span is a time from From, included, to To, excluded.
type Span struct{ From, To time.Time }

// Calendar describes how a system dates records.
type Calendar struct {
	// Zone is the zone of the system's business date; nil if records have a time.
	Zone *time.Location
	// Days is true if records have a date without a time of day. Then a span must begin and
	// end at midnight in Zone.
	Days bool
}

// Totals are the totals of a book within a span.
type Totals struct {
	Count int
	// Sums has one amount for each currency, and is empty without records; nil if the system can
	// count but not sum up. A record whose amount cannot be read counts and is not in a sum.
	Sums []canonical.Money
}

// RecordPage is one page of a book's records.
type RecordPage struct {
	Records []Record
	Cursor  string // where the next page begins; "" if there is none
}

// Record is one record of a book.
type Record struct {
	ID     string // of the canonical key
	Name   string // by which people know it, such as "#1001"; may be ""
	Ref    string // the system's own id of the record
	Number string // by which people know the system's own record, such as "SO-11702"; may be ""
	// Within is the ID of the entity of a feed that reports the record, such as a payment's
	// order; "" if that is ID itself. Only of a source.
	Within    string
	At        time.Time       // when it happened; midnight of its date if the calendar has days only
	UpdatedAt time.Time       // when it was last changed, by the system's clock; zero if that is unknown
	Amount    canonical.Money // an order's total, the amount of a payment
	State     RecordState
	Err       error // why the record cannot be read; then Amount is not set
}

// RecordState reports whether a record still has an effect in its system.
type RecordState string

// The states of a record.
const (
	Standing  RecordState = ""          // also of a record whose state is unknown
	Withdrawn RecordState = "withdrawn" // cancelled or closed; its amount is still shown
)

// Itemizer is an Auditor of a target that can name the parts of a record that differ.
type Itemizer interface {
	// Itemize compares the record with what the target would write for the canonical body, a
	// pointer as in Delivery.Body, and returns all parts in the order of the record. Nothing
	// is written. Errors are those of Target.Deliver for this body, and of reading the record.
	Itemize(ctx context.Context, record Record, body any) ([]Part, error)
}

// Part is a part of a record's amount. Both amounts are net or both gross, as the target has
// them.
type Part struct {
	Name  string          // free of personal data: "TRAIL-42, quantity 2", "delivery"
	Want  canonical.Money // by the body; 0 if it has no such part
	Found canonical.Money // at the target; 0 if it has no such part
}
