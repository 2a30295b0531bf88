package strictjson

import "bytes"

// Reader reads one JSON document from memory, value by value, in the order of
// the document. It is not safe for concurrent use.
//
// The first error ends the reading: from then on every method returns a zero
// value, loops end, and Err tells what happened.
type Reader struct {
	data   []byte
	pos    int // stands on the first byte of a value whenever a caller can read one
	first  int // where the document's value begins
	bad    int // where the data stops being UTF-8
	bom    bool
	limits Limits
	err    *Error
	stack
}

// NewReader returns a Reader of the document within the limits. The document
// must not be modified as long as the Reader or anything it returned is in use:
// strings without escapes, and what Raw returns, share its memory.
func NewReader(data []byte, limits Limits) *Reader {
	r := &Reader{limits: limits.orDefaults(), stack: newStack(len(data))}
	r.Reset(data)
	return r
}

// Reset starts over with another document and the same limits. What was read
// before stays valid. Reset(nil) lets go of the document.
func (r *Reader) Reset(data []byte) {
	r.stack.reset()
	*r = Reader{data: data, limits: r.limits, stack: r.stack}
	if len(data) > r.limits.Bytes {
		r.fail(TooLarge, "too many bytes", r.limits.Bytes)
		return
	}
	r.bad = invalidUTF8(data)
	r.bom = bytes.HasPrefix(data, []byte("\ufeff"))
	if r.bom {
		r.pos = len("\ufeff")
	}
	r.next()
	r.first = r.pos
}

// HadBOM reports whether the document began with a UTF-8 byte order mark, which
// was stripped.
func (r *Reader) HadBOM() bool { return r.bom }

// Err returns the first error so far, nil if there was none.
func (r *Reader) Err() *Error { return r.err }

// End returns the first error; data after the document is one. A document of
// which nothing was read is checked first.
func (r *Reader) End() *Error {
	if r.err == nil && r.pos == r.first {
		r.Skip()
	}
	if r.next(); r.pos < len(r.data) {
		r.fail(Parse, "data after the end of the document", r.pos)
	}
	return r.err
}

// Check reads the whole document as strictly as a Reader would and returns the
// first error, nil if there is none.
func Check(data []byte, limits Limits) *Error { return NewReader(data, limits).End() }

// Path returns where the Reader stands, such as "line_items[2].price".
func (r *Reader) Path() string { return r.path(len(r.frames)) }

// Left returns how many bytes of the document have not been read: a bound for what is to come.
func (r *Reader) Left() int { return len(r.data) - r.pos }

// Fail makes the caller's own finding about the value just read the Reader's
// error. The rule must not hold content of the document.
func (r *Reader) Fail(class Class, rule string) { r.fail(class, rule, r.pos) }

// Missing makes the absence of a required member of the object just read the
// Reader's error, of class Schema.
func (r *Reader) Missing(member string) {
	if r.err == nil {
		r.fail(Schema, "is missing", r.pos)
		r.err.Path = string(appendName([]byte(r.err.Path), member))
	}
}

// fail notes the first error at the current path. Without data every later read
// fails as well, so that no other place has to ask whether one did.
func (r *Reader) fail(class Class, rule string, offset int) {
	r.failWithin(len(r.frames), class, rule, offset)
}

// failAround is fail for the object or array that the position is in.
func (r *Reader) failAround(class Class, rule string, offset int) {
	r.failWithin(max(len(r.frames)-1, 0), class, rule, offset)
}

func (r *Reader) failWithin(depth int, class Class, rule string, offset int) {
	if r.err == nil {
		r.err = &Error{Class: class, Path: r.path(depth), Offset: offset, Rule: rule}
	}
	r.data, r.pos = nil, 0
}

// next passes white space and returns the byte it stands on, 0 at the end. A
// NUL in the document is no token either, so nobody has to tell them apart.
func (r *Reader) next() byte {
	if r.pos < len(r.data) && r.data[r.pos] > ' ' {
		return r.data[r.pos]
	}
	return r.nextBeyondSpace()
}

func (r *Reader) nextBeyondSpace() byte {
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}
