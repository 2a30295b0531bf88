package woocommerce_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// cardOrder is an order of 63.17 USD of which 25.00 were paid by gift card, so that the store
// reports a total of 38.17.
func cardOrder() woocommercetest.Order {
	order := twoLines()
	order.Members = map[string]any{"total": "38.17"}
	return order
}

// hashOf returns the name of a card of which the plugin stores the code alone: a code is as good
// as money.
func hashOf(code string) string {
	digest := sha256.Sum256([]byte(code))
	return hex.EncodeToString(digest[:8])
}

func TestI10RedeemedGiftCardsAreTenders(t *testing.T) {
	t.Parallel()
	const order, main = "order.changed open paid 63.17 USD, product 3×CUP, product 1×PLATE", "payment.captured 1001-paid card 38.17 USD"
	cardOfHash := "payment.captured 1001-card-" + hashOf("12345-A") + " gift_card 25.00 USD"
	for name, tc := range map[string]struct {
		members, meta map[string]any
		settings      string
		want          []string
	}{
		"WooCommerce Gift Cards, two": {
			members: map[string]any{"gift_cards": []any{map[string]any{"id": 3, "code": "A", "amount": 20.0}, map[string]any{"id": 4, "code": "B", "amount": "5.00"}}},
			want:    []string{order, main, "payment.captured 1001-card-3 gift_card 20.00 USD", "payment.captured 1001-card-4 gift_card 5.00 USD"},
		},
		"PW Gift Cards": {
			members: map[string]any{"pw_gift_card_lines": []any{map[string]any{"id": 9, "card_number": "12345-A", "amount": "25.00"}}},
			want:    []string{order, main, "payment.captured 1001-card-9 gift_card 25.00 USD"},
		},
		"YITH": {
			meta: map[string]any{"_ywgc_applied_gift_cards": map[string]any{"12345-A": 25}, "_ywgc_applied_gift_cards_totals": "25"},
			want: []string{order, main, cardOfHash},
		},
		"Account Funds": {
			meta: map[string]any{"_funds_used": "25"},
			want: []string{order, main, "payment.captured 1001-card-1 gift_card 25.00 USD"},
		},
		"another plugin, by setting": {
			meta: map[string]any{"_voucher_sum": 25.0}, settings: "_voucher_sum",
			want: []string{order, main, "payment.captured 1001-card-1 gift_card 25.00 USD"},
		},
		"another plugin's member, by setting": {
			members: map[string]any{"vouchers": []any{map[string]any{"code": "12345-A", "amount": "25.00"}}}, settings: "x,vouchers",
			want: []string{order, main, cardOfHash},
		},
		"none of them": {
			members: map[string]any{"gift_cards": []any{}, "total": "63.17"}, meta: map[string]any{"_funds_used": "", "_ywgc_applied_gift_cards": nil},
			want: []string{order, "payment.captured 1001-paid card 63.17 USD"},
		},
		"cards that the lines' discounts have already": {
			members: map[string]any{"total": "63.17"}, meta: map[string]any{"smart_coupons_contribution": map[string]any{"A": 25}},
			want: []string{order, "payment.captured 1001-paid card 63.17 USD"},
		},
		"all by card": {
			members: map[string]any{"gift_cards": []any{map[string]any{"id": 3, "amount": "63.17"}}, "total": "0.00"},
			want:    []string{order, "payment.captured 1001-card-3 gift_card 63.17 USD"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sold := cardOrder()
			for key, value := range tc.members {
				sold.Members[key] = value
			}
			sold.Meta = tc.meta
			checkBooks(t, translated(t, sold, map[string]string{"WOOCOMMERCE_GIFT_CARDS": tc.settings}), tc.want)
		})
	}
}

