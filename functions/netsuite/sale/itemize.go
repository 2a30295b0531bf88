package sale

import (
	"cmp"
	"context"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Itemize compares the sales order with the internal id line by line with the order. A line of one
// side alone has no amount on the other. It returns nothing if NetSuite does not have the sales
// order.
func (t *Target) Itemize(ctx context.Context, id string, order *canonical.Order, doing string) ([]connector.Part, error) {
	booking, err := book(&t.Settings, order)
	if err != nil {
		return nil, err
	}
	so := &salesOrder{booking: booking}
	found, err := t.Read(ctx, suitetalk.Place{Record: suitetalk.SalesOrder, Doing: doing}, id)
	switch {
	case err != nil || found == nil:
		return nil, err
	case found.Cut:
		return nil, record.Rejected(fault.TooLarge, "lines", "are more than NetSuite shows at once; compare them by hand")
	}
	items, err := t.items(ctx, so, doing)
	if err != nil {
		return nil, err
	}
	have := bookedLines(found)
	missing := matchLines(so.lines, have, items, t.Settings.TaxCode)
	var parts []connector.Part
	for i := range have {
		part := connector.Part{Name: cmp.Or(have[i].name, "item "+have[i].item), Want: canonical.Money{Currency: order.Currency}, Found: bookedAmount(order, have[i].amount)}
		if l := have[i].want; l != nil {
			part.Name, part.Want = lineName(l), l.Amount
		}
		parts = append(parts, part)
	}
	for _, l := range missing {
		parts = append(parts, connector.Part{Name: lineName(l), Want: l.Amount, Found: canonical.Money{Currency: order.Currency}})
	}
	return append(parts, connector.Part{Name: "delivery", Want: so.shipping, Found: bookedAmount(order, found.Values.Decimal("shippingCost"))}), nil
}

func lineName(l *record.Line) string { return l.Item + ", quantity " + l.Quantity.Normal().String() }

// bookedAmount returns NetSuite's amount, rounded to the order's currency.
func bookedAmount(order *canonical.Order, amount canonical.Decimal) canonical.Money {
	money, err := canonical.Extend(amount, canonical.NewDecimal(1, 0), order.Currency)
	if err != nil {
		return canonical.Money{Currency: order.Currency}
	}
	return money
}
