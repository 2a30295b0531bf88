package woocommerce_test

import (
	"net/http"
	"strings"
	"testing"

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
