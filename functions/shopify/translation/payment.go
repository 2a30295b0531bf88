package translation

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// receipts are the payments of an order, each a successful sale or capture.
type receipts struct {
	events []connector.Event
	known  known
	taken  []*tender // nil if they were not asked for
	first  string    // id of the transaction that is the checkout's payment, "" if none is
	note   string    // for the order, "" if there is nothing to say
}

// tender is a transaction that captured money.
type tender struct {
	payload.Transaction
	paid canonical.Money // amount and rounding, in the order's currency
}

// payments returns one payment.captured for each transaction that captured money. Webhooks of
// orders do not have the transactions, so the Admin API is asked for them, unless
//
//   - the state says that nothing was captured: pending, authorized, voided, or a total of 0;
//   - the payload has them, as a polled order does;
//   - the order is as it left the online store's checkout (checkout);
//   - or the payload shows that just that payment was received (received).
func (t *translating) payments(ctx context.Context, o *order, b *books, body *canonical.Order) (receipts, error) {
	got, certain := o.received(b)
	k, err := t.remember(ctx, o, b, body)
	if err != nil || !captured(body.Financial) || o.nothingMoved(b) {
		return receipts{known: k}, err
	}
	all := o.Transactions
	switch {
	case o.Listed:
	case k.Paid != nil && (o.checkout(b) || certain && got == *k.Paid && len(o.Gateways) <= 1):
		return receipts{known: k, events: []connector.Event{t.checkoutPayment(body, k)}}, nil
	default:
		if all, err = t.API.Transactions(ctx, t.raw.Tenant, body.ID); err != nil {
			return receipts{}, err
		}
	}
	return t.tenders(o, b, body, k, all)
}

// captured reports whether money may have been captured. A refund does not change that it was.
func captured(state canonical.FinancialState) bool {
	switch state {
	case canonical.PartiallyPaid, canonical.Paid, canonical.PartiallyRefunded, canonical.Refunded:
		return true
	}
	return false
}

// nothingMoved reports whether the order never cost anything.
func (o *order) nothingMoved(b *books) bool {
	return b.money(o.Total, place{field: "total_price_set"}).Minor == 0 && len(o.Refunds) == 0 && !o.Listed
}

// tenders returns a payment for each transaction that captured money, under its own id.
func (t *translating) tenders(o *order, b *books, body *canonical.Order, k known, all []payload.Transaction) (receipts, error) {
	r := receipts{known: k}
	for i, tx := range all {
		if tx.Captured() {
			at := place{"transactions", i, "amountSet"}
			r.taken = append(r.taken, &tender{tx, b.money(tx.Amount.Bag, at).Add(b.money(tx.Rounding, at))})
		}
	}
	if b.err != nil {
		return receipts{}, b.err
	}
	switch {
	case len(all) == 0: // an order that was imported as paid
		r.note = "the order is " + string(body.Financial) + ", but Shopify has no transaction of it: no payment is reported"
		return r, nil
	case len(r.taken) == 0:
		return receipts{}, &fault.Error{
			Kind: fault.NotReady, Class: fault.MissingRef, Doing: "fetching the transactions of order " + body.ID,
			Detail: "the order is " + string(body.Financial) + ", but Shopify has no successful sale or capture yet",
		}
	}
	slices.SortFunc(r.taken, olderFirst)
	r.first = o.atCheckout(k, r.taken)
	for _, tx := range r.taken {
		r.events = append(r.events, t.payment(body, canonical.Payment{
			ID: r.paymentID(body.ID, tx.ID), Method: method(tx.Gateway), Gateway: tx.Gateway,
			Reference: cmp.Or(tx.Reference, tx.ID), Amount: tx.paid, At: tx.At,
		}))
	}
	return r, nil
}

// olderFirst orders transactions by their ids, which Shopify counts up.
func olderFirst(a, b *tender) int {
	return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
}

// paymentID returns the id of the payment that a transaction is: its own, or that of the
// checkout's payment, which may have been reported before its transaction was known.
func (r *receipts) paymentID(order, id string) string {
	if id != "" && (id == r.first || r.taken == nil && r.known.Paid != nil) {
		return checkoutID(order)
	}
	return id
}

// atCheckout returns the id of the transaction that is the checkout's payment, "" if none is. If
// that payment was reported without its transaction, it was the order's only one then: the oldest of
// its amount. Otherwise it is the oldest, of an order of the online store, if it is no gift card and
// was made within checkoutTime. So the payment has the same id without what is remembered.
func (o *order) atCheckout(k known, taken []*tender) string {
	if len(taken) == 0 {
		return ""
	}
	oldest := taken[0]
	if k.Paid != nil {
		i := slices.IndexFunc(taken, func(tx *tender) bool { return tx.paid == *k.Paid })
		return taken[max(i, 0)].ID
	}
	if o.Head.Channel != "web" || method(oldest.Gateway) == canonical.GiftCard || oldest.At.Sub(o.Head.PlacedAt) > checkoutTime {
		return ""
	}
	return oldest.ID
}

// checkoutID returns the id of the payment of the checkout.
func checkoutID(order string) string { return order + "-paid" }

