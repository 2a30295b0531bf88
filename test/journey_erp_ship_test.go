package test_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// withERPShipping is a world with a CRM whose ERP ships from location 5 itself.
func withERPShipping(settings map[string]string) setup {
	all := map[string]string{"NETSUITE_SHIPPING_LOCATIONS": "5", "NETSUITE_SHIPPING_DELETED": "true"}
	for key, value := range settings {
		all[key] = value
	}
	return setup{crm: hubspottest.New(time.Now), settings: all}
}

// erpShips has a person ship pieces of order 42 in the ERP, and returns the internal id.
func (w *world) erpShips(system, pieces string, numbers ...string) string {
	w.Helper()
	order := w.order(system, "42")
	id, err := w.erp.Pack(order.ExternalID, netsuitetest.Parcel{
		Location: "5", Status: "C", Pieces: map[int]string{order.Lines[0].Number: pieces}, Tracking: numbers, Carrier: "ups", Method: "UPS Ground",
	})
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// erpChanges changes the status and the tracking number of an item fulfillment.
func (w *world) erpChanges(id, status, number string) {
	w.Helper()
	if err := w.erp.Repack(id, netsuitetest.Parcel{Status: status, Tracking: []string{number}, Carrier: "ups", Method: "UPS Ground"}); err != nil {
		w.Fatal(err)
	}
}

// wooParcel is a shipment as the store's order has it.
type wooParcel struct {
	Status   string            `json:"status"`
	Tracking []string          `json:"tracking"`
	Goods    map[string]string `json:"goods"`
}

// storeParcels returns what the store has shipped of order 42: "2 by 1Z1 1Z2".
func (w *world) storeParcels(system string) (all []string) {
	w.Helper()
	if system == "shopify" {
		for _, f := range w.liveFulfillments() {
			pieces := int64(0)
			for _, n := range f.Lines {
				pieces += n
			}
			all = append(all, fmt.Sprint(pieces)+" by "+strings.Join(f.Numbers, " "))
		}
		slices.Sort(all)
		return all
	}
	for key, value := range w.wooStore.Meta(42) {
		if !strings.HasPrefix(key, "_causeway_shipment_") {
			continue
		}
		var p wooParcel
		if err := json.Unmarshal([]byte(fmt.Sprint(value)), &p); err != nil {
			w.Fatal(err)
		}
		if p.Status != "cancelled" {
			all = append(all, p.Goods["TEE-BLK-M"]+" by "+strings.Join(p.Tracking, " "))
		}
	}
	slices.Sort(all)
	return all
}

// crmParcels returns the lines of the CRM about the shipments of the only order, without their ids and days.
func (w *world) crmParcels() (all []string) {
	w.Helper()
	for line := range strings.Lines(w.crmOne("orders").Properties["causeway_shipments"]) {
		_, goods, _ := strings.Cut(strings.TrimSpace(line), " UPS ")
		all = append(all, goods)
	}
	slices.Sort(all)
	return all
}

// shippedByERP fails unless store and CRM have exactly this of order 42, after it was polled and reported twice
// more, the ERP's order was not written since, and nothing of it is there twice.
func (w *world) shippedByERP(system string, before netsuitetest.Order, store, crm []string) {
	w.Helper()
	made := len(w.erp.ItemFulfillments())
	for range 2 {
		w.pollsERP()
		if got := w.storeParcels(system); !slices.Equal(got, store) {
			w.Errorf("the store has %q, want %q\n%s", got, store, w.story())
		}
		if got := w.crmParcels(); !slices.Equal(got, crm) {
			w.Errorf("the CRM has %q, want %q (%q)\n%s", got, crm, w.crmOne("orders").Properties["causeway_shipments"], w.story())
		}
	}
	if after := w.order(system, "42"); after.Writes != before.Writes || after.Status != before.Status || len(w.erp.ItemFulfillments()) != made {
		w.Errorf("the ERP has %+v, had %+v, and %d item fulfillments\n%s", after, before, len(w.erp.ItemFulfillments()), w.story())
	}
	w.noDead()
}

// eachStore plays for an order of each store.
func eachStore(t *testing.T, settings map[string]string, play func(w *world, system string, s setup)) {
	t.Helper()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			s := withERPShipping(settings)
			journey(t, s, func(w *world) {
				w.sold(system)
				play(w, system, s)
			})
		})
	}
}

