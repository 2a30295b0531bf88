package netsuite_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// kitOf sets a kit of members such as "2 TEE".
func (r *rig) kitOf(sku string, at time.Time, members ...string) {
	r.t.Helper()
	kit := netsuitetest.Kit{SKU: sku, Changed: at}
	for _, m := range members {
		quantity, of, _ := strings.Cut(m, " ")
		kit.Members = append(kit.Members, netsuitetest.Member{SKU: of, Quantity: quantity})
	}
	if err := r.fake.SetKit(kit); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) kitFeed() connector.Feed {
	r.t.Helper()
	for _, feed := range r.system.Poller.Feeds() {
		if feed.Topic == "inventory/kit" {
			return feed
		}
	}
	r.t.Fatal("no feed of kits")
	return connector.Feed{}
}

// kits returns the levels of the kits that changed since the time, as "KIT@5 4/3" or the error.
func (r *rig) kits(since time.Time) (all []string) {
	r.t.Helper()
	for ask := (connector.Ask{Feed: r.kitFeed(), Since: since}); ; {
		page, err := r.system.Poller.Changes(r.t.Context(), ask)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, change := range page.Changes {
			all = append(all, r.kitText(change))
		}
		if ask.Cursor = page.Cursor; ask.Cursor == "" {
			return all
		}
	}
}

func (r *rig) kitText(change connector.Change) string {
	r.t.Helper()
	if change.Err != nil {
		return change.ID + ": " + change.Err.Error()
	}
	raw, err := r.system.Poller.Fetch(r.t.Context(), r.kitFeed(), change)
	if err != nil {
		r.t.Fatal(err)
	}
	translation, err := r.system.Source.Translate(r.t.Context(), raw)
	if err != nil {
		return change.ID + ": " + err.Error()
	}
	event := translation.Events[0]
	level := event.Body.(*canonical.InventoryLevel)
	if err := canonical.Validate(level); err != nil {
		r.t.Error(err)
	}
	if event.Entity.ID != change.ID || !event.UpdatedAt.Equal(change.At) {
		r.t.Errorf("change %s at %v is %s at %v", change.ID, change.At, event.Entity.ID, event.UpdatedAt)
	}
	return event.Entity.ID + " " + level.OnHand.Value.String() + "/" + level.Available.Value.String()
}

func (r *rig) kitsAre(since time.Time, want ...string) {
	r.t.Helper()
	if got := r.kits(since); !slices.Equal(got, want) {
		r.t.Errorf("kits since %v:\n%q, want\n%q", since, got, want)
	}
}

func TestKitsKeepThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 1001, Open: func(t *testing.T) connectortest.PolledSystem {
		t.Helper()
		r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
		r.fake.LimitConcurrency(100)
		return connectortest.PolledSystem{
			System: r.system, Feed: r.kitFeed(), At: noon.Add(-time.Hour), Suffix: "@5",
			Change: func(id int64, at time.Time) { r.kitOf(strconv.FormatInt(id, 10), at, "1 TEE-BLK-M") },
		}
	}})
}

func TestAKitIsWhatItsScarcestComponentAllows(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
	for i, kit := range []struct{ members, want string }{
		{"1 TEE", "9/7"},
		{"1 TEE,1 HOOD", "4/3"},
		{"2 TEE,1 HOOD", "4/3"},
		{"2 TEE,1 BULK", "4/3"},
		{"0.35 ROPE", "4/3"},
		{"1 TEE,1 NOWHERE", "0/0"},   // has no level at all
		{"1 TEE,1 ELSEWHERE", "0/0"}, // has one at another location
		{"1 TEE,1 BACKORDERED", "1/0"},
		{"1 TEE,1 SET-UP", "9/7"}, // a service
		{"1 TEE,1 RETIRED", "0/0"},
		{"1 TEE,1 HOOD,2 TEE", "3/2"}, // three tees
		{"1 ASSEMBLED", "6/6"},
		{"1 SET-UP", ""},
	} {
		sku := "KIT-" + string(rune('A'+i))
		r.kitOf(sku, noon, strings.Split(kit.members, ",")...)
	}
	for _, s := range [][3]string{{"TEE", "9", "7"}, {"HOOD", "4", "3"}, {"BULK", "1000", "999.5"}, {"ROPE", "1.4", "1.39"}, {"BACKORDERED", "1", "-2"}, {"RETIRED", "8", "8"}, {"ASSEMBLED", "6", "6"}} {
		r.setStock(s[0], "5", s[1], s[2], noon.Add(-time.Minute))
	}
	r.setStock("ELSEWHERE", "7", "9", "9", noon)
	r.setItem(netsuitetest.Item{SKU: "SET-UP", Type: "Service", Changed: noon.Add(-time.Hour)})
	r.setItem(netsuitetest.Item{SKU: "ASSEMBLED", Type: "Assembly", Changed: noon.Add(-time.Hour)})
	r.setItem(netsuitetest.Item{SKU: "RETIRED", Inactive: true, Changed: noon.Add(-time.Hour)})
	if err := r.fake.SetKit(netsuitetest.Kit{SKU: "KIT-OLD", Inactive: true, Changed: noon, Members: []netsuitetest.Member{{SKU: "TEE", Quantity: "1"}}}); err != nil {
		t.Fatal(err)
	}
	r.kitsAre(
		noon,
		"KIT-A@5 9/7", "KIT-B@5 4/3", "KIT-C@5 4/3", "KIT-D@5 4/3", "KIT-E@5 4/3", "KIT-F@5 0/0", "KIT-G@5 0/0", "KIT-H@5 1/0", "KIT-I@5 9/7", "KIT-J@5 0/0",
		"KIT-K@5 3/2", "KIT-L@5 6/6",
	)
}

