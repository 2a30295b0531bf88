package woocommerce_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// written is what became of a message.
type written struct {
	receipt connector.Receipt
	failed  *fault.Error
}

// deliverTogether delivers as a worker does that received the messages together, 100 at a time, and returns what became of
// each by the id of its message.
func deliverTogether(t *testing.T, system connector.System, messages ...*message.Message) map[string]written {
	t.Helper()
	all, mu := map[string]written{}, sync.Mutex{}
	for some := range slices.Chunk(messages, system.Profile.Batch([]string{canonical.ProductUpserted, canonical.ProductRetired, canonical.PriceChanged})) {
		party, group := combine.NewParty(len(some)), sync.WaitGroup{}
		for _, m := range some {
			body, err := canonical.Decode(m.Type, m.Body)
			if err != nil {
				t.Fatal(err)
			}
			group.Go(func() {
				ctx, leave := party.Join(t.Context())
				defer leave()
				receipt, err := system.Target.Deliver(ctx, connector.Delivery{Message: m, Body: body, Attempt: 1})
				mu.Lock()
				defer mu.Unlock()
				all[m.ID] = written{receipt, fault.As(err)}
			})
		}
		group.Wait()
	}
	return all
}

// plain is a product without a barcode, which would have to be its own.
func plain(sku string) *canonical.Product {
	return changed(goods(sku), func(p *canonical.Product) { p.Barcode = canonical.Text{} })
}

func skuOf(i int) string { return fmt.Sprintf("SKU-%04d", i) }

func TestAThousandPricesAreTenWrites(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	var prices []*message.Message
	for i := range 1000 {
		fake.AddProduct(woocommercetest.Product{SKU: skuOf(i), Name: "Tee", Regular: "20.00"})
		prices = append(prices, priceEvent(t, skuOf(i), fmt.Sprintf("%d.5", i), ""))
	}
	for range 2 { // the second time none differs
		for id, o := range deliverTogether(t, system, prices...) {
			if o.failed != nil || o.receipt.Ref == "" {
				t.Fatalf("%s: %+v", id, o)
			}
		}
		if got := fake.StockWrites(); len(got) != 10 || slices.Max(got) != 100 {
			t.Fatalf("batches of %v products", got)
		}
	}
	for i, p := range fake.Products() {
		if p.Regular != fmt.Sprintf("%d.50", i) || p.Name != "Tee" || p.Writes != 1 {
			t.Errorf("%s costs %s after %d writes", p.SKU, p.Regular, p.Writes)
		}
	}
}

// A product that fails fails no other, and each has its own receipt or error.
func TestOneProductOfABatchThatFailsFailsNoOther(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	for _, sku := range []string{"GOOD", "SAME", "GONE", "REJECTED", "BUSY", "TWICE", "BARCODE"} {
		fake.AddProduct(woocommercetest.Product{SKU: sku, Name: "Old", Regular: "25.00"})
	}
	fake.AddProduct(woocommercetest.Product{SKU: "TWICE"})
	fake.AddProduct(woocommercetest.Product{SKU: "OTHER", Barcode: "96385074"})
	fake.AddProduct(woocommercetest.Product{ID: 7011, Parent: 7010, SKU: "CHILD"})
	fake.Break("GONE", "woocommerce_rest_product_invalid_id")
	fake.Break("REJECTED", "woocommerce_rest_invalid_name")
	fake.AddAfterRead(woocommercetest.Product{SKU: "TAKEN"})
	price := priceEvent(t, "GOOD", "30", "")
	events := []*message.Message{
		productEvent(t, plain("GOOD")), price, priceEvent(t, "SAME", "25", ""), productEvent(t, plain("GONE")), productEvent(t, plain("REJECTED")), productEvent(t, plain("TWICE")),
		productEvent(t, changed(plain("BARCODE"), func(p *canonical.Product) { p.Barcode = canonical.NewText("96385074") })), productEvent(t, plain("A,B")), productEvent(t, plain("NEW")),
		productEvent(t, plain("TAKEN")), priceEvent(t, "UNKNOWN", "9", ""), priceEvent(t, "CHILD", "9", ""),
		productEvent(t, changed(plain("NO-CHILD"), func(p *canonical.Product) { p.Parent = "7010" })), productEvent(t, changed(plain("RETIRED"), func(p *canonical.Product) { p.Active = false })),
	}
	got := deliverTogether(t, system, events...)
	for i, want := range []string{
		"GOOD of shop.example is updated", "price of GOOD to 30.00 USD", "SAME of shop.example costs 25.00 USD already", "unavailable woocommerce_rest_product_invalid_id", "rejected woocommerce_rest_invalid_name",
		"rejected ambiguous_sku", "rejected product_invalid_global_unique_id barcode", "rejected  sku", "created NEW in shop.example as draft", "unavailable product_invalid_sku sku", "rejected unknown_sku sku",
		"price of CHILD to 9.00 USD", "rejected unknown_variation parent", "not set: shop.example has no product with the SKU RETIRED, which is retired",
	} {
		o := got[events[i].ID]
		text := o.receipt.Detail
		if o.failed != nil {
			text = o.failed.Kind.String() + " " + o.failed.Code + " " + o.failed.Field
			if o.failed.ScopeOrDefault() != fault.EntityScope {
				t.Errorf("%s: %+v is of a wider scope", events[i].ID, o.failed)
			}
		}
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s: got %q, want %q", events[i].ID, text, want)
		}
	}
	if writes := slices.Sorted(slices.Values(fake.StockWrites())); !slices.Equal(writes, []int{1, 7}) { // CHILD is a variation
		t.Errorf("batches of %v products", writes)
	}
	products := map[string]woocommercetest.Product{}
	for _, p := range fake.Products() {
		products[p.SKU] = p
	}
	if p := products["GOOD"]; p.Name != "Merino Tee" || p.Regular != "30.00" {
		t.Errorf("GOOD is %+v", p)
	}
	if p := products["NEW"]; p.Name != "Merino Tee" || p.Regular != "25.00" || got[events[8].ID].receipt.Ref != fmt.Sprint(p.ID) {
		t.Errorf("NEW is %+v, receipt %+v", p, got[events[8].ID].receipt)
	}
	if p := products["CHILD"]; p.Regular != "9.00" || got[events[11].ID].receipt.Ref != "7010/7011" {
		t.Errorf("CHILD is %+v", p)
	}
}

