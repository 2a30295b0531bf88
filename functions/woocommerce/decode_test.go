package woocommerce_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func TestTopicAndStateDecideTheEvents(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		topic   string
		changes map[string]any
		want    string
	}{
		"created":                  {"order.created", nil, "customer.upserted order.placed payment.captured"},
		"created, unpaid":          {"order.created", unpaid, "customer.upserted order.placed"},
		"created, paid local only": {"order.created", map[string]any{"date_paid_gmt": absent}, "customer.upserted order.placed payment.captured"},
		"created and cancelled":    {"order.created", map[string]any{"status": "cancelled"}, "customer.upserted order.cancelled payment.captured"},
		"updated":                  {"order.updated", nil, "customer.upserted order.changed payment.captured"},
		"restored":                 {"order.restored", nil, "customer.upserted order.changed payment.captured"},
		"updated and cancelled":    {"order.updated", map[string]any{"status": "cancelled"}, "customer.upserted order.cancelled payment.captured"},
		"updated into the trash":   {"order.updated", map[string]any{"status": "trash"}, "customer.upserted order.cancelled payment.captured"},
		"updated to failed":        {"order.updated", map[string]any{"status": "failed"}, "customer.upserted order.changed payment.captured"},
		"guest":                    {"order.created", map[string]any{"customer_id": 0}, "customer.upserted order.placed payment.captured"},
		"nobody": {
			"order.created",
			map[string]any{"customer_id": 0, "billing": map[string]any{"email": ""}},
			"order.placed payment.captured",
		},
		"no addresses": {"order.created", map[string]any{"billing": absent, "shipping": absent}, "customer.upserted order.placed payment.captured"},
		"of nothing": {
			"order.created",
			map[string]any{"line_items": []any{}, "shipping_lines": []any{}, "total": "0.00", "total_tax": "0.00"},
			"customer.upserted order.placed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			translation := mustTranslate(t, source, tc.topic, mustEdit(t, recordedOrder(t), tc.changes))
			if got := types(translation); got != tc.want {
				t.Errorf("events are %s, want %s", got, tc.want)
			}
			for _, e := range translation.Events {
				if err := canonical.Validate(e.Body); err != nil {
					t.Errorf("%s: %v", e.Type, err)
				}
			}
		})
	}
}

var unpaid = map[string]any{"date_paid": nil, "date_paid_gmt": nil}

func TestSkippedDeliveriesSayWhy(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct{ topic, body, want string }{
		"customer deleted": {"customer.deleted", `{"id":"7"}`, "customer 7 was deleted"},
		"gone order":       {"order.updated", `{"code":"woocommerce_rest_shop_order_invalid_id","message":"x","data":{"status":404}}`, "order deleted before it was sent"},
		"gone customer":    {"customer.updated", `{"code":"wc_user_invalid_id","message":"x","data":{"status":404}}`, "customer deleted before it was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			translation := mustTranslate(t, source, tc.topic, []byte(tc.body))
			if !strings.HasPrefix(translation.Skip, tc.want) || len(translation.Events) > 0 {
				t.Errorf("translation is %+v, want %q", translation, tc.want)
			}
		})
	}
}

func TestA10DraftsArePassedOnAsDrafts(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for _, status := range []string{"checkout-draft", "auto-draft"} {
		body := mustEdit(t, recordedOrder(t), map[string]any{"status": status})
		order := placed(t, source, body)
		if order.Status != canonical.OrderDraft {
			t.Errorf("%s became %q", status, order.Status)
		}
	}
}

func TestBadInput24UnknownTopicsAreKept(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for _, topic := range []string{"product.updated", "product.created", "coupon.created", "action.woocommerce_add_to_cart", "ORDER.CREATED", ""} {
		_, err := source.Translate(t.Context(), raw(topic, recordedOrder(t)))
		checkFault(t, err, fault.Invalid, fault.Schema, "topic")
	}
}

func TestEveryStatusHasItsMeaning(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for status, tc := range map[string]struct {
		status       canonical.OrderStatus
		paid, unpaid canonical.FinancialState
	}{
		"pending":    {canonical.OrderOpen, canonical.Paid, canonical.Pending},
		"on-hold":    {canonical.OrderOpen, canonical.Paid, canonical.Pending},
		"processing": {canonical.OrderOpen, canonical.Paid, canonical.Pending},
		"failed":     {canonical.OrderOpen, canonical.Paid, canonical.Pending},
		"completed":  {canonical.OrderClosed, canonical.Paid, canonical.Pending},
		"refunded":   {canonical.OrderClosed, canonical.Refunded, canonical.Refunded},
		"cancelled":  {canonical.OrderCancelled, canonical.Paid, canonical.Voided},
		"trash":      {canonical.OrderCancelled, canonical.Paid, canonical.Voided},
	} {
		body := mustEdit(t, recordedOrder(t), map[string]any{"status": status})
		for financial, sent := range map[canonical.FinancialState][]byte{tc.paid: body, tc.unpaid: mustEdit(t, body, unpaid)} {
			order := placed(t, source, sent)
			if order.Status != tc.status || order.Financial != financial || order.Fulfillment != status {
				t.Errorf("%s: %s, %s; want %s, %s", status, order.Status, order.Financial, tc.status, financial)
			}
			if order.Fulfilled != (status == "completed") || (order.CancelledAt != nil) != (tc.status == canonical.OrderCancelled) {
				t.Errorf("%s: fulfilled %v, cancelled at %v", status, order.Fulfilled, order.CancelledAt)
			}
		}
	}
}

