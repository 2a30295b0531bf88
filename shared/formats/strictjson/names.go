package strictjson

import (
	"hash/maphash"
	"math"
)

// few is the number of names up to which an object is searched by looking at each, where a
// name's mark was there before. Most objects of commerce have less members: hashing costs more.
const few = 32

// unplaced is the slot of a name that is not in the table.
const unplaced = math.MaxUint32

// maxKept is how many names a reused table may keep room for, so that one huge
// document does not hold memory for ever.
const maxKept = 4096

// names holds the member names of all open objects, innermost last, and finds a
// name given twice in the innermost one.
//
// A slot of the table is in use only if the name it points to is held and points
// back. So closing an object is a truncation, and nothing is ever cleared. That
// is sound because objects close in reverse order: whatever stood in the way
// when a name was placed stays as long as that name does. An object's first few
// names are placed only when more of them come.
type names struct {
	held  []name
	table []uint32 // indexes into held; the length is a power of two
	seed  maphash.Seed
}

type name struct {
	text string
	hash uint32
	slot uint32
}

// newNames makes room for the names of a document of the size in bytes: the answer to a request
// takes much less than an order.
func newNames(size int) names {
	room := 128
	if size < 2048 {
		room = 16
	}
	// The seed changes no answer: it keeps senders from choosing names that collide.
	return names{held: make([]name, 0, room), table: make([]uint32, 2*room), seed: maphash.MakeSeed()}
}

// marks is the set of the marks that the names of one object have. Names with unequal marks are
// not equal; a mark is of the length and three bytes.
type marks [4]uint64

// add reports whether no name before had the mark of the text.
func (m *marks) add(text string) bool {
	mark := uint32(len(text))
	if n := len(text); n > 0 {
		mark |= uint32(text[0])<<8 | uint32(text[n/2])<<16 | uint32(text[n-1])<<24
	}
	mark *= 0x9e3779b1 // odd, near 2^32 / φ: spreads over the upper bits (Knuth, TAOCP 6.4)
	word, bit := &m[mark>>30], uint64(1)<<(mark>>24&63)
	before := *word
	*word |= bit
	return before&bit == 0
}

// add holds the text as the newest name. It returns false if the object of the frame, the
// innermost, has it already.
func (n *names) add(text string, of *frame) bool {
	siblings := n.held[of.base:]
	n.held = append(n.held, name{text: text, slot: unplaced})
	if len(siblings) < few {
		return of.marks.add(text) || !has(siblings, text)
	}
	if len(siblings) == few {
		for at := of.base; at < of.base+few; at++ {
			n.place(at, of.base)
		}
	}
	return n.place(len(n.held)-1, of.base)
}

func has(siblings []name, text string) bool {
	for i := range siblings {
		if siblings[i].text == text {
			return true
		}
	}
	return false
}

// place puts a held name into the table. It returns false if its object has it already.
func (n *names) place(at, base int) bool {
	if 2*len(n.held) >= len(n.table) {
		n.grow()
	}
	each := &n.held[at]
	each.hash = uint32(maphash.String(n.seed, each.text)) + uint32(base)
	slot, fresh := n.find(each.text, each.hash, base, at)
	each.slot = slot
	if fresh {
		n.table[slot] = uint32(at)
	}
	return fresh
}

// find returns the first free slot for the name to be held at self, or the slot of its
// twin and false.
func (n *names) find(text string, hash uint32, base, self int) (uint32, bool) {
	mask := uint32(len(n.table) - 1)
	for slot := hash & mask; ; slot = (slot + 1) & mask {
		at := int(n.table[slot])
		if at >= len(n.held) || at == self || n.held[at].slot != slot {
			return slot, true
		}
		if other := &n.held[at]; at >= base && other.hash == hash && other.text == text {
			return slot, false
		}
	}
}

// grow doubles the table and places every name again that had a place, oldest first.
func (n *names) grow() {
	all := n.held
	n.table, n.held = make([]uint32, 2*len(n.table)), all[:0]
	for i, each := range all {
		if each.slot != unplaced {
			// With the base behind every name nothing counts as a twin.
			each.slot, _ = n.find(each.text, each.hash, len(all), i)
			n.table[each.slot] = uint32(i)
		}
		n.held = append(n.held, each)
	}
}

// reset forgets all names, and the documents they may be part of.
func (n *names) reset() {
	if cap(n.held) > maxKept {
		*n = newNames(0)
	}
	clear(n.held[:cap(n.held)])
	n.held = n.held[:0]
}
