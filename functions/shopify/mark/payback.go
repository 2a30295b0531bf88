package mark

import (
	"context"
	"strconv"
	"strings"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// refunding is one delivery of a request to refund an order.
type refunding struct {
	*marking
	request *canonical.RefundRequest
	key     message.Key // of the record that asks
}

// refundable is what a refund needs to know of an order. Amounts are in the shop's currency.
type refundable struct {
	marks
	shop, presentment string // currencies
	transactions      []payload.Transaction
	refunds           []madeRefund
}

type madeRefund struct {
	id, note string
	amount   canonical.Money
}

// portion is what is paid back of a transaction that captured money.
type portion struct {
	id, gateway string
	amount      canonical.Money
}

// settling is what becomes of a request.
type settling struct {
	ref    string   // of the refund that the order has, or the order's if it shows the request already
	todo   []change // what the order lacks to show the request; without it and a ref, the refund is made
	pays   []portion
	key    string // of the request to make it
	reason string
}

// Refund pays the amount back, or shows a person why it is not paid. Errors are faults; one about the order
// names the field "order", and one that Shopify has about the refund the field "amount".
func (t *Target) Refund(ctx context.Context, d connector.Delivery, body *canonical.RefundRequest) (connector.Receipt, error) {
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
	case len(end.todo) > 0:
		receipt.Ref = r.order.ID
		for _, one := range end.todo {
			if err := one.act(ctx); err != nil {
				return connector.Receipt{}, fault.Doing(r.doing, err)
			}
		}
		return receipt, nil
	}
	receipt.Ref, err = r.create(ctx, end)
	return receipt, fault.Doing(r.doing, err)
}

// SearchRefund returns the id of the refund that the order has of the request, or the order's id if the order
// shows it.
func (t *Target) SearchRefund(ctx context.Context, d connector.Delivery, body *canonical.RefundRequest) (string, error) {
	r, err := t.refunding(d, body)
	if err != nil {
		return "", err
	}
	end, err := r.plan(ctx)
	return end.ref, fault.Doing(r.doing, err)
}

func (t *Target) refunding(d connector.Delivery, body *canonical.RefundRequest) (*refunding, error) {
	m, err := t.marking(d, body.Order, "refunding order "+body.Order+" at shopify")
	if err != nil {
		return nil, err
	}
	return &refunding{marking: m, request: body, key: d.Message.Key()}, nil
}

// words name the record that asks, as the note of the refund has them.
func (r *refunding) words() string { return r.mark() + r.request.Number + " (" + r.request.ID + ")" }

// mark is how the notes of refunds begin that were made for a record of the system.
func (r *refunding) mark() string { return r.key.System + " refund " }

// fieldKey is the key of the metafield that shows the request.
func (r *refunding) fieldKey() string { return refundKey + r.request.ID }

// plan reads the order, and decides. A request that was shown once is not carried out later: a person may
// have done it. The tag comes first, so that an order with the metafield has it.
func (r *refunding) plan(ctx context.Context) (settling, error) {
	has, err := r.readRefundable(ctx)
	if err != nil {
		return settling{}, err
	}
	if id := r.made(has); id != "" {
		return settling{ref: id, reason: "has refund " + id + " for " + r.words()}, nil
	}
	if has.words != "" {
		return settling{ref: r.order.ID, reason: "shows " + r.words()}, nil
	}
	tagged := has.tagged(r.config.Refunded)
	why, pays := r.keeps(has)
	if why == "" {
		return settling{pays: pays, key: r.once(has, pays), reason: "is refunded for " + r.words() + ": " + r.request.Amount.String()}, nil
	}
	end := settling{reason: "is not refunded, " + why}
	if !tagged {
		end.todo = append(end.todo, r.adding(r.config.Refunded))
	}
	words := cut(r.words() + ": " + r.request.Amount.String() + " paid back; not refunded here: " + why)
	end.todo = append(end.todo, change{"metafield set", func(ctx context.Context) error { return r.set(ctx, field{r.fieldKey(), words}) }})
	return end, nil
}

// made returns the id of the refund that the order has of the request: the one of its amount that names it
// or, where the shop has refunded all that the system has, one of its amount that names no other request.
func (r *refunding) made(has *refundable) string {
	same := ""
	for _, one := range has.refunds {
		switch {
		case one.amount != r.request.Amount:
		case one.note == r.words():
			return one.id
		case same == "" && r.exceeds(has) && !strings.HasPrefix(one.note, r.mark()):
			same = one.id
		}
	}
	return same
}

// exceeds reports whether the shop would have refunded more than the system has. A refund that is pending
// counts.
func (r *refunding) exceeds(has *refundable) bool {
	return has.back().Minor+r.request.Amount.Minor > r.request.Refunded.Minor
}

// keeps says why the refund is not made, or else which payments are paid back.
func (r *refunding) keeps(has *refundable) (why string, pays []portion) {
	pays, left := has.portions(r.request.Amount)
	switch {
	case has.shop != r.request.Amount.Currency:
		why = "the order is in " + has.shop
	case has.presentment != has.shop:
		why = "the buyer paid in " + has.presentment
	case len(has.transactions) >= atOnce || len(has.refunds) >= atOnce:
		why = "the order has more transactions than are read at once"
	case r.exceeds(has):
		why = has.back().Decimal().String() + " of it is refunded here, and " + r.request.Refunded.Decimal().String() + " in " + r.key.System + " with this amount"
	case left.Minor < r.request.Amount.Minor:
		why = "only " + left.Decimal().String() + " of its payments is left to refund"
	case !r.config.Pay:
		why = "SHOPIFY_ERP_REFUNDS is show"
	}
	return why, pays
}

// back returns what was refunded, or is about to be.
func (has *refundable) back() canonical.Money {
	sum := canonical.Money{Currency: has.shop}
	for i := range has.transactions {
		if tx := &has.transactions[i]; tx.PaidBack() && !tx.Failed() {
			sum.Minor += tx.Amount.Bag.Shop.Minor
		}
	}
	return sum
}

// portions returns which payments are paid back, each with its part of the amount, and what is left of all
// payments.
func (has *refundable) portions(amount canonical.Money) (pays []portion, left canonical.Money) {
	left.Currency = amount.Currency
	rest := amount.Minor
	for i := range has.transactions {
		tx := &has.transactions[i]
		if !tx.Captured() || tx.Gateway == "" {
			continue
		}
		of := tx.Amount.Bag.Shop.Minor
		for j := range has.transactions {
			if other := &has.transactions[j]; other.PaidBack() && !other.Failed() && other.Parent == tx.ID {
				of -= other.Amount.Bag.Shop.Minor
			}
		}
		left.Minor += max(of, 0)
		if part := min(rest, of); part > 0 {
			rest -= part
			pays = append(pays, portion{tx.ID, tx.Gateway, canonical.Money{Minor: part, Currency: amount.Currency}})
		}
	}
	return pays, left
}

// once returns the idempotency key of the refund. It is the same until the order has another transaction, so
// that a request that comes late is no second one, and one after a failure is not taken for the failed one.
func (r *refunding) once(has *refundable, pays []portion) string {
	parts := []string{"shopify-refund", r.key.String(), r.order.String(), strconv.Itoa(len(has.transactions))}
	for _, p := range pays {
		parts = append(parts, p.id, p.amount.String())
	}
	return message.DeriveID(parts...)
}
