package hubspot_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/message"
)

// stateOf describes what HubSpot has of the entity.
func stateOf(fake *hubspottest.Fake, key message.Key) string {
	object, name, value := "orders", "causeway_order", key.String()
	switch key.Type {
	case "customer":
		object, name = "contacts", "causeway_customer"
	case "shipment", "refund", "return", "warehouse_order":
		value = keyOf("order", "5001").String()
	}
	text := ""
	for _, r := range fake.Records(object) {
		if r.Properties[name] != value {
			continue
		}
		if key.Type == "shipment" || key.Type == "refund" || key.Type == "return" {
			list := r.Properties["causeway_"+key.Type+"s"]
			if !strings.Contains(list, key.ID+": ") {
				return ""
			}
			return list
		}
		if key.Type == "warehouse_order" {
			return strings.TrimSpace(r.Properties["causeway_warehouse"] + " " + r.Properties["causeway_released_at"])
		}
		for _, property := range slices.Sorted(maps.Keys(r.Properties)) {
			text += property + "=" + r.Properties[property] + " "
		}
		text += fmt.Sprint(r.ID, " ", r.Linked, "\n")
	}
	return text
}

// stateOfShipment is the message of a later state of shipment 900.
func stateOfShipment(t *testing.T, hours int, kind string, change func(*canonical.Shipment)) *message.Message {
	t.Helper()
	s, at := shipment("900", 2), noon.Add(time.Duration(hours)*time.Hour)
	change(s)
	m := messageOf(t, kind, s)
	m.Sequence = message.NewSequence(at, false, at)
	return m
}

func TestTargetConforms(t *testing.T) {
	t.Parallel()
	changed := sale(func(o *canonical.Order) { o.Lines[1].Quantity, o.Financial = pieces(0), canonical.PartiallyRefunded })
	cancelled := sale(func(o *canonical.Order) { o.Status = canonical.OrderCancelled })
	connectortest.TestTarget(t, connectortest.TargetHarness{
		Samples: []*message.Message{
			messageOf(t, canonical.CustomerUpserted, buyer(nil)),
			messageOf(t, canonical.OrderPlaced, sale(nil)), messageOf(t, canonical.OrderChanged, changed), messageOf(t, canonical.OrderCancelledEvent, cancelled),
			messageOf(t, canonical.ShipmentShipped, shipment("900", 2)),
			stateOfShipment(t, 1, canonical.ShipmentUpdated, func(s *canonical.Shipment) { s.Tracking[0].Number = "1ZNEW" }),
			stateOfShipment(t, 2, canonical.ShipmentDelivered, func(s *canonical.Shipment) { s.Status, s.DeliveredAt = canonical.Delivered, noon.Add(48*time.Hour) }),
			stateOfShipment(t, 3, canonical.ShipmentCancelledEvent, func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled }),
			messageOf(t, canonical.RefundSettled, refund("800", 500)),
			messageOf(t, canonical.ReturnRequested, returnOf("77", -1)), messageOf(t, canonical.ReturnReceived, returnOf("77", 1)),
			messageOf(t, canonical.OrderReleased, atWarehouse(canonical.WarehouseReleased)), messageOf(t, canonical.OrderHeld, atWarehouse(canonical.WarehouseHeld)),
			messageOf(t, canonical.ShipmentDiscrepancy, atWarehouse(canonical.WarehouseDiscrepancy)), messageOf(t, canonical.FulfillmentCancelled, atWarehouse(canonical.WarehouseCancelled)),
		},
		Personal: []string{"ada@example.com", "Byron", "12 Main St", "212 555"},
		Start: func(t *testing.T, transport http.RoundTripper) connectortest.TargetAccount {
			fake := hubspottest.New(clock)
			fake.Limit(1000)
			return connectortest.TargetAccount{System: openSystem(t, fake, transport, nil, clock, &memory{}), State: func(key message.Key) string { return stateOf(fake, key) }}
		},
	})
}

func TestAnOrderIsWrittenWithItsContactAndLineItems(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(buyer(nil))
	receipt := a.confirm(sale(nil))
	contact, order, lines := a.only("contacts"), a.only("orders"), a.fake.Records("line_items")
	if receipt.Ref != order.ID || receipt.Detail != "order 102 made: paid, line items: 2, contact 101" {
		t.Errorf("receipt %+v", receipt)
	}
	a.want(contact, map[string]string{
		"email": "ada@example.com", "firstname": "Ada", "lastname": "Byron", "phone": "+1 212 555 0100", "address": "12 Main St, Apt 4",
		"city": "New York", "state": "NY", "zip": "10001", "country": "US", "causeway_customer": "shopify/" + shop + "/customer/7", "lifecyclestage": "customer",
	})
	a.want(order, map[string]string{
		"causeway_order": "shopify/" + shop + "/order/5001", "hs_order_name": "#1001", "hs_currency_code": "USD", "hs_total_price": "137.00",
		"hs_external_created_date": "1795341600000", "hs_source_store": "shopify/" + shop, "causeway_state": "paid", "causeway_payment": "paid",
		"hs_shipping_address_street": "12 Main St, Apt 4", "hs_shipping_address_city": "New York", "hs_shipping_address_state": "NY", "hs_pipeline_stage": "",
	})
	if len(lines) != 2 || !slices.Equal(order.Linked["contacts"], []string{contact.ID}) || !slices.Equal(order.Linked["line_items"], []string{lines[0].ID, lines[1].ID}) {
		t.Fatalf("lines %+v, links %v", lines, order.Linked)
	}
	a.want(lines[0], map[string]string{
		"causeway_line": "shopify/" + shop + "/order/5001/1", "name": "Merino Tee", "quantity": "2", "price": "39.00", "discount": "0.5",
		"hs_sku": "TEE-BLK-M", "hs_line_item_currency_code": "USD",
	})
	if want := map[string]int{
		"contacts/batch/upsert": 1, "orders/batch/upsert": 1, "line_items/batch/upsert": 1, "orders/line_items/associate": 1,
		"orders/contacts/associate": 1, "contacts/batch/update": 1,
	}; !maps.Equal(a.fake.Calls(), want) {
		t.Errorf("requests %v, want %v", a.fake.Calls(), want)
	}
}

