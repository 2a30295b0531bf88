package test_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/pipeline"
)

// erpSum is an order and what the ERP has to make of it.
type erpSum struct {
	name     string
	purchase shopifytest.Purchase
	currency string // internal id
	total    string
	lines    []string
	shipping string
	deposits []string // one of the total by card if nil
}

// erpSums buys all of them and compares the books.
func erpSums(t *testing.T, s setup, sums []erpSum) {
	t.Helper()
	journey(t, s, func(w *world) {
		for i, sum := range sums {
			p := sum.purchase
			p.ID, p.Number, p.Customer, p.Email = 9400+int64(i), 2400+i, 7400+int64(i), "b"+strconv.Itoa(i)+"@example.com"
			order, deposits := erpBuy(w, p), sum.deposits
			if deposits == nil {
				deposits = []string{sum.total + " 1"}
			}
			if order.Total != sum.total || order.Shipping != sum.shipping || order.Currency != sum.currency {
				w.Errorf("%s: total %s, shipping %s, currency %s; want %s, %s, %s",
					sum.name, order.Total, order.Shipping, order.Currency, sum.total, sum.shipping, sum.currency)
			}
			if got := erpLines(order); !slices.Equal(got, sum.lines) {
				w.Errorf("%s: lines %q, want %q", sum.name, got, sum.lines)
			}
			if got := erpDeposits(w, order); !slices.Equal(got, deposits) {
				w.Errorf("%s: deposits %q, want %q", sum.name, got, deposits)
			}
		}
		erpQuiet(w)
	})
}

// erpBag is an amount as an order's "_set" holds it.
func erpBag(minor int64, currency string) map[string]any {
	amount := map[string]any{"amount": canonical.Money{Minor: minor, Currency: currency}.Decimal().String(), "currency_code": currency}
	return map[string]any{"shop_money": amount, "presentment_money": amount}
}

func TestB4TaxIncludedWithDiscount(t *testing.T) {
	t.Parallel()
	one := func(price, discount int64) []shopifytest.Item {
		return []shopifytest.Item{{ID: 1, SKU: "SKU-A", Title: "A", Quantity: 1, Price: price, Discount: discount}}
	}
	several := []shopifytest.Item{
		{ID: 1, SKU: "SKU-A", Title: "A", Quantity: 3, Price: 999, Discount: 97},
		{ID: 2, SKU: "SKU-B", Title: "B", Quantity: 1, Price: 500},
	}
	erpSums(t, setup{}, []erpSum{
		{
			"the scenario's own",
			shopifytest.Purchase{Currency: "EUR", TaxIncluded: true, TaxPercent: 20, Items: one(25999, 1299)},
			"4", "247.00",
			[]string{"SKU-A 1 205.83", "store-tax 1 41.17"},
			"0.00", nil,
		},
		{
			"19 %",
			shopifytest.Purchase{Currency: "EUR", TaxIncluded: true, TaxPercent: 19, Items: one(11900, 1900)},
			"4", "100.00",
			[]string{"SKU-A 1 84.03", "store-tax 1 15.97"},
			"0.00", nil,
		},
		{
			"several lines and shipping",
			shopifytest.Purchase{Currency: "GBP", TaxIncluded: true, TaxPercent: 7, Items: several, Shipping: 490},
			"2", "38.90",
			[]string{"SKU-A 3 27.10", "SKU-B 1 4.67", "store-tax 1 2.55"},
			"4.58", nil,
		},
		{"the order's tax is a cent more than its parts'", shopifytest.Purchase{
			Currency: "GBP", TaxIncluded: true, TaxPercent: 7, Items: several, Shipping: 490,
			Change: func(o map[string]any) { o["total_tax_set"] = erpBag(256, "GBP") },
		}, "2", "38.90", []string{"SKU-A 3 27.10", "SKU-B 1 4.67", "store-tax 1 2.56", "store-rounding 1 -0.01"}, "4.58", nil},
		{
			"no decimals",
			shopifytest.Purchase{Currency: "JPY", TaxIncluded: true, TaxPercent: 10, Items: one(5500, 500)},
			"5", "5000",
			[]string{"SKU-A 1 4545", "store-tax 1 455"},
			"0", nil,
		},
		{
			"three decimals",
			shopifytest.Purchase{Currency: "KWD", TaxIncluded: true, TaxPercent: 5, Items: one(12345, 345)},
			"6", "12.000",
			[]string{"SKU-A 1 11.429", "store-tax 1 0.571"},
			"0.000", nil,
		},
		{
			"all of it off",
			shopifytest.Purchase{Currency: "EUR", TaxIncluded: true, TaxPercent: 20, Items: one(1000, 1000), Shipping: 600},
			"4", "6.00",
			[]string{"SKU-A 1 0.00", "store-tax 1 1.00"},
			"5.00", nil,
		},
	})
}

