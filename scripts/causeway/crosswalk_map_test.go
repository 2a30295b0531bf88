package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/valuemap"
)

const mapHeader = "target,type,id,target_id\n"

// real gives the command the settings of the engine's ERP, as a stage's file does.
func (w *world) real() {
	w.Helper()
	w.settings["NETSUITE_SUBSIDIARIES"] = "shopify/example-brand.myshopify.com=1"
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(w.settings)) {
		fmt.Fprintf(&text, "%s='%s'\n", key, w.settings[key])
	}
	must2(w.T, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(text.String()), 0o600))
}

// entries writes a file of map entries.
func (w *world) entries(rows ...string) string {
	w.Helper()
	path := filepath.Join(w.folder, "entries.csv")
	must2(w.T, os.WriteFile(path, []byte(mapHeader+strings.Join(rows, "\n")+"\n"), 0o600))
	return path
}

// A payment by a tender without an entry waits, and names the key and both ways to put it right.
// The entry is imported, and the payment arrives at once: no deployment, and no redrive.
func TestImportingAnEntryReleasesThePayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_PAYMENT_METHODS": "cash=3"})
	w.real()
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(30 * time.Minute)
	const payment = "shopify/example-brand.myshopify.com/payment/6001-paid"
	w.play("trace", payment)
	w.play("crosswalk", "export", "--target", "netsuite", "--type", "payment_method")
	file := w.entries("netsuite,payment_method,cash,3", "netsuite,payment_method,card,1")
	w.play("crosswalk", "import", file)
	if len(w.erp.Deposits()) != 0 {
		t.Fatalf("deposits before the import: %+v", w.erp.Deposits())
	}
	w.clock.Advance(valuemap.Pause)
	w.play("crosswalk", "import", file, "--apply", "--reason", "card payments begin")
	at := w.clock.Now()
	w.settle()
	if len(w.erp.Deposits()) != 1 || w.clock.Now() != at {
		t.Errorf("deposits after the import: %+v, %v later", w.erp.Deposits(), w.clock.Now().Sub(at))
	}
	w.say("The payment is booked at once.")
	w.play("trace", payment)
	w.play("crosswalk", "import", w.entries("netsuite,payment_method,cash,4", "netsuite,payment_method,card,"))
	w.play("crosswalk", "import", w.entries("netsuite,payment_method,cash,4"), "--rebind", "--apply", "--reason", "another account")
	w.play("crosswalk", "export", "--type", "payment_method")
	w.play("op", "list")
	w.golden("crosswalk_map")
	if d := w.erp.Deposits(); len(d) != 1 || d[0].Option != "1" || len(w.erp.Duplicates()) != 0 || len(w.redriven()) != 0 {
		t.Errorf("deposits %+v, twice %v", d, w.erp.Duplicates())
	}
	if _, out, _ := w.run("doctor"); !strings.Contains(out, "NETSUITE_PAYMENT_METHODS leads from cash to 3, and an import wins with 4") {
		t.Errorf("doctor says %s", out)
	}
	if code, _, said := w.run("crosswalk", "import", w.entries("netsuite,payment_method,cash,"), "--rebind", "--apply", "--reason", "back"); code != screen.ExitOK || !strings.Contains(said, "1 removed") {
		t.Errorf("exit %d: %s", code, said)
	}
	if _, out, _ := w.run("crosswalk", "export", "--type", "NETSUITE_PAYMENT_METHODS"); !strings.Contains(out, "netsuite,payment_method,cash,3,setting\n") {
		t.Errorf("afterwards: %s", out)
	}
}

// An entry that stops a system from opening is refused by the rules of its start, and nothing is
// imported.
func TestAnEntryThatStopsASystemIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.real()
	for row, want := range map[string]string{
		"netsuite,subsidiary,shopify/nobody.myshopify.com,1":     `NETSUITE_SUBSIDIARIES names the store "shopify/nobody.myshopify.com", which is not configured`,
		"netsuite,subsidiary,nowhere,1":                          `has the key "nowhere", which is not a store`,
		"netsuite,currency,EURO,4":                               "which is not a currency code of ISO 4217",
		"woocommerce,status,on-hold,later":                       "WOOCOMMERCE_STATUSES[on-hold]",
		"shopify,stock_location,netsuite/6,somewhere":            "the entry of netsuite/6 is neither none nor a shop of SHOPIFY_SHOPS",
		"netsuit,location,x,1":                                   `line 2: target "netsuit": the installation has no such system`,
		"netsuite,carrier,x,1":                                   `line 2: type "carrier": netsuite has no such map; there are adjustment_location, adjustment_subsidiary, channel, class,`,
		"netsuite,location,a=b,1":                                `line 2: id "a=b": must not contain =`,
		"netsuite,location,\"a,b\",1":                            `line 2: id "a,b": must not contain a comma`,
		"netsuite,location,a,1\nnetsuite,NETSUITE_LOCATIONS,a,2": `line 3: id "a": is mapped in line 2 already`,
		"netsuite,location,a,1.5E+12":                            "was rounded by a spreadsheet",
	} {
		code, _, said := w.run("crosswalk", "import", w.entries(row), "--apply", "--reason", "r")
		if code == screen.ExitOK || !strings.Contains(said, want) {
			t.Errorf("%s: exit %d, without %q\n%s", row, code, want, said)
		}
		target, _, _ := strings.Cut(row, ",")
		if stored, revision, err := valuemap.Load(t.Context(), w.store, target); err != nil || revision != 0 {
			t.Errorf("%s: stored %v, %v", row, stored, err)
		}
	}
	if code, _, _ := w.run("crosswalk", "export", "--type", "location", "--store", "x"); code != screen.ExitUsage {
		t.Errorf("a map of a store: exit %d", code)
	}
}

