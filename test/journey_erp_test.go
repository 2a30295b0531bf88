package test_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// erpPlace reports the purchase as a new order of the shop's, without waiting for it.
func erpPlace(w *world, p shopifytest.Purchase) {
	w.Helper()
	if status := w.shopify("orders/create", p.Body()); status != http.StatusOK {
		w.Fatalf("the shop was told %d", status)
	}
}

// erpBuy reports the purchase, waits a minute and returns its sales order.
func erpBuy(w *world, p shopifytest.Purchase) netsuitetest.Order {
	w.Helper()
	erpPlace(w, p)
	w.pass(time.Minute)
	return erpOrder(w, p.ID)
}

func erpOrder(w *world, id int64) netsuitetest.Order {
	w.Helper()
	return w.order("shopify", erpID(id))
}

func erpID(id int64) string { return strconv.FormatInt(id, 10) }

// erpLines returns the lines as "item quantity amount".
func erpLines(order netsuitetest.Order) []string {
	var lines []string
	for _, l := range order.Lines {
		lines = append(lines, l.Item+" "+l.Quantity+" "+l.Amount)
	}
	return lines
}

// erpDeposits returns the deposits of the sales order as "amount option", sorted.
func erpDeposits(w *world, order netsuitetest.Order) []string {
	var deposits []string
	for _, d := range w.erp.Deposits() {
		if d.Order == order.ID {
			deposits = append(deposits, d.Amount+" "+d.Option)
		}
	}
	slices.Sort(deposits)
	return deposits
}

// erpDead returns the reasons in the dead-letter queue, sorted, and what the ledger
// tells an operator of them, in no order that counts.
func erpDead(w *world, queue string) (reasons, told []string) {
	w.Helper()
	letters, err := w.store.Receive(w.Context(), routes.Dead(queue), 10, 0)
	if err != nil {
		w.Fatal(err)
	}
	for _, letter := range letters {
		reasons = append(reasons, letter.Attributes[port.AttrReason])
		found, err := w.store.Find(w.Context(), port.Query{Event: letter.Attributes[port.AttrEvent], Stage: port.Dead})
		if err != nil {
			w.Fatal(err)
		}
		for _, e := range found {
			told = append(told, e.Outcome)
		}
	}
	slices.Sort(reasons)
	return reasons, told
}

// The queues between the shop and the ERP in which journeys end badly.
const (
	erpOrders = "shopify-orders-to-netsuite"
	erpInbox  = "shopify-inbox"
)

// erpWaits returns class and code of what the entity still waits for, "" if its journey
// has ended.
func erpWaits(w *world, kind, id string) string {
	w.Helper()
	found, err := w.store.Find(w.Context(), port.Query{Entity: message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: kind, ID: id}})
	if err != nil {
		w.Fatal(err)
	}
	if len(found) == 0 || found[len(found)-1].Stage != port.Deferred {
		return ""
	}
	last := found[len(found)-1].Error
	return strings.TrimSpace(string(last.Class) + " " + last.Code)
}

// erpUnset fails unless the order waits for the setting, and an operator reads its name
// and what is missing, in the ledger and in the log.
func erpUnset(w *world, id, setting, missing string) {
	w.Helper()
	if got := erpWaits(w, "order", id); got != "config" {
		w.Errorf("order %s waits because of %q, want config\n%s", id, got, w.story())
		return
	}
	deferred := slices.DeleteFunc(w.entries(port.Deferred), func(e port.Entry) bool { return e.Entity.ID != id || e.Entity.Type != "order" })
	if last := deferred[len(deferred)-1]; !strings.Contains(last.Outcome, setting) || !strings.Contains(last.Outcome, missing) {
		w.Errorf("order %s: the ledger says %q, want %s and %s", id, last.Outcome, setting, missing)
	}
	if !strings.Contains(w.log.String(), "level=WARN msg=\"a message waits for our configuration\" key="+setting) {
		w.Errorf("order %s: the log has no warning that names %s", id, setting)
	}
}

// erpQuiet fails if anything is booked twice or lies in a dead-letter queue.
func erpQuiet(w *world) {
	w.Helper()
	if twice := w.erp.Duplicates(); len(twice) > 0 {
		w.Errorf("booked twice: %v", twice)
	}
	if dead := w.entries(port.Dead); len(dead) > 0 {
		w.Errorf("%d dead letters, the first because of %s", len(dead), dead[0].Outcome)
	}
}

