package canonical

// Sum returns what the parts of the order add up to: lines less discounts, plus
// deliveries, charges and, unless prices contain it, tax. Rounding is left out.
func (o *Order) Sum() (Money, error) {
	sum := Money{Currency: o.Currency}
	for i := range o.Lines {
		amount, err := o.Lines[i].Amount(o.Currency)
		if err != nil {
			return Money{}, &Error{Field: index("lines", i), Rule: err.Error()}
		}
		sum = sum.Add(amount)
	}
	for _, delivery := range o.Deliveries {
		sum = sum.Add(delivery.Price.Sub(delivery.Discount))
	}
	for _, charge := range o.Charges {
		sum = sum.Add(charge.Amount)
	}
	if !o.TaxIncluded {
		sum = sum.Add(o.Tax)
	}
	return sum, nil
}

// Round sets Rounding to the difference between the total and the sum of the
// parts, if it is at most tolerance minor units; otherwise it leaves the order as
// it is, and Validate will refuse it with the difference named. It is called once,
// by the translator; nothing else changes an order's amounts.
func (o *Order) Round(tolerance int64) error {
	sum, err := o.Sum()
	if err != nil {
		return err
	}
	o.Rounding = Money{Currency: o.Currency}
	if difference := o.Total.Sub(sum); difference.Minor <= tolerance && -difference.Minor <= tolerance {
		o.Rounding = difference
	}
	return nil
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
		check.all(index("lines", i), o.Lines[i].Discount, o.Lines[i].Tax)
	}
	for i, delivery := range o.Deliveries {
		check.all(index("deliveries", i), delivery.Price, delivery.Discount, delivery.Tax)
	}
	for i, charge := range o.Charges {
		check.all(index("charges", i), charge.Amount, charge.Tax)
	}
	check.all("tax", o.Tax)
	check.all("rounding", o.Rounding)
	check.all("total", o.Total)
	return check.err
}

type moneyCheck struct {
	currency string
	err      error
}

func (c *moneyCheck) all(field string, amounts ...Money) {
	for _, amount := range amounts {
		if c.err == nil && amount.Currency != c.currency {
			c.err = &Error{Field: field, Rule: "must be in the order's currency " + c.currency}
		}
	}
}
