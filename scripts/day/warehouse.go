package day

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
)

// The day passes within a minute, so that its warehouse and its CRM take more requests than
// ShipBob and HubSpot do.
const (
	warehouseLimit = 6000 // requests a minute
	warehouseRate  = "5000"
	crmLimit       = 10_000 // requests in ten seconds
	crmRate        = "1000"
)

// PrepareWarehouse returns the settings of the day that the fake warehouse takes.
func PrepareWarehouse(warehouse *shipbobtest.Fake) map[string]string {
	warehouse.Limit(warehouseLimit)
	return map[string]string{"SHIPBOB_RATE": warehouseRate}
}

// PrepareCRM returns the settings of the day that the fake CRM takes.
func PrepareCRM(crm *hubspottest.Fake) map[string]string {
	crm.Limit(crmLimit)
	return map[string]string{"HUBSPOT_RATE": crmRate}
}

// The location whose stock the ERP is master of, in the ERP and in the store.
const (
	erpLocation   = "5"
	storeLocation = "655441491"
)

// stocked is how many of the day's articles have a stock, and the pieces of each in the ERP.
func stocked() map[string]int64 {
	pieces := map[string]int64{}
	for i := range 20 {
		pieces[sku(i)] = int64(3 * i)
	}
	return pieces
}

// PrepareStore gives the store the stock of yesterday, and returns the settings of its stock.
func PrepareStore(store *shopifytest.Fake) map[string]string {
	all := stocked()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		store.Stock(name, storeLocation, all[name]+7)
	}
	return map[string]string{"SHOPIFY_STOCK_LOCATIONS": "netsuite/" + erpLocation + "=" + shopifytest.Shop + "/" + storeLocation}
}

// PrepareShop does so for the shop of WooCommerce.
func PrepareShop(shop *woocommercetest.Fake) map[string]string {
	all := stocked()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		shop.Stock(name, all[name]+3)
	}
	return map[string]string{"WOOCOMMERCE_STOCK_LOCATIONS": "netsuite/" + erpLocation + "=shop.example"}
}

// Stock gives the ERP its stock of today, and returns the settings of it.
func Stock(erp *netsuitetest.Fake) (map[string]string, error) {
	all := stocked()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		pieces := strconv.FormatInt(all[name], 10)
		if err := erp.SetStock(name, erpLocation, pieces, pieces, shopifytest.Start); err != nil {
			return nil, err
		}
	}
	return map[string]string{"NETSUITE_STOCK_LOCATIONS": erpLocation}, nil
}

// Acts of a fake itself, which no connector asked for.
const (
	actHold    = "hold"     // a store: has the order of the body
	actShipOne = "ship one" // a warehouse: one piece of the order's first product leaves
	actShip    = "ship"     // all that is left of the order leaves
	actCorrect = "correct"  // the first parcel gets another tracking number
	actArrive  = "arrive"   // the first parcel arrives
	actCancel  = "cancel"   // the first parcel does not leave after all
)

// Act is something that a system does by itself: its name, and the body or reference that it is
// about. One that was done changes nothing when it is done again.
type Act struct{ Name, About string }

// Do has the fake do it. A fake that has nothing of the kind does nothing.
func (a Act) Do(fake http.Handler) error {
	switch fake := fake.(type) {
	case *shopifytest.Fake:
		fake.PutNewer([]byte(a.About))
	case *woocommercetest.Fake:
		fake.PutBody([]byte(a.About))
	case *shipbobtest.Fake:
		return a.ship(fake)
	}
	return nil
}

func (a Act) ship(warehouse *shipbobtest.Fake) error {
	all := warehouse.Orders()
	i := slices.IndexFunc(all, func(o shipbobtest.Order) bool { return o.Reference == a.About })
	if i < 0 {
		return fmt.Errorf("the warehouse has no order %s", a.About)
	}
	first, left := all[i].Shipments[0], all[i].Shipments[len(all[i].Shipments)-1]
	var err error
	switch {
	case a.Name == actShipOne && first.Shipped.IsZero():
		_, err = warehouse.Ship(a.About, map[string]int{all[i].Products[0].Reference: 1})
	case a.Name == actShip && left.Shipped.IsZero():
		_, err = warehouse.Ship(a.About, nil)
	case a.Name == actCorrect && first.Tracked.IsZero():
		err = warehouse.Correct(first.ID, first.Tracking+"-2")
	case a.Name == actArrive && first.Arrived.IsZero():
		err = warehouse.Arrive(first.ID)
	case a.Name == actCancel && first.Status != shipbobtest.Cancelled:
		err = warehouse.CancelShipped(first.ID)
	}
	return err
}

