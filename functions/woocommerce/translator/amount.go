package translator

import (
	"math/big"
	"strconv"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// shortPrice is the number of decimals up to which a unit price is given exactly.
const shortPrice = 6

// finePrice is the most decimals of a unit price that is computed from a subtotal with more
// decimals than the currency has.
const finePrice = 12

func (c *converter) lines(wire []line, ships bool) []canonical.OrderLine {
	lines := make([]canonical.OrderLine, len(wire))
	for i := range wire {
		lines[i] = c.line(&wire[i], i)
		lines[i].Ships = ships
	}
	return lines
}

func (c *converter) line(w *line, i int) canonical.OrderLine {
	field := place{list: "line_items", index: i}
	before := c.finer
	subtotal := c.money(w.subtotal, field.of("subtotal"))
	fine := c.finer > before
	quantity := c.decimal(w.quantity, field.of("quantity"))
	return canonical.OrderLine{
		ID:        w.id,
		Kind:      kindOf(w),
		SKU:       w.sku,
		Product:   unlessNone(w.product),
		Variant:   unlessNone(w.variation),
		Title:     w.name,
		Quantity:  canonical.Pieces(quantity),
		UnitPrice: c.price(subtotal, w, quantity, fine, field.of("subtotal")),
		Discount:  subtotal.Sub(c.money(w.total, field.of("total"))),
		Tax:       c.money(w.tax, field.of("total_tax")),
	}
}

// kindOf returns whether the line has a product. A deleted product has a null SKU.
func kindOf(w *line) canonical.LineKind {
	if w.sku == "" && (w.unknown || none(w.product)) {
		return canonical.CustomLine
	}
	return canonical.ProductLine
}

func unlessNone(id string) string {
	if none(id) {
		return ""
	}
	return id
}

// price returns the unit price. Nearly every price is a whole number of minor units, which
// needs no big numbers. A fine subtotal has more decimals than the currency.
func (c *converter) price(subtotal canonical.Money, w *line, quantity canonical.Decimal, fine bool, field place) canonical.Decimal {
	if fine {
		if price, ok := c.fraction(c.decimal(w.subtotal, field).Normal(), subtotal, quantity, finePrice); ok {
			return price
		}
	}
	pieces, err := strconv.ParseInt(w.quantity, 10, 64)
	if err == nil && pieces != 0 && subtotal.Minor%pieces == 0 {
		return canonical.NewDecimal(subtotal.Minor/pieces, subtotal.Decimal().Scale())
	}
	price, ok := c.fraction(subtotal.Decimal(), subtotal, quantity, canonical.MaxDigits)
	if !ok {
		c.fail(fault.Value, field, "the unit price has more digits than fit")
	}
	return price
}

// fraction returns the price whose product with the quantity is the subtotal: the quotient of
// the exact amount if it is short, otherwise with the fewest decimals that suffice. ok is false
// if the most decimals do not.
func (c *converter) fraction(exact canonical.Decimal, subtotal canonical.Money, quantity canonical.Decimal, most int) (price canonical.Decimal, ok bool) {
	if c.err != nil || quantity.IsZero() {
		return canonical.Decimal{}, true
	}
	quotient := new(big.Rat).Quo(rational(exact), rational(quantity))
	decimals := int(exact.Scale())
	if short, finite := quotient.FloatPrec(); finite && short <= shortPrice {
		decimals = max(decimals, short)
	}
	for ; decimals <= most; decimals++ {
		price, err := canonical.ParseDecimal(quotient.FloatString(decimals))
		if err != nil {
			return price, false
		}
		if amount, err := canonical.Extend(price, quantity, c.currency); err == nil && amount == subtotal {
			return price, true
		}
	}
	return canonical.Decimal{}, false
}

func rational(d canonical.Decimal) *big.Rat {
	value, _ := new(big.Rat).SetString(d.String())
	return value
}

func (c *converter) deliveries(wire []delivery) []canonical.DeliveryLine {
	var lines []canonical.DeliveryLine
	for i, w := range wire {
		field := place{list: "shipping_lines", index: i}
		lines = append(lines, canonical.DeliveryLine{
			ID:       w.id,
			Code:     w.method,
			Title:    w.title,
			Price:    c.money(w.total, field.of("total")),
			Discount: canonical.Money{Currency: c.currency},
			Tax:      c.money(w.tax, field.of("total_tax")),
		})
	}
	return lines
}

func (c *converter) charges(wire []fee) []canonical.Charge {
	var charges []canonical.Charge
	for i, w := range wire {
		field := place{list: "fee_lines", index: i}
		charges = append(charges, canonical.Charge{
			Kind:   canonical.Fee,
			Title:  w.name,
			Amount: c.money(w.total, field.of("total")),
			Tax:    c.money(w.tax, field.of("total_tax")),
		})
	}
	return charges
}

// discounts lists the coupons and the fees below zero.
func discounts(w *order) []canonical.Discount {
	var named []canonical.Discount
	for _, code := range w.coupons {
		named = append(named, canonical.Discount{Code: code})
	}
	for _, f := range w.fees {
		if f.total[0] == '-' {
			named = append(named, canonical.Discount{Title: f.name})
		}
	}
	return named
}
