package shipbob_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The lists of movements at the fulfillment centers 9 and 12.
const (
	stowedAt9, adjustedAt9, movedAt9 = "inventory.history/ReceivingStow/9", "inventory.history/InventoryAdjusted/9", "inventory.history/InventoryFacilityUpdated/9"
	movedAt12                        = "inventory.history/InventoryFacilityUpdated/12"
)

// moving is an account that publishes the movements of fulfillment centers 9 and 12.
func moving(t *testing.T) *account {
	t.Helper()
	return newAccount(t, map[string]string{"SHIPBOB_MOVEMENTS": "9,12"})
}

func (a *account) movementFeed(topic string) connector.Feed {
	a.Helper()
	for _, feed := range a.system.Poller.Feeds() {
		if feed.Topic == topic {
			return feed
		}
	}
	a.Fatalf("no feed of %s", topic)
	return connector.Feed{}
}

// movementsOf returns the changes of a list since the time, and its events or why there is none.
func (a *account) movementsOf(topic string, since time.Time) (changes []connector.Change, texts []string) {
	a.Helper()
	feed := a.movementFeed(topic)
	for ask := (connector.Ask{Feed: feed, Since: since}); ; {
		page, err := a.system.Poller.Changes(a.Context(), ask)
		if err != nil {
			a.Fatal(err)
		}
		changes = append(changes, page.Changes...)
		if ask.Cursor = page.Cursor; ask.Cursor == "" {
			break
		}
	}
	for _, change := range changes {
		texts = append(texts, a.movementText(feed, change))
	}
	return changes, texts
}

// movementText is an event as "inventory.adjusted 32204-9: -3 TEE at 9 (InventoryAdjusted; WroAndBox 1 2)",
// or why there is none.
func (a *account) movementText(feed connector.Feed, change connector.Change) string {
	a.Helper()
	raw, err := a.system.Poller.Fetch(a.Context(), feed, change)
	if err != nil {
		return err.Error()
	}
	got, err := a.system.Source.Translate(a.Context(), raw)
	switch {
	case err != nil:
		return err.Error()
	case got.Skip != "":
		return got.Skip
	}
	e := got.Events[0]
	m := e.Body.(*canonical.InventoryMovement)
	want := message.Key{System: "shipbob", Tenant: "main", Type: "movement", ID: m.ID}
	if err := canonical.Validate(m); err != nil || e.Entity != want || len(got.Events) != 1 || !e.At.Equal(m.At) || !e.UpdatedAt.Equal(m.At) || m.ID != change.ID {
		a.Errorf("event %+v of %+v: %v", e, change, err)
	}
	return e.Type + " " + m.ID + ": " + m.Change.String() + " " + m.SKU + " at " + m.Location + " (" + m.Reason + "; " + m.Reference + ")"
}

func TestMovementsKeepThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 260, Open: func(t *testing.T) connectortest.PolledSystem {
		t.Helper()
		a := moving(t)
		a.now = noon.Add(48 * time.Hour)
		a.fake.Limit(100_000)
		return connectortest.PolledSystem{System: a.system, Feed: a.movementFeed(adjustedAt9), At: noon, Suffix: "-9", Change: func(id int64, at time.Time) {
			a.fake.PutMovement(int(id), at)
		}}
	}})
}

// TestEachMovementOfStockIsPublishedOnceWhereItIsOne: at the lists of both centers, and those of picks,
// restocks and shelves at none.
func TestEachMovementOfStockIsPublishedOnceWhereItIsOne(t *testing.T) {
	t.Parallel()
	a := moving(t)
	a.fake.Stow("TEE", 9, 40, "115316", "7") // 32204
	a.fake.Adjust("TEE", 9, -3)
	a.fake.Adjust("TEE", 9, 1)
	a.fake.MoveShelf("TEE", 9, 5)
	a.fake.Relocate("TEE", 9, 12, 4) // 32208
	for topic, want := range map[string][]string{
		stowedAt9: {"inventory.received 32204-9: 40 TEE at 9 (ReceivingStow; WroAndBox 115316 7)"},
		adjustedAt9: {
			"inventory.adjusted 32205-9: -3 TEE at 9 (InventoryAdjusted; )", "inventory.adjusted 32206-9: 1 TEE at 9 (InventoryAdjusted; )",
			"movement 32207 of ShipBob leaves the stock of fulfillment center 9 as it was",
		},
		movedAt9:  {"inventory.adjusted 32208-9: -4 TEE at 9 (InventoryFacilityUpdated; )"},
		movedAt12: {"inventory.adjusted 32208-12: 4 TEE at 12 (InventoryFacilityUpdated; )"},
	} {
		if _, got := a.movementsOf(topic, noon.Add(-time.Hour)); !slices.Equal(got, want) {
			t.Errorf("%s:\n%q, want\n%q", topic, got, want)
		}
	}
	if n := len(a.system.Poller.Feeds()) - len(newAccount(t, nil).system.Poller.Feeds()); n != 6 {
		t.Errorf("%d lists for two centers, want 6, and none without a center", n)
	}
}

