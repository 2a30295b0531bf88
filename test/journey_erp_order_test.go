package test_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withSalesOrders is a world whose ERP publishes all sales orders.
func withSalesOrders(settings map[string]string) setup {
	all := map[string]string{"NETSUITE_ORDERS": "all"}
	for key, value := range settings {
		all[key] = value
	}
	return withERPOrders(all)
}

// erpShown says what the store shows of the ERP at order 42: number, state and difference, with "tagged"
// if it has the tag, and the number of notes.
func (w *world) erpShown(system string) string {
	w.Helper()
	var all []string
	if system == "shopify" {
		for _, key := range []string{"erp_number", "erp_status", "erp_difference"} {
			all = append(all, w.shop.Metafield("42", "causeway."+key))
		}
		if slices.Contains(w.shop.Tags("42"), "erp-changed") {
			all = append(all, "tagged")
		}
		return strings.Join(all, "; ")
	}
	meta := w.wooStore.Meta(42)
	for _, key := range []string{"number", "status", "difference"} {
		text, _ := meta["_causeway_erp_"+key].(string)
		all = append(all, text)
	}
	if notes := w.differenceNotes(); notes > 0 {
		all = append(all, fmt.Sprint(notes, " notes"))
	}
	return strings.Join(all, "; ")
}

// differenceNotes returns how many notes of differences order 42 of WooCommerce has.
func (w *world) differenceNotes() (n int) {
	for _, note := range w.wooStore.Notes(42) {
		if strings.HasPrefix(note.Text, "ERP difference: ") && !note.Customer {
			n++
		}
	}
	return n
}

// shows fails unless the store shows that of the ERP; in differing, %s is the sales order's number.
func (w *world) shows(system, status, difference string, mark map[string]string) {
	w.Helper()
	number := "SO-" + w.order(system, "42").ID
	want := []string{number, status, strings.ReplaceAll(difference, "SO", number)}
	if mark[system] != "" {
		want = append(want, mark[system])
	}
	if got := w.erpShown(system); got != strings.Join(want, "; ") {
		w.Errorf("the store shows %q, want %q\n%s", got, strings.Join(want, "; "), w.story())
	}
}

// quiet fails if anything but a poll's question is sent, while the ERP is polled and the stores report.
func (w *world) quiet(system string) {
	w.Helper()
	w.pollsERP()
	w.pass(time.Hour)
	erp, shop, woo, before := len(w.erp.Calls()), len(w.shop.Asked()), len(w.wooStore.Asked()), w.order(system, "42")
	for range 3 {
		w.pass(10 * time.Minute)
		if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Hour)
	}
	for _, call := range w.erp.Calls()[erp:] {
		if !strings.HasPrefix(call, "POST") || !strings.Contains(call, "suiteql") {
			w.Errorf("the ERP got %s", call)
		}
	}
	if asked := len(w.shop.Asked()) - shop + len(w.wooStore.Asked()) - woo; asked != 0 {
		w.Errorf("the stores were asked %d times after all was settled\n%s", asked, w.story())
	}
	if after := w.order(system, "42"); after.Writes != before.Writes {
		w.Errorf("the ERP was written: %+v", after)
	}
}

// external is the external id of order 42 of the store.
func (w *world) external(system string) string { return w.order(system, "42").ExternalID }

