package record

import (
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// kind is the form of a field in NetSuite.
type kind uint8

const (
	textKind  kind = iota
	enumKind       // sent as its id alone, as NetSuite's own examples do
	refKind        // a reference by internal id
	numKind        // decimal text
	flagKind       // "true" or "false"
	phoneKind      // NetSuite may show a number in the account's own format
	groupKind      // an address
)

// Field is one body field of a record. Without content it is not sent, unless clear is set.
type Field struct {
	Name  string
	kind  kind
	value string
	clear bool    // no content deletes the field's content
	once  bool    // written when the record is created and never again
	parts []Field // of a group
}

// RefField is a reference by internal id.
func RefField(name, id string) Field { return Field{Name: name, kind: refKind, value: id} }

// EnumField is a value of a list of NetSuite's, by its id.
func EnumField(name, id string) Field { return Field{Name: name, kind: enumKind, value: id} }

// PlainField is a text.
func PlainField(name, text string) Field { return Field{Name: name, value: text} }

// MoneyField is an amount as decimal text.
func MoneyField(name string, amount canonical.Money) Field {
	return Field{Name: name, kind: numKind, value: amount.Decimal().String()}
}

// FlagField is true or false.
func FlagField(name string, set bool) Field {
	return Field{Name: name, kind: flagKind, value: strconv.FormatBool(set)}
}

// GroupField has fields of its own, such as those of an address.
func GroupField(name string, parts []Field) Field {
	return Field{Name: name, kind: groupKind, parts: parts}
}

// OnceField is the field, written when the record is created and never again.
func OnceField(f Field) Field { f.once = true; return f }

// PhoneField is the text as a telephone number, of which only the digits are compared.
func PhoneField(f Field) Field { f.kind = phoneKind; return f }

// TextField is what the source reported: nothing if it did not mention the text, and no
// content if it reported that there is none.
func TextField(name string, text canonical.Text) Field {
	return Field{Name: name, value: text.String(), clear: !text.IsZero()}
}

// Differs reports whether NetSuite has another content than the field.
func (f *Field) Differs(have suitetalk.Values) bool {
	switch {
	case f.once, f.empty() && !f.clear:
		return false
	case f.kind == groupKind:
		return f.partsDiffer(have)
	case f.kind == numKind:
		return suitetalk.Shortest(f.value) != have.Number(f.Name)
	case f.kind == phoneKind:
		return digits(f.value) != digits(have[f.Name])
	case f.kind == refKind || f.kind == enumKind:
		return f.value != have.Ref(f.Name)
	}
	return strings.TrimSpace(f.value) != strings.TrimSpace(have[f.Name])
}

// digits returns the digits of a telephone number.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

func (f *Field) empty() bool { return f.value == "" && len(f.parts) == 0 }

// partsDiffer compares an address. A part that the store does not have must be missing
// in NetSuite as well.
func (f *Field) partsDiffer(have suitetalk.Values) bool {
	for _, part := range f.parts {
		part.Name, part.clear = f.Name+"."+part.Name, true
		if part.Differs(have) {
			return true
		}
	}
	return false
}

// Changed returns the fields that differ from what NetSuite has. An address is sent whole,
// with null for the parts that it does not have.
func Changed(fields []Field, have suitetalk.Values) []Field {
	var all []Field
	for _, f := range fields {
		if !f.Differs(have) {
			continue
		}
		parts := make([]Field, len(f.parts))
		for i, part := range f.parts {
			part.clear = true
			parts[i] = part
		}
		f.parts = parts
		all = append(all, f)
	}
	return all
}

// WriteFields writes the fields as members of an object.
func WriteFields(w *strictjson.Writer, fields []Field) {
	for i := range fields {
		fields[i].write(w)
	}
}

func (f *Field) write(w *strictjson.Writer) {
	switch {
	case f.empty() && f.clear:
		w.Key(f.Name).Null()
	case f.empty():
	case f.kind == refKind:
		w.Key(f.Name).Obj()
		w.StrField("id", f.value)
		w.EndObj()
	case f.kind == numKind:
		w.NumField(f.Name, f.value)
	case f.kind == flagKind:
		w.BoolField(f.Name, f.value == "true")
	case f.kind == groupKind:
		w.Key(f.Name).Obj()
		WriteFields(w, f.parts)
		w.EndObj()
	default:
		w.StrField(f.Name, f.value)
	}
}

// DateField is the date of a transaction.
const DateField = "tranDate"

// Dated returns the fields with another date.
func Dated(fields []Field, day string) []Field {
	fields = slices.Clone(fields)
	for i := range fields {
		if fields[i].Name == DateField {
			fields[i].value = day
		}
	}
	return fields
}

// EncodeFields returns a body of fields alone.
func EncodeFields(fields []Field) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	WriteFields(w, fields)
	w.EndObj()
	return suitetalk.Finish(w)
}
