package payback

import (
	"context"
	"strconv"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Source translates what the Poller found.
type Source struct {
	Stores     record.Stores
	Currencies map[string]string // NETSUITE_CURRENCIES
}

// row is a refund as the Poller encodes it.
type row struct {
	canonical.RefundRequest

	external, memo  string // of the sales order
	currency        string // internal id
	total, refunded string
	orders, others  int64
}

// Translate turns a refund into refund.requested. One that is not of one order of the stores alone is
// rejected, and one in a currency without an entry in NETSUITE_CURRENCIES waits for it.
func (s *Source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of netsuite"
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	read := readRow(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	order, found := s.Stores.OrderOf(read.external, read.memo)
	switch {
	case read.orders != 1 || read.others != 0:
		return connector.Translation{}, undivided(doing, "refund "+read.Number+" pays back documents of "+strconv.FormatInt(read.orders, 10)+" sales orders and "+
			strconv.FormatInt(read.others, 10)+" of none, and it is not known how much is of which; refund them in their stores by hand")
	case !found:
		return connector.Translation{}, fault.Doing(doing, record.UnknownOrder("orderid", read.external, "refund "+read.Number+" in its store by hand"))
	}
	body, err := s.body(read)
	if err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	body.Order = order.ID
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.RefundRequested, At: body.At, UpdatedAt: body.At, Body: body, Notes: r.Notes(),
		Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: entity, ID: body.ID}, Parents: []message.Key{order},
	}}}, nil
}

func undivided(doing, why string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "orders", Doing: doing, Detail: why}
}

// body returns the request with its amounts in the currency's minor units.
func (s *Source) body(read row) (*canonical.RefundRequest, error) {
	code := ""
	for one, id := range s.Currencies {
		if id == read.currency {
			code = one
		}
	}
	if code == "" {
		return nil, record.NotSet("NETSUITE_CURRENCIES", "NETSUITE_CURRENCIES has no entry with the id "+strconv.Quote(read.currency)+", the currency of refund "+read.Number)
	}
	body := read.RefundRequest
	for _, one := range []struct {
		field, text string
		into        *canonical.Money
	}{{"total", read.total, &body.Amount}, {"refunded", read.refunded, &body.Refunded}} {
		amount, err := canonical.ParseMoney(suitetalk.Shortest(one.text), code)
		switch {
		case err != nil:
			return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: one.field, Detail: strconv.Quote(one.text) + " is no amount in " + code, Err: err}
		case amount.Minor <= 0:
			return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: one.field, Detail: strconv.Quote(one.text) + " must be above zero"}
		}
		*one.into = amount
	}
	if body.Refunded.Minor < body.Amount.Minor {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "refunded", Detail: strconv.Quote(read.refunded) + " is less than the total " + strconv.Quote(read.total)}
	}
	return &body, nil
}

func readRow(r *wire.Reader) (read row) {
	texts := map[string]*string{"orderid": &read.external, "ordermemo": &read.memo, "total": &read.total, "refunded": &read.refunded}
	counts := map[string]*int64{"orders": &read.orders, "others": &read.others}
	for key := range r.Object() {
		if into, known := texts[key]; known {
			*into, _ = r.NullString()
			continue
		}
		if into, known := counts[key]; known {
			*into = readCount(r)
			continue
		}
		switch key {
		case "id":
			read.ID = r.ID()
		case "number":
			read.Number = r.Word()
		case "currency":
			read.currency = r.ID()
		case "changed":
			read.At = r.TimeIn(suitetalk.TimeLayout)
		}
	}
	if read.At.IsZero() {
		r.Missing("changed")
	}
	return read
}

// readCount reads a number of rows that SuiteQL writes as text.
func readCount(r *wire.Reader) int64 {
	n, err := strconv.ParseInt(r.String(), 10, 32)
	if err != nil {
		r.Fail(strictjson.Value, "is not a number of documents")
	}
	return n
}
