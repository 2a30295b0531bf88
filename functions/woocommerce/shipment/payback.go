package shipment

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// The values of Target.Refunds: what becomes of money that another system paid back.
const (
	refundShow   = "show"
	refundRecord = "record"
	refundPay    = "pay"
)

// refunding is one delivery of a request to refund an order.
type refunding struct {
	*Target
	orderAt
	request *canonical.RefundRequest
	system  string // that asks
}

// paidOrder is the part of an order that a refund needs. Amounts are in the order's currency.
type paidOrder struct {
	currency, status string
	paid             bool
	total, back      *big.Rat // back is what was refunded
	refunds          []madeRefund
}

type madeRefund struct {
	id, reason string
	amount     *big.Rat
}

// settling is what becomes of a request.
type settling struct {
	ref    string // of the refund, or of the note, that the order has
	note   string // that is to be added; "" if the refund is to be made, unless there is a ref
	reason string
}

// deliverRefund makes the refund, or adds a note with the reason why it is not made.
func (t *Target) deliverRefund(ctx context.Context, d connector.Delivery, body *canonical.RefundRequest) (connector.Receipt, error) {
	r, err := t.refunding(d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	end := settling{ref: d.Ref, reason: "has it"}
	if d.Ref == "" {
		if end, err = r.plan(ctx); err != nil {
			return connector.Receipt{}, fault.Doing(r.doing, err)
		}
	}
	receipt := connector.Receipt{Ref: end.ref, Linked: end.ref != "", Detail: "order " + body.Order + " " + end.reason}
	switch {
	case end.ref != "":
		return receipt, nil
	case end.note != "":
		receipt.Ref, err = r.noteRef(), r.addNote(ctx, end.note, false)
	default:
		receipt.Ref, err = r.create(ctx)
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(r.doing, err)
	}
	return receipt, nil
}

// searchRefund returns the ref of the refund or the note that the order has of the request.
func (t *Target) searchRefund(ctx context.Context, d connector.Delivery, body *canonical.RefundRequest) (string, error) {
	r, err := t.refunding(d, body)
	if err != nil {
		return "", err
	}
	end, err := r.plan(ctx)
	return end.ref, fault.Doing(r.doing, err)
}

func (t *Target) refunding(d connector.Delivery, body *canonical.RefundRequest) (*refunding, error) {
	at, err := t.orderAt(d, body.Order, "refunding order "+body.Order+" at "+rest.Name)
	return &refunding{Target: t, orderAt: at, request: body, system: d.Message.System()}, err
}

// words name the record that asks, as the reason of the refund and in a note.
func (r *refunding) words() string { return r.mark() + r.request.Number + " (" + r.request.ID + ")" }

// mark is how the reasons of refunds begin that were made for a record of the system.
func (r *refunding) mark() string { return r.system + " refund " }

func (r *refunding) noteRef() string { return r.order + "-erp-refund-" + r.request.ID }

// plan reads the order with its refunds, and decides. A request that was shown once is not carried out later:
// a person may have done it.
func (r *refunding) plan(ctx context.Context) (settling, error) {
	o, err := r.readPaid(ctx)
	if err != nil {
		return settling{}, err
	}
	if id := r.made(o); id != "" {
		return settling{ref: id, reason: "has refund " + id + " for " + r.words()}, nil
	}
	begins := "ERP refund " + r.request.Number + " (" + r.request.ID + "): "
	shown, err := r.newestNote(ctx, begins)
	switch {
	case err != nil:
		return settling{}, err
	case shown != "":
		return settling{ref: r.noteRef(), reason: "has the note of " + r.words()}, nil
	}
	if why := r.keeps(o); why != "" {
		return settling{note: begins + r.request.Amount.String() + " paid back in " + r.system + "; not refunded here: " + why, reason: "is not refunded, " + why}, nil
	}
	how := map[string]string{refundRecord: "recorded, without the gateway", refundPay: "paid back by the gateway"}[r.Refunds]
	return settling{reason: "is refunded for " + r.words() + ": " + r.request.Amount.String() + " " + how}, nil
}

// made returns the id of the refund that the order has of the request: the one of its amount that names it
// or, where the store has refunded all that the system has, one of its amount that names no other request.
func (r *refunding) made(o *paidOrder) string {
	if o.currency != r.request.Amount.Currency {
		return ""
	}
	same := ""
	for _, one := range o.refunds {
		switch {
		case one.amount.Cmp(r.amount()) != 0:
		case one.reason == r.words():
			return one.id
		case same == "" && r.exceeds(o) && !strings.HasPrefix(one.reason, r.mark()):
			same = one.id
		}
	}
	return same
}

// exceeds reports whether the store would have refunded more than the system has.
func (r *refunding) exceeds(o *paidOrder) bool {
	return new(big.Rat).Add(o.back, r.amount()).Cmp(ratOf(r.request.Refunded.Decimal().String())) > 0
}

func (r *refunding) amount() *big.Rat { return ratOf(r.request.Amount.Decimal().String()) }

// keeps says why the refund is not made, "" if it is.
func (r *refunding) keeps(o *paidOrder) string {
	left := new(big.Rat).Sub(o.total, o.back)
	switch {
	case o.currency != r.request.Amount.Currency:
		return "the order is in " + o.currency
	case o.status == "trash":
		return "the order is in the trash"
	case !o.paid:
		return "the order is not paid here"
	case r.exceeds(o):
		return text(o.back) + " of it is refunded here, and " + r.request.Refunded.Decimal().String() + " in " + r.system + " with this amount"
	case r.amount().Cmp(left) > 0:
		return "only " + text(left) + " of it is left to refund"
	case r.Refunds != refundRecord && r.Refunds != refundPay:
		return "WOOCOMMERCE_ERP_REFUNDS is " + refundShow
	}
	return ""
}

// readPaid reads the order, and its refunds.
func (r *refunding) readPaid(ctx context.Context) (*paidOrder, error) {
	answer, err := r.get(ctx, r.path())
	if err != nil {
		return nil, r.unknown(err)
	}
	o := &paidOrder{back: new(big.Rat)}
	d := rest.NewDecoder(answer.Body)
	for key := range d.Object() {
		switch key {
		case "currency":
			o.currency = d.String()
		case "status":
			o.status = d.String()
		case "total":
			o.total = ratOf(d.Decimal())
		case "date_paid":
			_, o.paid = d.NullString()
		}
	}
	d.Need("currency", o.currency)
	if err := d.Finish(); err != nil || o.total == nil {
		return nil, rest.Broken("total", "cannot be read")
	}
	err = r.store.Each(ctx, r.path()+"/refunds", r.doing, func(d rest.Decoder) {
		one := readMade(d)
		o.refunds, o.back = append(o.refunds, one), new(big.Rat).Add(o.back, one.amount)
	})
	return o, rest.Denied(err)
}

func readMade(d rest.Decoder) madeRefund {
	one := madeRefund{amount: new(big.Rat)}
	for key := range d.Object() {
		switch key {
		case "id":
			one.id = d.ID()
		case "amount":
			one.amount = ratOf(d.Decimal())
		case "reason":
			one.reason, _ = d.NullString()
		}
	}
	d.Need("id", one.id)
	return one
}

// rejectsRefund is WooCommerce's code, with status 500, for a refund that it or the gateway did not make.
const rejectsRefund = "woocommerce_rest_cannot_create_order_refund"

// create makes the refund, and returns its id.
func (r *refunding) create(ctx context.Context) (string, error) {
	body, err := json.Marshal(map[string]any{
		"amount": r.request.Amount.Decimal().String(), "reason": r.words(), "api_refund": r.Refunds == refundPay, "api_restock": false,
	})
	if err != nil {
		return "", err
	}
	answer, err := r.send(ctx, http.MethodPost, r.path()+"/refunds", body)
	if e := fault.As(err); e != nil && e.Code == rejectsRefund {
		return "", &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Status: e.Status, Code: e.Code, Field: "amount",
			Detail: "WooCommerce or the order's gateway rejects a refund of " + r.request.Amount.String() + "; look at the gateway whether it paid, and refund the order by hand or redrive",
		}
	}
	if err != nil {
		return "", err
	}
	d := rest.NewDecoder(answer.Body)
	one := readMade(d)
	if err := d.Finish(); err != nil {
		return "", rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	return one.id, nil
}
