package strictjson

import "strconv"

// Class groups errors for operators. The set is closed, and its words are those
// of the failure classes that the rest of the house shows.
type Class string

// The classes that an Error can have.
const (
	// Parse means that the bytes are not one strict JSON document; a member name given twice is one of the reasons.
	Parse Class = "parse"
	// Schema means well-formed JSON of another shape than the caller reads: a wrong type, null, a missing member.
	Schema Class = "schema"
	// Value means that the type is right and a rule forbids the content: no number, a number out of range, an empty id.
	Value Class = "value"
	// TooLarge means that a limit of Limits on size, depth or count was passed.
	TooLarge Class = "too_large"
	// Bug means that a Writer was used wrongly; a Reader never reports it.
	Bug Class = "bug"
)

// Error says which rule was broken, and where. It carries no content of the
// document but member names.
//
// Reader, Writer and Check return it as *Error so that callers reach its fields.
// Compare with nil before turning it into an error interface.
type Error struct {
	Class  Class
	Path   string // such as "line_items[2].price"; "" is the document itself
	Offset int    // byte offset in the input, or in the output of a Writer
	Rule   string // such as "want string, found object"
}

// Error returns "path: rule (class, byte offset)".
func (e *Error) Error() string {
	where := e.Path
	if where == "" {
		where = "document"
	}
	return where + ": " + e.Rule + " (" + string(e.Class) + ", byte " + strconv.Itoa(e.Offset) + ")"
}
