package test_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// stockPair is a master of stock and a store that gets it. Its location A is that of the store, and
// the stock of B goes nowhere.
type stockPair struct {
	from, to string
	settings map[string]string
	a, b     string                                       // ids of the locations at the master
	level    func(w *world, sku, at string, pieces int)   // the master has pieces
	stock    func(w *world, sku string, pieces int)       // the store has the SKU
	untrack  func(w *world, sku string)                   // the store does not count it
	books    func(w *world) map[string]int64              // what the store has
	sale     func(w *world, sku string, pieces int)       // … sells after the next read
	writes   func(w *world) []int                         // quantities of each write that was made
	calls    func(w *world) int                           // of the store's API
	down     func(w *world, requests int)                 // the store fails so many reads
	isWrite  func(r *http.Request, body string) (so bool) // to the store
	address  string
}

func (p stockPair) setup(more map[string]string) setup {
	s := setup{settings: maps.Clone(p.settings), memory: true, line: onlyStock(p.route())}
	maps.Copy(s.settings, more)
	if p.from == "shipbob" {
		s.warehouse = shipbobtest.New(time.Now)
	}
	return s
}

func (p stockPair) route() string { return p.from + "-stock-to-" + p.to }

// warehouseLevel sets the SKU's level at one fulfillment center, and leaves the others.
func warehouseLevel(w *world, sku, at string, pieces int) {
	center, _ := strconv.Atoi(at)
	w.warehouse.SetLevel(sku, shipbobtest.Level{Center: center, OnHand: max(pieces, 0), Fulfillable: pieces})
}

// intoShopify completes a pair whose store is Shopify.
func intoShopify(p stockPair) stockPair {
	p.to, p.address = "shopify", shopAddress
	p.stock = func(w *world, sku string, pieces int) { w.shop.Stock(sku, stockPlace, int64(pieces)) }
	p.untrack = func(w *world, sku string) { w.shop.Untrack(sku) }
	p.books = func(w *world) map[string]int64 { return w.shop.Available(stockPlace) }
	p.sale = func(w *world, sku string, pieces int) { w.shop.SellAfterRead(sku, stockPlace, int64(pieces)) }
	p.writes = func(w *world) []int { return w.shop.StockMutations() }
	p.calls = func(w *world) int { return len(w.shop.Asked()) }
	p.down = func(w *world, requests int) {
		w.shop.AnswerTo("query inventoryLevels", slices.Repeat([]shopifytest.Answer{{Status: http.StatusServiceUnavailable}}, requests)...)
	}
	p.isWrite = func(_ *http.Request, body string) bool { return strings.Contains(body, "mutation setInventory") }
	return p
}

// intoWoo completes a pair whose store is WooCommerce. Every third SKU is a variation.
func intoWoo(p stockPair) stockPair {
	p.to, p.address = "woocommerce", wooAddress
	p.stock = func(w *world, sku string, pieces int) {
		n, err := strconv.Atoi(strings.TrimPrefix(sku, "STOCK-"))
		if err == nil && n%3 == 0 {
			w.wooStore.StockVariation(int64(5000+n/300), sku, int64(pieces))
			return
		}
		w.wooStore.Stock(sku, int64(pieces))
	}
	p.untrack = func(w *world, sku string) { w.wooStore.Manage(sku, false) }
	p.books = func(w *world) map[string]int64 { return w.wooStore.Available() }
	p.sale = func(w *world, sku string, pieces int) { w.wooStore.SellAfterRead(sku, int64(pieces)) }
	p.writes = func(w *world) []int { return w.wooStore.StockWrites() }
	p.calls = func(w *world) int { return len(w.wooStore.Asked()) }
	p.down = func(w *world, requests int) {
		w.wooStore.Answer(slices.Repeat([]woocommercetest.Answer{{Status: http.StatusServiceUnavailable, Body: "<html>"}}, requests)...)
	}
	p.isWrite = func(r *http.Request, _ string) bool { return r.Method == http.MethodPost }
	return p
}