func TestAKitHasALevelAtEachLocation(t *testing.T) {
	t.Parallel()
	r := stocked(t)
	r.kitOf("KIT", noon, "1 TEE", "2 HOOD")
	r.setStock("TEE", "5", "9", "7", noon)
	r.setStock("TEE", "6", "3", "3", noon)
	r.setStock("HOOD", "5", "9", "9", noon)
	r.setStock("HOOD", "6", "9", "9", noon)
	r.setStock("HOOD", "7", "1", "1", noon) // of another master
	r.kitsAre(noon, "KIT@5 4/4", "KIT@6 3/3")
}

// TestAKitChangesWithItsComponentsAndItsDefinition has each of them change alone, later than all others.
func TestAKitChangesWithItsComponentsAndItsDefinition(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
	at := noon
	later := func() time.Time { at = at.Add(time.Minute); return at }
	r.kitOf("KIT", at, "1 TEE", "1 HOOD")
	r.setStock("TEE", "5", "9", "9", at)
	r.setStock("HOOD", "5", "5", "5", at)
	r.kitsAre(at, "KIT@5 5/5")
	r.kitsAre(at.Add(time.Second))
	r.setStock("HOOD", "5", "5", "4", later())
	r.kitsAre(at, "KIT@5 5/4")
	r.setStock("TEE", "5", "9", "8", later())
	r.kitsAre(at, "KIT@5 5/4") // as before
	r.kitOf("KIT", later(), "3 TEE", "1 HOOD")
	r.kitsAre(at, "KIT@5 3/2")
	r.kitOf("KIT", later(), "3 TEE", "1 HOOD", "1 CAP")
	r.kitsAre(at, "KIT@5 0/0")
	r.kitOf("KIT", later(), "1 HOOD")
	r.kitsAre(at, "KIT@5 5/4")
	r.setItem(netsuitetest.Item{SKU: "HOOD", Inactive: true, Changed: later()})
	r.kitsAre(at, "KIT@5 0/0")
	r.setStock("TEE", "5", "1", "1", later()) // no member any more
	r.setStock("HOOD", "6", "1", "1", at)     // at another location
	r.kitsAre(at)
}

// TestAChangeThatLeavesTheNumberOfKitsIsNoOtherContent, so that no store gets the level again.
func TestAChangeThatLeavesTheNumberOfKitsIsNoOtherContent(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
	r.kitOf("KIT", noon, "1 TEE", "1 HOOD")
	r.setStock("TEE", "5", "9", "9", noon)
	r.setStock("HOOD", "5", "5", "5", noon)
	read := func() canonical.InventoryLevel {
		page, err := r.system.Poller.Changes(t.Context(), connector.Ask{Feed: r.kitFeed(), Since: noon})
		if err != nil || len(page.Changes) != 1 {
			t.Fatalf("got %+v, %v", page, err)
		}
		return *r.translated(r.kitFeed(), page.Changes[0])[0].Body.(*canonical.InventoryLevel)
	}
	before := read()
	r.setStock("TEE", "5", "8", "7", noon.Add(time.Minute))
	if after := read(); !after.At.IsZero() || *before.Available != *after.Available || *before.OnHand != *after.OnHand {
		t.Errorf("%+v became %+v", before, after)
	}
}

