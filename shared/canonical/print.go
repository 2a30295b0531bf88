package canonical

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden replaces personal data wherever a value of the model is printed.
const hidden = "***"

// Format writes "***" for every verb of fmt, and nothing for absent or empty text: texts
// are where personal data is. The value itself is String, and JSON keeps it.
//
// A way around it is in the standard library: fmt cannot ask the unexported fields of a
// struct that is printed whole.
func (t Text) Format(state fmt.State, _ rune) {
	if t.value != "" {
		_, _ = io.WriteString(state, hidden) // the writer of a state keeps what it gets
	}
}

// LogValue returns "***", and "" for absent or empty text.
func (t Text) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// Format prints the ids of the company and masks the names, with every verb.
func (c Company) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "{ID:%s Name:%s Location:%s LocationName:%s}", c.ID, NewText(c.Name), c.Location, NewText(c.LocationName))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (c Company) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (c Customer) Format(state fmt.State, _ rune) {
	type plain Customer // without this method
	printPlain(state, plain(c))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (c Customer) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (a Address) Format(state fmt.State, _ rune) {
	type plain Address // without this method
	printPlain(state, plain(a))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (a Address) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (o Order) Format(state fmt.State, _ rune) {
	type plain Order // without this method
	printPlain(state, plain(o))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (o Order) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (b Buyer) Format(state fmt.State, _ rune) {
	type plain Buyer // without this method
	printPlain(state, plain(b))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (b Buyer) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(b)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (f FulfillmentRequest) Format(state fmt.State, _ rune) {
	type plain FulfillmentRequest // without this method
	printPlain(state, plain(f))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (f FulfillmentRequest) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (p Product) Format(state fmt.State, _ rune) {
	type plain Product // without this method
	printPlain(state, plain(p))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (p Product) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (r Refund) Format(state fmt.State, _ rune) {
	type plain Refund // without this method
	printPlain(state, plain(r))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (r Refund) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Format prints the fields as %+v does, with every text masked, for every verb.
func (r Return) Format(state fmt.State, _ rune) {
	type plain Return // without this method
	printPlain(state, plain(r))
}

// LogValue returns what Format prints, because a handler that writes JSON would not mask.
func (r Return) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// printPlain prints with one verb that suits every field: fmt asks no field for its Format
// while it reports that a verb does not suit the field around it.
func printPlain(state fmt.State, plain any) { _, _ = fmt.Fprintf(state, "%+v", plain) }