// stockPairs are the pairs beside the one that journey_stock_test.go plays.
func stockPairs() []stockPair {
	warehouse := stockPair{from: "shipbob", a: "9", b: "12", level: warehouseLevel}
	erp := stockPair{from: "netsuite", a: "5", b: "6", level: func(w *world, sku, at string, pieces int) { w.erpStock(sku, at, strconv.Itoa(pieces)) }}
	shop, woo := warehouse, warehouse
	shop.settings = map[string]string{"SHIPBOB_STOCK_LOCATIONS": "9,12", "SHOPIFY_STOCK_LOCATIONS": "shipbob/9=" + shopifytest.Shop + "/" + stockPlace + ",shipbob/12=none"}
	woo.settings = map[string]string{"SHIPBOB_STOCK_LOCATIONS": "9,12", "WOOCOMMERCE_STOCK_LOCATIONS": "shipbob/9=shop.example,shipbob/12=none"}
	erp.settings = map[string]string{"NETSUITE_STOCK_LOCATIONS": "5,6", "WOOCOMMERCE_STOCK_LOCATIONS": "netsuite/5=shop.example,netsuite/6=none"}
	return []stockPair{intoShopify(shop), intoWoo(woo), intoWoo(erp)}
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header            { return d.header }
func (d discard) Write(body []byte) (int, error) { return len(body), nil }
func (d discard) WriteHeader(int)                {}

// readAgain returns the body of the request, which can be read again.
func readAgain(t *testing.T, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}

// eachStockPair plays the journey for each pair, in a world of its own.
func eachStockPair(t *testing.T, play func(t *testing.T, p stockPair)) {
	t.Helper()
	for _, p := range stockPairs() {
		t.Run(p.route(), func(t *testing.T) {
			t.Parallel()
			play(t, p)
		})
	}
}

// pollsStock polls the master once and lets everything that follows happen.
func (w *world) pollsStock(p stockPair, s setup) (sum reconcile.Report) {
	w.Helper()
	poller := w.poller(w.openSystems(s)[p.from], w.config.Runtime, func(r reconcile.Report) {
		if r.Feed.Entity == "inventory" {
			sum.Gaps, sum.Unconfirmed = sum.Gaps+r.Gaps, sum.Unconfirmed+r.Unconfirmed
		}
	})
	if err := poller.Run(w.Context()); err != nil {
		w.Fatalf("polling stock: %v\n%s", err, w.story())
	}
	w.pass(3 * time.Minute)
	return sum
}

// storeHas fails unless the store has exactly this stock.
func (w *world) storeHas(p stockPair, want map[string]int64) {
	w.Helper()
	if got := p.books(w); !maps.Equal(got, want) {
		w.Errorf("%s has %v, want %v\n%s", p.to, got, want, w.story())
	}
}

// levelEnds returns how the messages of a level ended, oldest first, with what was done.
func (w *world) levelEnds(p stockPair, id string) (ends []string) {
	w.Helper()
	tenant := map[string]string{"netsuite": "1234567_SB1", "shipbob": "main"}[p.from]
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: message.Key{System: p.from, Tenant: tenant, Type: "inventory", ID: id}})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range found {
		if e.Route == p.route() && (e.Stage.Ends() || e.Stage == port.Sent) {
			ends = append(ends, string(e.Stage)+": "+e.Outcome)
		}
	}
	return ends
}

func TestE2EachStoreGetsWholePiecesLessTheBuffer(t *testing.T) {
	t.Parallel()
	eachStockPair(t, func(t *testing.T, p stockPair) {
		s := p.setup(map[string]string{"SHOPIFY_STOCK_BUFFER": "2", "WOOCOMMERCE_STOCK_BUFFER": "2"})
		journey(t, s, func(w *world) {
			for sku, available := range map[string]int{"SKU-A": -3, "SKU-B": 7, "SKU-C": 1, "SKU-D": 40} {
				p.stock(w, sku, 9)
				p.level(w, sku, p.a, available)
			}
			w.pollsStock(p, s)
			w.storeHas(p, map[string]int64{"SKU-A": 0, "SKU-B": 5, "SKU-C": 0, "SKU-D": 38})
		})
	})
}