// erpUsual is an order of the usual articles at 20 % tax: 194.99, by card.
func erpUsual(id int64) shopifytest.Purchase {
	return shopifytest.Purchase{
		ID: id, Number: int(id), Customer: id + 1e6, Email: "buyer" + erpID(id) + "@example.com", TaxPercent: 20, Shipping: 499,
	}
}

// erpOnce fails unless the books hold the usual order exactly once: the sales order, one
// deposit, and a customer of its own.
func erpOnce(w *world, id int64, what string) {
	w.Helper()
	order := erpOrder(w, id)
	if order.Total != "194.99" {
		w.Errorf("%s: the sales order's total is %s, the shop's 194.99", what, order.Total)
	}
	if got := erpDeposits(w, order); !slices.Equal(got, []string{"194.99 1"}) {
		w.Errorf("%s: deposits %v, want one of 194.99 by card", what, got)
	}
	customers := slices.DeleteFunc(w.erp.Customers(), func(c netsuitetest.Customer) bool { return c.Email != erpUsual(id).Email })
	if len(customers) != 1 || customers[0].ID != order.Entity {
		w.Errorf("%s: customers %v, want one, whose order it is", what, customers)
	}
}

func TestB1AnAnswerThatGetsLostLeavesOneOfEverything(t *testing.T) {
	t.Parallel()
	answers := map[string]netsuitetest.Act{
		"timeout after commit": netsuitetest.HangAfter(), "reset after commit": netsuitetest.ResetAfter(),
		"500 after commit": netsuitetest.FailAfter(), "reset before commit": netsuitetest.ResetBefore(),
	}
	journey(t, setup{}, func(w *world) {
		sent := map[int64]string{}
		for name, act := range answers {
			for _, record := range []string{"customer__", "order__", "payment__"} {
				id := int64(9001 + len(sent))
				subject := map[string]string{"customer__": erpID(id + 1e6)}[record]
				if subject == "" {
					subject = erpID(id)
				}
				sent[id] = name + " of " + record + subject
				w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: record + subject, Times: 2, Do: act})
				erpPlace(w, erpUsual(id))
			}
		}
		w.pass(20 * time.Minute)
		for id, what := range sent {
			erpOnce(w, id, what)
		}
		erpQuiet(w)
		lost := slices.DeleteFunc(w.entries(port.Deferred), func(e port.Entry) bool { return e.Attempt == 0 })
		if len(lost) < len(sent) {
			w.Errorf("%d attempts without an answer, want one of each of the %d orders", len(lost), len(sent))
		}
	})
}

func TestB1ARequestThatTookEffectLateChangesNothing(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		early, late := make(chan struct{}), make(chan struct{})
		w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "order__9001", Do: netsuitetest.Late(early)})
		w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "order__9002", Do: netsuitetest.Late(late)})
		erpPlace(w, erpUsual(9001))
		erpPlace(w, erpUsual(9002))
		close(early)
		w.pass(4 * time.Minute)
		erpOnce(w, 9002, "before the first request took effect")
		close(late)
		w.pass(time.Minute)
		erpOnce(w, 9001, "took effect before the retry")
		erpOnce(w, 9002, "took effect after the retry")
		for id, want := range map[int64]int{9001: 1, 9002: 2} { // the retry reads first, and finds what took effect
			if writes := erpOrder(w, id).Writes; writes != want {
				w.Errorf("order %d was written %d times, want %d", id, writes, want)
			}
		}
		erpQuiet(w)
	})
}

func TestB1ARequestThatTookEffectLateNeverCoversAChange(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"seconds": 7 * time.Second, "minutes": 13 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) { erpLate(w, late) })
		})
	}
}

// erpLate has the first write of an order take effect that long after an update came.
func erpLate(w *world, late time.Duration) {
	released := make(chan struct{})
	w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "order__9001", Do: netsuitetest.Late(released)})
	erpPlace(w, erpUsual(9001))
	w.pass(58 * time.Second)
	changed := erpUsual(9001)
	changed.Shipping, changed.UpdatedAt = 999, shopifytest.Start.Add(time.Minute)
	if status := w.shopify("orders/updated", changed.Body()); status != http.StatusOK {
		w.Fatalf("the shop was told %d", status)
	}
	w.pass(late)
	close(released)
	w.pass(20 * time.Minute)
	if order := erpOrder(w, 9001); order.Total != "200.99" {
		w.Errorf("total %s, want the changed order's 200.99\n%s", order.Total, w.story())
	}
	erpQuiet(w)
}