// try fails on an error of what a person does.
func (w *world) try(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

var (
	tagged  = map[string]string{"shopify": "tagged", "woocommerce": "1 notes"}
	settled = map[string]string{"woocommerce": "2 notes"}
)

// TestERPOrderTheStoreShowsTheERPsOrderAndWhatAPersonChangedOfIt: a life of a sales order, in which each
// webhook of the store comes twice, and the person's change stays in the ERP.
func TestERPOrderTheStoreShowsTheERPsOrderAndWhatAPersonChangedOfIt(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			journey(t, withSalesOrders(nil), func(w *world) {
				w.sold(system)
				w.pollsERP()
				w.shows(system, "pending fulfillment", "", nil)
				w.quiet(system)

				before := w.order(system, "42")
				w.try(w.erp.ChangeQuantity(w.external(system), 1, "2"))
				w.pollsERP()
				w.shows(system, "pending fulfillment", "TEE-BLK-M: 3 in the store, 2 in netsuite (SO)", tagged)
				if after := w.order(system, "42"); after.Lines[0].Quantity != "2" || after.Writes != before.Writes {
					t.Errorf("the echo wrote to the ERP: %+v\n%s", after, w.story())
				}
				w.quiet(system)

				w.try(w.erp.Fulfill(w.external(system), 1, "1"))
				w.pollsERP()
				w.shows(system, "pending billing/partially fulfilled", "TEE-BLK-M: 3 in the store, 2 in netsuite (SO)", tagged)
				w.try(w.erp.ChangeQuantity(w.external(system), 1, "3"))
				w.pollsERP()
				w.shows(system, "pending billing/partially fulfilled", "none", settled)
				w.quiet(system)
				w.noDead()
			})
		})
	}
}

// TestERPOrderAnyLineThatAPersonChangesInTheERPIsShown: added, removed, closed, and another SKU.
func TestERPOrderAnyLineThatAPersonChangesInTheERPIsShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*netsuitetest.Fake, string) error
		want   string
	}{
		"added": {func(erp *netsuitetest.Fake, order string) error { return erp.AddLine(order, "HOOD-M", "2", "20.00") }, "HOOD-M: 0 in the store, 2 in netsuite (SO)"},
		"swapped": {func(erp *netsuitetest.Fake, order string) error {
			if err := erp.AddLine(order, "HOOD-M", "3", "30.00"); err != nil {
				return err
			}
			return erp.RemoveLine(order, 1)
		}, "HOOD-M: 0 in the store, 3 in netsuite, TEE-BLK-M: 3 in the store, 0 in netsuite (SO)"},
		"closed, and another added": {func(erp *netsuitetest.Fake, order string) error {
			if err := erp.AddLine(order, "TEE-BLK-M", "1", "10.00"); err != nil {
				return err
			}
			return erp.CloseLine(order, 1, true)
		}, "TEE-BLK-M: 3 in the store, 1 in netsuite (SO)"},
		"a charge of ours": {func(erp *netsuitetest.Fake, order string) error { return erp.AddLine(order, "store-fee", "1", "1.00") }, ""},
	} {
		for _, system := range []string{"shopify", "woocommerce"} {
			t.Run(system+" "+name, func(t *testing.T) {
				t.Parallel()
				journey(t, withSalesOrders(nil), func(w *world) {
					w.sold(system)
					w.try(c.change(w.erp, w.external(system)))
					w.pollsERP()
					mark := tagged
					if c.want == "" {
						mark = nil
					}
					w.shows(system, "pending fulfillment", c.want, mark)
					w.quiet(system)
					w.noDead()
				})
			})
		}
	}
}

// TestERPOrderADifferenceThatTheStoreSettlesIsGone: the store changes its order as the ERP's was, or to
// something else, which then is in the ERP.
func TestERPOrderADifferenceThatTheStoreSettlesIsGone(t *testing.T) {
	t.Parallel()
	for _, quantity := range []int64{2, 5} {
		for _, system := range []string{"shopify", "woocommerce"} {
			t.Run(fmt.Sprint(system, quantity), func(t *testing.T) {
				t.Parallel()
				journey(t, withSalesOrders(nil), func(w *world) {
					w.sold(system)
					w.try(w.erp.ChangeQuantity(w.external(system), 1, "2"))
					w.pollsERP()
					w.shows(system, "pending fulfillment", "TEE-BLK-M: 3 in the store, 2 in netsuite (SO)", tagged)
					w.storeSells(system, quantity)
					w.pollsERP()
					if got := w.order(system, "42").Lines[0].Quantity; got != fmt.Sprint(quantity) {
						t.Errorf("the ERP has %s\n%s", got, w.story())
					}
					w.shows(system, "pending fulfillment", "none", settled)
					w.quiet(system)
					w.noDead()
				})
			})
		}
	}
}

