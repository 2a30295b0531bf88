package test_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
)

const recordedDeliveries = "../functions/woocommerce/testdata/recorded-10.9/"

// recordedHeader returns the headers of a delivery as they were received.
func recordedHeader(t *testing.T, name string) http.Header {
	t.Helper()
	fields, err := os.ReadFile(recordedDeliveries + name + ".headers")
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for line := range bytes.Lines(fields) {
		if field, value, found := strings.Cut(strings.TrimSpace(string(line)), ": "); found && field != "Content-Length" && field != "Host" {
			header.Add(field, value)
		}
	}
	return header
}

// TestRecordedDeliveriesOfWooCommerceAreBooked sends each delivery that was recorded from
// WooCommerce 10.9.1 through the door, under its own signature, and reads the ERP's books.
func TestRecordedDeliveriesOfWooCommerceAreBooked(t *testing.T) {
	t.Parallel()
	booked := map[string]string{
		"43": "48.28", "44": "96.20", "47": "92.57", "49": "6.05", "52": "113.32", "53": "36.23", "58": "57.64", "59": "137.22", "64": "28.38",
		"80": "24.14", "269": "73", "272": "138.60", "294": "242.15", "112": "24.14", "132": "24.14", "306": "102.19",
		"114": "24.14", "153": "150.47", // less the piece that was refunded before it left
	}
	left := map[string]string{ // out of the ERP, with the reason in the ledger
		"113": "cancelled before anything was paid", "118": "draft order, not placed yet", "642": "",
	}
	names, err := filepath.Glob(recordedDeliveries + "*.body")
	if err != nil || len(names) == 0 {
		t.Fatalf("no recorded deliveries: %v", err)
	}
	items := []string{"SKU-00001", "SKU-00002", "SKU-00003", "SKU-00004", "SKU-00008", "SKU-00012", "SKU-00013", "SKU-00014", "SKU-00015", "SKU-00016"}
	journey(t, setup{items: items, memory: true, settings: map[string]string{"WOOCOMMERCE_WEBHOOK_SECRETS": "s3cret-of-the-hooks"}}, func(w *world) {
		for _, path := range names {
			name := strings.TrimSuffix(filepath.Base(path), ".body")
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "30-") {
				w.wooStore.PutBody(body)
				w.wooStore.SetRefunds(153, []byte(recordedRefund))
			}
			if strings.HasPrefix(name, "38-") {
				unpaid := woocommercetest.NewOrder(642, 1)
				unpaid.Paid = time.Time{}
				w.wooStore.Put(unpaid)
				w.wooStore.Trash(642)
			}
			w.ingestOK(w.post("woocommerce", recordedHeader(t, name), body))
		}
		w.pass(2 * time.Minute)
		for id, total := range booked {
			if got := w.order("woocommerce", id); got.Total != total {
				t.Errorf("order %s: the ERP has %s, want %s", id, got.Total, total)
			}
		}
		for id := range left {
			w.noOrder(id)
		}
		var reasons []string
		for _, stage := range []port.Stage{port.Skipped, port.Dead, port.Deferred} {
			for _, e := range w.entries(stage) {
				reasons = append(reasons, e.Outcome)
				if e.Error != nil {
					reasons = append(reasons, e.Error.Message)
				}
			}
		}
		said := strings.Join(reasons, "\n")
		for _, reason := range []string{
			left["113"], left["118"], "order deleted before it was sent", "customer deleted before it was sent", "the store sends webhooks within the request of the checkout",
			"the webhook's owner may not read orders: repair it", `WOOCOMMERCE_STATUSES: has no entry for the order status "in-atelier"`,
		} {
			if !strings.Contains(said, reason) {
				t.Errorf("the ledger does not say %q", reason)
			}
		}
	})
}

// recordedRefund is the refund of order 153, of which the recording has the summary alone.
const recordedRefund = `[{"id":154,"date_created_gmt":"2026-11-28T21:49:11","amount":"24.14","reason":"","refunded_payment":false,
 "line_items":[{"id":271,"quantity":-1,"total":"-19.95","total_tax":"-4.19","sku":"TEE-BLK-M","meta_data":[{"id":1,"key":"_refunded_item_id","value":"267"}]}],
 "shipping_lines":[],"fee_lines":[]}]`

// TestI14AnOrderInTheTrashIsClosed and opened again when it is restored, by webhook, and by the poll
// if the webhook is lost.
func TestI14AnOrderInTheTrashIsClosed(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"by webhook": false, "by the poll": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{memory: true}, func(w *world) {
				sent := 0
				deliver := func(topic string, body []byte) {
					if !lost {
						header := woocommercetest.Header(topic, body)
						sent++ // WooCommerce makes the id of the webhook and the second
						header.Set("X-WC-Webhook-Delivery-ID", strconv.Itoa(sent))
						w.ingestOK(w.post("woocommerce", header, body))
					}
					w.pass(3 * time.Minute)
					if lost {
						w.poll("woocommerce")
						w.pass(time.Minute)
					}
				}
				order := woocommercetest.NewOrder(42, 1)
				order.Lines[0].SKU = "TEE-BLK-M"
				order.Created, order.Modified, order.Paid = time.Now().Add(-time.Minute), time.Now(), time.Now()
				w.wooStore.Put(order)
				deliver("order.created", order.Body())
				for _, step := range []struct {
					topic, status string
					change        func(int64) []byte
				}{{"order.deleted", "closed", w.wooStore.Trash}, {"order.restored", "B", w.wooStore.Restore}, {"order.deleted", "closed", w.wooStore.Trash}} {
					w.pass(time.Minute)
					deliver(step.topic, step.change(42))
					if got := w.order("woocommerce", "42").Status; got != step.status {
						t.Errorf("after %s the ERP's order is %q, want %q", step.topic, got, step.status)
					}
				}
			})
		})
	}
}

// TestI10AStatusOfAPluginWaitsUntilItIsMapped, and goes on by itself then.
func TestI10AStatusOfAPluginWaitsUntilItIsMapped(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		order := woocommercetest.NewOrder(42, 1)
		order.Lines[0].SKU, order.Status = "TEE-BLK-M", "ready-pickup"
		w.ingestOK(w.woo("order.created", order.Body()))
		w.pass(time.Minute)
		w.noOrder("42")
		waits := w.entries(port.Deferred)
		if len(waits) == 0 || !strings.Contains(waits[0].Error.Message, "WOOCOMMERCE_STATUSES") || len(w.entries(port.Dead)) > 0 {
			t.Fatalf("it does not wait for the setting: %+v", waits)
		}
		w.restart(setup{settings: map[string]string{"WOOCOMMERCE_STATUSES": "ready-pickup=open"}})
		w.pass(3 * time.Hour)
		if got := w.order("woocommerce", "42"); got.Status != "B" {
			t.Errorf("the ERP's order is %q", got.Status)
		}
	})
}
