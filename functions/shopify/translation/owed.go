package translation

import (
	"context"
	"math/big"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/wire"
)

// Owed asks for the order and returns its lines as Translate does, without amounts. They are nil if the
// shop does not have the order or it was cancelled.
func Owed(ctx context.Context, api *admin.Client, shop, id, doing string) ([]canonical.OrderLine, error) {
	body, err := api.Order(ctx, shop, id, doing)
	if err != nil || body == nil {
		return nil, fault.Doing(doing, err)
	}
	read, bad := payload.ReadOrder(payload.NewReader(body))
	if bad != nil {
		return nil, fault.Doing(doing, wire.Invalid(bad))
	}
	o := newOrder(read)
	if !o.CancelledAt.IsZero() {
		return nil, nil
	}
	o.settle()
	lines := []canonical.OrderLine{}
	for i := range o.lines {
		if l := &o.lines[i]; !l.Tip && l.kept != 0 {
			lines = append(lines, canonical.OrderLine{ID: l.ID, Kind: l.kind(), SKU: l.SKU, Quantity: canonical.Pieces(canonical.NewDecimal(l.kept, 0))})
		}
	}
	return lines, nil
}

// gone counts what refunds took of a line, by restock type, and what they gave for it.
type gone struct {
	returned, cancelled, unclear int64
	pieces                       int64 // of the refund lines whose amounts are summed
	net, tax                     canonical.Money
}

// settle computes what each line still owes to the buyer: its quantity less the pieces that an
// edit or a cancellation took off before they were fulfilled. Pieces that came back after
// fulfillment stay on the order, and are a refund.
//
// Shopify does not say of a removed piece when it was removed. The restock type does: cancel is
// "for unfulfilled line items", return "for line items that were fulfilled"
// (RefundLineItemRestockType). For no_restock, and for an edit without a refund, the line's
// counts decide: what was neither fulfilled nor still is to be was taken off before.
//
// A cancelled order of which everything was taken off keeps its lines: its status says that
// nothing of them is owed.
func (o *order) settle() {
	var of map[string]gone
	left := int64(0)
	changed := false
	for i := range o.lines {
		l := &o.lines[i]
		l.kept = l.Quantity
		if !l.Tip && ((l.Current.Set && l.Current.N < l.Quantity) || (!l.Current.Set && len(o.Refunds) > 0)) {
			if of == nil {
				of = o.goneByLine()
			}
			l.taken = o.takenOff(l, of[l.ID])
			l.kept = l.Quantity - l.taken
		}
		changed = changed || l.kept != l.Quantity
		left += l.kept
	}
	o.reduced = changed
	if changed && left == 0 && !o.CancelledAt.IsZero() {
		o.reduced, o.whole = false, true
		for i := range o.lines {
			o.lines[i].kept = o.lines[i].Quantity
		}
	}
}

func (o *order) goneByLine() map[string]gone {
	all := map[string]gone{}
	for _, f := range o.Refunds {
		for _, l := range f.Lines {
			g := all[l.Line]
			switch l.Restock {
			case "return":
				g.returned += l.Quantity
			case "cancel":
				g.cancelled += l.Quantity
			default:
				g.unclear += l.Quantity
			}
			all[l.Line] = g
		}
	}
	return all
}

// takenOff returns the pieces of the line that were removed before they were fulfilled.
func (o *order) takenOff(l *line, g gone) int64 {
	missing := l.Quantity - l.Current.N
	if !l.Current.Set {
		missing = min(l.Quantity, g.returned+g.cancelled+g.unclear)
	}
	least := min(g.cancelled, missing)
	most := max(least, missing-g.returned)
	left, known := o.leftPieces(l)
	switch {
	case l.NonFulfillable.Set:
		return min(max(l.NonFulfillable.N, least), most)
	case known && l.Fulfillable.Set:
		return min(max(l.Quantity-left-l.Fulfillable.N, least), most)
	case known && left > 0:
		return min(max(l.Quantity-left, least), most)
	}
	return most
}

// leftPieces returns how many pieces of the line were ever fulfilled.
func (o *order) leftPieces(l *line) (n int64, known bool) {
	switch {
	case o.Fulfilled[l.ID] > 0:
		return o.Fulfilled[l.ID], true
	case l.Left || o.Head.Fulfillment == "fulfilled":
		return l.Quantity, true
	}
	return 0, o.Head.Fulfillment == "" || o.Fulfilled != nil
}

