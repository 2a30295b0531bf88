package shipbob

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// api is ShipBob's API. It keeps nothing between calls.
type api struct {
	settings Settings
	*rest.Client
}

var _ connector.Checker = (*api)(nil)

// issues returns the issues of a store's order, first to last.
func (a *api) issues(ctx context.Context, key message.Key, channel, doing string) ([]order, error) {
	references := make([]string, mostIssues)
	for n := range references {
		var err error
		if references[n], err = Reference(key, n+1); err != nil {
			return nil, fault.Doing(doing, err)
		}
	}
	answer, err := a.Call(ctx, webapi.Request{
		Method: http.MethodGet, Path: ordersPath, Doing: doing,
		Query: url.Values{"ReferenceIds": {strings.Join(references, ",")}, "Limit": {strconv.Itoa(pageSize)}},
	}, channel)
	if err != nil {
		return nil, err
	}
	found, err := readOrders(answer.Body, doing)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(o order) bool { return o.issue == 0 || o.key != key })
	slices.SortFunc(found, func(x, y order) int { return x.issue - y.issue })
	return found, nil
}

// order returns the order of ShipBob's id. The error is fault.Invalid of class missing_ref if there is none.
func (a *api) order(ctx context.Context, id, doing string) (order, error) {
	answer, err := a.Call(ctx, webapi.Request{Method: http.MethodGet, Path: ordersPath + "/" + url.PathEscape(id), Doing: doing}, "")
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return order{}, &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: "order_id", Doing: doing, Detail: "ShipBob has no order " + id}
	}
	if err != nil {
		return order{}, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	found := readOrder(r)
	if err := r.Finish(); err != nil {
		return order{}, rest.Broken(doing, err)
	}
	return found, nil
}

const ordersPath = "/order"

// pageSize is the largest page of the list of orders.
const pageSize = rest.PageSize

// errTaken is returned by create if the reference id has an order.
var errTaken = errors.New("the reference id is taken")

// create makes the order. The error is errTaken if ShipBob answers 422, which it does if the
// channel has an order with the reference id (developer.shipbob.com, "Errors"). Whether it has
// one is found by issues, because a 422 has no code.
func (a *api) create(ctx context.Context, channel string, body []byte, doing string) (order, error) {
	answer, err := a.Call(ctx, webapi.Request{Method: http.MethodPost, Path: ordersPath, Body: body, Doing: doing}, channel)
	if f := fault.As(err); f != nil && f.Status == http.StatusUnprocessableEntity {
		return order{}, errors.Join(errTaken, err)
	}
	if err != nil {
		return order{}, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	made := readOrder(r)
	if err := r.Finish(); err != nil {
		// The order was made. Its answer is read again by its reference id.
		return order{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: doing, Field: fault.As(err).Field, Detail: rest.BadAnswer}
	}
	return made, nil
}

// cancel asks ShipBob to cancel the order and all of its shipments. It returns the ids of the
// shipments that ShipBob did not cancel, and whether all were. A 4xx about the order is a no
// without ids.
func (a *api) cancel(ctx context.Context, id, channel, doing string) (kept []string, all bool, err error) {
	answer, err := a.Call(ctx, webapi.Request{Method: http.MethodPost, Path: ordersPath + "/" + url.PathEscape(id) + ":cancel", Doing: doing}, channel)
	if f := fault.As(err); f != nil {
		switch f.Status {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
			return nil, false, nil
		}
		return nil, false, err
	}
	r, status := wire.NewReader(answer.Body, rest.Limits), ""
	for member := range r.Object() {
		switch member {
		case "status":
			status = r.Word()
		case "canceled_shipment_results":
			kept = append(kept, readRefused(r)...)
		}
	}
	if err := r.Finish(); err != nil {
		return nil, false, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: doing, Field: fault.As(err).Field, Detail: rest.BadAnswer}
	}
	return kept, status == "Success" && len(kept) == 0, nil
}

// readRefused reads the results of a cancellation, and returns the shipments that stay.
func readRefused(r *wire.Reader) (kept []string) {
	if r.Null() {
		return nil
	}
	for range r.Array() {
		id, done := "", false
		for member := range r.Object() {
			switch member {
			case "shipment_id":
				id = r.ID()
			case "is_success":
				done = r.Bool()
			}
		}
		if !done {
			kept = append(kept, id)
		}
	}
	return kept
}