// TestAFeeThatIsATenderIsNoDiscount: TeraWallet and an old version of YITH write what was paid as
// a fee below zero.
func TestAFeeThatIsATenderIsNoDiscount(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fee      map[string]any
		meta     map[string]any
		settings string
		card     string
	}{
		"TeraWallet": {
			fee:  map[string]any{"meta_data": []any{map[string]any{"key": "_legacy_fee_key", "value": "_via_wallet_partial_payment"}}},
			card: "payment.captured 1001-card-77 gift_card 25.00 USD",
		},
		"by its name": {settings: "Via wallet", card: "payment.captured 1001-card-77 gift_card 25.00 USD"},
		"YITH as a fee": {
			meta: map[string]any{"_ywgc_applied_gift_cards": map[string]any{"12345-A": "25.00"}},
			card: "payment.captured 1001-card-" + hashOf("12345-A") + " gift_card 25.00 USD",
		},
	} {
		fee := map[string]any{"id": 77, "name": "Via wallet", "total": "-25.00", "total_tax": "0.00"}
		for key, value := range tc.fee {
			fee[key] = value
		}
		order := cardOrder()
		order.Members["fee_lines"], order.Meta = []any{fee}, tc.meta
		checkBooks(t, translated(t, order, map[string]string{"WOOCOMMERCE_GIFT_CARDS": tc.settings}), []string{
			"order.changed open paid 63.17 USD, product 3×CUP, product 1×PLATE", "payment.captured 1001-paid card 38.17 USD", tc.card,
		})
		placed := placed(t, mustOpen(t, map[string]string{"WOOCOMMERCE_GIFT_CARDS": tc.settings}).Source, order.Body())
		if len(placed.Charges) > 0 || len(placed.Discounts) > 0 {
			t.Errorf("%s: charges %v, discounts %v", name, placed.Charges, placed.Discounts)
		}
	}
}

func TestGiftCardsThatDoNotFitAreNoTenders(t *testing.T) {
	t.Parallel()
	order := cardOrder()
	order.Members["gift_cards"] = []any{map[string]any{"id": 3, "amount": "24.00"}}
	translation := mustTranslate(t, mustOpen(t, nil).Source, "order.updated", order.Body())
	if got := types(translation); got != "customer.upserted order.changed payment.captured" {
		t.Errorf("events are %s", got)
	}
	if err := canonical.Validate(orderEvent(t, translation).Body); err == nil {
		t.Error("an order that misses 1.00 USD is whole")
	}
	order.Members["gift_cards"] = []any{map[string]any{"id": 3, "amount": "much"}}
	_, err := mustOpen(t, nil).Source.Translate(t.Context(), raw("order.updated", order.Body()))
	checkFault(t, err, fault.Invalid, fault.Value, "gift_cards")
}

func TestI2ADepositAndTheRestAreTwoPayments(t *testing.T) {
	t.Parallel()
	deposited := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	meta := func(depositPaid, restPaid string) map[string]any {
		return map[string]any{
			"_wc_deposits_order_has_deposit": "yes", "_wc_deposits_deposit_amount": "20", "_wc_deposits_second_payment": 43.17,
			"_wc_deposits_deposit_paid": depositPaid, "_wc_deposits_second_payment_paid": restPaid,
			"_wc_deposits_deposit_payment_time": strconv.FormatInt(deposited.Unix(), 10),
		}
	}
	lines := " 63.17 USD, product 3×CUP, product 1×PLATE"
	const deposit, rest = "payment.captured 1001-deposit card 20.00 USD", "payment.captured 1001-balance card 43.17 USD"
	statuses := map[string]string{"WOOCOMMERCE_STATUSES": "partially-paid=open"}
	for name, tc := range map[string]struct {
		change func(*woocommercetest.Order)
		want   []string
	}{
		"nothing paid": {func(o *woocommercetest.Order) {
			o.Status, o.Paid, o.Meta = "pending", time.Time{}, meta("no", "no")
		}, []string{"order.changed open pending" + lines}},
		"the deposit": {func(o *woocommercetest.Order) {
			o.Status, o.Paid, o.Meta = "partially-paid", time.Time{}, meta("yes", "no")
		}, []string{"order.changed open partially_paid" + lines, deposit}},
		"an old version reports the rest as the total": {func(o *woocommercetest.Order) {
			o.Status, o.Meta, o.Members = "partially-paid", meta("yes", "no"), map[string]any{"total": "43.17"}
		}, []string{"order.changed open partially_paid" + lines, deposit}},
		"both": {func(o *woocommercetest.Order) { o.Meta = meta("yes", "yes") }, []string{"order.changed open paid" + lines, deposit, rest}},
	} {
		order := twoLines()
		tc.change(&order)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkBooks(t, translated(t, order, statuses), tc.want)
		})
		translation := mustTranslate(t, mustOpen(t, statuses).Source, "order.updated", order.Body())
		for _, e := range translation.Events {
			if payment, ok := e.Body.(*canonical.Payment); ok && payment.ID == "1001-deposit" && !payment.At.Equal(deposited) {
				t.Errorf("%s: the deposit is of %v", name, payment.At)
			}
		}
	}
}

