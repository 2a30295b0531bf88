package redrive

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// hold is the time that a letter stays hidden during work on it.
const hold = 2 * time.Minute

// outcome is the result for one letter.
type outcome uint8

const (
	moved outcome = iota // sent, or it was sent before
	resolved
	removed
	left
	gone
	finished // was sent by another operation
)

// journaled is the journal's record of a letter that was sent.
type journaled struct {
	Operation string    `json:"op"`
	Event     string    `json:"event_id,omitempty"` // that was sent
	At        time.Time `json:"at"`
}

func journalKey(queue, messageID string) string { return "operate|moved|" + queue + "|" + messageID }

// move moves one letter, judged as it is now. The order of the calls is the guarantee: each
// leaves the message in at least one place, and the process that continues after a crash
// finds everything before it.
//
//	take      hides the letter; another process cannot have it
//	judge     the plan may be a quarter of an hour old
//	ledger    operator and reason: before the act, and once, also if repeated
//	send      the copy is durable
//	journal   from now on a repetition only deletes
//	delete    the letter is removed
func (r *run) move(ctx context.Context, hand engine.Hand, item Item) (outcome, error) {
	letters, err := hand.Take(ctx, []string{item.MessageID})
	if err != nil {
		return left, err
	}
	var before journaled
	sent, err := r.operator.get(ctx, journalKey(item.Queue, item.MessageID), &before)
	if err != nil {
		return left, err
	}
	switch {
	case sent:
		return r.sentBefore(ctx, hand, item, letters, before)
	case len(letters) == 0:
		return gone, nil
	}
	in := letters[0]
	l := operate.ReadLetter(in)
	verdict, why, err := r.judging.verdict(ctx, r.op.Kind, l)
	if err != nil {
		return left, err
	}
	switch verdict {
	case Send:
		return moved, r.send(ctx, hand, in, l, item)
	case Remove:
		stage, did := operate.Purged, removed
		if r.op.Kind == Resolve {
			stage, did = operate.Settled, resolved
		}
		return did, r.drop(ctx, hand, in, l, stage, why)
	case Confirmed:
		return resolved, r.drop(ctx, hand, in, l, operate.Settled, "resolved, not sent again: "+why)
	case Newer:
		return resolved, r.drop(ctx, hand, in, l, port.Superseded, "superseded, not sent again: "+why)
	}
	return left, nil
}

// sentBefore deletes a letter that the journal has. One that a killed process still holds is
// deleted later.
func (r *run) sentBefore(ctx context.Context, hand engine.Hand, item Item, letters []port.Incoming, before journaled) (did outcome, err error) {
	if did = finished; before.Operation == r.op.ID {
		did = moved
	}
	if len(letters) > 0 {
		return did, hand.Delete(ctx, letters[0])
	}
	r.undeleted = append(r.undeleted, item)
	return did, nil
}

// send sends a letter to its queue again, or to that of another route. The ledger then closes it
// on the route where it died.
func (r *run) send(ctx context.Context, hand engine.Hand, in port.Incoming, l operate.Letter, item Item) error {
	out, err := again(in, l)
	if err != nil {
		return err
	}
	if item.To != item.Queue {
		if err := r.note(ctx, l, item.Queue, operate.Settled, "to "+item.To+", not to its own target,", in); err != nil {
			return err
		}
		out.Attributes[port.AttrRoute] = item.To
	}
	if err := r.note(ctx, l, item.To, operate.Redriven, "to "+item.To, in); err != nil {
		return err
	}
	return r.replace(ctx, hand, in, item.Queue, item.To, out)
}

// replace sends a message for a letter, records that in the journal, and deletes the letter.
// The ledger has the act by then.
func (r *run) replace(ctx context.Context, hand engine.Hand, in port.Incoming, queue, to string, out port.Outgoing) error {
	if err := r.operator.Sender.Send(ctx, to, []port.Outgoing{out}); err != nil {
		return err
	}
	if err := r.journal(ctx, journalKey(queue, in.MessageID), out.Attributes[port.AttrEvent]); err != nil {
		return err
	}
	return hand.Delete(ctx, in)
}

// journal records that a letter was sent, as the event. A record that exists already is the
// same.
func (r *run) journal(ctx context.Context, key, event string) error {
	text, err := json.Marshal(journaled{Operation: r.op.ID, Event: event, At: r.operator.Now().UTC()})
	if err != nil {
		return err
	}
	_, err = r.operator.State.Put(ctx, port.Item{Key: key, Value: text, Expires: r.operator.Now().Add(operationLife)})
	if errors.Is(err, port.ErrConflict) {
		return nil
	}
	return err
}

// drop takes a letter out of its queue.
func (r *run) drop(ctx context.Context, hand engine.Hand, in port.Incoming, l operate.Letter, stage port.Stage, why string) error {
	if err := r.note(ctx, l, l.Queue, stage, why, in); err != nil {
		return err
	}
	return hand.Delete(ctx, in)
}

// note writes the ledger's entry of the next act on a letter. Its id is derived from the
// operation and the letter, so that a repetition adds none.
func (r *run) note(ctx context.Context, l operate.Letter, route string, stage port.Stage, what string, in port.Incoming) error {
	words := strings.TrimSpace(string(r.op.Kind) + " " + what)
	e := port.Entry{
		ID: message.DeriveID(r.op.ID, in.MessageID, string(stage)), At: r.operator.Now().UTC(), Stage: stage, Function: "operator",
		Trace: l.Trace, Event: l.Event, Entity: l.Entity, Version: l.Version, Type: l.Type, RedriveCount: l.Redrives + 1,
		Outcome: words + " by " + r.op.Who + ": " + r.op.Reason + " (" + r.op.ID + ")",
	}
	if l.Kind == operate.RouteLetter || l.Kind == operate.RuleLetter {
		e.Route = route
	}
	return r.operator.Ledger.Append(ctx, e)
}

// again is the letter as it is sent to its queue: with its cause, by which the pipeline
// counts failures of one kind, and one redrive more. Of an event in the form of EventBridge
// it is the detail.
func again(in port.Incoming, l operate.Letter) (port.Outgoing, error) {
	out := port.Outgoing{Body: in.Body, Attributes: maps.Clone(in.Attributes), Group: l.Entity.Tenant}
	if out.Attributes == nil {
		out.Attributes = map[string]string{}
	}
	out.Attributes[port.AttrRedrives] = strconv.Itoa(l.Redrives + 1)
	if l.Kind == operate.RuleLetter {
		var event struct {
			Detail json.RawMessage `json:"detail"`
		}
		if err := json.Unmarshal(in.Body, &event); err != nil {
			return out, fault.Doing("reading the event of letter "+l.MessageID, err)
		}
		out.Body = event.Detail
	}
	if len(out.Attributes) > port.MaxAttributes { // an outside tool added some
		maps.DeleteFunc(out.Attributes, func(name, _ string) bool { return !ours[name] })
	}
	return out, out.Check()
}

// ours are the attributes of a dead letter.
var ours = map[string]bool{
	port.AttrTrace: true, port.AttrEvent: true, port.AttrEntity: true, port.AttrVersion: true, port.AttrRoute: true, port.AttrRedrives: true,
	port.AttrFirstSeen: true, port.AttrReason: true, port.AttrCause: true, port.AttrFingerprint: true,
}

// open opens the dead-letter queue of a queue.
func (r *run) open(ctx context.Context, queue string) (engine.Hand, error) {
	return r.operator.Letters.Open(ctx, routes.Dead(queue), hold)
}
