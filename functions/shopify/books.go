package shopify

import (
	"context"
	"errors"
	"strconv"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// The two currencies that an order can be locked to, as SHOPIFY_CURRENCY and the
// cross-reference name them.
const (
	shopBasis        = "shop"
	presentmentBasis = "presentment"
)

// books select an order's amounts in the one currency it is locked to. The first error is
// kept.
type books struct {
	basis    string
	currency string
	doing    string
	channel  canonical.Money // tax that the sales channel pays over itself
	spread   bool            // taxes were shared by the parts that they tax
	absent   bool            // an amount in the currency is not in the payload, but the Admin API has it
	err      error
}

// openBooks chooses the currency. If both currencies are the same, nothing is chosen and
// nothing is stored.
func (t *translator) openBooks(ctx context.Context, o *order) (*books, error) {
	b := &books{basis: shopBasis, currency: o.total.shop.Currency, doing: t.doing}
	if o.currency != o.total.shop.Currency {
		return nil, b.wrong("currency", "must be that of total_price_set.shop_money")
	}
	if o.presentment != "" && o.presentment != o.total.presentment.Currency {
		return nil, b.wrong("presentment_currency", "must be that of total_price_set.presentment_money")
	}
	if !o.twoCurrencies() {
		return b, nil
	}
	basis, err := t.memory.Bind(ctx, t.key("order", o.head.ID), "currency_basis", t.currency)
	if err != nil {
		return nil, fault.Doing("locking the currency of order "+o.head.ID, err)
	}
	if basis == presentmentBasis {
		b.basis, b.currency = basis, o.total.presentment.Currency
	}
	return b, nil
}

func (o *order) twoCurrencies() bool { return o.total.shop.Currency != o.total.presentment.Currency }

func (b *books) wrong(field, rule string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: field, Doing: b.doing, Detail: rule}
}

func (b *books) fail(field, rule string) {
	if b.err == nil {
		b.err = b.wrong(field, rule)
	}
}

// place is the position of an amount in the payload. index is used within a list only.
type place struct {
	list  string
	index int
	field string
}

func (p place) String() string {
	if p.list == "" {
		return p.field
	}
	return p.list + "[" + strconv.Itoa(p.index) + "]." + p.field
}

// money returns the amount in the chosen currency, 0 if the source has none.
func (b *books) money(amounts moneyBag, at place) canonical.Money {
	if !amounts.set {
		return canonical.Money{Currency: b.currency}
	}
	money := pick(b, amounts)
	b.check(money.Currency, at)
	return money
}

func (b *books) price(amounts priceBag, at place) canonical.Decimal {
	chosen := pick(b, amounts)
	b.check(chosen.currency, at)
	return chosen.value
}

func pick[A any](b *books, amounts bag[A]) A {
	if b.basis == presentmentBasis {
		return amounts.presentment
	}
	return amounts.shop
}

func (b *books) check(currency string, at place) {
	if currency != b.currency {
		b.fail(at.String(), "must be in the order's currency "+b.currency)
	}
}

// plain returns an amount that Shopify has in the shop's currency only.
func (b *books) plain(o *order, amount canonical.Decimal, field string) canonical.Money {
	switch {
	case amount.IsZero():
		return canonical.Money{Currency: b.currency}
	case b.basis == presentmentBasis:
		b.absent = true
		b.fail(field, "is available in the shop's currency only, and the order is locked to the buyer's; set SHOPIFY_CURRENCY=shop for new orders")
		return canonical.Money{Currency: b.currency}
	}
	money, err := canonical.ParseMoney(amount.String(), o.currency)
	if err != nil {
		b.fail(field, err.Error())
	}
	return money
}

// twin returns an amount that is a "_set", or a plain number in the shop's currency or in the one
// that it names.
func (b *books) twin(o *order, a amount, at place) canonical.Money {
	switch {
	case a.bag.set:
		return b.money(a.bag, at)
	case a.plain.IsZero():
		return canonical.Money{Currency: b.currency}
	case a.currency != "" && a.currency != b.currency, a.currency == "" && o.twoCurrencies():
		b.absent = true
		b.fail(at.String(), "is not available in the order's currency "+b.currency)
		return canonical.Money{Currency: b.currency}
	}
	money, err := canonical.Extend(a.plain, canonical.NewDecimal(1, 0), b.currency)
	if err != nil {
		b.fail(at.String(), err.Error())
	}
	return money
}

// broken returns a broken rule of the model as a fault.
func (b *books) broken(err error) error {
	if rule, ok := errors.AsType[*canonical.Error](err); ok {
		return b.wrong(rule.Field, rule.Rule)
	}
	return fault.Doing(b.doing, err)
}
