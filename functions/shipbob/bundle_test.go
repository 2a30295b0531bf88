package shipbob_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// bundle sets a bundle of components such as "2 TEE".
func (a *account) bundle(sku string, components ...string) {
	a.Helper()
	var all []shipbobtest.Component
	for _, text := range components {
		var c shipbobtest.Component
		if _, err := fmt.Sscan(text, &c.Quantity, &c.SKU); err != nil {
			a.Fatal(err)
		}
		all = append(all, c)
	}
	a.fake.Bundle(sku, all...)
}

// bundleTexts are the levels of the bundles as "KIT@9 4/3", or their errors.
func (a *account) bundleTexts() (all []string) {
	a.Helper()
	for _, change := range a.stockChanges() {
		if !strings.HasPrefix(change.ID, "KIT") {
			continue
		}
		raw, err := a.system.Poller.Fetch(a.Context(), a.stockFeed(), change)
		if err != nil {
			a.Fatal(err)
		}
		translation, err := a.system.Source.Translate(a.Context(), raw)
		if err != nil {
			all = append(all, change.ID+": "+err.Error())
			continue
		}
		all = append(all, levelTexts(translation.Events)...)
	}
	return all
}

func (a *account) bundlesAre(want ...string) {
	a.Helper()
	if got := a.bundleTexts(); !slices.Equal(got, want) {
		a.Errorf("bundles\n%q, want\n%q", got, want)
	}
}

// oneCenter is an account with the stock of fulfillment center 9.
func oneCenter(t *testing.T) *account {
	t.Helper()
	return newAccount(t, map[string]string{"SHIPBOB_STOCK_LOCATIONS": "9"})
}

func (a *account) level(sku string, onHand, fulfillable int) {
	a.fake.SetLevel(sku, shipbobtest.Level{Center: 9, OnHand: onHand, Fulfillable: fulfillable})
}

func TestABundleIsWhatItsScarcestComponentAllows(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 9, 7)
	a.level("HOOD", 4, 3)
	a.level("BACKORDERED", 1, -2)
	a.level("RETIRED", 8, 8)
	a.fake.Deactivate("RETIRED")
	a.level("E-BOOK", 0, 0)
	a.fake.Digital("E-BOOK")
	a.fake.Stock("ELSEWHERE", shipbobtest.Level{Center: 12, OnHand: 5, Fulfillable: 5})
	a.bundle("KIT-A", "1 TEE")
	a.bundle("KIT-B", "1 TEE", "1 HOOD")
	a.bundle("KIT-C", "2 TEE", "1 HOOD")
	a.bundle("KIT-D", "1 TEE", "1 HOOD", "2 TEE") // three tees
	a.bundle("KIT-E", "1 TEE", "1 ELSEWHERE")
	a.bundle("KIT-F", "2 BACKORDERED", "1 TEE")
	a.bundle("KIT-G", "1 TEE", "1 RETIRED")
	a.bundle("KIT-H", "1 TEE", "1 E-BOOK")
	a.bundle("KIT-I", "1 E-BOOK") // digital
	a.bundle("KIT-OLD", "1 TEE")
	a.fake.DeactivateBundle("KIT-OLD")
	a.bundlesAre("KIT-A@9 9/7", "KIT-B@9 4/3", "KIT-C@9 4/3", "KIT-D@9 3/2", "KIT-E@9 0/0", "KIT-F@9 0/0", "KIT-G@9 0/0", "KIT-H@9 9/7")
}

