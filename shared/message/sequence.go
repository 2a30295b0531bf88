package message

import (
	"fmt"
	"time"
)

// Sequence is the version of an entity: the source's own updated-at, and a
// counter that tells apart what happened within its resolution. It is text of
// fixed width whose byte order is the order of versions, so that a store can
// compare it in a condition. The empty Sequence is older than every other.
type Sequence string

// NewSequence returns the version made of the source's updated-at and a counter.
// Where a source reports whole seconds only, the counter is something in the
// entity that only ever grows, such as its number of refunds.
func NewSequence(updatedAt time.Time, counter uint32) Sequence {
	return Sequence(fmt.Sprintf("%s-%010d", updatedAt.UTC().Format("20060102T150405.000000000Z"), counter))
}

// UpdatedAt returns the source's updated-at in UTC; the zero time if the
// sequence was not made by NewSequence.
func (s Sequence) UpdatedAt() time.Time {
	at, err := time.Parse("20060102T150405.000000000Z", string(s[:min(len(s), 26)]))
	if err != nil {
		return time.Time{}
	}
	return at
}
