// Package fault is the one vocabulary in which Causeway speaks of failure.
//
// A connector, codec or port that fails returns an *Error. It answers two
// questions that are deliberately kept apart:
//
//   - Kind says what the pipeline shall do about it (retry at a stated time,
//     wait for a parent, dead-letter, refuse at the door). The table that maps a
//     kind to a disposition stands in package pipeline, once.
//   - Class says what an operator shall think of it. Classes are a closed set and
//     group dead letters on the console; they decide nothing.
//
// Programs act on Kind, people read the text. The text says what was being
// attempted ("posting order 1001 to netsuite: 503"), never only that it failed.
// Nothing in Causeway compares error texts.
//
// An Error carries no payload and no personal data: Field is a path, Code is the
// vendor's own code, and the message of a wrapped error is shown only where the
// caller has masked it.
package fault
