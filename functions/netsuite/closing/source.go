package closing

import (
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

// statuses are the ends of a sales order, by their letters.
var statuses = map[string]string{suitetalk.OrderCancelled: "cancelled", suitetalk.OrderClosed: "closed"}

// Source translates what the Poller found.
type Source struct{ Stores record.Stores }

// Translate turns a sales order into order.cancel_requested. An external id that is no order of the
// stores is rejected, and so is a status that is no end.
func (s *Source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of netsuite"
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	body, external, memo := readRow(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	order, found := s.Stores.OrderOf(external, memo)
	if !found {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "externalid", Doing: doing,
			Detail: "names no order of a store in NETSUITE_SUBSIDIARIES, and neither does the memo; cancel the order of sales order " + body.Number + " in its store by hand",
		}
	}
	body.Order = order.ID
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.OrderCancelRequested, At: body.RequestedAt, UpdatedAt: body.RequestedAt, Body: body, Notes: r.Notes(),
		Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: entity, ID: external}, Parents: []message.Key{order},
	}}}, nil
}

// readRow reads a row as the Poller encodes it.
func readRow(r *wire.Reader) (body *canonical.CancelRequest, external, memo string) {
	body = &canonical.CancelRequest{}
	for key := range r.Object() {
		switch key {
		case "id":
			body.ID = r.ID()
		case "number":
			body.Number = r.Word()
		case "externalid":
			external = r.ID()
		case "memo":
			memo, _ = r.NullString()
		case "status":
			body.Status = readStatus(r)
		case "fulfilled":
			body.Fulfilled = readQuantity(r)
		case "billed":
			body.Billed = readQuantity(r)
		case "changed":
			body.RequestedAt = r.TimeIn(suitetalk.TimeLayout)
		}
	}
	if body.RequestedAt.IsZero() {
		r.Missing("changed")
	}
	return body, external, memo
}

// readStatus reads C or H, also with the type before it.
func readStatus(r *wire.Reader) string {
	status, known := statuses[strings.TrimPrefix(r.String(), typed)]
	if !known {
		r.Fail(strictjson.Value, "is neither C, cancelled, nor H, closed")
	}
	return status
}

// readQuantity reports whether a quantity that SuiteQL writes as text is above zero.
func readQuantity(r *wire.Reader) bool {
	n, err := canonical.ParseDecimal(r.String())
	if err != nil {
		r.Refuse(err)
	}
	return n.Sign() > 0
}
