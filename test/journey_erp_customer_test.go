package test_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
)

// erpFirstCustomer is the internal id of the first customer in a world's ERP.
const erpFirstCustomer = "631"

// erpKnow makes a customer that stood in the ERP before us.
func erpKnow(w *world, externalID, email string) string {
	w.Helper()
	id, err := w.erp.AddCustomer(externalID, email, "Known before")
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func erpCustomer(w *world, id string) netsuitetest.Customer {
	w.Helper()
	i := slices.IndexFunc(w.erp.Customers(), func(c netsuitetest.Customer) bool { return c.ID == id })
	if i < 0 {
		w.Fatalf("the ERP has no customer %s", id)
	}
	return w.erp.Customers()[i]
}

// erpGuest is an order of somebody who has no account.
func erpGuest(id int64, email string) shopifytest.Purchase {
	p := erpUsual(id)
	p.Guest, p.Email = true, email
	return p
}

func TestB10OneBuyerIsOneCustomerHoweverWritten(t *testing.T) {
	t.Parallel()
	contact := erpGuest(9805, "")
	contact.Change = func(o map[string]any) { o["email"], o["contact_email"] = nil, "Bob@Example.org" }
	spaced, bare := erpUsual(9806), erpUsual(9807)
	spaced.Customer, spaced.Change = 7806, func(o map[string]any) { o["customer"].(map[string]any)["phone"] = "+44 20 7946 0018" }
	bare.Customer, bare.Email = 7806, strings.ToUpper(spaced.Email)
	bare.PlacedAt = shopifytest.Start.Add(time.Hour)
	bare.Change = func(o map[string]any) { o["customer"].(map[string]any)["phone"] = "+442079460018" }
	journey(t, setup{}, func(w *world) {
		for name, orders := range map[string][]shopifytest.Purchase{
			"a guest in mixed case":         {erpGuest(9801, "Ann@Example.com"), erpGuest(9802, "ann@example.COM")},
			"a guest in another field":      {erpGuest(9804, "bob@example.org"), contact},
			"an account, phone with spaces": {spaced, bare},
		} {
			before, entities := len(w.erp.Customers()), map[string]bool{}
			for _, p := range orders {
				entities[erpBuy(w, p).Entity] = true
			}
			if made := len(w.erp.Customers()) - before; made != 1 || len(entities) != 1 {
				t.Errorf("%s: %d customers made, orders of %d, want one", name, made, len(entities))
			}
		}
		last := erpCustomer(w, erpOrder(w, 9807).Entity)
		if strings.ReplaceAll(last.Phone, " ", "") != "+442079460018" || last.Email != bare.Email {
			t.Errorf("the account is %+v, want what the shop reported last; how a number is written is no difference", last)
		}
		erpQuiet(w)
	})
}

func TestB10TwoPeopleWithOneAddressStayTwo(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		entities := map[string]int64{}
		for _, p := range []shopifytest.Purchase{erpUsual(9811), erpUsual(9812), erpUsual(9813)} {
			p.Email = "family@example.com"
			erpPlace(w, p)
		}
		w.pass(time.Minute)
		for id := int64(9811); id <= 9813; id++ {
			order := erpOrder(w, id)
			if other, taken := entities[order.Entity]; taken {
				t.Errorf("orders %d and %d went to one customer", id, other)
			}
			entities[order.Entity] = id
			if got := erpCustomer(w, order.Entity); got.ExternalID != "shopify__example-brand_myshopify_com__customer__"+erpID(id+1e6) {
				t.Errorf("order %d went to %s", id, got.ExternalID)
			}
		}
		erpQuiet(w)
	})
}

