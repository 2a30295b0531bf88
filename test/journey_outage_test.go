package test_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// depot is a second target beside the ERP, which notes what reached it and when.
type depot struct {
	mu     sync.Mutex
	orders map[string]time.Time
}

func (d *depot) Deliver(_ context.Context, delivery connector.Delivery) (connector.Receipt, error) {
	if delivery.Message.Type != canonical.OrderPlaced {
		return connector.Receipt{Ref: "1", Detail: "noted"}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	id := delivery.Message.Key().ID
	if d.orders[id].IsZero() {
		d.orders[id] = time.Now()
	}
	return connector.Receipt{Ref: id, Detail: "order " + id}, nil
}

func (d *depot) Find(context.Context, message.Key) (string, error) { return "", nil }

// promptly fails unless each order reached the depot soon after it was placed.
func (d *depot) promptly(w *world, placed map[string]time.Time) {
	w.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	late, slowest := 0, time.Duration(0)
	for id, at := range placed {
		noted := d.orders[id]
		if took := noted.Sub(at); noted.IsZero() || took > time.Minute {
			late++
		} else {
			slowest = max(slowest, took)
		}
	}
	w.Logf("the other target had each order within %v", slowest)
	if late > 0 {
		w.Errorf("%d of %d orders were not at the other target within a minute while the ERP was down", late, len(placed))
	}
}

// withDepot is a setup whose orders go to the depot too.
func withDepot() (setup, *depot) {
	d := &depot{orders: map[string]time.Time{}}
	system := connector.System{Target: d, Profile: connector.Profile{
		Name: "depot", Timeout: time.Minute, Concurrency: 5,
		Operations: map[string]connector.Operation{
			canonical.OrderPlaced:      {Name: "put away", Guarantee: connector.ExternalID},
			canonical.CustomerUpserted: {Name: "note customer", Guarantee: connector.ExternalID},
		},
	}}
	beside := []routes.Route{
		{From: "shopify", Flow: "customers", To: "depot", Types: []string{canonical.CustomerUpserted}},
		{From: "shopify", Flow: "orders", To: "depot", Types: []string{canonical.OrderPlaced}},
	}
	return setup{memory: true, routes: beside, systems: map[string]connector.System{"depot": system}}, d
}

func TestH1FiveThousandOrdersOutliveTwoHoursWithoutTheERP(t *testing.T) {
	t.Parallel()
	const orders, first = 5000, int64(20_000)
	s, other := withDepot()
	journey(t, s, func(w *world) {
		end, placed := time.Now().Add(2*time.Hour), map[string]time.Time{}
		watch := erpWatchPath(w, "", func(int) netsuitetest.Act {
			if time.Now().Before(end) {
				return netsuitetest.Down()
			}
			return erpTakes(200 * time.Millisecond)
		})
		for i := range int64(orders) {
			if i%500 == 0 {
				w.pass(10 * time.Minute)
			}
			placed[erpID(first+i)] = time.Now()
			erpPlace(w, resilienceOrder(first+i, 499))
			if i%10 == 0 { // an address, a shipping cost: the newest version has to win, whichever is told last
				for _, n := range [][]int64{{1, 2}, {2, 1}}[i/10%2] {
					w.change(resilienceOrder(first+i, 499+500*n), time.Duration(n)*time.Minute)
				}
			}
		}
		w.pass(time.Until(end))
		other.promptly(w, placed)
		drained := w.drained(first, orders)
		t.Logf("%d orders drained %v after the ERP came back, with %d calls to it during the outage", orders, drained, len(watch.before(end)))
		if drained > 25*time.Minute { // 4 for 5,700 calls of 200 ms, five at once; up to 5 until a probe, up to 15 until the last comes back
			t.Errorf("the ERP was back for %v before the orders were booked", drained)
		}
		resilienceBooked(w, first, orders)
		resilienceInOrder(w)
		if n := len(watch.before(end)); n > 100 {
			t.Errorf("%d calls to an ERP that is down", n)
		}
		if highest := w.erp.HighestConcurrency(); highest > netsuitetest.DefaultConcurrency {
			t.Errorf("%d requests at once, %d are allowed", highest, netsuitetest.DefaultConcurrency)
		}
		most := 0
		for _, e := range w.entries(port.Confirmed) {
			most = max(most, e.ReceiveCount)
		}
		t.Logf("no message was received more than %d times", most)
		if most > 100 { // of the 1,000 that a queue allows
			t.Errorf("a message was received %d times", most)
		}
		if d, r := w.entries(port.Degraded), w.entries(port.Restored); len(d) != 1 || len(r) != 1 {
			t.Errorf("degraded %d times and restored %d times, want once each", len(d), len(r))
		}
		erpQuiet(w)
	})
}

// change reports the purchase as it was so long after the shop's start.
func (w *world) change(p shopifytest.Purchase, after time.Duration) {
	w.Helper()
	p.UpdatedAt = shopifytest.Start.Add(after)
	w.ingestOK(w.shopify("orders/updated", p.Body()))
}

// erpTakes answers as the ERP does, after a while.
func erpTakes(d time.Duration) netsuitetest.Act {
	return func(rw http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		<-time.After(d)
		serve(rw, r)
	}
}

// resilienceOrder is an order of a customer who has many.
func resilienceOrder(id int64, shipping int64) shopifytest.Purchase {
	p := erpUsual(id)
	p.Customer, p.Email = 7000+id%50, "steady"+erpID(id%50)+"@example.com"
	p.Financial, p.Shipping = "pending", shipping
	return p
}

// drained lets time pass until the ERP holds so many orders, and returns how long it took.
func (w *world) drained(first int64, orders int) time.Duration {
	w.Helper()
	begun := time.Now()
	for time.Since(begun) < 2*time.Hour {
		w.pass(time.Minute)
		if len(w.erp.Orders()) >= orders && w.memory.Left() == 0 {
			return time.Since(begun)
		}
	}
	w.Fatalf("%d of %d orders from %d after two hours", len(w.erp.Orders()), orders, first)
	return 0
}

// before returns the calls that came before the time.
func (e *erpWatch) before(end time.Time) []time.Time {
	return slices.DeleteFunc(e.at(), func(at time.Time) bool { return !at.Before(end) })
}

// resilienceBooked fails unless each order is booked once, in its newest version.
func resilienceBooked(w *world, first int64, orders int) {
	w.Helper()
	totals := map[string]string{}
	for _, order := range w.erp.Orders() {
		totals[order.Memo[strings.LastIndex(order.Memo, " ")+1:]] += order.Total
	}
	wrong := 0
	for i := range int64(orders) {
		want := "194.99"
		if i%10 == 0 {
			want = "206.99"
		}
		if got := totals[erpID(first+i)]; got != want {
			wrong++
		}
	}
	if wrong > 0 || len(totals) != orders {
		w.Errorf("%d orders, %d of which are not booked once in their newest version", len(totals), wrong)
	}
}

// resilienceInOrder fails if an older version of an order was written after a newer one.
// The shipping cost tells the versions apart.
func resilienceInOrder(w *world) {
	w.Helper()
	back, several := 0, 0
	for _, record := range w.erp.Books() {
		var written []float64
		for _, body := range record.Bodies {
			var order struct{ ShippingCost *float64 }
			if err := json.Unmarshal(body, &order); err != nil {
				w.Fatal(err)
			}
			if record.Type == "salesOrder" {
				written = append(written, *order.ShippingCost)
			}
		}
		if !slices.IsSorted(written) {
			back++
		}
		if len(slices.Compact(written)) > 1 {
			several++
		}
	}
	w.Logf("%d orders were written in several versions", several)
	if back > 0 || several == 0 {
		w.Errorf("%d of %d orders that were written in several versions went back to an older one", back, several)
	}
}
