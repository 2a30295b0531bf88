package netsuite_test

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// shippingSale is a paid sale of 2 TEE-BLK-M and 1 HOOD-M at an account that ships from location 5 itself.
func shippingSale(t *testing.T, extra map[string]string) *sale {
	t.Helper()
	s := newSale(t, canonical.Paid)
	settings := map[string]string{"NETSUITE_REFUNDS": "false", "NETSUITE_SHIPPING_LOCATIONS": "5"}
	for name, value := range extra {
		settings[name] = value
	}
	s.open(settings)
	s.report()
	return s
}

// packed has a person ship pieces of the order's lines from location 5, and returns the internal id.
func (s *sale) packed(p netsuitetest.Parcel) string {
	s.t.Helper()
	p.Location, p.Status = cmp.Or(p.Location, "5"), cmp.Or(p.Status, "C")
	id, err := s.fake.Pack(s.external, p)
	s.must(err)
	return id
}

// listed polls the feed and translates all that it lists.
func (s *sale) listed(feed int) (events []connector.Event, skips []string) {
	s.t.Helper()
	f := s.system.Poller.Feeds()[feed]
	page, err := s.system.Poller.Changes(s.t.Context(), connector.Ask{Feed: f, Since: noon})
	s.must(err)
	for _, change := range page.Changes {
		raw, err := s.system.Poller.Fetch(s.t.Context(), f, change)
		s.must(err)
		translation, err := s.system.Source.Translate(s.t.Context(), raw)
		s.must(err)
		if translation.Skip != "" {
			skips = append(skips, translation.Skip)
		}
		for _, e := range translation.Events {
			if err := canonical.Validate(e.Body); err != nil {
				s.t.Error(err)
			}
			events = append(events, e)
		}
	}
	return events, skips
}

// parcelWords writes a shipment: "shipment.shipped 2 TEE-BLK-M, 1 HOOD-M from 5 by DHL: 1Z1 1Z2".
func parcelWords(e connector.Event) string {
	body := e.Body.(*canonical.Shipment)
	var lines, numbers []string
	for _, l := range body.Lines {
		lines = append(lines, l.Quantity.Value.String()+" "+l.SKU)
	}
	slices.Sort(lines)
	for _, n := range body.Tracking {
		numbers = append(numbers, n.Number)
	}
	return e.Type + " " + strings.Join(lines, ", ") + " from " + body.Location + " by " + strings.TrimSpace(body.Carrier+" "+body.Service) + ": " + strings.Join(numbers, " ")
}

func TestItemFulfillmentsKeepThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 1001, Open: func(t *testing.T) connectortest.PolledSystem {
		t.Helper()
		s := shippingSale(t, nil)
		s.fake.LimitConcurrency(100)
		return connectortest.PolledSystem{
			System: s.system, Feed: s.system.Poller.Feeds()[0], At: noon.Add(-time.Hour),
			Change: func(id int64, at time.Time) { s.must(s.fake.EnterParcel(id, at, s.external, "5")) },
		}
	}})
}

