package netsuite_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// paying is the refund with transactions of p1 of so many minor units each.
func paying(r *canonical.Refund, minor ...int64) *canonical.Refund {
	r.Transactions = []canonical.RefundTransaction{}
	for i, m := range minor {
		r.Transactions = append(r.Transactions, canonical.RefundTransaction{ID: fmt.Sprint(r.ID, i), Parent: "p1", Method: canonical.Card, Amount: usd(m), At: noon})
	}
	return r
}

// The transactions alone say what is paid out: a return for an exchange pays nothing, and what
// a refund leaves of its worth stays open.
func TestF4OnlyWhatTheStorePaidBackIsPaidOut(t *testing.T) {
	t.Parallel()
	memo := "credit memo 39.00: TEE-BLK-M 1 39.00, shipping 0.00"
	for _, c := range []struct {
		name     string
		invoiced bool
		minor    []int64
		want     string
		unused   string // of the credit memo, else of the deposit
		detail   string
	}{
		{"an exchange", true, nil, memo, "39.00", "the store did not pay back 39.00 USD, which stays open as credit"},
		{"a part", true, []int64{1500, 1000}, memo + "; payout 15.00 by 1 of deposits [] and credits [15.00]; payout 10.00 by 1 of deposits [] and credits [10.00]", "14.00", "the store did not pay back 14.00 USD"},
		{"an exchange with nothing invoiced", false, nil, "", "157.50", "so nothing is booked, the order's deposits have 157.50 USD left"},
		{"a part with nothing invoiced", false, []int64{2500}, "payout 25.00 by 1 of deposits [25.00] and credits []", "132.50", "the order's deposits have 132.50 USD left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newPaidSale(t)
			if c.invoiced {
				_, err := s.fake.Invoice(s.external)
				s.must(err)
			}
			refund := paying(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} }), c.minor...)
			for range 2 {
				if receipt := s.mustRefund(refund); !strings.Contains(receipt.Detail, c.detail) || receipt.Ref == "" {
					t.Errorf("the receipt is %+v, want %q", receipt, c.detail)
				}
			}
			unused := s.fake.Deposits()[0].Unused
			if c.invoiced {
				unused = s.fake.CreditMemos()[0].Unused
			}
			if got := s.documents(); got != c.want || unused != c.unused {
				t.Errorf("booked %s\nwant %s\nunused is %s, want %s", got, c.want, unused, c.unused)
			}
		})
	}
}

// Goods that were off the order before they were invoiced are in no credit memo, whether or not
// the store paid them back.
func TestF2WhatTheStoreKeptOfGoodsThatNeverLeftIsNoCredit(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	_, err := s.fake.Invoice(s.external, 1)
	s.must(err)
	s.order.Lines = s.order.Lines[:1]
	s.report()
	receipt := s.mustRefund(paying(back("r1", func(r *canonical.Refund) {
		r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900), piece("2", "HOOD-M", 1, 7950)}
		r.Lines[1].Unfulfilled = true
	}), 5000))
	want := "credit memo 39.00: TEE-BLK-M 1 39.00, shipping 0.00; payout 50.00 by 1 of deposits [50.00] and credits []"
	if got := s.documents(); got != want || !strings.Contains(receipt.Detail, "did not pay back 39.00 USD") {
		t.Errorf("booked %s\nwant %s; the receipt says %q", got, want, receipt.Detail)
	}
}

func TestF4ACashSaleIsNotCreditedWithoutMoney(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	_, err := s.fake.CashSale(s.external)
	s.must(err)
	s.wantRefused(paying(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} }), 1000),
		fault.Rejected, fault.Conflict, "transactions", "did not pay back 29.00 USD of 39.00 USD")
}

// Two refunds of one order at a time both read what its deposit has left: the later one reads
// again.
func TestI4AnAmountThatAnotherRefundTookIsReadAgain(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	refund := back("r1", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)} })
	s.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "customerRefund", Do: netsuitetest.Answer(400, "USER_ERROR", "deposit.items[0].amount")})
	s.wantRefused(refund, fault.Unavailable, fault.Conflict, "amount", "changed since it was read")
	s.mustRefund(refund)
	if got, want := s.documents(), "payout 14.00 by 1 of deposits [14.00] and credits []"; got != want {
		t.Errorf("booked %s, want %s", got, want)
	}
}

// A refund that names no payment waits while the order is not paid in full at NetSuite.
func TestI4ARefundWaitsForAnyPaymentThatMayBeOnItsWay(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.report()
	s.pay("p1", canonical.Card, 5750)
	refund := back("r1", func(r *canonical.Refund) {
		r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 6000)}
		r.Transactions = []canonical.RefundTransaction{{ID: "t", Method: canonical.OtherPayment, Amount: usd(6000), At: noon}}
	})
	s.wantRefused(refund, fault.NotReady, fault.MissingRef, "transactions[0].parent", "may not be at netsuite yet")
	s.pay("p2", canonical.GiftCard, 10000)
	s.mustRefund(refund)
	if got, want := s.documents(), "payout 60.00 by 7 of deposits [2.50 57.50] and credits []"; got != want {
		t.Errorf("booked %s, want %s", got, want)
	}
}

// TestH10ARefundThatWasPaidOutIsNotCreditedLater delivers it again after its order was invoiced, as a
// first import does after the loss of the table.
func TestH10ARefundThatWasPaidOutIsNotCreditedLater(t *testing.T) {
	t.Parallel()
	s := newPaidSale(t)
	refund := back("r1", func(r *canonical.Refund) { r.Parts = []canonical.RefundPart{part(canonical.RefundedAdjustment, 1400)} })
	first := s.mustRefund(refund)
	_, err := s.fake.Invoice(s.external)
	s.must(err)
	if again := s.mustRefund(refund); again.Ref != first.Ref {
		t.Errorf("it is %s now, and was %s", again.Ref, first.Ref)
	}
	if got, want := s.documents(), "payout 14.00 by 1 of deposits [14.00] and credits []"; got != want {
		t.Errorf("booked %s, want %s", got, want)
	}
}
