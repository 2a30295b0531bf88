package stock

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// The path of inventory levels, and what follows it, or an item in it, for those by fulfillment
// center.
const (
	path       = "/inventory-level"
	byLocation = "/locations"
)

// mostPages bounds a list whose pages never end.
const mostPages = 1000

// answerLimits allow a page of items at hundreds of fulfillment centers.
var answerLimits = strictjson.Limits{Elements: 2_000_000}

// item is an inventory item with its quantities by fulfillment center.
type item struct {
	id, sku string
	at      time.Time // when ShipBob answered
	levels  map[string]level
	err     error  // why it cannot be read
	refused string // of a bundle: why it has no level
}

// level is what is in stock at one fulfillment center.
type level struct{ onHand, available string }

// items reads the whole list. An item that cannot be read has its error.
func (p *Poller) items(ctx context.Context, doing string) (all []item, err error) {
	query := url.Values{"IsActive": {"true"}, "IsDigital": {"false"}, "PageSize": {strconv.Itoa(rest.PageSize)}}
	err = p.list(ctx, path+byLocation, query, doing, func(body []byte, at time.Time) { all = append(all, readItem(body, at)) })
	return all, err
}

// list reads all pages of a list, and hands each element on with the time at which ShipBob answered.
func (p *Poller) list(ctx context.Context, path string, query url.Values, doing string, read func(body []byte, at time.Time)) error {
	whole, err := rest.Pages(query, mostPages, func(query url.Values) (next string, err error) {
		return p.page(ctx, webapi.Request{Method: http.MethodGet, Path: path, Query: query, Doing: doing}, read)
	})
	if err == nil && !whole {
		return rest.Broken(doing, &fault.Error{Field: "next"})
	}
	return err
}

// page reads one page of a list, and the address of the next.
func (p *Poller) page(ctx context.Context, request webapi.Request, read func(body []byte, at time.Time)) (next string, err error) {
	answer, err := p.Call(ctx, request)
	if err != nil {
		return "", err
	}
	at, err := answeredAt(answer, request.Doing)
	if err != nil {
		return "", err
	}
	r := wire.NewReader(answer.Body, answerLimits)
	for member := range r.Object() {
		switch {
		case member == "next":
			next = r.Word()
		case member == "items" && !r.Null():
			for range r.Array() {
				read(r.Raw(), at)
			}
		}
	}
	if err := r.Finish(); err != nil {
		return "", rest.Broken(request.Doing, err)
	}
	return next, nil
}

// one reads the item of the id; nil if there is none.
func (p *Poller) one(ctx context.Context, id, doing string) (*item, error) {
	answer, err := p.Call(ctx, webapi.Request{Method: http.MethodGet, Path: path + "/" + url.PathEscape(id) + byLocation, Doing: doing})
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at, err := answeredAt(answer, doing)
	if err != nil {
		return nil, err
	}
	found := readItem(answer.Body, at)
	return &found, fault.Doing(doing, found.err)
}

// answeredAt returns the time at which ShipBob answered. RFC 9110, section 6.6.1, requires the
// header of each answer of a server with a clock.
func answeredAt(answer webapi.Response, doing string) (time.Time, error) {
	at, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return time.Time{}, rest.Broken(doing, &fault.Error{Field: "Date"})
	}
	return at.UTC(), nil
}

func readItem(body []byte, at time.Time) item {
	found, r := item{at: at}, wire.NewReader(body, answerLimits)
	for member := range r.Object() {
		switch {
		case member == "inventory_id":
			found.id = r.ID()
		case member == "sku":
			found.sku, _ = r.Code()
		case member == "locations" && !r.Null():
			found.levels = map[string]level{}
			for range r.Array() {
				location, l := readLevel(r)
				found.levels[location] = l
			}
		}
	}
	found.err = r.Finish()
	return found
}

func readLevel(r *wire.Reader) (location string, l level) {
	for member := range r.Object() {
		switch member {
		case "location_id":
			location = r.ID()
		case "on_hand_quantity":
			l.onHand = strconv.FormatInt(r.Int(), 10)
		case "fulfillable_quantity":
			l.available = strconv.FormatInt(r.Int(), 10)
		}
	}
	for name, missing := range map[string]bool{"location_id": location == "", "on_hand_quantity": l.onHand == "", "fulfillable_quantity": l.available == ""} {
		if missing {
			r.Missing(name)
		}
	}
	return location, l
}
