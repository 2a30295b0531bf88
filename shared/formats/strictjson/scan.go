package strictjson

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// One byte repeated over a word, for looking at eight bytes at once.
const (
	ones    = 0x0101010101010101
	highs   = ones * 0x80
	quotes  = ones * '"'
	slashes = ones * '\\'
	blanks  = ones * ' '
)

// special returns the index of the first quote, backslash or control character
// of data from i on, or the length of data.
func special(data []byte, i int) int {
	for ; i+8 <= len(data); i += 8 {
		if marks := mark(binary.LittleEndian.Uint64(data[i:])); marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
	}
	for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// mark sets the high bit of each special byte of the word. A borrow can mark
// bytes above the first special one wrongly, never below it.
func mark(word uint64) uint64 {
	quote, slash := word^quotes, word^slashes
	return ((quote-ones)&^quote | (slash-ones)&^slash | (word-blanks)&^word) & highs
}

// invalidUTF8 returns the index of the first byte that is not UTF-8, or the
// length of data.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return len(data)
	}
	i := 0
	for {
		char, size := utf8.DecodeRune(data[i:])
		if char == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}
