package test_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// Two locations of the shop that ship by themselves, and one that does not.
const (
	ownSite    = stockPlace
	secondSite = "655441492"
	otherSite  = "655441493"
)

// shipsItself is a setup whose shop ships from two locations, with a CRM.
func shipsItself(more map[string]string) setup {
	s := setup{crm: hubspottest.New(time.Now), settings: map[string]string{"SHOPIFY_SHIPPING_LOCATIONS": ownSite + "," + shopifytest.Shop + "/" + secondSite}}
	for key, value := range more {
		s.settings[key] = value
	}
	return s
}

// placed has order 42 with three shirts in all books.
func (w *world) placed() {
	w.Helper()
	w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
	w.pass(time.Minute)
}

// packed is a fulfillment of order 42 by a person, of so many shirts.
func packed(location string, shirts int64, numbers ...string) shopifytest.Fulfillment {
	f := shopifytest.Fulfillment{Order: "42", Location: location, Company: "Bicycle Bob", Numbers: numbers, Lines: map[string]int64{"1": shirts}}
	for _, number := range numbers {
		f.URLs = append(f.URLs, "https://track.example/"+number)
	}
	return f
}

// hears sends the webhook of the fulfillment as it is now, under an id of its own.
func (w *world) hears(topic string, id int64) {
	w.Helper()
	w.hearsBody(topic, w.shop.FulfillmentBody(id), time.Now())
}

func (w *world) hearsBody(topic string, body []byte, at time.Time) {
	w.Helper()
	d := shopifytest.Delivery{Topic: topic, Body: body, TriggeredAt: at, WebhookID: "webhook-" + topic + at.String()}
	w.ingestOK(w.post("shopify", d.Header(), d.Body))
}

// pollsShop polls the shop once, some minutes later, and returns what the feed of the topic reported.
func (w *world) pollsShop(topic string) (sum reconcile.Report) {
	w.Helper()
	w.pass(5 * time.Minute)
	p := w.poller(w.config.Systems["shopify"], w.config.Runtime, func(r reconcile.Report) {
		if r.Feed.Topic == topic {
			sum = r
		}
	})
	if err := p.Run(w.Context()); err != nil {
		w.Fatalf("polling the shop: %v\n%s", err, w.story())
	}
	w.pass(5 * time.Minute)
	return sum
}

// wantPacked fails unless the ERP has exactly these item fulfillments of order 42, each as its pieces and
// tracking numbers, and the shop and the other store got nothing.
func (w *world) wantPacked(want ...string) {
	w.Helper()
	var got []string
	for _, f := range w.erp.ItemFulfillments() {
		pieces := 0
		for _, l := range f.Lines {
			n, err := strconv.Atoi(l.Quantity)
			if err != nil {
				w.Fatal(err)
			}
			pieces += n
		}
		got = append(got, strings.TrimSpace(fmt.Sprint(pieces, " ", strings.Join(f.Tracking, " "))))
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		w.Errorf("the ERP has %q, want %q\n%s", got, want, w.story())
	}
	for _, query := range w.shop.Asked() {
		if strings.Contains(query, "mutation") {
			w.Errorf("the shop was written to: %s", query)
		}
	}
	if notes := w.wooStore.Notes(42); len(notes) > 0 {
		w.Errorf("the other store has %+v", notes)
	}
}

// TestStoreShipmentOfTwoLocationsIsTwoItemFulfillments, with several numbers and a carrier that nobody
// knows, each webhook twice.
func TestStoreShipmentOfTwoLocationsIsTwoItemFulfillments(t *testing.T) {
	t.Parallel()
	journey(t, shipsItself(map[string]string{"NETSUITE_INVOICE": "shipped", "NETSUITE_SHIP_LOCATIONS": ownSite + "=5"}), func(w *world) {
		w.placed()
		first := w.shop.Ship(packed(ownSite, 2, "1Z1", "1Z2"))
		w.hears("fulfillments/create", first.ID)
		w.hears("fulfillments/create", first.ID)
		w.pass(time.Second)
		w.ingestOK(w.shopify("orders/updated", w.shop.Webhook("42")))
		w.pass(5 * time.Minute)
		w.wantPacked("2 1Z1 1Z2")
		second := w.shop.Ship(packed(secondSite, 1, "1Z3"))
		w.hears("fulfillments/create", second.ID)
		w.ingestOK(w.shopify("orders/updated", w.shop.Webhook("42")))
		w.pass(5 * time.Minute)
		w.wantPacked("2 1Z1 1Z2", "1 1Z3")
		w.shippedInBooks("shopify", "42", "3")
		shown := w.crmOne("orders").Properties
		if !strings.Contains(shown["causeway_tracking"], "1Z2") || strings.Count(shown["causeway_shipments"], "Bicycle Bob") != 2 || !strings.Contains(shown["causeway_shipments"], "1 TEE-BLK-M") {
			t.Errorf("the CRM has %v", shown)
		}
		if r := w.pollsShop("fulfillments/read"); r.Gaps != 0 || r.Unconfirmed != 0 || r.Confirmed != 2 {
			t.Errorf("the poll found %+v\n%s", r, w.story())
		}
		w.wantPacked("2 1Z1 1Z2", "1 1Z3")
		if len(w.erp.Invoices()) != 2 {
			t.Errorf("invoices %+v", w.erp.Invoices())
		}
		w.noDead()
	})
}