// TestAnItemFulfillmentIsAShipment: partial ones, several packages, carriers, kits, and what has no SKU.
func TestAnItemFulfillmentIsAShipment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parcel netsuitetest.Parcel
		before func(*sale)
		after  func(*sale)
		want   string
		notes  int
	}{
		"all of it":           {parcel: netsuitetest.Parcel{Pieces: map[int]string{1: "2", 2: "1"}, Tracking: []string{"1Z1"}, Carrier: "ups", Method: "UPS Ground"}, want: "1 HOOD-M, 2 TEE-BLK-M from 5 by UPS UPS Ground: 1Z1"},
		"a part":              {parcel: netsuitetest.Parcel{Pieces: map[int]string{1: "1"}}, want: "1 TEE-BLK-M from 5 by : "},
		"a part of a piece":   {parcel: netsuitetest.Parcel{Pieces: map[int]string{1: "0.5"}}, want: "0.5 TEE-BLK-M from 5 by : "},
		"several packages":    {parcel: netsuitetest.Parcel{Pieces: map[int]string{2: "1"}, Tracking: []string{"1Z2", "1Z1", "1Z2"}, Carrier: "FedEx/USPS/More", Method: "FedEx Ground"}, want: "1 HOOD-M from 5 by FedEx Ground: 1Z2 1Z1"},
		"a group of carriers": {parcel: netsuitetest.Parcel{Pieces: map[int]string{2: "1"}, Carrier: "FedEx/USPS/More"}, want: "1 HOOD-M from 5 by FedEx/USPS/More: "},
		"another integration": {parcel: netsuitetest.Parcel{Pieces: map[int]string{2: "1"}, ExternalID: "wms-4711"}, want: "1 HOOD-M from 5 by : "},
		"a kit": {
			parcel: netsuitetest.Parcel{Pieces: map[int]string{2: "1"}}, want: "1 HOOD-M from 5 by : ",
			before: func(s *sale) {
				s.must(s.fake.SetKit(netsuitetest.Kit{SKU: "HOOD-M", Members: []netsuitetest.Member{{SKU: "SOCKS", Quantity: "2"}}}))
			},
		},
		"a line without an external id": {
			parcel: netsuitetest.Parcel{Pieces: map[int]string{1: "1", 2: "1"}}, want: "1 TEE-BLK-M from 5 by : ", notes: 1,
			after: func(s *sale) { s.must(s.fake.Rename("inventoryItem", "HOOD-M", "")) },
		},
		"a stand-in": {
			parcel: netsuitetest.Parcel{Pieces: map[int]string{1: "1", 2: "1"}}, want: "1 TEE-BLK-M from 5 by : ", notes: 1,
			before: func(s *sale) {
				s.open(map[string]string{"NETSUITE_REFUNDS": "false", "NETSUITE_SHIPPING_LOCATIONS": "5", "NETSUITE_ITEM_CUSTOM": "Hood-M"})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shippingSale(t, nil)
			if c.before != nil {
				c.before(s)
			}
			id := s.packed(c.parcel)
			if c.after != nil {
				c.after(s)
			}
			events, skips := s.listed(0)
			if len(events) != 1 || len(skips) != 0 {
				t.Fatalf("%d events, skipped %q", len(events), skips)
			}
			e, body := events[0], events[0].Body.(*canonical.Shipment)
			if got := parcelWords(e); got != "shipment.shipped "+c.want || len(e.Notes) != c.notes {
				t.Errorf("got %q with %v, want %q", got, e.Notes, c.want)
			}
			if e.Entity != key("netsuite", "1234567_SB1", "shipment", id) || !slices.Equal(e.Parents, []message.Key{saleKey}) || body.Order != "1" || body.ID != id ||
				!body.ShippedAt.Equal(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)) || !e.UpdatedAt.Equal(noon) {
				t.Errorf("got %+v of %v", e, body)
			}
		})
	}
}

// TestALaterStateOfAnItemFulfillment: a corrected number is an update, and one that is set back or deleted a
// cancellation, if it was published.
func TestALaterStateOfAnItemFulfillment(t *testing.T) {
	t.Parallel()
	s := shippingSale(t, map[string]string{"NETSUITE_SHIPPING_DELETED": "true"})
	one := netsuitetest.Parcel{Pieces: map[int]string{1: "2"}, Tracking: []string{"1Z1"}, Status: "A"}
	id := s.packed(one)
	never := s.packed(netsuitetest.Parcel{Pieces: map[int]string{2: "1"}, Status: "B"})
	expect := func(feed int, want string) {
		t.Helper()
		events, skips := s.listed(feed)
		var got []string
		for _, e := range events {
			got = append(got, parcelWords(e))
		}
		if all := strings.Join(slices.Concat(got, skips), "; "); all != want {
			t.Errorf("got %q, want %q", all, want)
		}
	}
	change := func(at time.Time, p netsuitetest.Parcel) {
		t.Helper()
		s.must(s.fake.Repack(id, p))
		s.fake.DateParcel(id, at)
	}
	notYet := "item fulfillment IF-" + never + " is not shipped yet"
	expect(0, "item fulfillment IF-"+id+" is not shipped yet; "+notYet)
	one.Status = "C"
	change(noon.Add(time.Minute), one)
	for range 2 { // the same state is the same event
		expect(0, "shipment.shipped 2 TEE-BLK-M from 5 by : 1Z1; "+notYet)
	}
	one.Tracking = []string{"1Z9"}
	change(noon.Add(2*time.Minute), one)
	expect(0, "shipment.updated 2 TEE-BLK-M from 5 by : 1Z9; "+notYet)
	one.Status = "B"
	change(noon.Add(3*time.Minute), one)
	expect(0, "shipment.cancelled 2 TEE-BLK-M from 5 by : 1Z9; "+notYet)
	one.Status = "C"
	change(noon.Add(4*time.Minute), one)
	expect(0, "shipment.updated 2 TEE-BLK-M from 5 by : 1Z9; "+notYet)
	expect(1, "")
	s.must(s.fake.Unpack(id))
	s.must(s.fake.Unpack(never))
	expect(1, "shipment.cancelled 2 TEE-BLK-M from 5 by : 1Z9; item fulfillment "+never+", which was deleted, was not published")
	events, _ := s.listed(1)
	if body := events[0].Body.(*canonical.Shipment); body.Order != "1" || !slices.Equal(events[0].Parents, []message.Key{saleKey}) || body.ShippedAt.IsZero() {
		t.Errorf("got %+v of %+v", events[0], body)
	}
}