// One address in both stores is one customer where they are one subsidiary's. A customer of
// another subsidiary cannot be named in an order, so it is not used.
func TestB10I11OneAddressInBothStoresIsOneCustomerOfASubsidiary(t *testing.T) {
	t.Parallel()
	const shops = "shopify/example-brand.myshopify.com=1,woocommerce/shop.example="
	for subsidiary, customers := range map[string]int{"1": 1, "2": 2} {
		journey(t, setup{settings: map[string]string{"NETSUITE_SUBSIDIARIES": shops + subsidiary}}, func(w *world) {
			first := erpBuy(w, erpGuest(9821, "Both@Example.com"))
			sale := woocommercetest.NewOrder(83, 1)
			sale.Lines[0].SKU, sale.Buyer.Email, sale.Buyer.Phone = "SKU-A", "both@example.com", "030 12 34"
			if status := w.woo("order.created", sale.Body()); status != http.StatusOK {
				t.Fatalf("the store was answered %d", status)
			}
			w.pass(time.Minute)
			second := w.order("woocommerce", "83")
			customer := erpCustomer(w, first.Entity)
			if (second.Entity == first.Entity) != (customers == 1) || len(w.erp.Customers()) != customers || customer.Writes != 1 {
				t.Errorf("subsidiary %s: orders of %s and %s, customer %+v", subsidiary, first.Entity, second.Entity, customer)
			}
			if first.Subsidiary != "1" || second.Subsidiary != subsidiary {
				t.Errorf("subsidiaries %s and %s, want each store's own", first.Subsidiary, second.Subsidiary)
			}
			erpQuiet(w)
		})
	}
}

func TestB10ACustomerThatWasThereBeforeIsLinkedByExactMatchOnly(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		known := erpKnow(w, "", "Known@Example.com")
		erpKnow(w, "", "known@example.com.au")
		erpKnow(w, "", "unknown@example.com")
		oldest := erpKnow(w, "crm-77", "twice@example.com")
		erpKnow(w, "", "twice@example.com")
		for email, want := range map[string]string{
			"known@example.com": known, "KNOWN@example.com": known, "twice@example.com": oldest,
			"nown@example.com": "", "known@example.co": "", "known%@example.com": "", "o'known@example.com": "",
		} {
			p := erpUsual(9831 + int64(len(w.erp.Orders())))
			p.Email = email
			order := erpBuy(w, p)
			entity := erpCustomer(w, order.Entity)
			if want != "" && order.Entity != want || want == "" && (entity.Email != email || entity.ExternalID == "") {
				t.Errorf("%s went to %+v, want %s", email, entity, want)
			}
		}
		for _, c := range w.erp.Customers()[:5] {
			if c.Writes != 1 || c.Company != "Known before" {
				t.Errorf("a customer of somebody else's was written to: %+v", c)
			}
		}
		erpQuiet(w)
	})
}

// erpNobody is an order that tells nothing about who bought.
func erpNobody(id int64) shopifytest.Purchase {
	p := erpUsual(id)
	p.Guest, p.Change = true, func(o map[string]any) { o["email"], o["contact_email"] = nil, nil }
	return p
}

func TestB10ABuyerWithoutIdentity(t *testing.T) {
	t.Parallel()
	t.Run("goes to the default customer", func(t *testing.T) {
		t.Parallel()
		journey(t, setup{settings: map[string]string{"NETSUITE_DEFAULT_CUSTOMER": erpFirstCustomer}}, func(w *world) {
			till := erpKnow(w, "", "")
			bare := erpUsual(9842)
			bare.Change = func(o map[string]any) { o["customer"].(map[string]any)["default_address"] = nil }
			if order := erpBuy(w, erpNobody(9841)); order.Entity != till {
				t.Errorf("the order went to %s, want %s", order.Entity, till)
			}
			if got := erpCustomer(w, erpBuy(w, bare).Entity); got.Addresses != 0 || got.ID == till {
				t.Errorf("a buyer without an address became %+v", got)
			}
			erpQuiet(w)
		})
	})
	t.Run("waits until there is one", func(t *testing.T) {
		t.Parallel()
		journey(t, setup{}, func(w *world) {
			erpPlace(w, erpNobody(9843))
			w.pass(time.Minute)
			erpUnset(w, "9843", "NETSUITE_DEFAULT_CUSTOMER", "buyer.customer")
			till := erpKnow(w, "", "")
			w.restart(setup{settings: map[string]string{"NETSUITE_DEFAULT_CUSTOMER": till}})
			w.pass(10 * time.Minute)
			if order := erpOrder(w, 9843); order.Entity != till {
				t.Errorf("the order went to %s, want %s", order.Entity, till)
			}
			erpQuiet(w)
		})
	})
}

