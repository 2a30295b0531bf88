package woocommerce_test

import (
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/fault"
)

const refundDeleted = "action.woocommerce_refund_deleted"

// TestADeletedRefundAsksAnOperator: every deletion is a dead letter that names the refund, under
// the name that the store gives it.
func TestADeletedRefundAsksAnOperator(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		body   []byte
		kind   fault.Kind
		class  fault.Class
		field  string
		detail string
	}{
		"by staff":               {woocommercetest.RefundDeleted(200), fault.Rejected, fault.Conflict, "arg", "(causeway trace woocommerce/shop.example/refund/200), then"},
		"by a plugin, as text":   {woocommercetest.RefundDeleted("200"), fault.Rejected, fault.Conflict, "arg", "deleted refund 200:"},
		"by a gateway's name":    {woocommercetest.RefundDeleted("re_3NqX8L2eZvKYlo2C1"), fault.Rejected, fault.Conflict, "arg", "names re_3NqX8L2eZvKYlo2C1: find it in the notes of the order"},
		"by anything else":       {woocommercetest.RefundDeleted("Ada <ada@shop.example>"), fault.Invalid, fault.Value, "arg", "is not the id of a refund"},
		"by a long name":         {woocommercetest.RefundDeleted(strings.Repeat("r", 65)), fault.Invalid, fault.Value, "arg", "is not the id of a refund"},
		"of nothing":             {[]byte(`{"action":"woocommerce_refund_deleted"}`), fault.Invalid, fault.Schema, "arg", "missing"},
		"of an object":           {woocommercetest.RefundDeleted(map[string]any{}), fault.Invalid, fault.Schema, "arg", ""},
		"the body of another":    {[]byte(`{"action":"woocommerce_new_order","arg":200}`), fault.Invalid, fault.Conflict, "action", "another kind"},
		"an order under its own": {woocommercetest.NewOrder(7, 1).Body(), fault.Invalid, fault.Schema, "action", "missing"},
	} {
		_, err := source.Translate(t.Context(), raw(refundDeleted, tc.body))
		checkFault(t, err, tc.kind, tc.class, tc.field)
		if !strings.Contains(err.Error(), tc.detail) || strings.Contains(err.Error(), "ada@") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestADeletedRefundIsReportedOncePerStore: a deletion that is delivered twice is one raw message,
// and one of another store is another.
func TestADeletedRefundIsReportedOncePerStore(t *testing.T) {
	t.Parallel()
	bound, shared := mustOpen(t, twoShops(ownSecrets)).Source, mustOpen(t, twoShops(woocommercetest.Secret)).Source
	body := woocommercetest.RefundDeleted(200)
	ids := map[string]bool{}
	for _, delivery := range []struct{ store, secret, id string }{
		{"https://shop.example", woocommercetest.Secret, "1"}, {"https://shop.example", woocommercetest.Secret, "2"}, {"https://b.example", "of-b", "1"},
	} {
		request := from(delivery.store, delivery.secret, refundDeleted, body)
		request.Header.Set("X-WC-Webhook-Delivery-ID", delivery.id)
		received, err := bound.Receive(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		ids[received.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("there are %d raw messages, want one for each store", len(ids))
	}
	for name, request := range map[string]struct{ store, secret string }{
		"unsigned": {"https://shop.example", ""}, "another store's secret": {"https://b.example", woocommercetest.Secret}, "an unknown store": {"https://evil.example", "of-b"},
	} {
		_, err := bound.Receive(t.Context(), from(request.store, request.secret, refundDeleted, body))
		if err == nil || fault.As(err).Kind != fault.Unauthentic {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The body names no store: where several share a secret, nothing shows whose refund it was.
	received, err := shared.Receive(t.Context(), from("https://b.example", woocommercetest.Secret, refundDeleted, body))
	if err != nil {
		t.Fatal(err)
	}
	_, err = shared.Translate(t.Context(), received)
	checkFault(t, err, fault.Invalid, fault.Conflict, "_links.self[0].href")
}
