package test_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
)

// erpCard is a gift card that is sold, under the SKU of an article.
var erpCard = shopifytest.Item{ID: 21, SKU: "SKU-A", Title: "Gift card", Quantity: 1, Price: 5000, GiftCard: true}

func erpUnshipped(o map[string]any) { o["shipping_lines"], o["shipping_address"] = []any{}, nil }

func TestB7AGiftCardThatIsSoldIsALiability(t *testing.T) {
	t.Parallel()
	hood := shopifytest.Item{ID: 22, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 7950}
	three := erpCard
	three.Quantity, three.SKU = 3, ""
	erpSums(t, setup{}, []erpSum{
		{
			"alone",
			shopifytest.Purchase{Items: []shopifytest.Item{erpCard}, Change: erpUnshipped},
			"1", "50.00",
			[]string{"store-gift-card 1 50.00"},
			"0.00", nil,
		},
		{
			"beside goods",
			shopifytest.Purchase{Items: []shopifytest.Item{hood, erpCard}, Shipping: 499},
			"1", "134.49",
			[]string{"HOOD-M 1 79.50", "store-gift-card 1 50.00"},
			"4.99", nil,
		},
		{
			"three without a SKU",
			shopifytest.Purchase{Items: []shopifytest.Item{three}, Currency: "EUR", Change: erpUnshipped},
			"4", "150.00",
			[]string{"store-gift-card 3 150.00"},
			"0.00", nil,
		},
	})
}

// erpTender is a transaction of the shop's, in dollars.
func erpTender(id int64, kind, status, gateway string, minor int64) shopifytest.Transaction {
	return shopifytest.Transaction{
		ID: id, Kind: kind, Status: status, Gateway: gateway, Amount: canonical.Money{Minor: minor, Currency: "USD"},
		At: shopifytest.Start.Add(time.Duration(id) * time.Second),
	}
}

func TestB7AGiftCardThatIsRedeemedIsATender(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		for id, tenders := range map[int64]struct {
			transactions []shopifytest.Transaction
			gateways     []string
			deposits     []string
		}{
			9601: {nil, []string{"gift_card"}, []string{"194.99 9"}},
			9602: {[]shopifytest.Transaction{
				erpTender(1, "SALE", "SUCCESS", "gift_card", 5000), erpTender(2, "SALE", "SUCCESS", "shopify_payments", 14499),
			}, []string{"gift_card", "shopify_payments"}, []string{"144.99 1", "50.00 9"}},
			9603: {[]shopifytest.Transaction{
				erpTender(3, "SALE", "SUCCESS", "gift_card", 2500), erpTender(4, "SALE", "FAILURE", "shopify_payments", 14499),
				erpTender(5, "SALE", "SUCCESS", "gift_card", 2500), erpTender(6, "AUTHORIZATION", "SUCCESS", "shopify_payments", 14499),
				erpTender(7, "CAPTURE", "SUCCESS", "shopify_payments", 14499),
			}, []string{"gift_card", "shopify_payments"}, []string{"144.99 1", "25.00 9", "25.00 9"}},
			9604: {[]shopifytest.Transaction{
				erpTender(8, "SALE", "SUCCESS", "paypal", 10000), erpTender(9, "SALE", "SUCCESS", "cash", 9499),
			}, []string{"paypal", "cash"}, []string{"100.00 1", "94.99 7"}},
		} {
			p := erpUsual(id)
			p.Gateways = tenders.gateways
			w.shop.Pay(erpID(id), tenders.transactions...)
			order := erpBuy(w, p)
			if got := erpDeposits(w, order); !slices.Equal(got, tenders.deposits) {
				t.Errorf("order %d: deposits %q, want %q", id, got, tenders.deposits)
			}
			want := []string{"TEE-BLK-M 2 78.00", "HOOD-M 1 79.50", "store-tax 1 32.50"}
			if got := erpLines(order); order.Total != "194.99" || !slices.Equal(got, want) {
				t.Errorf("order %d: total %s of %q, want 194.99 of %q", id, order.Total, got, want)
			}
		}
		erpQuiet(w)
	})
}

func TestB7TendersThatCannotBeAskedForYetHoldTheOrderBack(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		p := erpUsual(9605)
		p.Gateways = []string{"gift_card", "shopify_payments"}
		w.shop.Answer(shopifytest.Answer{Status: http.StatusBadGateway}, shopifytest.Answer{Status: http.StatusOK, Body: "<html>"})
		body := p.Body() // the shop's API does not have the order yet
		w.post("shopify", shopifytest.Delivery{Topic: "orders/create", Body: body}.Header(), body)
		w.pass(10 * time.Second)
		if n := len(w.erp.Orders()); n != 0 {
			t.Errorf("%d sales orders before the tenders are known", n)
		}
		w.shop.Pay(erpID(p.ID), erpTender(1, "SALE", "SUCCESS", "gift_card", 10000), erpTender(2, "SALE", "SUCCESS", "shopify_payments", 9499))
		w.pass(10 * time.Minute)
		if got := erpDeposits(w, erpOrder(w, p.ID)); !slices.Equal(got, []string{"100.00 9", "94.99 1"}) {
			t.Errorf("deposits %q", got)
		}
		erpQuiet(w)
	})
}

