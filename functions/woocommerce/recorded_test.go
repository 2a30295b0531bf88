package woocommerce_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

const recordedSecret = "s3cret-of-the-hooks"

// refund154 is the refund of the recorded order 153: one of three pieces of its first line.
const refund154 = `[{"id":154,"date_created":"2026-11-28T22:49:11","date_created_gmt":"2026-11-28T21:49:11","amount":"24.14","reason":"",
 "refunded_by":1,"refunded_payment":false,"meta_data":[],"line_items":[{"id":271,"name":"Black tee","product_id":10,"variation_id":0,
 "quantity":-1,"tax_class":"","subtotal":"-19.95","subtotal_tax":"-4.19","total":"-19.95","total_tax":"-4.19","taxes":[],
 "meta_data":[{"id":1,"key":"_refunded_item_id","value":"267"}],"sku":"TEE-BLK-M","price":19.95}],
 "shipping_lines":[],"tax_lines":[],"fee_lines":[]}]`

// mustOpenRecorded opens the connector of the store of which the deliveries were recorded.
func mustOpenRecorded(t testing.TB, changes map[string]string) connector.System {
	t.Helper()
	fake := woocommercetest.New()
	fake.PutBody(mustRead(t, "recorded-10.9", "30-order.updated-partly-refunded-by-line.body"))
	fake.SetRefunds(153, []byte(refund154))
	fake.Put(woocommercetest.NewOrder(642, 1))
	fake.Trash(642)
	settings := map[string]string{
		"WOOCOMMERCE_WEBHOOK_SECRETS": "shop.example=" + recordedSecret, "WOOCOMMERCE_TIMEZONE": "Europe/Amsterdam",
	}
	for key, value := range changes {
		settings[key] = value
	}
	return mustOpenWith(t, fake, settings)
}

// mustRecorded109 returns a delivery of recorded-10.9 as it was received.
func mustRecorded109(t testing.TB, name string) connector.Request {
	t.Helper()
	header := http.Header{}
	for line := range bytes.Lines(mustRead(t, "recorded-10.9", name+".headers")) {
		if field, value, found := strings.Cut(strings.TrimSpace(string(line)), ": "); found {
			header.Add(field, value)
		}
	}
	return connector.Request{Method: http.MethodPost, Header: header, Body: mustRead(t, "recorded-10.9", name+".body"), At: arrival}
}

func recordedNames(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/recorded-10.9/*.body")
	if err != nil || len(paths) != 35 {
		t.Fatalf("%d recorded deliveries: %v", len(paths), err)
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(path), ".body")
	}
	return paths
}

func TestEachDeliveryOf109BecomesItsApprovedEvents(t *testing.T) {
	t.Parallel()
	source := mustOpenRecorded(t, nil).Source
	for _, name := range recordedNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			received, err := source.Receive(t.Context(), mustRecorded109(t, name))
			if err != nil {
				t.Fatalf("Receive: %v", err)
			}
			want := filepath.Join("testdata", "recorded-10.9", name+".want.json")
			if received == nil {
				checkApproved(t, want, outcome{Skip: "the ping is answered with 200 and dropped"})
				return
			}
			translation, err := source.Translate(t.Context(), received)
			checkApproved(t, want, approve(translation, err))
			for _, e := range translation.Events {
				if err := canonical.Validate(e.Body); err != nil {
					t.Errorf("%s is invalid: %v", e.Type, err)
				}
			}
		})
	}
}

// TestI10AnOwnStatusMeansWhatTheSettingSays takes the recorded order in the status "in-atelier".
func TestI10AnOwnStatusMeansWhatTheSettingSays(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]struct {
		status    canonical.OrderStatus
		financial canonical.FinancialState
		fulfilled bool
		kinds     string
	}{
		"in-atelier=open":        {canonical.OrderOpen, canonical.Pending, false, "order.placed"},
		"wc-in-atelier=closed":   {canonical.OrderClosed, canonical.Pending, true, "order.placed"},
		"a=open,in-atelier=paid": {canonical.OrderOpen, canonical.Paid, false, "order.placed payment.captured"},
		"in-atelier=cancelled":   {canonical.OrderCancelled, canonical.Voided, false, "order.cancelled"},
	} {
		source := mustOpenRecorded(t, map[string]string{"WOOCOMMERCE_STATUSES": setting}).Source
		translation := mustTranslate(t, source, "order.created", mustRecorded109(t, "23-order.created-custom-status").Body)
		order, ok := orderEvent(t, translation).Body.(*canonical.Order)
		if !ok || order.Status != want.status || order.Financial != want.financial || order.Fulfilled != want.fulfilled {
			t.Errorf("%s: %+v", setting, order)
		}
		if got := types(translation); got != "customer.upserted "+want.kinds {
			t.Errorf("%s: events are %s", setting, got)
		}
	}
	ignoring := mustOpenRecorded(t, map[string]string{"WOOCOMMERCE_STATUSES": "in-atelier=ignore"}).Source
	skipped := mustTranslate(t, ignoring, "order.created", mustRecorded109(t, "23-order.created-custom-status").Body)
	if !strings.Contains(skipped.Skip, "in-atelier") || len(skipped.Events) > 0 {
		t.Errorf("ignored: %+v", skipped)
	}
}
