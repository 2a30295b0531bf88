package redrive

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
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
		return Edit{}, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "no_letter", Doing: doing, Detail: "no dead letter has this id; causeway dlq peek ROUTE lists them"}
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

// SendEdit sends the event that PrepareEdit made, and takes the original out of its queue. The
// ledger links the two. It fails with code "done", and sends nothing, if the target has the
// original or a newer version by now.
func (o *Operator) SendEdit(ctx context.Context, e Edit, reason string) error {
	doing := "editing " + e.Letter.Event
	r := &run{operator: o, op: &Operation{ID: "edit-" + e.Event[:6], Kind: "edit", Who: o.Who, Reason: reason}, judging: o.judging(Options{})}
	held, err := o.take(ctx, r.op.ID, []string{e.Letter.Queue})
	if err != nil {
		return err
	}
	defer func() { _ = held.release(context.WithoutCancel(ctx)) }() // it expires otherwise
	hand, err := r.open(ctx, e.Letter.Queue)
	if err != nil {
		return err
	}
	defer func() { _ = hand.Close(context.WithoutCancel(ctx)) }() // letters are visible again after hold
	letters, err := hand.Take(ctx, []string{e.Letter.MessageID})
	if err != nil {
		return err
	}
	done, why, err := r.judging.settled(ctx, e.Letter)
	switch {
	case err != nil:
		return err
	case done != "":
		return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "done", Doing: doing, Detail: "nothing is missing: " + why}
	case len(letters) == 0:
		return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "no_letter", Doing: doing, Detail: "the letter was deleted, or another process holds it"}
	}
	body, err := e.message.Encode()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("as %s, changed: %s,", e.Event, strings.Join(fields(e.Changes), ", "))
	if err := r.note(ctx, e.Letter, operate.Edited, what, letters[0]); err != nil {
		return err
	}
	if err := o.Sender.Send(ctx, e.Letter.Queue, []port.Outgoing{{Body: body, Group: e.message.Tenant, Attributes: map[string]string{port.AttrTrace: e.message.CorrelationID, port.AttrEvent: e.Event}}}); err != nil {
		return err
	}
	return hand.Delete(ctx, letters[0])
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
