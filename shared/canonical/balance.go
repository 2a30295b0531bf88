package canonical

import "strconv"

// Sum returns the sum of the order's parts: lines less discounts, plus
// deliveries, charges and, unless prices contain it, tax. Rounding is left out. The
// error is an *Error that names the line without a computable amount, or the total
// where the sum leaves the range of an amount.
func (o *Order) Sum() (Money, error) {
	var sum tally
	for i := range o.Lines {
		amount, err := o.Lines[i].Amount(o.Currency)
		if err != nil {
			return Money{}, &Error{Field: item("lines", i, "unit_price"), Rule: err.Error()}
		}
		sum.add(amount)
	}
	for _, delivery := range o.Deliveries {
		sum.add(delivery.Price.Sub(delivery.Discount))
	}
	for _, charge := range o.Charges {
		sum.add(charge.Amount)
	}
	if !o.TaxIncluded {
		sum.add(o.Tax)
	}
	if sum.overflow {
		return Money{}, &Error{Field: "total", Rule: ErrOverflow.Error()}
	}
	return Money{sum.minor, o.Currency}, nil
}

// tally adds amounts and remembers whether the sum ever had too many digits. It
// cannot wrap around unnoticed: what it adds is far smaller than an int64 holds.
type tally struct {
	minor    int64
	overflow bool
}

func (t *tally) add(amount Money) {
	t.minor += amount.Minor
	t.overflow = t.overflow || beyond(t.minor)
}

// Round sets Rounding to the difference between the total and the sum of the parts if it is at
// most tolerance minor units, and otherwise to 0: Validate then rejects the order and names
// the difference. The translator calls it once; nothing else changes an order's amounts.
func (o *Order) Round(tolerance int64) error {
	sum, err := o.Sum()
	if err != nil {
		return err
	}
	o.Rounding = within(o.Total.Sub(sum), tolerance)
	return nil
}

// within returns a difference of at most tolerance minor units, and otherwise 0.
func within(difference Money, tolerance int64) Money {
	if difference.Minor <= tolerance && -difference.Minor <= tolerance {
		return difference
	}
	return Money{Currency: difference.Currency}
}

// balance is the rule that parts and rounding add up to the total.
func (o *Order) balance() error {
	sum, err := o.Sum()
	if err != nil {
		return err
	}
	if difference := o.Total.Sub(sum.Add(o.Rounding)); difference.Minor != 0 {
		return &Error{
			Field: "total", Code: BalanceMismatch,
			Rule: "total differs from lines - discounts + shipping + charges + tax by " + difference.String(),
		}
	}
	return nil
}

// currencies is the rule that every amount of the order is in the order's currency.
func (o *Order) currencies() error {
	check := moneyCheck{currency: o.Currency}
	for i := range o.Lines {
		check.item("lines", i, "discount", o.Lines[i].Discount)
		check.item("lines", i, "tax", o.Lines[i].Tax)
	}
	for i, delivery := range o.Deliveries {
		check.item("deliveries", i, "price", delivery.Price)
		check.item("deliveries", i, "discount", delivery.Discount)
		check.item("deliveries", i, "tax", delivery.Tax)
	}
	for i, charge := range o.Charges {
		check.item("charges", i, "amount", charge.Amount)
		check.item("charges", i, "tax", charge.Tax)
	}
	check.field("tax", o.Tax)
	if o.ChannelTax != nil {
		check.field("channel_tax", *o.ChannelTax)
	}
	check.field("rounding", o.Rounding)
	check.field("total", o.Total)
	return check.err
}

// Sum returns the sum of the refund's parts: lines and parts and, unless they contain it, tax.
// Rounding is left out. The error is an *Error that names the amount where the sum leaves the
// range of an amount.
func (r *Refund) Sum() (Money, error) {
	var sum tally
	for _, line := range r.Lines {
		sum.add(line.Amount)
	}
	for _, part := range r.Parts {
		sum.add(part.Amount)
	}
	if !r.TaxIncluded {
		sum.add(r.Tax)
	}
	if sum.overflow {
		return Money{}, &Error{Field: "amount", Rule: ErrOverflow.Error()}
	}
	return Money{sum.minor, r.Amount.Currency}, nil
}

// Round does for a refund what Order.Round does for an order.
func (r *Refund) Round(tolerance int64) error {
	sum, err := r.Sum()
	if err != nil {
		return err
	}
	r.Rounding = within(r.Amount.Sub(sum), tolerance)
	return nil
}

// balance is the rule that parts and rounding add up to the amount.
func (r *Refund) balance() error {
	sum, err := r.Sum()
	if err != nil {
		return err
	}
	if difference := r.Amount.Sub(sum.Add(r.Rounding)); difference.Minor != 0 {
		return &Error{Field: "amount", Code: BalanceMismatch, Rule: "amount differs from lines + parts + tax by " + difference.String()}
	}
	return nil
}

// currencies is the rule that every amount of the refund is in one currency.
func (r *Refund) currencies() error {
	check := moneyCheck{currency: r.Amount.Currency}
	for i := range r.Lines {
		check.item("lines", i, "amount", r.Lines[i].Amount)
		check.item("lines", i, "tax", r.Lines[i].Tax)
	}
	for i := range r.Parts {
		check.item("parts", i, "amount", r.Parts[i].Amount)
		check.item("parts", i, "tax", r.Parts[i].Tax)
	}
	for i := range r.Transactions {
		check.item("transactions", i, "amount", r.Transactions[i].Amount)
	}
	check.field("tax", r.Tax)
	check.field("rounding", r.Rounding)
	return check.err
}

type moneyCheck struct {
	currency string
	err      error
}

func (c *moneyCheck) field(path string, amount Money) {
	if c.err == nil && amount.Currency != c.currency {
		c.err = &Error{Field: path, Rule: "must be in " + c.currency + " like the whole"}
	}
}

// item makes the path only for an amount at fault: orders may have thousands of lines.
func (c *moneyCheck) item(list string, i int, field string, amount Money) {
	if c.err == nil && amount.Currency != c.currency {
		c.field(item(list, i, field), amount)
	}
}

func item(list string, i int, field string) string {
	return list + "[" + strconv.Itoa(i) + "]." + field
}
