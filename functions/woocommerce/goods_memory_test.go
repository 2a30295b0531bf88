package woocommerce_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
)

// An edit in bulk fires a delivery for each variation, and all are translated at the same time. None loses what
// another one remembers: hours later there is nothing to publish.
func TestGoodsVariationsThatChangeTogetherAreAllRemembered(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.AddProduct(woocommercetest.Product{ID: 10, Name: "Hoodie", Type: "variable"})
	const variations = 8
	for id := range int64(variations) {
		g.AddProduct(woocommercetest.Product{ID: 11 + id, Parent: 10, SKU: fmt.Sprint("HOOD-", id), Options: []string{fmt.Sprint(id)}, Regular: "79.50"})
	}
	g.updated(10)
	g.now = g.now.Add(time.Minute)
	var group sync.WaitGroup
	for id := range int64(variations) {
		g.EditProduct(11+id, func(p *woocommercetest.Product) { p.Regular = "60.00" })
	}
	for id := range int64(variations) {
		body := g.ProductBody(11 + id)
		group.Go(func() {
			got, err := g.system.Source.Translate(t.Context(), g.raw(message.Webhook, "product.updated", body))
			if err != nil || len(got.Events) != 2 {
				t.Errorf("got %v, %v", described(got), err)
			}
		})
	}
	group.Wait()
	g.now = g.now.Add(2 * time.Hour)
	g.want(g.updated(10))
	for id := range int64(variations) {
		g.DeleteProduct(11 + id)
	}
	if got := g.updated(10); len(got.Events) != variations {
		t.Errorf("retired are %v", described(got))
	}
}

// A translation that fails remembers nothing: all of it is published when the product is put right, even hours later.
func TestGoodsAFailedTranslationRemembersNothing(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.hoodie()
	g.EditProduct(12, func(p *woocommercetest.Product) { p.Sale, p.Regular = "", "much" })
	if _, err := g.system.Source.Translate(t.Context(), g.raw(message.Webhook, "product.updated", g.ProductBody(10))); err == nil {
		t.Fatal("a price that is no amount is read")
	}
	g.now = g.now.Add(2 * time.Hour)
	g.EditProduct(12, func(p *woocommercetest.Product) { p.Regular = "79.50" })
	if got := g.updated(10); len(got.Events) != 4 {
		t.Errorf("got %v", described(got))
	}
}
