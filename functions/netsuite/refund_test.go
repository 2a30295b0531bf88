package netsuite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// newPaidSale is an order of 157.50 that is paid by card, in NetSuite with its deposit.
func newPaidSale(t *testing.T) *sale {
	t.Helper()
	s := newSale(t, canonical.Paid)
	s.report()
	s.pay("p1", canonical.Card, 15750)
	return s
}

func (s *sale) pay(id string, method canonical.PaymentMethod, minor int64) {
	s.t.Helper()
	s.mustDeliver(s.event(canonical.PaymentCaptured, "payment", id, &canonical.Payment{
		ID: id, Order: "1", Method: method, Amount: usd(minor), Customer: "1", At: noon,
	}))
}

func (s *sale) event(kind, entity, id string, body any) *message.Message {
	s.t.Helper()
	text, err := json.Marshal(body)
	s.must(err)
	return &message.Message{
		ID: "m-" + id, Source: "causeway.shopify", Type: kind, Subject: entity + "/" + id, Tenant: "example-brand.myshopify.com", Body: text,
	}
}

// back is a refund of the order that adds up, paid back by one transaction of the payment p1
// unless it has transactions.
func back(id string, change func(*canonical.Refund)) *canonical.Refund {
	r := &canonical.Refund{
		ID: id, Order: "1", Customer: "1", Tax: usd(0), Rounding: usd(0), Settled: true, At: noon.Add(24 * time.Hour), Amount: usd(0),
	}
	change(r)
	sum, err := r.Sum()
	if err != nil {
		panic(err)
	}
	if r.Amount.Minor == 0 {
		r.Amount = sum.Add(r.Rounding)
	}
	if r.Transactions == nil {
		r.Transactions = []canonical.RefundTransaction{{ID: "t" + id, Parent: "p1", Method: canonical.Card, Amount: r.Amount, At: r.At}}
	}
	return r
}

func piece(line, sku string, quantity, minor int64) canonical.RefundLine {
	return canonical.RefundLine{
		Line: line, SKU: sku, Title: "Article", Quantity: canonical.Pieces(canonical.NewDecimal(quantity, 0)), Amount: usd(minor), Tax: usd(0), Restock: true,
	}
}

func part(kind canonical.RefundPartKind, minor int64) canonical.RefundPart {
	return canonical.RefundPart{Kind: kind, Title: "Part", Amount: usd(minor), Tax: usd(0)}
}

func (s *sale) refund(ctx context.Context, r *canonical.Refund) (connector.Receipt, error) {
	s.t.Helper()
	return s.deliver(ctx, s.event(canonical.RefundSettled, "refund", r.ID, r))
}

func (s *sale) mustRefund(r *canonical.Refund) connector.Receipt {
	s.t.Helper()
	receipt, err := s.refund(s.t.Context(), r)
	s.must(err)
	return receipt
}

// wantRefused delivers the refund and wants the fault, and nothing booked for it.
func (s *sale) wantRefused(r *canonical.Refund, kind fault.Kind, class fault.Class, field, words string) {
	s.t.Helper()
	before := s.documents()
	_, err := s.refund(s.t.Context(), r)
	e := fault.As(err)
	if e == nil || e.Kind != kind || e.ClassOrDefault() != class || e.Field != field || !strings.Contains(e.Detail, words) || e.Doing == "" {
		s.t.Errorf("got %v (%+v), want %v/%v at %s about %q", e, e, kind, class, field, words)
	}
	if after := s.documents(); after != before {
		s.t.Errorf("booked %s", after)
	}
}

// documents describes what the refunds became: "memo 62.10 of p(62.10)".
func (s *sale) documents() string {
	var all []string
	for _, c := range s.fake.CreditMemos() {
		all = append(all, "credit memo "+c.Total+": "+creditLines(c))
	}
	for _, c := range s.fake.CashRefunds() {
		all = append(all, "cash refund "+c.Total+" by "+c.Option+": "+creditLines(c))
	}
	for _, p := range s.fake.Payouts() {
		all = append(all, fmt.Sprintf("payout %s by %s of deposits %v and credits %v", p.Total, p.Option, amounts(p.Deposits), amounts(p.Credits)))
	}
	return strings.Join(all, "; ")
}