// known are the facts of an order that are remembered when it is first seen: those by which its
// refunds are read if the order cannot be asked for, and its payment at the checkout if that was
// reported without its transaction.
type known struct {
	Name        string           `json:"name"`
	Test        bool             `json:"test,omitempty"`
	Customer    string           `json:"customer,omitempty"`
	Currency    string           `json:"currency"`
	TaxIncluded bool             `json:"tax_included,omitempty"`
	Two         bool             `json:"two,omitempty"` // the order has two currencies
	Paid        *canonical.Money `json:"paid,omitempty"`
	Gateway     string           `json:"gateway,omitempty"`
	At          time.Time        `json:"at,omitzero"`
}

const attributeKnown = "sale"

// remember binds the order's facts. The first delivery of the order decides, so that each
// payment has one id in every later one.
func (t *translating) remember(ctx context.Context, o *order, b *books, body *canonical.Order) (known, error) {
	k := known{
		Name: body.Name, Test: body.Test, Customer: body.Buyer.Customer, Currency: b.currency,
		TaxIncluded: body.TaxIncluded, Two: o.twoCurrencies(),
	}
	if o.checkout(b) {
		k.Paid, k.Gateway, k.At = &body.Total, o.Gateways[0], payload.FirstTime(o.ProcessedAt, body.PlacedAt)
	}
	return t.bound(ctx, body.ID, k)
}

func (t *translating) bound(ctx context.Context, order string, k known) (known, error) {
	if t.Memory == nil {
		return k, nil // a connector that only translates
	}
	value, err := json.Marshal(k)
	if err != nil {
		return k, fault.Doing(t.doing, err)
	}
	first, err := t.Memory.Bind(ctx, t.key(payload.EntityOrder, order), attributeKnown, string(value))
	if err != nil {
		return k, fault.Doing("remembering order "+order, err)
	}
	if first == string(value) {
		return k, nil
	}
	var earlier known
	if err := json.Unmarshal([]byte(first), &earlier); err != nil {
		return k, fault.Doing("reading what is remembered of order "+order, err)
	}
	return earlier, nil
}

// checkoutTime is how long after an order was placed its state is still that of the checkout.
const checkoutTime = 2 * time.Minute

// checkout reports whether the order is as it left the checkout of the online store, which takes
// one payment beside gift cards: paid in full by one gateway that is no gift card, nothing taken
// off or refunded, and not changed after checkoutTime. Then one transaction is the whole of what was received.
// At a till, in a draft order or later, one gateway may have been used twice.
func (o *order) checkout(b *books) bool {
	return o.Head.Financial == canonical.Paid && o.Head.Channel == "web" && len(o.Gateways) == 1 &&
		method(o.Gateways[0]) != canonical.GiftCard && o.Outstanding.IsZero() && len(o.Refunds) == 0 && !o.Listed &&
		!o.reduced && (!o.CurrentTotal.Set || o.CurrentTotal.In(b.basis) == o.Total.In(b.basis)) &&
		o.Head.UpdatedAt.Sub(o.Head.PlacedAt) <= checkoutTime
}

// received returns the money that the payload shows as received in all: the current total, less
// the amount that is due, plus the amount that was paid back. ok is false if an amount is not in
// the order's currency.
func (o *order) received(b *books) (sum canonical.Money, ok bool) {
	if !o.Outstanding.IsZero() && b.basis == payload.PresentmentBasis {
		return sum, false
	}
	try := *b // what it lacks is no error: the transactions are asked for
	sum = try.money(o.Total, place{field: "total_price_set"})
	if o.CurrentTotal.Set {
		sum = try.money(o.CurrentTotal, place{field: "current_total_price_set"})
	}
	sum = sum.Add(try.money(o.CashRounding, place{field: "total_cash_rounding_payment_adjustment_set"}))
	sum = sum.Sub(try.plain(o, o.Outstanding, "total_outstanding"))
	for i := range o.Refunds {
		for _, tx := range o.Refunds[i].Transactions {
			if tx.PaidBack() && tx.Succeeded() {
				sum = sum.Add(try.twin(o, tx.Amount, refundPlace(i, "transactions")))
			}
		}
	}
	return sum, try.err == nil
}

// checkoutPayment returns the event of the checkout's payment. It is the same each time.
func (t *translating) checkoutPayment(body *canonical.Order, k known) connector.Event {
	return t.payment(body, canonical.Payment{
		ID: checkoutID(body.ID), Method: method(k.Gateway), Gateway: k.Gateway, Amount: *k.Paid, At: k.At,
	})
}

// payment returns the event of one tender. The same tender reported again is the same event.
func (t *translating) payment(order *canonical.Order, p canonical.Payment) connector.Event {
	p.Order, p.Name, p.Test, p.Customer = order.ID, order.Name, order.Test, order.Buyer.Customer
	return connector.Event{
		Type: canonical.PaymentCaptured, Entity: t.key(payload.EntityPayment, p.ID),
		At: p.At, UpdatedAt: order.UpdatedAt, Hint: t.hint, Body: &p, Parents: t.parents(payload.EntityOrder, order.ID),
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
