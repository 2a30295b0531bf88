package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// Sum is a number of records and their amounts, one for each currency, sorted by it. An amount
// of 0 is left out.
type Sum struct {
	Count   int               `json:"count"`
	Amounts []canonical.Money `json:"amounts,omitempty"`
}

// Of returns the amount in the currency.
func (s Sum) Of(currency string) canonical.Money {
	for _, amount := range s.Amounts {
		if amount.Currency == currency {
			return amount
		}
	}
	return canonical.Money{Currency: currency}
}

// Plus returns the sum of both.
func (s Sum) Plus(other Sum) Sum {
	total := Sum{Count: s.Count + other.Count}
	for _, amount := range slices.Concat(s.Amounts, other.Amounts) {
		i := slices.IndexFunc(total.Amounts, func(m canonical.Money) bool { return m.Currency == amount.Currency })
		if i < 0 {
			total.Amounts = append(total.Amounts, amount)
			continue
		}
		total.Amounts[i] = total.Amounts[i].Add(amount)
	}
	total.Amounts = slices.DeleteFunc(total.Amounts, func(m canonical.Money) bool { return m.Minor == 0 })
	slices.SortFunc(total.Amounts, func(a, b canonical.Money) int { return strings.Compare(a.Currency, b.Currency) })
	return total
}

// Minus returns the difference.
func (s Sum) Minus(other Sum) Sum {
	negative := Sum{Count: -other.Count}
	for _, amount := range other.Amounts {
		negative.Amounts = append(negative.Amounts, canonical.Money{Currency: amount.Currency}.Sub(amount))
	}
	return s.Plus(negative)
}

// Equal reports whether both are the same.
func (s Sum) Equal(other Sum) bool {
	difference := s.Minus(other)
	return difference.Count == 0 && len(difference.Amounts) == 0
}

// String returns the count and the amounts, such as "2 records, 149.01 EUR".
func (s Sum) String() string {
	words := []string{plural(s.Count, "record")}
	for _, amount := range s.Amounts {
		words = append(words, amount.String())
	}
	return strings.Join(words, ", ")
}

func sumOf(totals connector.Totals) Sum {
	return Sum{Count: totals.Count}.Plus(Sum{Amounts: totals.Sums})
}

func one(r connector.Record) Sum {
	if r.Err != nil || r.Amount.Currency == "" {
		return Sum{Count: 1}
	}
	return Sum{Count: 1}.Plus(Sum{Amounts: []canonical.Money{r.Amount}})
}

// Result is the comparison of one span.
type Result struct {
	Source      Sum      `json:"source"`
	Target      Sum      `json:"target"`
	Skipped     Sum      `json:"skipped"`     // by a rule, with its reason in the ledger
	Waiting     Sum      `json:"waiting"`     // in a queue, or for a parent
	Dead        Sum      `json:"dead"`        // dead or parked
	Unexplained Sum      `json:"unexplained"` // the rest; below 0 where the target has more
	Reasons     []Reason `json:"reasons,omitempty"`
	Gaps        []Gap    `json:"gaps,omitempty"`
	Unnamed     int      `json:"unnamed,omitempty"` // gaps beyond Plan.Named
	Requests    int      `json:"requests"`          // calls to both systems
}

// Bucket is why a record is not at the target.
type Bucket string

// The buckets of what is explained.
const (
	Skipped Bucket = "skipped"
	Waiting Bucket = "waiting"
	Dead    Bucket = "dead"
)

// Reason is one cause of what is explained.
type Reason struct {
	Bucket  Bucket `json:"bucket"`
	Text    string `json:"text"` // in words an operator reads
	Sum     Sum    `json:"sum"`
	Example string `json:"example"` // ID of the first record
}

// Kind is the kind of a gap.
type Kind string

// The kinds of gaps.
const (
	Missing    Kind = "missing"    // the source has the record and the target does not
	Unexpected Kind = "unexpected" // the target has a record that the source does not have
	Amount     Kind = "amount"     // the amounts differ
	Currency   Kind = "currency"   // the currencies differ
	Twice      Kind = "twice"      // the target has a second record of the same entity
	Moved      Kind = "moved"      // both have it, on different days
	Unreadable Kind = "unreadable" // one of the two cannot be read
)

// Gap is one unexplained difference.
type Gap struct {
	ID     string           `json:"id"` // the same for the same difference in every run
	Kind   Kind             `json:"kind"`
	Entity string           `json:"entity"` // ID of the canonical key
	Name   string           `json:"name,omitempty"`
	Number string           `json:"number,omitempty"` // of the target's record
	Ref    string           `json:"ref,omitempty"`    // the target's id of it
	Source *canonical.Money `json:"source,omitempty"` // nil if the source has none
	Target *canonical.Money `json:"target,omitempty"` // nil if the target has none
	Parts  []Part           `json:"parts,omitempty"`  // that differ
	Effect Sum              `json:"effect"`           // its part of what is unexplained
	Text   string           `json:"text"`             // in words an operator reads
	// Confirmed is true of a missing record that the target had confirmed: it was deleted there.
	Confirmed bool `json:"confirmed,omitempty"`
	// Within is the ID of the entity that reports the record, such as a payment's order.
	Within   string    `json:"within,omitempty"`
	Accepted *Decision `json:"accepted,omitempty"`
}

// Part is a part of an amount that differs.
type Part struct {
	Name   string          `json:"name"`
	Source canonical.Money `json:"source"`
	Target canonical.Money `json:"target"`
}

// Decision is what an operator decided about a gap or a day.
type Decision struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Note string    `json:"note"`
}

// explain adds an explained difference under its reason. Reasons beyond mostReasons are summed
// up under one.
func (r *Result) explain(bucket Bucket, text, id string, sum Sum) {
	into := map[Bucket]*Sum{Skipped: &r.Skipped, Waiting: &r.Waiting, Dead: &r.Dead}[bucket]
	*into = into.Plus(sum)
	same := func(each Reason) bool { return each.Bucket == bucket && each.Text == text }
	if !slices.ContainsFunc(r.Reasons, same) && len(r.Reasons) >= mostReasons {
		text = "other reasons"
	}
	i := slices.IndexFunc(r.Reasons, same)
	if i < 0 {
		r.Reasons = append(r.Reasons, Reason{Bucket: bucket, Text: text, Example: id})
		i = len(r.Reasons) - 1
	}
	r.Reasons[i].Sum = r.Reasons[i].Sum.Plus(sum)
}

const mostReasons = 50

// balance computes what is unexplained, and sorts what was found.
func (r *Result) balance() {
	r.Unexplained = r.Source.Minus(r.Target).Minus(r.Skipped).Minus(r.Waiting).Minus(r.Dead)
	slices.SortFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Or(strings.Compare(string(a.Bucket), string(b.Bucket)), b.Sum.Count-a.Sum.Count, strings.Compare(a.Text, b.Text))
	})
	slices.SortFunc(r.Gaps, func(a, b Gap) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), len(a.Entity)-len(b.Entity), strings.Compare(a.Entity, b.Entity), strings.Compare(a.Ref, b.Ref))
	})
}