func TestE1ASaleBetweenReadAndWriteIsCorrectedInEachStore(t *testing.T) {
	t.Parallel()
	eachStockPair(t, func(t *testing.T, p stockPair) {
		s := p.setup(nil)
		journey(t, s, func(w *world) {
			want := map[string]int64{}
			for i := range 60 {
				sku := "STOCK-" + strconv.Itoa(i)
				p.stock(w, sku, 9)
				p.level(w, sku, p.a, 7)
				want[sku] = 7
			}
			p.sale(w, "STOCK-30", 1)
			w.pollsStock(p, s)
			w.storeHas(p, want)
			if dead := w.entries(port.Dead); len(dead) > 0 {
				t.Errorf("dead letters: %+v", dead)
			}
			p.level(w, "STOCK-30", p.a, 6) // the master has heard of the sale
			w.pass(5 * time.Minute)
			w.pollsStock(p, s)
			want["STOCK-30"] = 6
			w.storeHas(p, want)
		})
	})
}

func TestE3ThousandLevelsAreFewWritesAndUnchangedOnesNone(t *testing.T) {
	t.Parallel()
	eachStockPair(t, func(t *testing.T, p stockPair) {
		s := p.setup(map[string]string{"SHIPBOB_STOCK_LOCATIONS": p.a})
		journey(t, s, func(w *world) {
			want := map[string]int64{}
			for i := range 1000 {
				sku := "STOCK-" + strconv.Itoa(i)
				p.level(w, sku, p.a, 7)
				if i != 500 {
					p.stock(w, sku, 9)
					want[sku] = 7
				}
			}
			w.pollsStock(p, s)
			w.storeHas(p, want)
			if got := p.writes(w); len(got) > map[string]int{"shopify": 4, "woocommerce": 30}[p.to] { // a batch of variations for each product
				t.Errorf("writes of %v quantities", got)
			}
			if dead := w.entries(port.Dead); len(dead) != 1 || dead[0].Entity.ID != "STOCK-500@"+p.a {
				t.Errorf("dead letters: %+v", dead)
			}
			calls := p.calls(w)
			w.pass(5 * time.Minute)
			if r := w.pollsStock(p, s); r.Unconfirmed != 0 || p.calls(w) != calls {
				t.Errorf("the second poll found %+v, and %d calls", r, p.calls(w)-calls)
			}
		})
	})
}

// TestE3NewestSnapshotWinsInEachStore has an old snapshot wait for a store that is down, while newer
// ones follow, of which the last has the content of the first.
func TestE3NewestSnapshotWinsInEachStore(t *testing.T) {
	t.Parallel()
	eachStockPair(t, func(t *testing.T, p stockPair) {
		s := p.setup(nil)
		journey(t, s, func(w *world) {
			p.stock(w, "TEE-BLK-M", 9)
			p.down(w, 3)
			for _, pieces := range []int{7, 4, 7} {
				p.level(w, "TEE-BLK-M", p.a, pieces)
				w.pollsStock(p, s)
				w.pass(5 * time.Minute)
			}
			w.pass(time.Hour)
			w.storeHas(p, map[string]int64{"TEE-BLK-M": 7})
			if dead := w.entries(port.Dead); len(dead) > 0 {
				t.Errorf("dead letters: %+v", dead)
			}
			p.level(w, "TEE-BLK-M", p.a, 2)
			w.pollsStock(p, s)
			w.storeHas(p, map[string]int64{"TEE-BLK-M": 2})
		})
	})
}

