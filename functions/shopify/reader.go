package shopify

import (
	"strings"
	"time"
	"unicode"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
)

// reader reads Shopify's ways of writing things and notes what it normalises.
type reader struct {
	*strictjson.Reader
	notes []connector.Note
}

// newReader reads within the default limits, which hold an order of 10,000 lines.
func newReader(body []byte) *reader {
	r := &reader{Reader: strictjson.NewReader(body, strictjson.Limits{})}
	if r.HadBOM() {
		r.note("byte order mark removed")
	}
	return r
}

// note says what was changed at the value just read. It must hold no personal data.
func (r *reader) note(what string) {
	r.notes = append(r.notes, connector.Note{Field: r.Path(), What: what})
}

// refuse makes the error the reader's finding about the value just read.
func (r *reader) refuse(err error) {
	if err != nil {
		r.Fail(strictjson.Value, err.Error())
	}
}

// text reads text or null, without control characters. A member that never came stays
// the zero Text: a target clears on null, and leaves alone on absence.
func (r *reader) text() canonical.Text {
	text, present := r.NullString()
	if !present {
		return canonical.NullText()
	}
	return canonical.NewText(r.clean(text))
}

// word reads text that only describes; null and "" are the same to it.
func (r *reader) word() string {
	text, _ := r.NullString()
	return r.clean(text)
}

func (r *reader) clean(text string) string {
	clean, changed := canonical.Clean(text)
	if changed {
		r.note("control characters removed")
	}
	return clean
}

// id reads an identifier or null. Ids pass 2^53 and are never numbers here.
func (r *reader) id() string {
	id, _ := r.NullID()
	return id
}

// sku reads a stock keeping unit or null: byte for byte, like an identifier, but it
// may be empty.
func (r *reader) sku() string {
	sku, _ := r.NullString()
	if strings.ContainsFunc(sku, unicode.IsControl) {
		r.Fail(strictjson.Value, "must not hold control characters")
	}
	return sku
}

// time reads a time or null, which gives the zero time. Webhooks write the shop's
// offset, GraphQL writes UTC; both are kept as they are.
func (r *reader) time() time.Time {
	text, present := r.NullString()
	if !present {
		return time.Time{}
	}
	at, err := canonical.ParseTime(text)
	r.refuse(err)
	return at
}

// flag reads true, false or null, which is false.
func (r *reader) flag() bool {
	value, _ := r.NullBool()
	return value
}

// country reads an ISO 3166 code or null, with the spellings that canonical.Country undoes.
func (r *reader) country() string {
	text, _ := r.NullString()
	code, changed := canonical.Country(text)
	if changed && canonical.IsCountry(code) {
		r.note("country " + text + " read as " + code)
	}
	return code
}

// invalid says in the house's terms what a reader found.
func invalid(doing string, err *strictjson.Error) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Class(err.Class), Field: err.Path, Doing: doing, Detail: err.Rule}
}
