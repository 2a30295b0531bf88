package strictjson

import (
	"strconv"
	"unicode/utf8"
)

// maxName bounds a member name within a path, in bytes.
const maxName = 64

// stack is the nesting at the current position. It knows enough to write the
// path there, which is done only when something failed.
type stack struct {
	frames []frame
	names  names
}

type frame struct {
	object bool
	base   int // where this object's names begin
	count  int // members or elements begun so far
	marks  marks
}

func newStack(size int) stack {
	return stack{frames: make([]frame, 0, 16), names: newNames(size)}
}

func (s *stack) push(object bool) {
	s.frames = append(s.frames, frame{object: object, base: len(s.names.held)})
}

func (s *stack) pop() {
	last := len(s.frames) - 1
	s.names.held = s.names.held[:s.frames[last].base]
	s.frames = s.frames[:last]
}

func (s *stack) reset() {
	s.frames = s.frames[:0]
	s.names.reset()
}

// path writes the way through the outermost frames, as many as depth says.
func (s *stack) path(depth int) string {
	var path []byte
	for i, each := range s.frames[:depth] {
		end := len(s.names.held)
		if i+1 < len(s.frames) {
			end = s.frames[i+1].base
		}
		switch {
		case !each.object && each.count > 0:
			path = append(strconv.AppendInt(append(path, '['), int64(each.count-1), 10), ']')
		case each.object && end > each.base:
			path = appendName(path, s.names.held[end-1].text)
		}
	}
	return string(path)
}

// appendName adds ".name", or ["name"] where the name could be taken for two.
func appendName(path []byte, text string) []byte {
	text = shorten(text)
	if !isPlain(text) {
		return append(strconv.AppendQuote(append(path, '['), text), ']')
	}
	if len(path) > 0 {
		path = append(path, '.')
	}
	return append(path, text...)
}

func isPlain(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c != '_' && c != '-' && c < utf8.RuneSelf && !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return text != "" && utf8.ValidString(text)
}

func shorten(text string) string {
	if len(text) <= maxName {
		return text
	}
	end := maxName
	// A Writer may be given a name that is not UTF-8 and has no start anywhere.
	for end > maxName-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
