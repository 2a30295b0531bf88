package test_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/port"
)

// ingestForgery is what may be wrong with a delivery that we cannot believe.
type ingestForgery struct {
	header func(http.Header)
	body   func([]byte) []byte
}

var ingestForgeries = map[string]ingestForgery{
	"no signature":         {header: func(h http.Header) { delete(h, ingestSignature(h)) }},
	"empty signature":      {header: func(h http.Header) { h.Set(ingestSignature(h), "") }},
	"signature of nothing": {header: func(h http.Header) { h.Set(ingestSignature(h), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") }},
	"no base64":            {header: func(h http.Header) { h.Set(ingestSignature(h), "!") }},
	"another secret": {header: func(h http.Header) {
		other := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample(), Secret: "not-ours"}
		h.Set(ingestSignature(h), other.Header().Get("X-Shopify-Hmac-Sha256"))
	}},
	"a changed amount": {body: func(b []byte) []byte { return bytes.Replace(b, []byte(`30.00`), []byte(`10.00`), 1) }},
	"one byte more":    {body: func(b []byte) []byte { return append(b, ' ') }},
	"another store":    {header: ingestStranger},
}

func ingestSignature(h http.Header) string {
	for name := range h {
		if strings.HasSuffix(name, "-Signature") || strings.HasSuffix(name, "-Sha256") {
			return name
		}
	}
	return "none"
}

// ingestStranger names a store that is none of ours; the signature covers the body only.
func ingestStranger(h http.Header) {
	for _, name := range []string{"X-Shopify-Shop-Domain", "X-WC-Webhook-Source"} {
		if h.Get(name) != "" {
			h.Set(name, strings.Replace(h.Get(name), "example", "stranger", 1))
		}
	}
}

// ingestGenuine is the delivery that is forged, and later sent as it should be.
func ingestGenuine(system string) (http.Header, []byte) {
	if system == "shopify" {
		body := ingestSale(42, 0, 3).Body()
		return shopifytest.Delivery{Topic: "orders/create", Body: body}.Header(), body
	}
	body := ingestWooSale(42, 0, 3).Body()
	return woocommercetest.Header("order.created", body), body
}

func TestA3WhatIsNotAuthenticIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		for name, forgery := range ingestForgeries {
			t.Run(system+" "+name, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					header, body := forgery.apply(ingestGenuine(system))
					if status := w.post(system, header, body); status != http.StatusUnauthorized {
						t.Fatalf("the sender was told %d, want 401", status)
					}
					w.pass(time.Minute)
					w.ingestNothingStored()
					header, body = ingestGenuine(system)
					w.ingestOK(w.post(system, header, body))
					w.pass(time.Minute)
					w.ingestWrittenOnce(system, "42")
				})
			})
		}
	}
}

func (f ingestForgery) apply(header http.Header, body []byte) (http.Header, []byte) {
	if f.header != nil {
		f.header(header)
	}
	if f.body != nil {
		body = f.body(slices.Clone(body))
	}
	return header, body
}

func TestA3EveryRefusalIsCounted(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		refused := map[string]int{}
		door := w.engine(w.config).Door(func(system, code string) { refused[system+" "+strconv.FormatBool(code != "")]++ })
		for system, forgeries := range map[string]int{"shopify": 2, "woocommerce": 3} {
			for range forgeries {
				header, body := ingestForgeries["no signature"].apply(ingestGenuine(system))
				request := httptest.NewRequestWithContext(w.Context(), http.MethodPost, "/hooks/"+system, bytes.NewReader(body))
				request.Header = header
				door.ServeHTTP(httptest.NewRecorder(), request)
			}
		}
		if want := map[string]int{"shopify true": 2, "woocommerce true": 3}; !maps.Equal(refused, want) {
			t.Errorf("counted %v, want %v", refused, want)
		}
	})
}

