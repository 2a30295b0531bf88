package privacy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Request is a request of a source that is not carried out yet.
type Request struct {
	Event   string // of the delivery that brought it
	Kind    connector.PrivacyKind
	Subject Subject
	At, Due time.Time
	Words   string // what is requested, of whom and until when
}

// Requests returns the requests that are not carried out, the most urgent first.
func Requests(ctx context.Context, ledger port.Ledger) ([]Request, error) {
	entries, err := ledger.Find(ctx, port.Query{Key: port.KeyPrivacy, Stage: port.Privacy})
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for _, e := range entries {
		if e.Type == port.TypePrivacyDone {
			done[e.Causation] = true
		}
	}
	var open []Request
	for _, e := range entries {
		if e.Type != port.TypePrivacyRequest || done[e.Event] {
			continue
		}
		done[e.Event] = true // an entry that a crash has doubled
		request, err := requestOf(e)
		if err != nil {
			return nil, err
		}
		open = append(open, request)
	}
	slices.SortStableFunc(open, func(a, b Request) int { return a.Due.Compare(b.Due) })
	return open, nil
}

func requestOf(e port.Entry) (Request, error) {
	r := Request{Event: e.Event, At: e.At, Words: e.Outcome, Subject: Subject{Customer: e.Entity}}
	for _, note := range e.Notes {
		var err error
		switch note.Field {
		case port.NoteKind:
			r.Kind = connector.PrivacyKind(note.What)
		case port.NoteDue:
			r.Due, err = time.Parse(time.RFC3339, note.What)
		case port.NoteOrder:
			var key message.Key
			key, err = message.ParseKey(note.What)
			r.Subject.Orders = append(r.Subject.Orders, key)
		}
		if err != nil {
			return r, fmt.Errorf("reading privacy request %s: %w", e.Event, err)
		}
	}
	return r, nil
}

// soon is how long before its end a term is a problem.
const soon = 7 * 24 * time.Hour

// Pressing counts the requests whose term ends within a week or has ended.
func Pressing(open []Request, now time.Time) (n int) {
	for _, r := range open {
		if r.Due.Sub(now) < soon {
			n++
		}
	}
	return n
}

// Check finds requests that are open: a problem in the last week of their term.
func Check(ledger port.Ledger, now func() time.Time) doctor.Check {
	return doctor.Func(func(ctx context.Context) (found []doctor.Finding) {
		open, err := Requests(ctx, ledger)
		if err != nil {
			return []doctor.Finding{{Check: "privacy", Subject: "ledger", Level: doctor.Problem, Text: "privacy requests cannot be read: " + err.Error(), Remedy: "look at the ledger"}}
		}
		for _, r := range open {
			f := doctor.Finding{Check: "privacy", Subject: cmp.Or(r.Subject.Customer.Tenant, "store"), Level: doctor.Notice, Text: r.Words, Remedy: r.remedy()}
			if left := r.Due.Sub(now()); left < soon {
				f.Level = doctor.Problem
				f.Text += fmt.Sprintf(" (%d days left)", max(0, int(left.Hours())/24))
			}
			found = append(found, f)
		}
		return found
	})
}

// remedy returns what to do about the request.
func (r Request) remedy() string {
	if r.Kind == connector.ReportCustomer {
		return "report what is stored, then record it: causeway privacy done " + r.Event
	}
	return "erase the data here (causeway erase --request " + r.Event + ") and at the targets"
}

// Done records that the request was carried out, with what was done in words.
func Done(ctx context.Context, ledger port.Ledger, r Request, op Operation, what string) error {
	return ledger.Append(ctx, op.entry(r.Subject.Customer, r.Event, what))
}
