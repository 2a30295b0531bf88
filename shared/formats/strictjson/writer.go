package strictjson

// Writer appends one JSON document to a buffer, without white space. It places
// commas and escapes, and writes nothing that a Reader would refuse for its
// grammar, its characters, its numbers or a name given twice. It is not safe for
// concurrent use.
//
// The first misuse or unfit content ends the writing: Err tells what happened,
// and Bytes returns nil.
type Writer struct {
	buf   []byte
	begun bool // the document's value has begun
	named bool // a member name waits for its value
	err   *Error
	stack
}

// NewWriter returns a Writer that appends to buf, which may be nil.
func NewWriter(buf []byte) *Writer {
	return &Writer{buf: buf, stack: newStack(0)}
}

// Reset starts over with another document, appended to buf.
func (w *Writer) Reset(buf []byte) {
	w.stack.reset()
	*w = Writer{buf: buf, stack: w.stack}
}

// Bytes returns the buffer with the document, nil if there is an error.
func (w *Writer) Bytes() []byte {
	if w.Err() != nil {
		return nil
	}
	return w.buf
}

// Err returns the first error, or that the document is not complete yet.
func (w *Writer) Err() *Error {
	if w.err == nil && (!w.begun || len(w.frames) > 0) {
		return &Error{Class: Bug, Path: w.path(len(w.frames)), Offset: len(w.buf), Rule: "the document is not complete"}
	}
	return w.err
}

// Obj begins an object.
func (w *Writer) Obj() { w.begin(true, '{') }

// EndObj ends the innermost container, which must be an object.
func (w *Writer) EndObj() { w.end(true, '}') }

// Arr begins an array.
func (w *Writer) Arr() { w.begin(false, '[') }

// EndArr ends the innermost container, which must be an array.
func (w *Writer) EndArr() { w.end(false, ']') }

// Key writes a member name and returns the Writer, for the value to follow:
// w.Key("lines").Arr().
func (w *Writer) Key(name string) *Writer {
	top := w.top()
	if w.err == nil && (top == nil || !top.object || w.named) {
		w.fail(Bug, "a member name has no place here")
	}
	if w.err != nil {
		return w
	}
	if !w.names.add(name, top) {
		w.fail(Bug, "member name given twice")
		return w
	}
	w.comma(top)
	w.quote(name)
	w.buf = append(w.buf, ':')
	w.named = true
	return w
}

// top returns the innermost frame, nil outside of all.
func (w *Writer) top() *frame {
	if len(w.frames) == 0 {
		return nil
	}
	return &w.frames[len(w.frames)-1]
}

func (w *Writer) begin(object bool, mark byte) {
	if !w.value() {
		return
	}
	w.buf = append(w.buf, mark)
	w.push(object)
}

func (w *Writer) end(object bool, mark byte) {
	top := w.top()
	if w.err == nil && (top == nil || top.object != object || w.named) {
		w.fail(Bug, "nothing that "+string(mark)+" could end")
	}
	if w.err != nil {
		return
	}
	w.buf = append(w.buf, mark)
	w.pop()
}

// value makes room for a value and reports whether one may stand here.
func (w *Writer) value() bool {
	switch top := w.top(); {
	case w.err != nil:
	case top == nil && w.begun:
		w.fail(Bug, "a document holds one value")
	case top == nil:
		w.begun = true
	case !top.object:
		w.comma(top)
	case !w.named:
		w.fail(Bug, "a value without a member name")
	default:
		w.named = false
	}
	return w.err == nil
}

// comma separates the entry to come from the one before.
func (w *Writer) comma(top *frame) {
	if top.count > 0 {
		w.buf = append(w.buf, ',')
	}
	top.count++
}

func (w *Writer) fail(class Class, rule string) {
	if w.err == nil {
		w.err = &Error{Class: class, Path: w.path(len(w.frames)), Offset: len(w.buf), Rule: rule}
	}
}
