package test_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
)

// sampleOrder is the id of the order in the published sample.
const sampleOrder = "820982911946154508"

func TestA1TheSameWebhookTwiceIsOneOrder(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		body := shopifytest.Sample()
		for range 2 {
			if status := w.shopify("orders/create", body); status != 200 {
				t.Fatalf("the shop was told %d", status)
			}
		}
		if status := w.shopify("orders/paid", body); status != 200 {
			t.Fatalf("the second topic of the action was told %d", status)
		}
		w.pass(time.Minute)
		if order := w.order("shopify", sampleOrder); order.Total != "179.65" {
			t.Errorf("total %s", order.Total)
		}
		if n := len(w.erp.Deposits()); n != 1 {
			t.Errorf("%d deposits, want 1: the second topic must pass, once", n)
		}
	})
}

func TestA1AnActionToldAgainWritesNothingAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again      func(*shopifytest.Delivery)
		duplicates int // a delivery that is known ends in the inbox, one that is not with each of its events
	}{
		"same webhook id":                         {func(*shopifytest.Delivery) {}, 1},
		"same webhook id, triggered anew":         {func(d *shopifytest.Delivery) { d.TriggeredAt = shopifytest.Start.Add(time.Hour) }, 1},
		"same event id and topic, new webhook id": {func(d *shopifytest.Delivery) { d.EventID, d.WebhookID = "e-1", "w-2" }, 3},
		"new ids for the same content":            {func(d *shopifytest.Delivery) { d.EventID, d.WebhookID = "e-2", "w-2" }, 3},
	} {
		for when, pause := range map[string]time.Duration{"at once": 0, "an hour later": time.Hour} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					d := shopifytest.Delivery{Topic: "orders/create", Body: ingestSale(42, 0, 3).Body(), EventID: "e-1", WebhookID: "w-1"}
					w.ingestOK(w.deliver(d))
					w.pass(pause)
					c.again(&d)
					w.ingestOK(w.deliver(d))
					w.pass(time.Minute)
					w.ingestWrittenOnce("shopify", "42")
					if n := w.ingestDuplicates(); n != c.duplicates {
						t.Errorf("%d duplicates in the ledger, want %d\n%s", n, c.duplicates, w.story())
					}
				})
			})
		}
	}
}

func TestA1TwoTopicsOfOneActionBothPass(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		placed := ingestSale(42, 0, 3)
		placed.Financial = "pending"
		w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/create", Body: placed.Body(), EventID: "e-1"}))
		w.shop.Pay("42", erpTender(1, "SALE", "SUCCESS", "shopify_payments", 3000))
		paid := shopifytest.Delivery{Topic: "orders/paid", Body: ingestSale(42, 0, 3).Body(), EventID: "e-1", TriggeredAt: shopifytest.Start.Add(time.Millisecond)}
		w.ingestOK(w.deliver(paid))
		w.pass(time.Minute)
		if order := w.order("shopify", "42"); order.Status != "B" || len(w.erp.Deposits()) != 1 {
			t.Errorf("status %q and %d deposits: the second topic did not pass\n%s", order.Status, len(w.erp.Deposits()), w.story())
		}
	})
}

func TestA1AWooCommerceDeliveryIsNamedByItsContent(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		send := func(delivery string, body []byte) {
			header := woocommercetest.Header("order.created", body)
			header.Set("X-WC-Webhook-Delivery-ID", delivery)
			w.ingestOK(w.post("woocommerce", header, body))
		}
		first, second := ingestWooSale(42, 0, 1).Body(), ingestWooSale(43, 0, 1).Body()
		send("one", first)
		send("one", second) // the store's delivery id is not unique
		w.pass(time.Minute)
		send("one", first)
		send("two", first)
		w.pass(time.Minute)
		w.ingestWrittenOnce("woocommerce", "42")
		w.ingestWrittenOnce("woocommerce", "43")
		if n := w.ingestDuplicates(); n != 2 {
			t.Errorf("%d duplicates in the ledger, want 2\n%s", n, w.story())
		}
	})
}

