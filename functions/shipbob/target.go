package shipbob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// target is the connector.Target. It keeps nothing between calls.
type target struct {
	*api
	now    func() time.Time
	memory connector.CrossRef
}

var _ connector.Target = (*target)(nil)

// Codes of deliveries that an operator has to settle.
const (
	// CodeImportReview: ShipBob does not know a product, and ships nothing until it does.
	CodeImportReview = "import_review"
	// CodeCancelRefused: the store's order has nothing to ship, and ShipBob ships it all the same.
	CodeCancelRefused = "cancel_refused"
	// CodeChangeRefused: the store's order changed after ShipBob had begun to ship the old one.
	CodeChangeRefused = "change_refused"
	// CodeCancelledThere: the order was cancelled at ShipBob, and is open in the store.
	CodeCancelledThere = "cancelled_at_warehouse"
	// CodeForeignOrder: ShipBob has another order under the reference id.
	CodeForeignOrder = "foreign_order"
	// CodeTooManyIssues: the order was issued so often that it needs a person.
	CodeTooManyIssues = "too_many_issues"
	// CodeReleaseDelay: the order waits for SHIPBOB_RELEASE_DELAY.
	CodeReleaseDelay = "release_delay"
)

// Find returns ShipBob's id of the issue of the order that stands, or else of the last one.
func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	doing := "looking up " + key.String() + " at " + Name
	channel, err := t.ChannelOf(key)
	if err != nil {
		return "", fault.Doing(doing, err)
	}
	found, err := t.issues(ctx, key, channel, doing)
	if err != nil || len(found) == 0 {
		return "", err
	}
	if i := slices.IndexFunc(found, func(o order) bool { return o.isActive() }); i >= 0 {
		return found[i].id, nil
	}
	return found[len(found)-1].id, nil
}

// Deliver sets the state of a store's order at ShipBob. The event type has no influence: the
// order's state decides.
func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	w := &work{target: t, key: d.Message.Key(), doing: "setting order " + d.Message.Key().String() + " at " + Name}
	body, ok := d.Body.(*canonical.Order)
	if !ok {
		return connector.Receipt{}, fault.New(fault.Unknown, fault.Bug, w.doing, "there is no operation for "+d.Message.Type)
	}
	receipt, err := w.deliver(ctx, d.Ref, body)
	return receipt, fault.Doing(w.doing, err)
}

// work is one delivery.
type work struct {
	*target
	key     message.Key
	channel string
	doing   string
	body    *canonical.Order
	want    wanted
}

// deliver makes a new order in one request. Of an order that ShipBob may have, all issues are
// read first: at most one is active, and the others were cancelled.
func (w *work) deliver(ctx context.Context, ref string, body *canonical.Order) (receipt connector.Receipt, err error) {
	w.body = body
	if w.channel, err = w.ChannelOf(w.key); err != nil {
		return receipt, err
	}
	if w.want, err = w.settings.want(body); err != nil {
		return receipt, err
	}
	isNew := ref == "" && w.want.none == "" && !w.isOver()
	if isNew {
		if at := w.settings.releasedAt(body); at.After(w.now()) {
			return receipt, &fault.Error{
				Kind: fault.NotReady, Class: fault.MissingRef, Code: CodeReleaseDelay, After: at.Sub(w.now()), Field: "placed_at",
				Detail: "the order is released at " + at.UTC().Format(time.RFC3339) + " (SHIPBOB_RELEASE_DELAY=" + w.settings.ReleaseDelay.String() + ")",
			}
		}
		receipt, err = w.issue(ctx, 1)
		if !errors.Is(err, errTaken) {
			return receipt, err
		}
	}
	taken := err
	found, err := w.issues(ctx, w.key, w.channel, w.doing)
	if err != nil {
		return connector.Receipt{}, err
	}
	if taken != nil && len(found) == 0 {
		return connector.Receipt{}, fault.As(taken) // the 422 had another reason
	}
	return w.settle(ctx, found)
}

