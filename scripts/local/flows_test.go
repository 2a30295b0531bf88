package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/day"
)

// flowOrders are the orders of the day that the flows need, as memos end.
func flowOrders() []string {
	return []string{" 1002", " 1004", " 1006", " 1010", " 6000000000002", " 6000000000008", " 6000000000010", " 6000000000012", " 6000000000020", " 6000000000061", " 6000000000062"}
}

// shortDay plays the day with few orders, to its end.
func shortDay(ctx context.Context, t *testing.T) *program {
	t.Helper()
	p, err := open(ctx, options{data: t.TempDir(), policy: hasty()})
	t.Cleanup(func() { must(t, p.close()) })
	must(t, err)
	p.start(ctx)
	for i, part := range p.parts() {
		steps := part.steps()
		if i == 0 {
			steps = slices.DeleteFunc(steps, func(d day.Delivery) bool {
				return d.Order == "" && !d.Lost || d.Order != "" && !slices.ContainsFunc(flowOrders(), func(id string) bool { return strings.HasSuffix(d.Order, id) })
			})
		}
		must(t, p.senders.play(ctx, steps, 0))
		must(t, p.settledAndPolled(ctx, part.polls))
	}
	return p
}

// TestEachFlowIsCompared plays each flow of the day, and then its source does something that no target gets:
// the demo ends with 1 and names what is missing. Once it is polled, the demo ends with 0 again.
func TestEachFlowIsCompared(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p := shortDay(ctx, t)
	wantExit(ctx, t, p, "after the day", exitOK)
	tallies, err := p.store.Tally(ctx)
	must(t, err)
	for _, r := range tallies {
		from, _, _ := strings.Cut(r.Route, "-to-")
		played := slices.Contains([]string{"netsuite-orders", "netsuite-products", "netsuite-refunds", "netsuite-shipments", "netsuite-stock", "shipbob-holds", "shipbob-movements", "shipbob-returns", "shopify-shipments"}, from)
		if r.Route == "netsuite-shipments-to-woocommerce" {
			continue // the order that the ERP ships is one of Shopify
		}
		if r.Confirmed == 0 && (played || r.Route == "shipbob-stock-to-shopify") {
			t.Errorf("the day plays nothing of %s: %+v", r.Route, r)
		}
	}
	cheaper, err := json.Marshal(netsuitetest.Item{SKU: "TRAIL-42", Title: "Trail Shoe 3", Prices: []netsuitetest.ItemPrice{{Level: "5", Currency: "1", Price: "89.00"}}})
	must(t, err)
	returned := "return 445003 of shopify/" + shop + "/order/6000000000002, "
	for _, c := range []struct {
		name   string
		system string
		act    day.Act
		lost   []string
	}{
		{"product", "netsuite", day.Act{Name: "item", About: string(cheaper)}, []string{"product TRAIL-42 in shipbob", "product TRAIL-42 in shopify", "product TRAIL-42 in woocommerce"}},
		{"stock", "netsuite", day.Act{Name: "stock", About: "SKU-00007 3"}, []string{"stock of KIT-TRAIL in shopify", "stock of KIT-TRAIL in woocommerce", "stock of SKU-00007 in shopify", "stock of SKU-00007 in woocommerce"}},
		{"cancellation", "netsuite", day.Act{Name: "close", About: memo("order", "6000000000008")}, []string{"cancellation of shopify/" + shop + "/order/6000000000008 in shopify"}},
		{"return", "shipbob", day.Act{Name: "expect", About: keyOf("order", "6000000000002").String()}, []string{returned + "requested, in hubspot", returned + "requested, in shopify"}},
		{"receipt", "shipbob", day.Act{Name: "receive", About: keyOf("order", "6000000000002").String()}, []string{
			"receipt of return 445003 in netsuite", returned + "received, in hubspot", returned + "received, in shopify",
		}},
		{"movement", "shipbob", day.Act{Name: "miss", About: "TRAIL-42 20"}, []string{"level of TRAIL-42 in shopify", "stock of TRAIL-42 in netsuite"}},
		{"hold", "shipbob", day.Act{Name: "go on", About: keyOf("order", "6000000000010").String()}, []string{
			"what the warehouse has of shopify/" + shop + "/order/6000000000010 in netsuite: it has held: InvalidAddress and not released",
		}},
		{"parcel of the store", "shopify", day.Act{Name: "own ship", About: "STORE-2 60000000000611"}, []string{
			"parcel STORE-2 of shopify/" + shop + "/order/6000000000061 in hubspot", "parcel STORE-2 of shopify/" + shop + "/order/6000000000061 in netsuite",
		}},
		{"parcel of the ERP", "netsuite", day.Act{Name: "own ship", About: "ERP-2 2"}, []string{
			"parcel ERP-2 of shopify/" + shop + "/order/6000000000062 in hubspot", "parcel ERP-2 of shopify/" + shop + "/order/6000000000062 in shopify",
		}},
		{"change of Shopify's", "netsuite", day.Act{Name: "change", About: "9 " + memo("order", "6000000000020")}, []string{
			"change of shopify/" + shop + "/order/6000000000020 in shopify: it has SKU-00001: 1 in the store, 8 in netsuite (SO-",
		}},
		{"change of WooCommerce's", "netsuite", day.Act{Name: "change", About: "6 woocommerce shop.example order 1010"}, []string{"change of woocommerce/shop.example/order/1010 in woocommerce: it has SKU-00011: "}},
		{"refund", "netsuite", day.Act{Name: "pay", About: "3.33 " + memo("order", "6000000000012")}, []string{"refund of 3.33 of shopify/" + shop + "/order/6000000000012 in shopify"}},
	} {
		must(t, p.kept[c.system].do(c.act))
		lost, twice := day.Misplaced(p.stores, notPending)
		if slices.Sort(lost); len(twice) > 0 || !slices.EqualFunc(lost, c.lost, strings.HasPrefix) {
			t.Errorf("%s: lost %q, twice %q; want lost %q", c.name, lost, twice, c.lost)
		}
		wantExit(ctx, t, p, c.name, exitError)
		must(t, p.settledAndPolled(ctx, func(string) bool { return true }))
		wantExit(ctx, t, p, c.name+", polled", exitOK)
	}
	p.stores["shipbob"].(*shipbobtest.Fake).AddToCatalog(shipbobtest.CatalogProduct{SKU: "WOOL-CAP", Title: "Wool Cap"})
	p.stores["shopify"].(*shopifytest.Fake).AddProduct(shopifytest.Product{Title: "Wool Cap", Variants: []shopifytest.Variant{{SKU: "WOOL-CAP"}}})
	lost, twice := day.Misplaced(p.stores, notPending)
	if slices.Sort(twice); len(lost) > 0 || !slices.Equal(twice, []string{"product WOOL-CAP in shipbob", "product WOOL-CAP in shopify"}) {
		t.Errorf("made twice: lost %q, twice %q", lost, twice)
	}
	wantExit(ctx, t, p, "made twice", exitError)
}

// wantExit fails unless the demo's report ends with the code.
func wantExit(ctx context.Context, t *testing.T, p *program, when string, want int) {
	t.Helper()
	code, err := p.report(ctx)
	must(t, err)
	if code != want {
		lost, twice := day.Misplaced(p.stores, notPending)
		t.Errorf("%s: exit code %d, want %d; lost %q, twice %q", when, code, want, lost, twice)
	}
}