// off returns the amounts of the pieces that are off the line: as the refund lines state them,
// if these are of just those pieces, and otherwise in proportion.
func (b *books) off(o *order, l *line, i int) (net, tax canonical.Money) {
	taken := l.Quantity - l.kept
	whole := b.soldFor(l, i)
	wholeTax := b.money(l.Tax.All, place{"line_items", i, "tax_lines"})
	net, tax = share(whole, taken, l.Quantity), share(wholeTax, taken, l.Quantity)
	stated := b.stated(o, l)
	if stated.pieces != taken || taken == l.Quantity {
		return net, tax
	}
	if distance(stated.net.Sub(net).Minor) <= taken && distance(stated.tax.Sub(tax).Minor) <= taken {
		return stated.net, stated.tax
	}
	return net, tax
}

// stated sums the refund lines of the line that are not of returned pieces.
func (b *books) stated(o *order, l *line) gone {
	g := gone{net: canonical.Money{Currency: b.currency}, tax: canonical.Money{Currency: b.currency}}
	for i := range o.Refunds {
		for j := range o.Refunds[i].Lines {
			f := &o.Refunds[i].Lines[j]
			if f.Line != l.ID || f.Restock == "return" {
				continue
			}
			g.pieces += f.Quantity
			g.net = g.net.Add(b.twin(o, f.Subtotal, refundPlace(i, "refund_line_items")))
			g.tax = g.tax.Add(b.twin(o, f.Tax, refundPlace(i, "refund_line_items")))
		}
	}
	return g
}

func refundPlace(i int, field string) place { return place{"refunds", i, field} }

// share returns the amount × part / whole, rounded half away from zero.
func share(amount canonical.Money, part, whole int64) canonical.Money {
	if part == whole || whole == 0 {
		return amount
	}
	product := new(big.Int).Mul(big.NewInt(amount.Minor), big.NewInt(part))
	negative := product.Sign() < 0
	product.Abs(product)
	product.Lsh(product, 1).Add(product, big.NewInt(whole)).Quo(product, big.NewInt(2*whole))
	if negative {
		product.Neg(product)
	}
	return canonical.Money{Minor: product.Int64(), Currency: amount.Currency}
}

// owedTotal returns the total of what is owed. Shopify's total_price does not drop when pieces are
// taken off; current_total_price does, but also by what was refunded after fulfillment. The
// candidates are therefore: the current total with those refunds added, the total less what is
// off, and the total. The one that is nearest to the sum of the parts is taken, so that an
// order balances in each case; beyond the tolerance it is rejected as before.
func (b *books) owedTotal(o *order, out *canonical.Order, off canonical.Money) canonical.Money {
	total := b.money(o.Total, place{field: "total_price_set"})
	if !o.reduced {
		return total
	}
	candidates := []canonical.Money{total.Sub(off), total}
	if o.CurrentTotal.Set {
		later, tax := b.refundedLater(o)
		if !out.TaxIncluded {
			later = later.Add(tax)
		}
		current := b.money(o.CurrentTotal, place{field: "current_total_price_set"})
		candidates = append([]canonical.Money{current.Add(later)}, candidates...)
	}
	sum, err := out.Sum()
	if err != nil {
		return candidates[0]
	}
	best := candidates[0]
	for _, candidate := range candidates[1:] {
		if distance(candidate.Sub(sum).Minor) < distance(best.Sub(sum).Minor) {
			best = candidate
		}
	}
	return best
}

// refundedLater returns what refunds took off the current total beside the pieces that are off
// the order: amounts as the prices are, and their tax.
func (b *books) refundedLater(o *order) (amount, tax canonical.Money) {
	amount, tax = canonical.Money{Currency: b.currency}, canonical.Money{Currency: b.currency}
	for i := range o.Refunds {
		_, parts := b.explain(o, i)
		for _, part := range parts {
			amount, tax = amount.Add(part.Amount), tax.Add(part.Tax)
		}
		for _, l := range o.Refunds[i].Lines {
			if l.Restock == "return" {
				at := refundPlace(i, "refund_line_items")
				amount, tax = amount.Add(b.twin(o, l.Subtotal, at)), tax.Add(b.twin(o, l.Tax, at))
			}
		}
	}
	return amount, tax
}
