// Package entity holds what the State keeps of one entity at one target: the newest state
// that the target confirmed, the target's id, who is writing now, and which attempts have
// not ended well. The inbox of a source is a target of the same kind; its entities are raw
// messages.
//
//   - state.go: a state of an entity, as an event carries it: its version and its content.
//   - record.go: the record, how it is read and written, and how long it lives; attempts at
//     one event, and what is unknown about their outcome.
//   - order.go: how a state compares with the record, which says whether it is new, known or
//     old; and whose turn it is.
//
// The record is one item, so that claim, version fence, cross-reference and retry budget
// are one conditional write before the effect and one after it.
//
// Confirmed states are kept for ever, in about 200 bytes: a replay of any age
// changes nothing. Everything else in the record has a bound (MostAttempts, mostWaiters),
// and a record without anything confirmed expires.
package entity
