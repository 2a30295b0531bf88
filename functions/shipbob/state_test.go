package shipbob_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// state returns what the warehouse has of the order, by a webhook and by a poll, which must agree.
func (a *account) state(of, topic string) (string, connector.Event) {
	a.Helper()
	var seen []connector.Event
	for _, topic := range []string{topic, "order.state.polled"} {
		request, err := a.fake.Delivery("msg_1", topic, of)
		must(a.T, err)
		raw, err := a.system.Source.Receive(a.Context(), request)
		must(a.T, err)
		got, err := a.system.Source.Translate(a.Context(), raw)
		must(a.T, err)
		if len(got.Events) == 0 {
			return "skipped: " + got.Skip, connector.Event{}
		}
		e := got.Events[len(got.Events)-1]
		if topic == "order.state.polled" && len(got.Events) != 1 {
			a.Errorf("a poll of states has %+v", got.Events)
		}
		must(a.T, canonical.Validate(e.Body))
		seen = append(seen, e)
	}
	if seen[0].Body.(*canonical.WarehouseOrder).Words() != seen[1].Body.(*canonical.WarehouseOrder).Words() || seen[0].Entity != seen[1].Entity || !seen[0].UpdatedAt.Equal(seen[1].UpdatedAt) {
		a.Errorf("the webhook has %+v, the poll %+v", seen[0], seen[1])
	}
	return seen[0].Type + " " + seen[0].Body.(*canonical.WarehouseOrder).Words(), seen[0]
}

func (a *account) wantState(of, topic, want string) connector.Event {
	a.Helper()
	got, e := a.state(of, topic)
	if got != want {
		a.Errorf("%s: %q, want %q", topic, got, want)
	}
	return e
}

func TestAHoldNamesItsReasonAndItsArticleAndEnds(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	e := a.wantState(reference, "order.shipped", "order.released released")
	body := e.Body.(*canonical.WarehouseOrder)
	if key := (message.Key{System: "shipbob", Tenant: "main", Type: "warehouse_order", ID: reference}); e.Entity != key || e.Parents[0].String() != reference {
		t.Errorf("%+v", e)
	}
	if body.Order != "5001" || !body.ReleasedAt.Equal(noon) || len(body.Lines) != 2 || body.Lines[0].Ordered.Value.String() != "2" || body.Service == "" {
		t.Errorf("released with %+v", body)
	}
	a.now = a.now.Add(time.Hour)
	must(t, a.fake.Hold(reference, shipbobtest.Exception, shipbobtest.Detail{Name: "OutOfStock", Description: "No Stock On Hand For Sku", Product: "TEE-BLK-M"}))
	e = a.wantState(reference, "order.shipment.exception", "order.held held: OutOfStock: No Stock On Hand For Sku (TEE-BLK-M)")
	if !e.UpdatedAt.Equal(a.now) {
		t.Errorf("held since %s", e.UpdatedAt)
	}
	must(t, a.fake.Hold(reference, shipbobtest.OnHold, shipbobtest.Detail{Name: "InvalidAddress", Description: "InvalidAddress"}))
	a.wantState(reference, "order.shipment.on_hold", "order.held held: InvalidAddress")
	must(t, a.fake.Hold(reference, shipbobtest.OnHold))
	a.wantState(reference, "order.shipment.on_hold", "order.held held: on hold")
	a.now = a.now.Add(time.Hour)
	must(t, a.fake.Resume(reference))
	a.wantState(reference, "order.shipped", "order.released released")
	_, err := a.fake.Ship(reference, nil)
	must(t, err)
	a.wantState(reference, "order.shipped", "order.released released")
}

func TestAnUnknownProductIsAHold(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.fake.Unknown("HOOD-M")
	_, _ = a.deliver(sale(nil))
	a.wantState(reference, "order.shipped", "order.held held: UnknownProduct (HOOD-M)")
	a.fake.Match("HOOD-M")
	a.wantState(reference, "order.shipped", "order.released released")
}

func TestWhatLeftIsComparedWithWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	ship := func(parcels ...map[string]int) func(*account) {
		return func(a *account) {
			for _, p := range parcels {
				_, err := a.fake.Ship(reference, p)
				must(a.T, err)
			}
		}
	}
	for name, c := range map[string]struct {
		act  func(*account)
		want string
	}{
		"a part, and the rest is open": {ship(map[string]int{"TEE-BLK-M": 1}), "order.released released"},
		"all in two parcels":           {ship(map[string]int{"TEE-BLK-M": 1}, nil), "order.released released"},
		"short": {func(a *account) {
			ship(map[string]int{"TEE-BLK-M": 1, "HOOD-M": 1})(a)
			must(a.T, a.fake.GiveUp(reference))
		}, "shipment.discrepancy discrepancy: 1 of 2 TEE-BLK-M left"},
		"over": {func(a *account) {
			must(a.T, a.fake.Overship(reference, "TEE-BLK-M", 1))
			ship(nil)(a)
		}, "shipment.discrepancy discrepancy: 3 of 2 TEE-BLK-M left"},
		"a substitute": {func(a *account) {
			must(a.T, a.fake.Overship(reference, "TEE-RED-M", 1))
			ship(map[string]int{"TEE-BLK-M": 1, "HOOD-M": 1, "TEE-RED-M": 1})(a)
			must(a.T, a.fake.GiveUp(reference))
		}, "shipment.discrepancy discrepancy: 1 of 2 TEE-BLK-M left, 1 of 0 TEE-RED-M left"},
		"nothing": {func(a *account) { must(a.T, a.fake.CancelByHand(reference)) }, "fulfillment.cancelled cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			a.confirm(sale(nil))
			c.act(a)
			a.wantState(reference, "order.shipped", c.want)
		})
	}
}

// TestAnIssueThatWasReplacedHasNoState: the state of a store's order is that of its last issue.
func TestAnIssueThatWasReplacedHasNoState(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	a.confirm(sale(func(o *canonical.Order) { o.Shipping.Line1 = canonical.NewText("13 Main St") }))
	if got, _ := a.state(reference, "order.shipment.cancelled"); got != "skipped: order 56789001 was cancelled and issued anew as order 56789002" {
		// The shipment itself is reported as cancelled; of the state there is nothing.
		t.Errorf("the first issue: %s", got)
	}
	a.wantState(reference+"~2", "order.shipped", "order.released released")
	page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.system.Poller.Feeds()[2], Since: noon.Add(-time.Hour)})
	if err != nil || len(page.Changes) != 1 || page.Changes[0].ID != reference || !page.Changes[0].At.Equal(noon) {
		t.Errorf("the poll has %+v, %v", page, err)
	}
}

func TestStatesArePolledByTheOrdersLastUpdate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	feeds := a.system.Poller.Feeds()
	if topics := []string{feeds[0].Topic, feeds[1].Topic, feeds[2].Topic}; !slices.Equal(topics, []string{"order.polled", "order.tracking.polled", "order.state.polled"}) || !feeds[2].Unannounced {
		t.Fatalf("feeds %+v", feeds)
	}
	a.confirm(sale(nil))
	a.now = a.now.Add(time.Hour)
	must(t, a.fake.Hold(reference, shipbobtest.OnHold, shipbobtest.Detail{Name: "Manual"}))
	page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: feeds[2], Since: noon.Add(30 * time.Minute)})
	if err != nil || len(page.Changes) != 1 || !page.Changes[0].At.Equal(a.now) {
		t.Fatalf("page %+v, %v", page, err)
	}
	raw, err := a.system.Poller.Fetch(t.Context(), feeds[2], page.Changes[0])
	must(t, err)
	got, err := a.system.Source.Translate(t.Context(), raw)
	if err != nil || len(got.Events) != 1 || got.Events[0].Type != canonical.OrderHeld {
		t.Errorf("got %+v, %v", got, err)
	}
	a.fake.Answer(shipbobtest.Answer{Status: http.StatusOK, Body: `[{"id":1,"reference_id":"` + reference + `","shipments":[]}]`})
	if page, err = a.system.Poller.Changes(t.Context(), connector.Ask{Feed: feeds[2], Since: noon}); err != nil || len(page.Changes) != 1 {
		t.Errorf("without a time: %+v, %v", page, err)
	}
}
