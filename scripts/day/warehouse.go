package day

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
)

// The day passes within a minute, so that its warehouse and its CRM take more requests than
// ShipBob and HubSpot do.
const (
	warehouseLimit = 6000 // requests a minute
	warehouseRate  = "5000"
	crmLimit       = 10_000 // requests in ten seconds
	crmRate        = "1000"
)

// PrepareCRM returns the settings of the day that the fake CRM takes.
func PrepareCRM(crm *hubspottest.Fake) map[string]string {
	crm.Limit(crmLimit)
	return map[string]string{"HUBSPOT_RATE": crmRate}
}

// Acts of a fake itself, which no connector asked for.
const (
	actHold    = "hold"     // a store: has the order of the body
	actShipOne = "ship one" // a warehouse: one piece of the order's first product leaves
	actShip    = "ship"     // all that is left of the order leaves
	actCorrect = "correct"  // the first parcel gets another tracking number
	actArrive  = "arrive"   // the first parcel arrives
	actCancel  = "cancel"   // the first parcel does not leave after all
	actExpect  = "expect"   // a return of the first parcel is expected
	actReceive = "receive"  // … and received
	actStow    = "stow"     // pieces of an article are put on the shelf
	actMiss    = "miss"     // no more pieces of it are found
	actHoldUp  = "hold up"  // an order is on hold
	actGoOn    = "go on"    // … and not any more
	actReturn  = "return"   // a store: a return of the order's article is opened
	actLose    = "lose"     // the answer to the next request of the kind is lost
	actBusy    = "busy"     // a store: the next request of the kind is to come later
	actItem    = "item"     // an ERP: an item is saved
	actStock   = "stock"    // the stock of an article changes
	actClose   = "close"    // the order of the memo is closed
	actPay     = "pay"      // an amount of the order of the memo is paid back
	actOwn     = "own ship" // a store, an ERP: a line of its own order leaves with a tracking number
	actChange  = "change"   // the quantity of its first line is another one
)

// Act is something that a system does by itself: its name, and the body or reference that it is
// about. One that was done changes nothing when it is done again.
type Act struct{ Name, About string }

// Do has the fake do it. A fake that has nothing of the kind does nothing.
func (a Act) Do(fake http.Handler) error {
	switch fake := fake.(type) {
	case *shopifytest.Fake:
		a.inStore(fake)
	case *woocommercetest.Fake:
		if a.Name == actLose {
			fake.LoseAnswer(a.About)
			return nil
		}
		fake.PutBody([]byte(a.About))
	case *shipbobtest.Fake:
		if a.Name == actLose {
			fake.LoseAnswer(a.About)
			return nil
		}
		return a.inWarehouse(fake)
	case *netsuitetest.Fake:
		return a.master(fake)
	}
	return nil
}

func (a Act) inStore(store *shopifytest.Fake) {
	switch a.Name {
	case actOwn:
		a.ownFromStore(store)
	case actReturn:
		a.open(store)
	case actLose:
		store.LoseAnswer(a.About)
	case actBusy:
		store.AnswerTo(a.About, shopifytest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Body: `{"errors":"Throttled"}`})
	default:
		store.PutNewer([]byte(a.About))
	}
}

func (a Act) inWarehouse(warehouse *shipbobtest.Fake) error {
	if a.Name == actStow || a.Name == actMiss {
		return a.moves(warehouse)
	}
	o, err := orderOf(warehouse, a.About)
	if err != nil {
		return err
	}
	switch a.Name {
	case actExpect, actReceive:
		return a.comeBack(warehouse, o)
	case actHoldUp, actGoOn:
		return a.holdUp(warehouse, o)
	}
	return a.ship(warehouse, o)
}

func orderOf(warehouse *shipbobtest.Fake, reference string) (*shipbobtest.Order, error) {
	all := warehouse.Orders()
	i := slices.IndexFunc(all, func(o shipbobtest.Order) bool { return o.Reference == reference })
	if i < 0 {
		return nil, fmt.Errorf("the warehouse has no order %s", reference)
	}
	return &all[i], nil
}

