package wire

import (
	"strings"
	"time"
	"unicode"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
)

// Reader is a strictjson.Reader that also reads the canonical model's types.
type Reader struct {
	*strictjson.Reader
	notes []connector.Note
}

// From returns a reader that continues at the position of r.
func From(r *strictjson.Reader) *Reader { return &Reader{Reader: r} }

// NewReader returns a reader of one document. Zero limits are strictjson's defaults.
func NewReader(body []byte, limits strictjson.Limits) *Reader {
	r := &Reader{Reader: strictjson.NewReader(body, limits)}
	if r.HadBOM() {
		r.Note("byte order mark removed")
	}
	return r
}

// Note records a change of the value just read. It must not contain personal data.
func (r *Reader) Note(what string) {
	r.notes = append(r.notes, connector.Note{Field: r.Path(), What: what})
}

// Notes returns the notes so far, in the order of the document.
func (r *Reader) Notes() []connector.Note { return r.notes }

// Refuse fails the reader at the value just read with err, which names a rule and no value. A
// nil err has no effect.
func (r *Reader) Refuse(err error) {
	if err != nil {
		r.Fail(strictjson.Value, err.Error())
	}
}

// Finish returns the reader's error as a fault.Invalid, nil without one.
func (r *Reader) Finish() error {
	if err := r.End(); err != nil {
		return Invalid(err)
	}
	return nil
}

// Invalid returns the error of a strict reader as a fault.
func Invalid(err *strictjson.Error) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Class(err.Class), Field: err.Path, Detail: err.Rule}
}

// Text reads text or null, without control characters. A member that never came stays
// the zero Text: a target clears on null, and leaves alone on absence.
func (r *Reader) Text() canonical.Text {
	text, present := r.NullString()
	if !present {
		return canonical.NullText()
	}
	return canonical.NewText(r.Clean(text))
}

// Email reads an e-mail address or null, without spaces around it. The model validates it.
func (r *Reader) Email() canonical.Text {
	text := r.Text()
	trimmed := strings.TrimSpace(text.String())
	if trimmed == text.String() {
		return text
	}
	r.Note("spaces around it removed")
	return canonical.NewText(trimmed)
}

// Word reads text that only describes: null is read as "".
func (r *Reader) Word() string {
	text, _ := r.NullString()
	return r.Clean(text)
}

// Clean returns the text without control characters, and notes a change.
func (r *Reader) Clean(text string) string {
	clean, changed := canonical.Clean(text)
	if changed {
		r.Note("control characters removed")
	}
	return clean
}

// Code reads a code that identifies, such as a stock keeping unit, or null: byte for
// byte, but unlike an id it may be empty.
func (r *Reader) Code() (code string, present bool) {
	code, present = r.NullString()
	if strings.ContainsFunc(code, unicode.IsControl) {
		r.Fail(strictjson.Value, "must not hold control characters")
	}
	return code, present
}

// Country reads a country code or null, with the spellings that canonical.Country undoes.
func (r *Reader) Country() string {
	text, _ := r.Code()
	code, changed := canonical.Country(text)
	if changed && canonical.IsCountry(code) {
		r.Note("country " + text + " read as " + code)
	}
	return code
}

// Stock reads the text of a number of pieces in stock. Less than none is backordered, and is read
// as none with a note: there is no less to sell.
func (r *Reader) Stock() *canonical.Quantity {
	n, err := canonical.ParseDecimal(r.String())
	switch {
	case err != nil:
		r.Refuse(err)
	case n.Sign() < 0:
		r.Note("below zero (" + n.String() + "): read as 0")
		n = canonical.Decimal{}
	}
	return new(canonical.Pieces(n.Normal()))
}

// Amount reads a number of 0 or more by the function, such as NullString or NullDecimal; null is 0.
func (r *Reader) Amount(read func() (text string, present bool)) canonical.Decimal {
	text, present := read()
	if !present {
		return canonical.Decimal{}
	}
	n, err := canonical.ParseDecimal(text)
	switch {
	case err != nil:
		r.Refuse(err)
	case n.Sign() < 0:
		r.Fail(strictjson.Value, "is below zero")
	}
	return n.Normal()
}

// Time reads an RFC 3339 time or null, which gives the zero time. The offset is kept. A leap
// second is read as the second before it, with a note.
func (r *Reader) Time() time.Time {
	text, present := r.NullString()
	if !present {
		return time.Time{}
	}
	at, err := moment.Parse(text)
	r.Refuse(err)
	if err == nil && strings.Contains(text, ":60") && at.Second() == 59 {
		r.Note("leap second read as the second before")
	}
	return at
}

// TimeIn reads a time in the layout of package time.
func (r *Reader) TimeIn(layout string) time.Time {
	at, err := time.Parse(layout, r.String())
	if err != nil {
		r.Fail(strictjson.Value, "is not a time")
	}
	return at
}

// List reads a list of elements, or null, which gives none.
func List[T any](r *Reader, read func(*Reader) T) (all []T) {
	if r.Null() {
		return nil
	}
	for range r.Array() {
		all = append(all, read(r))
	}
	return all
}