func creditLines(c netsuitetest.Reversal) string {
	words := []string{}
	for _, l := range c.Lines {
		words = append(words, l.Item+" "+l.Quantity+" "+l.Amount)
	}
	return strings.Join(append(words, "shipping "+c.Shipping), ", ")
}

func amounts(m map[string]string) []string {
	all := slices.Collect(maps.Values(m))
	slices.Sort(all)
	return all
}

func TestI4ARefundWithNothingInvoicedComesFromTheDeposit(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	receipt := s.mustRefund(back("r1", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)} }))
	if got, want := s.documents(), "payout 14.00 by 1 of deposits [14.00] and credits []"; got != want {
		t.Errorf("booked %s, want %s", got, want)
	}
	p := s.fake.Payouts()[0]
	if p.Date != "2026-11-23" || p.Memo != "shopify example-brand.myshopify.com order 1 refund r1" || p.ID != receipt.Ref || s.fake.Deposits()[0].Unused != "143.50" {
		t.Errorf("the refund is %+v, the deposit %+v", p, s.fake.Deposits()[0])
	}
}

func TestI4AnInvoicedOrderGetsACreditMemoThatIsPaidOut(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Deliveries = []canonical.DeliveryLine{{Code: "s", Price: usd(750), Discount: usd(0), Tax: usd(0)}}
	s.order.Tax = usd(1500)
	s.report()
	s.pay("p1", canonical.Card, 18000)
	invoice, err := s.fake.Invoice(s.external)
	s.must(err)
	s.mustRefund(back("r1", func(r *canonical.Refund) {
		r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900), piece("2", "HOOD-M", 1, 7950)}
		r.Lines[1].Restock = false
		r.Parts = []canonical.RefundPart{
			part(canonical.RefundedShipping, 500), part(canonical.RefundedShipping, 250), part(canonical.RefundedAdjustment, -400),
			part(canonical.RefundedAdjustment, 100), part(canonical.RefundedTip, 50), part(canonical.RefundedDuty, 60), part(canonical.RefundedFee, 70),
		}
		r.Tax = usd(1100)
	}))
	want := "credit memo 135.80: TEE-BLK-M 1 39.00, store-adjustment 1 79.50, store-adjustment 1 -4.00, store-adjustment 1 1.00, store-tip 1 0.50, " +
		"store-duty 1 0.60, store-fee 1 0.70, store-tax 1 11.00, shipping 7.50; payout 135.80 by 1 of deposits [] and credits [135.80]"
	if got := s.documents(); got != want {
		t.Errorf("booked %s\nwant %s", got, want)
	}
	if memo := s.fake.CreditMemos()[0]; memo.From != invoice || memo.Unused != "0.00" || memo.Memo != s.fake.Payouts()[0].Memo {
		t.Errorf("the credit memo is %+v", memo)
	}
}

func TestI4TheTaxOfARefundIsTakenOutOfPricesThatContainIt(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	_, err := s.fake.Invoice(s.external)
	s.must(err)
	s.mustRefund(back("r1", func(r *canonical.Refund) {
		r.TaxIncluded = true
		r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)}
		r.Lines[0].Tax = usd(650)
		r.Parts = []canonical.RefundPart{{Kind: canonical.RefundedFee, Amount: usd(600), Tax: usd(100)}}
		r.Tax, r.Rounding = usd(751), usd(-1)
	}))
	want := "credit memo 44.99: TEE-BLK-M 1 32.50, store-fee 1 5.00, store-tax 1 7.51, store-rounding 1 -0.02, shipping 0.00; payout 44.99 by 1 of deposits [] and credits [44.99]"
	if got := s.documents(); got != want {
		t.Errorf("booked %s\nwant %s", got, want)
	}
}

func TestI4ACashSaleGetsACashRefund(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	sold, err := s.fake.CashSale(s.external)
	s.must(err)
	s.mustRefund(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} }))
	if got, want := s.documents(), "cash refund 39.00 by 1: TEE-BLK-M 1 39.00, shipping 0.00"; got != want || s.fake.CashRefunds()[0].From != sold {
		t.Errorf("booked %s, want %s", got, want)
	}
	s.wantRefused(back("r2", func(r *canonical.Refund) {
		r.Lines = []canonical.RefundLine{piece("2", "HOOD-M", 2, 11851)}
	}), fault.Rejected, fault.Conflict, "amount", "157.51 USD, and NetSuite has 157.50 USD")
}