// TestERPShipsWhatAPersonFulfilledInTheERPIsShippedInTheStore: in two parts, of several packages, and the
// store's own report of it changes nothing in the ERP.
func TestERPShipsWhatAPersonFulfilledInTheERPIsShippedInTheStore(t *testing.T) {
	t.Parallel()
	eachStore(t, nil, func(w *world, system string, _ setup) {
		w.erpShips(system, "2", "1Z1", "1Z2")
		before := w.order(system, "42")
		w.shippedByERP(system, before, []string{"2 by 1Z1 1Z2"}, []string{"1Z1, 1Z2: 2 TEE-BLK-M"})
		w.erpShips(system, "1", "1Z3")
		before = w.order(system, "42")
		w.shippedByERP(system, before, []string{"1 by 1Z3", "2 by 1Z1 1Z2"}, []string{"1Z1, 1Z2: 2 TEE-BLK-M", "1Z3: 1 TEE-BLK-M"})
	})
}

// TestERPShipsALaterStateIsTheNewest: a corrected number, one that is set back, and one that is deleted.
func TestERPShipsALaterStateIsTheNewest(t *testing.T) {
	t.Parallel()
	eachStore(t, nil, func(w *world, system string, _ setup) {
		id := w.erpShips(system, "2", "1Z1")
		before := w.order(system, "42")
		w.shippedByERP(system, before, []string{"2 by 1Z1"}, []string{"1Z1: 2 TEE-BLK-M"})
		w.erpChanges(id, "C", "1Z9")
		w.shippedByERP(system, before, []string{"2 by 1Z9"}, []string{"1Z9: 2 TEE-BLK-M"})
		w.erpChanges(id, "A", "1Z9")
		w.shippedByERP(system, before, nil, []string{"1Z9: 2 TEE-BLK-M; cancelled"})
		other := w.erpShips(system, "1", "1Z5")
		before = w.order(system, "42")
		w.shippedByERP(system, before, []string{"1 by 1Z5"}, []string{"1Z5: 1 TEE-BLK-M", "1Z9: 2 TEE-BLK-M; cancelled"})
		if err := w.erp.Unpack(other); err != nil {
			w.Fatal(err)
		}
		before = w.order(system, "42")
		w.shippedByERP(system, before, nil, []string{"1Z5: 1 TEE-BLK-M; cancelled", "1Z9: 2 TEE-BLK-M; cancelled"})
	})
}

// TestERPShipsWhatIsPickedOrDeletedBeforeItLeftIsNothing at the store, nor is what was published without the
// setting for deleted ones, until a person acts.
func TestERPShipsWhatIsPickedOrDeletedBeforeItLeftIsNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, nil, func(w *world, system string, _ setup) {
		id := w.erpShips(system, "2", "1Z1")
		w.erpChanges(id, "B", "1Z1")
		before := w.order(system, "42")
		w.shippedByERP(system, before, nil, nil)
		if err := w.erp.Unpack(id); err != nil {
			w.Fatal(err)
		}
		before = w.order(system, "42")
		w.shippedByERP(system, before, nil, nil)
	})
}

