package payload

import (
	"errors"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// The two currencies of an amount, as SHOPIFY_CURRENCY and the cross-reference name them: the
// shop's and the buyer's.
const (
	ShopBasis        = "shop"
	PresentmentBasis = "presentment"
)

// Bag is one amount in the shop's and in the buyer's currency, as every "_set" holds it.
type Bag[A any] struct {
	Shop, Presentment A
	Set               bool // false if the source has null or no member
}

// In returns the amount in the shop's currency or, for PresentmentBasis, in the buyer's.
func (b Bag[A]) In(basis string) A {
	if basis == PresentmentBasis {
		return b.Presentment
	}
	return b.Shop
}

// MoneyBag is a Bag of amounts in minor units.
type MoneyBag = Bag[canonical.Money]

// PriceBag is a Bag of prices per piece.
type PriceBag = Bag[Price]

// Price is an amount that may have more decimals than its currency.
type Price struct {
	Value    canonical.Decimal
	Currency string // ISO 4217, as the payload has it
}

// Amount is an amount with a "_set", or only as a plain number. A plain one is in the shop's
// currency, or in the one that the payload names beside it.
type Amount struct {
	Bag      MoneyBag
	Plain    canonical.Decimal // 0 if the payload has none
	Currency string            // of Plain; "" is the shop's
}

// readBag reads a bag or null, in the spelling of webhooks or of GraphQL.
func readBag[A any](r *Reader, amount func(*Reader) A) (b Bag[A]) {
	if r.Null() {
		return b
	}
	var shop, presentment bool
	for key := range r.Object() {
		switch key {
		case "shop_money", "shopMoney":
			b.Shop, shop = amount(r), true
		case "presentment_money", "presentmentMoney":
			b.Presentment, presentment = amount(r), true
		}
	}
	b.Set = true
	r.require(shop, "shop_money")
	r.require(presentment, "presentment_money")
	return b
}

func (r *Reader) money() MoneyBag { return readBag(r, readMoney) }

// ParseMoneyBag reads a document that is a bag, such as {"shopMoney": {"amount": "19.99",
// "currencyCode": "EUR"}, "presentmentMoney": …}. An amount with more decimals than its currency
// is an error.
func ParseMoneyBag(body []byte) (MoneyBag, *strictjson.Error) {
	r := NewReader(body)
	amounts := r.money()
	return amounts, r.End()
}

func (r *Reader) price() PriceBag { return readBag(r, readPrice) }

// part reads an amount that makes up a total. It may have more decimals than its currency and is
// then rounded half away from zero, with a note; the order's rounding takes up the difference.
func (r *Reader) part() MoneyBag { return readBag(r, readPart) }

func readPart(r *Reader) canonical.Money {
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
func readMoney(r *Reader) canonical.Money {
	text, currency := r.amount()
	if r.Err() != nil {
		return canonical.Money{}
	}
	money, err := canonical.ParseMoney(text, currency)
	r.Refuse(err)
	return money
}

// readPrice keeps every decimal: a price per piece may be finer than its currency.
func readPrice(r *Reader) Price {
	text, currency := r.amount()
	return Price{r.decimal(text), currency}
}

func (r *Reader) decimal(text string) canonical.Decimal {
	if r.Err() != nil {
		return canonical.Decimal{}
	}
	value, err := canonical.ParseDecimal(text)
	r.Refuse(err)
	return value
}

// amount reads {"amount": "19.99", "currency_code": "EUR"}; the amount may be a number.
func (r *Reader) amount() (text, currency string) {
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

// plain reads an amount in the shop's currency without its code; null is 0.
func (r *Reader) plain() canonical.Decimal {
	text, present := r.NullDecimal()
	if !present {
		return canonical.Decimal{}
	}
	return r.decimal(text)
}

// sum reads a list and adds up the amounts that one reads from its elements.
func (r *Reader) sum(one func(*Reader) MoneyBag) (total MoneyBag) {
	if r.Null() {
		return total
	}
	for range r.Array() {
		total = r.add(total, one(r))
	}
	return total
}

// add rejects two currencies: a sum would hide them from every later check.
func (r *Reader) add(a, b MoneyBag) MoneyBag {
	switch {
	case !a.Set:
		return b
	case !b.Set:
		return a
	case a.Shop.Currency != b.Shop.Currency || a.Presentment.Currency != b.Presentment.Currency:
		r.Fail(strictjson.Value, "amounts of one list must be in one currency")
	}
	return MoneyBag{a.Shop.Add(b.Shop), a.Presentment.Add(b.Presentment), true}
}

// amountSet reads the amount of an entry of discount_allocations.
func (r *Reader) amountSet() MoneyBag { return r.member("amount_set") }

func (r *Reader) member(name string) (b MoneyBag) {
	for key := range r.Object() {
		if key == name {
			b = r.part()
		}
	}
	r.require(b.Set, name)
	return b
}

// Taxes are the sum of tax_lines, the part of it that the sales channel pays over itself
// (channel_liable), and the sum of their rates.
type Taxes struct {
	All, Channel MoneyBag          // not set if there is none
	Rate         canonical.TaxRate // 0 if one of them has none
}

func (r *Reader) taxes() (t Taxes) {
	if r.Null() {
		return t
	}
	known := true
	for range r.Array() {
		tax := r.taxLine()
		t.All, t.Channel, t.Rate = r.add(t.All, tax.All), r.add(t.Channel, tax.Channel), t.Rate+tax.Rate
		known = known && tax.Rate != 0
	}
	if !known {
		t.Rate = 0
	}
	return t
}

// taxLine reads a tax (REST reference, resource Order, tax_lines). Its rate is "the proportion of
// the line item price that the tax represents as a decimal" (objects/TaxLine), and may be null.
func (r *Reader) taxLine() (t Taxes) {
	liable := false
	for key := range r.Object() {
		switch key {
		case "price_set":
			t.All = r.part()
		case "channel_liable":
			liable = r.flag()
		case "rate":
			t.Rate = r.rate()
		}
	}
	r.require(t.All.Set, "price_set")
	if liable {
		t.Channel = t.All
	}
	return t
}

// rate reads a rate, 0 if it is null or has more digits than a rate needs.
func (r *Reader) rate() canonical.TaxRate {
	text, _ := r.NullDecimal()
	value, err := canonical.ParseDecimal(text)
	if err != nil {
		return 0
	}
	return canonical.RateOf(value, 0)
}

// Charge is an amount with the taxes on it: a duty or a fee.
type Charge struct {
	Title  string // "" of a duty
	Amount MoneyBag
	Tax    Taxes
}

// charge reads an entry of additional_fees, or of a line's duties, which has the members of a
// bag itself.
func (r *Reader) charge() (c Charge) {
	var shop, presentment bool
	for key := range r.Object() {
		switch key {
		case "name":
			c.Title = r.Word()
		case "price_set":
			c.Amount, shop, presentment = r.part(), true, true
		case "shop_money":
			c.Amount.Shop, shop = readPart(r), true
		case "presentment_money":
			c.Amount.Presentment, presentment = readPart(r), true
		case "tax_lines":
			c.Tax = r.taxes()
		}
	}
	r.require(shop, "shop_money")
	r.require(presentment, "presentment_money")
	c.Amount.Set = true
	return c
}
