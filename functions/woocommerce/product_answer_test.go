package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The store drops the price of a product that has variations and answers that it is saved, so that it is rejected
// before, alone and in a batch.
func TestAPriceOfAProductThatHasNoneIsRejected(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"variable", "grouped"} {
		system, fake := withProducts(t, nil)
		fake.AddProduct(woocommercetest.Product{ID: 10, SKU: "HOODIE", Name: "Hoodie", Type: kind})
		fake.AddProduct(woocommercetest.Product{ID: 20, SKU: "TEE", Name: "Tee", Regular: "20.00"})
		price := priceEvent(t, "HOODIE", "30", "")
		for _, together := range [][]*message.Message{{price}, {price, priceEvent(t, "TEE", "21", "")}} {
			got := deliverTogether(t, system, together...)[price.ID]
			if f := got.failed; f == nil || f.Kind != fault.Rejected || f.Code != "no_price" || !strings.Contains(f.Error(), "is a "+kind+" product") {
				t.Errorf("%s, %d together: got %+v", kind, len(together), got)
			}
		}
		// Its name is set all the same.
		if _, err := ship(t, system, productEvent(t, changed(plain("HOODIE"), func(p *canonical.Product) { p.Title = "Warm hoodie" }))); err != nil {
			t.Error(err)
		}
		if all := fake.Products(); all[0].Name != "Warm hoodie" || all[0].Writes != 1 || all[1].Regular != "21.00" {
			t.Errorf("%s: got %+v", kind, all)
		}
	}
}

// A product that is written by itself fails as it does in a batch.
func TestAProductAloneFailsAsInABatch(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		kind  fault.Kind
		field string
	}{
		"woocommerce_rest_product_invalid_id": {fault.Unavailable, ""},
		"woocommerce_rest_invalid_name":       {fault.Rejected, ""},
		"product_invalid_global_unique_id":    {fault.Rejected, "barcode"},
	} {
		system, fake := withProducts(t, nil)
		for _, sku := range []string{"TEE", "CAP"} {
			fake.AddProduct(woocommercetest.Product{SKU: sku, Name: "Old"})
			fake.Break(sku, code)
		}
		both := deliverTogether(t, system, productEvent(t, plain("TEE")), productEvent(t, plain("CAP")))
		alone := deliverTogether(t, system, productEvent(t, plain("TEE")))
		for id, got := range alone {
			other := both[id].failed
			if f := got.failed; f == nil || other == nil || f.Kind != want.kind || f.Kind != other.Kind || f.Code != code || f.Field != want.field || f.Field != other.Field {
				t.Errorf("%s: alone %+v, in a batch %+v", code, f, other)
			}
		}
	}
	system, fake := withProducts(t, nil)
	fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "OTHER", Barcode: "4006381333931"})
	m := productEvent(t, goods("NEW-1"))
	if got := deliverTogether(t, system, m)[m.ID]; got.failed == nil || got.failed.Kind != fault.Rejected || got.failed.Field != "barcode" {
		t.Errorf("a barcode of another product: %+v", got)
	}
}

// An answer to a single product that has another product, or none, confirms nothing.
func TestAnAnswerAboutNoProductConfirmsNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"empty": `{}`, "another": `{"id":77,"parent_id":0,"sku":"OTHER"}`, "a list": `[]`} {
		for _, sku := range []string{"NEW-1", "TEE"} {
			system, fake := withProducts(t, nil)
			fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Old"})
			found := `[]`
			if sku == "TEE" {
				found = `[{"id":9,"parent_id":0,"type":"simple","sku":"TEE","name":"Old"}]`
			}
			fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: found})
			fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: body})
			receipt, err := system.Target.Deliver(t.Context(), connector.Delivery{Message: productEvent(t, plain(sku)), Body: plain(sku), Attempt: 1})
			if f := fault.As(err); f == nil || f.Kind != fault.Unavailable {
				t.Errorf("%s, %s: got %+v, %v", name, sku, receipt, err)
			}
		}
	}
}

