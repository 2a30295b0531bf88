package shopify

import (
	"errors"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// bag is one amount in the shop's and in the buyer's currency, as every "_set" holds it.
type bag[A any] struct {
	shop, presentment A
	set               bool // false if the source has null or no member
}

type (
	moneyBag = bag[canonical.Money]
	priceBag = bag[price]
)

// price is an amount that may have more decimals than its currency.
type price struct {
	value    canonical.Decimal
	currency string
}

// readBag reads a bag or null, in the spelling of webhooks or of GraphQL.
func readBag[A any](r *reader, amount func(*reader) A) (b bag[A]) {
	if r.Null() {
		return b
	}
	var shop, presentment bool
	for key := range r.Object() {
		switch key {
		case "shop_money", "shopMoney":
			b.shop, shop = amount(r), true
		case "presentment_money", "presentmentMoney":
			b.presentment, presentment = amount(r), true
		}
	}
	b.set = true
	r.require(shop, "shop_money")
	r.require(presentment, "presentment_money")
	return b
}

func (r *reader) money() moneyBag { return readBag(r, readMoney) }

func (r *reader) price() priceBag { return readBag(r, readPrice) }

// part reads an amount that makes up a total. It may have more decimals than its currency and is
// then rounded half away from zero, with a note; the order's rounding takes up the difference.
func (r *reader) part() moneyBag { return readBag(r, readPart) }

func readPart(r *reader) canonical.Money {
	text, currency := r.amount()
	if r.Err() != nil {
		return canonical.Money{}
	}
	money, err := canonical.ParseMoney(text, currency)
	if errors.Is(err, canonical.ErrFraction) {
		money, err = canonical.Extend(r.decimal(text), canonical.NewDecimal(1, 0), currency)
		r.Note("rounded to the decimals of its currency")
	}
	r.Refuse(err)
	return money
}

// readMoney rejects more decimals than the currency has: such an amount cannot be paid.
func readMoney(r *reader) canonical.Money {
	text, currency := r.amount()
	if r.Err() != nil {
		return canonical.Money{}
	}
	money, err := canonical.ParseMoney(text, currency)
	r.Refuse(err)
	return money
}

// readPrice keeps every decimal: a price per piece may be finer than its currency.
func readPrice(r *reader) price {
	text, currency := r.amount()
	return price{r.decimal(text), currency}
}

func (r *reader) decimal(text string) canonical.Decimal {
	if r.Err() != nil {
		return canonical.Decimal{}
	}
	value, err := canonical.ParseDecimal(text)
	r.Refuse(err)
	return value
}

// amount reads {"amount": "19.99", "currency_code": "EUR"}; the amount may be a number.
func (r *reader) amount() (text, currency string) {
	for key := range r.Object() {
		switch key {
		case "amount":
			text = r.Decimal()
		case "currency_code", "currencyCode":
			currency = r.String()
		}
	}
	r.require(text != "", "amount")
	r.require(currency != "", "currency_code")
	return text, currency
}

// sum reads a list and adds up the amounts that one reads from its elements.
func (r *reader) sum(one func(*reader) moneyBag) (total moneyBag) {
	if r.Null() {
		return total
	}
	for range r.Array() {
		total = r.add(total, one(r))
	}
	return total
}

// add rejects two currencies: a sum would hide them from every later check.
func (r *reader) add(a, b moneyBag) moneyBag {
	switch {
	case !a.set:
		return b
	case !b.set:
		return a
	case a.shop.Currency != b.shop.Currency || a.presentment.Currency != b.presentment.Currency:
		r.Fail(strictjson.Value, "amounts of one list must be in one currency")
	}
	return moneyBag{a.shop.Add(b.shop), a.presentment.Add(b.presentment), true}
}

// amountSet reads the amount of an entry of discount_allocations.
func (r *reader) amountSet() moneyBag { return r.member("amount_set") }

func (r *reader) member(name string) (b moneyBag) {
	for key := range r.Object() {
		if key == name {
			b = r.part()
		}
	}
	r.require(b.set, name)
	return b
}

// taxes are the sum of tax_lines, the part of it that the sales channel pays over itself
// (channel_liable), and the sum of their rates.
type taxes struct {
	all, channel moneyBag
	rate         canonical.TaxRate // 0 if one of them has none
}

func (r *reader) taxes() (t taxes) {
	if r.Null() {
		return t
	}
	known := true
	for range r.Array() {
		tax := r.taxLine()
		t.all, t.channel, t.rate = r.add(t.all, tax.all), r.add(t.channel, tax.channel), t.rate+tax.rate
		known = known && tax.rate != 0
	}
	if !known {
		t.rate = 0
	}
	return t
}

// taxLine reads a tax (REST reference, resource Order, tax_lines). Its rate is "the proportion of
// the line item price that the tax represents as a decimal" (objects/TaxLine), and may be null.
func (r *reader) taxLine() (t taxes) {
	liable := false
	for key := range r.Object() {
		switch key {
		case "price_set":
			t.all = r.part()
		case "channel_liable":
			liable = r.flag()
		case "rate":
			t.rate = r.rate()
		}
	}
	r.require(t.all.set, "price_set")
	if liable {
		t.channel = t.all
	}
	return t
}

// rate reads a rate, 0 if it is null or has more digits than a rate needs.
func (r *reader) rate() canonical.TaxRate {
	text, _ := r.NullDecimal()
	value, err := canonical.ParseDecimal(text)
	if err != nil {
		return 0
	}
	return canonical.RateOf(value, 0)
}

// charge is an amount with the taxes on it: a duty or a fee.
type charge struct {
	title  string
	amount moneyBag
	tax    taxes
}

// charge reads an entry of additional_fees, or of a line's duties, which has the members of a
// bag itself.
func (r *reader) charge() (c charge) {
	var shop, presentment bool
	for key := range r.Object() {
		switch key {
		case "name":
			c.title = r.Word()
		case "price_set":
			c.amount, shop, presentment = r.part(), true, true
		case "shop_money":
			c.amount.shop, shop = readPart(r), true
		case "presentment_money":
			c.amount.presentment, presentment = readPart(r), true
		case "tax_lines":
			c.tax = r.taxes()
		}
	}
	r.require(shop, "shop_money")
	r.require(presentment, "presentment_money")
	c.amount.set = true
	return c
}

// require fails with the member's name if it is missing.
func (r *reader) require(there bool, member string) {
	if !there {
		r.Missing(member)
	}
}
