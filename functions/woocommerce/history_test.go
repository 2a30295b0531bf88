package woocommerce_test

import (
	"flag"
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

// histories is how many are played.
var histories = flag.Uint64("histories", 30, "generated order histories")

// TestGeneratedHistoriesEndWithTheStoresOwnSums plays histories whose deliveries are lost,
// doubled and shuffled; the poll makes up for them. At the end money received and returned, and
// the pieces that are owed, equal the store's own to the minor unit.
func TestGeneratedHistoriesEndWithTheStoresOwnSums(t *testing.T) {
	t.Parallel()
	for seed := range *histories {
		random, fake := rand.New(rand.NewPCG(seed, 12)), woocommercetest.New()
		h := woocommercetest.NewHistory(fake, noon, random)
		for range 4 + random.IntN(9) {
			h.Step()
		}
		random.Shuffle(len(h.Sent), func(i, j int) { h.Sent[i], h.Sent[j] = h.Sent[j], h.Sent[i] })
		source := mustOpenWith(t, fake, nil).Source
		books := &ledger{received: map[string]int64{}, returned: map[string]int64{}}
		for _, d := range h.Sent {
			translation, err := source.Translate(t.Context(), raw(d.Topic, d.Body))
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, d.Topic, err)
			}
			books.book(t, translation.Events, false, d.At)
		}
		polled := raw("order.updated", h.Order.Body())
		polled.Trigger = message.Poll
		translation, err := source.Translate(t.Context(), polled)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		books.book(t, translation.Events, true, h.Now())
		checkHistory(t, seed, h, books)
	}
}

func checkHistory(t *testing.T, seed uint64, h *woocommercetest.History, books *ledger) {
	t.Helper()
	if sum(books.received) != h.Received() || sum(books.returned) != h.Returned() {
		t.Errorf("seed %d: received %v, returned %v; the store has %d and %d", seed, books.received, books.returned, h.Received(), h.Returned())
	}
	for _, refund := range books.refunds {
		before := h.Unfulfilled(woocommercetest.Refund{Created: refund.At})
		for _, l := range refund.Lines {
			if l.Unfulfilled != before {
				t.Errorf("seed %d: refund %s of a line is unfulfilled: %v, want %v", seed, refund.ID, l.Unfulfilled, before)
			}
		}
	}
	if total := books.order.Total.Minor; total != h.Owed() {
		t.Errorf("seed %d: the order's total is %d, the store's %d", seed, total, h.Owed())
	}
	for _, line := range h.Order.Lines {
		i := slices.IndexFunc(books.order.Lines, func(l canonical.OrderLine) bool { return l.ID == fmt.Sprint(line.ID) })
		pieces := "0"
		if i >= 0 {
			pieces = books.order.Lines[i].Quantity.Value.String()
		}
		if pieces != fmt.Sprint(h.Pieces(line.ID)) {
			t.Errorf("seed %d: line %d has %s pieces, the store owes %d", seed, line.ID, pieces, h.Pieces(line.ID))
		}
	}
}
