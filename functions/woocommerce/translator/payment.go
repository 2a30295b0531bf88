package translator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// methods has the payment methods that are not cards: WooCommerce's own, and those of its points
// of sale. A gateway plugin has a name of its own and usually takes cards.
var methods = map[string]canonical.PaymentMethod{
	"":         canonical.OtherPayment,
	"cod":      canonical.Cash,
	"pos_cash": canonical.Cash,
	"bacs":     canonical.Bank,
	"cheque":   canonical.Bank,
}

func methodOf(gateway string) canonical.PaymentMethod {
	if method, known := methods[gateway]; known {
		return method
	}
	return canonical.Card
}

// tender is one payment of an order.
type tender struct {
	id                 string
	method             canonical.PaymentMethod
	gateway, reference string
	amount             canonical.Money
	at                 time.Time
}

// tenders sets what was paid. WooCommerce knows one payment of an order: date_paid and
// transaction_id are single, and date_paid is set once. Its name follows from the order alone,
// because some gateways set transaction_id after date_paid, and change it later. A redeemed gift
// card is a tender too, and a deposit plugin knows two payments. The total is made whole first.
func (c *converter) tenders(made *sale, w *order, what meaning, s *Translator) {
	paid := c.time(w.paid, "date_paid")
	if paid.IsZero() && what.paid {
		paid = made.order.UpdatedAt
	}
	main := tender{
		id: w.id + "-paid", method: methodOf(w.gateway), gateway: w.gateway, reference: w.transaction, amount: made.order.Total, at: paid,
	}
	cards := c.cardTenders(made, w, s, paid)
	if w.first(depositYes) == "yes" {
		c.depositTenders(made, w, main, s.tolerance)
	} else if !paid.IsZero() {
		made.pay(main)
	}
	if !paid.IsZero() {
		made.pay(cards...)
	}
}

// pay adds the payments in which money moved: an order of nothing has a date_paid too.
func (s *sale) pay(all ...tender) {
	for _, t := range all {
		if t.amount.Minor > 0 {
			s.tenders = append(s.tenders, t)
		}
	}
}

// depositTenders adds the payments that a deposit plugin knows. The date of the second is not
// stored: it is date_paid if that is later than the deposit, and otherwise the change that
// reports it.
func (c *converter) depositTenders(made *sale, w *order, main tender, tolerance int64) {
	deposit, rest := main, main
	deposit.id, rest.id = w.id+"-deposit", w.id+"-balance"
	deposit.amount = c.money(w.first(depositAmount), at("meta_data."+depositAmount))
	rest.amount = c.money(w.first(depositRest), at("meta_data."+depositRest))
	if c.err != nil {
		return
	}
	if sum, err := made.order.Sum(); err == nil && near(sum.Sub(deposit.amount.Add(rest.amount)), tolerance) {
		made.order.Total = deposit.amount.Add(rest.amount)
	}
	if seconds, err := strconv.ParseInt(w.first(depositTime), 10, 64); err == nil && seconds > 0 {
		deposit.at = time.Unix(seconds, 0).UTC()
	}
	if deposit.at.IsZero() {
		deposit.at = made.order.UpdatedAt
	}
	if !rest.at.After(deposit.at) {
		rest.at = made.order.UpdatedAt
	}
	if w.first(depositPaid) == "yes" {
		made.pay(deposit)
	}
	if w.first(depositRestIsPaid) == "yes" {
		made.pay(rest)
	}
}

// near reports whether a difference is within the tolerance.
func near(difference canonical.Money, tolerance int64) bool {
	return difference.Minor <= tolerance && -difference.Minor <= tolerance
}

