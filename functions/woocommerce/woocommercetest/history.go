package woocommercetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"causeway.example/shared/canonical"
)

// History plays the life of one order at a store, and keeps what the store delivered.
type History struct {
	random *rand.Rand
	fake   *Fake
	clock  time.Time
	// Order is the order as it is, and Sent what the store delivered of it.
	Order Order
	Sent  []Sent
	// The store's own books.
	received, returned int64
	owed               map[int64]int64 // pieces by line
}

// Sent is a delivery.
type Sent struct {
	Topic string
	Body  []byte
	At    time.Time
}

// NewHistory returns an order that was placed at the time, at the fake store.
func NewHistory(fake *Fake, at time.Time, random *rand.Rand) *History {
	h := &History{random: random, fake: fake, clock: at, owed: map[int64]int64{}}
	h.Order = NewOrder(1001, 0)
	h.Order.Currency = []string{"USD", "JPY", "KWD"}[h.random.IntN(3)]
	h.Order.Gateway = []string{"stripe", "bacs", "cod"}[h.random.IntN(3)]
	h.Order.Status, h.Order.Paid, h.Order.Created = "pending", time.Time{}, at
	h.Order.Shipping, h.Order.Tax = int64(h.random.IntN(2))*900, int64(h.random.IntN(90))
	h.Order.Fee = int64(h.random.IntN(3)-1) * 150
	for i := range 1 + h.random.Int64N(4) {
		quantity := 1 + h.random.Int64N(4)
		subtotal := quantity * (500 + h.random.Int64N(2000))
		line := Line{ID: 1 + i, SKU: fmt.Sprint("SKU-", i), Product: 10 + i, Quantity: quantity, Subtotal: subtotal, Tax: h.random.Int64N(300)}
		if h.random.IntN(3) == 0 {
			line.Discount = h.random.Int64N(subtotal / 2)
		}
		h.Order.Lines = append(h.Order.Lines, line)
		h.owed[line.ID] = quantity
	}
	if h.random.IntN(3) == 0 {
		h.payByCard()
	}
	h.deliver("order.created")
	return h
}

// payByCard has a part of the order be paid by gift cards: the store reports the rest as the total.
func (h *History) payByCard() {
	total := h.Order.Total()
	first, second := h.random.Int64N(total/2), h.random.Int64N(total/4)
	text := func(minor int64) string {
		return canonical.Money{Minor: minor, Currency: h.Order.Currency}.Decimal().String()
	}
	h.Order.Members = map[string]any{
		"total":      text(total - first - second),
		"gift_cards": []any{map[string]any{"id": 1, "amount": text(first)}, map[string]any{"id": 2, "amount": text(second)}},
	}
}

// deliver has the store send the order as it is: lost, once, or twice.
func (h *History) deliver(topic string) {
	h.clock = h.clock.Add(time.Duration(1+h.random.IntN(100)) * time.Second)
	h.Order.Modified = h.clock
	h.fake.Put(h.Order)
	h.send(topic, h.Order.Body())
}

func (h *History) send(topic string, body []byte) {
	for range h.random.IntN(3) {
		h.Sent = append(h.Sent, Sent{topic, body, h.clock})
	}
}

// Step changes the order in one way.
func (h *History) Step() {
	h.clock = h.clock.Add(time.Minute)
	switch h.random.IntN(10) {
	case 0, 1:
		h.pay()
	case 2, 3, 8, 9:
		h.refund()
	case 4:
		h.Order.Status = []string{"on-hold", "processing", "failed"}[h.random.IntN(3)]
	case 5:
		if h.Order.Completed.IsZero() {
			h.Order.Status, h.Order.Completed = "completed", h.clock
		}
	case 6:
		h.Order.Status = "cancelled"
	case 7:
		h.send("order.deleted", h.fake.Trash(h.Order.ID))
		h.clock = h.clock.Add(time.Minute)
		h.send("order.restored", h.fake.Restore(h.Order.ID))
	}
	h.deliver("order.updated")
}

func (h *History) pay() {
	if !h.Order.Paid.IsZero() {
		return
	}
	h.Order.Status, h.Order.Paid = "processing", h.clock
	h.received = h.Order.Total()
}

// refund pays a part back: pieces of a line, with or without a correction, shipping, or an amount.
func (h *History) refund() {
	if h.Order.Paid.IsZero() {
		return
	}
	refund := Refund{ID: 2001 + int64(len(h.Order.Returned)), Created: h.clock, PaidBack: h.random.IntN(2) == 0}
	line := &h.Order.Lines[h.random.IntN(len(h.Order.Lines))]
	left := line.Quantity
	for _, before := range h.Order.Returned {
		for _, l := range before.Lines {
			if l.Line == line.ID {
				left -= l.Quantity
			}
		}
	}
	if left > 0 && h.random.IntN(3) > 0 {
		quantity := 1 + h.random.Int64N(left)
		part := RefundLine{
			Line: line.ID, Quantity: quantity, Total: (line.Subtotal - line.Discount) / line.Quantity * quantity, Tax: line.Tax / line.Quantity * quantity,
		}
		refund.Lines = append(refund.Lines, part)
		refund.Amount += part.Total + part.Tax
		if h.Order.Completed.IsZero() {
			h.owed[line.ID] -= quantity
		}
	}
	if h.random.IntN(3) == 0 {
		refund.Shipping = h.random.Int64N(300)
		refund.Amount += refund.Shipping
	}
	if h.random.IntN(3) == 0 {
		refund.Amount += h.random.Int64N(200)
	}
	if refund.Amount == 0 || h.returned+refund.Amount > h.received {
		for _, l := range refund.Lines {
			if h.Order.Completed.IsZero() {
				h.owed[l.Line] += l.Quantity
			}
		}
		return
	}
	h.Order.Returned = append(h.Order.Returned, refund)
	h.returned += refund.Amount
	if h.returned == h.received {
		h.Order.Status = "refunded"
	}
}

// Now returns the time of the latest state.
func (h *History) Now() time.Time { return h.clock }

// Received returns the money that was paid, and Returned what went back, in minor units.
func (h *History) Received() int64 { return h.received }

// Returned is the money that went back.
func (h *History) Returned() int64 { return h.returned }

// Pieces returns how many pieces of the line the store owes.
func (h *History) Pieces(line int64) int64 { return h.owed[line] }

// Unfulfilled reports whether the refund was before the order was completed.
func (h *History) Unfulfilled(r Refund) bool {
	return h.Order.Completed.IsZero() || r.Created.Before(h.Order.Completed)
}

// Owed returns the total of what the store owes: what was refunded before the order was
// completed is off it.
func (h *History) Owed() int64 {
	owed := h.Order.Total()
	for _, refund := range h.Order.Returned {
		for _, l := range refund.Lines {
			if h.Unfulfilled(refund) {
				owed -= l.Total + l.Tax
			}
		}
	}
	return owed
}
