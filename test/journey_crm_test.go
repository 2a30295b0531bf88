package test_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// withCRM is a world with a HubSpot and a warehouse.
func withCRM() (setup, *hubspottest.Fake) {
	fake := hubspottest.New(time.Now)
	return setup{crm: fake, routes: routes.Shipments(dock)}, fake
}

// crmSale returns the order after so many minutes, paid or not, changed.
func crmSale(minutes int, financial string, change func(order map[string]any)) shopifytest.Purchase {
	p := ingestSale(42, time.Duration(minutes)*time.Minute, 2)
	p.Customer, p.Email, p.Financial, p.Change = 77, "ada@example.com", financial, change
	return p
}

// crmShipped marks the order as shipped.
func crmShipped(o map[string]any) {
	o["fulfillment_status"] = "fulfilled"
	o["fulfillments"] = []any{map[string]any{"id": 1, "status": "success", "line_items": []any{map[string]any{"id": 1, "quantity": 2}}}}
	o["line_items"].([]any)[0].(map[string]any)["fulfillable_quantity"] = 0
}

// crmRefunded gives a part of the money back.
func crmRefunded(o map[string]any) {
	crmShipped(o)
	o["refunds"] = []any{payBack{paid: 500, status: "success"}.shopify(0)}
	o["current_total_price_set"] = backBag(1500)
}

// crmStory is what happens to an order, oldest first: it is placed, paid, shipped by the warehouse,
// refunded in part and cancelled.
func crmStory() []func(w *world) {
	sends := func(topic string, p shopifytest.Purchase) func(*world) {
		return func(w *world) { w.ingestOK(w.shopify(topic, p.Body())) }
	}
	cancelled := crmSale(4, "partially_refunded", crmRefunded)
	cancelled.CancelledAt = cancelled.UpdatedAt
	return []func(w *world){
		sends("orders/create", crmSale(0, "pending", nil)),
		sends("orders/paid", crmSale(1, "paid", nil)),
		func(w *world) { w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2")) },
		sends("orders/updated", crmSale(2, "paid", crmShipped)),
		sends("orders/updated", crmSale(3, "partially_refunded", crmRefunded)),
		sends("orders/cancelled", cancelled),
	}
}

// crmOne returns the only record of the object.
func (w *world) crmOne(object string) hubspottest.Record {
	w.Helper()
	all := w.crm.Records(object)
	if len(all) != 1 {
		w.Fatalf("HubSpot has %d %s, want 1: %+v\n%s", len(all), object, all, w.story())
	}
	return all[0]
}

// crmShows fails unless HubSpot has one order with these properties, its contact and its line item.
func (w *world) crmShows(properties map[string]string) {
	w.Helper()
	contact, order, line := w.crmOne("contacts"), w.crmOne("orders"), w.crmOne("line_items")
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if got := order.Properties[name]; got != properties[name] {
			w.Errorf("%s is %q, want %q\n%s", name, got, properties[name], w.story())
		}
	}
	if contact.Properties["email"] != "ada@example.com" || line.Properties["hs_sku"] != "TEE-BLK-M" {
		w.Errorf("contact %v, line item %v", contact.Properties, line.Properties)
	}
	if !slices.Equal(order.Linked["contacts"], []string{contact.ID}) || !slices.Equal(order.Linked["line_items"], []string{line.ID}) {
		w.Errorf("the order is linked to %v, want contact %s and line item %s", order.Linked, contact.ID, line.ID)
	}
}

// crmEnd is what HubSpot shows when the story has ended.
var crmEnd = map[string]string{
	"hs_order_name": "#1001", "hs_currency_code": "USD", "causeway_state": "cancelled", "causeway_payment": "partially_refunded",
	"causeway_tracking": "1Z1", "causeway_shipments": "S-1: dock 2026-11-22 usps 1Z1: 2 TEE-BLK-M", "causeway_refunded": "5.00",
}

// crmUndelivered fails if anything died on the way to HubSpot, or is on its way.
func (w *world) crmUndelivered() {
	w.Helper()
	for _, e := range slices.Concat(w.entries(port.Dead), w.entries(port.Parked)) {
		if strings.HasSuffix(e.Route, "-to-hubspot") {
			w.Errorf("%s %s %s ended as %s: %+v", e.Route, e.Type, e.Entity.ID, e.Stage, e.Error)
		}
	}
}

func TestTheCRMFollowsAnOrderStepByStep(t *testing.T) {
	t.Parallel()
	s, _ := withCRM()
	journey(t, s, func(w *world) {
		for i, want := range []map[string]string{
			{"causeway_state": "open", "causeway_payment": "pending", "hs_total_price": "20.00"},
			{"causeway_state": "paid", "causeway_payment": "paid"},
			{"causeway_state": "paid", "causeway_tracking": "1Z1"},
			{"causeway_state": "shipped", "hs_fulfillment_status": "fulfilled", "causeway_tracking": "1Z1"},
			{"causeway_state": "shipped", "causeway_payment": "partially_refunded", "causeway_refunded": "5.00"},
			crmEnd,
		} {
			crmStory()[i](w)
			w.pass(10 * time.Minute)
			w.crmShows(want)
			stage := map[bool]string{true: "customer"}[i > 0]
			if got := w.crmOne("contacts").Properties["lifecyclestage"]; got != stage {
				t.Errorf("step %d: the contact's stage is %q, want %q", i, got, stage)
			}
		}
		w.crmUndelivered()
	})
}