// guide is the movement that ShipBob's guide shows, whose members differ from those of its OpenAPI description.
const guide = `{"data":[{"inventory_id":2543121,"event_category":"ReceivingStow","event_datetime":"2026-11-22T11:06:22.4716033","shipbob_order_id":null,` +
	`"primary_reference":{"type":"WroAndBox","value":"115316 7"},"inventory_audit_event_id":32204,` +
	`"increment":{"facility_id":9,"quantity_change":2,"sku":"awe-jui","location_id":10010109,"yuki_id":"01JY23GXR7CSS4D25G5SC84VD1","operational_stage":null},` +
	`"decrement":{"facility_id":9,"quantity_change":-2,"sku":"awe-jui","location_id":10010108}}],"next":null}`

func TestTheMovementOfTheGuideIsRead(t *testing.T) {
	t.Parallel()
	a := moving(t)
	a.fake.Answer(shipbobtest.Answer{Status: http.StatusOK, Body: guide})
	changes, got := a.movementsOf(stowedAt9, noon.Add(-time.Hour))
	if want := []string{"inventory.received 32204-9: 2 awe-jui at 9 (ReceivingStow; WroAndBox 115316 7)"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if at := time.Date(2026, 11, 22, 11, 6, 22, 471603300, time.UTC); !changes[0].At.Equal(at) {
		t.Errorf("at %v, want %v in UTC", changes[0].At, at)
	}
}

// oneMovement is a page with one movement of the time, whose sides are as given.
func oneMovement(at, increment, decrement string) shipbobtest.Answer {
	return shipbobtest.Answer{Status: http.StatusOK, Body: `{"data":[{"inventory_audit_event_id":7,"inventory_id":5,"event_category":"InventoryAdjusted","event_datetime":` + at +
		`,"increment":` + increment + `,"decrement":` + decrement + `}],"next":null}`}
}

func TestTheSidesOfAMovementThatCount(t *testing.T) {
	t.Parallel()
	place := func(center, shelf, sku, pieces string) string {
		return `{"facility_id":` + center + `,"location_id":` + shelf + `,"sku":` + sku + `,"quantity_change":` + pieces + `}`
	}
	const at = `"2026-11-22T11:00:00+01:00"`
	for name, c := range map[string]struct{ at, increment, decrement, want string }{
		"found":              {at, place("9", "101", `"A"`, "2"), "null", "inventory.adjusted 7-9: 2 A at 9 (InventoryAdjusted; )"},
		"lost":               {at, "null", place("9", "101", `"A"`, "-2"), "inventory.adjusted 7-9: -2 A at 9 (InventoryAdjusted; )"},
		"found from nowhere": {at, place("9", "101", `"A"`, "2"), place("9", "0", `"A"`, "-2"), "inventory.adjusted 7-9: 2 A at 9 (InventoryAdjusted; )"},
		"lost to nowhere":    {at, place("9", "null", `"A"`, "2"), place("9", "101", `"A"`, "-2"), "inventory.adjusted 7-9: -2 A at 9 (InventoryAdjusted; )"},
		"shelf to shelf":     {at, place("9", "102", `"A"`, "2"), place("9", "101", `"A"`, "-2"), "leaves the stock of fulfillment center 9 as it was"},
		"fewer on a shelf":   {at, place("9", "102", `"A"`, "2"), place("9", "101", `"A"`, "-3"), "inventory.adjusted 7-9: -1 A at 9 (InventoryAdjusted; )"},
		"elsewhere":          {at, place("25", "101", `"A"`, "2"), "null", "leaves the stock of fulfillment center 9 as it was"},
		"of nothing":         {at, place("9", "101", `"A"`, "0"), "null", "leaves the stock of fulfillment center 9 as it was"},
		"without a SKU":      {at, place("9", "101", "null", "2"), "null", "sku: movement 7 of ShipBob's inventory item 5 names no SKU: book the change of 2 by hand"},
		"of two SKUs":        {at, place("9", "102", `"A"`, "2"), place("9", "101", `"B"`, "-3"), `names the SKUs "A" and "B": book the change of -1 by hand`},
		"pieces as text":     {at, place("9", "101", `"A"`, `"2"`), "null", "increment.quantity_change"},
		"at no time":         {"null", place("9", "101", `"A"`, "2"), "null", "event_datetime"},
		"at another time":    {`"22.11.2026"`, place("9", "101", `"A"`, "2"), "null", "event_datetime"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := moving(t)
			a.fake.Answer(oneMovement(c.at, c.increment, c.decrement), oneMovement(c.at, c.increment, c.decrement))
			if _, got := a.movementsOf(adjustedAt9, noon.Add(-3*time.Hour)); len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestAMovementThatCannotBeReadHoldsUpNoOther: it is asked for again by its id, and read once it can be.
func TestAMovementThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	a := moving(t)
	a.fake.Adjust("TEE", 9, -3)
	a.fake.Answer(shipbobtest.Answer{Status: http.StatusOK, Body: `{"data":[{"inventory_audit_event_id":32204},` + strings.TrimPrefix(strings.Split(guide, `],"next"`)[0], `{"data":[`) + `],"next":null}`})
	page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.movementFeed(adjustedAt9), Since: noon.Add(-time.Hour)})
	if err != nil || len(page.Changes) != 2 || page.Changes[0].Err == nil || page.Changes[1].Err != nil {
		t.Fatalf("got %+v, %v", page, err)
	}
	broken := page.Changes[0]
	broken.Err = nil // as a later run asks
	raw, err := a.system.Poller.Fetch(t.Context(), a.movementFeed(adjustedAt9), broken)
	if err != nil || raw == nil || !strings.Contains(string(raw.Body), `"quantity_change":-3`) {
		t.Errorf("fetched %+v, %v", raw, err)
	}
	if raw, err := a.system.Poller.Fetch(t.Context(), a.movementFeed(adjustedAt9), connector.Change{ID: "movement 32205"}); raw != nil || err != nil {
		t.Errorf("one that is gone: %v, %v", raw, err)
	}
	a.fake.Answer(shipbobtest.Answer{Status: http.StatusOK, Body: `{"data":[{}],"next":null}`})
	if _, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.movementFeed(adjustedAt9), Since: noon}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("one without an id: %v", err)
	}
}

