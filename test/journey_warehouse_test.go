package test_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// shippingDesk is a target of shipments, which notes each with the order that it is of.
type shippingDesk struct {
	mu   sync.Mutex
	seen []string // "order 42: 78901001 2 TEE-BLK-M"
}

func (d *shippingDesk) Deliver(_ context.Context, delivery connector.Delivery) (connector.Receipt, error) {
	s, ok := delivery.Body.(*canonical.Shipment)
	if !ok {
		return connector.Receipt{Ref: "1", Detail: "the order is known"}, nil
	}
	text := "order " + s.Order + ": " + s.ID
	for _, l := range s.Lines {
		text += " " + l.Quantity.Value.String() + " " + l.SKU
	}
	for parent, ref := range delivery.Parents {
		text += " of " + parent + " = " + ref
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, text)
	return connector.Receipt{Ref: s.ID, Detail: "noted"}, nil
}

func (d *shippingDesk) Find(context.Context, message.Key) (string, error) { return "", nil }

func (d *shippingDesk) notes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

// withWarehouse is a setup with a ShipBob, whose shipments go to a desk that knows every order
// of Shopify.
func withWarehouse(settings map[string]string) (setup, *shipbobtest.Fake, *shippingDesk) {
	fake, desk := shipbobtest.New(time.Now), &shippingDesk{}
	order := connector.Operation{Name: "know", Guarantee: connector.ExternalID, Effect: "order"}
	system := connector.System{Target: desk, Profile: connector.Profile{
		Name: "desk", Timeout: time.Minute, Concurrency: 5, Operations: map[string]connector.Operation{
			canonical.OrderPlaced: order, canonical.OrderChanged: order, canonical.OrderCancelledEvent: order,
			canonical.ShipmentShipped: {Name: "note shipment", Guarantee: connector.ExternalID},
		},
	}}
	return setup{
		warehouse: fake, settings: settings, systems: map[string]connector.System{"desk": system}, routes: []routes.Route{
			{From: "shopify", Flow: "orders", To: "desk", Types: []string{canonical.OrderPlaced, canonical.OrderChanged, canonical.OrderCancelledEvent}},
			{From: shipbob.Name, Flow: "shipments", To: "desk", Types: []string{canonical.ShipmentShipped}},
		},
	}, fake, desk
}

// referenceOf is the reference id of an order of the shop.
func referenceOf(id int64) string {
	return "shopify/" + shopifytest.Shop + "/order/" + strconv.FormatInt(id, 10)
}

// warehouseBooks fails unless the warehouse has exactly these orders in these states.
func (w *world) warehouseBooks(want map[string]string) {
	w.Helper()
	got := map[string]string{}
	for _, o := range w.warehouse.Orders() {
		got[o.Reference] = o.Status()
	}
	if !maps.Equal(got, want) {
		w.Errorf("the warehouse has %v, want %v\n%s", got, want, w.story())
	}
}

// warehouseLetters fails unless these are the codes of the dead letters between shop and warehouse.
func (w *world) warehouseLetters(want ...string) {
	w.Helper()
	var got []string
	for _, e := range w.entries(port.Dead) {
		if e.Route == "shopify-orders-to-shipbob" && e.Error != nil {
			got = append(got, e.Error.Code)
		}
	}
	if !slices.Equal(got, want) {
		w.Errorf("dead letters %v, want %v\n%s", got, want, w.story())
	}
}

// warehouseTells sends a webhook of the warehouse and returns the status that it was answered.
func (w *world) warehouseTells(id, topic, reference string) int {
	w.Helper()
	request, err := w.warehouse.Delivery(id, topic, reference)
	if err != nil {
		w.Fatal(err)
	}
	return w.post(shipbob.Name, request.Header, request.Body)
}

// movedTo returns the sale with another street.
func movedTo(p shopifytest.Purchase, street string) shopifytest.Purchase {
	p.Change = func(order map[string]any) {
		address := maps.Clone(order["shipping_address"].(map[string]any))
		address["address1"] = street
		order["shipping_address"] = address
	}
	return p
}