// releasedAt is when a new order is sent: the delay after it was placed, and for an older state of
// it later than for a newer one, by up to a tenth of the delay. So of several states that wait the
// newest is sent, and supersedes the others.
func (s *Settings) releasedAt(o *canonical.Order) time.Time {
	age := min(max(o.UpdatedAt.Sub(o.PlacedAt), 0), s.ReleaseDelay)
	return o.PlacedAt.Add(s.ReleaseDelay + (s.ReleaseDelay-age)/10)
}

// isOver reports whether the order is so far that ShipBob must not ship it anew.
func (w *work) isOver() bool { return w.body.Fulfilled || w.body.Status == canonical.OrderClosed }

// settle compares what the store wants with the issues at ShipBob, and writes what differs.
func (w *work) settle(ctx context.Context, found []order) (connector.Receipt, error) {
	var active *order
	for i := range found {
		if !found[i].isActive() {
			continue
		}
		if active != nil {
			return connector.Receipt{}, conflict(CodeForeignOrder, "orders "+active.id+" and "+found[i].id+" of ShipBob are both for this order: cancel one there, then redrive")
		}
		active = &found[i]
	}
	next := 1
	if len(found) > 0 {
		next = found[len(found)-1].issue + 1
	}
	switch {
	case active == nil && w.want.none != "":
		return w.unsent(found, "the order "+w.want.none+": ShipBob has nothing to ship for it"), nil
	case active == nil && w.isOver():
		return w.unsent(found, "the order was handed over or archived in the store before ShipBob had it: nothing is sent"), nil
	case active == nil:
		return w.reissue(ctx, found, next)
	case w.want.none != "":
		return w.withdraw(ctx, *active)
	case w.want.isMade(active):
		return w.accepted(active, true)
	}
	if err := w.cancelIssue(ctx, active, CodeChangeRefused, "the order changed in the store after ShipBob had begun to ship it"); err != nil {
		return connector.Receipt{}, err
	}
	return w.issueNext(ctx, next, "order "+active.id+" was cancelled because the store's order changed; ")
}

// unsent is the receipt of an order for which ShipBob has nothing to do.
func (w *work) unsent(found []order, detail string) connector.Receipt {
	receipt := connector.Receipt{Detail: detail, Linked: true}
	if len(found) > 0 {
		receipt.Ref = found[len(found)-1].id
	}
	return receipt
}

// withdraw cancels the order for which there is nothing to ship any more.
func (w *work) withdraw(ctx context.Context, active order) (connector.Receipt, error) {
	if err := w.cancelIssue(ctx, &active, CodeCancelRefused, "the order "+w.want.none+", and ShipBob ships it all the same"); err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{Ref: active.id, Detail: "order " + active.id + " cancelled: the order " + w.want.none}, nil
}

// reissue makes the next issue of an order without an active one. One that was cancelled at
// ShipBob by hand is not made again by an event that changes nothing for the warehouse.
func (w *work) reissue(ctx context.Context, found []order, next int) (connector.Receipt, error) {
	if len(found) == 0 {
		return w.issueNext(ctx, next, "")
	}
	last := found[len(found)-1]
	if w.want.isMade(&last) {
		by, err := w.memory.Bind(ctx, w.key, cancelledBy(last.id), "warehouse")
		if err != nil {
			return connector.Receipt{}, err
		}
		if by != byStore {
			return connector.Receipt{}, conflict(CodeCancelledThere, "order "+last.id+" was cancelled at ShipBob, and is open in the store: "+
				"cancel it in the store, or make it at ShipBob under the reference id "+w.reference(next)+", then redrive")
		}
	}
	return w.issueNext(ctx, next, "issued anew after order "+last.id+"; ")
}

// cancelledBy is the attribute under which is remembered who cancelled an issue: ShipBob's own
// state does not say.
func cancelledBy(id string) string { return "shipbob/cancelled/" + id }

const byStore = "store"