// TestABundleInABundleIsCountedByItsOwnComponents, three deep at most, and an inactive one has nothing.
func TestABundleInABundleIsCountedByItsOwnComponents(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 24, 23)
	a.level("CAP", 5, 5)
	a.bundle("KIT-A", "2 TEE")
	a.bundle("KIT-B", "3 KIT-A", "1 CAP")
	a.bundle("KIT-C", "2 KIT-B", "1 TEE")
	a.bundle("KIT-D", "1 KIT-A", "4 TEE")
	a.bundlesAre("KIT-A@9 12/11", "KIT-B@9 4/3", "KIT-C@9 1/1", "KIT-D@9 4/3")
	a.bundle("KIT-E", "1 KIT-C")
	a.bundle("KIT-F", "1 CAP")
	a.bundle("KIT-G", "1 KIT-F")
	a.bundle("KIT-F", "1 KIT-G")
	for sku, want := range map[string]string{
		"KIT-E": `component "KIT-C" > "KIT-B" > "KIT-A" is a kit in 3 kits; kits may be nested 3 deep`,
		"KIT-F": `component "KIT-G" > "KIT-F" is a kit of itself`,
	} {
		if got := strings.Join(a.bundleTexts(), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", sku, got, want)
		}
	}
	a.fake.DeactivateBundle("KIT-A")
	for _, sku := range []string{"KIT-E", "KIT-F", "KIT-G"} {
		a.fake.DeactivateBundle(sku)
	}
	a.bundlesAre("KIT-B@9 0/0", "KIT-C@9 0/0", "KIT-D@9 0/0")
}

func TestABundleHasALevelAtEachFulfillmentCenter(t *testing.T) {
	t.Parallel()
	a := stocked(t)
	a.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 9, Fulfillable: 7}, shipbobtest.Level{Center: 12, OnHand: 3, Fulfillable: 3}, shipbobtest.Level{Center: 77, OnHand: 1, Fulfillable: 1})
	a.bundle("KIT", "2 TEE")
	a.bundlesAre("KIT@9 4/3", "KIT@12 1/1")
}

func TestABundleChangesWithItsComponentsAndItsDefinition(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 9, 9)
	a.level("HOOD", 5, 5)
	a.bundle("KIT", "1 TEE", "1 HOOD")
	a.bundlesAre("KIT@9 5/5")
	content := func() string {
		for _, change := range a.stockChanges() {
			if change.ID == "KIT@9" {
				return string(change.Body)
			}
		}
		t.Fatal("the bundle is not listed")
		return ""
	}
	before := content()
	a.level("TEE", 8, 7)
	if after := content(); before != after {
		t.Errorf("a change that leaves the number of bundles made %s of %s", after, before)
	}
	a.level("HOOD", 5, 4)
	a.bundlesAre("KIT@9 5/4")
	a.bundle("KIT", "3 TEE", "1 HOOD")
	a.bundlesAre("KIT@9 2/2")
	a.bundle("KIT", "1 HOOD")
	a.bundlesAre("KIT@9 5/4")
	a.now = a.now.Add(5 * time.Minute)
	for _, change := range a.stockChanges() {
		if !change.At.Equal(a.now) {
			t.Errorf("%s has version %v, want %v", change.ID, change.At, a.now)
		}
	}
}

// TestABundleThatCannotBeCountedHidesNoOther, and its error names the bundle, the component and the
// rule.
func TestABundleThatCannotBeCountedHidesNoOther(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make func(a *account)
		want []string
	}{
		"takes nothing":      {func(a *account) { a.bundle("KIT-BAD", "1 HOOD", "0 TEE") }, []string{`"TEE"`, "quantity 0, which is not above 0"}},
		"takes less":         {func(a *account) { a.bundle("KIT-BAD", "-1 TEE") }, []string{`"TEE"`, "quantity -1"}},
		"a bundle of itself": {func(a *account) { a.bundle("KIT-BAD", "1 TEE"); a.bundle("KIT-BAD", "1 TEE", "1 KIT-BAD") }, []string{`"KIT-BAD" is a kit of itself`}},
		"no level": {func(a *account) {
			a.fake.Stock("UNSAID")
			a.bundle("KIT-BAD", "1 TEE", "1 UNSAID")
		}, []string{`"UNSAID"`, "no level of inventory item"}},
		"two of one SKU": {func(a *account) {
			a.bundle("KIT-BAD", "1 TEE")
			a.fake.DuplicateBundle("KIT-BAD", shipbobtest.Component{SKU: "HOOD", Quantity: 1})
		}, []string{"variants 900002 and 900003", "make it unique"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := oneCenter(t)
			a.level("TEE", 9, 7)
			a.level("HOOD", 4, 3)
			a.bundle("KIT-GOOD", "1 HOOD")
			tc.make(a)
			got := a.bundleTexts()
			if len(got) != 2 || got[0] != "KIT-GOOD@9 4/3" {
				t.Fatalf("got %q", got)
			}
			for _, text := range append(tc.want, `"KIT-BAD": `, "bundle_definition") {
				if !strings.Contains(got[1], text) {
					t.Errorf("got %q, want %q in it", got[1], text)
				}
			}
		})
	}
}