// TestTheListIsOfNinetyDays: by day, of whole pages, and cut where ShipBob has no more.
func TestTheListIsOfNinetyDays(t *testing.T) {
	t.Parallel()
	a := moving(t)
	a.fake.Limit(100_000)
	for i := range 250 { // a page of ShipBob's has 100
		a.fake.PutMovement(1000+i, noon.Add(-time.Duration(250-i)*time.Minute))
	}
	a.fake.PutMovement(10, noon.AddDate(0, 0, -88))
	a.fake.PutMovement(9, noon.AddDate(0, 0, -120)) // ShipBob has it no more
	for since, want := range map[time.Time]int{
		noon.Add(-time.Minute):   1,
		noon.Add(-5 * time.Hour): 250,
		noon.AddDate(0, 0, -88):  251,
		noon.AddDate(-1, 0, 0):   251,
	} {
		changes, _ := a.movementsOf(adjustedAt9, since)
		ids := map[string]bool{}
		for _, c := range changes {
			ids[c.ID] = true
		}
		if len(changes) != want || len(ids) != want || !slices.IsSortedFunc(changes, func(x, y connector.Change) int { return x.At.Compare(y.At) }) {
			t.Errorf("%d changes since %v, want %d", len(changes), since, want)
		}
	}
	before := a.fake.Calls()["POST /inventory/history:query"]
	a.movementsOf(adjustedAt9, noon)
	if n := a.fake.Calls()["POST /inventory/history:query"] - before; n != 3 {
		t.Errorf("the list of a day of 250 takes %d requests, want 3", n)
	}
}

func TestTheScopeOfMovementsIsNamed(t *testing.T) {
	t.Parallel()
	a := moving(t)
	a.fake.TokenScope("inventory_read", false)
	_, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.movementFeed(stowedAt9), Since: noon})
	if e := fault.As(err); e == nil || e.Field != "SHIPBOB_TOKEN" || !strings.Contains(e.Detail, "inventory_read") {
		t.Errorf("got %v", err)
	}
	if _, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.movementFeed(stowedAt9), Since: noon, Cursor: "x"}); fault.KindOf(err) != fault.Rejected {
		t.Errorf("a cursor of another list: %v", err)
	}
}

// TestWhatIsPickedIsOnHandNoMore: the fake's shelves and its history agree.
func TestWhatIsPickedIsOnHandNoMore(t *testing.T) {
	t.Parallel()
	a := moving(t)
	a.fake.Stow("TEE-BLK-M", 9, 10, "1", "1")
	a.confirm(sale(nil))
	must(t, a.fake.Pick(reference))
	if n := a.fake.OnHand("TEE-BLK-M", 9); n != 8 {
		t.Errorf("%d on hand after a pick of 2, want 8", n)
	}
	shipment, err := a.fake.Ship(reference, nil)
	must(t, err)
	must(t, a.fake.CancelShipped(shipment))
	if n := a.fake.OnHand("TEE-BLK-M", 9); n != 10 {
		t.Errorf("%d on hand after the parcel came back, want 10", n)
	}
	for _, topic := range []string{adjustedAt9, movedAt9} {
		if _, got := a.movementsOf(topic, noon.Add(-time.Hour)); len(got) != 0 {
			t.Errorf("%s has %q", topic, got)
		}
	}
	a.fake.PutMovement(1, noon.AddDate(0, 0, -1))
	if changes, _ := a.movementsOf(adjustedAt9, noon.AddDate(0, 0, -1)); len(changes) != 1 || changes[0].ID != strconv.Itoa(1)+"-9" {
		t.Errorf("got %+v", changes)
	}
}
