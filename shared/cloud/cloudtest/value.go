package cloudtest

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Limits of an item (DynamoDB developer guide, "Service quotas").
const (
	maxItemBytes = 400 << 10
	maxNesting   = 32
	maxDigits    = 38
	maxExponent  = 125
	minExponent  = -130
)

// item is what a table keeps under one key.
type item map[string]value

// value is a DynamoDB attribute value. Kind is the name of its only member: S, N,
// B, BOOL, NULL, M, L, SS, NS or BS.
type value struct {
	kind   string
	text   string   // S, N (as canonical decimal)
	number *big.Rat // N
	bytes  []byte   // B
	flag   bool     // BOOL
	fields item     // M
	list   []value  // L, and the members of a set
}

func invalid(format string, values ...any) *refusal {
	return refuse(http.StatusBadRequest, "ValidationException", format, values...)
}

// UnmarshalJSON implements json.Unmarshaler. It refuses what DynamoDB refuses.
func (v *value) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return refuse(http.StatusBadRequest, "SerializationException", "an attribute value must be an object")
	}
	if len(members) != 1 {
		return invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	for kind, raw := range members {
		v.kind = kind
		return v.read(raw)
	}
	return nil
}

func (v *value) read(raw json.RawMessage) error {
	switch v.kind {
	case "S":
		return into(raw, &v.text)
	case "N":
		if err := into(raw, &v.text); err != nil {
			return err
		}
		return v.readNumber()
	case "B":
		return into(raw, &v.bytes)
	case "BOOL", "NULL":
		if err := into(raw, &v.flag); err != nil || v.kind == "BOOL" || v.flag {
			return err
		}
		return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
	case "M":
		v.fields = item{}
		return into(raw, &v.fields)
	case "L":
		return into(raw, &v.list)
	case "SS", "NS", "BS":
		return v.readSet(raw)
	}
	return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

// into keeps a refusal of a nested value as it is.
func into(raw json.RawMessage, to any) error {
	err := json.Unmarshal(raw, to)
	if err == nil {
		return nil
	}
	if refused := asRefusal(err); refused != nil {
		return refused
	}
	return refuse(http.StatusBadRequest, "SerializationException", "%s", err.Error())
}

func (v *value) readSet(raw json.RawMessage) error {
	var members []json.RawMessage
	if err := into(raw, &members); err != nil {
		return err
	}
	if len(members) == 0 {
		return invalid("One or more parameter values were invalid: An %s set may not be empty", map[string]string{"SS": "string", "NS": "number", "BS": "binary"}[v.kind])
	}
	for _, member := range members {
		one := value{kind: v.kind[:1]}
		if err := one.read(member); err != nil {
			return err
		}
		if slices.ContainsFunc(v.list, one.equal) {
			return invalid("One or more parameter values were invalid: Input collection contains duplicates.")
		}
		v.list = append(v.list, one)
	}
	return nil
}

var decimal = regexp.MustCompile(`^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$`)

// readNumber checks the number and writes it as DynamoDB answers it: without
// needless zeros, up to 38 digits.
func (v *value) readNumber() error {
	parts := decimal.FindStringSubmatch(v.text)
	if parts == nil || parts[2]+parts[3] == "" {
		return invalid("The parameter cannot be converted to a numeric value: %s", v.text)
	}
	number, ok := new(big.Rat).SetString(v.text)
	if !ok {
		return invalid("The parameter cannot be converted to a numeric value: %s", v.text)
	}
	digits := strings.Trim(parts[2]+parts[3], "0")
	if len(digits) > maxDigits {
		return invalid("Attempting to store more than 38 significant digits in a Number")
	}
	v.number, v.text = number, plain(number)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(v.text, "-"), ".")
	switch {
	case number.Sign() == 0:
	case len(whole)-1 > maxExponent:
		return invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case whole == "0" && len(fraction)-len(strings.TrimLeft(fraction, "0"))+1 > -minExponent:
		return invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	}
	return nil
}

// plain writes a decimal fraction without an exponent.
func plain(number *big.Rat) string {
	if number.IsInt() {
		return number.Num().String()
	}
	places, exact := number.FloatPrec()
	if !exact {
		panic("cloudtest: a decimal that has no end")
	}
	return number.FloatString(places)
}

// MarshalJSON implements json.Marshaler.
func (v value) MarshalJSON() ([]byte, error) {
	var member any
	switch v.kind {
	case "S", "N":
		member = v.text
	case "B":
		member = v.bytes
	case "BOOL", "NULL":
		member = v.flag
	case "M":
		member = v.fields
	case "L":
		member = append([]value{}, v.list...)
	default:
		member = v.plainSet()
	}
	return json.Marshal(map[string]any{v.kind: member})
}

func (v *value) plainSet() any {
	texts, blobs := []string{}, [][]byte{}
	for _, member := range v.list {
		texts, blobs = append(texts, member.text), append(blobs, member.bytes)
	}
	if v.kind == "BS" {
		return blobs
	}
	return texts
}

// size counts bytes as DynamoDB does (developer guide, "Item sizes and formats").
func (v *value) size() int {
	switch v.kind {
	case "S":
		return len(v.text)
	case "N":
		return (len(strings.Trim(v.text, "-.0"))+1)/2 + 1
	case "B":
		return len(v.bytes)
	case "BOOL", "NULL":
		return 1
	}
	size := v.fields.size() + len(v.fields)
	for i := range v.list {
		size += v.list[i].size()
	}
	if v.kind == "M" || v.kind == "L" {
		size += 3 + len(v.list)
	}
	return size
}

func (i item) size() int {
	size := 0
	for name, v := range i {
		size += len(name) + v.size()
	}
	return size
}

// nesting is how deep maps and lists go.
func (v *value) nesting() int {
	deepest := 0
	for _, field := range v.fields {
		deepest = max(deepest, field.nesting())
	}
	for i := range v.list {
		deepest = max(deepest, v.list[i].nesting())
	}
	if v.kind == "M" || v.kind == "L" {
		deepest++
	}
	return deepest
}

func (v value) equal(other value) bool {
	if v.kind != other.kind {
		return false
	}
	switch v.kind {
	case "M":
		return equalItems(v.fields, other.fields)
	case "L":
		return slices.EqualFunc(v.list, other.list, value.equal)
	case "SS", "NS", "BS":
		return len(v.list) == len(other.list) && !slices.ContainsFunc(v.list, func(one value) bool { return !slices.ContainsFunc(other.list, one.equal) })
	case "BOOL", "NULL":
		return v.flag == other.flag
	}
	order, _ := v.compare(other)
	return order == 0
}

func equalItems(a, b item) bool {
	for name, v := range a {
		if other, found := b[name]; !found || !v.equal(other) {
			return false
		}
	}
	return len(a) == len(b)
}

// compare orders two strings, numbers or binaries; anything else has no order.
func (v value) compare(other value) (order int, ordered bool) {
	if v.kind != other.kind {
		return 0, false
	}
	switch v.kind {
	case "S":
		return strings.Compare(v.text, other.text), true
	case "N":
		return v.number.Cmp(other.number), true
	case "B":
		return bytes.Compare(v.bytes, other.bytes), true
	}
	return 0, false
}

func (v *value) empty() bool {
	return v.kind == "S" && v.text == "" || v.kind == "B" && len(v.bytes) == 0
}