// cardTenders returns the gift cards that were redeemed, and makes the order whole by them. The
// store's total is what was left to pay, so the parts exceed it by the cards. Some plugins write
// a fee below zero instead, which is no discount.
func (c *converter) cardTenders(made *sale, w *order, s *Translator, paid time.Time) []tender {
	order := &made.order
	zero := canonical.Money{Currency: c.currency}
	cards, sum := []tender(nil), zero
	for i := range w.fees {
		f := &w.fees[i]
		field := place{list: "fee_lines", index: i}
		if s.plugins.tenderFee(f) && c.money(f.tax, field.of("total_tax")).Minor == 0 {
			cards = append(cards, c.card(w.id, cmp.Or(f.id, strconv.Itoa(i)), zero.Sub(c.money(f.total, field.of("total"))), paid))
			order.Total = order.Total.Add(cards[len(cards)-1].amount)
			f.key = takenOff
		}
	}
	c.dropFees(order, w, len(cards))
	found := c.cardsInFields(w, s.plugins, paid)
	for _, t := range found {
		sum = sum.Add(t.amount)
	}
	parts, err := order.Sum()
	if sum.Minor == 0 || err != nil || c.err != nil {
		return cards
	}
	missing := parts.Sub(order.Total)
	fee := slices.IndexFunc(order.Charges, func(charge canonical.Charge) bool { return charge.Amount == zero.Sub(sum) && charge.Tax.Minor == 0 })
	switch {
	case near(missing.Sub(sum), s.tolerance+c.slack()):
	case near(missing, s.tolerance+c.slack()) && fee >= 0:
		w.fees[fee].key = takenOff
		c.dropFees(order, w, 1)
	default:
		c.note(at("total"), "the gift cards of the order are not what its parts exceed its total by; they are not read as tenders")
		return cards
	}
	order.Total = order.Total.Add(sum)
	return append(cards, found...)
}

// takenOff marks a fee that is a tender.
const takenOff = "\x00tender"

// dropFees takes the fees that are tenders off the order.
func (c *converter) dropFees(order *canonical.Order, w *order, n int) {
	if n == 0 {
		return
	}
	w.fees = slices.DeleteFunc(w.fees, func(f fee) bool { return f.key == takenOff })
	order.Charges, order.Discounts = c.charges(w.fees), discounts(w)
}

func (c *converter) card(order, name string, amount canonical.Money, paid time.Time) tender {
	return tender{id: order + "-card-" + name, method: canonical.GiftCard, gateway: "gift_card", amount: amount, at: paid}
}

// cardsInFields reads the gift cards from the fields of plugins. The same card in two fields
// counts once: the first field that has any is read.
func (c *converter) cardsInFields(w *order, p *plugins, paid time.Time) []tender {
	for _, field := range p.giftCards {
		var all []tender
		for _, found := range w.extras {
			if found.key != field {
				continue
			}
			d := newDecoder(found.value)
			for _, card := range d.cards() {
				amount := c.money(card.amount, at(field))
				if amount.Minor != 0 {
					all = append(all, c.card(w.id, cmp.Or(card.id, strconv.Itoa(len(all)+1)), amount, paid))
				}
			}
			if err := d.End(); err != nil {
				c.fail(fault.Class(err.Class), at(field), "no gift cards can be read from it: "+err.Rule)
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// giftCard is one redeemed card. Its code is as good as money, so that only a hash of it, or the
// plugin's own id, is kept.
type giftCard struct{ id, amount string }

// cards reads the shapes that plugins have: an amount, a list of cards, or amounts by code.
func (d *decoder) cards() (all []giftCard) {
	switch d.Kind() {
	case strictjson.NumberKind, strictjson.StringKind:
		return []giftCard{{amount: d.amount()}}
	case strictjson.ArrayKind:
		for range d.Array() {
			all = append(all, d.card(""))
		}
	case strictjson.ObjectKind:
		for code := range d.Object() {
			all = append(all, d.card(code))
		}
	case strictjson.NullKind, strictjson.BoolKind:
		d.Skip()
	}
	return all
}

// card reads a card: an amount, or an object that has one.
func (d *decoder) card(code string) (c giftCard) {
	if d.Kind() != strictjson.ObjectKind {
		return giftCard{hashed(code), d.amount()}
	}
	c.amount = "0"
	for member := range d.Object() {
		switch member {
		case "id":
			c.id = d.nullID()
		case "code", "card_number":
			code = cmp.Or(code, d.Reader.Word())
		case "amount":
			c.amount = d.amount()
		}
	}
	c.id = cmp.Or(c.id, hashed(code))
	return c
}

// amount reads an amount; PHP writes none as "".
func (d *decoder) amount() string {
	if d.Kind() != strictjson.StringKind {
		return d.Decimal()
	}
	text := d.Reader.String()
	if text == "" {
		return "0"
	}
	return text
}

func hashed(code string) string {
	if code == "" {
		return ""
	}
	digest := sha256.Sum256([]byte(code))
	return hex.EncodeToString(digest[:8])
}