// cancelIssue cancels the order, and fails with a conflict of the code if ShipBob does not
// cancel all of it. ShipBob cancels a shipment until it was picked.
func (w *work) cancelIssue(ctx context.Context, o *order, code, why string) error {
	if o.status == statusFulfilled {
		return conflict(code, why+": order "+o.id+" of ShipBob has left the warehouse; settle it by hand, such as by a return")
	}
	if _, err := w.memory.Bind(ctx, w.key, cancelledBy(o.id), byStore); err != nil {
		return err
	}
	kept, all, err := w.cancel(ctx, o.id, w.channel, w.doing)
	if err != nil || all {
		return err
	}
	// It may have been cancelled before, by an attempt whose answer was lost.
	found, err := w.issues(ctx, w.key, w.channel, w.doing)
	if err != nil {
		return err
	}
	for _, each := range found {
		if each.id == o.id && !each.isActive() {
			return nil
		}
	}
	detail := why + ": ShipBob refuses to cancel order " + o.id
	if len(kept) > 0 {
		detail += ", of which shipment " + strings.Join(kept, ", ") + " stays"
	}
	return conflict(code, detail+"; it ships what it has. Settle it by hand: stop it at ShipBob and redrive, or arrange a return")
}

// issueNext makes an issue after others. If its reference id is taken, another attempt made it
// meanwhile, and the issues are read again at the next one.
func (w *work) issueNext(ctx context.Context, n int, before string) (connector.Receipt, error) {
	if n > mostIssues {
		return connector.Receipt{}, conflict(CodeTooManyIssues, fmt.Sprintf("the order was issued %d times at ShipBob: make it there by hand", mostIssues))
	}
	receipt, err := w.issue(ctx, n)
	if errors.Is(err, errTaken) {
		f := *fault.As(err)
		f.Kind, f.Class, f.Scope = fault.Unavailable, fault.Conflict, fault.EntityScope
		f.Detail = "ShipBob rejects the reference id " + w.reference(n) + ": another attempt may have made the order"
		return receipt, &f
	}
	receipt.Detail = before + receipt.Detail
	return receipt, err
}

// issue makes the n-th issue of the order.
func (w *work) issue(ctx context.Context, n int) (connector.Receipt, error) {
	reference, err := Reference(w.key, n)
	if err != nil {
		return connector.Receipt{}, err
	}
	body, err := w.want.encode(reference)
	if err != nil {
		return connector.Receipt{}, err
	}
	made, err := w.create(ctx, w.channel, body, w.doing)
	if err != nil {
		return connector.Receipt{}, err
	}
	return w.accepted(&made, false)
}

func (w *work) reference(n int) string {
	reference, err := Reference(w.key, n)
	if err != nil {
		return ""
	}
	return reference
}

// accepted returns the receipt of an order that ShipBob has. One in import review is no
// success: ShipBob ships nothing of it.
func (w *work) accepted(o *order, linked bool) (connector.Receipt, error) {
	if o.status == statusImportReview {
		return connector.Receipt{}, w.importReview(o)
	}
	receipt := connector.Receipt{Ref: o.id, Linked: linked, Detail: "order " + o.id + " made as " + o.reference}
	if linked {
		receipt.Detail = "order " + o.id + " is as the store has it"
	}
	return receipt, nil
}

// importReview names the products that ShipBob does not know, by the lines of the order.
func (w *work) importReview(o *order) error {
	unknown, field := o.unknown(), "lines"
	for _, l := range w.want.products {
		if slices.Contains(unknown, l.sku) {
			field = l.field
			break
		}
	}
	names := make([]string, 0, len(w.want.products))
	for _, l := range w.want.products {
		if len(unknown) == 0 || slices.Contains(unknown, l.sku) {
			names = append(names, strconv.Quote(l.sku))
		}
	}
	detail := strings.Join(names, ", ") + ": ShipBob has no product with this reference id"
	if len(unknown) == 0 {
		detail = "ShipBob does not know one of the products " + strings.Join(names, ", ")
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Code: CodeImportReview, Field: field,
		Detail: detail + ", and holds order " + o.id + " in import review; create or match the product there, then redrive",
	}
}

func conflict(code, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: code, Detail: detail}
}
