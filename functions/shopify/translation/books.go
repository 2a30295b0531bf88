package translation

import (
	"context"
	"errors"
	"strconv"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
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
func (t *translating) openBooks(ctx context.Context, o *order) (*books, error) {
	b := &books{basis: payload.ShopBasis, currency: o.Total.Shop.Currency, doing: t.doing}
	if o.Currency != o.Total.Shop.Currency {
		return nil, b.wrong("currency", "must be that of total_price_set.shop_money")
	}
	if o.Presentment != "" && o.Presentment != o.Total.Presentment.Currency {
		return nil, b.wrong("presentment_currency", "must be that of total_price_set.presentment_money")
	}
	if !o.twoCurrencies() {
		return b, nil
	}
	basis, err := t.Memory.Bind(ctx, t.key("order", o.Head.ID), "currency_basis", t.Currency)
	if err != nil {
		return nil, fault.Doing("locking the currency of order "+o.Head.ID, err)
	}
	if basis == payload.PresentmentBasis {
		b.basis, b.currency = basis, o.Total.Presentment.Currency
	}
	return b, nil
}

func (o *order) twoCurrencies() bool { return o.Total.Shop.Currency != o.Total.Presentment.Currency }

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
func (b *books) money(amounts payload.MoneyBag, at place) canonical.Money {
	if !amounts.Set {
		return canonical.Money{Currency: b.currency}
	}
	money := amounts.In(b.basis)
	b.check(money.Currency, at)
	return money
}

func (b *books) price(amounts payload.PriceBag, at place) canonical.Decimal {
	chosen := amounts.In(b.basis)
	b.check(chosen.Currency, at)
	return chosen.Value
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
	case b.basis == payload.PresentmentBasis:
		b.absent = true
		b.fail(field, "is available in the shop's currency only, and the order is locked to the buyer's; set SHOPIFY_CURRENCY=shop for new orders")
		return canonical.Money{Currency: b.currency}
	}
	money, err := canonical.ParseMoney(amount.String(), o.Currency)
	if err != nil {
		b.fail(field, err.Error())
	}
	return money
}

// twin returns an amount that is a "_set", or a plain number in the shop's currency or in the one
// that it names.
func (b *books) twin(o *order, a payload.Amount, at place) canonical.Money {
	switch {
	case a.Bag.Set:
		return b.money(a.Bag, at)
	case a.Plain.IsZero():
		return canonical.Money{Currency: b.currency}
	case a.Currency != "" && a.Currency != b.currency, a.Currency == "" && o.twoCurrencies():
		b.absent = true
		b.fail(at.String(), "is not available in the order's currency "+b.currency)
		return canonical.Money{Currency: b.currency}
	}
	money, err := canonical.Extend(a.Plain, canonical.NewDecimal(1, 0), b.currency)
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