// The same end is reached in any order, with every delivery doubled, and over an outage.
func TestTheCRMShowsOneOrderWhateverComesFirst(t *testing.T) {
	t.Parallel()
	orders := map[string][]int{
		"in order": {0, 1, 2, 3, 4, 5}, "backwards": {5, 4, 3, 2, 1, 0}, "the shipment first": {2, 5, 0, 4, 1, 3}, "the end in the middle": {0, 5, 1, 4, 2, 3},
	}
	outages := map[string]struct{ begin, end func(w *world) }{
		"none":         {func(*world) {}, func(*world) {}},
		"unplugged":    {func(w *world) { w.net.unplug(crmAddress) }, func(w *world) { w.net.plug(crmAddress) }},
		"quota":        {func(w *world) { w.crm.Daily(3, crmZone) }, func(w *world) { w.crm.Daily(0, crmZone) }},
		"errors":       {func(w *world) { w.crm.Answer(slices.Repeat(crmFailures, 3)...) }, func(*world) {}},
		"tight limits": {func(w *world) { w.crm.Limit(7) }, func(*world) {}},
	}
	play := func(name, outage string, gap time.Duration) {
		t.Run(fmt.Sprint(name, " ", outage, " ", gap), func(t *testing.T) {
			t.Parallel()
			s, _ := withCRM()
			journey(t, s, func(w *world) {
				outages[outage].begin(w)
				for _, i := range orders[name] {
					crmStory()[i](w)
					crmStory()[i](w)
					w.pass(gap)
				}
				w.pass(time.Hour)
				outages[outage].end(w)
				w.pass(3 * time.Hour)
				w.crmShows(crmEnd)
				w.crmUndelivered()
			})
		})
	}
	for name := range orders {
		play(name, "none", 20*time.Minute)
	}
	for outage := range outages {
		play("in order", outage, 0)
		play("backwards", outage, 0)
	}
}

// crmZone is the account's zone, whose day ends at 22:00 UTC, 50 minutes after a journey begins.
var crmZone = time.FixedZone("", 2*3600)

// crmFailures are answers that pass.
var crmFailures = []hubspottest.Answer{
	{Status: http.StatusBadGateway, Body: `{}`},
	{Status: http.StatusLocked, Body: `{"category":"LOCKED"}`},
	{Status: 477},
	{Status: http.StatusServiceUnavailable},
	{Status: http.StatusTooManyRequests, Body: `{"policyName":"SECONDLY"}`},
}

// The quota is used up until the account's midnight: no message uses up its budget, and all are
// delivered soon after.
func TestTheCRMsDailyQuotaIsAnOutage(t *testing.T) {
	t.Parallel()
	s, fake := withCRM()
	journey(t, s, func(w *world) {
		fake.Daily(4, crmZone)
		for id := range int64(40) {
			p := ingestSale(100+id, 0, 1)
			p.Customer, p.Email = 1000+id, fmt.Sprintf("buyer%d@example.com", id)
			w.shopify("orders/create", p.Body())
		}
		w.pass(45 * time.Minute)
		if n, asked := len(fake.Records("orders")), fake.Calls()["DAILY"]; n >= 40 || asked > 50 {
			t.Errorf("%d orders and %d rejected requests within the day", n, asked)
		}
		fake.Daily(0, crmZone)
		w.pass(35 * time.Minute) // an order that was not woken looks by itself, as its customer did before it
		if n := len(fake.Records("orders")); n != 40 || len(fake.Records("contacts")) != 40 {
			t.Errorf("%d orders of 40, %d contacts, soon after midnight\n%s", n, len(fake.Records("contacts")), w.story()[:2000])
		}
		w.crmUndelivered()
	})
}

// A property that is missing keeps orders waiting under its name, and they go on by themselves.
func TestTheCRMWaitsForItsProperties(t *testing.T) {
	t.Parallel()
	s, fake := withCRM()
	fake.RemoveProperty("orders", "causeway_order")
	journey(t, s, func(w *world) {
		w.shopify("orders/create", crmSale(0, "paid", nil).Body())
		w.pass(time.Hour)
		if n := len(fake.Records("orders")); n != 0 || len(fake.Records("contacts")) != 1 {
			t.Errorf("%d orders, %d contacts", n, len(fake.Records("contacts")))
		}
		named := false
		for _, e := range w.entries(port.Deferred) {
			named = named || e.Route == "shopify-orders-to-hubspot" && e.Error != nil && strings.Contains(e.Error.Message, "create the property causeway_order of orders")
			if e.Error != nil && strings.Contains(e.Error.Message, "ada@") {
				t.Errorf("shows an address: %s", e.Error.Message)
			}
		}
		if !named {
			t.Errorf("nothing names the property\n%s", w.story())
		}
		w.crmUndelivered()
		fake.AddProperty("orders", "causeway_order", true)
		w.pass(12 * time.Hour)
		w.crmShows(map[string]string{"causeway_state": "paid"})
	})
}

// Orders of both stores go to one HubSpot, and a person who buys in both is one contact.
func TestTwoStoresShareTheCRM(t *testing.T) {
	t.Parallel()
	s, fake := withCRM()
	journey(t, s, func(w *world) {
		w.shopify("orders/create", crmSale(0, "paid", nil).Body())
		w.pass(time.Minute)
		sale := ingestWooSale(42, 0, 1)
		sale.Buyer.Email = "ADA@example.com"
		w.woo("order.created", sale.Body())
		w.pass(time.Hour)
		contact := w.crmOne("contacts")
		if n := len(fake.Records("orders")); n != 2 || len(contact.Linked["orders"]) != 2 {
			t.Errorf("%d orders, the contact has %v\n%s", n, contact.Linked, w.story())
		}
		w.crmUndelivered()
	})
}