// storeSells changes the quantity of order 42 in the store as a person does, and what it shows stays.
func (w *world) storeSells(system string, quantity int64) {
	w.Helper()
	if system == "shopify" {
		tags := strings.Join(w.shop.Tags("42"), ", ")
		sale := ingestSale(42, 0, quantity)
		sale.UpdatedAt = time.Now()
		sale.Change = func(o map[string]any) { o["tags"] = tags }
		w.ingestOK(w.shopify("orders/updated", sale.Body()))
	} else {
		order := ingestWooSale(42, 0, quantity)
		order.Shipping, order.Modified, order.Meta = 499, time.Now(), w.wooStore.Meta(42)
		w.wooStore.Put(order)
		w.ingestOK(w.woo("order.updated", order.Body()))
	}
	w.pass(10 * time.Minute)
}

// TestERPOrderAnOrderThatEndsAfterAPersonChangedItIsCancelled, and the difference is gone.
func TestERPOrderAnOrderThatEndsAfterAPersonChangedItIsCancelled(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			journey(t, withSalesOrders(nil), func(w *world) {
				w.sold(system)
				w.try(w.erp.ChangeQuantity(w.external(system), 1, "2"))
				w.pollsERP()
				w.ended(system, true)
				w.pollsERP()
				w.pollsERP()
				if state, _ := w.storeShows(system); state != "cancelled" {
					t.Errorf("the store has it %s\n%s", state, w.story())
				}
				w.shows(system, "closed", "none", settled)
				if after := w.order(system, "42"); after.Status != "closed" || after.Lines[0].Quantity != "2" {
					t.Errorf("the ERP has %+v", after)
				}
				w.quiet(system)
				w.noDead()
			})
		})
	}
}

// TestERPOrderStatesOfAnERPArriveInAnyOrder: the newest is shown, whichever comes first, each twice.
func TestERPOrderStatesOfAnERPArriveInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		for _, order := range permutations(3) {
			t.Run(fmt.Sprint(system, order), func(t *testing.T) {
				t.Parallel()
				journey(t, withSalesOrders(nil), func(w *world) {
					w.sold(system)
					var states []message.Raw
					for _, quantity := range []string{"2", "4", "1"} {
						w.try(w.erp.ChangeQuantity(w.external(system), 1, quantity))
						w.pass(10 * time.Minute)
						states = append(states, w.erpState())
					}
					for _, i := range order {
						for range 2 {
							raw := states[i]
							w.try(w.receiver(w.config.Systems["netsuite"]).Accept(w.Context(), &raw, time.Now()))
							w.pass(5 * time.Minute)
						}
					}
					w.storesReport()
					number := "SO-" + w.order(system, "42").ID
					if got := w.erpShown(system); !strings.Contains(got, "TEE-BLK-M: 3 in the store, 1 in netsuite ("+number+")") {
						t.Errorf("the store shows %q\n%s", got, w.story())
					}
					if got := w.order(system, "42").Lines[0].Quantity; got != "1" {
						t.Errorf("the ERP has %s", got)
					}
					w.noDead()
				})
			})
		}
	}
}

// erpState is the raw message of the only sales order as a poll finds it now.
func (w *world) erpState() message.Raw {
	w.Helper()
	poller := w.config.Systems["netsuite"].Poller
	feeds := poller.Feeds()
	feed := feeds[len(feeds)-1]
	page, err := poller.Changes(w.Context(), connector.Ask{Feed: feed, Since: time.Now().Add(-time.Hour)})
	if err != nil || len(page.Changes) != 1 {
		w.Fatalf("%+v, %v", page, err)
	}
	raw, err := poller.Fetch(w.Context(), feed, page.Changes[0])
	if err != nil {
		w.Fatal(err)
	}
	raw.System, raw.ID = "netsuite", message.DeriveID("poll", string(raw.Body))
	return *raw
}

