package shopify_test

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// books are what a target keeps of one order: its newest state, and each fact once.
type heldBooks struct {
	order    *canonical.Order
	payments map[string]*canonical.Payment
	refunds  map[string]*canonical.Refund
}

func (b *heldBooks) take(t *testing.T, events []connector.Event) {
	t.Helper()
	for _, event := range events {
		if err := canonical.Validate(event.Body); err != nil {
			t.Fatalf("%s: %v", event.Type, err)
		}
		switch body := event.Body.(type) {
		case *canonical.Order:
			if b.order == nil || !body.UpdatedAt.Before(b.order.UpdatedAt) {
				b.order = body
			}
		case *canonical.Payment:
			if b.payments[body.ID] == nil {
				b.payments[body.ID] = body
			}
		case *canonical.Refund:
			if body.Settled && b.refunds[body.ID] == nil {
				b.refunds[body.ID] = body
			}
		}
	}
}

// histories is how many are played.
var histories = flag.Uint64("histories", 30, "generated order histories")

// TestBooksOfAnyHistoryAreTheShopsOwn plays generated histories. Their states arrive shuffled
// and doubled, some are lost, and the poll reads the last one. In the end the goods owed, the
// money received and the money returned are the shop's, to the minor unit.
func TestBooksOfAnyHistoryAreTheShopsOwn(t *testing.T) {
	t.Parallel()
	for seed := range *histories {
		random := rand.New(rand.NewPCG(seed, 12))
		h := shopifytest.NewHistory(int64(1000+seed), random)
		s := open(t, nil)
		s.memory.forgets = ""
		states := [][]byte{h.Body()}
		// The first delivery is translated while the shop has that state.
		known := len(h.Transactions())
		s.fake.Pay(strconv.FormatInt(h.ID, 10), h.Transactions()...)
		s.fake.Put(states[0])
		held := &heldBooks{payments: map[string]*canonical.Payment{}, refunds: map[string]*canonical.Refund{}}
		if random.IntN(3) > 0 {
			held.take(t, s.mustTranslate(t, "orders/create", states[0]))
		}
		for range random.IntN(12) {
			h.Step()
			states = append(states, h.Body())
		}
		s.fake.Pay(strconv.FormatInt(h.ID, 10), h.Transactions()[known:]...)
		s.fake.Put(states[len(states)-1])
		late := append([][]byte{}, states...)
		random.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
		for _, state := range late[:random.IntN(len(late)+1)] {
			for range 1 + random.IntN(2) {
				held.take(t, s.mustTranslate(t, "orders/updated", state))
			}
		}
		_, polled := s.polled(t, "order", strconv.FormatInt(h.ID, 10))
		held.take(t, polled)
		compare(t, seed, h, held)
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, states[len(states)-1])
		}
	}
}

func compare(t *testing.T, seed uint64, h *shopifytest.History, held *heldBooks) {
	t.Helper()
	var received, returned, credited int64
	for _, payment := range held.payments {
		received += payment.Amount.Minor
	}
	for _, refund := range held.refunds {
		var paid int64
		credited += newlyCredited(refund)
		for _, tx := range refund.Transactions {
			paid += tx.Amount.Minor
		}
		if returned += paid; paid > refund.Amount.Minor {
			t.Errorf("seed %d: refund %s paid back %d for what is worth %v", seed, refund.ID, paid, refund.Amount)
		}
	}
	if held.order.Total.Minor != h.Owed() || held.order.Rounding.Minor != 0 || held.order.Currency != h.Currency() {
		t.Errorf("seed %d: the order is %v with rounding %v, the shop's %d", seed, held.order.Total, held.order.Rounding, h.Owed())
	}
	if received != h.Received() {
		t.Errorf("seed %d: %d were received, in the shop %d", seed, received, h.Received())
	}
	if credited != h.Credited() {
		t.Errorf("seed %d: %d are credited, in the shop %d", seed, credited, h.Credited())
	}
	if returned != h.Returned() {
		t.Errorf("seed %d: %d went back, in the shop %d", seed, returned, h.Returned())
	}
}

// newlyCredited is the worth of a refund without pieces that are off the order, which owes them no
// more, and without what an earlier refund credited.
func newlyCredited(r *canonical.Refund) int64 {
	worth := r.Amount.Minor
	for _, l := range r.Lines {
		if l.Unfulfilled {
			worth -= l.Amount.Minor
			if !r.TaxIncluded {
				worth -= l.Tax.Minor
			}
		}
	}
	for _, p := range r.Parts {
		if p.Kind == canonical.RefundedCredit {
			worth -= p.Amount.Minor
		}
	}
	return worth
}
