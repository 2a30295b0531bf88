package strictjson

import "iter"

// Object reads an object: the loop body gets each member name and reads its
// value, once. A value that the body leaves unread is checked and skipped, and
// so is the rest of the object when the body leaves the loop.
func (r *Reader) Object() iter.Seq[string] {
	// Not the method value: a loop over this literal does not allocate.
	return func(yield func(string) bool) { r.members(yield) }
}

// Array reads an array: the loop body gets each index, from 0, and reads the
// element. What the body leaves unread is checked and skipped.
func (r *Reader) Array() iter.Seq[int] {
	return func(yield func(int) bool) { r.elements(yield) }
}

func (r *Reader) members(yield func(string) bool) {
	if r.next() != '{' {
		r.mismatch("object")
		return
	}
	more := true
	for ok := r.open(true); ok && r.nextMember(); {
		start := r.pos
		if more {
			more = yield(r.names.held[len(r.names.held)-1].text)
		}
		if r.pos == start {
			r.Skip()
		}
	}
}

func (r *Reader) elements(yield func(int) bool) {
	if r.next() != '[' {
		r.mismatch("array")
		return
	}
	more := true
	for ok := r.open(false); ok && r.nextElement(); {
		start := r.pos
		if more {
			more = yield(r.frames[len(r.frames)-1].count - 1)
		}
		if r.pos == start {
			r.Skip()
		}
	}
}

// Skip checks the next value and passes it.
func (r *Reader) Skip() {
	switch c := r.next(); {
	case c == '"':
		r.quoted()
	case c == '{':
		for ok := r.open(true); ok && r.nextMember(); {
			r.Skip()
		}
	case c == '[':
		for ok := r.open(false); ok && r.nextElement(); {
			r.Skip()
		}
	case c == '-' || isDigit(c):
		r.number()
	default:
		r.literal()
	}
}

// Raw checks the next value and returns its bytes, which are those of the
// document and must not be modified. After an error it returns nil.
func (r *Reader) Raw() []byte {
	data := r.data
	r.next()
	start := r.pos
	if r.Skip(); r.err != nil {
		return nil
	}
	return data[start:r.pos:r.pos]
}

func (r *Reader) open(object bool) bool {
	if len(r.frames) == r.limits.Depth {
		r.fail(TooLarge, "nested too deeply", r.pos)
		return false
	}
	r.pos++
	r.push(object)
	return true
}

// nextMember stands on the value of the next member, or returns false at the end
// of the object.
func (r *Reader) nextMember() bool {
	if !r.advance('}') {
		return false
	}
	if r.next() != '"' {
		r.failAround(Parse, r.orEnd("want a member name in double quotes"), r.pos)
		return false
	}
	if len(r.names.held) >= r.limits.Elements {
		r.failAround(TooLarge, "too many members", r.pos)
		return false
	}
	return r.name() && r.colon()
}

// name reads and holds a member name.
func (r *Reader) name() bool {
	at := r.pos
	body, escaped, rule := r.body()
	if rule != "" {
		r.failAround(Parse, rule, r.pos)
		return false
	}
	fresh := r.names.add(decode(body, escaped), &r.frames[len(r.frames)-1])
	if !fresh {
		r.fail(Parse, "member name given twice", at)
	}
	return fresh
}

func (r *Reader) colon() bool {
	if r.next() != ':' {
		r.fail(Parse, r.orEnd("want a colon after the member name"), r.pos)
		return false
	}
	r.pos++
	r.next()
	return true
}

// nextElement stands on the next element, or returns false at the end of the array.
func (r *Reader) nextElement() bool {
	if !r.advance(']') {
		return false
	}
	if r.frames[len(r.frames)-1].count > r.limits.Elements {
		r.failAround(TooLarge, "too many elements", r.pos)
		return false
	}
	return true
}

// advance passes the comma between two entries, or closes the innermost
// container and returns false.
func (r *Reader) advance(end byte) bool {
	c, top := r.next(), &r.frames[len(r.frames)-1]
	switch {
	case c == end:
		r.pos++
		r.pop()
		return false
	case top.count == 0 && c != 0:
	case c == ',':
		r.pos++
		r.next()
	default:
		r.failAround(Parse, r.orEnd("want a comma or "+string(end)), r.pos)
		return false
	}
	top.count++
	return true
}

// orEnd returns the rule, or a better one if there are no bytes left.
func (r *Reader) orEnd(rule string) string {
	if r.pos >= len(r.data) {
		return "unexpected end of the document"
	}
	return rule
}
