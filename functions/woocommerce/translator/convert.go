package translator

import (
	"errors"
	"strconv"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// converter turns the texts of one delivery into canonical values. The first error is kept;
// values converted after it are not valid.
type converter struct {
	zone     *rest.Zone
	currency string
	finer    int // amounts with more decimals than the currency, which were rounded
	notes    []connector.Note
	err      *fault.Error
}

// place is a path in the payload, formatted only when it is needed.
type place struct {
	list   string // "" for a member of the document
	index  int
	member string
}

// at returns the place of a member of the document.
func at(member string) place { return place{member: member} }

// of returns the place of a member within an element of a list.
func (p place) of(member string) place {
	p.member = member
	return p
}

// String returns the path in the payload: "line_items[2].subtotal".
func (p place) String() string {
	if p.list == "" {
		return p.member
	}
	return p.list + "[" + strconv.Itoa(p.index) + "]." + p.member
}

func (c *converter) fail(class fault.Class, field place, rule string) {
	if c.err == nil {
		c.err = &fault.Error{Kind: fault.Invalid, Class: class, Field: field.String(), Detail: rule}
	}
}

// check records err, which names a rule and no value.
func (c *converter) check(field place, err error) {
	if err != nil {
		c.fail(fault.Value, field, err.Error())
	}
}

// money reads an amount. A store may work with more decimals than its currency has: such an
// amount is rounded half away from zero, as it is paid. In a currency without decimals it is
// an error, because a store that is left at two decimals writes whole amounts.
func (c *converter) money(text string, field place) canonical.Money {
	amount, err := canonical.ParseMoney(text, c.currency)
	if exponent, _ := canonical.Exponent(c.currency); errors.Is(err, canonical.ErrFraction) && exponent > 0 {
		if c.finer++; c.finer == 1 {
			c.note(field, "more decimals than "+c.currency+" has: rounded here and in other amounts, and the difference is an explicit rounding")
		}
		amount, err = canonical.Extend(c.decimal(text, field), canonical.NewDecimal(1, 0), c.currency)
	}
	c.check(field, err)
	return amount
}

// slack is by how many minor units the sum of rounded amounts may differ from their rounded sum.
func (c *converter) slack() int64 { return int64(c.finer+1) / 2 }

func (c *converter) decimal(text string, field place) canonical.Decimal {
	value, err := canonical.ParseDecimal(text)
	c.check(field, err)
	return value
}

// time converts a stamp. It returns the zero time if the stamp is empty.
func (c *converter) time(s rest.Stamp, member string) time.Time {
	when, notes, err := s.Time(c.zone, member)
	return c.dated(when, notes, err)
}

// needTime converts a stamp that must not be empty.
func (c *converter) needTime(s rest.Stamp, member string) time.Time {
	when, notes, err := s.NeedTime(c.zone, member)
	return c.dated(when, notes, err)
}

func (c *converter) dated(when time.Time, notes []connector.Note, err *fault.Error) time.Time {
	c.notes = append(c.notes, notes...)
	if c.err == nil {
		c.err = err
	}
	return when
}

func (c *converter) note(field place, what string) {
	c.notes = append(c.notes, connector.Note{Field: field.String(), What: what})
}
