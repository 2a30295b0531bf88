package netsuitetest

import (
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
)

// transform makes a credit memo of an invoice, a cash refund of a cash sale, an item
// fulfillment, an invoice or a return authorization of a sales order, or an item receipt of a return
// authorization, as POST /invoice/5/!transform/creditMemo does:
// the new record begins as a copy, and the body is written over it. It is not an upsert: an external id that is taken is rejected. The
// caller holds the lock.
func (f *Fake) transform(from, id, to string, replace []string, body []byte) (string, *refusal) {
	source := f.books.find(from, id)
	if source == nil {
		return "", f.books.missing(from, id)
	}
	fields, err := decode(body)
	if err != nil {
		return "", invalid("INVALID_CONTENT", "", "The body is not JSON.")
	}
	external := text(fields, "externalId")
	if external != "" && f.books.find(to, "eid:"+external) != nil {
		return "", invalid("USER_ERROR", "externalId", "Error while accessing a resource. This record already exists")
	}
	delete(fields, "externalId")
	if from == orderRecord || from == returnRecord {
		return f.ofOrder(source, to, external, fields, slices.Contains(replace, itemSublist))
	}
	start := maps.Clone(source.state)
	for _, name := range []string{"applied", "tranDate", "memo"} {
		delete(start, name)
	}
	start["createdFrom"] = map[string]any{"id": source.ID}
	after := merge(start, fields, replace)
	if bad := f.books.acceptReversal(to, source, after); bad != nil {
		return "", bad
	}
	whole, err := json.Marshal(after)
	if err != nil {
		return "", &refusal{http.StatusInternalServerError, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	e := effect{Type: to, ID: f.books.newID(), ExternalID: external, Whole: true, Body: whole}
	if err := f.write(e); err != nil {
		return "", &refusal{http.StatusInternalServerError, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	f.books.apply(e, after)
	return e.ID, nil
}

// acceptReversal applies the rules for a credit memo or a cash refund.
func (b *books) acceptReversal(kind string, source *Record, after map[string]any) *refusal {
	if bad := b.acceptPeriod(nil, after); bad != nil {
		return bad
	}
	if bad := b.acceptLines(items(after[itemSublist])); bad != nil {
		return bad
	}
	total := totalOf(after)
	if kind == cashRefundRecord {
		if left := b.cashLeft(source); total.Cmp(left) > 0 {
			return invalid("USER_ERROR", "", "Error while accessing a resource. The refund is more than what is left of the cash sale.")
		}
	}
	if total.Sign() < 0 {
		return invalid("USER_ERROR", "", "Error while accessing a resource. The total cannot be negative.")
	}
	if kind == creditMemoRecord && !refusesApply(after, source.ID) {
		// NetSuite applies a credit memo to the invoice that it was made of, as far as it is open.
		if open := b.unpaid(source); open.Sign() > 0 {
			after["autoApplied"] = json.Number(minimum(open, total).FloatString(4))
		}
	}
	return nil
}

// refusesApply reports whether the body says that the document is not to be applied to.
func refusesApply(fields map[string]any, id string) bool {
	for _, entry := range items(fields["apply"]) {
		line, _ := entry.(map[string]any)
		if apply, given := line["apply"].(bool); given && !apply && refID(line["doc"]) == id {
			return true
		}
	}
	return false
}

// acceptRefund applies the rules for a customer refund: it pays out what deposits and credit
// memos have left, and its applications are written once.
func (b *books) acceptRefund(before, r map[string]any) *refusal {
	if before != nil { // the deposits of a saved refund cannot be updated, and are not shown
		return nil
	}
	if bad := b.acceptPeriod(nil, r); bad != nil {
		return bad
	}
	if b.refer(customerRecord, r["customer"]) == nil {
		return b.unknownRef("customer")
	}
	sum := new(big.Rat)
	for _, list := range []struct{ name, record string }{{"deposit", depositRecord}, {"apply", creditMemoRecord}} {
		for i, entry := range items(r[list.name]) {
			line, _ := entry.(map[string]any)
			path := list.name + ".items[" + strconv.Itoa(i) + "]"
			amount := rational(line, "amount")
			if bad := b.acceptPaidOut(r, line, list.record, path, amount); bad != nil {
				return bad
			}
			sum.Add(sum, amount)
		}
	}
	if sum.Sign() <= 0 {
		return invalid("USER_ERROR", "", "Error while accessing a resource. You must apply the refund to at least one credit or deposit.")
	}
	return nil
}

// acceptPaidOut checks one application of a customer refund.
func (b *books) acceptPaidOut(refund, line map[string]any, record, path string, amount *big.Rat) *refusal {
	doc := b.refer(record, line["doc"])
	if doc == nil {
		return b.unknownRef(path + ".doc")
	}
	owner := doc.state["entity"]
	if record == depositRecord {
		owner = doc.state["customer"]
	}
	switch {
	case refID(owner) != refID(refund["customer"]):
		return invalid("USER_ERROR", path+".doc", "Error while accessing a resource. The document belongs to another customer.")
	case amount.Sign() <= 0, amount.Cmp(b.unused(doc)) > 0:
		return invalid("USER_ERROR", path+".amount", "Error while accessing a resource. The amount is more than what is left of the document.")
	}
	return nil
}

// totalOf returns what a transaction with lines adds up to.
func totalOf(state map[string]any) *big.Rat {
	total := rational(state, "shippingCost")
	for _, entry := range items(state[itemSublist]) {
		line, _ := entry.(map[string]any)
		total.Add(total, rational(line, "amount"))
	}
	return total
}

// paidOut returns what customer refunds have taken of a deposit or credit memo.
func (b *books) paidOut(list, id string) *big.Rat {
	sum := new(big.Rat)
	for _, r := range b.sorted(customerRefundRecord) {
		for _, entry := range items(r.state[list]) {
			if line, _ := entry.(map[string]any); refID(line["doc"]) == id {
				sum.Add(sum, rational(line, "amount"))
			}
		}
	}
	return sum
}

// unused returns what is left of a deposit or a credit memo.
func (b *books) unused(r *Record) *big.Rat {
	if r.Type == creditMemoRecord {
		left := totalOf(r.state)
		left.Sub(left, rational(r.state, "autoApplied"))
		return left.Sub(left, b.paidOut("apply", r.ID))
	}
	left := rational(r.state, "payment")
	for _, invoice := range b.sorted(invoiceRecord) {
		applied, _ := invoice.state["applied"].(map[string]any)
		left.Sub(left, rational(applied, r.ID))
	}
	return left.Sub(left, b.paidOut("deposit", r.ID))
}

// unpaid returns what is open of an invoice.
func (b *books) unpaid(invoice *Record) *big.Rat {
	left := totalOf(invoice.state)
	applied, _ := invoice.state["applied"].(map[string]any)
	for id := range applied {
		left.Sub(left, rational(applied, id))
	}
	for _, r := range b.sorted(creditMemoRecord) {
		if refID(r.state["createdFrom"]) == invoice.ID {
			left.Sub(left, rational(r.state, "autoApplied"))
		}
	}
	return left
}

// cashLeft returns what was not refunded of a cash sale.
func (b *books) cashLeft(sale *Record) *big.Rat {
	left := totalOf(sale.state)
	for _, r := range b.sorted(cashRefundRecord) {
		if refID(r.state["createdFrom"]) == sale.ID {
			left.Sub(left, totalOf(r.state))
		}
	}
	return left
}

func minimum(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}
