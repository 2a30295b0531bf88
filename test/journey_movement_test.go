package test_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withMovements is a world whose warehouse is master of the stock of its centers 9 and 12, which the ERP
// books at its locations 5 and 6.
func withMovements(settings map[string]string) setup {
	all := map[string]string{
		released: "0s", "SHIPBOB_MOVEMENTS": "9,12", "NETSUITE_SHIP_LOCATIONS": "9=5", "NETSUITE_ADJUSTMENT_LOCATIONS": "9=5,12=6",
		"NETSUITE_ADJUSTMENT_ACCOUNT": "58", "NETSUITE_RECEIPT_ACCOUNT": "59", "NETSUITE_ADJUSTMENT_SUBSIDIARIES": "*=1",
	}
	maps.Copy(all, settings)
	return setup{warehouse: shipbobtest.New(time.Now), settings: all}
}

// pollsMovements polls the warehouse some minutes later and lets everything that follows happen.
func (w *world) pollsMovements() {
	w.Helper()
	w.pass(10 * time.Minute)
	w.pollsWarehouse()
}

// sameStock fails unless the ERP has on hand what the warehouse has, and so many pieces more of TEE-BLK-M at its
// location 5, which are picked and not yet shipped.
func (w *world) sameStock(picked int) {
	w.Helper()
	for _, sku := range []string{"TEE-BLK-M", "HOOD-M"} {
		for center, location := range map[int]string{9: "5", 12: "6"} {
			want := w.warehouse.OnHand(sku, center)
			if sku == "TEE-BLK-M" && center == 9 {
				want += picked
			}
			if got := w.erp.OnHand(sku, location); got != strconv.Itoa(want) {
				w.Errorf("the ERP has %s of %s at location %s, want %d\n%s", got, sku, location, want, w.story())
			}
		}
	}
}

// adjustedBy returns the ERP's adjustments as "5 TEE-BLK-M -3", and fails if one was written twice.
func (w *world) adjustedBy() (all []string) {
	w.Helper()
	for _, a := range w.erp.Adjustments() {
		if a.Writes != 1 || a.Lines != 1 {
			w.Errorf("written more than once: %+v\n%s", a, w.story())
		}
		all = append(all, a.Location+" "+a.Item+" "+a.Quantity)
	}
	slices.Sort(all)
	return all
}

// shipsOrder42 has the warehouse ship its order, and say so.
func (w *world) shipsOrder42() (shipment int) {
	w.Helper()
	shipment, err := w.warehouse.Ship(referenceOf(42), nil)
	if err != nil {
		w.Fatal(err)
	}
	w.ingestOK(w.warehouseTells("msg_1", "order.shipped", referenceOf(42)))
	w.pass(10 * time.Minute)
	return shipment
}

