package test_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

const erpShop = "example-brand.myshopify.com"

// erpGiveBack publishes a refund of the shop's order, which waits for the order. Refunds of one
// number are one fact.
func erpGiveBack(w *world, id string, order int64, minor int64) {
	w.Helper()
	usd := func(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }
	now := time.Now().UTC()
	refund := canonical.Refund{
		ID: id, Order: erpID(order), Parts: []canonical.RefundPart{{Kind: canonical.RefundedAdjustment, Amount: usd(minor), Tax: usd(0)}},
		Tax: usd(0), Rounding: usd(0), Amount: usd(minor), Settled: true, At: now,
		Transactions: []canonical.RefundTransaction{{ID: "t" + id, Method: canonical.Card, Amount: usd(minor), At: now}},
	}
	if err := canonical.Validate(&refund); err != nil {
		w.Fatal(err)
	}
	body, err := json.Marshal(refund)
	if err != nil {
		w.Fatal(err)
	}
	key := message.Key{System: "shopify", Tenant: erpShop, Type: "order", ID: erpID(order)}
	err = w.ports.Bus.Publish(w.Context(), []*message.Message{{
		ID: message.DeriveID("refund", id), Source: message.SourcePrefix + "shopify", Type: canonical.RefundSettled, Subject: "refund/" + id, Time: now,
		Tenant: erpShop, Schema: "refund/1", Sequence: message.NewSequence(now, false, now), CorrelationID: "c", Origin: "shopify",
		Parents: []message.Key{key}, Body: body,
	}})
	if err != nil {
		w.Fatal(err)
	}
}

// A refund that arrives before its order and payment are at the ERP waits for them; delivered
// twice it is booked once; more than was received is blocked with the reason.
func TestI4F5ARefundWaitsIsBookedOnceAndIsBounded(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		erpGiveBack(w, "1", 9851, 1400)
		w.pass(time.Minute)
		if n := len(w.erp.Payouts()); n != 0 {
			t.Fatalf("%d payouts without an order", n)
		}
		erpBuy(w, erpUsual(9851))
		erpGiveBack(w, "1", 9851, 1400)
		erpGiveBack(w, "2", 9851, 600)
		w.pass(30 * time.Minute)
		var totals []string
		for _, p := range w.erp.Payouts() {
			totals = append(totals, p.Total)
		}
		if got := strings.Join(totals, " "); got != "14.00 6.00" && got != "6.00 14.00" || w.erp.Deposits()[0].Unused != "174.99" {
			t.Errorf("paid out %s, the deposit is %+v", got, w.erp.Deposits())
		}
		erpGiveBack(w, "3", 9851, 17500)
		w.pass(time.Minute)
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Entity.ID != "3" || !strings.Contains(dead[0].Error.Message, "195.00 USD, and NetSuite has 194.99 USD as received") {
			t.Errorf("dead are %+v", dead)
		}
		if len(w.erp.Payouts()) != 2 || len(w.erp.Duplicates()) != 0 {
			t.Errorf("paid out %+v", w.erp.Payouts())
		}
	})
}

// F1: after the invoice the refund is a credit memo that is paid out.
func TestF1ARefundAfterTheInvoiceIsACreditMemo(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		order := erpBuy(w, erpUsual(9852))
		if _, err := w.erp.Invoice(order.ExternalID); err != nil {
			t.Fatal(err)
		}
		erpGiveBack(w, "1", 9852, 1400)
		w.pass(time.Minute)
		memos, payouts := w.erp.CreditMemos(), w.erp.Payouts()
		if len(memos) != 1 || memos[0].Total != "14.00" || memos[0].Unused != "0.00" || len(payouts) != 1 || payouts[0].Credits[memos[0].ID] != "14.00" {
			t.Errorf("credit memos %+v, payouts %+v", memos, payouts)
		}
		erpQuiet(w)
	})
}
