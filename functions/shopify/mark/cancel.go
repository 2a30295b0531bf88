package mark

import (
	"context"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// cancelling is one delivery of a request to cancel an order.
type cancelling struct {
	*marking
	request *canonical.CancelRequest
	system  string // that asks
}

// Cancel cancels the order, or shows a person why it is not cancelled. Errors are faults; one about the
// order names the field "order", and one that Shopify has about the cancellation the field "status".
func (t *Target) Cancel(ctx context.Context, d connector.Delivery, body *canonical.CancelRequest) (connector.Receipt, error) {
	c, err := t.cancelling(d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt, err := c.deliver(ctx)
	return receipt, fault.Doing(c.doing, err)
}

// SearchCancel returns the order's id if nothing of the request is left to do.
func (t *Target) SearchCancel(ctx context.Context, d connector.Delivery, body *canonical.CancelRequest) (string, error) {
	c, err := t.cancelling(d, body)
	if err != nil {
		return "", err
	}
	has, err := c.readOrder(ctx)
	if err != nil {
		return "", fault.Doing(c.doing, err)
	}
	if todo, _ := c.plan(&has); len(todo) > 0 {
		return "", nil
	}
	return c.order.ID, nil
}

func (t *Target) cancelling(d connector.Delivery, body *canonical.CancelRequest) (*cancelling, error) {
	m, err := t.marking(d, body.Order, "cancelling order "+body.Order+" at shopify")
	if err != nil {
		return nil, err
	}
	return &cancelling{marking: m, request: body, system: d.Message.System()}, nil
}

func (c *cancelling) deliver(ctx context.Context) (connector.Receipt, error) {
	has, err := c.readOrder(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	todo, reason := c.plan(&has)
	if len(todo) == 0 {
		return connector.Receipt{Ref: c.order.ID, Linked: true, Detail: "order " + c.order.ID + " " + reason}, nil
	}
	var done []string
	for _, one := range todo {
		if err := one.act(ctx); err != nil {
			return connector.Receipt{}, err
		}
		done = append(done, one.what)
	}
	return connector.Receipt{Ref: c.order.ID, Detail: "order " + c.order.ID + " " + reason + ": " + strings.Join(done, ", ")}, nil
}

// plan returns what the order lacks, and what becomes of it. The tag comes first, so that a cancelled
// order has it, and a person sees it where Shopify refuses to cancel.
func (c *cancelling) plan(has *state) (todo []change, reason string) {
	switch {
	case has.cancelled:
		return nil, "is cancelled"
	case has.pieces == 0:
		return nil, "has nothing left to cancel"
	case has.closed && has.status == statusFulfilled:
		return nil, "is fulfilled and archived"
	}
	if !has.tagged(c.config.Cancelled) {
		todo = append(todo, c.adding(c.config.Cancelled))
	}
	if why := c.keeps(has); why != "" {
		words := cut(c.words() + "; not cancelled here: " + why)
		if has.words != words {
			todo = append(todo, change{"metafield " + namespace + "." + cancelKey + " set", func(ctx context.Context) error { return c.set(ctx, field{cancelKey, words}) }})
		}
		return todo, "is not cancelled, " + why
	}
	return append(todo, change{"cancelled without a refund", c.cancel}), c.words()
}

// keeps says why the order is not cancelled, "" if it is.
func (c *cancelling) keeps(has *state) string {
	switch {
	case has.shipped || c.request.Fulfilled:
		return "something was shipped"
	case c.request.Billed:
		return "something was billed"
	case c.config.Show:
		return "SHOPIFY_CANCELLATIONS is show"
	}
	return ""
}

// words says who ended the order: "netsuite: closed as SO-1042".
func (c *cancelling) words() string {
	return c.system + ": " + c.request.Status + " as " + c.request.Number
}

// cancel has Shopify cancel the order, and fails until it has: a job does the work. It is retried as
// this one order's failure, after the operation's lag.
func (c *cancelling) cancel(ctx context.Context) error {
	job, err := c.startCancel(ctx)
	if err != nil {
		return err
	}
	if !job.ended() {
		if job, err = c.readJob(ctx, job.id); err != nil {
			return err
		}
	}
	switch {
	case job.cancelled || job.status == jobSucceeded:
		return nil
	case job.status == jobFailed:
		return refused(job.code)
	}
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Field: "status", Detail: "Shopify has not cancelled order " + c.order.ID + " yet"}
}

// refused is the error of a cancellation that Shopify rejects.
func refused(code string) error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Conflict, Code: code, Field: "status",
		Detail: "Shopify rejects orderCancel, as it does with a return in progress, a pending authorization or a fulfillment that cannot be cancelled; cancel the order there by hand, then redrive",
	}
}

// state is what a cancellation needs to know of an order.
type state struct {
	marks
	cancelled, closed bool
	status            string // of fulfillment, in Shopify's words
	shipped           bool   // something left
	pieces            int64  // that were not taken off
}

const statusFulfilled = "FULFILLED"
