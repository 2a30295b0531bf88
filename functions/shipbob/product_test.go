package shipbob_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var productSettings = map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": "erp=main,pim=none"}

func withProducts(t *testing.T, more map[string]string) *account {
	t.Helper()
	settings := maps.Clone(productSettings)
	maps.Copy(settings, more)
	return newAccount(t, settings)
}

// tee is a product, changed.
func tee(sku string, change func(*canonical.Product)) *canonical.Product {
	p := &canonical.Product{ID: sku, SKU: sku, Title: "Merino Tee", Barcode: canonical.NewText("4006381333931"), Active: true, UpdatedAt: noon}
	if change != nil {
		change(p)
	}
	return p
}

func weighing(t *testing.T, value, unit string) *canonical.Quantity {
	t.Helper()
	n, err := canonical.ParseDecimal(value)
	must(t, err)
	return &canonical.Quantity{Value: n, Unit: unit}
}

func productMessage(t *testing.T, source string, p *canonical.Product) *message.Message {
	t.Helper()
	body, err := json.Marshal(p)
	must(t, err)
	return &message.Message{
		ID: message.DeriveID(p.EventType(), string(body)), Source: "causeway." + source, Type: p.EventType(), Tenant: "1234567", Subject: "product/" + p.SKU, Body: body,
	}
}

func (a *account) write(p *canonical.Product) (connector.Receipt, error) {
	a.Helper()
	return a.system.Target.Deliver(a.Context(), connector.Delivery{Message: productMessage(a.T, "erp", p), Body: p, Attempt: 1})
}

func (a *account) wrote(p *canonical.Product) connector.Receipt {
	a.Helper()
	receipt, err := a.write(p)
	must(a.T, err)
	return receipt
}

func (a *account) wantCatalog(want ...shipbobtest.CatalogProduct) {
	a.Helper()
	if got := a.fake.Catalog(); !slices.Equal(got, want) {
		a.Errorf("ShipBob's catalog is %+v, want %+v", got, want)
	}
}

// writes is how many requests could have changed something.
func (a *account) writes() int {
	calls := a.fake.Calls()
	return calls["POST /product"] + calls["PATCH /product/{productId}"]
}

// productState is what the catalog has of the SKU.
func productState(fake *shipbobtest.Fake, sku string) (text string) {
	for _, p := range fake.Catalog() {
		if p.SKU == sku {
			text += fmt.Sprintf("%+v\n", p)
		}
	}
	return text
}

func TestProductIsMadeWithOneVariant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*canonical.Product)
		want   shipbobtest.CatalogProduct
		note   string
	}{
		"whole":         {nil, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931"}, ""},
		"no title":      {func(p *canonical.Product) { p.Title = " " }, shipbobtest.CatalogProduct{Title: "TEE-M", Name: "TEE-M", GTIN: "4006381333931"}, ""},
		"pounds":        {func(p *canonical.Product) { p.Weight = weighing(t, "1.5", canonical.Pound) }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931", Ounces: "24"}, ""},
		"ounces":        {func(p *canonical.Product) { p.Weight = weighing(t, "6.50", canonical.Ounce) }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931", Ounces: "6.5"}, ""},
		"kilograms":     {func(p *canonical.Product) { p.Weight = weighing(t, "0.18", canonical.Kilogram) }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931", Ounces: "6.3493"}, ""},
		"grams":         {func(p *canonical.Product) { p.Weight = weighing(t, "28.349523125", canonical.Gram) }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931", Ounces: "1"}, ""},
		"next to none":  {func(p *canonical.Product) { p.Weight = weighing(t, "0.001", canonical.Gram) }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931"}, ""},
		"an own code":   {func(p *canonical.Product) { p.Barcode = canonical.NewText("SHELF-7") }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee"}, "SHELF-7"},
		"a wrong digit": {func(p *canonical.Product) { p.Barcode = canonical.NewText("4006381333932") }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee"}, "4006381333932"},
		"GTIN-8":        {func(p *canonical.Product) { p.Barcode = canonical.NewText("96385074") }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "96385074"}, ""},
		"UPC":           {func(p *canonical.Product) { p.Barcode = canonical.NewText("036000291452") }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "036000291452"}, ""},
		"of a matrix":   {func(p *canonical.Product) { p.Parent = "812" }, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := withProducts(t, nil)
			receipt := a.wrote(tee("TEE-M", c.change))
			c.want.SKU = "TEE-M"
			a.wantCatalog(c.want)
			if receipt.Linked || receipt.Ref == "" || (len(receipt.Notes) > 0) != (c.note != "") || c.note != "" && !strings.Contains(receipt.Notes[0].What, c.note) {
				t.Errorf("receipt %+v", receipt)
			}
		})
	}
}

// The search finds similar SKUs too, over several pages.
func TestProductIsFoundByItsExactSKU(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	for i := range 260 {
		a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: fmt.Sprintf("TEE-M-%d", i), Title: "Similar", Name: "Similar"})
	}
	a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "tee-m", Title: "Lower", Name: "Lower"})
	a.wrote(tee("TEE-M", nil))
	all := a.fake.Catalog()
	if len(all) != 262 || all[261].SKU != "TEE-M" {
		t.Fatalf("made %d products, the last is %+v", len(all), all[len(all)-1])
	}
	a.wrote(tee("TEE-M", func(p *canonical.Product) { p.Title = "Merino Tee 2" }))
	for _, p := range a.fake.Catalog() {
		if (p.Title == "Merino Tee 2") != (p.SKU == "TEE-M") {
			t.Errorf("then ShipBob has %+v", p)
		}
	}
}

