package woocommerce_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// history plays the life of one order at a store, and keeps what the store delivered.
type history struct {
	random *rand.Rand
	fake   *woocommercetest.Fake
	clock  time.Time
	order  woocommercetest.Order
	sent   []sentDelivery
	// The store's own books.
	received, returned int64
	owed               map[int64]int64 // pieces by line
}

type sentDelivery struct {
	topic string
	body  []byte
	at    time.Time
}

func newHistory(seed uint64) *history {
	h := &history{random: rand.New(rand.NewPCG(seed, 12)), fake: woocommercetest.New(), clock: noon, owed: map[int64]int64{}}
	h.fake.Now = func() time.Time { return h.clock }
	h.order = woocommercetest.NewOrder(1001, 0)
	h.order.Currency = []string{"USD", "JPY", "KWD"}[h.random.IntN(3)]
	h.order.Gateway = []string{"stripe", "bacs", "cod"}[h.random.IntN(3)]
	h.order.Status, h.order.Paid, h.order.Created = "pending", time.Time{}, noon
	h.order.Shipping, h.order.Tax = int64(h.random.IntN(2))*900, int64(h.random.IntN(90))
	h.order.Fee = int64(h.random.IntN(3)-1) * 150
	for i := range 1 + h.random.Int64N(4) {
		quantity := 1 + h.random.Int64N(4)
		subtotal := quantity * (500 + h.random.Int64N(2000))
		line := woocommercetest.Line{ID: 1 + i, SKU: fmt.Sprint("SKU-", i), Product: 10 + i, Quantity: quantity, Subtotal: subtotal, Tax: h.random.Int64N(300)}
		if h.random.IntN(3) == 0 {
			line.Discount = h.random.Int64N(subtotal / 2)
		}
		h.order.Lines = append(h.order.Lines, line)
		h.owed[line.ID] = quantity
	}
	if h.random.IntN(3) == 0 {
		h.payByCard()
	}
	h.deliver("order.created")
	return h
}

// payByCard has a part of the order be paid by gift cards: the store tells the rest as the total.
func (h *history) payByCard() {
	total := h.order.Total()
	first, second := h.random.Int64N(total/2), h.random.Int64N(total/4)
	text := func(minor int64) string {
		return canonical.Money{Minor: minor, Currency: h.order.Currency}.Decimal().String()
	}
	h.order.Members = map[string]any{
		"total":      text(total - first - second),
		"gift_cards": []any{map[string]any{"id": 1, "amount": text(first)}, map[string]any{"id": 2, "amount": text(second)}},
	}
}

// deliver has the store send the order as it is: lost, once, or twice.
func (h *history) deliver(topic string) {
	h.clock = h.clock.Add(time.Duration(1+h.random.IntN(100)) * time.Second)
	h.order.Modified = h.clock
	h.fake.Put(h.order)
	h.send(topic, h.order.Body())
}

func (h *history) send(topic string, body []byte) {
	for range h.random.IntN(3) {
		h.sent = append(h.sent, sentDelivery{topic, body, h.clock})
	}
}

// step changes the order in one way.
func (h *history) step() {
	h.clock = h.clock.Add(time.Minute)
	switch h.random.IntN(10) {
	case 0, 1:
		h.pay()
	case 2, 3, 8, 9:
		h.refund()
	case 4:
		h.order.Status = []string{"on-hold", "processing", "failed"}[h.random.IntN(3)]
	case 5:
		if h.order.Completed.IsZero() {
			h.order.Status, h.order.Completed = "completed", h.clock
		}
	case 6:
		h.order.Status = "cancelled"
	case 7:
		h.send("order.deleted", h.fake.Trash(h.order.ID))
		h.clock = h.clock.Add(time.Minute)
		h.send("order.restored", h.fake.Restore(h.order.ID))
	}
	h.deliver("order.updated")
}

func (h *history) pay() {
	if !h.order.Paid.IsZero() {
		return
	}
	h.order.Status, h.order.Paid = "processing", h.clock
	h.received = h.order.Total()
}