// TestAKitThatCannotBeCountedHidesNoOther, and its error names the kit, the member and the rule.
func TestAKitThatCannotBeCountedHidesNoOther(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		members []string
		stock   string // of TEE
		want    []string
	}{
		"takes nothing":       {[]string{"1 HOOD", "0 TEE"}, "7", []string{"kit BAD@5", "members[1].quantity", `"TEE"`, `"0"`, "not above 0"}},
		"takes less":          {[]string{"-1 TEE"}, "7", []string{"kit BAD@5", "members[0].quantity", `"-1"`, "not above 0"}},
		"unreadable quantity": {[]string{"some TEE"}, "7", []string{"kit BAD@5", "members[0].quantity", `"some"`, "not a plain decimal number"}},
		"unreadable stock":    {[]string{"1 TEE"}, "many", []string{"kit BAD@5", "members[0].available", "not a plain decimal number"}},
		"a kit of itself":     {[]string{"1 TEE", "1 BAD"}, "7", []string{"kit BAD@5", "members", `"BAD" > "BAD" is a kit of itself`}},
		"too many":            {[]string{"0.01 TEE"}, "999999999999999999", []string{"kit BAD@5", "18 digits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
			r.setStock("HOOD", "5", "4", "3", noon)
			r.setStock("TEE", "5", tc.stock, tc.stock, noon)
			if tc.stock == "many" {
				r.setStock("TEE", "5", "9", tc.stock, noon)
			}
			r.kitOf("BAD", noon, tc.members...)
			r.kitOf("GOOD", noon, "1 HOOD")
			got := r.kits(noon)
			if len(got) != 2 || !slices.Contains(got, "GOOD@5 4/3") {
				t.Fatalf("got %q", got)
			}
			bad := strings.Join(slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "GOOD") }), "")
			for _, text := range tc.want {
				if !strings.Contains(bad, text) {
					t.Errorf("got %q, want %q in it", bad, text)
				}
			}
		})
	}
}

// TestPagesOfKitsHaveWholeKits lists kits whose rows end within a page, and one whose rows fill more
// than a page, which is asked for by its id.
func TestPagesOfKitsHaveWholeKits(t *testing.T) {
	t.Parallel()
	r := stocked(t)
	large := make([]string, 600)
	for i := range large {
		sku := "PART-" + strconv.Itoa(i)
		large[i] = "1 " + sku
		r.setStock(sku, "5", "9", "8", noon.Add(-time.Hour))
		r.setStock(sku, "6", "5", "4", noon.Add(-time.Hour))
	}
	var want []string
	for i := range 5 {
		sku := "KIT-" + strconv.Itoa(i)
		r.kitOf(sku, noon, large[:150]...)
		want = append(want, sku+"@5 9/8", sku+"@6 5/4")
	}
	r.kitOf("LARGE", noon.Add(time.Second), large...)
	r.kitOf("LAST", noon.Add(2*time.Second), "2 PART-0")
	got := r.kits(noon)
	if len(got) != len(want)+4 || !slices.Equal(got[:10], want) || !slices.Equal(got[12:], []string{"LAST@5 4/4", "LAST@6 2/2"}) {
		t.Fatalf("got %q", got)
	}
	for _, text := range got[10:12] {
		if !strings.HasPrefix(text, "LARGE@") || !strings.Contains(text, "more than one page") {
			t.Errorf("got %q", text)
		}
	}
	for id, want := range map[string]string{"LARGE@5": "9/8", "LARGE@6": "5/4"} {
		events := r.translated(r.kitFeed(), connector.Change{ID: id})
		level := events[0].Body.(*canonical.InventoryLevel)
		if got := level.OnHand.Value.String() + "/" + level.Available.Value.String(); got != want || events[0].Entity.ID != id {
			t.Errorf("%s is %s, want %s", events[0].Entity.ID, got, want)
		}
	}
}

func TestAKitIsFetchedByItsID(t *testing.T) {
	t.Parallel()
	r := stocked(t)
	r.kitOf("It's @ kit", noon, "1 TEE")
	r.kitOf("SERVICES", noon, "1 SET-UP")
	r.setItem(netsuitetest.Item{SKU: "SET-UP", Type: "Service", Changed: noon})
	events := r.translated(r.kitFeed(), connector.Change{ID: "It's @ kit@5"})
	if want := (message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: "inventory", ID: "It's @ kit@5"}); len(events) != 1 || events[0].Entity != want {
		t.Errorf("got %+v", events)
	}
	for _, id := range []string{"GONE@5", "SERVICES@5", "TEE@5"} {
		if raw, err := r.system.Poller.Fetch(t.Context(), r.kitFeed(), connector.Change{ID: id}); raw != nil || err != nil {
			t.Errorf("%s: got %+v, %v for a kit without a level", id, raw, err)
		}
	}
	if _, err := r.system.Poller.Fetch(t.Context(), r.kitFeed(), connector.Change{ID: "TEE@5 OR 1=1"}); fault.KindOf(err) != fault.Rejected {
		t.Errorf("got %v", err)
	}
}

func TestAnAccountWithoutKitsHasNoFeedOfThem(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5", "NETSUITE_STOCK_KITS": "false"})
	if feeds := r.system.Poller.Feeds(); len(feeds) != 1 || feeds[0].Topic == "inventory/kit" {
		t.Errorf("feeds %+v", feeds)
	}
}