func (a Act) ship(warehouse *shipbobtest.Fake, o *shipbobtest.Order) error {
	first, left := o.Shipments[0], o.Shipments[len(o.Shipments)-1]
	var err error
	switch {
	case a.Name == actShipOne && first.Shipped.IsZero():
		_, err = warehouse.Ship(a.About, map[string]int{o.Products[0].Reference: 1})
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

// Afternoon has the steps of the flows, and then the acts of the warehouse with the orders that it has by
// then: each leaves, some in two parcels. Of some the tracking number is corrected, some arrive, some of
// Shopify do not leave after all, and some are reported by no webhook.
func Afternoon(systems map[string]http.Handler) []Delivery {
	d := &builder{fakes: among(systems)}
	d.flows(func(f flow) func(*builder) { return f.afternoon })
	for _, o := range d.warehouse.Orders() {
		if o.Status() != shipbobtest.ImportReview && (o.Status() != shipbobtest.Cancelled || !o.Shipments[0].Shipped.IsZero()) {
			d.leaves(&o)
		}
	}
	return d.steps
}

// leaves adds the steps of an order. They are chosen by its reference, but for orders of the flows.
func (d *builder) leaves(o *shipbobtest.Order) {
	chance := fnv.New32a()
	chance.Write([]byte(o.Reference))
	n := chance.Sum32()
	add := func(topic string, lost bool, acts ...string) {
		step := Delivery{ID: "warehouse " + o.Reference + " " + topic, System: shipbob.Name, topic: topic, reference: o.Reference, Lost: lost}
		for _, name := range acts {
			step.Acts = append(step.Acts, Act{name, o.Reference})
		}
		d.steps = append(d.steps, step)
	}
	order, _, _ := shipbob.ParseReference(o.Reference)
	if topic, acts, known := d.ofFlow(order); known {
		if len(acts) > 0 {
			add(topic, false, acts...)
		}
		return
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
	case n%24 == 9 && order.System == "shopify":
		add("order.shipment.cancelled", false, actCancel)
	}
}

// ofFlow returns what the warehouse does with an order of the flows, and its webhook; false for any other order.
func (d *builder) ofFlow(order message.Key) (topic string, acts []string, known bool) {
	if !d.playFlows() {
		return "", nil, false
	}
	switch memoOf(order) {
	case wooMemo(unshipped):
		return "", nil, true
	case purchaseMemo(started):
		return "order.shipped", []string{actShipOne}, true
	case purchaseMemo(heldUp):
		return "order.shipment.on_hold", []string{actHoldUp}, true
	case purchaseMemo(returned), wooMemo(returnedToShop):
		return "order.shipped", []string{actShip}, true
	}
	return "", nil, false
}

// Evening has the reports of the stores about each order that was fulfilled in them, a part of an order
// that is paid back, and the steps of the flows.
func Evening(systems map[string]http.Handler) []Delivery {
	d := &builder{fakes: among(systems)}
	for _, o := range d.warehouse.Orders() {
		order, issue, ok := shipbob.ParseReference(o.Reference)
		if !ok || issue > 1 || o.Shipments[0].Shipped.IsZero() {
			continue
		}
		before := len(d.steps)
		d.reports(systems[order.System], order.ID)
		for i := before; i < len(d.steps); i++ {
			d.steps[i].ID, d.steps[i].Acts = "evening "+o.Reference, nil
		}
	}
	if d.store != nil {
		if body := d.store.Webhook(strconv.FormatInt(purchase(returned).ID, 10)); body != nil {
			d.comesBack(body)
			d.steps[len(d.steps)-1].ID = "evening: a part of an order comes back"
		}
	}
	d.flows(func(f flow) func(*builder) { return f.evening })
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
	id := strings.TrimSuffix(d.ID, again)
	request, err := warehouse.Delivery(id, d.topic, d.reference)
	if strings.HasPrefix(d.topic, "return.") {
		request, err = returnRequest(warehouse, id, d)
	}
	return request.Header, request.Body, err
}