// TestMovementADayAtTheWarehouseEndsWithTheSameStockAtTheERP: receipts, a pick, pieces that are found and
// lost, a shelf and a center that pieces go to, and a parcel that comes back. While a parcel is packed the
// ERP has its pieces.
func TestMovementADayAtTheWarehouseEndsWithTheSameStockAtTheERP(t *testing.T) {
	t.Parallel()
	journey(t, withMovements(nil), func(w *world) {
		w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "1")
		w.warehouse.Stow("HOOD-M", 9, 10, "115316", "2")
		w.warehouse.Stow("TEE-BLK-M", 12, 5, "115317", "1")
		w.pollsMovements()
		w.sameStock(0)
		w.sold("shopify")
		if err := w.warehouse.Pick(referenceOf(42)); err != nil {
			t.Fatal(err)
		}
		w.warehouse.Adjust("TEE-BLK-M", 9, -2)
		w.warehouse.Adjust("HOOD-M", 9, 1)
		w.warehouse.MoveShelf("TEE-BLK-M", 9, 4)
		w.warehouse.Relocate("TEE-BLK-M", 9, 12, 6)
		w.pollsMovements()
		w.sameStock(3)
		shipment := w.shipsOrder42()
		w.sameStock(0)
		if err := w.warehouse.CancelShipped(shipment); err != nil {
			t.Fatal(err)
		}
		w.pollsMovements()
		w.pollsMovements()
		w.sameStock(0)
		if n := len(w.erp.ItemFulfillments()); n != 0 || w.warehouse.OnHand("TEE-BLK-M", 9) != 32 {
			t.Errorf("%d item fulfillments, and the warehouse has %d", n, w.warehouse.OnHand("TEE-BLK-M", 9))
		}
		want := []string{"5 HOOD-M 1", "5 HOOD-M 10", "5 TEE-BLK-M -2", "5 TEE-BLK-M -6", "5 TEE-BLK-M 40", "6 TEE-BLK-M 5", "6 TEE-BLK-M 6"}
		if got := w.adjustedBy(); !slices.Equal(got, want) {
			t.Errorf("the ERP has %q, want %q", got, want)
		}
		for _, a := range w.erp.Adjustments() {
			account := map[bool]string{true: "59", false: "58"}[strings.Contains(a.Memo, "ReceivingStow")]
			if a.Account != account || a.Subsidiary != "1" {
				t.Errorf("booked to %+v", a)
			}
		}
		w.noDead()
	})
}

// moves publishes a movement as the connector of the warehouse does.
func (w *world) moves(id string, pieces int64, at time.Time) {
	w.Helper()
	body, err := canonical.Encode(&canonical.InventoryMovement{
		ID: id, SKU: "TEE-BLK-M", Location: "9", Change: canonical.NewDecimal(pieces, 0), Reason: "InventoryAdjusted", At: at,
	})
	if err != nil {
		w.Fatal(err)
	}
	m := &message.Message{
		ID: message.DeriveID("movement", id, time.Now().String()), Source: message.SourcePrefix + "shipbob", Type: canonical.InventoryAdjusted, Subject: "movement/" + id,
		Time: at, Tenant: "main", Schema: "movement/1", Sequence: message.NewSequence(at, true, time.Now()), CorrelationID: message.DeriveID("trace", id), Origin: "shipbob", Hops: 1, Body: body,
	}
	if err := w.ports.Bus.Publish(w.Context(), []*message.Message{m}); err != nil {
		w.Fatal(err)
	}
	w.pass(time.Minute)
}

// TestMovementAMovementIsBookedOnceInAnyOrder: the newer one first, and each delivered again, also after days.
func TestMovementAMovementIsBookedOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]int{"in order": {1, 2, 3}, "newest first": {3, 2, 1}, "each twice": {2, 2, 1, 3, 1, 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, withMovements(nil), func(w *world) {
				began := time.Now()
				pieces := map[int]int64{1: 40, 2: -3, 3: -5}
				for _, n := range order {
					w.moves(strconv.Itoa(n)+"-9", pieces[n], began.Add(time.Duration(n)*time.Second))
				}
				w.pass(72 * time.Hour)
				for _, n := range order {
					w.moves(strconv.Itoa(n)+"-9", pieces[n], began.Add(time.Duration(n)*time.Second))
				}
				if got, want := w.adjustedBy(), []string{"5 TEE-BLK-M -3", "5 TEE-BLK-M -5", "5 TEE-BLK-M 40"}; !slices.Equal(got, want) || w.erp.OnHand("TEE-BLK-M", "5") != "32" {
					t.Errorf("the ERP has %q, want %q\n%s", got, want, w.story())
				}
				w.noDead()
			})
		})
	}
}