// Products that are created take a store longer, and the variations of each product are a request of their own, so that
// the rest waits.
func TestABatchOfProductsIsBounded(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	var events []*message.Message
	for i := range 30 {
		events = append(events, productEvent(t, plain(skuOf(i))))
	}
	for i := range 24 { // of twelve products
		sku := fmt.Sprintf("VAR-%d", i)
		fake.AddProduct(woocommercetest.Product{ID: int64(8000 + i), Parent: int64(7000 + i/2), SKU: sku})
		events = append(events, priceEvent(t, sku, "9", ""))
	}
	for _, want := range []int{11, 0, 0} { // five products, and the variations of three, beside which the products are a request
		waits := 0
		for id, o := range deliverTogether(t, system, events...) {
			switch {
			case o.failed == nil:
			case o.failed.Kind == fault.Throttled && o.failed.ScopeOrDefault() == fault.EntityScope && o.failed.After > 0:
				waits++
			default:
				t.Errorf("%s: %+v", id, o.failed)
			}
		}
		if waits != want {
			t.Errorf("%d wait, want %d", waits, want)
		}
	}
	made := fake.Products()
	if len(made) != 54 || slices.ContainsFunc(made, func(p woocommercetest.Product) bool { return p.Writes != 1 }) {
		t.Errorf("%d products: %+v", len(made), made)
	}
}

// The store saved all, and the answer was lost. Each delivery fails, and the next one finds its product.
func TestALostAnswerToABatchMakesNoSecondProduct(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	fake.AddProduct(woocommercetest.Product{SKU: "OLD", Name: "Old", Regular: "20.00"})
	events := []*message.Message{productEvent(t, plain("NEW-1")), productEvent(t, plain("NEW-2")), priceEvent(t, "OLD", "25", "")}
	fake.LoseAnswer(http.MethodPost)
	for id, o := range deliverTogether(t, system, events...) {
		if o.failed == nil || o.failed.Kind != fault.Unavailable {
			t.Errorf("%s: %+v", id, o)
		}
	}
	for _, m := range events {
		body, err := canonical.Decode(m.Type, m.Body)
		if err != nil {
			t.Fatal(err)
		}
		if ref, err := connector.SearchFor(t.Context(), system.Target, connector.Delivery{Message: m, Body: body}); err != nil || ref == "" {
			t.Errorf("%s: found %q, %v", m.ID, ref, err)
		}
	}
	for id, o := range deliverTogether(t, system, events...) {
		if o.failed != nil || !o.receipt.Linked {
			t.Errorf("%s again: %+v", id, o)
		}
	}
	if made := fake.Products(); len(made) != 3 || len(fake.StockWrites()) != 1 || made[0].Regular != "25.00" {
		t.Errorf("%+v after batches of %v", made, fake.StockWrites())
	}
}
