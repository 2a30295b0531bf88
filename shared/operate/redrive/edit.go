package redrive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

// editable are the fields that an operator may change, by their paths without indexes, as
// patterns. Identity, versions, times, states and amounts are not among them: they are the
// source's, and a wrong one is corrected there.
var editable = regexp.MustCompile(`^(currency|purchase_order|note|lines\.(sku|title)|deliveries\.(code|title)|buyer\.(email|phone)|` +
	`(billing|shipping|address)\.(first_name|last_name|company|line1|line2|city|region|postal_code|country|phone)|` +
	`first_name|last_name|company|email|phone|sku|title|tracking\.(number|url))$`)

var index = regexp.MustCompile(`\[\d+\]`)

// Edit is a letter with changes, not sent yet.
type Edit struct {
	Letter  operate.Letter   `json:"letter"`
	Event   string           `json:"event_id"` // the new one
	Changes []operate.Change `json:"changes"`
	message *message.Message
	in      port.Incoming
}

// PrepareEdit changes fields of a dead event and checks the result against the model. It
// sends nothing. A field that may not be changed, or a value that breaks its rule, is a
// fault.Invalid that names the field.
func (o *Operator) PrepareEdit(ctx context.Context, id string, set map[string]string) (Edit, error) {
	doing := "editing " + id
	l, in, found, err := o.Letter(ctx, id)
	switch {
	case err != nil:
		return Edit{}, err
	case !found:
		return Edit{}, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "no_letter", Doing: doing, Detail: "no dead letter has this id; causeway trace " + id + " shows what became of it, causeway dlq peek ROUTE lists the letters"}
	case l.Kind != operate.RouteLetter || len(set) == 0:
		return Edit{}, fault.New(fault.Invalid, fault.Value, doing, "only fields of a canonical event can be changed; a delivery is corrected at its source")
	}
	m, err := message.Decode(in.Body)
	if err != nil {
		return Edit{}, fault.Doing(doing, err)
	}
	before, err := port.CheckOut(ctx, o.Vault, m.Body, m.Claim)
	if err != nil {
		return Edit{}, err
	}
	after, err := changed(before, set)
	if err != nil {
		return Edit{}, fault.Doing(doing, err)
	}
	decoded, err := canonical.Decode(m.Type, after)
	if err == nil {
		err = canonical.Validate(decoded)
	}
	if err != nil {
		return Edit{}, entity.Invalid(doing, err)
	}
	if after, err = canonical.Encode(decoded); err != nil {
		return Edit{}, err
	}
	e := Edit{Letter: l, in: in}
	if e.Changes, err = operate.Diff(before, after); err != nil {
		return Edit{}, err
	}
	edited := *m
	edited.Body, edited.Claim = after, nil
	if edited.Claim, err = port.CheckIn(ctx, o.Vault, after); edited.Claim != nil {
		edited.Body = nil
	}
	// Newer than the state that it corrects, and older than the source's next one.
	edited.Sequence += "+edited"
	edited.ID, edited.CausationID = message.DeriveID("edit", m.ID, string(after)), m.ID
	e.Event, e.message = edited.ID, &edited
	return e, err
}

// SendEdit sends the event that PrepareEdit made, and takes the original out of its queue:
// like a redrive, it is sent, then recorded in the journal, then deleted. The ledger links the
// two. A call that was killed is finished by the same edit.
//
// It fails with code "done", and sends nothing, if the target has the original or a newer
// version by now, or if the letter was sent with other changes, or redriven.
func (o *Operator) SendEdit(ctx context.Context, e Edit, reason string) error {
	r := &run{operator: o, op: &Operation{ID: "edit-" + e.Event[:6], Kind: "edit", Who: o.Who, Reason: reason}, judging: o.judging(Options{})}
	var err error
	if r.lease, err = o.take(ctx, r.op.ID, []string{e.Letter.Queue}); err != nil {
		return err
	}
	defer func() { _ = r.lease.release(context.WithoutCancel(ctx)) }() // it expires otherwise
	hand, err := r.open(ctx, e.Letter.Queue)
	if err != nil {
		return err
	}
	defer func() { _ = hand.Close(context.WithoutCancel(ctx)) }() // letters are visible again after hold
	return r.edit(ctx, hand, e)
}

