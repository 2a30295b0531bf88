package shopify_test

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// shipsFrom opens a shop whose location place ships by itself, with order 5001.
func shipsFrom(t testing.TB, changed overrides) *shop {
	t.Helper()
	all := overrides{"SHOPIFY_SHIPPING_LOCATIONS": place}
	for key, value := range changed {
		all[key] = value
	}
	s := open(t, all)
	s.fake.Put(shopifytest.Purchase{ID: 5001, Number: 1001, Items: []shopifytest.Item{
		{ID: 11, SKU: "TEE-BLK-M", Title: "Merino Tee", Quantity: 3, Price: 3900},
		{ID: 12, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 7950},
		{ID: 13, SKU: "CARD-50", Title: "Gift card", Quantity: 1, Price: 5000, GiftCard: true},
		{ID: 14, SKU: "BOOK", Title: "E-book", Quantity: 1, Price: 900, Digital: true},
		{ID: 15, Title: "Made to measure", Quantity: 1, Price: 900},
	}}.Body())
	return s
}

// byHand is a fulfillment of two shirts by a person at the shipping location.
func byHand() shopifytest.Fulfillment {
	return shopifytest.Fulfillment{
		Order: "5001", Location: place, Lines: map[string]int64{"11": 2}, Company: "Bicycle Bob", Numbers: []string{"1Z1", "1Z2"},
		URLs: []string{"https://track.example/1Z1", "https://track.example/1Z2"},
	}
}

// reported returns what the webhook of the fulfillment becomes.
func (s *shop) reported(t testing.TB, topic string, id int64) connector.Translation {
	t.Helper()
	translation, err := s.translate(t, topic, s.fake.FulfillmentBody(id))
	if err != nil {
		t.Fatal(err)
	}
	return translation
}

func TestAFulfillmentIsAShipment(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	made := s.fake.Ship(byHand())
	id := strconv.FormatInt(made.ID, 10)
	want := &canonical.Shipment{
		ID: id, Order: "5001", Status: canonical.Shipped, Location: place, Carrier: "Bicycle Bob", ShippedAt: shopifytest.Start.UTC(),
		Tracking: []canonical.Tracking{{Number: "1Z1", URL: "https://track.example/1Z1"}, {Number: "1Z2", URL: "https://track.example/1Z2"}},
		Lines:    []canonical.ShipmentLine{{Line: "11", SKU: "TEE-BLK-M", Quantity: canonical.Pieces(canonical.NewDecimal(2, 0))}},
	}
	order := message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: "order", ID: "5001"}
	for topic, kind := range map[string]string{"fulfillments/create": canonical.ShipmentShipped, "fulfillments/update": canonical.ShipmentUpdated} {
		got := s.reported(t, topic, made.ID).Events
		if len(got) != 1 || got[0].Type != kind || got[0].Entity.String() != "shopify/"+shopifytest.Shop+"/shipment/"+id || !slices.Equal(got[0].Parents, []message.Key{order}) {
			t.Fatalf("%s: %+v", topic, got)
		}
		if !reflect.DeepEqual(got[0].Body, want) || !got[0].UpdatedAt.Equal(shopifytest.Start) || got[0].Hint.IsZero() || canonical.Validate(got[0].Body) != nil {
			t.Errorf("%s: %+v of %+v", topic, got[0].Body, got[0])
		}
	}
	raw, polled := s.polled(t, "shipment", id)
	if len(polled) != 1 || polled[0].Type != canonical.ShipmentShipped || !reflect.DeepEqual(polled[0].Body, want) || raw.Trigger != message.Poll {
		t.Errorf("polled: %+v", polled)
	}
}