// TestAnItemFulfillmentWithoutGoodsAfterItWasPublished is cancelled: a person took the lines of its goods off.
func TestAnItemFulfillmentWithoutGoodsAfterItWasPublished(t *testing.T) {
	t.Parallel()
	s := shippingSale(t, nil)
	for _, c := range []struct{ kind, at, want string }{
		{"ShipItem", "12:00:00", "skip"}, {"InvtPart", "12:01:00", "shipment.shipped 2 A from 5 by : "}, {"ShipItem", "12:02:00", "shipment.cancelled 2 A from 5 by : "},
	} {
		for range 2 {
			translation, err := s.system.Source.Translate(t.Context(), s.parcelRaw("9", c.at, parcelRow("F", "A", c.kind, "5", "2", "2")))
			s.must(err)
			got := "skip"
			for _, e := range translation.Events {
				got = parcelWords(e)
			}
			if got != c.want || (got == "skip") != (translation.Skip != "") {
				t.Errorf("%s: got %q, %q, want %q", c.at, got, translation.Skip, c.want)
			}
		}
	}
}

// TestAnItemFulfillmentWhoseGoodsLostTheirSKU left all the same: no store cancels it.
func TestAnItemFulfillmentWhoseGoodsLostTheirSKU(t *testing.T) {
	t.Parallel()
	s := shippingSale(t, nil)
	for at, sku := range []string{"", "A", ""} {
		translation, err := s.system.Source.Translate(t.Context(), s.parcelRaw("9", "12:0"+strconv.Itoa(at)+":00", parcelRow("F", sku, "InvtPart", "5", "2", "2")))
		if at < 2 {
			s.must(err)
			continue
		}
		if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "lines" || !strings.Contains(f.Detail, "IF-9") || len(translation.Events) != 0 {
			t.Errorf("got %+v, %v", translation.Events, err)
		}
	}
}

// TestAnItemFulfillmentThatIsTranslatedLate was set back meanwhile, or its goods were taken off: it is not published.
func TestAnItemFulfillmentThatIsTranslatedLate(t *testing.T) {
	t.Parallel()
	s := shippingSale(t, nil)
	translated := func(at, sku string) connector.Translation {
		t.Helper()
		translation, err := s.system.Source.Translate(t.Context(), s.parcelRaw("9", at, parcelRow("F", sku, "InvtPart", "5", "2", "2")))
		s.must(err)
		return translation
	}
	translated("12:02:00", "")
	for range 2 {
		if got := translated("12:01:00", "A"); len(got.Events) != 0 || !strings.Contains(got.Skip, "IF-9 was read again since") {
			t.Errorf("published %+v, skipped %q", got.Events, got.Skip)
		}
	}
	if got := translated("12:03:00", "A"); len(got.Events) != 1 || parcelWords(got.Events[0]) != "shipment.shipped 2 A from 5 by : " {
		t.Errorf("shipped since: %+v, skipped %q", got.Events, got.Skip)
	}
}