func (r *run) edit(ctx context.Context, hand engine.Hand, e Edit) error {
	in, err := r.takeOne(ctx, hand, e.Letter.MessageID)
	if err != nil {
		return err
	}
	doing := "editing " + e.Letter.Event
	var before journaled
	sent, err := r.operator.get(ctx, journalKey(e.Letter.Queue, e.Letter.MessageID), &before)
	switch {
	case err != nil:
		return err
	case sent && before.Event == e.Event:
		return hand.Delete(ctx, in)
	case sent:
		return errors.Join(hand.Delete(ctx, in), &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Code: "done", Doing: doing, Detail: "it was sent as " + before.Event + " by " + before.Operation + " already",
		})
	}
	done, why, err := r.judging.settled(ctx, e.Letter, e.Letter.Queue)
	switch {
	case err != nil:
		return err
	case done != "":
		return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "done", Doing: doing, Detail: "nothing is missing: " + why}
	}
	body, err := e.message.Encode()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("as %s, changed: %s,", e.Event, strings.Join(fields(e.Changes), ", "))
	if err := r.note(ctx, e.Letter, e.Letter.Queue, operate.Edited, what, in); err != nil {
		return err
	}
	out := port.Outgoing{Body: body, Group: e.message.Tenant, Attributes: map[string]string{port.AttrTrace: e.message.CorrelationID, port.AttrEvent: e.Event}}
	return r.replace(ctx, hand, in, e.Letter.Queue, e.Letter.Queue, out)
}

// takeOne takes a letter. It waits for one that a killed process holds.
func (r *run) takeOne(ctx context.Context, hand engine.Hand, id string) (in port.Incoming, err error) {
	for until := r.operator.Now().Add(hold + time.Second); ; {
		letters, err := hand.Take(ctx, []string{id})
		if err != nil {
			return in, err
		}
		if len(letters) > 0 {
			return letters[0], nil
		}
		_, _, there, err := r.operator.Letter(ctx, id)
		if err != nil {
			return in, err
		}
		if !there || r.operator.Now().After(until) {
			return in, &fault.Error{
				Kind: fault.Rejected, Class: fault.MissingRef, Code: "no_letter", Doing: "taking letter " + id, Detail: "it was deleted, or another process holds it",
			}
		}
		if err := errors.Join(r.operator.Sleep(ctx, leaseLife/6), r.lease.renew(ctx)); err != nil {
			return in, err
		}
	}
}

func fields(changes []operate.Change) (names []string) {
	for _, c := range changes {
		names = append(names, c.Field)
	}
	return names
}

// changed returns the body with the values at their paths, which must exist.
func changed(body []byte, set map[string]string) ([]byte, error) {
	tree, err := operate.Tree(body)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(set)) {
		if !editable.MatchString(index.ReplaceAllString(path, "")) {
			return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "locked", Field: path, Detail: "may not be changed here; correct it at the source"}
		}
		if err := put(tree, strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(path), "."), set[path]); err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "no_field", Field: path, Detail: "the event has no such field", Err: err}
		}
	}
	return json.Marshal(tree)
}

// put sets the value at a path below the tree.
func put(tree any, path []string, value string) error {
	switch node := tree.(type) {
	case map[string]any:
		if len(path) == 1 {
			node[path[0]] = value
			return nil
		}
		below, ok := node[path[0]]
		if !ok {
			return fmt.Errorf("no member %q", path[0])
		}
		return put(below, path[1:], value)
	case []any:
		n, err := strconv.Atoi(path[0])
		if err != nil || n < 0 || n >= len(node) || len(path) == 1 {
			return fmt.Errorf("no element %q", path[0])
		}
		return put(node[n], path[1:], value)
	}
	return fmt.Errorf("nothing is below %q", path[0])
}