func TestProductGetsWhatDiffers(t *testing.T) {
	t.Parallel()
	const number = "4006381333931"
	for name, c := range map[string]struct {
		fields string
		had    shipbobtest.CatalogProduct
		want   shipbobtest.CatalogProduct
		writes int
	}{
		"nothing":         {"title,barcode", shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: number, Ounces: "9"}, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: number, Ounces: "9"}, 0},
		"a padded number": {"title,barcode", shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "0" + number}, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "0" + number}, 0},
		"both names":      {"title,barcode", shipbobtest.CatalogProduct{Title: "Old", Name: "Old", GTIN: number, Ounces: "9"}, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: number, Ounces: "9"}, 1},
		"the barcode":     {"title,barcode", shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee"}, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: number}, 1},
		"its own title":   {"barcode", shipbobtest.CatalogProduct{Title: "Old", Name: "Old"}, shipbobtest.CatalogProduct{Title: "Old", Name: "Old", GTIN: number}, 1},
		"its own barcode": {"title", shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "96385074"}, shipbobtest.CatalogProduct{Title: "Merino Tee", Name: "Merino Tee", GTIN: "96385074"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := withProducts(t, map[string]string{"SHIPBOB_PRODUCT_FIELDS": c.fields})
			c.had.SKU, c.want.SKU = "TEE", "TEE"
			a.fake.AddToCatalog(c.had)
			receipt := a.wrote(tee("TEE", nil))
			a.wantCatalog(c.want)
			if a.writes() != c.writes || receipt.Linked != (c.writes == 0) {
				t.Errorf("%d writes, receipt %+v", a.writes(), receipt)
			}
		})
	}
}

// A person made the SKU one of two variants of a product, and the fake takes a variant out that the request
// does not list.
func TestProductOfSeveralVariantsKeepsThem(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "TEE-S", Title: "Tee", Name: "Small"}, shipbobtest.CatalogProduct{SKU: "TEE-M", Title: "Tee", Name: "Medium"})
	a.fake.Join("TEE-S", "TEE-M")
	a.wrote(tee("TEE-M", nil))
	a.wantCatalog(shipbobtest.CatalogProduct{SKU: "TEE-S", Title: "Tee", Name: "Small"}, shipbobtest.CatalogProduct{SKU: "TEE-M", Title: "Tee", Name: "Merino Tee", GTIN: "4006381333931"})
}

