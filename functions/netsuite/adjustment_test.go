package netsuite_test

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// adjusting are the settings of an account that books the movements of the warehouse's center 9.
var adjusting = map[string]string{
	"NETSUITE_ADJUSTMENT_LOCATIONS": "9=5", "NETSUITE_ADJUSTMENT_ACCOUNT": "58", "NETSUITE_ADJUSTMENT_SUBSIDIARIES": "*=1",
}

// adjusted is an account with the settings, and with others over them.
func adjusted(t *testing.T, more map[string]string) *rig {
	t.Helper()
	settings := maps.Clone(adjusting)
	maps.Copy(settings, more)
	return newRig(t, settings)
}

func movement(id, change string) *canonical.InventoryMovement {
	n, err := canonical.ParseDecimal(change)
	if err != nil {
		panic(err)
	}
	return &canonical.InventoryMovement{ID: id, SKU: "TEE-BLK-M", Location: "9", Change: n, Reason: "InventoryAdjusted", At: noon}
}

func movementOf(t *testing.T, kind string, body *canonical.InventoryMovement) *message.Message {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: message.DeriveID(kind, string(data)), Source: "causeway.shipbob", Type: kind, Tenant: "main", Subject: "movement/" + body.ID, Schema: "movement/1",
		Time: body.At, Sequence: message.NewSequence(body.At, true, body.At), Body: data,
	}
}

// refusal delivers a movement that is rejected.
func (r *rig) refusal(kind string, body *canonical.InventoryMovement) *fault.Error {
	r.t.Helper()
	e := fault.As(second(r.deliver(r.t.Context(), movementOf(r.t, kind, body))))
	if e == nil {
		r.t.Fatalf("%+v was booked", body)
	}
	return e
}

func TestAMovementIsBookedOnce(t *testing.T) {
	t.Parallel()
	r := adjusted(t, map[string]string{"NETSUITE_RECEIPT_ACCOUNT": "59"})
	lost, arrived := movementOf(t, canonical.InventoryAdjusted, movement("1-9", "-3")), movementOf(t, canonical.InventoryReceived, movement("2-9", "24.0"))
	before := len(r.fake.Calls())
	r.mustDeliver(lost, arrived)
	if got := verbs(r.callsSince(before)); got != "GET PUT GET PUT" {
		t.Errorf("booking took %s", got)
	}
	before = len(r.fake.Calls())
	r.mustDeliver(arrived, lost)
	clear(r.refs) // as after the answers were lost
	r.mustDeliver(lost)
	if got := verbs(r.callsSince(before)); got != "GET GET GET" {
		t.Errorf("repeating took %s", got)
	}
	made := r.fake.Adjustments()
	if len(made) != 2 || made[0].Writes != 1 || made[0].Lines != 1 || made[0].Account != "58" || made[1].Account != "59" || made[1].Quantity != "24" ||
		made[0].Memo != "shipbob main movement 1-9, InventoryAdjusted" || made[0].Date != "2026-11-22" || r.fake.OnHand("TEE-BLK-M", "5") != "21" {
		t.Errorf("got %+v, on hand %s", made, r.fake.OnHand("TEE-BLK-M", "5"))
	}
	if id, err := r.system.Target.Find(t.Context(), lost.Key()); err != nil || id != made[0].ID {
		t.Errorf("found %q, %v", id, err)
	}
}

// TestALostAnswerBooksNothingMore: NetSuite booked the movement, and its answer did not arrive.
func TestALostAnswerBooksNothingMore(t *testing.T) {
	t.Parallel()
	r := adjusted(t, nil)
	r.fake.Plan(netsuitetest.Fault{Method: "PUT", PathContains: "inventoryAdjustment", Do: netsuitetest.FailAfter()})
	m := movementOf(t, canonical.InventoryAdjusted, movement("1-9", "-3"))
	if err := second(r.deliver(t.Context(), m)); err == nil {
		t.Fatal("the answer was not lost")
	}
	r.mustDeliver(m)
	if made := r.fake.Adjustments(); len(made) != 1 || made[0].Lines != 1 || r.fake.OnHand("TEE-BLK-M", "5") != "-3" {
		t.Errorf("got %+v", made)
	}
}

func TestAMissingSettingOfMovementsIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		field    string
		detail   string
	}{
		"no location":                {map[string]string{"NETSUITE_ADJUSTMENT_LOCATIONS": ""}, "NETSUITE_ADJUSTMENT_LOCATIONS", `no entry for "9"`},
		"another location":           {map[string]string{"NETSUITE_ADJUSTMENT_LOCATIONS": "12=6"}, "NETSUITE_ADJUSTMENT_LOCATIONS", `no entry for "9"`},
		"no account":                 {map[string]string{"NETSUITE_ADJUSTMENT_ACCOUNT": ""}, "NETSUITE_ADJUSTMENT_ACCOUNT", "is not set"},
		"another subsidiary's entry": {map[string]string{"NETSUITE_ADJUSTMENT_SUBSIDIARIES": "12=1"}, "NETSUITE_ADJUSTMENT_SUBSIDIARIES", `no entry for "9"`},
		"no subsidiary":              {map[string]string{"NETSUITE_ADJUSTMENT_SUBSIDIARIES": ""}, "NETSUITE_ADJUSTMENT_SUBSIDIARIES", "demands a subsidiary"},
		"an unknown account":         {map[string]string{"NETSUITE_ADJUSTMENT_ACCOUNT": "9999"}, "NETSUITE_ADJUSTMENT_ACCOUNT", "does not take the account"},
		"an unknown subsidiary":      {map[string]string{"NETSUITE_ADJUSTMENT_SUBSIDIARIES": "9=77"}, "NETSUITE_ADJUSTMENT_SUBSIDIARIES", "does not take the subsidiary"},
		"an unknown location":        {map[string]string{"NETSUITE_ADJUSTMENT_LOCATIONS": "9=4"}, "NETSUITE_ADJUSTMENT_LOCATIONS", "does not take the location"},
		"a location of another":      {map[string]string{"NETSUITE_ADJUSTMENT_LOCATIONS": "9=7"}, "NETSUITE_ADJUSTMENT_LOCATIONS", "does not take the location"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, way := range []netsuitetest.Way{0, netsuitetest.ContentCode, netsuitetest.WithoutPath, netsuitetest.OwnCodes | netsuitetest.WrongType} {
				r := adjusted(t, c.settings)
				r.fake.Vary(way)
				e := r.refusal(canonical.InventoryAdjusted, movement("1-9", "-3"))
				if e.Kind != fault.Rejected || e.Class != fault.Config || e.Field != c.field || !strings.Contains(e.Detail, c.detail) || len(r.fake.Adjustments()) != 0 {
					t.Errorf("way %d: %+v", way, e)
				}
			}
		})
	}
}

func TestAMovementThatNetSuiteCannotBookNamesItsSKU(t *testing.T) {
	t.Parallel()
	for _, way := range []netsuitetest.Way{0, netsuitetest.ContentCode, netsuitetest.WithoutPath} {
		r := adjusted(t, nil)
		r.fake.Vary(way)
		unknown := movement("1-9", "-3")
		unknown.SKU = "NOBODY'S"
		if e := r.refusal(canonical.InventoryAdjusted, unknown); e.Class != fault.MissingRef || e.Field != "sku" || !strings.HasPrefix(e.Detail, `"NOBODY'S": NetSuite has no item`) {
			t.Errorf("way %d, an unknown SKU: %+v", way, e)
		}
		r.kitOf("SET", noon, "2 TEE-BLK-M")
		kit := movement("2-9", "-3")
		kit.SKU = "SET"
		if e := r.refusal(canonical.InventoryAdjusted, kit); e.Class != fault.Value || e.Field != "sku" || !strings.Contains(e.Detail, `"SET": NetSuite has it as an item of the type Kit`) || !strings.Contains(e.Detail, "-3 by hand") {
			t.Errorf("way %d, a kit: %+v", way, e)
		}
	}
}