// TestStoreShipmentEndsInItsNewestState: corrected and delivered, or cancelled, whichever webhook arrives
// first.
func TestStoreShipmentEndsInItsNewestState(t *testing.T) {
	t.Parallel()
	for _, cancelled := range []bool{false, true} {
		for _, order := range permutations(3) {
			t.Run(fmt.Sprint(cancelled, order), func(t *testing.T) {
				t.Parallel()
				s := shipsItself(nil)
				journey(t, s, func(w *world) {
					w.placed()
					made := w.shop.Ship(packed(ownSite, 3, "1Z1"))
					at, bodies := []time.Time{time.Now()}, [][]byte{w.shop.FulfillmentBody(made.ID)}
					change := func(change func(*shopifytest.Fulfillment)) {
						w.pass(time.Minute)
						w.shop.ChangeFulfillment(made.ID, change)
						at, bodies = append(at, time.Now()), append(bodies, w.shop.FulfillmentBody(made.ID))
					}
					if order[0] == 0 {
						w.hearsBody("fulfillments/create", bodies[0], at[0]) // before anything changed
					}
					change(func(f *shopifytest.Fulfillment) { f.Numbers, f.URLs = []string{"1ZNEW"}, nil })
					change(func(f *shopifytest.Fulfillment) {
						if f.Arrived = time.Now(); cancelled {
							f.Arrived, f.Status = time.Time{}, "CANCELLED"
						}
					})
					for i, n := range order {
						w.hearsBody([]string{"fulfillments/create", "fulfillments/update", "fulfillments/update"}[n], bodies[n], at[n])
						if i == 1 {
							w.restart(s)
						}
						w.pass(2 * time.Minute)
					}
					shown := w.crmOne("orders").Properties
					if cancelled {
						if w.wantPacked(); shown["causeway_tracking"] != "" {
							t.Errorf("the CRM has %v", shown)
						}
					} else if w.wantPacked("3 1ZNEW"); shown["causeway_tracking"] != "1ZNEW" || shown["causeway_delivered_at"] == "" {
						t.Errorf("the CRM has %v", shown)
					}
					w.noDead()
				})
			})
		}
	}
}

// TestStoreShipmentWhoseWebhookIsLostIsPolled, and so is its cancellation.
func TestStoreShipmentWhoseWebhookIsLostIsPolled(t *testing.T) {
	t.Parallel()
	journey(t, shipsItself(nil), func(w *world) {
		w.placed()
		made := w.shop.Ship(packed(ownSite, 2, "1Z1"))
		w.shop.Ship(packed(otherSite, 1, "1Z9"))
		if r := w.pollsShop("fulfillments/read"); r.Gaps != 1 {
			t.Errorf("the poll found %+v\n%s", r, w.story())
		}
		w.wantPacked("2 1Z1")
		w.shop.CancelFulfillment(made.ID)
		if r := w.pollsShop("fulfillments/read"); r.Gaps != 1 {
			t.Errorf("after the cancellation the poll found %+v\n%s", r, w.story())
		}
		w.wantPacked()
		if r := w.pollsShop("fulfillments/read"); r.Gaps != 0 || r.Unconfirmed != 0 {
			t.Errorf("the last poll found %+v\n%s", r, w.story())
		}
		w.noDead()
	})
}

// TestStoreShipmentThatWasCancelledBeforeItWasHeardOfIsShippedNowhere.
func TestStoreShipmentThatWasCancelledBeforeItWasHeardOfIsShippedNowhere(t *testing.T) {
	t.Parallel()
	journey(t, shipsItself(nil), func(w *world) {
		w.placed()
		made := w.shop.Ship(packed(ownSite, 3, "1Z1"))
		created := w.shop.FulfillmentBody(made.ID)
		w.pass(time.Minute)
		w.shop.CancelFulfillment(made.ID)
		w.hears("fulfillments/update", made.ID)
		w.pass(2 * time.Minute)
		w.hearsBody("fulfillments/create", created, made.At)
		w.pass(2 * time.Minute)
		w.wantPacked()
		if shown := w.crmOne("orders").Properties["causeway_shipments"]; strings.Contains(shown, "1Z1") && !strings.HasSuffix(shown, "; cancelled") {
			t.Errorf("the CRM has %q", shown)
		}
		w.noDead()
	})
}

