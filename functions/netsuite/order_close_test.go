package netsuite_test

import (
	"strings"
	"testing"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

func (s *sale) cancel() {
	s.order.Status, s.order.Financial = canonical.OrderCancelled, canonical.Voided
}

func TestCancelledOrders(t *testing.T) {
	t.Parallel()
	t.Run("open", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.cancel()
		got, calls := s.report()
		if got.Status != "closed" || verbs(calls) != "GET PATCH" || s.lastBody() != `{"memo":"shopify example-brand.myshopify.com order 1, closed by the store","item":{"items":[{"line":1,"isClosed":true},{"line":2,"isClosed":true}]}}` {
			t.Errorf("%s after %v: %s", got.Status, calls, s.lastBody())
		}
		if again, calls := s.report(); again.Writes != got.Writes || verbs(calls) != "GET" {
			t.Errorf("closed again: %v", calls)
		}
	})
	t.Run("never seen before", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.cancel()
		got, calls := s.report()
		if got.Status != "closed" || verbs(calls) != "GET PUT GET PATCH" {
			t.Errorf("%s after %v", got.Status, calls)
		}
	})
	t.Run("shipped and not billed", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.must(s.fake.Fulfill(s.external, 1, "1"))
		s.cancel()
		for range 2 { // as often as it is delivered
			s.endsInConflict("status", "line 1 of sales order")
			if got := s.fake.Orders()[0]; lines(got) != "TEE-BLK-M 2 78.00, HOOD-M 1 79.50 closed" || got.Writes != 2 {
				t.Errorf("%d writes, lines are %s", got.Writes, lines(got))
			}
		}
	})
	t.Run("an operator closes what was shipped and not billed", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.must(s.fake.Fulfill(s.external, 1, "1"))
		s.cancel()
		s.endsInConflict("status", "line 1 of sales order")
		s.must(s.fake.CloseLine(s.external, 1, true))
		if got, calls := s.report(); got.Writes != 2 || verbs(calls) != "GET" {
			t.Errorf("%d writes after %v", got.Writes, calls)
		}
	})
	t.Run("all is shipped and billed", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		for line, quantity := range map[int]string{1: "2", 2: "1"} {
			s.must(s.fake.Fulfill(s.external, line, quantity))
			s.must(s.fake.Bill(s.external, line, quantity))
		}
		s.cancel()
		s.wantConflict("status", "stop the parcel, or enter in NetSuite what of the return and its credit is not booked yet")
		if got := s.fake.Orders()[0]; got.Writes != 1 {
			t.Errorf("written: %s", lines(got))
		}
	})
	t.Run("one line is half shipped and billed", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.must(s.fake.Fulfill(s.external, 1, "1"))
		s.must(s.fake.Bill(s.external, 1, "1"))
		s.cancel()
		for range 2 {
			s.endsInConflict("status", "is fulfilled or billed")
			if got := s.fake.Orders()[0]; got.Status != "closed" || got.Writes != 2 {
				t.Errorf("%d writes, lines are %s", got.Writes, lines(got))
			}
		}
	})
	t.Run("an operator closed it after a part was billed", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.must(s.fake.Fulfill(s.external, 1, "1"))
		s.must(s.fake.Bill(s.external, 1, "1"))
		s.must(s.fake.CloseLine(s.external, 1, true))
		s.must(s.fake.CloseLine(s.external, 2, true))
		s.cancel()
		if got, calls := s.report(); got.Writes != 1 || verbs(calls) != "GET" {
			t.Errorf("%d writes after %v", got.Writes, calls)
		}
	})
}

func TestOrdersWithoutLines(t *testing.T) {
	t.Parallel()
	t.Run("no line is left", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.order.Lines[0], s.order.Lines[1] = article("1", "TEE-BLK-M", 0, 3900), article("2", "HOOD-M", 0, 7950)
		if got, _ := s.report(); got.Status != "closed" {
			t.Errorf("lines are %s", lines(got))
		}
	})
	t.Run("no line ever was", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.order.Lines = nil
		if e := fault.As(second(s.try(t.Context(), canonical.OrderPlaced))); e == nil || e.Kind != fault.Rejected || e.Field != "lines" {
			t.Errorf("got %v", e)
		}
	})
}

func TestReopenedOrders(t *testing.T) {
	t.Parallel()
	closed := func(t *testing.T) *sale {
		s := newSale(t, canonical.Paid)
		s.report()
		s.order.Status = canonical.OrderCancelled
		s.report()
		s.order.Status = canonical.OrderOpen
		return s
	}
	t.Run("untouched", func(t *testing.T) {
		t.Parallel()
		s := closed(t)
		got, _ := s.report()
		if got.Status != "B" || lines(got) != "TEE-BLK-M 2 78.00, HOOD-M 1 79.50" || s.lastBody() != `{"memo":"shopify example-brand.myshopify.com order 1","item":{"items":[{"line":1,"isClosed":false},{"line":2,"isClosed":false}]}}` {
			t.Errorf("%s: %s, sent %s", got.Status, lines(got), s.lastBody())
		}
		if again, _ := s.report(); again.Writes != got.Writes {
			t.Error("opened twice")
		}
	})
	t.Run("completed in the store", func(t *testing.T) {
		t.Parallel()
		s := closed(t)
		s.order.Status = canonical.OrderClosed
		if got, _ := s.report(); got.Status != "B" || strings.HasSuffix(got.Memo, record.ClosedNote) {
			t.Errorf("not opened: %+v", got)
		}
	})
	t.Run("closed by an operator, archived in the store", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.must(s.fake.CloseLine(s.external, 1, true))
		s.must(s.fake.CloseLine(s.external, 2, true))
		s.order.Status = canonical.OrderClosed
		if got, _ := s.report(); got.Status != "closed" || got.Writes != 1 {
			t.Errorf("opened: %+v", got)
		}
		s.order.Lines = append(s.order.Lines, article("3", "TEE-BLK-M", 1, 3500))
		s.wantConflict("lines[2].sku", "is closed in NetSuite")
	})
	t.Run("shipped before", func(t *testing.T) {
		t.Parallel()
		s := closed(t)
		s.must(s.fake.Fulfill(s.external, 1, "1"))
		s.must(s.fake.Bill(s.external, 1, "1"))
		s.order.Name = "#1-A"
		if got, _ := s.report(); got.Status != "closed" || got.Name != "#1-A" {
			t.Errorf("opened: %+v", got)
		}
		s.order.Lines = append(s.order.Lines, article("3", "TEE-BLK-M", 1, 3500))
		s.wantConflict("lines[2].sku", "is closed in NetSuite")
	})
	t.Run("one line closed by an operator", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, canonical.Paid)
		s.report()
		s.must(s.fake.CloseLine(s.external, 2, true))
		s.order.Name = "#1-A"
		if got, _ := s.report(); !got.Lines[1].Closed || got.Name != "#1-A" {
			t.Errorf("opened: %+v", got)
		}
	})
}