// TestMovementOverlappingPollsMissNothingAndDoubleNothing: pieces are found around each poll, more than a
// page of them, and what one poll left for being too young the next one takes.
func TestMovementOverlappingPollsMissNothingAndDoubleNothing(t *testing.T) {
	t.Parallel()
	s := withMovements(nil)
	s.memory = true
	journey(t, s, func(w *world) {
		w.warehouse.Limit(100_000)
		w.warehouse.Stow("TEE-BLK-M", 9, 1, "115316", "1")
		found := 0
		for range 6 {
			for range 40 {
				w.warehouse.Adjust("TEE-BLK-M", 9, 1)
				found++
				w.pass(time.Second)
			}
			w.pollsWarehouse() // within the time in which a change is too young
		}
		w.pass(26 * time.Hour) // a day ends
		w.warehouse.Adjust("TEE-BLK-M", 9, -1)
		w.pollsMovements()
		w.pollsMovements()
		w.sameStock(0)
		if n := len(w.adjustedBy()); n != found+2 {
			t.Errorf("%d adjustments, want %d", n, found+2)
		}
		w.noDead()
	})
}

// TestMovementAKillBetweenWriteAndConfirmationBooksNothingTwice: the ERP booked the movement, and the process
// that asked ended before it knew.
func TestMovementAKillBetweenWriteAndConfirmationBooksNothingTwice(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]netsuitetest.Act{"before": netsuitetest.ResetBefore(), "after": netsuitetest.ResetAfter(), "unknown": netsuitetest.FailAfter()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withMovements(nil)
			journey(t, s, func(w *world) {
				w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "1")
				w.erp.Plan(netsuitetest.Fault{Method: "PUT", PathContains: "inventoryAdjustment", Do: act})
				w.pass(10 * time.Minute)
				if err := w.poller(w.config.Systems["shipbob"], w.config.Runtime, nil).Run(w.Context()); err != nil {
					t.Error(err)
				}
				w.pass(2 * time.Second)
				w.restart(s)
				w.pass(time.Hour)
				w.pollsMovements()
				w.sameStock(0)
				if got := w.adjustedBy(); len(got) != 1 {
					t.Errorf("the ERP has %q\n%s", got, w.story())
				}
				w.noDead()
			})
		})
	}
}

// TestMovementWithoutASettingMovementsWaitForIt: the setting is named, nothing is booked, and all is once it
// is there.
func TestMovementWithoutASettingMovementsWaitForIt(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"NETSUITE_ADJUSTMENT_LOCATIONS", "NETSUITE_ADJUSTMENT_ACCOUNT", "NETSUITE_ADJUSTMENT_SUBSIDIARIES"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			journey(t, withMovements(map[string]string{setting: "", "NETSUITE_RECEIPT_ACCOUNT": ""}), func(w *world) {
				w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "1")
				w.warehouse.Adjust("TEE-BLK-M", 9, -2)
				w.pollsMovements()
				w.pass(24 * time.Hour)
				if made := w.erp.Adjustments(); len(made) != 0 || !strings.Contains(w.log.String(), "a message waits for our configuration") || !strings.Contains(w.story(), setting) {
					t.Fatalf("the ERP has %+v, and nothing says what is missing\n%s", made, w.story())
				}
				w.noDead()
				w.restart(withMovements(nil))
				w.pass(24 * time.Hour)
				w.sameStock(0)
				if got := w.adjustedBy(); len(got) != 2 {
					t.Errorf("the ERP has %q", got)
				}
				w.noDead()
			})
		})
	}
}

