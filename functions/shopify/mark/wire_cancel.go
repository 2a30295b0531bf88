package mark

import (
	"context"
	"slices"

	"causeway.example/functions/shopify/admin"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// cancelKey is the key of the metafield that says why an order was not cancelled.
const cancelKey = "erp"

// The query and the mutation of a cancellation.
const (
	queryState = `query cancellable($id: ID!) {
  order(id: $id) {
    cancelledAt closedAt displayFulfillmentStatus currentSubtotalLineItemsQuantity tags
    fulfillments(first: 50) { status }
    metafield(namespace: "causeway", key: "erp") { value }
  }
}`
	mutationCancel = `mutation cancelOrder($id: ID!, $note: String) {
  orderCancel(orderId: $id, reason: OTHER, refundMethod: {originalPaymentMethodsRefund: false}, restock: true, notifyCustomer: false, staffNote: $note) {
    jobResult { id status errors { code } order { cancelledAt } } orderCancelUserErrors { field message code }
  }
}`
	queryJob = `query cancellation($id: ID!) {
  node(id: $id) { ... on OrderCancelJobResult { id status errors { code } order { cancelledAt } } }
}`
)

// The ends of a job (OrderCancelStatus); it is STARTED before.
const (
	jobSucceeded = "SUCCEEDED"
	jobFailed    = "FAILED"
)

// job is what is known of a job that cancels an order.
type job struct {
	id, status, code string
	cancelled        bool
}

func (j *job) ended() bool { return j.cancelled || j.status == jobSucceeded || j.status == jobFailed }

// readOrder returns the order's state.
func (m *marking) readOrder(ctx context.Context) (has state, err error) {
	err = m.readBy(ctx, queryState, func(r *strictjson.Reader) {
		for key := range r.Object() {
			has.read(key, r)
		}
	})
	return has, err
}

// live are the states of a fulfillment that left or is about to (FulfillmentStatus).
var live = []string{"SUCCESS", "OPEN", "PENDING"}

func (s *state) read(key string, r *strictjson.Reader) {
	switch key {
	case "cancelledAt":
		_, s.cancelled = r.NullString()
	case "closedAt":
		_, s.closed = r.NullString()
	case "displayFulfillmentStatus":
		s.status = r.String()
		s.shipped = s.shipped || s.status == statusFulfilled || s.status == "PARTIALLY_FULFILLED"
	case "currentSubtotalLineItemsQuantity":
		s.pieces = r.Int()
	case "fulfillments":
		for range r.Array() {
			for key := range r.Object() {
				if key == "status" {
					s.shipped = slices.Contains(live, r.String()) || s.shipped
				}
			}
		}
	default:
		s.marks.read(key, r)
	}
}

// startCancel sends the mutation. It is not idempotent, and an order is cancelled once: the order is
// read first, and an order that was cancelled meanwhile is rejected.
func (c *cancelling) startCancel(ctx context.Context) (j job, err error) {
	code := admin.NoCode
	call := admin.Call{
		Shop: c.order.Tenant, Doing: c.doing, Query: mutationCancel,
		Variables: []admin.Variable{c.id(), {Name: "note", Value: connector.Shorten(c.words(), mostNote)}},
	}
	call.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key == "orderCancel" && !r.Null() {
				code, j = readStarted(r)
			}
		}
	}
	if _, err := c.config.API.Query(ctx, call); err != nil {
		return job{}, err
	}
	if code != "" {
		return job{}, refused(code)
	}
	return j, nil
}

// readStarted returns the job, or the code of the last user error.
func readStarted(r *strictjson.Reader) (code string, j job) {
	for key := range r.Object() {
		switch {
		case key == "orderCancelUserErrors":
			code = admin.ReadCode(r)
		case key == "jobResult" && !r.Null():
			j = readJob(r)
		}
	}
	return code, j
}

// readJob returns how far the job got.
func (c *cancelling) readJob(ctx context.Context, id string) (j job, err error) {
	call := admin.Call{Shop: c.order.Tenant, Doing: c.doing, Query: queryJob, Variables: []admin.Variable{{Name: "id", Value: id}}}
	call.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key == "node" && !r.Null() {
				j = readJob(r)
			}
		}
	}
	_, err = c.config.API.Query(ctx, call)
	if f := fault.As(err); f != nil && (f.Kind == fault.Rejected || f.Kind == fault.Unauthorized) {
		return job{}, nil // it is forgotten, or hidden from the app: the order shows the end
	}
	return j, err
}

func readJob(r *strictjson.Reader) (j job) {
	for key := range r.Object() {
		switch {
		case key == "id":
			j.id = r.String()
		case key == "status":
			j.status = r.String()
		case key == "errors":
			j.code = admin.ReadCode(r)
		case key == "order" && !r.Null():
			for key := range r.Object() {
				if key == "cancelledAt" {
					_, j.cancelled = r.NullString()
				}
			}
		}
	}
	return j
}