func TestTheLaterStatesOfAFulfillment(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	clock := now
	s.fake.Now = func() time.Time { return clock }
	made := s.fake.Ship(byHand())
	for _, c := range []struct {
		change func(*shopifytest.Fulfillment)
		kind   string
		status canonical.ShipmentStatus
		at     time.Time
	}{
		{func(f *shopifytest.Fulfillment) { f.Numbers, f.URLs = []string{"1ZNEW"}, nil }, canonical.ShipmentUpdated, canonical.Shipped, now.Add(time.Minute)},
		{func(f *shopifytest.Fulfillment) { f.Arrived = now.Add(time.Minute) }, canonical.ShipmentDelivered, canonical.Delivered, now.Add(time.Minute)},
		{func(f *shopifytest.Fulfillment) { f.Status = "CANCELLED" }, canonical.ShipmentCancelledEvent, canonical.ShipmentCancelled, now.Add(3 * time.Minute)},
	} {
		clock = clock.Add(time.Minute)
		s.fake.ChangeFulfillment(made.ID, c.change)
		got := s.reported(t, "fulfillments/update", made.ID).Events
		if len(got) != 1 || got[0].Type != c.kind || !got[0].At.Equal(c.at) || !got[0].UpdatedAt.Equal(clock) {
			t.Fatalf("%s: %+v", c.kind, got)
		}
		body := got[0].Body.(*canonical.Shipment)
		if body.Status != c.status || len(body.Tracking) != 1 || body.Tracking[0].Number != "1ZNEW" || body.DeliveredAt.IsZero() != (c.status != canonical.Delivered) {
			t.Errorf("%s: %+v", c.kind, body)
		}
	}
}

func TestWhatIsNoShipment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*shopifytest.Fulfillment)
		want   string
	}{
		"another location":       {func(f *shopifytest.Fulfillment) { f.Location = otherSite }, "is of location " + otherSite + ", which is not in SHOPIFY_SHIPPING_LOCATIONS"},
		"no location":            {func(f *shopifytest.Fulfillment) { f.Location = "" }, "has no location"},
		"pending":                {func(f *shopifytest.Fulfillment) { f.Status = "PENDING" }, "has the status pending"},
		"open":                   {func(f *shopifytest.Fulfillment) { f.Status = "OPEN" }, "has the status open"},
		"an error":               {func(f *shopifytest.Fulfillment) { f.Status = "ERROR" }, "has the status error"},
		"a failure":              {func(f *shopifytest.Fulfillment) { f.Status = "FAILURE" }, "has the status failure"},
		"a gift card":            {func(f *shopifytest.Fulfillment) { f.Lines = map[string]int64{"13": 1} }, "only gift cards"},
		"a digital line":         {func(f *shopifytest.Fulfillment) { f.Lines = map[string]int64{"14": 1} }, "only gift cards"},
		"a line without a SKU":   {func(f *shopifytest.Fulfillment) { f.Lines = map[string]int64{"15": 1} }, "have no SKU"},
		"cancelled, and digital": {func(f *shopifytest.Fulfillment) { f.Lines, f.Status = map[string]int64{"14": 1}, "CANCELLED" }, "only gift cards"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shipsFrom(t, nil)
			f := byHand()
			c.change(&f)
			made := s.fake.Ship(f)
			if got := s.reported(t, "fulfillments/create", made.ID); len(got.Events) != 0 || !strings.Contains(got.Skip, c.want) {
				t.Errorf("got %+v, want %q", got, c.want)
			}
			changes, _ := s.all(t, "shipment", shopifytest.Start.AddDate(0, 0, -1), nil)
			if len(changes) != 1 {
				t.Fatalf("the poll lists %+v", changes)
			}
			raw, err := s.Poller.Fetch(t.Context(), s.feed("shipment"), changes[0])
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Source.Translate(t.Context(), raw); err != nil || len(got.Events) != 0 || got.Skip == "" {
				t.Errorf("polled: %+v, %v", got, err)
			}
		})
	}
}