// TestStoreShipmentThatReplacesAnotherWaitsForItsEnd: a label is voided and the same parcel packed again,
// and the second webhook arrives long before the first.
func TestStoreShipmentThatReplacesAnotherWaitsForItsEnd(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"1Z1", "1Z2"} {
		journey(t, shipsItself(nil), func(w *world) {
			w.placed()
			first := w.shop.Ship(packed(ownSite, 3, "1Z1"))
			w.hears("fulfillments/create", first.ID)
			w.pass(time.Minute)
			w.wantPacked("3 1Z1")
			w.shop.CancelFulfillment(first.ID)
			w.hears("fulfillments/create", w.shop.Ship(packed(ownSite, 3, number)).ID)
			w.pass(10 * time.Minute)
			if waits := w.entries(port.Deferred); !slices.ContainsFunc(waits, func(e port.Entry) bool { return strings.Contains(e.Outcome, "waits until that one is cancelled") }) {
				t.Errorf("nothing waits: %+v", waits)
			}
			w.hears("fulfillments/update", first.ID)
			w.pass(time.Hour)
			w.wantPacked("3 " + number)
			w.shippedInBooks("shopify", "42", "3")
			w.noDead()
		})
	}
}

// TestStoreShipmentOfAnOrderThatTheERPDoesNotGetIsSkippedWithIt: a test order, and one that was handed over.
func TestStoreShipmentOfAnOrderThatTheERPDoesNotGetIsSkippedWithIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*shopifytest.Purchase, *shopifytest.Fulfillment){
		"a test order": func(p *shopifytest.Purchase, _ *shopifytest.Fulfillment) { p.Test = true },
		"handed over": func(p *shopifytest.Purchase, f *shopifytest.Fulfillment) {
			f.Method = "RETAIL"
			p.Change = func(o map[string]any) {
				crmShipped(o)
				o["source_name"], o["fulfillments"] = "pos", []any{}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shipsItself(nil)
			s.crm = nil
			journey(t, s, func(w *world) {
				sale, made := ingestSale(42, 0, 2), packed(ownSite, 2)
				change(&sale, &made)
				w.ingestOK(w.shopify("orders/create", sale.Body()))
				w.hears("fulfillments/create", w.shop.Ship(made).ID)
				w.pass(time.Minute)
				w.pollsShop("fulfillments/read")
				w.pass(100 * time.Hour)
				if w.wantPacked(); len(w.erp.Orders()) != 0 {
					t.Errorf("the ERP has %+v", w.erp.Orders())
				}
				w.noDead()
			})
		})
	}
}

// TestStoreShipmentOfThePointOfSaleFulfillsAnOrderThatTheERPHas: the filter is off, or the order was
// reported before it was handed over.
func TestStoreShipmentOfThePointOfSaleFulfillsAnOrderThatTheERPHas(t *testing.T) {
	t.Parallel()
	for _, filtered := range []bool{false, true} {
		s := shipsItself(nil)
		s.filters = map[string]bool{"pos_fulfilled": filtered}
		journey(t, s, func(w *world) {
			sale, made := ingestSale(42, 0, 2), packed(ownSite, 2)
			made.Method = "RETAIL"
			sale.Change = func(o map[string]any) {
				if o["source_name"] = "pos"; !filtered {
					crmShipped(o)
					o["fulfillments"] = []any{}
				}
			}
			w.ingestOK(w.shopify("orders/create", sale.Body()))
			w.pass(time.Minute)
			w.hears("fulfillments/create", w.shop.Ship(made).ID)
			w.pass(10 * time.Minute)
			w.wantPacked("2")
			if shown := w.crmOne("orders").Properties; shown["causeway_delivered_at"] == "" {
				t.Errorf("the CRM has %v", shown)
			}
			w.noDead()
		})
	}
}

// TestStoreShipmentIsWrittenOnceAfterALostAnswer, also over a crash, and waits for its order.
func TestStoreShipmentIsWrittenOnceAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{false, true} {
		s := shipsItself(nil)
		journey(t, s, func(w *world) {
			sale := ingestSale(42, 0, 3)
			w.shop.Put(sale.Body())
			made := w.shop.Ship(packed(ownSite, 3, "1Z1"))
			w.hears("fulfillments/create", made.ID)
			w.pass(5 * time.Minute)
			w.wantPacked()
			w.erp.Plan(netsuitetest.Fault{Method: http.MethodPost, PathContains: "!transform/itemFulfillment", Do: netsuitetest.ResetAfter()})
			w.ingestOK(w.shopify("orders/create", sale.Body()))
			w.pass(5 * time.Second)
			if crash {
				w.restart(s)
			}
			w.pass(time.Hour)
			w.wantPacked("3 1Z1")
			w.shippedInBooks("shopify", "42", "3")
			w.noDead()
		})
	}
}

// TestStoreShipmentWaitsForItsSetting: without a token the fulfillment cannot be read.
func TestStoreShipmentWaitsForItsSetting(t *testing.T) {
	t.Parallel()
	journey(t, shipsItself(map[string]string{"SHOPIFY_ADMIN_TOKEN": ""}), func(w *world) {
		w.placed()
		w.hears("fulfillments/create", w.shop.Ship(packed(ownSite, 3, "1Z1")).ID)
		w.pass(time.Hour)
		w.wantPacked()
		w.noDead()
		w.restart(shipsItself(nil))
		w.pass(2 * time.Hour)
		w.wantPacked("3 1Z1")
		w.noDead()
	})
}