// TestERPShipsACorrectionThatOvertakesIsOneShipment: the number is corrected before the store and
// the CRM had the first.
func TestERPShipsACorrectionThatOvertakesIsOneShipment(t *testing.T) {
	t.Parallel()
	addresses := map[string]string{"shopify": shopAddress, "woocommerce": wooAddress}
	eachStore(t, nil, func(w *world, system string, s setup) {
		w.net.unplug(addresses[system])
		w.net.unplug(crmAddress)
		id := w.erpShips(system, "3", "1Z1")
		w.polledERP()
		w.erpChanges(id, "C", "1Z9")
		w.polledERP()
		w.net.plug(crmAddress)
		w.net.plug(addresses[system])
		w.restart(s)
		w.pass(3 * time.Hour)
		before := w.order(system, "42")
		w.shippedByERP(system, before, []string{"3 by 1Z9"}, []string{"1Z9: 3 TEE-BLK-M"})
		if system == "woocommerce" && w.wooStore.Status(42) != "completed" {
			w.Errorf("the store has the order as %s", w.wooStore.Status(42))
		}
	})
}

// TestERPShipsALostAnswerIsNoSecondFulfillment, over a crash between write and confirmation.
func TestERPShipsALostAnswerIsNoSecondFulfillment(t *testing.T) {
	t.Parallel()
	eachStore(t, nil, func(w *world, system string, s setup) {
		w.shop.LoseAnswer("fulfillmentCreate")
		w.wooStore.LoseAnswer("PUT")
		w.erpShips(system, "2", "1Z1")
		w.pass(10 * time.Minute)
		if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Second)
		w.restart(s)
		w.pass(time.Hour)
		before := w.order(system, "42")
		w.shippedByERP(system, before, []string{"2 by 1Z1"}, []string{"1Z1: 2 TEE-BLK-M"})
		if n := len(w.shop.Fulfillments("42")); system == "shopify" && n != 1 {
			w.Errorf("the shop has %d fulfillments", n)
		}
	})
}

// TestERPShipsBeforeTheCRMHasTheOrder waits for the order there.
func TestERPShipsBeforeTheCRMHasTheOrder(t *testing.T) {
	t.Parallel()
	journey(t, withERPShipping(nil), func(w *world) {
		w.net.unplug(crmAddress)
		w.sold("shopify")
		w.erpShips("shopify", "3", "1Z1")
		w.polledERP()
		if got := w.storeParcels("shopify"); !slices.Equal(got, []string{"3 by 1Z1"}) {
			t.Errorf("the store has %q\n%s", got, w.story())
		}
		w.net.plug(crmAddress)
		w.pass(3 * time.Hour)
		before := w.order("shopify", "42")
		w.shippedByERP("shopify", before, []string{"3 by 1Z1"}, []string{"1Z1: 3 TEE-BLK-M"})
	})
}

// TestERPShipsTheEchoOfAWarehouseIsNoShipment: ShipBob ships, NetSuite gets its item fulfillment at a location
// that ships itself, and the store has one fulfillment.
func TestERPShipsTheEchoOfAWarehouseIsNoShipment(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			s := withERPShipping(map[string]string{released: "0s", "NETSUITE_LOCATION": "5"})
			s.warehouse = shipbobtest.New(time.Now)
			journey(t, s, func(w *world) {
				w.sold(system)
				reference := message.Key{System: system, Tenant: tenants[system], Type: "order", ID: "42"}.String()
				if _, err := w.warehouse.Ship(reference, map[string]int{"TEE-BLK-M": 2}); err != nil {
					t.Fatal(err)
				}
				w.warehouseTells("msg_1", "order.shipped", reference)
				w.pass(10 * time.Minute)
				if made := w.erp.ItemFulfillments(); len(made) != 1 {
					t.Fatalf("the ERP has %+v\n%s", made, w.story())
				}
				w.pass(10 * time.Minute)
				seen := 0 // item fulfillments of which nothing is missing anywhere
				report := func(r reconcile.Report) { seen += r.Confirmed }
				if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, report).Run(w.Context()); err != nil {
					t.Fatal(err)
				}
				w.pass(5 * time.Minute)
				w.storesReport()
				if got := w.storeParcels(system); seen != 1 || len(got) != 1 || !strings.HasPrefix(got[0], "2 by ") || len(w.erp.ItemFulfillments()) != 1 {
					t.Errorf("the store has %q, the ERP %+v; %d were seen\n%s", got, w.erp.ItemFulfillments(), seen, w.story())
				}
				for _, e := range w.entries(port.Queued) {
					if strings.HasPrefix(e.Route, "netsuite-shipments-to-") {
						t.Errorf("%s got %s %s", e.Route, e.Type, e.Entity.ID)
					}
				}
				// The rest leaves from NetSuite's own location.
				w.erpShips(system, "1", "1Z7")
				w.pollsERP()
				if got := w.storeParcels(system); len(got) != 2 || !slices.Contains(got, "1 by 1Z7") || len(w.erp.ItemFulfillments()) != 2 {
					t.Errorf("the store has %q, the ERP %+v\n%s", got, w.erp.ItemFulfillments(), w.story())
				}
				w.noDead()
			})
		})
	}
}

