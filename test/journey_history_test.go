package test_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
)

// histories is how many histories of each store are played.
var histories = flag.Uint64("histories", 8, "generated order histories per store")

// historyItems are the items that the generated orders have.
func historyItems() (items []string) {
	for i := range 20 {
		items = append(items, "SKU-"+strconv.Itoa(i))
	}
	return items
}

// TestBooksOfAnyHistoryAtTheERPAreTheStoresOwn plays generated histories of an order through the
// whole chain. Their states are delivered shuffled and doubled, some are lost, and the poll finds
// the last one. In the end goods owed, money received and money returned at the ERP equal the
// store's own, to the minor unit.
func TestBooksOfAnyHistoryAtTheERPAreTheStoresOwn(t *testing.T) {
	t.Parallel()
	for seed := range *histories {
		t.Run(fmt.Sprint("shopify ", seed), func(t *testing.T) {
			t.Parallel()
			journey(t, setup{items: historyItems(), memory: true}, func(w *world) { shopifyHistory(w, seed) })
		})
		t.Run(fmt.Sprint("woocommerce ", seed), func(t *testing.T) {
			t.Parallel()
			journey(t, setup{items: historyItems(), memory: true}, func(w *world) { wooHistory(w, seed) })
		})
	}
}

// shopifyHistory returns the check of the ERP's books, which holds when it returns.
func shopifyHistory(w *world, seed uint64) (check func()) {
	random := rand.New(rand.NewPCG(seed, 12))
	h := shopifytest.NewHistory(int64(1000+seed), random)
	id := strconv.FormatInt(h.ID, 10)
	w.shop.Pay(id, h.Transactions()...)
	states, known := [][]byte{h.Body()}, len(h.Transactions())
	w.shop.Put(states[0])
	if random.IntN(3) > 0 {
		w.ingestOK(w.shopify("orders/create", states[0]))
		w.pass(time.Minute)
	}
	for range random.IntN(12) {
		h.Step()
		states = append(states, h.Body())
	}
	w.shop.Pay(id, h.Transactions()[known:]...)
	w.shop.Put(states[len(states)-1])
	w.pass(13 * time.Hour)
	late := append([][]byte{}, states...)
	random.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	for i, state := range late[:random.IntN(len(late)+1)] {
		for n := range 1 + random.IntN(2) {
			d := shopifytest.Delivery{Topic: "orders/updated", Body: state, WebhookID: fmt.Sprint(i, "-", n)}
			w.ingestOK(w.deliver(d))
			w.pass(time.Duration(random.IntN(90)) * time.Second)
		}
	}
	w.poll("shopify")
	w.pass(2 * time.Hour)
	check = func() {
		w.Helper()
		w.historyBooks("shopify", id, h.Currency(), historySums{owed: h.Owed(), received: h.Received(), returned: h.Returned(), cancelled: h.Canceled()})
	}
	check()
	return check
}

// wooHistory has every second completed order be invoiced when it is completed: what goes back
// later is credited.
func wooHistory(w *world, seed uint64) (check func()) {
	random := rand.New(rand.NewPCG(seed, 12))
	h := woocommercetest.NewHistory(w.wooStore, time.Now(), random)
	w.wooStore.Now = h.Now
	var completed []byte
	for range 4 + random.IntN(9) {
		h.Step()
		if completed == nil && !h.Order.Completed.IsZero() {
			completed = h.Order.Body()
		}
	}
	w.wooStore.Now = time.Now
	w.pass(time.Hour)
	invoiced := completed != nil && seed%2 == 0
	if invoiced {
		w.ingestOK(w.woo("order.updated", completed))
		w.pass(10 * time.Minute)
		if _, err := w.erp.Invoice(w.order("woocommerce", "1001").ExternalID); err != nil {
			w.Fatal(err)
		}
	}
	random.Shuffle(len(h.Sent), func(i, j int) { h.Sent[i], h.Sent[j] = h.Sent[j], h.Sent[i] })
	for i, d := range h.Sent {
		header := woocommercetest.Header(d.Topic, d.Body)
		header.Set("X-WC-Webhook-Delivery-ID", strconv.Itoa(i))
		w.ingestOK(w.post("woocommerce", header, d.Body))
		w.pass(time.Duration(random.IntN(90)) * time.Second)
	}
	w.poll("woocommerce")
	w.pass(2 * time.Hour)
	sums := historySums{owed: h.Owed(), received: h.Received(), returned: h.Returned(), cancelled: h.Order.Status == "cancelled" && !invoiced}
	for _, refund := range h.Order.Returned {
		if invoiced && !h.Unfulfilled(refund) {
			sums.credited += refund.Amount
		}
	}
	check = func() {
		w.Helper()
		w.historyBooks("woocommerce", "1001", h.Order.Currency, sums)
	}
	check()
	return check
}

// historySums are an order's own books, in minor units. A cancelled order owes nothing more.
type historySums struct {
	owed, received, returned, credited int64
	cancelled                          bool
}

// historyBooks fails unless the ERP's books of the order are these. A cancelled order that was
// never paid need not be there.
func (w *world) historyBooks(system, id, currency string, want historySums) {
	w.Helper()
	var got historySums
	minor := func(text string) int64 {
		amount, err := canonical.ParseMoney(historyDecimal(text, currency), currency)
		if err != nil {
			w.Fatal(err)
		}
		return amount.Minor
	}
	booked := w.ordersOf(system, id)
	if len(booked) == 0 && want.cancelled && want.received == 0 && strings.Contains(w.story(), "cancelled before anything was paid") {
		return
	}
	order := w.order(system, id)
	got.owed, got.cancelled = minor(order.Total), order.Status == "closed"
	if want.cancelled {
		got.owed = want.owed // as it was when it was closed
	}
	for _, d := range w.erp.Deposits() {
		got.received += minor(d.Amount)
	}
	for _, p := range w.erp.Payouts() {
		got.returned += minor(p.Total)
	}
	for _, c := range w.erp.CreditMemos() {
		got.credited += minor(c.Total)
	}
	if got != want || len(w.erp.Duplicates()) > 0 {
		w.Errorf("the ERP has %+v, the store %+v\n%s", got, want, w.story())
	}
}

// historyDecimal drops zeros that the currency has no decimals for.
func historyDecimal(text, currency string) string {
	whole, fraction, _ := strings.Cut(text, ".")
	exponent, _ := canonical.Exponent(currency)
	for len(fraction) > int(exponent) && strings.HasSuffix(fraction, "0") {
		fraction = strings.TrimSuffix(fraction, "0")
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
