package orderstate

import (
	"cmp"
	"context"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// statuses are the words of a sales order's state, by its letters.
var statuses = map[string]string{
	"A": "pending approval", "B": "pending fulfillment", suitetalk.OrderCancelled: "cancelled", "D": "partially fulfilled",
	"E": "pending billing/partially fulfilled", "F": "pending billing", "G": "billed", suitetalk.OrderClosed: "closed",
}

// Source translates what the Poller found.
type Source struct {
	Stores     record.Stores
	StandIns   map[string]bool // external ids in lower case of items that stand for no product
	Comparable bool            // a product's SKU in the store is its item's external id
}

// row is what a raw message has.
type row struct {
	canonical.ERPOrder
	external, memo    string
	fulfilled, billed bool
}

// Translate turns a sales order into order.acknowledged, if it is from the list of all, and
// order.cancel_requested, if it was cancelled or closed. An external id that is no order of the stores is
// rejected, and so is an order of the list of ended ones whose status is no end.
func (s *Source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of netsuite"
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	found := s.readRow(r, raw.Topic == TopicAll)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	order, known := s.Stores.OrderOf(found.external, found.memo)
	if !known {
		return connector.Translation{}, fault.Doing(doing, record.UnknownOrder("externalid", found.external, found.remedy()))
	}
	found.Order = order.ID
	event := func(kind, of string, body any) connector.Event {
		return connector.Event{
			Type: kind, At: found.UpdatedAt, UpdatedAt: found.UpdatedAt, Body: body, Notes: r.Notes(),
			Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: of, ID: found.external}, Parents: []message.Key{order},
		}
	}
	var events []connector.Event
	if found.Ended {
		events = append(events, event(canonical.OrderCancelRequested, entity, found.cancelRequest()))
	}
	if raw.Topic == TopicAll {
		events = append(events, event(canonical.OrderAcknowledged, entityERPOrder, &found.ERPOrder))
	}
	return connector.Translation{Events: events}, nil
}

// remedy says what a person does about a sales order whose store's order is unknown.
func (o *row) remedy() string {
	if o.Ended {
		return "cancel the order of sales order " + o.Number + " in its store by hand"
	}
	return "restore the external id or the memo of sales order " + o.Number + " in NetSuite"
}

func (o *row) cancelRequest() *canonical.CancelRequest {
	return &canonical.CancelRequest{
		ID: o.ID, Number: o.Number, Order: o.Order, Status: o.Status, Fulfilled: o.fulfilled, Billed: o.billed, RequestedAt: o.UpdatedAt,
	}
}

// readRow reads a row as the Poller encodes it. One of the list of ended orders has an end.
func (s *Source) readRow(r *wire.Reader, all bool) *row {
	o := &row{}
	o.Comparable = s.Comparable
	amounts := map[string]*bool{"fulfilled": &o.fulfilled, "billed": &o.billed}
	for key := range r.Object() {
		if into, known := amounts[key]; known {
			*into = record.ReadQuantity(r).Sign() > 0
			continue
		}
		switch key {
		case "id":
			o.ID = r.ID()
		case "externalid":
			o.external = r.ID()
		case "number":
			o.Number = r.Word()
		case "memo":
			o.memo, _ = r.NullString()
		case "status":
			o.readStatus(r, all)
		case "changed":
			o.UpdatedAt = r.TimeIn(suitetalk.TimeLayout)
		case "lines":
			s.readLines(r, &o.ERPOrder)
		}
	}
	o.demand(r, all)
	return o
}

// demand fails if the row lacks what every row of the list has.
func (o *row) demand(r *wire.Reader, all bool) {
	switch {
	case o.UpdatedAt.IsZero():
		r.Missing("changed")
	case all && o.Lines == nil:
		r.Missing("lines")
	}
}

// readStatus reads a letter, also with the type before it. An unknown one is passed on, unless the list
// is of ended orders.
func (o *row) readStatus(r *wire.Reader, all bool) {
	letter := strings.TrimPrefix(r.Word(), typed)
	o.Ended = letter == suitetalk.OrderCancelled || letter == suitetalk.OrderClosed
	if !all && !o.Ended {
		r.Fail(strictjson.Value, "is neither C, cancelled, nor H, closed")
	}
	o.Status = cmp.Or(statuses[letter], letter)
}

// readLines reads the lines of goods. An order with a group is not comparable.
func (s *Source) readLines(r *wire.Reader, o *canonical.ERPOrder) {
	o.Lines = []canonical.ERPLine{}
	for range r.Array() {
		line, kind := readLine(r)
		if record.IsGroup(kind) {
			o.Comparable = false
			continue
		}
		if !s.StandIns[strings.ToLower(line.SKU)] && record.IsGoods(kind) {
			o.Lines = append(o.Lines, line)
		}
	}
}

// readLine reads the lines of one item. An item without an external id goes by its name.
func readLine(r *wire.Reader) (line canonical.ERPLine, kind string) {
	name := ""
	quantities := map[string]*canonical.Quantity{"ordered": &line.Ordered, "fulfilled": &line.Fulfilled, "billed": &line.Billed}
	for key := range r.Object() {
		if into, known := quantities[key]; known {
			*into = canonical.Pieces(record.ReadQuantity(r))
			continue
		}
		switch key {
		case "sku":
			line.SKU = r.Word()
		case "name":
			name = r.Word()
		case "kind":
			kind = r.String()
		case "closed":
			line.Closed = r.String() == "T"
		}
	}
	line.SKU = cmp.Or(line.SKU, name)
	return line, kind
}