// The first entry of a map that may be empty makes other values wait, and the plan says so.
func TestTheFirstEntryOfAMapMakesOthersWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_PAYMENT_METHODS": ""})
	w.real()
	const want = "NETSUITE_PAYMENT_METHODS has no entry so far; from now on payments with a tender that has no entry wait"
	if _, out, _ := w.run("crosswalk", "import", w.entries("netsuite,payment_method,card,1")); !strings.Contains(out, want) {
		t.Errorf("the plan is %s", out)
	}
	if _, out, _ := w.run("crosswalk", "import", w.entries("netsuite,payment_method,*,1")); strings.Contains(out, want) {
		t.Errorf("of an entry for all: %s", out)
	}
}

// An import of map entries that is killed before each of its calls is finished by the same command:
// each entry is stored, and recorded, once.
func TestAnImportOfEntriesIsKilledAtEachStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const waiting = "NETSUITE_LOCATIONS"
	_, err := valuemap.Wait(t.Context(), w.store, "netsuite", connector.MissingEntry{Setting: waiting}, valuemap.Waiter{Event: "e", Queue: "q", Handle: "h", Until: start.Add(24 * time.Hour)}, start)
	must2(t, err)
	kills, code, said, _ := w.kills("crosswalk", "import", w.entries("netsuite,location,a,1", "netsuite,location,b,2", "woocommerce,status,odd,open"), "--apply", "--reason", "INC-7")
	if n, err := valuemap.Waiting(t.Context(), w.store, "netsuite", waiting, start); err != nil || n != 0 {
		t.Errorf("%d wait on, %v", n, err)
	}
	if kills < 5 || code != screen.ExitOK {
		t.Errorf("after %d kills it ended with %d: %s", kills, code, said)
	}
	for name, want := range map[string]string{"netsuite/crosswalk/location/a": "1", "netsuite/crosswalk/location/b": "2", "woocommerce/crosswalk/status/odd": "open"} {
		key, err := message.ParseKey(name)
		must2(t, err)
		stored, _, err := valuemap.Load(t.Context(), w.store, key.System)
		must2(t, err)
		bound, err := w.store.Find(t.Context(), port.Query{Entity: key, Stage: operate.Bound})
		must2(t, err)
		setting := map[string]string{"location": "NETSUITE_LOCATIONS", "status": "WOOCOMMERCE_STATUSES"}[key.Type]
		if stored[setting][key.ID].To != want || len(bound) != 1 || !strings.HasSuffix(bound[0].Outcome, "(reason: INC-7)") {
			t.Errorf("%s: stored %v, recorded %+v", name, stored, bound)
		}
	}
}

// An engine that runs in the background books the payments as soon as the entry is imported by the
// command, whose connection is its own: within seconds of the wall clock, while the engine's stands
// still.
func TestARunningEngineTakesAnImportedEntryAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_PAYMENT_METHODS": "cash=3"})
	w.real()
	for number := 1001; number <= 1004; number++ {
		w.order(number, "TEE-BLK-M", nil)
	}
	w.pass(3 * time.Hour)
	w.clock.Advance(valuemap.Pause)
	stop := w.running()
	code, _, said := w.run("crosswalk", "import", w.entries("netsuite,payment_method,card,1"), "--apply", "--reason", "r")
	if code != screen.ExitOK || !strings.Contains(said, "1 new, 0 changed, 0 removed, 0 the same; 4 messages released") {
		t.Errorf("exit %d: %s", code, said)
	}
	for range 1000 {
		if len(w.erp.Deposits()) == 4 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if n := len(w.erp.Deposits()); n != 4 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("%d deposits, twice %v", n, w.erp.Duplicates())
	}
}
