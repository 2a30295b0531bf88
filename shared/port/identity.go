package port

import (
	"cmp"
	"strconv"
	"time"

	"causeway.example/shared/message"
)

// Identity returns what the entry has in common with a repetition of itself: e.ID if it
// is set, else an id derived from the content. A process that is killed between its
// ledger entry and the end of its work repeats the work, and appends the entry again with
// another time and another receive count; Ledger.Append counts it once.
//
// The content is the function, the message (trace, event, causation, entity, version,
// type), the route, the stage and the number of redrives. Then it depends on the stage:
//
//   - Translated, Published, Confirmed: nothing more. Each happens once to an event, and once
//     more when it is redriven.
//   - Queued, Superseded, Skipped: the queue's message, because each copy of an event comes and
//     ends so; the time if the message is not given.
//   - Dead, Parked: the queue's message, because an event that was put back by hand can die
//     again; the attempt if the message is not given.
//   - Sent: the attempt, the outcome and the error, because an attempt can be two calls.
//   - All others, which repeat by nature (received, deferred, a connection's changes,
//     reconciled): the time.
func (e Entry) Identity() string {
	if e.ID != "" {
		return e.ID
	}
	parts := []string{
		e.Function, e.Trace, e.Event, e.Causation, e.Entity.String(), string(e.Version), e.Type,
		e.Route, string(e.Stage), strconv.Itoa(e.RedriveCount),
	}
	switch e.Stage {
	case Translated, Published, Confirmed:
	case Queued, Superseded, Skipped:
		parts = append(parts, cmp.Or(e.Message, e.At.UTC().Format(time.RFC3339Nano)))
	case Dead, Parked:
		parts = append(parts, cmp.Or(e.Message, strconv.Itoa(e.Attempt)))
	case Sent:
		parts = append(parts, strconv.Itoa(e.Attempt), e.Outcome)
		if e.Error != nil {
			parts = append(parts, e.Error.Fingerprint, e.Error.Code, strconv.Itoa(e.Error.Status))
		}
	default:
		parts = append(parts, e.At.UTC().Format(time.RFC3339Nano), e.Outcome)
	}
	return message.DeriveID(parts...)
}
