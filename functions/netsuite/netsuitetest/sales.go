package netsuitetest

import (
	"encoding/json"
	"math/big"
	"slices"
)

// Invoice bills lines of a sales order, all for none named, together with its shipping if no
// invoice has it yet, and applies the order's deposits. It returns the invoice's internal id.
func (f *Fake) Invoice(externalID string, lines ...int) (string, error) {
	return f.sell(invoiceRecord, externalID, lines)
}

// CashSale bills lines of a sales order by a cash sale, which deposits are not applied to.
func (f *Fake) CashSale(externalID string, lines ...int) (string, error) {
	return f.sell(cashSaleRecord, externalID, lines)
}

func (f *Fake) sell(kind, externalID string, lines []int) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := f.books.find(orderRecord, "eid:"+externalID)
	if order == nil {
		return "", errNoLine
	}
	var billed, changed []any
	for _, entry := range items(order.state[itemSublist]) {
		line, _ := entry.(map[string]any)
		if rational(line, "quantityBilled").Sign() > 0 || len(lines) > 0 && !slices.Contains(lines, lineNumber(entry)) {
			continue
		}
		billed = append(billed, map[string]any{
			"line": line["line"], "item": line["item"], "quantity": line["quantity"], "amount": line["amount"],
		})
		changed = append(changed, map[string]any{"line": line["line"], "quantityFulfilled": line["quantity"], "quantityBilled": line["quantity"]})
	}
	sale := map[string]any{
		"createdFrom": map[string]any{"id": order.ID}, "entity": order.state["entity"], "currency": order.state["currency"],
		"subsidiary": order.state["subsidiary"], itemSublist: sublist(billed),
	}
	if !f.books.shipped(order.ID) && order.state["shippingCost"] != nil {
		sale["shippingCost"] = order.state["shippingCost"]
	}
	if kind == invoiceRecord {
		sale["applied"] = f.books.depositsFor(order.ID, totalOf(sale))
	}
	body, err := json.Marshal(sale)
	if err != nil {
		return "", err
	}
	made := effect{Type: kind, ID: f.books.newID(), Inside: true, Body: body}
	of := effect{Type: order.Type, ID: order.ID, ExternalID: order.ExternalID}
	return made.ID, f.changeWith(&made, merge(nil, sale, nil), of, order.state, map[string]any{itemSublist: sublist(changed)})
}

// shipped reports whether the order's shipping was billed.
func (b *books) shipped(order string) bool {
	for _, r := range slices.Concat(b.sorted(invoiceRecord), b.sorted(cashSaleRecord)) {
		if refID(r.state["createdFrom"]) == order && r.state["shippingCost"] != nil {
			return true
		}
	}
	return false
}

// depositsFor returns how much of each deposit of the order pays for the amount.
func (b *books) depositsFor(order string, amount *big.Rat) map[string]any {
	applied, left := map[string]any{}, new(big.Rat).Set(amount)
	for _, r := range b.sorted(depositRecord) {
		if refID(r.state["salesOrder"]) != order {
			continue
		}
		part := minimum(left, b.unused(r))
		if part.Sign() > 0 {
			applied[r.ID] = json.Number(part.FloatString(4))
			left.Sub(left, part)
		}
	}
	return applied
}