func TestStatesOfAnOrder(t *testing.T) {
	t.Parallel()
	stages := map[string]string{
		"HUBSPOT_ORDER_STAGES":   "open=stage-open,paid=stage-paid,shipped=stage-shipped,refunded=stage-refunded,cancelled=stage-cancelled",
		"HUBSPOT_ORDER_PIPELINE": "pipeline-shop",
	}
	for name, c := range map[string]struct {
		change   func(*canonical.Order)
		state    string
		customer bool
	}{
		"not paid":           {func(o *canonical.Order) { o.Financial = canonical.Pending }, "open", false},
		"paid in part":       {func(o *canonical.Order) { o.Financial = canonical.PartiallyPaid }, "open", true},
		"paid":               {nil, "paid", true},
		"refunded in part":   {func(o *canonical.Order) { o.Financial = canonical.PartiallyRefunded }, "paid", true},
		"shipped":            {func(o *canonical.Order) { o.Fulfilled, o.Fulfillment = true, "fulfilled" }, "shipped", true},
		"closed":             {func(o *canonical.Order) { o.Status = canonical.OrderClosed }, "shipped", true},
		"refunded":           {func(o *canonical.Order) { o.Financial, o.Fulfilled = canonical.Refunded, true }, "refunded", false},
		"cancelled":          {func(o *canonical.Order) { o.Status = canonical.OrderCancelled }, "cancelled", false},
		"cancelled, shipped": {func(o *canonical.Order) { o.Status, o.Fulfilled = canonical.OrderCancelled, true }, "cancelled", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, stages)
			a.confirm(buyer(nil), sale(c.change))
			a.want(a.only("orders"), map[string]string{"causeway_state": c.state, "hs_pipeline_stage": "stage-" + c.state, "hs_pipeline": "pipeline-shop"})
			stage := map[bool]string{true: "customer"}[c.customer]
			a.want(a.only("contacts"), map[string]string{"lifecyclestage": stage})
		})
	}
}

func TestTheLifecycleStageIsASetting(t *testing.T) {
	t.Parallel()
	a := newAccount(t, map[string]string{"HUBSPOT_LIFECYCLE_STAGE": "none"})
	a.confirm(buyer(nil), sale(nil))
	a.want(a.only("contacts"), map[string]string{"lifecyclestage": ""})
	a = newAccount(t, map[string]string{"HUBSPOT_LIFECYCLE_STAGE": "evangelist"})
	a.confirm(buyer(nil), sale(nil))
	a.want(a.only("contacts"), map[string]string{"lifecyclestage": "evangelist"})
}

// A line that is off the order is archived. One that a person added at HubSpot stays.
func TestLinesFollowTheOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	order := a.confirm(sale(nil)).Ref
	byHand := a.fake.Put("line_items", map[string]string{"name": "Gift wrap"})
	a.fake.Link("orders", order, "line_items", byHand)
	a.confirm(sale(func(o *canonical.Order) {
		o.Lines[0].Quantity = pieces(1)
		o.Lines[1].Quantity = pieces(0)
		o.Lines = append(o.Lines, canonical.OrderLine{ID: "3", SKU: "CAP", Quantity: pieces(1), UnitPrice: canonical.NewDecimal(10, 0), Discount: usd(0), Tax: usd(0)})
	}))
	var got []string
	for _, r := range a.fake.Records("line_items") {
		got = append(got, r.Properties["name"]+" "+r.Properties["quantity"])
	}
	if want := []string{"Merino Tee 1", "Gift wrap ", "CAP 1"}; !slices.Equal(got, want) || len(a.only("orders").Linked["line_items"]) != 3 {
		t.Errorf("line items %q, want %q; linked %v", got, want, a.only("orders").Linked)
	}
}

func TestALargeOrderTakesBatchesOfAHundredLines(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	large := sale(func(o *canonical.Order) {
		line := o.Lines[0]
		for i := range 248 {
			line.ID = fmt.Sprint("x", i)
			o.Lines = append(o.Lines, line)
		}
	})
	a.confirm(large, large)
	if got := a.fake.Calls(); got["line_items/batch/upsert"] != 6 || got["orders/line_items/associate"] != 3 || len(a.only("orders").Linked["line_items"]) != 250 {
		t.Errorf("requests %v, linked %d", got, len(a.only("orders").Linked["line_items"]))
	}
}

func TestOrdersOfOneNumberInTwoStoresAreTwo(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	d := a.delivery(sale(nil))
	d.Message.Source, d.Message.Tenant, d.Ref = "causeway.woocommerce", "shop.example", ""
	if _, err := a.system.Target.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if n := len(a.fake.Records("orders")); n != 2 {
		t.Errorf("%d orders", n)
	}
}