// ingestNothingStored fails if a queue, the ledger or the ERP holds anything.
func (w *world) ingestNothingStored() {
	w.Helper()
	found, err := w.store.Find(w.Context(), port.Query{})
	if err != nil || len(found) != 0 {
		w.Errorf("the ledger has %d entries: %v\n%s", len(found), err, w.story())
	}
	depths, err := w.store.Depths(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	for _, d := range depths {
		if d.Visible+d.InFlight+d.Deferred+d.Dead != 0 {
			w.Errorf("queue %s holds %+v", d.Queue, d)
		}
	}
	if calls := w.erp.Calls(); len(calls) != 0 {
		w.Errorf("the ERP was called: %q", calls)
	}
}

// ingestOutage is a way in which what stands behind the door is out of order, for how
// long; begin returns how it ends.
type ingestOutage struct {
	length time.Duration
	begin  func(*world) (end func())
}

var ingestOutages = map[string]ingestOutage{
	"the ERP is unplugged for minutes": {5 * time.Minute, ingestUnplug(erpAddress)},
	"the ERP is unplugged for an hour": {time.Hour, ingestUnplug(erpAddress)},
	"the ERP takes calls and never answers": {time.Hour, func(w *world) func() {
		gate := make(chan struct{})
		w.erp.Plan(netsuitetest.Fault{Times: 1 << 20, Do: netsuitetest.Slow(gate)})
		return func() { close(gate) }
	}},
	"the ERP answers with an error page": {20 * time.Minute, func(w *world) func() {
		up := make(chan struct{})
		w.erp.Plan(netsuitetest.Fault{Times: 1 << 20, Do: func(rw http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			select {
			case <-up:
				serve(rw, r)
			default:
				netsuitetest.Down()(rw, r, serve)
			}
		}})
		return func() { close(up) }
	}},
	"the store's own API is unplugged": {20 * time.Minute, ingestUnplug(shopAddress)},
	"nobody works on the queues": {24 * time.Hour, func(w *world) func() {
		w.stop()
		return func() { w.ingestRunTwo(1) }
	}},
}

func ingestUnplug(address string) func(*world) func() {
	return func(w *world) func() {
		w.net.unplug(address)
		return func() { w.net.plug(address) }
	}
}

func TestA4TheDoorAnswersWhileTheTargetIsDown(t *testing.T) {
	t.Parallel()
	for name, outage := range ingestOutages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				end := outage.begin(w)
				for id := range int64(6) {
					w.ingestQuickly("shopify", func() int { return w.shopify("orders/create", w.ingestSplit(100+id).Body()) })
					w.ingestQuickly("woocommerce", func() int { return w.woo("order.created", ingestWooSale(200+id, 0, 2).Body()) })
				}
				w.pass(outage.length)
				w.ingestNoneDead()
				end()
				// After an hour a message comes again within fourteen minutes, and what waits for
				// it within a quarter of what it waited then.
				w.pass(30 * time.Minute)
				for id := range int64(6) {
					w.ingestPaid("shopify", strconv.FormatInt(100+id, 10), "30.00", 2)
					w.ingestPaid("woocommerce", strconv.FormatInt(200+id, 10), "20.00", 1)
				}
				w.ingestNoneDead()
				if strings.Contains(w.log.String(), "level=ERROR") {
					t.Errorf("an outage is no error of ours\n%s", w.log.String())
				}
			})
		})
	}
}

// ingestQuickly fails unless the sender was told 200 within the time that stores wait.
func (w *world) ingestQuickly(system string, send func() int) {
	w.Helper()
	began := time.Now()
	w.ingestOK(send())
	if took := time.Since(began); took >= 5*time.Second {
		w.Errorf("%s waited %s for its answer", system, took)
	}
}

// ingestSplit is an order paid with a gift card and a card, whose payments the shop's
// API has to be asked for.
func (w *world) ingestSplit(id int64) shopifytest.Purchase {
	sale := ingestSale(id, 0, 3)
	sale.Gateways = []string{"gift_card", "shopify_payments"}
	for i, minor := range []int64{1000, 2000} {
		w.shop.Pay(strconv.FormatInt(id, 10), shopifytest.Transaction{
			ID: 10*id + int64(i), Kind: "SALE", Status: "SUCCESS", Gateway: sale.Gateways[i],
			Amount: canonical.Money{Minor: minor, Currency: "USD"}, At: shopifytest.Start.Add(time.Duration(i) * time.Second),
		})
	}
	return sale
}

// ingestPaid fails unless the order stands at the ERP with its total and its deposits.
func (w *world) ingestPaid(system, id, total string, deposits int) {
	w.Helper()
	order, found := w.order(system, id), 0
	for _, d := range w.erp.Deposits() {
		if d.Order == order.ID {
			found++
		}
	}
	if order.Total != total || found != deposits {
		w.Errorf("order %s has total %s and %d deposits, want %s and %d\n%s", id, order.Total, found, total, deposits, w.story())
	}
}
