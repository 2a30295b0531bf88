package shopify

import (
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

// priceSet reads the amount of an entry of tax_lines.
func (r *reader) priceSet() moneyBag { return r.member("price_set") }

func (r *reader) member(name string) (b moneyBag) {
	for key := range r.Object() {
		if key == name {
			b = r.money()
		}
	}
	r.require(b.set, name)
	return b
}

// require fails with the member's name if it is missing.
func (r *reader) require(there bool, member string) {
	if !there {
		r.Missing(member)
	}
}
