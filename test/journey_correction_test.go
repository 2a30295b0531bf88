package test_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/shared/port"
)

// TestI16F69AnOrderThatIsCorrectedInTheShopReachesTheERP: its first state is rejected for its
// data, by us or by the ERP. The corrected one comes by webhook, or its webhook is lost and
// the poll reads it.
func TestI16F69AnOrderThatIsCorrectedInTheShopReachesTheERP(t *testing.T) {
	t.Parallel()
	reside := func(name string, value any) ingestEdit {
		return func(o map[string]any) {
			for _, address := range []string{"shipping_address", "billing_address", "shipping", "billing"} {
				if a, ok := o[address].(map[string]any); ok {
					a[name] = value
				}
			}
		}
	}
	for name, edit := range map[string]ingestEdit{
		"unknown SKU":      func(o map[string]any) { ingestFirst(o, "line_items")["sku"] = "NOBODY-KNOWS" },
		"SKU too long":     func(o map[string]any) { ingestFirst(o, "line_items")["sku"] = strings.Repeat("S", 200) },
		"city too long":    reside("city", strings.Repeat("C", 200)),
		"unknown country":  func(o map[string]any) { reside("country", "ZZ")(o); reside("country_code", "ZZ")(o) },
		"phone too long":   reside("phone", strings.Repeat("1", 200)),
		"unknown currency": ingestUnknownCurrency,
	} {
		for _, s := range pollStores {
			for how, polled := range map[string]bool{"by webhook": false, "by the poll": true} {
				t.Run(name+" "+how+" "+s.system, func(t *testing.T) {
					t.Parallel()
					journey(t, setup{settings: map[string]string{"NETSUITE_TEXT": "refuse"}}, func(w *world) {
						w.ingestCreate(s.system, ingestBody(s.system, edit))
						w.pass(10 * time.Minute)
						w.noOrder("42")
						if n := len(w.entries(port.Dead)); n == 0 {
							t.Fatalf("nothing is dead\n%s", w.story())
						}
						corrected := s.put(w, 42, 60, 3)
						if polled {
							w.poll(s.system)
						} else {
							s.deliver(w, s.updated, corrected)
						}
						w.pass(10 * time.Minute)
						w.ingestPaid(s.system, "42", "30.00", 1)
					})
				})
			}
		}
	}
}

func ingestUnknownCurrency(o map[string]any) {
	if _, woo := o["currency"].(string); woo && o["total_price_set"] == nil {
		o["currency"] = "XQX"
		return
	}
	o["total_price_set"].(map[string]any)["shop_money"].(map[string]any)["currency_code"] = "XQX"
}

// TestF65AnOlderOrdersAddressDoesNotReplaceANewerOnes: the first of two orders of one buyer
// changes after the second was placed. The customer keeps the address of the second.
func TestF65AnOlderOrdersAddressDoesNotReplaceANewerOnes(t *testing.T) {
	t.Parallel()
	for _, guest := range []bool{false, true} {
		for _, system := range []string{"shopify", "woocommerce"} {
			t.Run(map[bool]string{false: "registered ", true: "guest "}[guest]+system, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					w.addressed(system, 41, 0, 0, guest, "1 Old Street")
					w.pass(time.Minute)
					w.addressed(system, 42, time.Minute, time.Minute, guest, "2 New Street")
					w.pass(time.Minute)
					w.addressed(system, 41, 0, 2*time.Minute, guest, "1 Old Street")
					w.pass(time.Minute)
					first, second := w.order(system, "41"), w.order(system, "42")
					if first.Entity != second.Entity || first.Writes != 1 {
						t.Fatalf("orders of the customers %s and %s", first.Entity, second.Entity)
					}
					if got := w.address(first.Entity); got != "2 New Street" {
						t.Errorf("the customer's address is %q, want that of the newer order\n%s", got, w.story())
					}
					w.ingestNoneDead()
				})
			})
		}
	}
}

// addressed reports an order that was placed so long after the shop's start, and changed so
// long after it, with the buyer's address.
func (w *world) addressed(system string, id int64, placed, changed time.Duration, guest bool, street string) {
	w.Helper()
	if system == "woocommerce" {
		order := ingestWooSale(id, 0, 1)
		order.Created = order.Created.Add(placed)
		order.Paid, order.Modified = order.Created, order.Created.Add(changed-placed)
		order.Customer, order.Buyer.Email, order.Buyer.Line1 = 7, "buyer@example.com", street
		if guest {
			order.Customer = 0
		}
		w.ingestOK(w.woo("order.updated", order.Body()))
		return
	}
	sale := ingestSale(id, changed, 1)
	sale.PlacedAt = sale.UpdatedAt.Add(placed - changed)
	sale.Customer, sale.Email, sale.Guest = 7, "buyer@example.com", guest
	sale.Change = func(o map[string]any) {
		for _, name := range []string{"billing_address", "shipping_address"} {
			o[name].(map[string]any)["address1"] = street
		}
		if customer, ok := o["customer"].(map[string]any); ok {
			customer["default_address"].(map[string]any)["address1"] = street
		}
	}
	w.ingestOK(w.shopify("orders/updated", sale.Body()))
}

// address returns the first line of the customer's address that was written last.
func (w *world) address(customer string) (line string) {
	w.Helper()
	for _, record := range w.erp.Books() {
		if record.Type != "customer" || record.ID != customer {
			continue
		}
		for _, body := range record.Bodies {
			if _, after, found := strings.Cut(string(body), `"addr1":"`); found {
				line, _, _ = strings.Cut(after, `"`)
			}
		}
	}
	return line
}