// Goods that had not left are off the order and were never invoiced: their money is in the deposit.
func TestF2GoodsThatNeverLeftComeFromTheDepositBesideACreditMemo(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	_, err := s.fake.Invoice(s.external, 1)
	s.must(err)
	s.order.Lines = s.order.Lines[:1]
	s.report()
	s.mustRefund(back("r1", func(r *canonical.Refund) {
		r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900), piece("2", "HOOD-M", 1, 7950)}
		r.Lines[0].Tax, r.Lines[1].Tax, r.Lines[1].Unfulfilled = usd(390), usd(0), true
		r.Tax = usd(390)
	}))
	want := "credit memo 42.90: TEE-BLK-M 1 39.00, store-tax 1 3.90, shipping 0.00; payout 122.40 by 1 of deposits [79.50] and credits [42.90]"
	if got := s.documents(); got != want {
		t.Errorf("booked %s\nwant %s", got, want)
	}
}

func TestI4EachTenderIsPaidBackByItself(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.pay("p1", canonical.Card, 10000)
	s.pay("p2", canonical.GiftCard, 5750)
	refund := back("r1", func(r *canonical.Refund) {
		r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 6000)}
		r.Transactions = []canonical.RefundTransaction{
			{ID: "t1", Parent: "p2", Method: canonical.GiftCard, Amount: usd(2500), At: noon}, {ID: "t2", Parent: "p1", Method: canonical.Card, Amount: usd(3500), At: noon},
		}
	})
	// The second payout fails; what the first made is found by the repetition.
	s.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, BodyContains: "transaction t2", Do: netsuitetest.Down()})
	if _, err := s.refund(t.Context(), refund); err == nil || len(s.fake.Payouts()) != 1 {
		t.Fatalf("got %v with %s", err, s.documents())
	}
	for range 2 {
		s.mustRefund(refund)
		if got, want := s.documents(), "payout 25.00 by 9 of deposits [25.00] and credits []; payout 35.00 by 1 of deposits [35.00] and credits []"; got != want {
			t.Errorf("booked %s, want %s", got, want)
		}
	}
	if d := s.fake.Deposits(); d[0].Unused != "65.00" || d[1].Unused != "32.50" || len(s.fake.Duplicates()) != 0 {
		t.Errorf("the deposits are %+v, twice is %v", d, s.fake.Duplicates())
	}
}

// The refund is booked once, even if any one answer is lost.
func TestI4ARefundWhoseAnswerIsLostIsBookedOnce(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"creditMemo", "customerRefund"} {
		s := newPaidSale(t)
		_, err := s.fake.Invoice(s.external)
		s.must(err)
		refund := back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} })
		s.fake.Plan(netsuitetest.Fault{PathContains: path, Do: netsuitetest.ResetAfter()})
		if _, err := s.refund(t.Context(), refund); err == nil {
			t.Fatalf("%s: no failure", path)
		}
		receipt := s.mustRefund(refund)
		want := "credit memo 39.00: TEE-BLK-M 1 39.00, shipping 0.00; payout 39.00 by 1 of deposits [] and credits [39.00]"
		if got := s.documents(); got != want || receipt.Ref != s.fake.Payouts()[0].ID {
			t.Errorf("%s: booked %s, want %s", path, got, want)
		}
		if ref, err := s.system.Target.Find(t.Context(), key("shopify", "example-brand.myshopify.com", "refund", "r1")); err != nil || ref != receipt.Ref {
			t.Errorf("%s: Find gave %q, %v", path, ref, err)
		}
	}
}