// TestMovementAMovementOfASKUThatTheERPDoesNotHaveIsBookedOnceItDoes: a dead letter names the SKU, and no
// other movement waits for it. A kit of the ERP has no stock, and its movement says so.
func TestMovementAMovementOfASKUThatTheERPDoesNotHaveIsBookedOnceItDoes(t *testing.T) {
	t.Parallel()
	journey(t, withMovements(nil), func(w *world) {
		if err := w.erp.SetKit(netsuitetest.Kit{SKU: "SET", Members: []netsuitetest.Member{{SKU: "TEE-BLK-M", Quantity: "2"}}, Changed: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.warehouse.Stow("NEW-1", 9, 7, "115316", "1")
		w.warehouse.Stow("SET", 9, 4, "115316", "2")
		w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "3")
		w.pollsMovements()
		w.pollsMovements()
		letters := map[string]string{}
		for _, e := range w.entries(port.Dead) {
			letters[e.Entity.ID] = string(e.Error.Class) + " " + e.Error.Field + " " + e.Outcome
		}
		if len(letters) != 2 || !strings.HasPrefix(letters["32204-9"], string(fault.MissingRef)+" sku ") || !strings.Contains(letters["32204-9"], `"NEW-1": NetSuite has no item`) ||
			!strings.Contains(letters["32205-9"], `"SET": NetSuite has it as an item of the type Kit`) {
			t.Errorf("dead letters %q\n%s", letters, w.story())
		}
		w.sameStock(0)
		if err := w.erp.AddItem("NEW-1"); err != nil {
			t.Fatal(err)
		}
		w.redriveAll()
		if got := w.erp.OnHand("NEW-1", "5"); got != "7" {
			t.Errorf("the ERP has %s of NEW-1, want 7\n%s", got, w.story())
		}
		w.pollsMovements()
		if got, want := w.adjustedBy(), []string{"5 NEW-1 7", "5 TEE-BLK-M 40"}; !slices.Equal(got, want) {
			t.Errorf("the ERP has %q, want %q", got, want)
		}
	})
}

// TestMovementAMovementOfAClosedPeriodFollowsTheSetting: at the boundary of the business day.
func TestMovementAMovementOfAClosedPeriodFollowsTheSetting(t *testing.T) {
	t.Parallel()
	for choice, want := range map[string]string{"wait": "2026-11-22", "next": "2026-12-01"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			journey(t, withMovements(map[string]string{"NETSUITE_CLOSED_PERIOD": choice, "NETSUITE_TIMEZONE": "America/New_York"}), func(w *world) {
				w.erp.ClosePeriod("2026-11-22")
				w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "1")
				w.pollsMovements()
				if n := len(w.erp.Adjustments()); (n == 0) != (choice == "wait") {
					t.Errorf("%d adjustments\n%s", n, w.story())
				}
				w.erp.ClosePeriod("")
				w.pass(24 * time.Hour)
				if made := w.erp.Adjustments(); len(made) != 1 || made[0].Date != want {
					t.Errorf("the ERP has %+v, want it on %s\n%s", made, want, w.story())
				}
				w.sameStock(0)
				w.noDead()
			})
		})
	}
}

// TestMovementAPieceThatComesBackIsCountedOnce: the warehouse restocks it, and the refund's credit puts it
// back at the ERP.
func TestMovementAPieceThatComesBackIsCountedOnce(t *testing.T) {
	t.Parallel()
	journey(t, withMovements(map[string]string{"NETSUITE_LOCATION": "5", "NETSUITE_INVOICE": "shipped"}), func(w *world) {
		w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "1")
		w.pollsMovements()
		w.sold("shopify")
		shipment := w.shipsOrder42()
		w.sameStock(0)
		id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": 1})
		if err := w.warehouse.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": 1}}); err != nil {
			t.Fatal(err)
		}
		w.pollsMovements()
		sale := ingestSale(42, 3*time.Hour, 3)
		refund := payBack{tees: 1, paid: 1000, status: "success"}.shopify(0)
		item := refund["refund_line_items"].([]any)[0].(map[string]any)
		item["subtotal_set"] = backBag(1000)
		delete(refund, "order_adjustments")
		refund["order_adjustments"] = []any{}
		sale.Change = func(order map[string]any) {
			order["refunds"], order["financial_status"] = []any{refund}, "partially_refunded"
		}
		w.ingestOK(w.shopify("orders/updated", sale.Body()))
		w.pass(time.Hour)
		w.sameStock(0)
		if got := w.warehouse.OnHand("TEE-BLK-M", 9); got != 38 || len(w.erp.CreditMemos()) != 1 {
			t.Errorf("the warehouse has %d, and the ERP %+v\n%s", got, w.erp.CreditMemos(), w.story())
		}
		w.noDead()
	})
}
