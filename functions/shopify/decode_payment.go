package shopify

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// payments returns one payment.captured for each tender that paid the order. The order
// itself describes a single tender; several are described by its transactions only.
func (t *translator) payments(ctx context.Context, o *order, b *books, body *canonical.Order) ([]connector.Event, error) {
	if !captured(body.Financial) || body.Total.Minor == 0 {
		return nil, nil
	}
	if len(o.gateways) > 1 || (b.basis == presentmentBasis && o.outstanding.Sign() > 0) {
		return t.tenders(ctx, b, body)
	}
	due := b.plain(o, o.outstanding, "total_outstanding")
	if b.err != nil {
		return nil, b.err
	}
	amount := body.Total
	if due.Minor > 0 { // below 0 the shop owes the buyer, and the total was paid
		amount = amount.Sub(due)
	}
	if amount.Minor == 0 {
		return nil, nil
	}
	gateway := strings.Join(o.gateways, "")
	return []connector.Event{t.payment(body, canonical.Payment{
		ID: paidID(body.ID), Method: method(gateway), Gateway: gateway, Amount: amount, At: t.paidAt(o),
	})}, nil
}

// captured reports whether the order was paid in full at some time. A partial payment waits
// for the rest. A refund does not change that the money was captured.
func captured(state canonical.FinancialState) bool {
	switch state {
	case canonical.Paid, canonical.PartiallyRefunded, canonical.Refunded:
		return true
	}
	return false
}

// tenders fetches the transactions: a redeemed gift card is a tender of its own.
func (t *translator) tenders(ctx context.Context, b *books, body *canonical.Order) ([]connector.Event, error) {
	taken, err := t.taken(ctx, b, body.ID)
	if err != nil {
		return nil, err
	}
	events := make([]connector.Event, len(taken))
	for i, tx := range taken {
		id := tx.id
		if i == 0 {
			// The order may have been reported with one tender before more was paid.
			// The first payment keeps its id.
			id = paidID(body.ID)
		}
		events[i] = t.payment(body, canonical.Payment{
			ID: id, Method: method(tx.gateway), Gateway: tx.gateway, Reference: cmp.Or(tx.reference, tx.id), Amount: tx.paid, At: tx.at,
		})
	}
	return events, nil
}

// taken returns the transactions that captured money, oldest first.
func (t *translator) taken(ctx context.Context, b *books, order string) ([]transaction, error) {
	all, err := t.api.transactions(ctx, t.raw.Tenant, order)
	if err != nil {
		return nil, err
	}
	var taken []transaction
	for i, tx := range all {
		if tx.took() {
			amount := b.money(tx.amount, place{"transactions", i, "amountSet"})
			tx.paid = amount.Add(b.money(tx.rounding, place{"transactions", i, "amountRoundingSet"}))
			taken = append(taken, tx)
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	if len(taken) == 0 {
		return nil, &fault.Error{
			Kind: fault.NotReady, Class: fault.MissingRef, Doing: "fetching the transactions of order " + order,
			Detail: "the order is paid, but Shopify has no successful sale or capture yet",
		}
	}
	slices.SortStableFunc(taken, func(a, b transaction) int { return a.at.Compare(b.at) })
	return taken, nil
}

// paidID returns the id of the first, and usually only, payment of an order.
func paidID(order string) string { return order + "-paid" }

// payment returns the event of one tender. The same tender reported again is the same event.
func (t *translator) payment(order *canonical.Order, p canonical.Payment) connector.Event {
	p.Order, p.Name, p.Test, p.Customer = order.ID, order.Name, order.Test, order.Buyer.Customer
	return connector.Event{
		Type: canonical.PaymentCaptured, Entity: t.key(entityPayment, p.ID),
		At: p.At, UpdatedAt: order.UpdatedAt, Hint: t.hint, Body: &p, Parents: t.parents(entityOrder, order.ID),
	}
}

// methods are the gateways that do not take cards. The tender of a payment that staff marked
// as received ("manual") is unknown.
var methods = map[string]canonical.PaymentMethod{
	"":                       canonical.OtherPayment,
	"gift_card":              canonical.GiftCard,
	"cash":                   canonical.Cash,
	"cash on delivery (cod)": canonical.Cash,
	"bank deposit":           canonical.Bank,
	"bank_deposit":           canonical.Bank,
	"money order":            canonical.OtherPayment,
	"manual":                 canonical.OtherPayment,
}

func method(gateway string) canonical.PaymentMethod {
	if method, known := methods[strings.ToLower(gateway)]; known {
		return method
	}
	return canonical.Card
}

// transaction is one transaction of an order, as the Admin API has it.
type transaction struct {
	id, kind, status, gateway, reference string
	amount, rounding                     moneyBag
	paid                                 canonical.Money // amount and rounding, in the order's currency
	at                                   time.Time
}

// took reports whether the transaction captured money.
func (tx *transaction) took() bool {
	return tx.status == "SUCCESS" && (tx.kind == "SALE" || tx.kind == "CAPTURE")
}
