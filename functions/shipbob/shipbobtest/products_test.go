package shipbobtest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"causeway.example/functions/shipbob/shipbobtest"
)

// product is a request that the contract allows.
func product(sku string) string {
	return `{"name":"Tee","type_id":1,"variants":[{"name":"Tee","sku":"` + sku + `","gtin":"4006381333931","weight":6.3493}]}`
}

func TestProductsAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"an unknown type":    {`"type_id":1`, `"type_id":3`},
		"an unknown member":  {`"type_id":1`, `"type_id":1,"color":"red"`},
		"a barcode":          {`"gtin":"4006381333931"`, `"barcode":"4006381333931"`},
		"a number as GTIN":   {`"gtin":"4006381333931"`, `"gtin":4006381333931`},
		"a weight with unit": {`"weight":6.3493`, `"weight":{"weight":6.3493,"unit":"oz"}`},
		"a weight as text":   {`"weight":6.3493`, `"weight":"6.3493"`},
		"no name":            {`{"name":"Tee","type_id"`, `{"type_id"`},
		"no SKU":             {`"sku":"TEE",`, ``},
		"one variant alone":  {`[{"name"`, `{"name"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(product("TEE"), change[0], change[1], 1)
			if body == product("TEE") {
				t.Fatal("the case changes nothing")
			}
			c := newCaller(t)
			c.want(http.StatusBadRequest, "POST", "/2026-01/product", body, "")
			c.want(http.StatusCreated, "POST", "/2026-01/product", product("TEE"), "")
		})
	}
}

func TestSKUsAreUnique(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.fake.Unknown("TEE")
	c.want(http.StatusCreated, "POST", "/2026-01/order", order("A"), channel)
	if got := c.fake.Orders()[0].Status(); got != shipbobtest.ImportReview {
		t.Errorf("the order of an unknown product is %s", got)
	}
	c.want(http.StatusCreated, "POST", "/2026-01/product", product("TEE"), "")
	if got := c.fake.Orders()[0].Status(); got != shipbobtest.Processing {
		t.Errorf("with its product the order is %s", got)
	}
	c.want(http.StatusUnprocessableEntity, "POST", "/2026-01/product", product("TEE"), "")
	c.fake.BareErrors(true)
	c.want(http.StatusBadRequest, "POST", "/2026-01/product", product("TEE"), "")
	if all := c.fake.Catalog(); len(all) != 1 || all[0] != (shipbobtest.CatalogProduct{SKU: "TEE", Title: "Tee", Name: "Tee", GTIN: "4006381333931", Ounces: "6.3493"}) {
		t.Errorf("the catalog is %+v", all)
	}
}

func TestProductsAreChangedByTheirVariants(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.want(http.StatusCreated, "POST", "/2026-01/product", product("TEE"), "")
	const variant = 21101001
	path := "/2026-01/product/" + strconv.Itoa(variant+1_000_000)
	c.want(http.StatusOK, "PATCH", path, `{"variants":[{"id":`+strconv.Itoa(variant)+`,"name":"Medium"}]}`, "")
	c.want(http.StatusBadRequest, "PATCH", path, `{"variants":[{"id":7,"name":"Large"}]}`, "")
	c.want(http.StatusBadRequest, "PATCH", path, `[{"id":7,"name":"Large"}]`, "")
	c.want(http.StatusNotFound, "PATCH", "/2026-01/product/7", `{"name":"Large"}`, "")
	if got := c.fake.Catalog()[0]; got.Name != "Medium" || got.Title != "Tee" || got.GTIN != "4006381333931" {
		t.Errorf("then it is %+v", got)
	}
	c.fake.TokenScope("products_write", false)
	c.want(http.StatusForbidden, "PATCH", path, `{"name":"Large"}`, "")
	c.want(http.StatusForbidden, "POST", "/2026-01/product", product("HOOD"), "")
}

func TestBundlesConsistOfVariantsThatAreThere(t *testing.T) {
	t.Parallel()
	const path, variant = "/2026-01/product", 21101001
	bundle := func(sku, definition string) string {
		return `{"name":"Set","type_id":2,"variants":[{"name":"Set","sku":"` + sku + `","bundle_definition":[` + definition + `]}]}`
	}
	two := `{"variant_id":` + strconv.Itoa(variant) + `,"quantity":2}`
	c := newCaller(t)
	c.want(http.StatusCreated, "POST", path, product("TEE"), "")
	c.want(http.StatusUnprocessableEntity, "POST", path, bundle("SET", ""), "")
	c.want(http.StatusUnprocessableEntity, "POST", path, bundle("SET", `{"variant_id":7,"quantity":2}`), "")
	c.want(http.StatusUnprocessableEntity, "POST", path, bundle("SET", strings.Replace(two, "2}", "0}", 1)), "")
	c.want(http.StatusBadRequest, "POST", path, bundle("SET", strings.Replace(two, "variant_id", "sku", 1)), "")
	c.want(http.StatusBadRequest, "POST", path, strings.Replace(bundle("SET", two), `"type_id":2`, `"type_id":1`, 1), "")
	c.want(http.StatusCreated, "POST", path, bundle("SET", two), "")
	c.want(http.StatusUnprocessableEntity, "POST", path, bundle("SET", two), "")
	c.want(http.StatusUnprocessableEntity, "POST", path, bundle("CRATE", `{"variant_id":900001,"quantity":1}`), "") // a bundle in a bundle
	c.want(http.StatusOK, "PATCH", path+"/1900001", `{"name":"Pair"}`, "")
	c.want(http.StatusBadRequest, "PATCH", path+"/1900001", `{"variants":[{"id":7,"name":"Pair"}]}`, "")
	if all := c.fake.Bundles(); len(all) != 1 || all[0].SKU != "SET" || all[0].Title != "Pair" || all[0].Name != "Set" || len(all[0].Components) != 1 || all[0].Components[0] != (shipbobtest.Component{SKU: "TEE", Quantity: 2}) {
		t.Errorf("the bundles are %+v", all)
	}
}