const released = "SHIPBOB_RELEASE_DELAY"

// warehouseCancelled is ingestCancelled with a later second of the cancellation.
func warehouseCancelled(id int64) (before, after shopifytest.Purchase) {
	before, after = ingestCancelled(id, "paid")
	after.UpdatedAt = after.UpdatedAt.Add(time.Second)
	return before, after
}

func TestC3AnOrderCancelledBeforeItsReleaseNeverReachesTheWarehouse(t *testing.T) {
	t.Parallel()
	s, _, _ := withWarehouse(map[string]string{released: "1h"})
	journey(t, s, func(w *world) {
		before, after := warehouseCancelled(42)
		w.shopify("orders/create", before.Body())
		w.pass(30 * time.Minute)
		w.warehouseBooks(map[string]string{})
		w.shopify("orders/cancelled", after.Body())
		w.pass(2 * time.Hour)
		w.warehouseBooks(map[string]string{})
		w.warehouseLetters()
		if order := w.order("shopify", "42"); order.Status != "closed" {
			t.Errorf("the ERP has it as %s, want closed", order.Status)
		}
		if n := w.warehouse.Calls()["POST /order"]; n != 0 {
			t.Errorf("%d orders were sent", n)
		}
	})
}

func TestC3ACancellationIsCarriedOutUntilTheWarehouseHasPicked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		picked  bool
		state   string
		letters []string
	}{
		"before picking": {false, shipbobtest.Cancelled, nil},
		"after picking":  {true, shipbobtest.Processing, []string{shipbob.CodeCancelRefused}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, fake, desk := withWarehouse(nil)
			journey(t, s, func(w *world) {
				before, after := warehouseCancelled(42)
				w.shopify("orders/create", before.Body())
				w.pass(time.Minute)
				w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
				if c.picked {
					if err := fake.Pick(referenceOf(42)); err != nil {
						t.Fatal(err)
					}
				}
				w.shopify("orders/cancelled", after.Body())
				w.pass(time.Hour)
				w.warehouseBooks(map[string]string{referenceOf(42): c.state})
				w.warehouseLetters(c.letters...)
				if !c.picked {
					return
				}
				if _, err := fake.Ship(referenceOf(42), nil); err != nil {
					t.Fatal(err)
				}
				w.ingestOK(w.warehouseTells("msg_1", "order.shipped", referenceOf(42)))
				w.pass(time.Minute)
				if got := desk.notes(); len(got) != 1 || !strings.HasPrefix(got[0], "order 42: 78901001 1 TEE-BLK-M") {
					t.Errorf("what left all the same is told as %q\n%s", got, w.story())
				}
			})
		})
	}
}

// The cancellation meets the first delivery of the order at every moment, with answers that are
// lost on the way.
func TestC3ACancellationThatRacesTheReleaseWins(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, time.Millisecond, time.Second, time.Minute} {
		for _, first := range []string{"orders/create", "orders/cancelled"} {
			for _, fault := range []int{0, http.StatusBadGateway, http.StatusTooManyRequests} {
				t.Run(fmt.Sprint(gap, first, fault), func(t *testing.T) {
					t.Parallel()
					s, fake, _ := withWarehouse(nil)
					s.memory = true
					if fault != 0 {
						fake.Answer(shipbobtest.Answer{Status: fault, Body: `{}`}, shipbobtest.Answer{Status: fault, Body: `{}`})
					}
					journey(t, s, func(w *world) {
						before, after := warehouseCancelled(42)
						bodies := map[string][]byte{"orders/create": before.Body(), "orders/cancelled": after.Body()}
						w.shopify(first, bodies[first])
						w.pass(gap)
						delete(bodies, first)
						for topic, body := range bodies {
							w.shopify(topic, body)
						}
						w.pass(20 * time.Minute)
						for _, o := range fake.Orders() {
							if o.Status() != shipbobtest.Cancelled {
								t.Errorf("the warehouse has order %s as %s\n%s", o.Reference, o.Status(), w.story())
							}
						}
						w.warehouseLetters()
					})
				})
			}
		}
	}
}

