package shipment

import (
	"context"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// cancelNote is how the notes of what another system ended begin.
const cancelNote = "ERP: "

// cancelling is one delivery of a request to cancel an order.
type cancelling struct {
	*Target
	orderAt
	request *canonical.CancelRequest
	system  string // that asks
}

// ending is what an order lacks of a request.
type ending struct {
	note    string // "" if it has the note
	cancels bool
	reason  string
}

// deliverCancel cancels the order, or adds a note with the reason why it is not cancelled.
func (t *Target) deliverCancel(ctx context.Context, d connector.Delivery, body *canonical.CancelRequest) (connector.Receipt, error) {
	c, err := t.cancelling(d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	end, err := c.plan(ctx)
	if err != nil {
		return connector.Receipt{}, fault.Doing(c.doing, err)
	}
	receipt := connector.Receipt{Ref: cancelRef(body), Detail: "order " + body.Order + " " + end.reason}
	if end.note != "" {
		if err := c.addNote(ctx, end.note, false); err != nil {
			return connector.Receipt{}, fault.Doing(c.doing, err)
		}
	}
	if end.cancels {
		if _, err := c.write(ctx, mustJSON(map[string]any{"status": statusCancelled})); err != nil {
			return connector.Receipt{}, fault.Doing(c.doing, err)
		}
	}
	receipt.Linked = end.note == "" && !end.cancels
	return receipt, nil
}

// searchCancel returns the ref of the request if nothing of it is left to do.
func (t *Target) searchCancel(ctx context.Context, d connector.Delivery, body *canonical.CancelRequest) (string, error) {
	c, err := t.cancelling(d, body)
	if err != nil {
		return "", err
	}
	end, err := c.plan(ctx)
	if err != nil || end.note != "" || end.cancels {
		return "", fault.Doing(c.doing, err)
	}
	return cancelRef(body), nil
}

func cancelRef(body *canonical.CancelRequest) string { return body.Order + "-erp" }

func (t *Target) cancelling(d connector.Delivery, body *canonical.CancelRequest) (*cancelling, error) {
	at, err := t.orderAt(d, body.Order, "cancelling order "+body.Order+" at "+rest.Name)
	return &cancelling{Target: t, orderAt: at, request: body, system: d.Message.System()}, err
}

// plan reads the order and returns what it lacks. The note comes first, so that a cancelled order has
// it.
func (c *cancelling) plan(ctx context.Context) (ending, error) {
	o, err := c.read(ctx)
	if err != nil {
		return ending{}, err
	}
	if c.isOver(o) {
		return ending{reason: "is " + o.status}, nil
	}
	newest, err := c.newestNote(ctx, cancelNote)
	if err != nil {
		return ending{}, err
	}
	words := c.system + ": " + c.request.Status + " as " + c.request.Number
	end := ending{note: cancelNote + words + "; cancelled here, and nothing is refunded", cancels: true, reason: "is cancelled, " + words}
	if why := c.keeps(o); why != "" {
		end = ending{note: cancelNote + words + "; not cancelled here: " + why, reason: "is not cancelled, " + why}
	}
	if newest == end.note {
		end.note = ""
	}
	return end, nil
}

// The statuses of an order that is not to be shipped any more.
const (
	statusCancelled = "cancelled"
	statusRefunded  = "refunded"
	statusFailed    = "failed"
)

// isOver reports whether the order was cancelled or completed, so that nothing is left to cancel.
func (c *cancelling) isOver(o *shippedOrder) bool {
	switch c.meaning(o) {
	case "cancelled", "closed":
		return true
	}
	return o.isGone()
}

// meaning returns what the order's status means: by setting, or else by WooCommerce's own statuses.
func (c *cancelling) meaning(o *shippedOrder) string {
	if means, set := c.Statuses[o.status]; set {
		return means
	}
	switch o.status {
	case "pending", "on-hold", statusProcessing:
		return "open"
	case statusCancelled, statusRefunded, statusFailed:
		return "cancelled"
	case statusCompleted:
		return "closed"
	}
	return ""
}

// keeps says why the order is not cancelled, "" if it is.
func (c *cancelling) keeps(o *shippedOrder) string {
	for _, r := range o.shipments {
		if !r.isCancelled() {
			return "something was shipped"
		}
	}
	means := c.meaning(o)
	switch {
	case c.request.Fulfilled:
		return "something was shipped"
	case c.request.Billed:
		return "something was billed"
	case means != "open" && means != "paid":
		return "nothing says what its status " + o.status + " means; name it in WOOCOMMERCE_STATUSES"
	case c.Show:
		return "WOOCOMMERCE_CANCELLATIONS is show"
	}
	return ""
}
