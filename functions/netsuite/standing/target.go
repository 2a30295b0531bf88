package standing

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Target writes what a warehouse has of an order.
type Target struct{ *record.Account }

// setting has the name of the field.
const setting = "NETSUITE_WAREHOUSE_FIELD"

// Deliver sets the field of the sales order to the state in words.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	p := place(d, body)
	_, order, err := record.StoreOrder(d, body.Order)
	switch {
	case err != nil:
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	case t.Settings.WarehouseField == "":
		return connector.Receipt{Ref: order, Linked: true, Detail: "not shown: " + setting + " is not set"}, nil
	}
	receipt, err := t.show(ctx, p, order, body)
	return receipt, fault.Doing(p.Doing, err)
}

// Search returns the internal id of the sales order if it shows what a warehouse has of it.
func (t *Target) Search(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (string, error) {
	p := place(d, body)
	_, order, err := record.StoreOrder(d, body.Order)
	if err != nil || t.Settings.WarehouseField == "" {
		return "", fault.Doing(p.Doing, err)
	}
	found, err := t.read(ctx, p, order)
	if err != nil || found.Values[t.Settings.WarehouseField] == "" {
		return "", fault.Doing(p.Doing, err)
	}
	return order, nil
}

func place(d connector.Delivery, body *canonical.WarehouseOrder) suitetalk.Place {
	return suitetalk.Place{Record: suitetalk.SalesOrder, Doing: "showing what " + d.Message.System() + " has of order " + body.Order + " at netsuite"}
}

func (t *Target) show(ctx context.Context, p suitetalk.Place, order string, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	fit := record.NewFit(&t.Settings)
	want := []record.Field{record.PlainField(t.Settings.WarehouseField, field(fit, body))}
	if fit.Err != nil {
		return connector.Receipt{}, fit.Err
	}
	found, err := t.read(ctx, p, order)
	if err != nil {
		return connector.Receipt{}, err
	}
	shows := fit.Annotate(connector.Receipt{Ref: order, Detail: "sales order " + order + " shows " + string(body.Status)})
	if len(record.Changed(want, found.Values)) == 0 {
		shows.Linked = true
		return shows, nil
	}
	sent, err := record.EncodeFields(want)
	if err != nil {
		return connector.Receipt{}, err
	}
	if err := t.Patch(ctx, p, order, "", sent); err != nil {
		return connector.Receipt{}, t.refused(err)
	}
	return shows, nil
}

// read returns the sales order with its field.
func (t *Target) read(ctx context.Context, p suitetalk.Place, order string) (*suitetalk.Document, error) {
	found, err := t.Get(ctx, p, order, url.Values{"fields": {t.Settings.WarehouseField}})
	switch {
	case err != nil:
		return nil, t.refused(err)
	case found == nil:
		return nil, record.Rejected(fault.MissingRef, "order", "sales order "+order+" was deleted in NetSuite")
	}
	return found, nil
}

// The bytes that the field holds, and those that are left of a text that is cut: the mark behind it has
// three, and what is cut off is more than one character.
const (
	most = 300
	head = 296
)

// field returns the state in words, as far as the field holds them.
func field(fit *record.Fit, body *canonical.WarehouseOrder) string {
	words := strings.Join(strings.Fields(body.Words()), " ")
	if len(words) <= most {
		return words
	}
	at := head
	for !utf8.RuneStart(words[at]) {
		at--
	}
	of := "lines"
	if len(body.Holds) > 0 {
		of = "holds"
	}
	return fit.Cut(of, words, utf8.RuneCountInString(words[:at])+1)
}

// ofField are the codes of a request that names a field which is not there, or cannot have its content. Where NetSuite
// names another field, such as one that the form requires, they are about that.
var ofField = []string{"INVALID_PARAMETER", "INVALID_CONTENT", "INVALID_VALUE"}

// refused returns a rejection in our terms. One of the field is about the setting.
func (t *Target) refused(err error) error {
	e := fault.As(err)
	if e.Kind != fault.Rejected || e.Field != t.Settings.WarehouseField && (e.Field != "" || !slices.Contains(ofField, e.Code)) {
		return record.InOurTerms(err, suitetalk.SalesOrder, nil)
	}
	changed := *e
	changed.Class, changed.Field = fault.Config, setting
	changed.Detail = "NetSuite does not take a text for " + t.Settings.WarehouseField +
		" of a sales order; create it there as a transaction body field of type Free-Form Text for sales that the role may edit, or correct the setting"
	return &changed
}