func TestC1AnEditBeforeTheReleaseIsSentOnce(t *testing.T) {
	t.Parallel()
	s, fake, _ := withWarehouse(map[string]string{released: "1h"})
	journey(t, s, func(w *world) {
		w.shopify("orders/create", ingestSale(42, 0, 3).Body())
		w.pass(10 * time.Minute)
		w.shopify("orders/updated", ingestSale(42, 10*time.Minute, 2).Body())
		w.pass(2 * time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
		if got := fake.Orders()[0].Products; len(got) != 1 || got[0].Quantity != 2 {
			t.Errorf("products %+v", got)
		}
		if n := fake.Calls()["POST /order"]; n != 1 {
			t.Errorf("%d orders were sent, want 1", n)
		}
	})
}

func TestC1AnEditAfterTheReleaseIsIssuedAnewOrShownToAPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit   shopifytest.Purchase
		picked bool
		code   []string
	}{
		"quantity":               {ingestSale(42, time.Hour, 1), false, nil},
		"C2 address":             {movedTo(ingestSale(42, time.Hour, 3), "99 New Street"), false, nil},
		"quantity after picking": {ingestSale(42, time.Hour, 1), true, []string{shipbob.CodeChangeRefused}},
		"C2 address too late":    {movedTo(ingestSale(42, time.Hour, 3), "99 New Street"), true, []string{shipbob.CodeChangeRefused}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, fake, _ := withWarehouse(nil)
			journey(t, s, func(w *world) {
				w.shopify("orders/create", ingestSale(42, 0, 3).Body())
				w.pass(time.Minute)
				if c.picked {
					if err := fake.Pick(referenceOf(42)); err != nil {
						t.Fatal(err)
					}
				}
				w.shopify("orders/updated", c.edit.Body())
				w.shopify("orders/updated", c.edit.Body())
				w.pass(time.Hour)
				w.warehouseLetters(c.code...)
				if c.picked {
					w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
					return
				}
				w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Cancelled, referenceOf(42) + "~2": shipbobtest.Processing})
				last := fake.Orders()[1]
				moved, isMove := last.Recipient.Address.Line1 == "99 New Street", c.edit.Change != nil
				if moved != isMove || int64(last.Products[0].Quantity) != c.edit.Items[0].Quantity {
					t.Errorf("issued anew as %+v", last)
				}
			})
		})
	}
}

// What was not paid is not shipped, and is sent once when it is.
func TestC4AnOrderIsHeldUntilItIsPaid(t *testing.T) {
	t.Parallel()
	s, fake, _ := withWarehouse(nil)
	journey(t, s, func(w *world) {
		pending := ingestSale(42, 0, 2)
		pending.Financial = "pending"
		w.shopify("orders/create", pending.Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{})
		paid := ingestSale(42, time.Hour, 2)
		w.shopify("orders/paid", paid.Body())
		w.shopify("orders/updated", paid.Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
		if n := fake.Calls()["POST /order"]; n != 1 {
			t.Errorf("%d orders were sent, want 1", n)
		}
	})
}

func TestB13OrdersOfOneNumberInTwoStoresAreTwoAtTheWarehouse(t *testing.T) {
	t.Parallel()
	s, _, _ := withWarehouse(nil)
	journey(t, s, func(w *world) {
		w.shopify("orders/create", ingestSale(42, 0, 1).Body())
		order := ingestWooSale(42, 0, 1)
		order.Shipping = 499
		w.woo("order.created", order.Body())
		w.pass(time.Hour)
		tenant := strings.Trim(strings.TrimPrefix(woocommercetest.Store, "https://"), "/")
		w.warehouseBooks(map[string]string{
			referenceOf(42): shipbobtest.Processing, "woocommerce/" + tenant + "/order/42": shipbobtest.Processing,
		})
	})
}

func TestD1PartsOfAnOrderAreShipmentsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s, fake, desk := withWarehouse(nil)
	journey(t, s, func(w *world) {
		w.shopify("orders/create", ingestSale(42, 0, 3).Body())
		w.pass(time.Minute)
		for i, pieces := range []map[string]int{{"TEE-BLK-M": 2}, nil} {
			if _, err := fake.Ship(referenceOf(42), pieces); err != nil {
				t.Fatal(err)
			}
			w.ingestOK(w.warehouseTells("msg_"+strconv.Itoa(i), "order.shipped", referenceOf(42)))
			w.pass(time.Hour)
		}
		key := " of " + referenceOf(42) + " = 1"
		want := []string{"order 42: 78901001 2 TEE-BLK-M" + key, "order 42: 78901002 1 TEE-BLK-M" + key}
		if got := desk.notes(); !slices.Equal(got, want) {
			t.Errorf("shipments %q, want %q\n%s", got, want, w.story())
		}
	})
}

