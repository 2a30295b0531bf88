package shipbob_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// stocked is an account that publishes the stock of fulfillment centers 9 and 12.
func stocked(t *testing.T) *account {
	t.Helper()
	return newAccount(t, map[string]string{"SHIPBOB_STOCK_LOCATIONS": "9,12"})
}

func (a *account) stockFeed() connector.Feed {
	a.Helper()
	for _, feed := range a.system.Poller.Feeds() {
		if feed.Entity == "inventory" {
			return feed
		}
	}
	a.Fatal("no feed of stock levels")
	return connector.Feed{}
}

// stockChanges returns what a poll lists.
func (a *account) stockChanges() []connector.Change {
	a.Helper()
	page, err := a.system.Poller.Changes(a.Context(), connector.Ask{Feed: a.stockFeed(), Since: noon.Add(-time.Hour)})
	if err != nil {
		a.Fatal(err)
	}
	if page.Cursor != "" {
		a.Errorf("the list goes on at %q", page.Cursor)
	}
	return page.Changes
}

// stockEvents translates the changes as the inbox does.
func (a *account) stockEvents(changes []connector.Change) (events []connector.Event) {
	a.Helper()
	for _, change := range changes {
		raw, err := a.system.Poller.Fetch(a.Context(), a.stockFeed(), change)
		if err != nil {
			a.Fatal(err)
		}
		translation, err := a.system.Source.Translate(a.Context(), raw)
		if err != nil {
			a.Fatal(err)
		}
		events = append(events, translation.Events...)
	}
	return events
}

// levelTexts are the levels as "TEE@9 40/38".
func levelTexts(events []connector.Event) (all []string) {
	for _, e := range events {
		l := e.Body.(*canonical.InventoryLevel)
		all = append(all, e.Entity.ID+" "+l.OnHand.Value.String()+"/"+l.Available.Value.String())
	}
	return all
}

func TestStockLevelsAreReadByFulfillmentCenter(t *testing.T) {
	t.Parallel()
	a := stocked(t)
	a.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 40, Fulfillable: 38}, shipbobtest.Level{Center: 77, OnHand: 5, Fulfillable: 5})
	a.fake.Stock("HOOD", shipbobtest.Level{Center: 12, OnHand: 1, Fulfillable: -2})
	a.fake.Stock("GONE", shipbobtest.Level{Center: 9, OnHand: 8, Fulfillable: 8})
	a.fake.Deactivate("GONE")
	a.fake.Stock("UNSAID")
	a.fake.Stock("", shipbobtest.Level{Center: 9, OnHand: 8, Fulfillable: 8})
	events := a.stockEvents(a.stockChanges())
	want := []string{"TEE@9 40/38", "TEE@12 0/0", "HOOD@9 0/0", "HOOD@12 1/0"}
	if got := levelTexts(events); !slices.Equal(got, want) {
		t.Fatalf("levels %q, want %q", got, want)
	}
	e := events[3]
	if key := (message.Key{System: "shipbob", Tenant: "main", Type: "inventory", ID: "HOOD@12"}); e.Entity != key || e.Type != canonical.InventoryLevelSet || !e.UpdatedAt.Equal(noon) {
		t.Errorf("got %v %v %v", e.Entity, e.Type, e.UpdatedAt)
	}
	if body := e.Body.(*canonical.InventoryLevel); body.SKU != "HOOD" || body.Location != "12" || !body.At.IsZero() {
		t.Errorf("the body is %+v: a time would make each poll another content", body)
	}
	if len(e.Notes) != 1 || !strings.Contains(e.Notes[0].What, "below zero (-2)") {
		t.Errorf("notes %v", e.Notes)
	}
}

func TestStockVersionIsWhenShipBobAnswered(t *testing.T) {
	t.Parallel()
	a := stocked(t)
	a.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 40, Fulfillable: 38})
	before := a.stockChanges()
	a.now = a.now.Add(5 * time.Minute)
	after := a.stockChanges()
	if !after[0].At.Equal(noon.Add(5*time.Minute)) || string(before[0].Body) != string(after[0].Body) {
		t.Errorf("changed at %v from %s to %s", after[0].At, before[0].Body, after[0].Body)
	}
	if events := a.stockEvents(after); !events[0].UpdatedAt.Equal(after[0].At) {
		t.Errorf("version %v, want %v", events[0].UpdatedAt, after[0].At)
	}
}

func TestStockIsReadPageByPage(t *testing.T) {
	t.Parallel()
	a := stocked(t)
	want := map[string]bool{}
	for i := range 501 {
		sku := "SKU-" + strconv.Itoa(i)
		a.fake.Stock(sku, shipbobtest.Level{Center: 9, OnHand: i, Fulfillable: i})
		want[fmt.Sprintf("%s@9 %d/%d", sku, i, i)], want[sku+"@12 0/0"] = true, true
	}
	got := map[string]bool{}
	for _, text := range levelTexts(a.stockEvents(a.stockChanges())) {
		got[text] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %d levels, want %d", len(got), len(want))
	}
	if n := a.fake.Calls()["GET /inventory-level/locations"]; n != 3 {
		t.Errorf("%d requests for 501 items, want 3", n)
	}
}