func TestA1AWebhookAndAPartnerEventOfOneDeliveryAreOne(t *testing.T) {
	t.Parallel()
	for name, partnerFirst := range map[string]bool{"webhook first": false, "partner event first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				d := shopifytest.Delivery{Topic: "orders/create", Body: ingestSale(42, 0, 3).Body()}
				ways := []func(){func() { w.ingestOK(w.deliver(d)) }, func() { w.ingestPartner(d) }}
				if partnerFirst {
					ways[0], ways[1] = ways[1], ways[0]
				}
				for _, way := range ways {
					way()
					w.pass(time.Minute)
				}
				w.ingestWrittenOnce("shopify", "42")
				if n := w.ingestDuplicates(); n != 1 {
					t.Errorf("%d duplicates in the ledger, want 1\n%s", n, w.story())
				}
			})
		})
	}
}

func TestA2CopiesThatArriveAtOnceAreOneOrder(t *testing.T) {
	t.Parallel()
	for name, copies := range map[string]int{"two": 2, "thirty": 30} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				w.ingestRunTwo(1)
				w.ingestFlood(copies, shopifytest.Delivery{Topic: "orders/create", Body: ingestSale(42, 0, 3).Body()})
				w.pass(time.Minute)
				w.ingestWrittenOnce("shopify", "42")
				// Each copy is one line of the ledger, and each of the three events if two engines
				// translated it at once.
				if n := w.ingestDuplicates(); n < copies-1 || n > copies+2 {
					t.Errorf("%d duplicates of %d copies in the ledger\n%s", n, copies, w.story())
				}
			})
		})
	}
}

// TestA2TheCopyWaitsForTheOneThatWrites holds the first write at the ERP, so that every
// copy on the route's queue is looked at while the order is being written.
func TestA2TheCopyWaitsForTheOneThatWrites(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{"customer": "customer", "order": "salesOrder", "deposit": "customerDeposit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				gate := make(chan struct{})
				w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "/" + record + "/", Do: netsuitetest.Slow(gate)})
				w.ingestRunTwo(4)
				w.ingestFlood(3, shopifytest.Delivery{Topic: "orders/create", Body: ingestSale(42, 0, 3).Body()})
				w.pass(20 * time.Second)
				if n := w.ingestPuts(record); n != 1 {
					t.Errorf("%d writes began while the first was under way", n)
				}
				close(gate)
				w.pass(time.Minute)
				w.ingestWrittenOnce("shopify", "42")
				if got := w.ends("shopify", "order", "42"); strings.Count(strings.Join(got, ","), "confirmed") != 1 {
					t.Errorf("the copies ended as %q", got)
				}
			})
		})
	}
}

// ingestFlood posts the delivery as often as said, all at once.
func (w *world) ingestFlood(copies int, d shopifytest.Delivery) {
	w.Helper()
	errs := make([]error, copies)
	var senders sync.WaitGroup
	for i := range copies {
		senders.Go(func() { errs[i] = w.ingestSend(d) })
	}
	senders.Wait()
	if err := errors.Join(errs...); err != nil {
		w.Fatal(err)
	}
}

// ingestSend is what a goroutine that is not the test's own may call.
func (w *world) ingestSend(d shopifytest.Delivery) error {
	request, err := d.Sign(w.Context(), "http://"+doorAddress+"/hooks/shopify")
	if err != nil {
		return err
	}
	response, err := w.sender.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New("the shop was told " + response.Status)
	}
	return response.Body.Close()
}

// ingestDuplicates counts what the ledger says was known already.
func (w *world) ingestDuplicates() int {
	w.Helper()
	n := 0
	for _, e := range w.entries(port.Skipped) {
		if strings.HasPrefix(e.Outcome, "duplicate: ") {
			n++
		}
	}
	return n
}