// refund pays a part back: pieces of a line, with or without a correction, shipping, or an amount.
func (h *history) refund() {
	if h.order.Paid.IsZero() {
		return
	}
	refund := woocommercetest.Refund{ID: 2001 + int64(len(h.order.Returned)), Created: h.clock, PaidBack: h.random.IntN(2) == 0}
	line := &h.order.Lines[h.random.IntN(len(h.order.Lines))]
	left := line.Quantity
	for _, before := range h.order.Returned {
		for _, l := range before.Lines {
			if l.Line == line.ID {
				left -= l.Quantity
			}
		}
	}
	if left > 0 && h.random.IntN(3) > 0 {
		quantity := 1 + h.random.Int64N(left)
		part := woocommercetest.RefundLine{
			Line: line.ID, Quantity: quantity, Total: (line.Subtotal - line.Discount) / line.Quantity * quantity, Tax: line.Tax / line.Quantity * quantity,
		}
		refund.Lines = append(refund.Lines, part)
		refund.Amount += part.Total + part.Tax
		if h.order.Completed.IsZero() {
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
			if h.order.Completed.IsZero() {
				h.owed[l.Line] += l.Quantity
			}
		}
		return
	}
	h.order.Returned = append(h.order.Returned, refund)
	h.returned += refund.Amount
	if h.returned == h.received {
		h.order.Status = "refunded"
	}
}

// ledger is what a target books: the newest state of the order, and each payment and refund once.
type ledger struct {
	version  message.Sequence
	order    *canonical.Order
	received map[string]int64
	returned map[string]int64
	refunds  []*canonical.Refund
}

func (l *ledger) book(t *testing.T, events []connector.Event, polled bool, at time.Time) {
	t.Helper()
	for _, e := range events {
		if err := canonical.Validate(e.Body); err != nil {
			t.Fatalf("%s: %v", e.Type, err)
		}
		switch body := e.Body.(type) {
		case *canonical.Order:
			if version := message.NewSequence(e.UpdatedAt, polled, at); version > l.version {
				l.version, l.order = version, body
			}
		case *canonical.Payment:
			if _, known := l.received[body.ID]; !known {
				l.received[body.ID] = body.Amount.Minor
			}
		case *canonical.Refund:
			if _, known := l.returned[body.ID]; !known && body.Settled {
				for _, tx := range body.Transactions {
					l.returned[body.ID] += tx.Amount.Minor
				}
				l.refunds = append(l.refunds, body)
			}
		}
	}
}

func sum(amounts map[string]int64) (total int64) {
	for _, minor := range amounts {
		total += minor
	}
	return total
}

// TestGeneratedHistoriesEndWithTheStoresOwnSums plays histories whose deliveries are lost,
// doubled and shuffled; the poll makes up for them. At the end money received and returned, and
// the pieces that are owed, equal the store's own to the minor unit.
func TestGeneratedHistoriesEndWithTheStoresOwnSums(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		h := newHistory(seed)
		for range 4 + h.random.IntN(9) {
			h.step()
		}
		h.random.Shuffle(len(h.sent), func(i, j int) { h.sent[i], h.sent[j] = h.sent[j], h.sent[i] })
		source := mustOpenWith(t, h.fake, nil).Source
		books := &ledger{received: map[string]int64{}, returned: map[string]int64{}}
		for _, d := range h.sent {
			translation, err := source.Translate(t.Context(), raw(d.topic, d.body))
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, d.topic, err)
			}
			books.book(t, translation.Events, false, d.at)
		}
		polled := raw("order.updated", h.order.Body())
		polled.Trigger = message.Poll
		translation, err := source.Translate(t.Context(), polled)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		books.book(t, translation.Events, true, h.clock)
		h.check(t, seed, books)
	}
}

func (h *history) check(t *testing.T, seed uint64, books *ledger) {
	t.Helper()
	if sum(books.received) != h.received || sum(books.returned) != h.returned {
		t.Errorf("seed %d: received %v, returned %v; the store has %d and %d", seed, books.received, books.returned, h.received, h.returned)
	}
	for _, refund := range books.refunds {
		before := h.order.Completed.IsZero() || refund.At.Before(h.order.Completed)
		for _, l := range refund.Lines {
			if l.Unfulfilled != before {
				t.Errorf("seed %d: refund %s of a line is unfulfilled: %v, want %v", seed, refund.ID, l.Unfulfilled, before)
			}
		}
	}
	off := int64(0)
	for _, refund := range h.order.Returned {
		for _, l := range refund.Lines {
			if h.order.Completed.IsZero() || refund.Created.Before(h.order.Completed) {
				off += l.Total + l.Tax
			}
		}
	}
	if total := books.order.Total.Minor; total != h.order.Total()-off {
		t.Errorf("seed %d: the order's total is %d, the store's %d less %d", seed, total, h.order.Total(), off)
	}
	for _, line := range h.order.Lines {
		i := slices.IndexFunc(books.order.Lines, func(l canonical.OrderLine) bool { return l.ID == fmt.Sprint(line.ID) })
		pieces := "0"
		if i >= 0 {
			pieces = books.order.Lines[i].Quantity.Value.String()
		}
		if pieces != fmt.Sprint(h.owed[line.ID]) {
			t.Errorf("seed %d: line %d has %s pieces, the store owes %d", seed, line.ID, pieces, h.owed[line.ID])
		}
	}
}