// TestTwoItemsOfOneSKUAreRejected, wherever they are in the list.
func TestTwoItemsOfOneSKUAreRejected(t *testing.T) {
	t.Parallel()
	a := stocked(t)
	a.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 40, Fulfillable: 38})
	for i := range 300 {
		a.fake.Stock("SKU-"+strconv.Itoa(i), shipbobtest.Level{Center: 9})
	}
	a.fake.Duplicate("TEE", shipbobtest.Level{Center: 9, OnHand: 3, Fulfillable: 3})
	changes := a.stockChanges()
	if changes[0].ID != "TEE" || len(changes) != 601 {
		t.Fatalf("%d changes, the first is %+v", len(changes), changes[0])
	}
	raw, err := a.system.Poller.Fetch(t.Context(), a.stockFeed(), changes[0])
	must(t, err)
	_, err = a.system.Source.Translate(t.Context(), raw)
	if f := fault.As(err); f == nil || f.Code != "ambiguous_sku" || f.Field != "sku" || !strings.Contains(err.Error(), `"TEE": inventory items 20101001, 20101302 of ShipBob`) {
		t.Errorf("got %v", err)
	}
}

// TestAnItemThatCannotBeReadHoldsUpNoOther, and is asked for by its id.
func TestAnItemThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	a := stocked(t)
	a.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 40, Fulfillable: 38})
	a.fake.Answer(shipbobtest.Answer{Status: http.StatusOK, Header: http.Header{}, Body: `{"items":[` +
		`{"inventory_id":20101001,"sku":"TEE","locations":[{"location_id":9,"on_hand_quantity":"many","fulfillable_quantity":1}]},` +
		`{"inventory_id":7,"sku":"HOOD","locations":[{"location_id":9,"on_hand_quantity":2}]},` +
		`{"inventory_id":8,"sku":"CAP","locations":[{"location_id":9,"on_hand_quantity":2,"fulfillable_quantity":1}]}],"next":null}`})
	changes := a.stockChanges()
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.ID)
		if (c.Err != nil) != strings.HasPrefix(c.ID, "item ") {
			t.Errorf("%s: %v", c.ID, c.Err)
		}
	}
	if want := []string{"item 20101001", "item 7", "CAP@9", "CAP@12"}; !slices.Equal(ids, want) {
		t.Fatalf("changes %q, want %q", ids, want)
	}
	for _, text := range []string{"fulfillable_quantity", "inventory item 7"} {
		if !strings.Contains(changes[1].Err.Error(), text) {
			t.Errorf("got %v, want %q in it", changes[1].Err, text)
		}
	}
	again := []connector.Change{{ID: "item 20101001", At: changes[0].At}}
	if got, want := levelTexts(a.stockEvents(again)), []string{"TEE@9 40/38", "TEE@12 0/0"}; !slices.Equal(got, want) {
		t.Errorf("asked for again: %q, want %q", got, want)
	}
	if raw, err := a.system.Poller.Fetch(t.Context(), a.stockFeed(), connector.Change{ID: "item 99"}); raw != nil || err != nil {
		t.Errorf("an item that is gone: %v, %v", raw, err)
	}
}

func TestStockIsPolledOnlyForItsLocations(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	for _, feed := range a.system.Poller.Feeds() {
		if feed.Entity == "inventory" {
			t.Errorf("there is a feed of stock without a fulfillment center: %+v", feed)
		}
	}
	for _, wrong := range []string{"Cicero", "9,9"} {
		settings := a.fake.Settings("http://shipbob.example")
		settings["SHIPBOB_STOCK_LOCATIONS"] = wrong
		_, err := shipbob.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(err.Error(), "SHIPBOB_STOCK_LOCATIONS") {
			t.Errorf("%s: got %v", wrong, err)
		}
	}
}

func TestAnAnswerOfStockWithoutItsTimeIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]shipbobtest.Answer{
		"no time":   {Status: http.StatusOK, Header: http.Header{"Date": {"yesterday"}}, Body: `{"items":[],"next":null}`},
		"no object": {Status: http.StatusOK, Body: `[]`},
		"throttled": {Status: http.StatusTooManyRequests, Header: http.Header{"X-Retry-After": {"7"}}, Body: `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := stocked(t)
			a.fake.Answer(answer)
			_, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.stockFeed()})
			if f := fault.As(err); f == nil || f.Kind != fault.Unavailable && f.Kind != fault.Throttled {
				t.Errorf("got %v", err)
			}
			a.stockChanges()
		})
	}
}
