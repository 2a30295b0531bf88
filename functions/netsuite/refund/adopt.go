package refund

import (
	"context"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// adopted is the attribute under which the memory has the refund of a store that a refund in NetSuite is.
const adopted = "adopted"

// adopt looks for the refund among what people paid back in NetSuite, and returns the receipt of the one that
// it is; found is false if it is none of them, and is to be booked. The one that it is gets its external id,
// so that it is no other's, and is found by that without NETSUITE_REFUNDS too.
func (t *Target) adopt(ctx context.Context, p suitetalk.Place, r *refunding) (receipt connector.Receipt, found bool, err error) {
	switch {
	case r.isBegun():
		return connector.Receipt{}, false, nil
	case r.entered != nil:
		return connector.Receipt{Ref: r.entered.id, Linked: true, Detail: wordsOf(r.entered.kind, r.entered.id) + " was entered in NetSuite, and has the refund's external id"}, true, nil
	case !t.Settings.Refunds:
		return connector.Receipt{}, false, nil
	}
	rows, err := t.RefundsOf(ctx, []string{r.order}, p.Doing)
	if err != nil {
		return connector.Receipt{}, false, err
	}
	for _, row := range rows {
		if !r.is(row) {
			continue
		}
		if taken, err := t.takes(ctx, p, r, row); err != nil || taken {
			return connector.Receipt{Ref: row["id"], Detail: wordsOf(row["type"], row["id"]) + " was entered in NetSuite, and has the refund's external id now; nothing is booked"}, taken, err
		}
	}
	return connector.Receipt{}, false, r.countOthers(rows)
}

// isBegun reports whether a document of the refund is booked, so that the rest of it is booked too.
func (r *refunding) isBegun() bool {
	begun := r.reversal != nil
	for i := range r.payouts {
		begun = begun || r.payouts[i].done != nil
	}
	return begun
}

// is reports whether the refund in NetSuite has no external id, pays back this order alone, and the same
// amount as the store did.
func (r *refunding) is(row suitetalk.Values) bool {
	total, err := canonical.ParseMoney(row.Number("total"), r.refund.Amount.Currency)
	return err == nil && row["externalid"] == "" && row["currency"] == r.currency && row["orders"] == "1" && row["others"] == "0" &&
		r.paid.Minor > 0 && total.Minor == r.paid.Minor && r.refund.Amount.Minor == r.paid.Minor
}

// takes gives the refund in NetSuite the external id of the store's, unless it is another one's. The memory
// decides first, so that of two equal refunds of the store at a time each takes one of its own.
func (t *Target) takes(ctx context.Context, p suitetalk.Place, r *refunding, row suitetalk.Values) (bool, error) {
	own := r.message.Key().String()
	entered := message.Key{System: "netsuite", Tenant: t.Tenant, Type: "refund", ID: row["id"]}
	owner, err := t.Memory.Bind(ctx, entered, adopted, own)
	if err != nil || owner != own {
		return false, fault.Doing(p.Doing, err)
	}
	p.Record = suitetalk.RefundRecord(row["type"])
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, []record.Field{record.PlainField("externalId", r.external)})
	w.EndObj()
	body, err := suitetalk.Finish(w)
	if err != nil {
		return false, fault.Doing(p.Doing, err)
	}
	return true, record.InOurTerms(t.Patch(ctx, p, row["id"], "", body), p.Record, nil)
}

// countOthers adds what people paid back of the order to its earlier refunds. Refunds that we booked are
// counted by their memos.
func (r *refunding) countOthers(rows []suitetalk.Values) error {
	for _, row := range rows {
		if r.known[row["id"]] || row["orders"] != "1" {
			continue
		}
		total, err := canonical.ParseMoney(row.Number("total"), r.refund.Amount.Currency)
		if err != nil {
			return &fault.Error{Kind: fault.Unavailable, Field: "total", Detail: "NetSuite's answer has an amount that cannot be read", Err: err}
		}
		r.earlier = r.earlier.Add(total)
	}
	return nil
}

func wordsOf(kind, id string) string {
	if kind == suitetalk.CashRefundType {
		return "cash refund " + id
	}
	return "customer refund " + id
}
