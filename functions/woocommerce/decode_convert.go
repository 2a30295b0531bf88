package woocommerce

import (
	"strconv"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// converter turns the texts of one delivery into canonical values. The first error is kept;
// values converted after it are not valid.
type converter struct {
	zone     *time.Location
	currency string
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

func (c *converter) money(text string, field place) canonical.Money {
	amount, err := canonical.ParseMoney(text, c.currency)
	c.check(field, err)
	return amount
}

func (c *converter) decimal(text string, field place) canonical.Decimal {
	value, err := canonical.ParseDecimal(text)
	c.check(field, err)
	return value
}

// time reads the UTC half of a stamp, or otherwise the local one in the configured zone. It
// returns the zero time if both are empty.
func (c *converter) time(s stamp, member string) time.Time {
	switch {
	case s.gmt != "":
		return c.local(s.gmt, time.UTC, at(member+"_gmt"))
	case s.local != "":
		return c.local(s.local, c.zone, at(member))
	}
	return time.Time{}
}

// local reads a time in the zone, and notes one that a clock change makes ambiguous.
func (c *converter) local(text string, zone *time.Location, field place) time.Time {
	when, moved, err := canonical.ParseLocal(text, zone)
	c.check(field, err)
	if moved {
		c.note(field, "the clock change makes this time ambiguous; read with offset "+when.Format("-07:00"))
	}
	return when
}

// needTime reads a stamp that must not be empty.
func (c *converter) needTime(s stamp, member string) time.Time {
	when := c.time(s, member)
	if s == (stamp{}) {
		c.fail(fault.Schema, at(member+"_gmt"), "is missing")
	}
	return when
}

func (c *converter) note(field place, what string) {
	c.notes = append(c.notes, connector.Note{Field: field.String(), What: what})
}
