package message

import "time"

// Sequence is the version of an entity's state. It is text of fixed width whose byte
// order is the order of versions, so that a store can compare it in a condition. The
// empty Sequence is older than every other.
//
// A version is ordered by three things, first to last:
//
//  1. updatedAt, the source's own clock, such as Shopify's updated_at;
//  2. polled: the state that a poll reads is newer than every state of the same updatedAt
//     that was delivered;
//  3. hint, the finest time that is known of the state: when the source sent the delivery
//     (Shopify's X-Shopify-Triggered-At), or else when we received it, or when we polled.
//
// Many sources count in whole seconds, so that updatedAt alone ties.
type Sequence string

const sequenceLayout = "20060102T150405.000000000Z"

// NewSequence returns the version of the state that the source dates updatedAt. A hint
// that is zero is taken as updatedAt.
func NewSequence(updatedAt time.Time, polled bool, hint time.Time) Sequence {
	if hint.IsZero() {
		hint = updatedAt
	}
	mark := "-0-"
	if polled {
		mark = "-1-"
	}
	return Sequence(updatedAt.UTC().Format(sequenceLayout) + mark + hint.UTC().Format(sequenceLayout))
}

// Polled reports whether a poll read the state.
func (s Sequence) Polled() bool {
	return len(s) > len(sequenceLayout)+1 && s[len(sequenceLayout)+1] == '1'
}

// UpdatedAt returns the source's updated-at in UTC; the zero time if the sequence was not
// made by NewSequence.
func (s Sequence) UpdatedAt() time.Time {
	at, err := time.Parse(sequenceLayout, string(s[:min(len(s), len(sequenceLayout))]))
	if err != nil {
		return time.Time{}
	}
	return at
}