func TestB10AnOverrideSurvivesWhatComesLater(t *testing.T) {
	t.Parallel()
	override := setup{settings: map[string]string{
		"NETSUITE_CUSTOMER_OVERRIDES": "shopify/" + shopifytest.Shop + "/customer/7851=" + erpFirstCustomer,
	}}
	for name, begin := range map[string]setup{"set before the first order": override, "set after it": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, begin, func(w *world) {
				chosen, same := erpKnow(w, "", "accounting@example.com"), erpKnow(w, "", "buyer9851@example.com")
				first := erpUsual(9851)
				first.Customer = 7851
				if got, want := erpBuy(w, first).Entity, map[bool]string{true: chosen, false: same}[begin.settings != nil]; got != want {
					t.Errorf("the first order went to %s, want %s", got, want)
				}
				w.stop()
				w.openEngine(override)
				erpOverridden(w, chosen)
				for _, id := range []string{chosen, same} {
					if got := erpCustomer(w, id); got.Writes != 1 {
						t.Errorf("customer %s was written %d times", id, got.Writes)
					}
				}
				erpQuiet(w)
			})
		})
	}
}

// erpOverridden changes the customer in the shop, with and without an order.
func erpOverridden(w *world, chosen string) {
	w.Helper()
	update := `{"id":7851,"email":"moved@example.com","first_name":"Ada","last_name":"King","phone":"1","updated_at":"2026-11-22T17:00:00-05:00"}`
	if status := w.shopify("customers/update", []byte(update)); status != http.StatusOK {
		w.Fatalf("the shop was told %d", status)
	}
	w.pass(time.Minute)
	later := erpUsual(9852)
	later.Customer, later.Email, later.PlacedAt = 7851, "moved@example.com", shopifytest.Start.Add(2*time.Hour)
	if order := erpBuy(w, later); order.Entity != chosen {
		w.Errorf("the later order went to %s, want %s", order.Entity, chosen)
	}
	if n := len(w.erp.Customers()); n != 2 {
		w.Errorf("%d customers, want the two that were there", n)
	}
}

// n01: the only customer with the buyer's address is inactive, so it is no match.
func TestI11N01AnInactiveCustomerIsNoMatch(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		p := erpUsual(9861)
		known := erpKnow(w, "", p.Email)
		if err := w.erp.Deactivate(known, true); err != nil {
			t.Fatal(err)
		}
		if order := erpBuy(w, p); order.Entity == known || len(w.erp.Customers()) != 2 {
			t.Errorf("the order is %s's: %+v", order.Entity, w.erp.Customers())
		}
		erpQuiet(w)
	})
}

// n06: the account names its customers, and the second buyer has the name of the first.
func TestI11N06TheSecondOfOneNameGetsANameOfItsOwn(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		w.erp.Vary(netsuitetest.NamedCustomers)
		first, second := erpBuy(w, erpUsual(9862)), erpBuy(w, erpUsual(9863))
		a, b := erpCustomer(w, first.Entity), erpCustomer(w, second.Entity)
		if a.ID == b.ID || a.LastName != b.LastName || a.EntityID != "" || !strings.HasSuffix(b.EntityID, erpID(9863+1e6)) {
			t.Errorf("the customers are %+v and %+v", a, b)
		}
		erpQuiet(w)
	})
}