// TestWhatIsNoShipment: at another location, of another order, or made for a shipment of another source.
func TestWhatIsNoShipment(t *testing.T) {
	t.Parallel()
	ours := record.ExternalID(key("shipbob", "brand", "shipment", "9001"))
	for name, c := range map[string]struct {
		parcel netsuitetest.Parcel
		before func(*sale)
		after  func(*sale)
		want   string // of the skip
	}{
		"another location": {parcel: netsuitetest.Parcel{Location: "6"}},
		"an order of no store": {before: func(s *sale) {
			s.must(s.fake.Rename("salesOrder", s.external, "wholesale-7"))
			s.external = "wholesale-7"
		}},
		"our own":                {parcel: netsuitetest.Parcel{ExternalID: ours}, want: "was made for the shipment of another source: " + ours},
		"our own, in upper case": {parcel: netsuitetest.Parcel{ExternalID: strings.ToUpper(ours)}, want: "was made for the shipment of another source: " + ours},
		"nothing with a SKU": {
			after: func(s *sale) { s.must(s.fake.Rename("inventoryItem", "TEE-BLK-M", "")) }, want: "has no goods with a SKU at a location of NETSUITE_SHIPPING_LOCATIONS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shippingSale(t, nil)
			if c.before != nil {
				c.before(s)
			}
			c.parcel.Pieces = map[int]string{1: "1"}
			s.packed(c.parcel)
			if c.after != nil {
				c.after(s)
			}
			events, skips := s.listed(0)
			if len(events) != 0 || (c.want == "") != (len(skips) == 0) || c.want != "" && !strings.HasSuffix(skips[0], c.want) {
				t.Errorf("%d events, skipped %q", len(events), skips)
			}
		})
	}
}

// parcelRaw is an item fulfillment of the sale as the Poller encodes it, shipped and changed at the time of the day.
func (s *sale) parcelRaw(id, at, lines string) *message.Raw {
	return &message.Raw{Tenant: "1234567_SB1", Topic: "shipment/changed", Body: []byte(`{"id":"` + id + `","number":"IF-` + id + `","externalid":"","status":"ItemShip:C","carrier":"","method":"",` +
		`"day":"2026-11-22","orderid":"` + s.external + `","ordermemo":"","changed":"2026-11-22 ` + at + `","lines":[` + lines + `],"tracking":[]}`)}
}

func parcelRow(mainline, sku, kind, location, added, taken string) string {
	return `{"mainline":"` + mainline + `","sku":"` + sku + `","name":"n","kind":"` + kind + `","location":"` + location + `","added":"` + added + `","taken":"` + taken + `"}`
}

