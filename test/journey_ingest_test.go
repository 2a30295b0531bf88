package test_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// ingestSale is a paid order of shirts at 10.00 as the shop shows it so long after it
// was placed.
func ingestSale(id int64, after time.Duration, quantity int64) shopifytest.Purchase {
	return shopifytest.Purchase{
		ID: id, Number: 1001, UpdatedAt: shopifytest.Start.Add(after),
		Items: []shopifytest.Item{{ID: 1, SKU: "TEE-BLK-M", Title: "Merino Tee", Quantity: quantity, Price: 1000}},
	}
}

// ingestWooSale is the same of the other store.
func ingestWooSale(id int64, after time.Duration, quantity int64) woocommercetest.Order {
	order := woocommercetest.NewOrder(id, 1)
	order.Lines[0] = woocommercetest.Line{ID: 1, SKU: "TEE-BLK-M", Name: "Merino Tee", Product: 5, Quantity: quantity, Subtotal: 1000 * quantity}
	order.Shipping, order.Tax, order.Modified = 0, 0, order.Created.Add(after)
	return order
}

// ingestOK fails unless the sender got a 200.
func (w *world) ingestOK(status int) {
	w.Helper()
	if status != http.StatusOK {
		w.Fatalf("the sender got %d\n%s", status, w.story())
	}
}

// ingestPartner takes the delivery as an event of the partner bus.
func (w *world) ingestPartner(d shopifytest.Delivery) {
	w.Helper()
	event, err := d.Event()
	if err != nil {
		w.Fatal(err)
	}
	receiver := w.receiver(w.openSystems(setup{})["shopify"])
	if err := receiver.AcceptPartner(w.Context(), event); err != nil {
		w.Fatal(err)
	}
}

// ingestWrittenOnce fails unless the order, its customer and its deposit stand at the
// ERP and were written once each.
func (w *world) ingestWrittenOnce(system, id string) {
	w.Helper()
	order := w.order(system, id)
	if order.Writes != 1 {
		w.Errorf("order %s was written %d times\n%s", id, order.Writes, w.story())
	}
	for _, c := range w.erp.Customers() {
		if c.ID == order.Entity && c.Writes != 1 {
			w.Errorf("customer %s was written %d times", c.ID, c.Writes)
		}
	}
	deposits := 0
	for _, d := range w.erp.Deposits() {
		if d.Order == order.ID {
			deposits += d.Writes
		}
	}
	if deposits != 1 {
		w.Errorf("%d writes of deposits for order %s, want 1\n%s", deposits, id, w.story())
	}
}

// ingestPuts counts the writes of the record that reached the ERP, answered or not.
func (w *world) ingestPuts(record string) int {
	n := 0
	for _, call := range w.erp.Calls() {
		if strings.HasPrefix(call, http.MethodPut+" ") && strings.Contains(call, "/"+record+"/") {
			n++
		}
	}
	return n
}

// ingestEcho is a bus that publishes everything several times at once.
type ingestEcho struct {
	port.Bus
	times int
}

func (b ingestEcho) Publish(ctx context.Context, messages []*message.Message) error {
	errs := make([]error, b.times)
	var publishers sync.WaitGroup
	for i := range b.times {
		publishers.Go(func() { errs[i] = b.Bus.Publish(ctx, messages) })
	}
	publishers.Wait()
	return errors.Join(errs...)
}

// ingestRunTwo replaces the world's engine by two that share its queues, as two
// functions do, and whose bus publishes everything so many times.
func (w *world) ingestRunTwo(times int) {
	w.Helper()
	w.stop()
	config := w.config
	config.Bus = ingestEcho{w.store, times}
	ctx, cancel := context.WithCancel(w.Context())
	var engines sync.WaitGroup
	for range 2 {
		engine := w.engine(config)
		engines.Go(func() { engine.Run(ctx) })
	}
	w.stop = func() {
		cancel()
		engines.Wait()
	}
}

// ingestDead returns the dead letters of a queue.
func (w *world) ingestDead(queue string) []port.Incoming {
	w.Helper()
	found, err := w.store.Receive(w.Context(), routes.Dead(queue), 10, 0)
	if err != nil {
		w.Fatal(err)
	}
	return found
}

// ingestNoneDead fails if anything was given up.
func (w *world) ingestNoneDead() {
	w.Helper()
	depths, err := w.store.Depths(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	for _, d := range depths {
		if d.Dead != 0 {
			w.Errorf("%d dead letters of %s\n%s", d.Dead, d.Queue, w.story())
		}
	}
}

// ingestReasons returns what the ledger says at the stage of the order and of its
// payments: "order.placed: test order".
func (w *world) ingestReasons(stage port.Stage, id string) []string {
	w.Helper()
	var reasons []string
	for _, e := range w.entries(stage) {
		if e.Entity.ID == id || strings.HasPrefix(e.Entity.ID, id+"-") {
			reasons = append(reasons, e.Type+": "+e.Outcome)
		}
	}
	return reasons
}
