package sale

import (
	"context"
	"slices"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// packageSublist has the tracking numbers of an item fulfillment.
const packageSublist = "package"

// correct writes the shipment's tracking to its item fulfillment if that has another, and returns
// what was done. Other goods than it has are a conflict.
func (t *Target) correct(ctx context.Context, p suitetalk.Place, s *shipping, found *suitetalk.Document) (words string, err error) {
	if have, want := sumOf(quantities(found)), s.pieces(); have != want {
		return "", fault.Doing(p.Doing, record.Conflict("lines", "item fulfillment "+found.Values["id"]+" has "+have.String()+
			" pieces, and the warehouse reports "+want.String()+" now; correct it in NetSuite by hand"+suitetalk.Redrive))
	}
	var numbers []string
	for _, l := range found.Lists[packageSublist] {
		if number := l["packageTrackingNumber"]; number != "" {
			numbers = append(numbers, number)
		}
	}
	same := slices.EqualFunc(numbers, s.shipment.Tracking, func(number string, t canonical.Tracking) bool { return number == t.Number })
	if same || len(s.shipment.Tracking) == 0 { // a state without a number takes none away
		return " is there", nil
	}
	body, err := s.encodeTracking()
	if err != nil {
		return "", fault.Doing(p.Doing, err)
	}
	err = t.Patch(ctx, p, found.Values["id"], packageSublist, body)
	return ", tracking corrected", record.InOurTerms(err, suitetalk.ItemFulfillment, nil)
}

// sumOf adds the quantities up.
func sumOf(all map[string]canonical.Decimal) (sum canonical.Decimal) {
	for _, n := range all {
		sum = record.Plus(sum, n)
	}
	return sum.Normal()
}

// pieces is how many pieces the shipment has.
func (s *shipping) pieces() (sum canonical.Decimal) {
	for _, l := range s.shipment.Lines {
		sum = record.Plus(sum, l.Quantity.Value)
	}
	return sum.Normal()
}

// removeShipment removes the item fulfillment of a shipment that was cancelled after it had been
// reported as shipped, so that its pieces are open again. What is invoiced is a conflict.
func (t *Target) removeShipment(ctx context.Context, p suitetalk.Place, s *shipping, found *suitetalk.Document, ref string) (connector.Receipt, error) {
	if found == nil {
		return connector.Receipt{Ref: ref, Linked: true, Detail: "sales order " + s.order + " has no item fulfillment of the shipment, which was cancelled"}, nil
	}
	id := found.Values["id"]
	if err := t.notBilled(ctx, p, s, found); err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	if err := t.Delete(ctx, p, id); err != nil {
		return connector.Receipt{}, record.InOurTerms(err, suitetalk.ItemFulfillment, nil)
	}
	return connector.Receipt{Ref: id, Detail: "item fulfillment " + id + " of sales order " + s.order + " removed"}, nil
}

// notBilled fails if the shipment has an invoice of its own, or if the sales order has more billed
// than stays fulfilled without the shipment.
func (t *Target) notBilled(ctx context.Context, p suitetalk.Place, s *shipping, found *suitetalk.Document) error {
	billed := "item fulfillment " + found.Values["id"] + " was cancelled at the warehouse, and is invoiced"
	const step = "; credit the invoice and remove the item fulfillment in NetSuite by hand"
	invoice := suitetalk.NewPlace(suitetalk.Invoice, p.External)
	id, err := t.LookUp(ctx, invoice, invoice.ByExternal())
	switch {
	case err != nil:
		return err
	case id != "":
		return record.Conflict("status", billed+" by invoice "+id+step)
	}
	order, err := t.ownOrder(ctx, suitetalk.Place{Record: suitetalk.SalesOrder, External: record.ExternalID(s.orderKey), Doing: p.Doing}, s.order)
	if err != nil || order == nil {
		return err
	}
	left := map[string]canonical.Decimal{}
	for _, b := range bookedLines(order) {
		left[b.item] = record.Plus(left[b.item], record.Minus(b.fulfilled, record.Least(b.fulfilled, b.billed)))
	}
	for item, n := range quantities(found) {
		if left[item].Cmp(n) < 0 {
			return record.Conflict("status", billed+step)
		}
	}
	return nil
}
