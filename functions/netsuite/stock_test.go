package netsuite_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// stocked is a rig that publishes the stock of locations 5 and 6.
func stocked(t *testing.T) *rig {
	t.Helper()
	return newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5,6"})
}

func (r *rig) setStock(sku, location, onHand, available string, at time.Time) {
	r.t.Helper()
	if err := r.fake.SetStock(sku, location, onHand, available, at); err != nil {
		r.t.Fatal(err)
	}
}

// levels returns what a poll since the time lists, as events.
func (r *rig) levels(since time.Time) (events []connector.Event, changes []connector.Change) {
	r.t.Helper()
	feed := r.system.Poller.Feeds()[0]
	for ask := (connector.Ask{Feed: feed, Since: since}); ; {
		page, err := r.system.Poller.Changes(r.t.Context(), ask)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, change := range page.Changes {
			changes = append(changes, change)
			if change.Err == nil {
				events = append(events, r.translated(feed, change)...)
			}
		}
		if ask.Cursor = page.Cursor; ask.Cursor == "" {
			return events, changes
		}
	}
}

func (r *rig) translated(feed connector.Feed, change connector.Change) []connector.Event {
	r.t.Helper()
	raw, err := r.system.Poller.Fetch(r.t.Context(), feed, change)
	if err != nil {
		r.t.Fatal(err)
	}
	translation, err := r.system.Source.Translate(r.t.Context(), raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return translation.Events
}

func TestStockKeepsThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 1001, Open: func(t *testing.T) connectortest.PolledSystem {
		t.Helper()
		r := stocked(t)
		r.fake.LimitConcurrency(100)
		return connectortest.PolledSystem{
			System: r.system, Feed: r.system.Poller.Feeds()[0], At: noon.Add(-time.Hour), Suffix: "@5",
			Change: func(id int64, at time.Time) { r.setStock(strconv.FormatInt(id, 10), "5", "3", "2", at) },
		}
	}})
}

func TestLevelsOfTheSettingsLocationsArePublished(t *testing.T) {
	t.Parallel()
	r := stocked(t)
	r.setStock("TEE-BLK-M", "5", "40", "38", noon)
	r.setStock("TEE-BLK-M", "7", "9", "9", noon) // of another master
	r.setStock("TEE-BLK-M", "6", "1.500", "-2.5", noon.Add(time.Second))
	r.setStock("HOOD-M", "5", "6", "0", time.Time{}) // never changed
	events, _ := r.levels(noon)
	if len(events) != 2 {
		t.Fatalf("got %d events, want 2: %+v", len(events), events)
	}
	first, second := events[0], events[1]
	level, below := first.Body.(*canonical.InventoryLevel), second.Body.(*canonical.InventoryLevel)
	want := message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: "inventory", ID: "TEE-BLK-M@5"}
	if first.Entity != want || first.Type != canonical.InventoryLevelSet || !first.UpdatedAt.Equal(noon) {
		t.Errorf("got %+v", first)
	}
	if level.SKU != "TEE-BLK-M" || level.Location != "5" || level.OnHand.Value.String() != "40" || level.Available.Value.String() != "38" || !level.At.Equal(noon) {
		t.Errorf("got %+v", level)
	}
	if below.OnHand.Value.String() != "1.5" || !below.Available.Value.IsZero() || len(second.Notes) != 1 || !strings.Contains(second.Notes[0].What, "below zero (-2.5): read as 0") {
		t.Errorf("got %+v with notes %+v", below, second.Notes)
	}
	for _, event := range events {
		if err := canonical.Validate(event.Body); err != nil {
			t.Error(err)
		}
	}
}

func TestUnreadableLevelHidesNoOther(t *testing.T) {
	t.Parallel()
	r := stocked(t)
	r.setStock("TEE-BLK-M", "5", "40", "many", noon)
	r.setStock("HOOD-M", "5", "6", "4", noon)
	feed := r.system.Poller.Feeds()[0]
	page, err := r.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
	if err != nil || len(page.Changes) != 2 {
		t.Fatalf("got %+v, %v", page, err)
	}
	bad, err := r.system.Poller.Fetch(t.Context(), feed, page.Changes[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.system.Source.Translate(t.Context(), bad); fault.As(err).Kind != fault.Invalid || fault.As(err).Field != "available" {
		t.Errorf("got %v, want an error that names available", err)
	}
	if events := r.translated(feed, page.Changes[1]); len(events) != 1 {
		t.Errorf("got %+v", events)
	}
}

func TestLevelIsFetchedByItsID(t *testing.T) {
	t.Parallel()
	r := stocked(t)
	r.setStock("It's @ 5", "5", "40", "38", noon)
	feed := r.system.Poller.Feeds()[0]
	if events := r.translated(feed, connector.Change{ID: "It's @ 5@5"}); len(events) != 1 || events[0].Entity.ID != "It's @ 5@5" {
		t.Errorf("got %+v", events)
	}
	if raw, err := r.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: "GONE@5"}); raw != nil || err != nil {
		t.Errorf("got %+v, %v for a level that is gone", raw, err)
	}
	for _, id := range []string{"TEE", "TEE@", "TEE@5 OR 1=1"} {
		if _, err := r.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: id}); fault.KindOf(err) != fault.Rejected {
			t.Errorf("the id %q is asked for: %v", id, err)
		}
	}
}

func TestStockIsPolledOnlyWhereNetSuiteIsMaster(t *testing.T) {
	t.Parallel()
	if feeds := newRig(t, nil).system.Poller.Feeds(); len(feeds) != 0 {
		t.Errorf("without a location the feeds are %+v", feeds)
	}
	for _, wrong := range []string{"main", "5,5", "5) OR (1=1", "05", "-5"} {
		r := newRig(t, nil)
		settings := r.fake.Settings(r.url)
		settings["NETSUITE_STOCK_LOCATIONS"] = wrong
		_, err := netsuite.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: clock})
		if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(err.Error(), "NETSUITE_STOCK_LOCATIONS") {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
}

func TestDoorOfNetSuiteRejectsEveryRequest(t *testing.T) {
	t.Parallel()
	if _, err := newRig(t, nil).system.Source.Receive(t.Context(), connector.Request{Method: http.MethodPost}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}
