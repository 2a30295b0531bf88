package shipbob

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/functions/shipbob/standing"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// entityReturn is the type of a return in keys.
const entityReturn = "return"

const returnsPath = "/return"

// The topics of returns. The first two are of lists that a poll read.
const (
	topicReturns   = "return.polled"           // of returns by when they were created
	topicCompleted = "return.completed.polled" // and by when they were completed
)

var returnTopics = []string{topicReturns, topicCompleted, "return.created", "return.updated", "return.completed"}

// returned is a return, as the API has it.
type returned struct {
	standing.Return
	shipment string // id of the one that it is of, "" if it names none
	items    []returnedItem
}

// returnedItem is a row of a return, by its inventory item.
type returnedItem struct {
	id, sku string
	count   int64
	done    []standing.Done
}

// translateReturn returns the event of a return. It is fetched, because a webhook's body has no SKUs in
// each version of the API, and so is its order, from which the store and the products follow.
func (s *source) translateReturn(ctx context.Context, raw *message.Raw, doing string) (connector.Translation, error) {
	r := wire.NewReader(raw.Body, rest.Limits)
	told := readReturn(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	back, err := s.returned(ctx, told.ID, doing)
	if err != nil {
		return connector.Translation{}, err
	}
	if back.shipment == "" {
		return connector.Translation{Skip: "return " + back.ID + " names no shipment that it is of: book it by hand"}, nil
	}
	o, err := s.orderOfShipment(ctx, back.shipment, doing)
	if err != nil {
		return connector.Translation{}, err
	}
	if o.issue == 0 {
		return connector.Translation{Skip: "order " + o.id + " of return " + back.ID + " has no reference id of this installation"}, nil
	}
	for _, i := range back.items {
		item, err := s.productOf(ctx, &o, i)
		if err != nil {
			return connector.Translation{}, fault.Doing(doing, err)
		}
		back.Items = append(back.Items, item)
	}
	back.Order = o.key.ID
	kind, at, body, why := back.Event()
	switch {
	case why != "":
		return connector.Translation{Skip: why}, nil
	case at.IsZero():
		field := map[string]string{canonical.ReturnReceived: "completed_date", canonical.ReturnRequested: "insert_date"}[kind]
		return connector.Translation{}, fault.Doing(doing, unreadable(field, "return "+back.ID+" needs a time"))
	}
	return connector.Translation{Events: []connector.Event{{
		Type: kind, Entity: message.Key{System: Name, Tenant: raw.Tenant, Type: entityReturn, ID: back.ID},
		At: at, UpdatedAt: at, Body: body, Parents: []message.Key{o.key}, Notes: r.Notes(),
	}}}, nil
}

// productOf returns the row as pieces of the product that the inventory item is of. An item of a bundle,
// or one of no product of the order, keeps its own SKU, and its own number.
func (s *source) productOf(ctx context.Context, o *order, i returnedItem) (standing.Item, error) {
	item := standing.Item{SKU: i.sku, Count: i.count, Done: i.done}
	per := int64(1)
	for n := range o.shipments {
		for _, p := range o.shipments[n].products {
			if len(p.items) != 1 || p.items[0].id != i.id || p.code() == "" {
				continue
			}
			first, err := s.firstPerPiece(ctx, o, p.code(), i.id, o.perPiece(p.code(), i.id, o.ordered(p.code())))
			if err != nil {
				return standing.Item{}, err
			}
			item.SKU, per = p.code(), first
		}
	}
	if item.SKU == "" {
		return standing.Item{}, unreadable("inventory", "inventory item "+i.id+" of a return has no SKU and is of no product of order "+o.id)
	}
	if per == 1 {
		return item, nil
	}
	item.Done = nil
	for _, d := range append([]standing.Done{{Count: i.count}}, i.done...) {
		if d.Count%per != 0 {
			return standing.Item{}, unreadable("inventory", "a quantity of "+item.SKU+" is no multiple of what one piece consists of: book this return by hand")
		}
	}
	item.Count /= per
	for _, d := range i.done {
		item.Done = append(item.Done, standing.Done{Action: d.Action, Count: d.Count / per})
	}
	return item, nil
}

// returned returns the return of the id. The error is fault.Invalid of class missing_ref if there is none.
func (s *source) returned(ctx context.Context, id, doing string) (returned, error) {
	answer, err := s.fetch(ctx, returnsPath+"/"+url.PathEscape(id), "id", "ShipBob has no return "+id, doing)
	if err != nil {
		return returned{}, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	found := readReturn(r)
	if err := r.Finish(); err != nil {
		return returned{}, rest.Broken(doing, err)
	}
	return found, nil
}

// orderOfShipment returns the order that the shipment is of.
func (s *source) orderOfShipment(ctx context.Context, id, doing string) (order, error) {
	answer, err := s.fetch(ctx, "/shipment/"+url.PathEscape(id), "original_shipment_id", "ShipBob has no shipment "+id, doing)
	if err != nil {
		return order{}, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	found := readOrder(r)
	if err := r.Finish(); err != nil {
		return order{}, rest.Broken(doing, err)
	}
	return s.order(ctx, found.parent, doing)
}

// fetch reads one entity. The error is fault.Invalid of class missing_ref at the field if there is none.
func (s *source) fetch(ctx context.Context, path, field, missing, doing string) (webapi.Response, error) {
	answer, err := s.Call(ctx, webapi.Request{Method: http.MethodGet, Path: path, Doing: doing}, "")
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return answer, &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: field, Doing: doing, Detail: missing}
	}
	return answer, err
}

func readReturn(r *wire.Reader) (b returned) {
	times := map[string]*time.Time{"insert_date": &b.Created, "completed_date": &b.Completed}
	for member := range r.Object() {
		if into := times[member]; into != nil {
			*into = r.Time()
		}
		switch member {
		case "id":
			b.ID = r.ID()
		case "status":
			b.Status = r.Word()
		case "return_type":
			b.Type = r.Word()
		case "original_shipment_id":
			b.shipment, _ = r.NullID()
		case "inventory":
			b.items = readList(r, readReturnedItem)
		}
	}
	if b.ID == "" {
		r.Missing("id")
	}
	return b
}

func readReturnedItem(r *wire.Reader) (i returnedItem) {
	for member := range r.Object() {
		switch member {
		case "id":
			i.id = r.ID()
		case "sku":
			i.sku, _ = r.Code()
		case "quantity":
			i.count = r.Int()
		case "action_taken":
			i.done = readList(r, readDone)
		}
	}
	return i
}

func readDone(r *wire.Reader) (d standing.Done) {
	for member := range r.Object() {
		switch member {
		case "action":
			d.Action = r.Word()
		case "quantity_processed":
			d.Count = r.Int()
		}
	}
	return d
}

// isReturn reports whether the topic is one of returns.
func isReturn(topic string) bool { return slices.Contains(returnTopics, topic) }

// returnChanges returns the returns of a list, each with the time that the list is by.
func returnChanges(bodies [][]byte, w window) (all []connector.Change) {
	for _, body := range bodies {
		r := wire.NewReader(body, rest.Limits)
		b := readReturn(r)
		at := b.Created
		if w.topic == topicCompleted {
			at = b.Completed
		}
		if err := r.Finish(); err != nil {
			all = append(all, connector.Change{ID: b.ID, At: time.Unix(w.from, 0).UTC(), Err: fault.Doing("reading return "+b.ID+" of "+Name, err)})
			continue
		}
		all = append(all, connector.Change{ID: b.ID, At: at.UTC(), Body: body})
	}
	return all
}