func TestWhatIsHandedOverIsDelivered(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	f := byHand()
	f.Method, f.Company, f.Numbers, f.URLs = "RETAIL", "", nil, nil
	got := s.reported(t, "fulfillments/create", s.fake.Ship(f).ID).Events
	if len(got) != 1 || got[0].Type != canonical.ShipmentDelivered || !got[0].Body.(*canonical.Shipment).DeliveredAt.Equal(shopifytest.Start) {
		t.Errorf("got %+v", got)
	}
}

// What is shipped with other lines is published without them, and what is picked up or sent by a courier is
// shipped.
func TestLinesThatAreNotShippedAreLeftOut(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"SHIPPING", "PICK_UP", "LOCAL", "PICKUP_POINT"} {
		s := shipsFrom(t, nil)
		f := byHand()
		f.Lines, f.Method = map[string]int64{"11": 1, "13": 1, "14": 1, "15": 1}, method
		got := s.reported(t, "fulfillments/create", s.fake.Ship(f).ID).Events
		if len(got) != 1 || len(got[0].Body.(*canonical.Shipment).Lines) != 1 || len(got[0].Notes) != 3 {
			t.Errorf("%s: %+v", method, got)
		}
	}
}

func TestAFulfillmentThatIsWrongIsRejected(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	f := byHand()
	f.Status = "LOST"
	id := strconv.FormatInt(s.fake.Ship(f).ID, 10)
	body := func(members string) []byte { return []byte(`{"location_id":` + place + members + `}`) }
	for name, c := range map[string]struct {
		body  []byte
		kind  fault.Kind
		class fault.Class
		field string
	}{
		"an unknown status":   {body(`,"id":` + id + `,"order_id":5001`), fault.Invalid, fault.Value, "status"},
		"no id":               {body(`,"order_id":5001`), fault.Invalid, fault.Schema, "id"},
		"no order":            {body(`,"id":` + id), fault.Invalid, fault.Schema, "order_id"},
		"an id in words":      {body(`,"id":"first","order_id":5001`), fault.Invalid, fault.Value, "id"},
		"of another kind":     {body(`,"id":` + id + `,"order_id":5001,"admin_graphql_api_id":"gid://shopify/Order/` + id + `"`), fault.Invalid, fault.Conflict, "admin_graphql_api_id"},
		"unknown to the shop": {body(`,"id":77,"order_id":5001`), fault.NotReady, fault.MissingRef, ""},
	} {
		_, err := s.translate(t, "fulfillments/create", c.body)
		if f := fault.As(err); f == nil || f.Kind != c.kind || f.Class != c.class || f.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A fulfillment has more lines than a page, and an order more fulfillments than the list has.
func TestManyLinesAndFulfillmentsAreAllRead(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	var items []shopifytest.Item
	lines := map[string]int64{}
	for i := range 120 {
		items = append(items, shopifytest.Item{ID: int64(1000 + i), SKU: "SKU-" + strconv.Itoa(i), Quantity: 20, Price: 100})
		lines[strconv.Itoa(1000+i)] = 1
	}
	s.fake.Put(shopifytest.Purchase{ID: 6001, Items: items}.Body())
	for range 12 {
		s.fake.Ship(shopifytest.Fulfillment{Order: "6001", Location: place, Lines: lines})
	}
	s.fake.Ship(shopifytest.Fulfillment{Order: "6001", Location: otherSite, Lines: lines})
	changes, _ := s.all(t, "shipment", shopifytest.Start.AddDate(0, 0, -1), nil)
	if len(changes) != 13 || changes[0].ID != "order 5001" {
		t.Fatalf("%d changes: %+v", len(changes), changes)
	}
	_, events := s.polled(t, "shipment", changes[12].ID)
	if len(events) != 1 || len(events[0].Body.(*canonical.Shipment).Lines) != 120 {
		t.Errorf("got %+v", events)
	}
}

// TestOurFulfillmentsAreNotPublished has a warehouse's shipment fulfilled at the shipping location, with
// its answer or without.
func TestOurFulfillmentsAreNotPublished(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		for _, number := range []string{"1Z9", ""} {
			s := shipsFrom(t, nil)
			s.fake.Assign("5001", "11", place, 3)
			if lost {
				s.fake.LoseAnswer("fulfillmentCreate")
			}
			if _, err := s.ship(t, shippedMessage(t, parcel("S-1", number, shippedLine("TEE-BLK-M", 2))), 1); (err != nil) != lost {
				t.Fatal(err)
			}
			made := s.fake.Fulfillments("5001")
			if len(made) != 1 || made[0].Location != place {
				t.Fatalf("made %+v", made)
			}
			if got := s.reported(t, "fulfillments/create", made[0].ID); len(got.Events) != 0 || !strings.Contains(got.Skip, "was made for depot/depot-1/shipment/S-1") {
				t.Errorf("lost %t, number %q: %+v", lost, number, got)
			}
			s.fake.ChangeFulfillment(made[0].ID, func(f *shopifytest.Fulfillment) { f.Numbers = []string{"corrected"} })
			if got := s.reported(t, "fulfillments/update", made[0].ID); len(got.Events) != 0 {
				t.Errorf("lost %t, number %q, corrected: %+v", lost, number, got)
			}
			other := s.fake.Ship(shopifytest.Fulfillment{Order: "5001", Location: place, Lines: map[string]int64{"11": 1}, Numbers: made[0].Numbers})
			same := s.fake.Ship(shopifytest.Fulfillment{Order: "5001", Location: place, Lines: map[string]int64{"11": 2}, Numbers: made[0].Numbers})
			for _, theirs := range []shopifytest.Fulfillment{other, same} {
				if got := s.reported(t, "fulfillments/create", theirs.ID); len(got.Events) != 1 {
					t.Errorf("lost %t, number %q, a person's: %+v", lost, number, got)
				}
			}
		}
	}
}

func TestFulfillmentsOfAWarehousesLocationAreNotAnnounced(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	if _, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z9", shippedLine("TEE-BLK-M", 2))), 1); err != nil {
		t.Fatal(err)
	}
	if s.memory.calls["parcels"] != 0 {
		t.Errorf("calls %v", s.memory.calls)
	}
}