// TestE3AnOutageAndAKillLoseNoLevel has the store apply a write whose answer the process does not
// live to read, and then be down for an hour.
func TestE3AnOutageAndAKillLoseNoLevel(t *testing.T) {
	t.Parallel()
	eachStockPair(t, func(t *testing.T, p stockPair) {
		s := p.setup(nil)
		var cut, down atomic.Bool
		s.wrap = func(address string, system http.Handler) http.Handler {
			if address != p.address {
				return system
			}
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				body := readAgain(t, r)
				switch {
				case down.Load():
					rw.WriteHeader(http.StatusServiceUnavailable)
				case p.isWrite(r, body) && cut.CompareAndSwap(true, false):
					system.ServeHTTP(discard{http.Header{}}, r)
					down.Store(true)
					panic(http.ErrAbortHandler)
				default:
					system.ServeHTTP(rw, r)
				}
			})
		}
		journey(t, s, func(w *world) {
			want := map[string]int64{}
			for i := range 20 {
				sku := "STOCK-" + strconv.Itoa(i)
				p.stock(w, sku, 9)
				p.level(w, sku, p.a, i)
				want[sku] = int64(i)
			}
			cut.Store(true)
			w.pollsStock(p, s)
			w.restart(s)
			p.level(w, "STOCK-3", p.a, 33)
			want["STOCK-3"] = 33
			w.pass(5 * time.Minute)
			w.pollsStock(p, s)
			w.pass(time.Hour)
			down.Store(false)
			w.pass(2 * time.Hour)
			w.storeHas(p, want)
			if dead := w.entries(port.Dead); len(dead) > 0 {
				t.Errorf("dead letters: %+v", dead)
			}
		})
	})
}

func TestE4WhatAStoreDoesNotCountIsSkippedWithItsReason(t *testing.T) {
	t.Parallel()
	eachStockPair(t, func(t *testing.T, p stockPair) {
		s := p.setup(nil)
		journey(t, s, func(w *world) {
			p.stock(w, "TEE-BLK-M", 5)
			p.stock(w, "HOOD-M", 5)
			p.untrack(w, "HOOD-M")
			p.level(w, "TEE-BLK-M", p.a, 7)
			p.level(w, "HOOD-M", p.a, 7)
			p.level(w, "TEE-BLK-M", p.b, 100)
			w.pollsStock(p, s)
			if got := p.books(w)["TEE-BLK-M"]; got != 7 {
				t.Errorf("%s has %d, want 7\n%s", p.to, got, w.story())
			}
			for id, want := range map[string]string{"HOOD-M@" + p.a: "not set: ", "TEE-BLK-M@" + p.b: "the stock of location " + p.b + " of " + p.from + " goes to no"} {
				if ends := w.levelEnds(p, id); !slices.ContainsFunc(ends, func(e string) bool { return strings.Contains(e, want) }) {
					t.Errorf("%s ends %q, want %q", id, ends, want)
				}
			}
		})
	})
}

// TestE2AWooCommerceStoreSellsTheSumOfItsLocations has levels of two locations come in every order,
// twice, on two machines, while the store is down now and then.
func TestE2AWooCommerceStoreSellsTheSumOfItsLocations(t *testing.T) {
	t.Parallel()
	for _, p := range stockPairs()[1:] {
		t.Run(p.route(), func(t *testing.T) {
			t.Parallel()
			s := p.setup(map[string]string{"WOOCOMMERCE_STOCK_LOCATIONS": p.from + "/" + p.a + "=shop.example," + p.from + "/" + p.b + "=shop.example"})
			journey(t, s, func(w *world) {
				stop := w.second(s)
				defer stop()
				for i := range 12 {
					p.stock(w, "SKU-"+string(rune('A'+i)), 0)
				}
				want := map[string]int64{}
				for round := range 4 {
					p.down(w, round)
					for i := range 12 {
						sku, at, n := "SKU-"+string(rune('A'+i)), []string{p.a, p.b}, 10*i+round
						p.level(w, sku, at[(i+round)%2], n)
						if (i+round)%3 == 0 {
							p.level(w, sku, at[(i+round+1)%2], n+100)
						}
					}
					w.pollsStock(p, s)
					w.pass(5 * time.Minute)
				}
				w.pass(2 * time.Hour)
				for i := range 12 {
					latest := map[int]int{}
					for round := range 4 {
						latest[(i+round)%2] = 10*i + round
						if (i+round)%3 == 0 {
							latest[(i+round+1)%2] = 10*i + round + 100
						}
					}
					want["SKU-"+string(rune('A'+i))] = int64(latest[0] + latest[1])
				}
				w.storeHas(p, want)
				if dead := w.entries(port.Dead); len(dead) > 0 {
					t.Errorf("dead letters: %+v", dead)
				}
			})
		})
	}
}
