package refund

import (
	"cmp"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// reversal is what a credit memo or a cash refund takes back, net of tax as the sale was.
type reversal struct {
	*refunding
	lines    []record.Line
	shipping canonical.Money
	tax      canonical.Money
}

// reversalOf books the parts of the refund, except for goods that had not left: those are off
// the order. Goods that come back are booked by their own item, which NetSuite puts into stock
// with the credit; others by an item that has no stock.
func (r *refunding) reversalOf() (*reversal, error) {
	zero := canonical.Money{Currency: r.refund.Amount.Currency}
	v := &reversal{refunding: r, shipping: zero, tax: r.refund.Tax}
	for _, step := range []func() error{v.bookLines, v.bookParts, v.bookTax, v.bookRest} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *reversal) net(amount, tax canonical.Money) canonical.Money {
	if v.refund.TaxIncluded {
		return amount.Sub(tax)
	}
	return amount
}

func (v *reversal) bookLines() error {
	for i := range v.refund.Lines {
		l, field := &v.refund.Lines[i], record.Index("lines", i)
		if l.Unfulfilled && v.off.Minor > 0 {
			v.tax = v.tax.Sub(l.Tax)
			continue
		}
		amount := v.net(l.Amount, l.Tax)
		if own := cmp.Or(v.settings.Choice("NETSUITE_RULE_ITEM", field), l.SKU); l.Restock && !v.movesNoStock() && own != "" && !l.Quantity.Value.IsZero() {
			v.lines = append(v.lines, record.Line{Item: own, Text: l.Title, Quantity: l.Quantity.Value, Amount: amount, Field: field + ".sku"})
			continue
		}
		item := cmp.Or(v.settings.ItemNotRestocked, v.settings.ItemAdjustment)
		if err := v.single(item, "NETSUITE_ITEM_ADJUSTMENT", field, cmp.Or(l.Title, l.SKU), amount); err != nil {
			return err
		}
	}
	return nil
}

// movesNoStock reports whether the item receipts of the order's returns put goods that come back into
// stock, so that the credit does not.
func (r *refunding) movesNoStock() bool { return r.settings.ReturnsByReceipt() || r.returned }

func (v *reversal) bookParts() error {
	for i, part := range v.refund.Parts {
		amount, field := v.net(part.Amount, part.Tax), record.Index("parts", i)
		if part.Kind == canonical.RefundedCredit && v.before.Minor > 0 {
			continue
		}
		if part.Kind == canonical.RefundedShipping {
			v.shipping = v.shipping.Add(amount)
			continue
		}
		item, setting := v.partItem(part.Kind)
		item = cmp.Or(v.settings.Choice("NETSUITE_RULE_CHARGE", field), item)
		if err := v.single(item, setting, field, part.Title, amount); err != nil {
			return err
		}
	}
	return nil
}

func (v *reversal) partItem(kind canonical.RefundPartKind) (item, setting string) {
	switch kind {
	case canonical.RefundedDuty:
		return v.settings.ItemDuty, "NETSUITE_ITEM_DUTY"
	case canonical.RefundedTip:
		return v.settings.ItemTip, "NETSUITE_ITEM_TIP"
	case canonical.RefundedFee:
		return v.settings.ItemFee, "NETSUITE_ITEM_FEE"
	}
	return v.settings.ItemAdjustment, "NETSUITE_ITEM_ADJUSTMENT"
}

func (v *reversal) bookTax() error {
	return v.single(v.settings.ItemTax, "NETSUITE_ITEM_TAX", "tax", "", v.tax)
}

// bookRest books the refund's own rounding and what the taxes of the parts differ from its
// tax. NetSuite keeps no document without lines, so a refund of shipping alone gets one of 0.
func (v *reversal) bookRest() error {
	rest := v.credit.Sub(v.shipping)
	for _, l := range v.lines {
		rest = rest.Sub(l.Amount)
	}
	most := int64(len(v.refund.Lines)+len(v.refund.Parts)+1) + max(v.refund.Rounding.Minor, -v.refund.Rounding.Minor)
	if max(rest.Minor, -rest.Minor) > most {
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Value, Code: canonical.BalanceMismatch, Field: "amount",
			Detail: "the refund's parts differ from its amount by " + rest.String(),
		}
	}
	if err := v.single(v.settings.ItemRounding, "NETSUITE_ITEM_ROUNDING", "rounding", "", rest); err != nil || len(v.lines) > 0 {
		return err
	}
	item, err := record.Configured(v.settings.ItemAdjustment, "NETSUITE_ITEM_ADJUSTMENT", "parts")
	v.lines = []record.Line{{Item: item, Text: "Shipping", Quantity: canonical.NewDecimal(1, 0), Amount: rest, Field: "parts"}}
	return err
}

