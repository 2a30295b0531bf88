package shipbob_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// kit is a product of components such as "2 TEE".
func kit(t *testing.T, sku string, components ...string) *canonical.Product {
	t.Helper()
	p := tee(sku, func(p *canonical.Product) { p.Weight = weighing(t, "8", canonical.Ounce) })
	for _, text := range components {
		takes, of, _ := strings.Cut(text, " ")
		n, err := canonical.ParseDecimal(takes)
		must(t, err)
		p.Components = append(p.Components, canonical.Component{SKU: of, Quantity: canonical.Pieces(n)})
	}
	return p
}

func (a *account) wantBundles(want ...shipbobtest.CatalogBundle) {
	a.Helper()
	got := a.fake.Bundles()
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		a.Errorf("ShipBob's bundles are %+v, want %+v", got, want)
	}
}

func TestDigitalProductIsNotMade(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	digital := func(p *canonical.Product) { p.Digital = true }
	receipt := a.wrote(tee("E-BOOK", digital))
	if a.writes() != 0 || !receipt.Linked || receipt.Ref != "none" || receipt.Detail != "not set: nothing of E-BOOK is shipped" {
		t.Errorf("%d writes, receipt %+v", a.writes(), receipt)
	}
	a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "CARD", Title: "Old", Name: "Old"})
	a.wrote(tee("CARD", digital)) // one that is there is looked after
	a.wrote(tee("E-BOOK", nil))   // on paper by now
	number := "4006381333931"
	a.wantCatalog(shipbobtest.CatalogProduct{SKU: "CARD", Title: "Merino Tee", Name: "Merino Tee", GTIN: number}, shipbobtest.CatalogProduct{SKU: "E-BOOK", Title: "Merino Tee", Name: "Merino Tee", GTIN: number})
}

func TestKitIsMadeAsABundleOfItsComponents(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "TEE"}, shipbobtest.CatalogProduct{SKU: "CAP"}, shipbobtest.CatalogProduct{SKU: "CAP-XL"})
	want := shipbobtest.CatalogBundle{SKU: "KIT", Title: "Merino Tee", Name: "Merino Tee", Components: []shipbobtest.Component{{SKU: "TEE", Quantity: 2}, {SKU: "CAP", Quantity: 1}}}
	p := kit(t, "KIT", "2 TEE", "1 CAP")
	made := a.wrote(p)
	a.wantBundles(want)
	if made.Linked || made.Ref != "900001" || !strings.Contains(made.Detail, "as a bundle of 2 × TEE, 1 × CAP") {
		t.Errorf("receipt %+v", made)
	}
	again := a.wrote(p)
	if a.writes() != 1 || !again.Linked || again.Ref != made.Ref || strings.Contains(again.Detail, ";") {
		t.Errorf("delivered twice: %d writes, receipt %+v", a.writes(), again)
	}
	p.Title = "Set"
	a.wrote(p)
	want.Title, want.Name = "Set", "Set"
	a.wantBundles(want)
	if len(a.fake.Catalog()) != 3 {
		t.Errorf("ShipBob's catalog is %+v", a.fake.Catalog())
	}
}

func TestKitWaitsForEachComponent(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	p := kit(t, "KIT", "2 TEE", "1 CAP")
	for i, sku := range []string{"TEE", "CAP"} {
		_, err := a.write(p)
		if f := fault.As(err); f == nil || f.Kind != fault.NotReady || f.Class != fault.MissingRef || f.Field != fmt.Sprintf("components[%d].sku", i) || !strings.Contains(f.Detail, fmt.Sprintf("%q: ShipBob has no product", sku)) {
			t.Errorf("without %s: %+v", sku, f)
		}
		if a.writes() != i || len(a.fake.Bundles()) > 0 {
			t.Errorf("without %s: %d writes", sku, a.writes())
		}
		a.wrote(tee(sku, func(p *canonical.Product) { p.Barcode = canonical.NullText() }))
	}
	a.wrote(p)
	if got := a.fake.Bundles(); len(got) != 1 || len(got[0].Components) != 2 {
		t.Errorf("got %+v", got)
	}
}