// A credit memo that takes effect late finds its external id taken.
func TestALateCreditMemoIsNotASecond(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	_, err := s.fake.Invoice(s.external)
	s.must(err)
	released, ctx := make(chan struct{}), context.Background()
	s.fake.Plan(netsuitetest.Fault{PathContains: "creditMemo", Do: netsuitetest.Late(released)})
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	refund := back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} })
	if _, err := s.refund(short, refund); err == nil {
		t.Fatal("no failure")
	}
	s.mustRefund(refund)
	close(released)
	s.mustRefund(refund)
	if n := len(s.fake.CreditMemos()); n != 1 {
		t.Errorf("%d credit memos", n)
	}
}

func TestI4TheSecondRefundAddsAndMoreThanWasCapturedIsBlocked(t *testing.T) {
	t.Parallel()
	for _, invoiced := range []bool{false, true} {
		s := newPaidSale(t)
		if invoiced {
			_, err := s.fake.Invoice(s.external)
			s.must(err)
		}
		for i, minor := range []int64{10000, 5750} {
			s.mustRefund(back(fmt.Sprint("r", i), func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, minor)} }))
		}
		if p := s.fake.Payouts(); len(p) != 2 || p[0].Total != "100.00" || p[1].Total != "57.50" {
			t.Errorf("paid out %+v", p)
		}
		s.wantRefused(back("r9", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1)} }),
			fault.Rejected, fault.Conflict, "amount", "157.51 USD, and NetSuite has 157.50 USD")
	}
}

func TestI4WhatIsNotToBeBookedIsNot(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	goodwill := func(change func(*canonical.Refund)) *canonical.Refund {
		return back("r1", func(r *canonical.Refund) {
			r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)}
			change(r)
		})
	}
	s.wantRefused(goodwill(func(r *canonical.Refund) { r.Settled = false }), fault.Rejected, fault.Value, "settled", "no money went back")
	s.wantRefused(goodwill(func(r *canonical.Refund) {
		r.Transactions = []canonical.RefundTransaction{{ID: "t", Parent: "p1", Method: canonical.Card, Amount: usd(1500), At: noon}}
	}), fault.Rejected, fault.Conflict, "transactions", "paid back 15.00 USD for what is worth 14.00 USD")
	s.wantRefused(goodwill(func(r *canonical.Refund) { r.Order = "2" }), fault.NotReady, fault.MissingRef, "order", "not at netsuite")
	s.wantRefused(back("r1", func(r *canonical.Refund) { // a payment that is on its way
		r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 16000)}
		r.Transactions = []canonical.RefundTransaction{{ID: "t", Parent: "p9", Method: canonical.Card, Amount: usd(16000), At: noon}}
	}), fault.NotReady, fault.MissingRef, "transactions[0].parent", "may not be at netsuite yet")
	receipt := s.mustRefund(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 0)} }))
	if !receipt.Linked || s.documents() != "" {
		t.Errorf("a refund without money became %+v: %s", receipt, s.documents())
	}
}

// A cancelled order with part of its money back: it is closed, and what is left is said.
func TestI4ACancelledOrderEndsWithTheRestExplained(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	s.order.Status = canonical.OrderCancelled
	s.report()
	receipt := s.mustRefund(back("r1", func(r *canonical.Refund) {
		r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 2, 7800)}
		r.Lines[0].Unfulfilled = true
	}))
	if got, want := s.documents(), "payout 78.00 by 1 of deposits [78.00] and credits []"; got != want || s.fake.Orders()[0].Status != "closed" {
		t.Errorf("booked %s, want %s; the order is %+v", got, want, s.fake.Orders()[0])
	}
	if !strings.Contains(receipt.Detail, "the order's deposits have 79.50 USD left") {
		t.Errorf("the receipt says %q", receipt.Detail)
	}
}

func TestI4ARefundWaitsForAPaymentOfItsOrder(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	refund := back("r1", func(r *canonical.Refund) {
		r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)}
		r.Transactions = []canonical.RefundTransaction{{ID: "t", Method: canonical.Card, Amount: usd(1400), At: noon}} // of no payment in particular
	})
	s.wantRefused(refund, fault.NotReady, fault.MissingRef, "order", "no payment of the order")
	s.pay("p1", canonical.Card, 15750)
	s.mustRefund(refund)
	if got, want := s.documents(), "payout 14.00 by 1 of deposits [14.00] and credits []"; got != want {
		t.Errorf("booked %s, want %s", got, want)
	}
}

