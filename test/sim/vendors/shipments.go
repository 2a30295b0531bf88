package vendors

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/test/sim"
)

// order is the order of which the warehouse ships.
const order = 5001

// parcels draws shipments of the order. Each leaves, and then its tracking link is corrected, it is
// delivered, or it is cancelled.
func parcels(random *rand.Rand) (all []sim.State) {
	for i := range 1 + random.IntN(3) {
		id := "s" + strconv.Itoa(i)
		states := []sim.State{
			{Type: canonical.ShipmentShipped, Content: "v1"},
			{Type: canonical.ShipmentUpdated, Content: "v2"},
			{Type: canonical.ShipmentDelivered, Content: "v2 delivered"},
		}[:1+random.IntN(3)]
		if random.IntN(4) == 0 {
			states = append(states[:min(len(states), 2)], sim.State{Type: canonical.ShipmentCancelledEvent, Content: cancelled, Closed: true})
		}
		for v, s := range states {
			s.Kind, s.ID, s.Version = "shipment", id, v+1
			all = append(all, s)
		}
	}
	return all
}

const cancelled = "cancelled"

// parcel is the body of a shipment. Its state is in the tracking link.
func parcel(s sim.State) *canonical.Shipment {
	link, _, delivered := strings.Cut(s.Content, " ")
	p := &canonical.Shipment{
		ID: s.ID, Order: strconv.Itoa(order), Status: canonical.Shipped, Carrier: "Example Post", ShippedAt: noon,
		Tracking: []canonical.Tracking{{Number: number(s.ID), URL: trackingURL + link}},
		Lines:    []canonical.ShipmentLine{{SKU: "TEE", Quantity: pieces(1)}},
	}
	switch {
	case s.Closed:
		p.Status, p.Tracking[0].URL = canonical.ShipmentCancelled, trackingURL+"v1"
	case delivered:
		p.Status, p.DeliveredAt = canonical.Delivered, noon.Add(time.Hour)
	}
	return p
}

const trackingURL = "https://track.example/"

func number(shipment string) string { return "1Z" + shipment }

// handed returns the delivery of a shipment of the store's order.
func handed(d connector.Delivery, system, tenant string) connector.Delivery {
	m := *d.Message
	m.Parents = []message.Key{{System: system, Tenant: tenant, Type: "order", ID: strconv.Itoa(order)}}
	d.Message = &m
	return d
}

func fulfillmentVendor() sim.Vendor {
	return sim.Vendor{
		Name:  "shopify-fulfillment",
		Trade: parcels,
		Open: func(func() time.Time, *rand.Rand) sim.Stand {
			fake := shopifytest.New()
			fake.Put(shopifytest.Purchase{ID: order, Number: 1001, Items: []shopifytest.Item{{ID: 11, SKU: "TEE", Title: "Tee", Quantity: 9, Price: 1000}}}.Body())
			return shop{account{fake, shopify.Open, fake.Settings(sim.VendorURL)}, fake}
		},
	}
}

// shop is a Shopify shop with an order to ship.
type shop struct {
	account
	fake *shopifytest.Fake
}

// Body implements sim.Stand.
func (shop) Body(s sim.State) any { return parcel(s) }

// Hand implements sim.Stand.
func (shop) Hand(d connector.Delivery) connector.Delivery {
	return handed(d, shopify.Name, shopifytest.Shop)
}

// Books implements sim.Stand.
func (s shop) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, f := range s.fake.Fulfillments(strconv.Itoa(order)) {
		entity := "shipment/" + strings.TrimPrefix(f.Numbers[0], number(""))
		if f.Status != "SUCCESS" {
			if _, has := books[entity]; !has {
				books[entity] = sim.Holding{Content: cancelled + ", closed"}
			}
			continue
		}
		content := strings.TrimPrefix(f.URLs[0], trackingURL)
		if slices.Contains(f.Events, "DELIVERED") {
			content += " delivered"
		}
		hold(books, entity, content)
	}
	return books
}

func woocommerceVendor() sim.Vendor {
	return sim.Vendor{
		Name:  woocommerce.Name,
		Trade: parcels,
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := woocommercetest.New()
			fake.Now = now
			bought := woocommercetest.NewOrder(order, 1)
			bought.Lines[0].SKU, bought.Lines[0].Quantity = "TEE", 9
			fake.Put(bought)
			settings := with(fake.Settings(sim.VendorURL), map[string]string{"WOOCOMMERCE_SHIPMENT_TRACKING": "true"})
			return blog{account{fake, woocommerce.Open, settings}, fake}
		},
	}
}

// blog is a WooCommerce store with an order to ship.
type blog struct {
	account
	fake *woocommercetest.Fake
}

// Body implements sim.Stand.
func (blog) Body(s sim.State) any { return parcel(s) }

// Hand implements sim.Stand.
func (blog) Hand(d connector.Delivery) connector.Delivery {
	return handed(d, woocommerce.Name, "shop.example")
}

// Books implements sim.Stand. A shipment is an entry of the order's meta data; a note that is there
// twice is the same mail twice.
func (b blog) Books() map[string]sim.Holding {
	books, notes := map[string]sim.Holding{}, map[string]int{}
	for _, n := range b.fake.Notes(order) {
		notes[n.Text]++
	}
	for _, value := range b.fake.Meta(order) {
		var entry struct {
			ID, Status string
			Item       struct {
				Link string `json:"custom_tracking_link"`
			}
		}
		if text, is := value.(string); !is || json.Unmarshal([]byte(text), &entry) != nil || entry.ID == "" {
			continue
		}
		h := sim.Holding{Content: strings.TrimPrefix(entry.Item.Link, trackingURL)}
		switch entry.Status {
		case "delivered":
			h.Content += " delivered"
		case "cancelled":
			h.Content = cancelled + ", closed"
		}
		for text, n := range notes {
			if strings.HasPrefix(text, "Shipment "+entry.ID+" of ") {
				h.Records = max(h.Records, n)
			}
		}
		books["shipment/"+entry.ID] = h
	}
	return books
}