// TestAProductThatCannotBeReadHoldsUpNoOther has one whose quantity is text.
func TestAProductThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	levels := shipbobtest.Answer{Status: http.StatusOK, Body: `{"items":[{"inventory_id":1,"sku":"TEE","locations":[{"location_id":9,"on_hand_quantity":9,"fulfillable_quantity":7}]}],"next":null}`}
	products := shipbobtest.Answer{Status: http.StatusOK, Body: `{"items":[` +
		`{"id":70,"variants":[{"id":71,"sku":"KIT-BAD","bundle_definition":[{"variant_id":81,"variant_sku":"TEE","quantity":"two"}]}]},` +
		`{"id":72,"variants":null},` +
		`{"id":74,"variants":[{"id":75,"sku":null,"bundle_definition":[{"variant_id":81,"variant_sku":"TEE","quantity":1}]}]},` +
		`{"id":76,"variants":[{"id":77,"sku":"KIT-LOST","status":null,"bundle_definition":[{"variant_id":99,"variant_sku":"CAP","quantity":1}]}]},` +
		`{"id":78,"variants":[{"id":79,"sku":"KIT","status":"Active","bundle_definition":[{"variant_id":81,"variant_sku":"TEE","quantity":2}]}]},` +
		`{"id":80,"variants":[{"id":81,"sku":"TEE","status":"Active","inventory":{"inventory_id":1},"bundle_definition":null}]}],"next":null}`}
	a.fake.Answer(levels, products)
	var got []string
	for _, change := range a.stockChanges() {
		raw, err := a.system.Poller.Fetch(t.Context(), a.stockFeed(), change)
		must(t, err)
		translation, err := a.system.Source.Translate(t.Context(), raw)
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, levelTexts(translation.Events)...)
	}
	want := []string{"TEE@9 9/7", `"KIT-BAD": ShipBob's product 70 cannot be read`, `"KIT-LOST": component "CAP", variant 99, is not among`, "KIT@9 4/3"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i, text := range want {
		if !strings.Contains(got[i], text) {
			t.Errorf("got %q, want %q", got[i], text)
		}
	}
	if !strings.Contains(got[1], "quantity") {
		t.Errorf("got %q, want the field in it", got[1])
	}
}

// TestAnItemWithTheSKUOfABundleThatCannotBeReadIsLeftOut, because its pieces are none of the bundle.
func TestAnItemWithTheSKUOfABundleThatCannotBeReadIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, product := range map[string]string{
		"SKU first": `{"id":70,"variants":[{"id":71,"sku":"KIT","bundle_definition":[{"variant_id":81,"variant_sku":"TEE","quantity":null}]}]}`,
		"SKU last":  `{"id":70,"variants":[{"id":71,"bundle_definition":[{"variant_id":81,"quantity":1.5}],"sku":"KIT"}]}`,
	} {
		a := oneCenter(t)
		a.fake.Answer(
			shipbobtest.Answer{Status: http.StatusOK, Body: `{"items":[{"inventory_id":1,"sku":"KIT","locations":[{"location_id":9,"on_hand_quantity":100,"fulfillable_quantity":100}]}],"next":null}`},
			shipbobtest.Answer{Status: http.StatusOK, Body: `{"items":[` + product + `],"next":null}`})
		for _, change := range a.stockChanges() {
			raw, err := a.system.Poller.Fetch(t.Context(), a.stockFeed(), change)
			must(t, err)
			translation, err := a.system.Source.Translate(t.Context(), raw)
			if err == nil || !strings.Contains(err.Error(), `"KIT": ShipBob's product 70 cannot be read`) || !strings.Contains(err.Error(), "quantity") {
				t.Errorf("%s: got %q, %v", name, levelTexts(translation.Events), err)
			}
		}
	}
}