func TestAMovementOfAClosedPeriod(t *testing.T) {
	t.Parallel()
	late := movement("1-9", "-3")
	late.At = time.Date(2026, 11, 1, 6, 59, 0, 0, time.UTC) // the last minute of October in Los Angeles
	for choice, want := range map[string]string{"wait": "", "next": "2026-11-01"} {
		r := adjusted(t, map[string]string{"NETSUITE_TIMEZONE": "America/Los_Angeles", "NETSUITE_CLOSED_PERIOD": choice})
		r.fake.ClosePeriod("2026-10-31")
		if want == "" {
			if e := r.refusal(canonical.InventoryAdjusted, late); e.Class != fault.Config || e.Field != "at" || e.Code != "VALID_PRD_REQD" {
				t.Errorf("got %+v", e)
			}
			r.fake.ClosePeriod("2026-09-30")
			want = "2026-10-31"
		}
		receipt := r.mustDeliver(movementOf(t, canonical.InventoryAdjusted, late))
		if made := r.fake.Adjustments(); len(made) != 1 || made[0].Date != want || strings.Contains(receipt.Detail, "is closed") != (choice == "next") {
			t.Errorf("%s: %+v, %q", choice, made, receipt.Detail)
		}
		r.fake.ClosePeriod("2026-12-31")
		r.mustDeliver(movementOf(t, canonical.InventoryAdjusted, late)) // it is there, and the period does not matter
	}
}

// TestMovementsAndShipmentsOfOneLocationAreBookedAtOne: two locations of NetSuite for one of the warehouse
// contradict each other; a location whose levels NetSuite publishes does not.
func TestMovementsAndShipmentsOfOneLocationAreBookedAtOne(t *testing.T) {
	t.Parallel()
	fake := netsuitetest.New(clock)
	for name, c := range map[string]struct {
		key, value, field string
	}{
		"shipped elsewhere":          {"NETSUITE_SHIP_LOCATIONS", "9=6", "NETSUITE_ADJUSTMENT_LOCATIONS"},
		"shipped there":              {"NETSUITE_SHIP_LOCATIONS", "9=5,12=6", ""},
		"published by NetSuite":      {"NETSUITE_STOCK_LOCATIONS", "5", ""},
		"a location that is no id":   {"NETSUITE_ADJUSTMENT_LOCATIONS", "9=Cicero", "NETSUITE_ADJUSTMENT_LOCATIONS"},
		"a location without an id":   {"NETSUITE_ADJUSTMENT_LOCATIONS", "9=", "NETSUITE_ADJUSTMENT_LOCATIONS"},
		"an account that is no id":   {"NETSUITE_RECEIPT_ACCOUNT", "Inventory", "NETSUITE_RECEIPT_ACCOUNT"},
		"a subsidiary that is no id": {"NETSUITE_ADJUSTMENT_SUBSIDIARIES", "*=Inc", "NETSUITE_ADJUSTMENT_SUBSIDIARIES"},
	} {
		settings := fake.Settings("http://127.0.0.1:1")
		maps.Copy(settings, adjusting)
		settings[c.key] = c.value
		_, err := netsuite.Open(settings, connector.Deps{HTTP: nobody{}, Now: clock, Random: rand.Reader})
		if e := fault.As(err); (e != nil) != (c.field != "") || e != nil && (!strings.HasPrefix(e.Field, c.field) || e.Class != fault.Config || e.Detail == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestALongReferenceIsCutBetweenCharacters: as many as a movement may have, of four bytes each.
func TestALongReferenceIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	r := adjusted(t, nil)
	body := movement("1-9", "-3")
	body.Reference = strings.Repeat("𝟘", 256)
	r.mustDeliver(movementOf(t, canonical.InventoryAdjusted, body))
	if made := r.fake.Adjustments(); len(made) != 1 || made[0].Memo != "shipbob main movement 1-9, InventoryAdjusted "+body.Reference {
		t.Errorf("got %+v", made)
	}
}
