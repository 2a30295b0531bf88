package strictjson

// Kind is the sort of a JSON value: the byte that values of it begin with, where
// '0' stands for every number and 't' for true and false.
type Kind byte

// The kinds of values, for readers that accept more than one.
const (
	NoKind     Kind = 0 // no value stands here
	ObjectKind Kind = '{'
	ArrayKind  Kind = '['
	StringKind Kind = '"'
	NumberKind Kind = '0'
	BoolKind   Kind = 't'
	NullKind   Kind = 'n'
)

// String returns the kind in words, such as "object".
func (k Kind) String() string {
	switch k {
	case ObjectKind:
		return "object"
	case ArrayKind:
		return "array"
	case StringKind:
		return "string"
	case NumberKind:
		return "number"
	case BoolKind:
		return "boolean"
	case NullKind:
		return "null"
	}
	return "no value"
}

// Kind returns the kind of the next value without reading it. The value may
// still turn out to be malformed.
func (r *Reader) Kind() Kind {
	switch c := r.next(); {
	case c == '-' || isDigit(c):
		return NumberKind
	case c == 'f':
		return BoolKind
	case c == '{' || c == '[' || c == '"' || c == 't' || c == 'n':
		return Kind(c)
	}
	return NoKind
}