// TestAnAnnouncementEndsWithItsShipment has a shipment announced and rejected, and then cancelled. What a person
// ships in its place, with the same content, is the shop's own.
func TestAnAnnouncementEndsWithItsShipment(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"1Z9", ""} {
		s := shipsFrom(t, nil)
		s.fake.Assign("5001", "11", place, 3)
		s.fake.AnswerTo("fulfillmentCreate", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"fulfillmentCreate":{"fulfillment":null,"userErrors":[{"field":["fulfillment"],"message":"no"}]}}}`})
		announced := parcel("S-1", number, shippedLine("TEE-BLK-M", 2))
		if _, err := s.ship(t, shippedMessage(t, announced), 1); err == nil || s.memory.calls["parcels"] != 1 || len(s.fake.Fulfillments("5001")) != 0 {
			t.Fatalf("got %v, calls %v", err, s.memory.calls)
		}
		for range 2 {
			if _, err := s.ship(t, shippedMessage(t, later(announced, func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled })), 1); err != nil {
				t.Fatal(err)
			}
		}
		theirs := shopifytest.Fulfillment{Order: "5001", Location: place, Lines: map[string]int64{"11": 2}}
		if number != "" {
			theirs.Numbers = []string{number}
		}
		if got := s.reported(t, "fulfillments/create", s.fake.Ship(theirs).ID); len(got.Events) != 1 {
			t.Errorf("number %q: %+v", number, got)
		}
	}
}

// TestAShipmentThatLeftAfterAllIsAnnouncedAgain: it was announced, rejected and cancelled before, and the answer to
// its next create is lost.
func TestAShipmentThatLeftAfterAllIsAnnouncedAgain(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	s.fake.Assign("5001", "11", place, 3)
	s.fake.AnswerTo("fulfillmentCreate", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"fulfillmentCreate":{"fulfillment":null,"userErrors":[{"field":["fulfillment"],"message":"no"}]}}}`})
	announced := parcel("S-1", "1Z9", shippedLine("TEE-BLK-M", 2))
	gone := later(announced, func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled })
	for i, of := range []*canonical.Shipment{announced, gone, announced} {
		if i == 2 {
			s.fake.LoseAnswer("fulfillmentCreate")
		}
		m := shippedMessage(t, of)
		m.Sequence = message.NewSequence(now.Add(time.Duration(i+1)*time.Minute), false, time.Time{})
		if _, err := s.ship(t, m, 1); (err == nil) != (i == 1) {
			t.Fatal(i, err)
		}
	}
	made := s.fake.Fulfillments("5001")
	if len(made) != 1 {
		t.Fatalf("made %+v", made)
	}
	if got := s.reported(t, "fulfillments/create", made[0].ID); len(got.Events) != 0 {
		t.Errorf("published as the shop's own: %+v", got.Events)
	}
}