// Afternoon has the acts of the warehouse with the orders that it has by then: each leaves, some in two
// parcels. Of some the tracking number is corrected, some arrive, some do not leave after all, and
// some are reported by no webhook.
func Afternoon(warehouse *shipbobtest.Fake) (steps []Delivery) {
	for _, o := range warehouse.Orders() {
		if o.Status() != shipbobtest.ImportReview && (o.Status() != shipbobtest.Cancelled || !o.Shipments[0].Shipped.IsZero()) {
			steps = append(steps, leaves(&o)...)
		}
	}
	return steps
}

// leaves returns the steps of an order, which are chosen by its reference.
func leaves(o *shipbobtest.Order) (steps []Delivery) {
	chance := fnv.New32a()
	chance.Write([]byte(o.Reference))
	n := chance.Sum32()
	add := func(topic string, lost bool, acts ...string) {
		d := Delivery{ID: "warehouse " + o.Reference + " " + topic, System: shipbob.Name, topic: topic, reference: o.Reference, Lost: lost}
		for _, name := range acts {
			d.Acts = append(d.Acts, Act{name, o.Reference})
		}
		steps = append(steps, d)
	}
	if n%5 == 0 && o.Products[0].Quantity > 1 {
		add("order.shipped", false, actShipOne, actShip)
	} else {
		add("order.shipped", n%7 == 0, actShip)
	}
	switch {
	case n%6 == 0:
		add("order.shipment.tracking.updated", false, actCorrect)
	case n%6 < 3:
		add("order.shipment.delivered", n%7 == 1, actArrive)
	case n%24 == 9:
		add("order.shipment.cancelled", false, actCancel)
	}
	return steps
}

// Evening has the reports of the stores about each order that was fulfilled in them, and a part of an
// order that comes back.
func Evening(stores map[string]http.Handler, warehouse *shipbobtest.Fake) []Delivery {
	d := &builder{}
	for _, o := range warehouse.Orders() {
		order, issue, ok := shipbob.ParseReference(o.Reference)
		if !ok || issue > 1 || o.Shipments[0].Shipped.IsZero() {
			continue
		}
		before := len(d.steps)
		d.reports(stores[order.System], order.ID)
		for i := before; i < len(d.steps); i++ {
			d.steps[i].ID, d.steps[i].Acts = "evening "+o.Reference, nil
		}
	}
	if store, ok := stores["shopify"].(*shopifytest.Fake); ok {
		if body := store.Webhook(strconv.FormatInt(purchase(returned).ID, 10)); body != nil {
			d.comesBack(body)
			d.steps[len(d.steps)-1].ID = "evening: a part of an order comes back"
		}
	}
	return d.steps
}

// reports adds the order as its store has it now.
func (d *builder) reports(store http.Handler, order string) {
	switch store := store.(type) {
	case *shopifytest.Fake:
		if body := store.Webhook(order); body != nil {
			d.shopify("orders/updated", body, "", "")
		}
	case *woocommercetest.Fake:
		if id, err := strconv.ParseInt(order, 10, 64); err == nil && store.Body(id) != nil {
			d.woo("order.updated", store.Body(id), "")
		}
	}
}

// Request returns the delivery's request. That of a warehouse has the state of now.
func (d Delivery) Request(fake http.Handler) (http.Header, []byte, error) {
	warehouse, ok := fake.(*shipbobtest.Fake)
	if !ok || d.topic == "" {
		return d.Header, d.Body, nil
	}
	request, err := warehouse.Delivery(d.ID, d.topic, d.reference)
	return request.Header, request.Body, err
}
