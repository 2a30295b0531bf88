package returns

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// Path is that of the list.
const Path = "/return"

// The topics of the lists that a poll reads.
const (
	TopicCreated   = "return.polled"           // by when a return was created
	TopicCompleted = "return.completed.polled" // by when it was completed
)

// Bounds are the parameters of the list that bound a topic's time (GET /return).
var Bounds = map[string][2]string{
	TopicCreated:   {"StartDate", "EndDate"},
	TopicCompleted: {"CompletedStartDate", "CompletedEndDate"},
}

// Is reports whether the topic is one of returns.
func Is(topic string) bool {
	return slices.Contains([]string{TopicCreated, TopicCompleted, "return.created", "return.updated", "return.completed"}, topic)
}

// Get returns the return of the id. The error is fault.Invalid of class missing_ref if there is none.
func Get(ctx context.Context, api *rest.Client, id, doing string) (Return, error) {
	answer, err := Fetch(ctx, api, Path+"/"+url.PathEscape(id), "id", "ShipBob has no return "+id, doing)
	if err != nil {
		return Return{}, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	found := Read(r)
	if err := r.Finish(); err != nil {
		return Return{}, rest.Broken(doing, err)
	}
	return found, nil
}

// Fetch reads one entity. The error is fault.Invalid of class missing_ref at the field if there is none.
func Fetch(ctx context.Context, api *rest.Client, path, field, missing, doing string) (webapi.Response, error) {
	answer, err := api.Call(ctx, webapi.Request{Method: http.MethodGet, Path: path, Doing: doing}, "")
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return answer, &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: field, Doing: doing, Detail: missing}
	}
	return answer, err
}

// Read reads a return, without the order that it is of.
func Read(r *wire.Reader) (b Return) {
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
			b.Shipment, _ = r.NullID()
		case "fulfillment_center":
			b.Center = readCenter(r)
		case "inventory":
			b.Items = wire.List(r, readItem)
		}
	}
	if b.ID == "" {
		r.Missing("id")
	}
	return b
}

func readCenter(r *wire.Reader) (id string) {
	if r.Null() {
		return ""
	}
	for member := range r.Object() {
		if member == "id" {
			id = r.ID()
		}
	}
	return id
}

func readItem(r *wire.Reader) (i Item) {
	for member := range r.Object() {
		switch member {
		case "id":
			i.ID = r.ID()
		case "sku":
			i.SKU, _ = r.Code()
		case "quantity":
			i.Count = r.Int()
		case "action_taken":
			i.Done = wire.List(r, readDone)
		}
	}
	return i
}

func readDone(r *wire.Reader) (d Done) {
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

// Changes returns the returns of a list of the topic, each with the time that the list is by. One that
// cannot be read has the other time.
func Changes(bodies [][]byte, topic string, otherwise time.Time) (all []connector.Change) {
	for _, body := range bodies {
		r := wire.NewReader(body, rest.Limits)
		b := Read(r)
		at := b.Created
		if topic == TopicCompleted {
			at = b.Completed
		}
		if err := r.Finish(); err != nil {
			all = append(all, connector.Change{ID: b.ID, At: otherwise, Err: fault.Doing("reading return "+b.ID+" of shipbob", err)})
			continue
		}
		all = append(all, connector.Change{ID: b.ID, At: at.UTC(), Body: body})
	}
	return all
}

// Page reads the entities of a page, which are the items of an object.
func Page(r *wire.Reader) (bodies [][]byte) {
	for member := range r.Object() {
		if member == "items" {
			bodies = wire.List(r, (*wire.Reader).Raw)
		}
	}
	return bodies
}
