package netsuite_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"causeway.example/shared/canonical"
)

// longestMemo is what NetSuite's field holds.
const longestMemo = 999

// TestALongNumberOfTheBuyerLeavesRoomInTheMemo for what we add later: the digest of the lines, by which a
// person's change stays, and the note that closes the order, without which goods of a cancelled order would
// leave.
func TestALongNumberOfTheBuyerLeavesRoomInTheMemo(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"all", "true", "false"} {
		for _, length := range []int{900, 925, 950, 990, 2000} {
			s := newSaleWith(t, canonical.Paid, map[string]string{"NETSUITE_ORDERS": setting})
			s.order.PurchaseOrder = strings.Repeat("é", length)
			first, _ := s.report()
			s.must(s.fake.ChangeQuantity(s.external, 1, "1"))
			changed := lines(s.fake.Orders()[0])
			want := lines(first)
			if setting == "all" {
				want = changed
			}
			if after, _ := s.report(); lines(after) != want || after.Memo != first.Memo {
				t.Errorf("%s, number of %d: the ERP has %s, want %s, memo %q", setting, length, lines(after), want, after.Memo)
			}
			s.cancel()
			got, _ := s.report()
			if got.Status != "closed" || !strings.HasSuffix(got.Memo, ", closed by the store") || utf8.RuneCountInString(got.Memo) > longestMemo {
				t.Errorf("%s, number of %d: cancelled, and the ERP has %+v", setting, length, got)
			}
		}
	}
}

// TestAPersonsWordsInTheMemoTakeNothingAway: who changes a line writes the reason into the memo.
func TestAPersonsWordsInTheMemoTakeNothingAway(t *testing.T) {
	t.Parallel()
	for name, memo := range map[string]func(string) string{
		"behind": func(was string) string { return was + "; one less, by phone" },
		"before": func(was string) string { return "one less, by phone; " + was },
	} {
		s := bookedSale(t, canonical.Paid, nil)
		s.must(s.fake.ChangeQuantity(s.external, 1, "1"))
		s.must(s.fake.ChangeMemo(s.external, memo(s.fake.Orders()[0].Memo)))
		want := lines(s.fake.Orders()[0])
		s.order.Buyer.Email = canonical.NewText("ada@example.org")
		if after, _ := s.report(); lines(after) != want {
			t.Errorf("%s: the ERP has %s, want %s", name, lines(after), want)
		}
		s.order.Lines[0] = article("1", "TEE-BLK-M", 4, 3900)
		if after, _ := s.report(); !strings.HasPrefix(lines(after), "TEE-BLK-M 4 ") {
			t.Errorf("%s: after the store's change the ERP has %s", name, lines(after))
		}
	}
	s := bookedSale(t, canonical.Paid, nil)
	s.must(s.fake.ChangeMemo(s.external, s.fake.Orders()[0].Memo+strings.Repeat("ö", longestMemo-100)))
	s.cancel()
	if got, _ := s.report(); got.Status != "closed" || !strings.HasSuffix(got.Memo, ", closed by the store") {
		t.Errorf("cancelled with a full memo: %+v", got)
	}
}

// TestTheOrderOfTheStoresLinesIsNoChange of them.
func TestTheOrderOfTheStoresLinesIsNoChange(t *testing.T) {
	t.Parallel()
	s := bookedSale(t, canonical.Paid, nil)
	s.must(s.fake.ChangeQuantity(s.external, 1, "1"))
	want := lines(s.fake.Orders()[0])
	s.order.Lines[0], s.order.Lines[1] = s.order.Lines[1], s.order.Lines[0]
	if after, _ := s.report(); lines(after) != want {
		t.Errorf("the ERP has %s, want %s", lines(after), want)
	}
}