// Money is conserved: however the refunds of an order are cut, what is paid out is what the
// store paid back, and no deposit and no credit memo gives more than it has.
func TestI4RefundsAddUpHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := newSale(t, canonical.Paid)
		s.report()
		first := 1 + random.Int64N(15748)
		s.pay("p1", canonical.Card, first)
		s.pay("p2", canonical.GiftCard, 15750-first)
		invoiced := random.IntN(2) == 0
		if invoiced {
			_, err := s.fake.Invoice(s.external)
			s.must(err)
		}
		left := map[string]int64{"p1": first, "p2": 15750 - first}
		var paidBack int64
		for n := range 3 {
			r := back(fmt.Sprint("r", n), func(r *canonical.Refund) {
				for _, id := range []string{"p1", "p2"} {
					if minor := random.Int64N(left[id] + 1); minor > 0 {
						left[id], paidBack = left[id]-minor, paidBack+minor
						r.Amount = r.Amount.Add(usd(minor))
						r.Transactions = append(r.Transactions, canonical.RefundTransaction{
							ID: id + fmt.Sprint(n), Parent: id, Method: canonical.Card, Amount: usd(minor), At: noon,
						})
					}
				}
				r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, r.Amount.Minor+300)}
				r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, -200), part(canonical.RefundedFee, -100)}
			})
			if r.Amount.Minor == 0 {
				continue
			}
			s.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, Do: netsuitetest.ResetAfter()})
			if _, err := s.refund(t.Context(), r); err == nil {
				t.Fatalf("seed %d: no failure", seed)
			}
			s.mustRefund(r)
		}
		s.wantConserved(seed, invoiced, paidBack)
	}
}

func (s *sale) wantConserved(seed uint64, invoiced bool, paidBack int64) {
	s.t.Helper()
	var paid, credited int64
	for _, p := range s.fake.Payouts() {
		paid += minorOf(s.t, p.Total)
	}
	for _, c := range s.fake.CreditMemos() {
		credited += minorOf(s.t, c.Total)
		if c.Unused != "0.00" {
			s.t.Errorf("seed %d: of a credit memo %s is left", seed, c.Unused)
		}
	}
	if paid != paidBack || invoiced != (credited == paidBack) && paidBack > 0 || len(s.fake.Duplicates()) > 0 {
		s.t.Errorf("seed %d: the store paid back %d, paid out %d, credited %d: %s", seed, paidBack, paid, credited, s.documents())
	}
}

func minorOf(t *testing.T, text string) int64 {
	t.Helper()
	m, err := canonical.ParseMoney(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return m.Minor
}

func TestI4ARefundOfShippingAloneHasALine(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	_, err := s.fake.Invoice(s.external)
	s.must(err)
	s.mustRefund(back("r1", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedShipping, 500)} }))
	want := "credit memo 5.00: store-adjustment 1 0.00, shipping 5.00; payout 5.00 by 1 of deposits [] and credits [5.00]"
	if got := s.documents(); got != want {
		t.Errorf("booked %s, want %s", got, want)
	}
}

// An invoice that is still open is paid by what was received for it, not by the credit.
func TestACreditMemoIsNotAppliedToAnOpenInvoice(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	_, err := s.fake.Invoice(s.external)
	s.must(err)
	s.pay("p1", canonical.Card, 15750)
	s.mustRefund(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} }))
	if d, p := s.fake.Deposits()[0], s.fake.Payouts()[0]; d.Unused != "157.50" || len(p.Credits) != 1 || len(p.Deposits) != 0 {
		t.Errorf("the deposit is %+v, the payout %+v", d, p)
	}
}

func TestARefundInAClosedPeriodIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	s.fake.ClosePeriod("2026-11-30")
	s.wantRefused(back("r1", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)} }),
		fault.Rejected, fault.Config, "at", "open the period")
}

func TestTheItemOfARefundThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	_, err := s.fake.Invoice(s.external)
	s.must(err)
	s.wantRefused(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "GONE-1", 1, 3900)} }),
		fault.Rejected, fault.MissingRef, "lines[0].sku", `"GONE-1": NetSuite has no item with this external id`)
}