// The price is that of now: dates of a sale that a person planned in the store would let it begin later, or end.
func TestASaleOfTheSourceHasNoDatesOfTheStore(t *testing.T) {
	t.Parallel()
	const yesterday, tomorrow = "2026-11-21T00:00:00", "2026-11-23T00:00:00"
	for name, c := range map[string]struct {
		from, to, sale, before, fields string
		want                           woocommercetest.Product
	}{
		"a sale that has not begun":     {tomorrow, "", "18.00", "25", "sale_price", woocommercetest.Product{Regular: "25.00", Sale: "20.00"}},
		"with the same price":           {tomorrow, "", "20.00", "25", "sale_price", woocommercetest.Product{Regular: "25.00", Sale: "20.00"}},
		"one that is over":              {"", yesterday, "20.00", "25", "sale_price", woocommercetest.Product{Regular: "25.00", Sale: "20.00"}},
		"one that ends":                 {yesterday, tomorrow, "20.00", "25", "sale_price", woocommercetest.Product{Regular: "25.00", Sale: "20.00"}},
		"no sale of the source":         {tomorrow, "", "18.00", "", "sale_price", woocommercetest.Product{Regular: "20.00", From: tomorrow}},
		"a sale that is the merchant's": {tomorrow, "", "18.00", "25", "title", woocommercetest.Product{Regular: "20.00", Sale: "18.00", From: tomorrow}},
	} {
		system, fake := withProducts(t, map[string]string{"WOOCOMMERCE_PRODUCT_FIELDS": c.fields})
		fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Tee", Regular: "25.00", Sale: c.sale, From: c.from, To: c.to})
		for range 2 {
			if _, err := ship(t, system, priceEvent(t, "TEE", "20", c.before)); err != nil {
				t.Fatal(err)
			}
		}
		if p := fake.Products()[0]; p.Regular != c.want.Regular || p.Sale != c.want.Sale || p.From != c.want.From || p.To != c.want.To || p.Writes != 1 {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}

// Each character of these SKUs takes nine bytes of an address, and 50 of them would be rejected by the web server.
func TestLongSKUsAreSearchedForInSeveralRequests(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	var events []*message.Message
	for i := range 60 {
		sku := skuOf(i) + strings.Repeat("\u8336", 40)
		fake.AddProduct(woocommercetest.Product{SKU: sku, Name: "Tee", Regular: "20.00"})
		events = append(events, priceEvent(t, sku, "21", ""))
	}
	for id, o := range deliverTogether(t, system, events...) {
		if o.failed != nil {
			t.Errorf("%s: %v", id, o.failed)
		}
	}
	if got := fake.StockWrites(); len(got) != 1 || got[0] != 60 {
		t.Errorf("batches of %v products", got)
	}
}

// A product of a plugin may have null as its parent, which hides no other product of the search.
func TestAProductWithoutAParentIsFound(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Old"})
	fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: `[{"id":8,"parent_id":null,"sku":"tee"},{"id":9,"parent_id":null,"sku":"TEE"}]`})
	m := productEvent(t, plain("TEE"))
	if got := deliverTogether(t, system, m)[m.ID]; got.failed != nil || got.receipt.Ref != "9" {
		t.Errorf("got %+v", got)
	}
}

// answering answers a batch of updates by a function of the products in it, in the order of the request.
type answering struct {
	http.Handler
	answer func(products []string) string
}

func (a answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		a.Handler.ServeHTTP(w, r)
		return
	}
	var batch struct{ Update []struct{ ID int } }
	if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
		panic(err)
	}
	var products []string
	for _, one := range batch.Update {
		products = append(products, fmt.Sprintf(`{"id":%d}`, one.ID))
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(a.answer(products)))
}

// An answer to a batch that is short, out of order or a page of HTML confirms no product that it does not have.
func TestABatchIsConfirmedByItsOwnAnswers(t *testing.T) {
	t.Parallel()
	list := func(products ...string) string { return `{"update":[` + strings.Join(products, ",") + `]}` }
	for name, c := range map[string]struct {
		answer    func(p []string) string
		confirmed int
	}{
		"whole":        {func(p []string) string { return list(p...) }, 3},
		"short":        {func(p []string) string { return list(p[0], p[1]) }, 2},
		"longer":       {func(p []string) string { return list(p[0], p[1], p[2], p[0]) }, 3},
		"out of order": {func(p []string) string { return list(p[1], p[0], p[2]) }, 1},
		"one error": {func(p []string) string {
			return list(p[0], `{"id":1,"error":{"code":"x","message":"x","data":{"status":500}}}`, p[2])
		}, 2},
		"under another name": {func(p []string) string { return strings.Replace(list(p...), "update", "create", 1) }, 0},
		"none":               {func([]string) string { return `{}` }, 0},
		"null":               {func(p []string) string { return list("null", p[1], p[2]) }, 0},
		"cut":                {func(p []string) string { return list(p...)[:30] }, 0},
		"HTML": {func([]string) string {
			return "<html><body>Briefly unavailable for scheduled maintenance.</body></html>"
		}, 0},
	} {
		fake, settings := woocommercetest.New(), maps.Clone(productSettings)
		maps.Copy(settings, fake.Settings(inProcessURL))
		system, err := woocommerce.Open(settings, deps(inProcess{answering{fake, c.answer}}))
		if err != nil {
			t.Fatal(err)
		}
		var events []*message.Message
		for i := range 3 {
			fake.AddProduct(woocommercetest.Product{SKU: skuOf(i), Name: "Old"})
			events = append(events, productEvent(t, plain(skuOf(i))))
		}
		confirmed := 0
		for id, o := range deliverTogether(t, system, events...) {
			switch {
			case o.failed == nil:
				confirmed++
			case o.failed.Kind != fault.Unavailable:
				t.Errorf("%s: %s: %+v", name, id, o.failed)
			}
		}
		if confirmed != c.confirmed {
			t.Errorf("%s: %d of 3 are confirmed, want %d", name, confirmed, c.confirmed)
		}
	}
}