func (v *reversal) single(item, setting, field, text string, amount canonical.Money) (err error) {
	v.lines, err = record.AddSingle(v.lines, item, setting, field, text, amount)
	return err
}

// encodeReversal returns the body that makes the document of its sale. It is not applied to an
// invoice that is open: what was received pays that one, and the credit is paid out.
func (r *refunding) encodeReversal(external string) ([]byte, []record.Origin, error) {
	v, err := r.reversalOf()
	if err != nil {
		return nil, nil, err
	}
	option, account := "", ""
	if r.cash {
		if option, err = r.settings.Option(r.payouts[0].method, r.payouts[0].field); err != nil {
			return nil, nil, err
		}
		account = r.settings.Choice("NETSUITE_RULE_ACCOUNT", r.payouts[0].field)
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, append(r.common(r.memo), record.PlainField("externalId", external), record.MoneyField("shippingCost", v.shipping), record.RefField("paymentOption", option), record.RefField("account", account)))
	origins := r.settings.WriteNewLines(w, v.lines)
	if !r.cash && r.source.unpaid.Minor > 0 {
		writeApplied(w, "apply", []applied{{r.source.id, ""}})
	}
	w.EndObj()
	body, err := suitetalk.Finish(w)
	return body, origins, err
}

// encodePayout returns the body of a customer refund. credit is the internal id of the credit
// memo, "" if it takes nothing of one.
func (r *refunding) encodePayout(out *payout, credit string) ([]byte, error) {
	option, err := r.settings.Option(out.method, out.field)
	if err != nil {
		return nil, err
	}
	var deposits []applied
	for _, d := range out.deposits {
		deposits = append(deposits, applied{d.id, d.total.Decimal().String()})
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, append([]record.Field{
		record.RefField("customer", r.entity), record.RefField("currency", r.currency), record.RefField("paymentOption", option),
		record.RefField("account", r.settings.Choice("NETSUITE_RULE_ACCOUNT", out.field)),
	}, r.common(out.memo)...))
	if len(deposits) > 0 {
		writeApplied(w, "deposit", deposits)
	}
	var credits []applied
	for _, c := range out.credits {
		credits = append(credits, applied{c.id, c.total.Decimal().String()})
	}
	if credit != "" {
		credits = append(credits, applied{credit, out.credit.Decimal().String()})
	}
	if len(credits) > 0 {
		writeApplied(w, "apply", credits)
	}
	w.EndObj()
	return suitetalk.Finish(w)
}

// common returns the fields that every document of the refund has.
func (r *refunding) common(memo string) []record.Field {
	return append([]record.Field{
		record.PlainField(record.DateField, r.date.Day),
		record.PlainField("memo", memo),
	}, r.settings.Segments(r.message, "")...)
}

// applied is a document that another is applied to, and the amount; with "" it is not applied.
type applied struct{ doc, amount string }

func writeApplied(w *strictjson.Writer, list string, docs []applied) {
	w.Key(list).Obj()
	w.Key("items").Arr()
	for _, d := range docs {
		w.Obj()
		record.WriteFields(w, []record.Field{record.RefField("doc", d.doc)})
		w.BoolField("apply", d.amount != "")
		w.OptNum("amount", d.amount)
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
}