// TestAnItemWithTheSKUOfABundleIsLeftOut, such as one that was a product of its own before.
func TestAnItemWithTheSKUOfABundleIsLeftOut(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 9, 7)
	a.level("KIT", 100, 100)
	a.bundle("KIT", "2 TEE")
	a.bundlesAre("KIT@9 4/3")
}

// TestStockGoesOnWithoutTheProducts of a token that must not read them, and the bundles come with the
// next poll after it may.
func TestStockGoesOnWithoutTheProducts(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 9, 7)
	a.bundle("KIT", "2 TEE")
	a.fake.Scope(false)
	changes := a.stockChanges()
	if len(changes) != 2 || changes[0].ID != "list of products" || changes[1].ID != "TEE@9" {
		t.Fatalf("got %+v", changes)
	}
	if f := fault.As(changes[0].Err); f == nil || f.Field != "SHIPBOB_TOKEN" || !strings.Contains(f.Error(), "products_read") {
		t.Errorf("got %v", changes[0].Err)
	}
	again := connector.Change{ID: "list of products"}
	if _, err := a.system.Poller.Fetch(t.Context(), a.stockFeed(), again); err == nil {
		t.Error("asked for again without the scope, there is no error")
	}
	a.fake.Scope(true)
	if raw, err := a.system.Poller.Fetch(t.Context(), a.stockFeed(), again); raw != nil || err != nil {
		t.Errorf("got %v, %v", raw, err)
	}
	a.bundlesAre("KIT@9 4/3")
}

func TestAThrottledListOfProductsIsWaitedFor(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 9, 7)
	a.bundle("KIT", "2 TEE")
	a.fake.Answer(
		shipbobtest.Answer{Status: http.StatusOK, Body: `{"items":[{"inventory_id":1,"sku":"TEE","locations":[]}],"next":null}`},
		shipbobtest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"X-Retry-After": {"7"}}, Body: `{}`},
	)
	_, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.stockFeed()})
	if f := fault.As(err); f == nil || f.Kind != fault.Throttled {
		t.Errorf("got %v", err)
	}
	a.bundlesAre("KIT@9 4/3")
}

func TestProductsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	a := oneCenter(t)
	a.level("TEE", 9, 7)
	var want []string
	for i := range 250 {
		sku := fmt.Sprintf("KIT-%03d", i)
		a.bundle(sku, "2 TEE")
		want = append(want, sku+"@9 4/3")
	}
	a.bundlesAre(want...)
	if n := a.fake.Calls()["GET /product"]; n != 3 {
		t.Errorf("%d requests for 251 products, want 3", n)
	}
}

func TestAnAccountWithoutBundlesListsNoProducts(t *testing.T) {
	t.Parallel()
	a := newAccount(t, map[string]string{"SHIPBOB_STOCK_LOCATIONS": "9", "SHIPBOB_STOCK_BUNDLES": "false"})
	a.level("TEE", 9, 7)
	a.bundle("KIT", "2 TEE")
	a.fake.Scope(false) // it would fail
	if changes := a.stockChanges(); len(changes) != 1 || changes[0].ID != "TEE@9" || changes[0].Err != nil {
		t.Errorf("got %+v", changes)
	}
}