// TestERPOrderAnAnswerThatWasLostShowsTheERPsOrderOnce, also over a crash.
func TestERPOrderAnAnswerThatWasLostShowsTheERPsOrderOnce(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"metafieldsSet(", "tagsAdd(", "POST", "PUT"} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(lost, " crash ", crash), func(t *testing.T) {
				t.Parallel()
				system := "shopify"
				if lost == "POST" || lost == "PUT" {
					system = "woocommerce"
				}
				s := withSalesOrders(nil)
				journey(t, s, func(w *world) {
					w.sold(system)
					w.try(w.erp.ChangeQuantity(w.external(system), 1, "2"))
					w.pass(10 * time.Minute)
					w.shop.LoseAnswer(lost)
					w.wooStore.LoseAnswer(lost)
					w.try(w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()))
					w.pass(time.Second)
					if crash {
						w.restart(s)
					}
					w.pass(time.Hour)
					w.storesReport()
					w.shows(system, "pending fulfillment", "TEE-BLK-M: 3 in the store, 2 in netsuite (SO)", tagged)
					w.quiet(system)
					w.noDead()
				})
			})
		}
	}
}

// TestERPOrderRulesThatChooseItemsLeaveTheLinesUncompared, and only number and state are shown.
func TestERPOrderRulesThatChooseItemsLeaveTheLinesUncompared(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"NETSUITE_RULE_ITEM", "NETSUITE_RULE_CHARGE"} {
		journey(t, withSalesOrders(map[string]string{rule: `if $part.sku == "TEE-BLK-M" then "SKU-A" else null end`}), func(w *world) {
			w.sold("shopify")
			w.pollsERP()
			w.shows("shopify", "pending fulfillment", "", nil)
			w.noDead()
		})
	}
}

// TestERPOrderWithoutTheChoiceOfAllNothingIsShown: ended orders only, and none.
func TestERPOrderWithoutTheChoiceOfAllNothingIsShown(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"true", "false"} {
		journey(t, withERPOrders(map[string]string{"NETSUITE_ORDERS": choice}), func(w *world) {
			w.sold("shopify")
			w.try(w.erp.ChangeQuantity(w.external("shopify"), 1, "2"))
			w.pollsERP()
			if got := w.erpShown("shopify"); got != "; ; " {
				t.Errorf("%s: the shop shows %q", choice, got)
			}
			w.noDead()
		})
	}
}

// laneBus counts the published states of sales orders by their lane.
type laneBus struct {
	port.Bus
	lanes map[message.Lane]int
}

func (b laneBus) Publish(ctx context.Context, messages []*message.Message) error {
	for _, m := range messages {
		if m.Type == canonical.OrderAcknowledged {
			b.lanes[m.Lane]++
		}
	}
	return b.Bus.Publish(ctx, messages)
}

// TestERPOrderAMassOfChangedSalesOrdersIsOneEventEach, and those that are found late travel behind live
// messages.
func TestERPOrderAMassOfChangedSalesOrdersIsOneEventEach(t *testing.T) {
	t.Parallel()
	lanes := map[message.Lane]int{}
	s := withSalesOrders(nil)
	s.ports = func(ports *port.Ports) { ports.Bus = laneBus{ports.Bus, lanes} }
	journey(t, s, func(w *world) {
		const orders = 40
		for id := int64(1); id <= orders; id++ {
			w.ingestOK(w.shopify("orders/create", ingestSale(100+id, 0, 3).Body()))
		}
		w.pass(20 * time.Minute)
		polls := func(after time.Duration) {
			w.pass(after)
			for range 2 {
				w.try(w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()))
				w.pass(20 * time.Minute)
			}
		}
		polls(0)
		for _, order := range w.erp.Orders() {
			w.try(w.erp.ChangeQuantity(order.ExternalID, 1, "2"))
		}
		polls(5 * time.Hour)
		if lanes[message.Live] != orders || lanes[message.Backfill] != orders {
			t.Errorf("%v\n%s", lanes, w.story())
		}
		w.noDead()
	})
}
