package rest

import (
	"html"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// Decoder reads one JSON document of the API, and notes each value that it normalizes.
type Decoder struct{ *wire.Reader }

// MaxNumber allows the floats that a PHP with serialize_precision 100 writes. An amount of that
// length is rejected when it is converted.
const MaxNumber = 128

// NewDecoder returns a decoder of the body.
func NewDecoder(body []byte) Decoder {
	return Decoder{wire.NewReader(body, strictjson.Limits{Number: MaxNumber})}
}

// Text reads text or null, with HTML entities decoded: the block checkout (Store API) stores "&"
// as "&amp;" in names and addresses.
func (d Decoder) Text() canonical.Text {
	text := d.Reader.Text()
	if plain, changed := decodeEntities(text.String()); changed {
		d.Note(entitiesDecoded)
		return canonical.NewText(plain)
	}
	return text
}

// Word reads text that only describes, with HTML entities decoded: null is read as "".
func (d Decoder) Word() string {
	word := d.Reader.Word()
	plain, changed := decodeEntities(word)
	if changed {
		d.Note(entitiesDecoded)
	}
	return plain
}

const entitiesDecoded = "HTML entities decoded"

// entityMost is the longest HTML entity, "&CounterClockwiseContourIntegral;".
const entityMost = 33

// decodeEntities decodes the entities of a text once. Only one that ends with a semicolon is an
// entity: "AT&T" and "a&copy=1" stay.
func decodeEntities(text string) (plain string, changed bool) {
	if strings.IndexByte(text, '&') < 0 || strings.IndexByte(text, ';') < 0 {
		return text, false
	}
	var b strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "&")
		b.WriteString(before)
		if !found {
			break
		}
		rest = after
		end := strings.IndexByte(after, ';')
		if end > 0 && end < entityMost {
			entity := "&" + after[:end+1]
			if char := html.UnescapeString(entity); char != entity && !strings.HasSuffix(char, ";") {
				b.WriteString(char)
				rest, changed = after[end+1:], true
				continue
			}
		}
		b.WriteByte('&')
	}
	plain, _ = canonical.Clean(b.String())
	return plain, changed
}

// Moment reads a date into the local or the UTC half of a stamp.
func (d Decoder) Moment(into *string) { *into, _ = d.NullString() }

// Need fails if the member of the object just read is missing.
func (d Decoder) Need(member, text string) {
	if text == "" {
		d.Missing(member)
	}
}

// Self reads the member _links of a resource: its own address in the API, "" if it has none.
func (d Decoder) Self() (self string) {
	for key := range d.Object() {
		if key != "self" {
			continue
		}
		for range d.Array() {
			for member := range d.Object() {
				if member == "href" {
					self = d.Reader.Word()
				}
			}
		}
	}
	return self
}