// placed returns the order of an order.created delivery, in any status.
func placed(t testing.TB, source connector.Source, body []byte) *canonical.Order {
	t.Helper()
	found := orderEvent(t, mustTranslate(t, source, "order.created", body))
	order, ok := found.Body.(*canonical.Order)
	if !ok {
		t.Fatalf("the body is a %T", found.Body)
	}
	return order
}

func TestTimesAreReadInUTCFirst(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, map[string]string{"WOOCOMMERCE_TIMEZONE": "America/New_York"}).Source
	for name, tc := range map[string]struct {
		changes map[string]any
		want    string
		note    string
	}{
		"both":              {nil, "2026-11-22T21:08:15Z", ""},
		"local alone":       {map[string]any{"date_created_gmt": absent}, "2026-11-22T16:08:15-05:00", ""},
		"UTC is null":       {map[string]any{"date_created_gmt": nil}, "2026-11-22T16:08:15-05:00", ""},
		"62 in the gap":     {map[string]any{"date_created_gmt": nil, "date_created": "2026-03-08T02:30:00"}, "2026-03-08T03:30:00-04:00", "date_created"},
		"62 in the overlap": {map[string]any{"date_created_gmt": nil, "date_created": "2026-11-01T01:30:00"}, "2026-11-01T01:30:00-04:00", "date_created"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := event(mustTranslate(t, source, "order.created", mustEdit(t, recordedOrder(t), tc.changes)), canonical.OrderPlaced)
			if got := found.At.Format(time.RFC3339); got != tc.want {
				t.Errorf("placed at %s, want %s", got, tc.want)
			}
			if (tc.note == "") != (len(found.Notes) == 0) || tc.note != "" && found.Notes[0].Field != tc.note {
				t.Errorf("notes are %v, want one of %q", found.Notes, tc.note)
			}
		})
	}
}

func TestAMissingDateIsNamed(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for _, member := range []string{"date_created", "date_modified"} {
		body := mustEdit(t, recordedOrder(t), map[string]any{member: nil, member + "_gmt": nil})
		_, err := source.Translate(t.Context(), raw("order.updated", body))
		checkFault(t, err, fault.Invalid, fault.Schema, member+"_gmt")
	}
}

func TestPaymentsNameTheirTender(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, map[string]string{"WOOCOMMERCE_TEST_GATEWAYS": "bogus,cod"}).Source
	for gateway, tc := range map[string]struct {
		method canonical.PaymentMethod
		test   bool
	}{
		"stripe": {canonical.Card, false}, "bogus": {canonical.Card, true}, "cod": {canonical.Cash, true},
		"bacs": {canonical.Bank, false}, "cheque": {canonical.Bank, false}, "": {canonical.OtherPayment, false},
	} {
		translation := mustTranslate(t, source, "order.updated", mustEdit(t, recordedOrder(t), map[string]any{"payment_method": gateway}))
		payment, ok := event(translation, canonical.PaymentCaptured).Body.(*canonical.Payment)
		if !ok || payment.Method != tc.method || payment.Test != tc.test || payment.Gateway != gateway || payment.Reference != "pi_3TestIntent" {
			t.Errorf("%q: payment is %+v, want %+v", gateway, payment, tc)
		}
		order, ok := event(translation, canonical.OrderChanged).Body.(*canonical.Order)
		if !ok || order.Test != tc.test {
			t.Errorf("68 %q: test is %v, want %v", gateway, order.Test, tc.test)
		}
	}
}

func TestTheSameOrderNumberOfTwoStoresStaysApart(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	here := raw("order.created", recordedOrder(t))
	there := raw("order.created", recordedOrder(t))
	there.Tenant = "shop.example/eu"
	first, errHere := source.Translate(t.Context(), here)
	second, errThere := source.Translate(t.Context(), there)
	if errHere != nil || errThere != nil {
		t.Fatal(errHere, errThere)
	}
	for i := range first.Events {
		if first.Events[i].Entity.String() == second.Events[i].Entity.String() {
			t.Errorf("B13: both stores have %s", first.Events[i].Entity)
		}
	}
}
