package netsuite

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

// field is one body field of a record. Without content it is not sent, unless clear is set.
type field struct {
	name  string
	kind  kind
	value string
	clear bool    // no content deletes the field's content
	once  bool    // written when the record is created and never again
	parts []field // of a group
}

// refField is a reference by internal id.
func refField(name, id string) field { return field{name: name, kind: refKind, value: id} }

// enumField is a value of a list of NetSuite's, by its id.
func enumField(name, id string) field { return field{name: name, kind: enumKind, value: id} }

// plainField is a text.
func plainField(name, text string) field { return field{name: name, value: text} }

// moneyField is an amount as decimal text.
func moneyField(name string, amount canonical.Money) field {
	return field{name: name, kind: numKind, value: amount.Decimal().String()}
}

// flagField is true or false.
func flagField(name string, set bool) field {
	return field{name: name, kind: flagKind, value: strconv.FormatBool(set)}
}

// groupField has fields of its own, such as those of an address.
func groupField(name string, parts []field) field {
	return field{name: name, kind: groupKind, parts: parts}
}

// onceField is the field, written when the record is created and never again.
func onceField(f field) field { f.once = true; return f }

// phoneField is the text as a telephone number, of which only the digits are compared.
func phoneField(f field) field { f.kind = phoneKind; return f }

// textField is what the source reported: nothing if it did not mention the text, and no
// content if it reported that there is none.
func textField(name string, text canonical.Text) field {
	return field{name: name, value: text.String(), clear: !text.IsZero()}
}

// differs reports whether NetSuite has another content than the field.
func (f *field) differs(have suitetalk.Values) bool {
	switch {
	case f.once, f.empty() && !f.clear:
		return false
	case f.kind == groupKind:
		return f.partsDiffer(have)
	case f.kind == numKind:
		return suitetalk.Shortest(f.value) != have.Number(f.name)
	case f.kind == phoneKind:
		return digits(f.value) != digits(have[f.name])
	case f.kind == refKind || f.kind == enumKind:
		return f.value != have.Ref(f.name)
	}
	return strings.TrimSpace(f.value) != strings.TrimSpace(have[f.name])
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

func (f *field) empty() bool { return f.value == "" && len(f.parts) == 0 }

// partsDiffer compares an address. A part that the store does not have must be missing
// in NetSuite as well.
func (f *field) partsDiffer(have suitetalk.Values) bool {
	for _, part := range f.parts {
		part.name, part.clear = f.name+"."+part.name, true
		if part.differs(have) {
			return true
		}
	}
	return false
}

// changed returns the fields that differ from what NetSuite has. An address is sent whole,
// with null for the parts that it does not have.
func changed(fields []field, have suitetalk.Values) []field {
	var all []field
	for _, f := range fields {
		if !f.differs(have) {
			continue
		}
		parts := make([]field, len(f.parts))
		for i, part := range f.parts {
			part.clear = true
			parts[i] = part
		}
		f.parts = parts
		all = append(all, f)
	}
	return all
}

// writeFields writes the fields as members of an object.
func writeFields(w *strictjson.Writer, fields []field) {
	for i := range fields {
		fields[i].write(w)
	}
}

func (f *field) write(w *strictjson.Writer) {
	switch {
	case f.empty() && f.clear:
		w.Key(f.name).Null()
	case f.empty():
	case f.kind == refKind:
		w.Key(f.name).Obj()
		w.StrField("id", f.value)
		w.EndObj()
	case f.kind == numKind:
		w.NumField(f.name, f.value)
	case f.kind == flagKind:
		w.BoolField(f.name, f.value == "true")
	case f.kind == groupKind:
		w.Key(f.name).Obj()
		writeFields(w, f.parts)
		w.EndObj()
	default:
		w.StrField(f.name, f.value)
	}
}

// dateField is the date of a transaction.
const dateField = "tranDate"

// dated returns the fields with another date.
func dated(fields []field, day string) []field {
	fields = slices.Clone(fields)
	for i := range fields {
		if fields[i].name == dateField {
			fields[i].value = day
		}
	}
	return fields
}

// encodeFields returns a body of fields alone.
func encodeFields(fields []field) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	writeFields(w, fields)
	w.EndObj()
	return suitetalk.Finish(w)
}
