package record

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// The number of characters that NetSuite's fields hold. It rejects longer text.
const (
	maxPhone     = 32
	maxAddressee = 83
	maxStreet    = 150
	maxCity      = 50
	maxState     = 50
	maxPostcode  = 36
)

// Fit makes text fit NetSuite's fields. Text that only describes stops neither goods nor
// money: it is continued in the next field or cut at a word, and the receipt says so. With
// NETSUITE_TEXT=refuse it is the first error instead.
type Fit struct {
	rules *Settings
	notes []connector.Note // without any value
	Err   error            // the first text that NETSUITE_TEXT=refuse rejects
}

// NewFit returns a Fit without notes.
func NewFit(s *Settings) *Fit { return &Fit{rules: s} }

// Note adds a note on the canonical field to the receipt, once.
func (f *Fit) Note(field, what string) {
	if note := (connector.Note{Field: field, What: what}); !slices.Contains(f.notes, note) {
		f.notes = append(f.notes, note)
	}
}

// Annotate adds the notes to the receipt.
func (f *Fit) Annotate(r connector.Receipt) connector.Receipt {
	for _, note := range f.notes {
		r.Detail += "; " + note.Field + " " + note.What
	}
	r.Notes = f.notes
	return r
}

// TooLong reports whether the text has more characters than fit, and rejects it where the settings say so.
func (f *Fit) TooLong(field, text string, most int) bool {
	if utf8.RuneCountInString(text) <= most {
		return false
	}
	if f.rules.Text == "refuse" && f.Err == nil {
		f.Err = Rejected(fault.Value, field, "NetSuite's field holds at most "+strconv.Itoa(most)+" characters")
	}
	return true
}

// Cut returns the text of the canonical field with so many characters at most, ended by "…" at a word where it is too long.
func (f *Fit) Cut(field, text string, most int) string {
	if !f.TooLong(field, text, most) {
		return text
	}
	f.Note(field, "is cut to "+strconv.Itoa(most)+" characters")
	head, _ := breakAt(text, most-1)
	return head + "…"
}

// CutText is Cut of a text that may be missing or null, which it leaves as it is.
func (f *Fit) CutText(field string, text canonical.Text, most int) canonical.Text {
	if cut := f.Cut(field, text.String(), most); cut != text.String() {
		return canonical.NewText(cut)
	}
	return text
}

// breakAt returns at most so many characters of the text up to a space, if there is one in
// the second half of them, and what follows.
func breakAt(text string, most int) (head, rest string) {
	runes := []rune(text)
	if len(runes) <= most {
		return text, ""
	}
	at := most
	for i := most; i > most/2; i-- {
		if runes[i] == ' ' {
			at = i
			break
		}
	}
	return strings.TrimSpace(string(runes[:at])), strings.TrimSpace(string(runes[at:]))
}

// wrap breaks the text into lines that fit.
func (f *Fit) wrap(field, text string, most int) []string {
	if !f.TooLong(field, text, most) {
		return []string{text}
	}
	f.Note(field, "is continued in the next line")
	var lines []string
	for text != "" {
		var head string
		head, text = breakAt(text, most)
		lines = append(lines, head)
	}
	return lines
}

// Phone returns the number as it is written if it fits, or else without what separates its
// digits, or else cut.
func (f *Fit) Phone(field, number string) string {
	if !f.TooLong(field, number, maxPhone) {
		return number
	}
	bare := digits(number)
	if strings.HasPrefix(strings.TrimSpace(number), "+") {
		bare = "+" + bare
	}
	if len(bare) <= maxPhone {
		f.Note(field, "is written without separators")
		return bare
	}
	return f.Cut(field, bare, maxPhone)
}

// country returns the country of an address. Without one NetSuite takes the subsidiary's.
func (f *Fit) country(field, code string) string {
	switch {
	case code != "":
		return code
	case f.rules.DefaultCountry != "":
		f.Note(field, "is missing, "+f.rules.DefaultCountry+" is taken")
		return f.rules.DefaultCountry
	case f.rules.Text == "refuse" && f.Err == nil:
		f.Err = Rejected(fault.Value, field, "is missing, and NetSuite would assume the subsidiary's")
	}
	f.Note(field, "is missing, NetSuite takes the subsidiary's")
	return ""
}