func TestB5TaxAddedAfterDiscount(t *testing.T) {
	t.Parallel()
	item := func(sku string, quantity, price, discount int64) shopifytest.Item {
		return shopifytest.Item{ID: price, SKU: sku, Title: sku, Quantity: quantity, Price: price, Discount: discount}
	}
	erpSums(t, setup{}, []erpSum{
		{
			"the scenario's own",
			shopifytest.Purchase{TaxPercent: 10, Items: []shopifytest.Item{item("SKU-A", 1, 10000, 2000)}},
			"1", "88.00",
			[]string{"SKU-A 1 80.00", "store-tax 1 8.00"},
			"0.00", nil,
		},
		{
			"a price of several pieces and shipping",
			shopifytest.Purchase{TaxPercent: 8, Shipping: 500, Items: []shopifytest.Item{item("SKU-A", 3, 3333, 999)}},
			"1", "102.60",
			[]string{"SKU-A 3 90.00", "store-tax 1 7.60"},
			"5.00", nil,
		},
		{
			"several lines",
			shopifytest.Purchase{Currency: "CAD", TaxPercent: 20, Items: []shopifytest.Item{item("SKU-A", 1, 5000, 500), item("SKU-B", 1, 1999, 199)}},
			"3", "75.60",
			[]string{"SKU-A 1 45.00", "SKU-B 1 18.00", "store-tax 1 12.60"},
			"0.00", nil,
		},
		{
			"no decimals",
			shopifytest.Purchase{Currency: "JPY", TaxPercent: 10, Items: []shopifytest.Item{item("SKU-A", 1, 1000, 100)}},
			"5", "990",
			[]string{"SKU-A 1 900", "store-tax 1 90"},
			"0", nil,
		},
	})
}

func TestB6CentsInsideTheToleranceStandOnALineOfTheirOwn(t *testing.T) {
	t.Parallel()
	off := func(currency string, by int64) shopifytest.Purchase {
		return shopifytest.Purchase{Currency: currency, TaxPercent: 10, OffBy: by, Items: []shopifytest.Item{{ID: 1, SKU: "SKU-A", Title: "A", Quantity: 1, Price: 1000}}}
	}
	erpSums(t, setup{}, []erpSum{
		{"a cent more", off("USD", 1), "1", "11.01", []string{"SKU-A 1 10.00", "store-tax 1 1.00", "store-rounding 1 0.01"}, "0.00", nil},
		{"a cent less", off("USD", -1), "1", "10.99", []string{"SKU-A 1 10.00", "store-tax 1 1.00", "store-rounding 1 -0.01"}, "0.00", nil},
		{"as much as is allowed", off("EUR", 5), "4", "11.05", []string{"SKU-A 1 10.00", "store-tax 1 1.00", "store-rounding 1 0.05"}, "0.00", nil},
		{"three decimals", off("KWD", -5), "6", "1.095", []string{"SKU-A 1 1.000", "store-tax 1 0.100", "store-rounding 1 -0.005"}, "0.000", nil},
	})
}

func TestB6BeyondTheToleranceTheOrderIsRefused(t *testing.T) {
	t.Parallel()
	for tolerance, differences := range map[string]map[int64]string{
		"":  {6: "0.06", -6: "-0.06", 100000: "1000.00"},
		"0": {1: "0.01", -1: "-0.01"},
	} {
		t.Run("tolerance "+tolerance, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"SHOPIFY_ROUNDING_TOLERANCE": tolerance}
			if tolerance == "" {
				settings = nil
			}
			journey(t, setup{settings: settings}, func(w *world) { erpRefuse(w, differences) })
		})
	}
}

// erpRefuse has orders refused that are off by the amounts, and a good one pass.
func erpRefuse(w *world, differences map[int64]string) {
	w.Helper()
	for by := range differences {
		p := erpUsual(9500 + by)
		p.OffBy = by
		erpPlace(w, p)
	}
	erpPlace(w, erpUsual(9500))
	w.pass(10 * time.Minute)
	reasons, told := erpDead(w, erpInbox)
	if want := slices.Repeat([]string{"value balance_mismatch total"}, len(differences)); !slices.Equal(reasons, want) {
		w.Errorf("dead letters of the inbox %q, want %q", reasons, want)
	}
	for _, difference := range differences {
		if !slices.ContainsFunc(told, func(text string) bool { return strings.Contains(text, "by "+difference) }) {
			w.Errorf("nobody is told of the difference %s: %q", difference, told)
		}
	}
	if n := len(w.erp.Orders()); n != 1 {
		w.Errorf("%d sales orders, want the good one only", n)
	}
	erpOnce(w, 9500, "the good order beside")
}

func TestB6TaxesThatContradictEachOtherAreRefused(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		p := erpUsual(9501)
		p.TaxIncluded = true
		p.Change = func(o map[string]any) { o["total_tax_set"] = erpBag(1, "USD") }
		erpPlace(w, p)
		w.pass(10 * time.Minute)
		reasons, told := erpDead(w, erpOrders)
		if !slices.Equal(reasons, []string{"value balance_mismatch tax"}) {
			t.Errorf("dead letters %q: %q", reasons, told)
		}
		w.noOrder("9501")
		if code := erpWaits(w, "payment", "9501-paid"); code != "missing_ref "+pipeline.ParentDead {
			t.Errorf("the payment waits for %q", code)
		}
	})
}
