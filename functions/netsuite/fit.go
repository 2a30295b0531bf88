package netsuite

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

// fitted makes text fit NetSuite's fields. Text that only describes stops neither goods nor
// money: it is continued in the next field or cut at a word, and the receipt says so. With
// NETSUITE_TEXT=refuse it is the first error instead.
type fitted struct {
	rules *RecordSettings
	notes []connector.Note // without any value
	err   error
}

func newFit(s *RecordSettings) *fitted { return &fitted{rules: s} }

// note adds a note on the canonical field to the receipt, once.
func (f *fitted) note(field, what string) {
	if note := (connector.Note{Field: field, What: what}); !slices.Contains(f.notes, note) {
		f.notes = append(f.notes, note)
	}
}

// annotate adds the notes to the receipt.
func (f *fitted) annotate(r connector.Receipt) connector.Receipt {
	for _, note := range f.notes {
		r.Detail += "; " + note.Field + " " + note.What
	}
	r.Notes = f.notes
	return r
}

// tooLong reports whether the text does not fit, and rejects it where the settings say so.
func (f *fitted) tooLong(field, text string, most int) bool {
	if utf8.RuneCountInString(text) <= most {
		return false
	}
	if f.rules.Text == "refuse" && f.err == nil {
		f.err = rejected(fault.Value, field, "NetSuite's field holds at most "+strconv.Itoa(most)+" characters")
	}
	return true
}

// cut returns the text, ended by "…" at a word where it is too long.
func (f *fitted) cut(field, text string, most int) string {
	if !f.tooLong(field, text, most) {
		return text
	}
	f.note(field, "is cut to "+strconv.Itoa(most)+" characters")
	head, _ := breakAt(text, most-1)
	return head + "…"
}

func (f *fitted) cutText(field string, text canonical.Text, most int) canonical.Text {
	if cut := f.cut(field, text.String(), most); cut != text.String() {
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
func (f *fitted) wrap(field, text string, most int) []string {
	if !f.tooLong(field, text, most) {
		return []string{text}
	}
	f.note(field, "is continued in the next line")
	var lines []string
	for text != "" {
		var head string
		head, text = breakAt(text, most)
		lines = append(lines, head)
	}
	return lines
}

// phone returns the number as it is written if it fits, or else without what separates its
// digits, or else cut.
func (f *fitted) phone(field, number string) string {
	if !f.tooLong(field, number, maxPhone) {
		return number
	}
	bare := digits(number)
	if strings.HasPrefix(strings.TrimSpace(number), "+") {
		bare = "+" + bare
	}
	if len(bare) <= maxPhone {
		f.note(field, "is written without separators")
		return bare
	}
	return f.cut(field, bare, maxPhone)
}

// country returns the country of an address. Without one NetSuite takes the subsidiary's.
func (f *fitted) country(field, code string) string {
	switch {
	case code != "":
		return code
	case f.rules.DefaultCountry != "":
		f.note(field, "is missing, "+f.rules.DefaultCountry+" is taken")
		return f.rules.DefaultCountry
	case f.rules.Text == "refuse" && f.err == nil:
		f.err = rejected(fault.Value, field, "is missing, and NetSuite would assume the subsidiary's")
	}
	f.note(field, "is missing, NetSuite takes the subsidiary's")
	return ""
}
