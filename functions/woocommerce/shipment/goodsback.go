package shipment

import (
	"context"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// The states of a return in its notes.
const (
	returnRequested = "requested "
	returnReceived  = "received "
)

// deliverReturn adds the internal note of the return's state unless the order has it, or has one of a
// newer state: goods that were received are requested no longer.
func (t *Target) deliverReturn(ctx context.Context, d connector.Delivery, body *canonical.Return) (connector.Receipt, error) {
	at, newest, err := t.readReturn(ctx, d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	state := returnRequested
	if d.Message.Type == canonical.ReturnReceived {
		state = returnReceived
	}
	text := returnNote(body) + state + body.Words()
	if newest == text || state == returnRequested && strings.HasPrefix(newest, returnNote(body)+returnReceived) {
		return connector.Receipt{Ref: returnRef(body), Linked: true, Detail: "order " + body.Order + " has a note of return " + body.ID}, nil
	}
	if err := at.addNote(ctx, text, false); err != nil {
		return connector.Receipt{}, fault.Doing(at.doing, err)
	}
	return connector.Receipt{Ref: returnRef(body), Detail: "note of order " + body.Order + ": " + text}, nil
}

// searchReturn returns the ref of the return if the order has a note of it.
func (t *Target) searchReturn(ctx context.Context, d connector.Delivery, body *canonical.Return) (string, error) {
	_, newest, err := t.readReturn(ctx, d, body)
	if err != nil || newest == "" {
		return "", err
	}
	return returnRef(body), nil
}

// readReturn returns the order, and its newest note of the return.
func (t *Target) readReturn(ctx context.Context, d connector.Delivery, body *canonical.Return) (at orderAt, newest string, err error) {
	if at, err = t.orderAt(d, body.Order, "writing return "+body.ID+" of order "+body.Order+" to "+rest.Name); err != nil {
		return at, "", err
	}
	newest, err = at.newestNote(ctx, returnNote(body))
	return at, newest, fault.Doing(at.doing, at.unknownOrder(err))
}

// returnNote is how the notes of the return begin.
func returnNote(body *canonical.Return) string { return "Return " + body.ID + ": " }

func returnRef(body *canonical.Return) string { return body.Order + "-return-" + body.ID }
