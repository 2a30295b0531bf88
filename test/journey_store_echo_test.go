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
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
)

// echoes is a case of a warehouse's shipment that comes back from the shop as a fulfillment.
type echoes struct {
	mapped bool // SHOPIFY_LOCATIONS names the warehouse's location; otherwise the shop has the pieces at its own
	lost   bool // the answer to the mutation is lost
	late   bool // the ERP takes nothing until the shop has reported
	untold bool // no webhook arrives: the poll alone finds it
}

func (e echoes) setup() setup {
	s := setup{
		warehouse: shipbobtest.New(time.Now), crm: hubspottest.New(time.Now),
		settings: map[string]string{released: "0s", "SHOPIFY_SHIPPING_LOCATIONS": ownSite, "NETSUITE_INVOICE": "shipped"},
	}
	if e.mapped {
		s.settings["SHOPIFY_LOCATIONS"] = "9=" + otherSite
	}
	return s
}

// plays has order 42 shipped by the warehouse in two parcels, and everything that follows reported.
func (e echoes) plays(w *world) {
	w.placed()
	site := ownSite
	if e.mapped {
		site = otherSite
	}
	w.shop.Assign("42", "1", site, 3)
	if e.late {
		w.erp.Plan(netsuitetest.Fault{Method: http.MethodPost, PathContains: "!transform/itemFulfillment", Times: 6, Do: netsuitetest.Answer(http.StatusServiceUnavailable, "UNEXPECTED_ERROR", "")})
	}
	for i, pieces := range []int{2, 1} {
		if _, err := w.warehouse.Ship(referenceOf(42), map[string]int{"TEE-BLK-M": pieces}); err != nil {
			w.Fatal(err)
		}
		if e.lost {
			w.shop.LoseAnswer("fulfillmentCreate")
		}
		w.ingestOK(w.warehouseTells(fmt.Sprint("msg_", i), "order.shipped", referenceOf(42)))
		w.pass(2 * time.Second)
		if made := w.shop.Fulfillments("42"); !e.untold && len(made) > i {
			w.hears("fulfillments/create", made[i].ID)
			w.ingestOK(w.shopify("orders/updated", w.shop.Webhook("42")))
		}
		w.pass(10 * time.Minute)
	}
	if r := w.pollsShop("fulfillments/read"); r.Gaps != 0 || r.Unconfirmed != 0 {
		w.Errorf("the poll found %+v\n%s", r, w.story())
	}
	for _, made := range w.shop.Fulfillments("42") {
		w.shop.ChangeFulfillment(made.ID, func(*shopifytest.Fulfillment) {}) // its label is scanned
		w.hears("fulfillments/update", made.ID)
	}
	w.pollsShop("fulfillments/read")
	w.pass(time.Hour)
}

// TestStoreEchoOfAWarehousesShipmentIsNoSecondShipment: ShipBob ships, Causeway fulfills in Shopify, Shopify
// sends fulfillments/create and the poll lists it. NetSuite has one item fulfillment for each parcel.
func TestStoreEchoOfAWarehousesShipmentIsNoSecondShipment(t *testing.T) {
	t.Parallel()
	for _, mapped := range []bool{true, false} {
		for n := range 8 {
			e := echoes{mapped, n&1 != 0, n&2 != 0, n&4 != 0}
			t.Run(fmt.Sprintf("%+v", e), func(t *testing.T) {
				t.Parallel()
				journey(t, e.setup(), func(w *world) {
					e.plays(w)
					made := w.shop.Fulfillments("42")
					if len(made) != 2 || slices.ContainsFunc(made, func(f shopifytest.Fulfillment) bool { return (f.Location == ownSite) == e.mapped }) {
						t.Fatalf("the shop has %+v\n%s", made, w.story())
					}
					if got := w.erp.ItemFulfillments(); len(got) != 2 || len(w.erp.Invoices()) != 2 {
						t.Errorf("the ERP has %+v\n%s", got, w.story())
					}
					for _, got := range w.erp.ItemFulfillments() {
						if !strings.HasPrefix(got.ExternalID, "shipbob__") {
							t.Errorf("the ERP has %+v", got)
						}
					}
					for _, f := range made {
						if ends := w.ends("shopify", "shipment", strconv.FormatInt(f.ID, 10)); len(ends) > 0 {
							t.Errorf("fulfillment %d was published: %v", f.ID, ends)
						}
					}
					w.shippedInBooks("shopify", "42", "3")
					if shown := w.crmOne("orders").Properties["causeway_shipments"]; strings.Count(shown, "TEE-BLK-M") != 2 {
						t.Errorf("the CRM has %q", shown)
					}
					w.noDead()
				})
			})
		}
	}
}

// TestStoreEchoAPersonPacksTheRest: a person enters the warehouse's parcel once more, with its number, which
// is the same parcel in the ERP, and then packs another.
func TestStoreEchoAPersonPacksTheRest(t *testing.T) {
	t.Parallel()
	journey(t, echoes{}.setup(), func(w *world) {
		w.placed()
		w.shop.Assign("42", "1", ownSite, 3)
		if _, err := w.warehouse.Ship(referenceOf(42), map[string]int{"TEE-BLK-M": 1}); err != nil {
			t.Fatal(err)
		}
		w.ingestOK(w.warehouseTells("msg", "order.shipped", referenceOf(42)))
		w.pass(5 * time.Minute)
		ours := w.shop.Fulfillments("42")[0]
		theirs := w.shop.Ship(shopifytest.Fulfillment{Order: "42", Location: ownSite, Lines: ours.Lines, Numbers: ours.Numbers, Company: ours.Company, URLs: ours.URLs})
		w.hears("fulfillments/create", theirs.ID)
		w.hears("fulfillments/update", ours.ID)
		w.pass(5 * time.Minute)
		if got := w.erp.ItemFulfillments(); len(got) != 1 {
			t.Errorf("the ERP has %+v\n%s", got, w.story())
		}
		last := w.shop.Ship(packed(ownSite, 1, "1Z7"))
		w.hears("fulfillments/create", last.ID)
		w.pass(5 * time.Minute)
		w.shippedInBooks("shopify", "42", "2")
		w.noDead()
	})
}