// A product or bundle that exists stays as it is: ShipBob may have stock of it, and orders.
func TestKitThatIsThereIsNotConverted(t *testing.T) {
	t.Parallel()
	a := withProducts(t, nil)
	a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "KIT", Title: "Old", Name: "Old", Ounces: "9"}, shipbobtest.CatalogProduct{SKU: "TEE"}, shipbobtest.CatalogProduct{SKU: "CAP"})
	plain := a.wrote(kit(t, "KIT", "2 TEE"))
	if got := a.fake.Catalog()[0]; got.Title != "Merino Tee" || got.Ounces != "9" || !strings.Contains(plain.Detail, "it is a regular product there and a kit in the source: nothing is converted") {
		t.Errorf("got %+v, receipt %+v", got, plain)
	}
	a.wantBundles()
	a.bundle("SET", "2 TEE", "1 CAP")
	for components, same := range map[string]bool{"2 TEE,1 CAP": true, "1 CAP,2 TEE": true, "2.0 TEE,1 CAP": true, "2 TEE": false, "1 TEE,1 CAP": false, "2 TEE,1 CAP,1 MUG": false, "2 TEE,1 MUG": false} {
		receipt := a.wrote(kit(t, "SET", strings.Split(components, ",")...))
		if strings.Contains(receipt.Detail, "its components there are 2 × TEE, 1 × CAP, other than in the source") == same {
			t.Errorf("%s: receipt %+v", components, receipt)
		}
	}
	a.wantBundles(shipbobtest.CatalogBundle{SKU: "SET", Title: "Merino Tee", Name: "Merino Tee", Components: []shipbobtest.Component{{SKU: "TEE", Quantity: 2}, {SKU: "CAP", Quantity: 1}}})
	retired := kit(t, "SET", "2 TEE")
	retired.Active = false
	if receipt := a.wrote(retired); !strings.Contains(receipt.Detail, "not retired") {
		t.Errorf("retired: %+v", receipt)
	}
}

func TestKitThatCannotBeABundleSaysWhy(t *testing.T) {
	t.Parallel()
	parts := make([]string, 26)
	for i := range parts {
		parts[i] = fmt.Sprintf("1 PART-%d", i)
	}
	for name, c := range map[string]struct {
		components []string
		want       string
	}{
		"part of a piece":   {[]string{"1 TEE", "0.5 CAP"}, `components[1].quantity.value: 0.5 of "CAP": a bundle of ShipBob takes whole pieces`},
		"no piece":          {[]string{"0 TEE"}, `components[0].quantity.value: 0 of "TEE"`},
		"too many pieces":   {[]string{"2147483648 TEE"}, `components[0].quantity.value: 2147483648 of "TEE"`},
		"no SKU":            {[]string{"1 TEE", "1 "}, "components[1].sku: a component of the kit has no SKU"},
		"a bundle":          {[]string{"1 TEE", "1 PAIR"}, `components[1].sku: "PAIR": is itself a bundle at ShipBob`},
		"two of one SKU":    {[]string{"1 TWICE"}, `components[0].sku: "TWICE": variants `},
		"one too many":      {parts, `components: "KIT": has 26 components, more than 25; a person makes the bundle`},
		"as many as it may": {parts[:25], ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := withProducts(t, nil)
			a.bundle("PAIR", "2 TEE", "1 CAP")
			a.fake.Duplicate("TWICE")
			a.fake.Duplicate("TWICE")
			for _, part := range parts {
				a.fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: part[2:]})
			}
			_, err := a.write(kit(t, "KIT", c.components...))
			made := slices.ContainsFunc(a.fake.Bundles(), func(b shipbobtest.CatalogBundle) bool { return b.SKU == "KIT" })
			if f := fault.As(err); made != (c.want == "") || c.want != "" && (f == nil || f.Kind != fault.Rejected || !strings.Contains(f.Error(), c.want)) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