// TestAFulfillmentIsOursAfterItsTrackingIsCorrected loses the answer of a create, corrects the number with the
// next state, and then hears of the fulfillment.
func TestAFulfillmentIsOursAfterItsTrackingIsCorrected(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	s.fake.Assign("5001", "11", place, 3)
	s.fake.LoseAnswer("fulfillmentCreate")
	first := parcel("S-1", "1Z9", shippedLine("TEE-BLK-M", 2))
	if _, err := s.ship(t, shippedMessage(t, first), 1); err == nil {
		t.Fatal("the answer is not lost")
	}
	if _, err := s.ship(t, shippedMessage(t, first), 2); err != nil {
		t.Fatal(err)
	}
	made := s.fake.Fulfillments("5001")
	m := shippedMessage(t, later(first, func(s *canonical.Shipment) { s.Tracking = []canonical.Tracking{{Number: "1ZNEW"}} }))
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	ref := strconv.FormatInt(made[0].ID, 10)
	if _, err := s.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: body, Attempt: 1, Ref: ref}); err != nil {
		t.Fatal(err)
	}
	if made = s.fake.Fulfillments("5001"); len(made) != 1 || !slices.Equal(made[0].Numbers, []string{"1ZNEW"}) {
		t.Fatalf("made %+v", made)
	}
	if got := s.reported(t, "fulfillments/create", made[0].ID); len(got.Events) != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestAFulfillmentIsCancelledAfterADeliveryInTheFuture has a carrier whose clock is ahead.
func TestAFulfillmentIsCancelledAfterADeliveryInTheFuture(t *testing.T) {
	t.Parallel()
	s := shipsFrom(t, nil)
	clock := now
	s.fake.Now = func() time.Time { return clock }
	made := s.fake.Ship(byHand())
	var last message.Sequence
	for _, change := range []func(*shopifytest.Fulfillment){
		func(f *shopifytest.Fulfillment) { f.Arrived = now.Add(6 * time.Hour) },
		func(f *shopifytest.Fulfillment) { f.Status = "CANCELLED" },
	} {
		clock = clock.Add(time.Minute)
		s.fake.ChangeFulfillment(made.ID, change)
		raw, err := s.Source.Receive(t.Context(), shopifytest.Delivery{Topic: "fulfillments/update", Body: s.fake.FulfillmentBody(made.ID), TriggeredAt: clock}.Request(clock))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Source.Translate(t.Context(), raw)
		if err != nil || len(got.Events) != 1 {
			t.Fatal(got, err)
		}
		version := message.NewSequence(got.Events[0].UpdatedAt, false, got.Events[0].Hint)
		if version <= last {
			t.Errorf("%s has the version %s, after %s", got.Events[0].Type, version, last)
		}
		last = version
	}
}