// TestASKUAtTwoLocations: what another location ships of the same fulfillment is left out.
func TestASKUAtTwoLocations(t *testing.T) {
	t.Parallel()
	s := shippingSale(t, map[string]string{"NETSUITE_SHIPPING_LOCATIONS": "5,7"})
	ids, row := 0, parcelRow
	raw := func(lines string) *message.Raw { // each is another one
		ids++
		return s.parcelRaw(strconv.Itoa(ids), "12:00:00", lines)
	}
	for name, c := range map[string]struct{ lines, want string }{
		"both signs":         {row("F", "A", "InvtPart", "5", "3", "3"), "3 A from 5"},
		"below zero":         {row("F", "A", "InvtPart", "5", "0", "3"), "3 A from 5"},
		"several lines":      {row("F", "A", "InvtPart", "5", "1", "0") + "," + row("F", "A", "Assembly", "7", "0", "2"), "3 A from "},
		"another location":   {row("F", "A", "InvtPart", "5", "1", "0") + "," + row("F", "A", "InvtPart", "6", "2", "0"), "1 A from 5"},
		"shipping and tax":   {row("F", "A", "InvtPart", "5", "1", "0") + "," + row("F", "S", "ShipItem", "5", "1", "0"), "1 A from 5"},
		"the main line too":  {row("T", "A", "InvtPart", "5", "0", "1") + "," + row("F", "A", "InvtPart", "5", "1", "1") + "," + row("F", "B", "InvtPart", "5", "2", "2"), "1 A, 2 B from 5"},
		"the main line only": {row("T", "A", "InvtPart", "5", "0", "4"), "4 A from 5"},
		"nothing":            {row("F", "A", "InvtPart", "5", "0", "0"), ""},
	} {
		translation, err := s.system.Source.Translate(t.Context(), raw(c.lines))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := ""
		if len(translation.Events) == 1 {
			got = strings.TrimSuffix(strings.SplitN(parcelWords(translation.Events[0]), " ", 2)[1], " by : ")
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	for name, body := range map[string]string{
		"status": strings.Replace(string(raw("").Body), "ItemShip:C", "D", 1), "day": strings.Replace(string(raw("").Body), "2026-11-22\"", "22.11.2026\"", 1),
		"lines[0].taken": string(raw(row("F", "A", "InvtPart", "5", "0", "x")).Body), "lines[0].added": string(raw(row("F", "A", "InvtPart", "5", "-1", "0")).Body),
		"changed": strings.Replace(string(raw("").Body), `"changed":"2026-11-22 12:00:00",`, "", 1),
		"orderid": strings.Replace(string(raw("").Body), s.external, "wholesale-7", 1),
	} {
		one := raw("")
		one.Body = []byte(body)
		_, err := s.system.Source.Translate(t.Context(), one)
		if e := fault.As(err); e == nil || e.Field != name || e.Doing == "" {
			t.Errorf("%s: got %v (%+v)", name, err, e)
		}
	}
}

// TestALocationHasOneMasterOfItsShipments: one where a warehouse's shipments are booked is none of NetSuite's.
func TestALocationHasOneMasterOfItsShipments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		rejected bool
	}{
		"a warehouse's":           {map[string]string{"NETSUITE_SHIP_LOCATIONS": "9=5"}, true},
		"a warehouse's movements": {map[string]string{"NETSUITE_ADJUSTMENT_LOCATIONS": "9=5", "NETSUITE_ADJUSTMENT_ACCOUNT": "58"}, true},
		"others":                  {map[string]string{"NETSUITE_SHIP_LOCATIONS": "5=6"}, false},
	} {
		settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
		settings["NETSUITE_SHIPPING_LOCATIONS"] = "5,7"
		for key, value := range c.settings {
			settings[key] = value
		}
		_, err := netsuite.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: clock})
		e := fault.As(err)
		if (e != nil) != c.rejected || c.rejected && (e.Field != "NETSUITE_SHIPPING_LOCATIONS" || e.Class != fault.Config || !strings.Contains(e.Detail, "location 5") || !strings.Contains(e.Detail, "NETSUITE_SHIP_LOCATIONS")) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
	settings["NETSUITE_SHIPPING_DELETED"] = "true"
	if _, err := netsuite.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: clock}); err == nil || !strings.Contains(err.Error(), "NETSUITE_SHIPPING_LOCATIONS") || !strings.Contains(err.Error(), "NETSUITE_SHIPPING_DELETED") {
		t.Errorf("deleted ones of no location: %v", err)
	}
	system := newRig(t, nil).system
	if feeds := system.Poller.Feeds(); len(feeds) != 0 {
		t.Errorf("without the setting the feeds are %v", feeds)
	}
}

// TestLinesOfManyItemFulfillments: more lines than a page has are asked for in halves, and one fulfillment that
// fills a page alone holds up no other.
func TestLinesOfManyItemFulfillments(t *testing.T) {
	t.Parallel()
	s := shippingSale(t, nil)
	small := s.packed(netsuitetest.Parcel{Pieces: map[int]string{1: "1"}})
	s.fake.Crowd(small, 700)
	second := s.packed(netsuitetest.Parcel{Pieces: map[int]string{1: "1"}})
	s.fake.Crowd(second, 700)
	full := s.packed(netsuitetest.Parcel{Pieces: map[int]string{2: "1"}})
	s.fake.Crowd(full, 1000)
	feed := s.system.Poller.Feeds()[0]
	page, err := s.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
	s.must(err)
	for i, change := range page.Changes {
		raw, err := s.system.Poller.Fetch(t.Context(), feed, change)
		if change.ID == full {
			e := fault.As(change.Err)
			if e == nil || e.Class != fault.TooLarge || e.Field != "lines" || !strings.Contains(e.Detail, "IF-"+full) || fault.As(err) == nil {
				t.Errorf("the full one: %v, then %v", change.Err, err)
			}
			continue
		}
		s.must(err)
		translation, err := s.system.Source.Translate(t.Context(), raw)
		s.must(err)
		if lines := translation.Events[0].Body.(*canonical.Shipment).Lines; len(lines) != 700 {
			t.Errorf("fulfillment %d has %d lines", i, len(lines))
		}
	}
	if len(page.Changes) != 3 {
		t.Errorf("%d changes", len(page.Changes))
	}
}