func TestI13FactsOfBusinessCustomersHaveAPlace(t *testing.T) {
	t.Parallel()
	order := twoLines()
	order.Buyer.Company = "Acme &amp; Sons"
	order.Meta = map[string]any{
		"_billing_po_number": "PO-77", "_payment_terms": "Net 30", "_wc_order_attribution_utm_source": "newsletter", "_rep": 7, "_other": "x",
		"_wc_order_attribution_source_type": "utm",
	}
	got := placed(t, mustOpen(t, map[string]string{"WOOCOMMERCE_TAGS": "_rep"}).Source, order.Body())
	if got.PurchaseOrder != "PO-77" || got.Company.Name != "Acme & Sons" || got.Terms.Name != "Net 30" || got.Channel != "checkout" {
		t.Errorf("%+v, company %+v, terms %+v", got, got.Company, got.Terms)
	}
	if len(got.Tags) != 3 || got.Tags[0] != "source_type:utm" || got.Tags[1] != "utm_source:newsletter" || got.Tags[2] != "_rep:7" {
		t.Errorf("tags %q", got.Tags)
	}
	order.Meta = map[string]any{"_own_po": "A-1", "po_number": "B-2"}
	got = placed(t, mustOpen(t, map[string]string{"WOOCOMMERCE_PURCHASE_ORDERS": "_own_po"}).Source, order.Body())
	if got.PurchaseOrder != "A-1" || got.Terms != nil {
		t.Errorf("the setting comes first: %q", got.PurchaseOrder)
	}
}

func TestA10ThePointOfSaleIsKnown(t *testing.T) {
	t.Parallel()
	order := twoLines()
	order.Status, order.Gateway = "completed", "pos_cash"
	order.Members = map[string]any{"created_via": "pos-rest-api"}
	translation := mustTranslate(t, mustOpen(t, nil).Source, "order.created", order.Body())
	got, ok := orderEvent(t, translation).Body.(*canonical.Order)
	payment, paid := event(translation, canonical.PaymentCaptured).Body.(*canonical.Payment)
	if !ok || got.Channel != "pos" || !got.Fulfilled || !paid || payment.Method != canonical.Cash {
		t.Errorf("%+v, %+v", got, payment)
	}
}

func TestHTMLEntitiesAreDecodedOnce(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"Salt &amp; Pepper":            "Salt & Pepper",
		"&amp;amp;":                    "&amp;",
		"O&#039;Brien &#8211;":         "O'Brien –",
		"&lt;b&gt; &quot;&Uuml;&quot;": "<b> \"Ü\"",
		"AT&T; R&D":                    "AT&T; R&D",
		"a&copy=1; b":                  "a&copy=1; b",
		"M&S":                          "M&S",
		"&;&amp":                       "&;&amp",
		"&#7;bell":                     "bell",
		"&nonesuch;":                   "&nonesuch;",
	} {
		order := twoLines()
		order.Buyer.Line1, order.Lines[0].Name = sent, sent
		got := placed(t, mustOpen(t, nil).Source, order.Body())
		if got.Billing.Line1.String() != want || got.Lines[0].Title != want {
			t.Errorf("%q became %q and %q, want %q", sent, got.Billing.Line1, got.Lines[0].Title, want)
		}
	}
}
