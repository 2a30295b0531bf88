package sale

import (
	"context"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// DeliverPayment creates the customer deposit. One that is there is changed only if it
// differs: NetSuite changes nothing in a closed period.
func (t *Target) DeliverPayment(ctx context.Context, d connector.Delivery, payment *canonical.Payment) (connector.Receipt, error) {
	p := record.PlaceOf(d, suitetalk.CustomerDeposit)
	fields, err := depositFields(&t.Settings, d.Message, payment, d.Parents)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	found, err := t.Own(ctx, p, d.Ref)
	if err != nil {
		return connector.Receipt{}, record.InOurTerms(err, suitetalk.CustomerDeposit, nil)
	}
	if found == nil {
		return t.createDeposit(ctx, p, payment, fields)
	}
	id := found.Values["id"]
	fields = record.Changed(fields, found.Values)
	if len(fields) == 0 {
		return connector.Receipt{Ref: id, Detail: "customer deposit " + id + " is unchanged"}, nil
	}
	body, err := record.EncodeFields(fields)
	if err == nil {
		err = t.Patch(ctx, p, id, "", body)
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, record.InOurTerms(err, suitetalk.CustomerDeposit, nil))
	}
	return connector.Receipt{Ref: id, Detail: "customer deposit " + id + " changed"}, nil
}

func (t *Target) createDeposit(ctx context.Context, p suitetalk.Place, payment *canonical.Payment, fields []record.Field) (connector.Receipt, error) {
	date := &record.Dating{Day: t.Settings.Day(payment.At)}
	id, err := t.InOpenPeriod(ctx, date, p.Doing, func() (string, error) {
		body, err := record.EncodeFields(record.Dated(fields, date.Day))
		if err != nil {
			return "", fault.Doing(p.Doing, err)
		}
		id, err := t.Upsert(ctx, p, "", body)
		return id, record.InOurTerms(err, suitetalk.CustomerDeposit, nil)
	})
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt := connector.Receipt{Ref: id, Detail: "customer deposit " + id}
	if date.Note != "" {
		receipt.Detail += ", " + date.Note
	}
	return receipt, nil
}