// erpTipLine adds the line by which a shop shows a tip, and sets what it tells as the sum of tips.
func erpTipLine(minor int64, total string) func(map[string]any) {
	return func(o map[string]any) {
		lines := o["line_items"].([]any)
		tip := maps.Clone(lines[0].(map[string]any))
		tip["id"], tip["sku"], tip["title"], tip["name"], tip["tip_payment_gateway"] = 77, "SKU-B", "Tip", "Tip", nil
		tip["quantity"], tip["price"], tip["price_set"], tip["tax_lines"] = 1, json.Number(total), erpBag(minor, "USD"), []any{}
		o["line_items"], o["total_tip_received"] = append([]any{tip}, lines...), total
	}
}

func TestB8EachChargeStandsOnItsOwnItem(t *testing.T) {
	t.Parallel()
	item := []shopifytest.Item{{ID: 1, SKU: "SKU-A", Title: "A", Quantity: 1, Price: 10000}}
	cents := func(price int64) []shopifytest.Item {
		return []shopifytest.Item{{ID: 1, SKU: "SKU-A", Title: "A", Quantity: 1, Price: price}}
	}
	tipped := []string{"SKU-A 1 100.00", "store-tip 1 5.00", "store-tax 1 20.00"}
	erpSums(t, setup{}, []erpSum{
		{
			"all at once",
			shopifytest.Purchase{TaxPercent: 20, Items: item, Shipping: 1000, Tip: 500, Duty: 750, Fee: 300},
			"1", "147.50",
			[]string{"SKU-A 1 100.00", "store-tip 1 5.00", "store-duty 1 7.50", "store-fee 1 3.00", "store-tax 1 22.00"},
			"10.00", nil,
		},
		{
			"a tip as a line and as a total",
			shopifytest.Purchase{TaxPercent: 20, Items: item, Tip: 500, Change: erpTipLine(500, "5.00")},
			"1", "125.00", tipped, "0.00", nil,
		},
		{
			"a tip as a line alone",
			shopifytest.Purchase{TaxPercent: 20, Items: item, Tip: 500, Change: erpTipLine(500, "0.00")},
			"1", "125.00", tipped, "0.00", nil,
		},
		{"shipping whose price contains tax", shopifytest.Purchase{
			Currency: "EUR", TaxIncluded: true, TaxPercent: 20, Items: cents(12000), Shipping: 1200, Tip: 500,
		}, "4", "137.00", []string{"SKU-A 1 100.00", "store-tip 1 5.00", "store-tax 1 22.00"}, "10.00", nil},
		{
			"cash rounded up",
			shopifytest.Purchase{Currency: "CAD", Items: cents(998), CashRounded: 2, Gateways: []string{"cash"}},
			"3", "10.00",
			[]string{"SKU-A 1 9.98", "store-cash-rounding 1 0.02"},
			"0.00",
			[]string{"10.00 7"},
		},
		{
			"cash rounded down",
			shopifytest.Purchase{Currency: "CAD", Items: cents(1002), CashRounded: -2, Gateways: []string{"cash"}},
			"3", "10.00",
			[]string{"SKU-A 1 10.02", "store-cash-rounding 1 -0.02"},
			"0.00",
			[]string{"10.00 7"},
		},
	})
}

// TestB8AChargeWithoutAnItemIsNoRevenue: the order waits until the item is set.
func TestB8AChargeWithoutAnItemIsNoRevenue(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*shopifytest.Purchase){
		"NETSUITE_ITEM_TIP":           func(p *shopifytest.Purchase) { p.Tip = 500 },
		"NETSUITE_ITEM_DUTY":          func(p *shopifytest.Purchase) { p.Duty = 500 },
		"NETSUITE_ITEM_FEE":           func(p *shopifytest.Purchase) { p.Fee = 500 },
		"NETSUITE_ITEM_CASH_ROUNDING": func(p *shopifytest.Purchase) { p.CashRounded = 1 },
	}
	settings := map[string]string{}
	for setting := range changes {
		settings[setting] = ""
	}
	journey(t, setup{settings: settings}, func(w *world) {
		id := int64(9700)
		for setting, change := range changes {
			id++
			p := erpUsual(id)
			change(&p)
			erpPlace(w, p)
			w.pass(time.Minute)
			w.noOrder(erpID(id))
			erpUnset(w, erpID(id), setting, "charges[0]")
		}
		w.restart(setup{})
		w.pass(20 * time.Minute)
		if n := len(w.erp.Orders()); n != len(changes) {
			t.Errorf("%d sales orders once the items are set, want %d", n, len(changes))
		}
		erpQuiet(w)
	})
}

func TestB8FeesOfTheOtherStore(t *testing.T) {
	t.Parallel()
	type want struct{ total, line string }
	journey(t, setup{}, func(w *world) {
		for fee, want := range map[int64]want{300: {"119.17", "3.00"}, -500: {"111.17", "-5.00"}} {
			sale := woocommercetest.NewOrder(1000+fee, 0)
			sale.Lines = []woocommercetest.Line{{ID: 1, SKU: "SKU-A", Name: "A", Product: 100, Quantity: 1, Subtotal: 10000, Tax: 800}}
			sale.Fee = fee
			if status := w.woo("order.created", sale.Body()); status != http.StatusOK {
				t.Fatalf("the store was told %d", status)
			}
			w.pass(time.Minute)
			order := w.order("woocommerce", erpID(sale.ID))
			lines := []string{"SKU-A 1 100.00", "store-fee 1 " + want.line, "store-tax 1 8.67"}
			if got := erpLines(order); !slices.Equal(got, lines) || order.Shipping != "7.50" || order.Total != want.total {
				t.Errorf("fee of %d: total %s, shipping %s, lines %q; want %s, 7.50, %q", fee, order.Total, order.Shipping, got, want.total, lines)
			}
		}
		erpQuiet(w)
	})
}