func TestD3AShipmentThatIsConfirmedTwiceIsOne(t *testing.T) {
	t.Parallel()
	s, fake, desk := withWarehouse(nil)
	journey(t, s, func(w *world) {
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(time.Minute)
		if _, err := fake.Ship(referenceOf(42), nil); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"msg_1", "msg_1", "msg_2"} { // again, and under another id
			w.ingestOK(w.warehouseTells(id, "order.shipped", referenceOf(42)))
			w.pass(time.Hour)
		}
		system := w.config.Systems[shipbob.Name]
		if err := w.poller(system, w.config.Runtime, nil).Run(w.Context()); err != nil {
			t.Error(err)
		}
		w.pass(time.Hour)
		if got := desk.notes(); len(got) != 1 {
			t.Errorf("shipments %q\n%s", got, w.story())
		}
	})
}

func TestA5AShipmentThatNoWebhookReportedIsPolled(t *testing.T) {
	t.Parallel()
	s, fake, desk := withWarehouse(nil)
	journey(t, s, func(w *world) {
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(time.Minute)
		if _, err := fake.Ship(referenceOf(42), nil); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		system := w.config.Systems[shipbob.Name]
		if err := w.poller(system, w.config.Runtime, nil).Run(w.Context()); err != nil {
			t.Error(err)
		}
		w.pass(time.Minute)
		if got := desk.notes(); len(got) != 1 {
			t.Errorf("after the poll: %q\n%s", got, w.story())
		}
		w.ingestOK(w.warehouseTells("msg_1", "order.shipped", referenceOf(42)))
		w.pass(time.Hour)
		if got := desk.notes(); len(got) != 1 {
			t.Errorf("after the late webhook: %q\n%s", got, w.story())
		}
	})
}

func TestD6AnUnknownProductIsShownWithItsSKU(t *testing.T) {
	t.Parallel()
	s, fake, _ := withWarehouse(nil)
	fake.Unknown("TEE-BLK-M")
	journey(t, s, func(w *world) {
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.ImportReview})
		w.warehouseLetters(shipbob.CodeImportReview)
		for _, e := range w.entries(port.Dead) {
			if e.Route == "shopify-orders-to-shipbob" && (e.Error.Field != "lines[0].sku" || !strings.Contains(e.Error.Message, `"TEE-BLK-M"`)) {
				t.Errorf("the letter says %+v", e.Error)
			}
		}
		fake.Match("TEE-BLK-M")
		w.shopify("orders/updated", ingestSale(42, time.Hour, 2).Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
	})
}

func TestTwoHundredOrdersAMinuteStayBelowTheWarehousesLimit(t *testing.T) {
	t.Parallel()
	s, fake, _ := withWarehouse(nil)
	s.memory = true
	journey(t, s, func(w *world) {
		const orders = 200
		for id := range int64(orders) {
			w.shopify("orders/create", ingestSale(1000+id, 0, 1).Body())
		}
		w.pass(10 * time.Minute)
		calls := fake.Calls()
		if got := len(fake.Orders()); got != orders || calls["429"] > 0 || calls["POST /order"] != orders {
			t.Errorf("%d of %d orders after 10 minutes, requests %v", got, orders, calls)
		}
		w.warehouseLetters()
	})
}
