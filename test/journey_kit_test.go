package test_test

import (
	"strconv"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// kit gives the SKU these components at the master: pieces by SKU.
func (p stockPair) kit(w *world, sku string, components map[string]int) {
	w.Helper()
	if p.from == "shipbob" {
		var all []shipbobtest.Component
		for of, pieces := range components {
			all = append(all, shipbobtest.Component{SKU: of, Quantity: pieces})
		}
		w.warehouse.Bundle(sku, all...)
		return
	}
	kit := netsuitetest.Kit{SKU: sku, Changed: time.Now().Add(-3 * time.Minute)}
	for of, pieces := range components {
		kit.Members = append(kit.Members, netsuitetest.Member{SKU: of, Quantity: strconv.Itoa(pieces)})
	}
	if err := w.erp.SetKit(kit); err != nil {
		w.Fatal(err)
	}
}

// kitPairs are all pairs of a master of stock and a store.
func kitPairs() []stockPair {
	erp := stockPair{from: "netsuite", a: "5", b: "6", level: func(w *world, sku, at string, pieces int) { w.erpStock(sku, at, strconv.Itoa(pieces)) }}
	erp.settings = map[string]string{"NETSUITE_STOCK_LOCATIONS": "5,6", "SHOPIFY_STOCK_LOCATIONS": "netsuite/5=" + shopifytest.Shop + "/" + stockPlace + ",netsuite/6=none"}
	return append(stockPairs(), intoShopify(erp))
}

// TestE2AKitIsWhatItsComponentsAllow reads a kit's stock at the store: it falls with a sale of a
// component, follows its definition, and is not written again when a component changes that it has
// enough of.
func TestE2AKitIsWhatItsComponentsAllow(t *testing.T) {
	t.Parallel()
	for _, p := range kitPairs() {
		t.Run(p.route(), func(t *testing.T) {
			t.Parallel()
			s := p.setup(nil)
			journey(t, s, func(w *world) {
				poll := func() {
					w.Helper()
					w.pass(5 * time.Minute)
					w.pollsStock(p, s)
				}
				for _, sku := range []string{"KIT", "TEE-BLK-M", "HOOD-M", "OTHER-KIT"} {
					p.stock(w, sku, 99)
				}
				p.level(w, "TEE-BLK-M", p.a, 10)
				p.level(w, "HOOD-M", p.a, 4)
				p.kit(w, "KIT", map[string]int{"TEE-BLK-M": 2, "HOOD-M": 1})
				p.kit(w, "OTHER-KIT", map[string]int{"TEE-BLK-M": 3, "NOWHERE": 1})
				p.level(w, "NOWHERE", p.b, 50)
				poll()
				want := map[string]int64{"KIT": 4, "OTHER-KIT": 0, "TEE-BLK-M": 10, "HOOD-M": 4}
				w.storeHas(p, want)

				p.level(w, "TEE-BLK-M", p.a, 5) // five are sold
				poll()
				want["TEE-BLK-M"], want["KIT"] = 5, 2
				w.storeHas(p, want)

				calls := p.calls(w)
				p.level(w, "HOOD-M", p.b, 3) // elsewhere
				poll()
				if got := p.calls(w) - calls; got != 0 {
					t.Errorf("a component's stock at another location cost %d calls\n%s", got, w.story())
				}
				p.level(w, "HOOD-M", p.a, 3) // of which the kit has enough
				writes := len(p.writes(w))
				poll()
				want["HOOD-M"] = 3
				w.storeHas(p, want)
				if got := p.writes(w)[writes:]; len(got) != 1 || got[0] != 1 {
					t.Errorf("writes of %v quantities for one component", got)
				}

				p.kit(w, "KIT", map[string]int{"TEE-BLK-M": 1, "HOOD-M": 1})
				p.level(w, "NOWHERE", p.a, 8)
				poll()
				want["KIT"], want["OTHER-KIT"] = 3, 1
				w.storeHas(p, want)

				p.level(w, "TEE-BLK-M", p.a, -2) // backordered
				poll()
				want["KIT"], want["OTHER-KIT"], want["TEE-BLK-M"] = 0, 0, 0
				w.storeHas(p, want)
				for _, e := range w.entries(port.Dead) {
					if e.Entity.ID != "NOWHERE@"+p.a { // no store sells it by itself
						t.Errorf("dead letter: %+v", e)
					}
				}
			})
		})
	}
}

// TestE2TwoChangesOfAKitInOneSecondAreBothRead has a member leave the kit in the second in which
// another one came, between two polls.
func TestE2TwoChangesOfAKitInOneSecondAreBothRead(t *testing.T) {
	t.Parallel()
	p := kitPairs()[3]
	s := p.setup(nil)
	journey(t, s, func(w *world) {
		for _, sku := range []string{"KIT", "TEE-BLK-M", "HOOD-M"} {
			p.stock(w, sku, 99)
		}
		p.level(w, "TEE-BLK-M", p.a, 10)
		p.level(w, "HOOD-M", p.a, 4)
		second := time.Now()
		set := func(members ...netsuitetest.Member) {
			if err := w.erp.SetKit(netsuitetest.Kit{SKU: "KIT", Members: members, Changed: second}); err != nil {
				t.Fatal(err)
			}
		}
		set(netsuitetest.Member{SKU: "TEE-BLK-M", Quantity: "1"}, netsuitetest.Member{SKU: "HOOD-M", Quantity: "1"})
		w.pollsStock(p, s)
		if got := p.books(w)["KIT"]; got != 99 {
			t.Errorf("the second is not over, and the store has %d\n%s", got, w.story())
		}
		set(netsuitetest.Member{SKU: "TEE-BLK-M", Quantity: "1"})
		w.pollsStock(p, s)
		w.storeHas(p, map[string]int64{"KIT": 10, "TEE-BLK-M": 10, "HOOD-M": 4})
	})
}

// TestE2AKitInAKitIsCountedByItsComponents reads the stock of both at the store: a sale of an innermost component
// reaches the outer kit, and so does another definition of the inner one.
func TestE2AKitInAKitIsCountedByItsComponents(t *testing.T) {
	t.Parallel()
	for _, p := range kitPairs() {
		t.Run(p.route(), func(t *testing.T) {
			t.Parallel()
			s := p.setup(nil)
			journey(t, s, func(w *world) {
				poll := func(want map[string]int64) {
					w.Helper()
					w.pass(5 * time.Minute)
					w.pollsStock(p, s)
					w.storeHas(p, want)
				}
				for _, sku := range []string{"PAIR", "CRATE", "TEE-BLK-M", "HOOD-M"} {
					p.stock(w, sku, 99)
				}
				p.level(w, "TEE-BLK-M", p.a, 25)
				p.level(w, "HOOD-M", p.a, 4)
				p.kit(w, "PAIR", map[string]int{"TEE-BLK-M": 2})
				p.kit(w, "CRATE", map[string]int{"PAIR": 3, "HOOD-M": 1})
				poll(map[string]int64{"PAIR": 12, "CRATE": 4, "TEE-BLK-M": 25, "HOOD-M": 4})
				p.level(w, "TEE-BLK-M", p.a, 11)
				poll(map[string]int64{"PAIR": 5, "CRATE": 1, "TEE-BLK-M": 11, "HOOD-M": 4})
				p.kit(w, "PAIR", map[string]int{"TEE-BLK-M": 1})
				poll(map[string]int64{"PAIR": 11, "CRATE": 3, "TEE-BLK-M": 11, "HOOD-M": 4})
				for _, e := range w.entries(port.Dead) {
					t.Errorf("dead letter: %+v", e)
				}
			})
		})
	}
}