func TestRetiredProductIsNotWritten(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "TEE", Title: "Old", Name: "Old"})
	retired := func(p *canonical.Product) { p.Active = false }
	there, absent := a.wrote(tee("TEE", retired)), a.wrote(tee("NO-SUCH", retired))
	if a.writes() != 0 || !there.Linked || !strings.Contains(there.Detail, "may have stock of TEE") || !absent.Linked || !strings.Contains(absent.Detail, "NO-SUCH") {
		t.Errorf("%d writes, receipts %+v and %+v", a.writes(), there, absent)
	}
	a.fake.Deactivate("TEE")
	if receipt := a.wrote(tee("TEE", nil)); a.fake.Catalog()[0].Name != "Merino Tee" || !strings.Contains(receipt.Detail, "a person activates it") {
		t.Errorf("active again: %+v", receipt)
	}
}

// The search misses a product that another program made meanwhile. What ShipBob then answers is not
// documented, so that it names the field or not.
func TestTakenSKUIsFoundByTheNextAttempt(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	a.fake.HideNew(true)
	a.wrote(tee("TEE", nil))
	_, err := a.write(tee("TEE", nil))
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Class != fault.Conflict || f.ScopeOrDefault() != fault.EntityScope || f.Field != "sku" {
		t.Errorf("got %+v", f)
	}
	a.fake.BareErrors(true)
	_, err = a.write(tee("TEE", nil))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class == fault.Conflict {
		t.Errorf("a rejection that names nothing, of a SKU that is not found, is %+v", f)
	}
	a.fake.HideNew(false)
	if receipt := a.wrote(tee("TEE", nil)); !receipt.Linked || len(a.fake.Catalog()) != 1 {
		t.Errorf("then %+v of %+v", receipt, a.fake.Catalog())
	}
}

func TestProductThatIsNotWrittenSaysWhy(t *testing.T) {
	t.Parallel()
	denied := func(scope string) func(*shipbobtest.Fake) {
		return func(fake *shipbobtest.Fake) { fake.TokenScope(scope, false) }
	}
	twice := func(fake *shipbobtest.Fake) {
		fake.Duplicate("TEE")
		fake.Duplicate("TEE")
	}
	for name, c := range map[string]struct {
		settings map[string]string
		prepare  func(*shipbobtest.Fake)
		want     string
		kind     fault.Kind
		scope    fault.Scope
	}{
		"no entry for the source": {map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": ""}, nil, `SHIPBOB_PRODUCT_ACCOUNTS: has no entry for "erp"`, fault.Rejected, fault.EntityScope},
		"no token":                {map[string]string{"SHIPBOB_TOKEN": ""}, nil, "SHIPBOB_TOKEN: is not set", fault.Rejected, fault.EntityScope},
		"no scope to read":        {nil, denied("products_read"), "SHIPBOB_TOKEN: needs the scope products_read", fault.Unauthorized, fault.OperationScope},
		"no scope to write":       {nil, denied("products_write"), "SHIPBOB_TOKEN: needs the scope products_write", fault.Unauthorized, fault.OperationScope},
		"two of the SKU":          {nil, twice, `sku: "TEE": variants 21101001, 21101002 of ShipBob have this SKU`, fault.Rejected, fault.EntityScope},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := withProducts(t, c.settings)
			if c.prepare != nil {
				c.prepare(a.fake)
			}
			before := a.fake.Catalog()
			_, err := a.write(tee("TEE", nil))
			if f := fault.As(err); f == nil || !strings.Contains(f.Error(), c.want) || f.Kind != c.kind || f.ScopeOrDefault() != c.scope {
				t.Errorf("got %v, scope %v, want %s", err, f.ScopeOrDefault(), c.want)
			}
			a.wantCatalog(before...)
		})
	}
}

func TestProductOfASourceWithoutAnAccountGoesNowhere(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	p := tee("TEE", nil)
	receipt, err := a.system.Target.Deliver(t.Context(), connector.Delivery{Message: productMessage(t, "pim", p), Body: p, Attempt: 1})
	if err != nil || !receipt.Linked || !strings.Contains(receipt.Detail, "products of pim") || len(a.fake.Calls()) > 0 {
		t.Errorf("got %+v, %v", receipt, err)
	}
}
