package netsuite

import (
	"context"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// deliverPayment creates the customer deposit. One that is there is changed only if it
// differs: NetSuite changes nothing in a closed period.
func (t *saleTarget) deliverPayment(ctx context.Context, d connector.Delivery, payment *canonical.Payment) (connector.Receipt, error) {
	p := placeOf(d, depositRecord)
	fields, err := depositFields(&t.Settings, d.Message, payment, d.Parents)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.doing, err)
	}
	found, err := t.own(ctx, p, d.Ref)
	if err != nil {
		return connector.Receipt{}, inOurTerms(err, depositRecord, nil)
	}
	if found == nil {
		return t.createDeposit(ctx, p, payment, fields)
	}
	id := found.values["id"]
	fields = changed(fields, found.values)
	if len(fields) == 0 {
		return connector.Receipt{Ref: id, Detail: "customer deposit " + id + " is unchanged"}, nil
	}
	body, err := encodeFields(fields)
	if err == nil {
		err = t.patch(ctx, p, id, "", body)
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.doing, inOurTerms(err, depositRecord, nil))
	}
	return connector.Receipt{Ref: id, Detail: "customer deposit " + id + " changed"}, nil
}

func (t *saleTarget) createDeposit(ctx context.Context, p place, payment *canonical.Payment, fields []field) (connector.Receipt, error) {
	date := &dating{day: t.Settings.day(payment.At)}
	id, err := t.inOpenPeriod(ctx, date, p.doing, func() (string, error) {
		body, err := encodeFields(dated(fields, date.day))
		if err != nil {
			return "", fault.Doing(p.doing, err)
		}
		id, err := t.upsert(ctx, p, "", body)
		return id, inOurTerms(err, depositRecord, nil)
	})
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt := connector.Receipt{Ref: id, Detail: "customer deposit " + id}
	if date.note != "" {
		receipt.Detail += ", " + date.note
	}
	return receipt, nil
}