// TestERPShipsAKitAsTheKit and not as its members.
func TestERPShipsAKitAsTheKit(t *testing.T) {
	t.Parallel()
	eachStore(t, nil, func(w *world, system string, _ setup) {
		if err := w.erp.SetKit(netsuitetest.Kit{SKU: "TEE-BLK-M", Members: []netsuitetest.Member{{SKU: "HOOD-M", Quantity: "2"}}}); err != nil {
			w.Fatal(err)
		}
		w.erpShips(system, "2", "1Z1")
		before := w.order(system, "42")
		w.shippedByERP(system, before, []string{"2 by 1Z1"}, []string{"1Z1: 2 TEE-BLK-M"})
	})
}

// TestERPShipsNothingWithoutTheSetting, nor from another location.
func TestERPShipsNothingWithoutTheSetting(t *testing.T) {
	t.Parallel()
	for name, locations := range map[string]string{"without": "", "another location": "7"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, withERPShipping(map[string]string{"NETSUITE_SHIPPING_LOCATIONS": locations, "NETSUITE_SHIPPING_DELETED": "false"}), func(w *world) {
				w.sold("shopify")
				w.erpShips("shopify", "2", "1Z1")
				before := w.order("shopify", "42")
				w.shippedByERP("shopify", before, nil, nil)
			})
		})
	}
}

// TestERPShipsWhatAStoreCannotTakeHoldsUpNoOther: a part of a piece is a dead letter that names it.
func TestERPShipsWhatAStoreCannotTakeHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	journey(t, withERPShipping(nil), func(w *world) {
		w.sold("shopify")
		bad := w.erpShips("shopify", "0.5", "1Z0")
		w.erpShips("shopify", "2", "1Z1")
		w.polledERP()
		w.pass(time.Hour)
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Route != "netsuite-shipments-to-shopify" || dead[0].Entity.ID != bad || dead[0].Error.Field != "lines[0].quantity" || dead[0].Error.Class != fault.Value {
			t.Errorf("dead letters %+v\n%s", dead, w.story())
		}
		if got := w.storeParcels("shopify"); !slices.Equal(got, []string{"2 by 1Z1"}) {
			t.Errorf("the store has %q\n%s", got, w.story())
		}
	})
}

// TestERPShipsFromTheLocationOfItsOwnEntry: netsuite/5 comes before the 5 of a warehouse.
func TestERPShipsFromTheLocationOfItsOwnEntry(t *testing.T) {
	t.Parallel()
	s := withERPShipping(map[string]string{"SHOPIFY_LOCATIONS": "5=" + stockPlace + ",netsuite/5=99"})
	journey(t, s, func(w *world) {
		w.sold("shopify")
		line := w.lineOf("42")
		w.shop.Assign("42", line, "99", 1)
		w.erpShips("shopify", "1", "1Z1")
		w.polledERP()
		made := w.shop.Fulfillments("42")
		if len(made) != 1 || made[0].Location != "99" || made[0].Lines[line] != 1 {
			t.Errorf("the shop has %+v\n%s", made, w.story())
		}
		w.noDead()
	})
}
