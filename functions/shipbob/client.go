package shipbob

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// api is ShipBob's API. It keeps nothing between calls.
type api struct {
	settings Settings
	client   *webapi.Client
}

var _ connector.Checker = (*api)(nil)

// channelHeader names the channel of a request.
const channelHeader = "shipbob_channel_id"

// call sends a request to a path of the API's version. Without a token the error is of class config.
func (a *api) call(ctx context.Context, r webapi.Request, channel string) (webapi.Response, error) {
	if a.settings.Token == "" {
		return webapi.Response{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "SHIPBOB_TOKEN", Doing: r.Doing, Detail: "is not set, and ShipBob's API is needed",
		}
	}
	r.Path, r.WantJSON, r.Header = "/"+a.settings.Version+r.Path, true, http.Header{}
	if r.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if channel != "" {
		r.Header[channelHeader] = []string{channel}
	}
	return a.client.Do(ctx, r)
}

// callAny sends a request that belongs to no channel.
func (a *api) callAny(ctx context.Context, r webapi.Request) (webapi.Response, error) {
	return a.call(ctx, r, "")
}

// channelOf returns the channel of the order's store.
func (a *api) channelOf(order message.Key) (string, error) {
	store := order.System + "/" + order.Tenant
	if channel := a.settings.Channels[store]; channel != "" {
		return channel, nil
	}
	return "", &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: "SHIPBOB_CHANNELS", Detail: "has no channel for " + store,
	}
}

// issues returns the issues of a store's order, first to last.
func (a *api) issues(ctx context.Context, key message.Key, channel, doing string) ([]order, error) {
	references := make([]string, mostIssues)
	for n := range references {
		var err error
		if references[n], err = Reference(key, n+1); err != nil {
			return nil, fault.Doing(doing, err)
		}
	}
	answer, err := a.call(ctx, webapi.Request{
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
	answer, err := a.call(ctx, webapi.Request{Method: http.MethodGet, Path: ordersPath + "/" + url.PathEscape(id), Doing: doing}, "")
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return order{}, &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: "order_id", Doing: doing, Detail: "ShipBob has no order " + id}
	}
	if err != nil {
		return order{}, err
	}
	r := wire.NewReader(answer.Body, answerLimits)
	found := readOrder(r)
	if err := r.Finish(); err != nil {
		return order{}, broken(doing, err)
	}
	return found, nil
}

const ordersPath = "/order"

// pageSize is the largest page of the list of orders.
const pageSize = 250

// errTaken is returned by create if the reference id has an order.
var errTaken = errors.New("the reference id is taken")

// create makes the order. The error is errTaken if ShipBob answers 422, which it does if the
// channel has an order with the reference id (developer.shipbob.com, "Errors"). Whether it has
// one is found by issues, because a 422 has no code.
func (a *api) create(ctx context.Context, channel string, body []byte, doing string) (order, error) {
	answer, err := a.call(ctx, webapi.Request{Method: http.MethodPost, Path: ordersPath, Body: body, Doing: doing}, channel)
	if f := fault.As(err); f != nil && f.Status == http.StatusUnprocessableEntity {
		return order{}, errors.Join(errTaken, err)
	}
	if err != nil {
		return order{}, err
	}
	r := wire.NewReader(answer.Body, answerLimits)
	made := readOrder(r)
	if err := r.Finish(); err != nil {
		// The order was made. Its answer is read again by its reference id.
		return order{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: doing, Field: fault.As(err).Field, Detail: badAnswer}
	}
	return made, nil
}

// cancel asks ShipBob to cancel the order and all of its shipments. It returns the ids of the
// shipments that ShipBob did not cancel, and whether all were. A 4xx about the order is a no
// without ids.
func (a *api) cancel(ctx context.Context, id, channel, doing string) (kept []string, all bool, err error) {
	answer, err := a.call(ctx, webapi.Request{Method: http.MethodPost, Path: ordersPath + "/" + url.PathEscape(id) + ":cancel", Doing: doing}, channel)
	if f := fault.As(err); f != nil {
		switch f.Status {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
			return nil, false, nil
		}
		return nil, false, err
	}
	r, status := wire.NewReader(answer.Body, answerLimits), ""
	for member := range r.Object() {
		switch member {
		case "status":
			status = r.Word()
		case "canceled_shipment_results":
			kept = append(kept, readRefused(r)...)
		}
	}
	if err := r.Finish(); err != nil {
		return nil, false, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: doing, Field: fault.As(err).Field, Detail: badAnswer}
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

// Check lists the channels that the token may use, which proves address and token, and that
// each configured channel is among them.
func (a *api) Check(ctx context.Context) error {
	const doing = "listing the channels of shipbob"
	seen, err := a.channels(ctx, doing)
	if err != nil {
		e := *fault.As(err)
		switch {
		case e.Field != "":
		case e.Kind == fault.Unauthorized && e.Class == fault.Auth:
			e.Field = "SHIPBOB_TOKEN"
		default:
			e.Field = "SHIPBOB_API_URL"
		}
		return &e
	}
	for store, channel := range a.settings.Channels {
		if !slices.Contains(seen, channel) {
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.Config, Field: "SHIPBOB_CHANNELS", Doing: doing,
				Detail: "the token has no access to channel " + channel + " of " + store,
			}
		}
	}
	return nil
}

// channels returns the ids of the channels, of all pages.
func (a *api) channels(ctx context.Context, doing string) (ids []string, err error) {
	query := url.Values{"RecordsPerPage": {strconv.Itoa(pageSize)}}
	for range 100 {
		answer, err := a.call(ctx, webapi.Request{Method: http.MethodGet, Path: "/channel", Query: query, Doing: doing}, "")
		if err != nil {
			return nil, err
		}
		next, r := "", wire.NewReader(answer.Body, answerLimits)
		for member := range r.Object() {
			switch member {
			case "items":
				ids = append(ids, readIDs(r)...)
			case "next":
				next = r.Word()
			}
		}
		if err := r.Finish(); err != nil {
			return nil, broken(doing, err)
		}
		cursor := cursorOf(next)
		if cursor == "" {
			return ids, nil
		}
		query.Set("Cursor", cursor)
	}
	return ids, nil
}

func readIDs(r *wire.Reader) (ids []string) {
	if r.Null() {
		return nil
	}
	for range r.Array() {
		for member := range r.Object() {
			if member == "id" {
				ids = append(ids, r.ID())
			}
		}
	}
	return ids
}

// cursorOf returns the cursor of a "next" that is the address of a page, or the cursor itself.
func cursorOf(next string) string {
	address, err := url.Parse(next)
	if err != nil || address.RawQuery == "" {
		return next
	}
	return address.Query().Get("Cursor")
}

const badAnswer = "the answer does not match the API's schema"

// broken returns the fault of an answer to a question that does not match the API's schema. It
// is asked again.
func broken(doing string, err error) *fault.Error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Field: fault.As(err).Field, Detail: badAnswer}
}
