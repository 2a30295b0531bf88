package strictjson

import (
	"hash/maphash"
	"math"
)

// few is the number of names up to which an object is searched by looking at each:
// most objects of commerce are amounts of two members, and hashing costs more.
const few = 8

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

func newNames() names {
	// The seed changes no answer: it keeps senders from choosing names that collide.
	return names{held: make([]name, 0, 128), table: make([]uint32, 256), seed: maphash.MakeSeed()}
}

// add holds the text as the newest name. It returns false if the innermost
// object, whose names begin at base, has it already.
func (n *names) add(text string, base int) bool {
	siblings := n.held[base:]
	if len(siblings) < few {
		n.held = append(n.held, name{text: text, slot: unplaced})
		return !has(siblings, text)
	}
	if len(siblings) == few {
		for at := base; at < base+few; at++ {
			n.place(at, base)
		}
	}
	n.held = append(n.held, name{text: text, slot: unplaced})
	return n.place(len(n.held)-1, base)
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
		*n = newNames()
	}
	clear(n.held[:cap(n.held)])
	n.held = n.held[:0]
}
