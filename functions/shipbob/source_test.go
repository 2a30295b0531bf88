package shipbob_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
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

func TestSourceConforms(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	harness := connectortest.SourceHarness{Open: func(*testing.T) connector.System { return a.system }, Signature: "Webhook-Signature"}
	for _, parcel := range []map[string]int{{"TEE-BLK-M": 1}, {"TEE-BLK-M": 1, "HOOD-M": 1}} {
		id, err := a.fake.Ship(reference, parcel)
		must(t, err)
		request, err := a.fake.Delivery("msg_"+string(rune('a'+id%26)), "order.shipped", reference)
		must(t, err)
		harness.Deliveries = append(harness.Deliveries, connectortest.SourceDelivery{Name: "parcel", Request: request})
	}
	connectortest.TestSource(t, harness)
}

// events returns what the order's webhook means now.
func (a *account) events(topic string) connector.Translation {
	a.Helper()
	request, err := a.fake.Delivery("msg_1", topic, reference)
	must(a.T, err)
	raw, err := a.system.Source.Receive(a.Context(), request)
	must(a.T, err)
	translation, err := a.system.Source.Translate(a.Context(), raw)
	must(a.T, err)
	return translation
}

// parcels returns the events of shipments only.
func parcels(all connector.Translation) (found []connector.Event) {
	for _, e := range all.Events {
		if e.Entity.Type == "shipment" {
			found = append(found, e)
		}
	}
	return found
}

func TestEachParcelIsAFactOfItsOwn(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	if got := a.events("order.polled"); got.Skip == "" || got.Events != nil {
		t.Errorf("before anything left: %+v", got)
	}
	first, err := a.fake.Ship(reference, map[string]int{"TEE-BLK-M": 1})
	must(t, err)
	a.now = a.now.Add(time.Hour)
	_, err = a.fake.Ship(reference, nil)
	must(t, err)
	got := parcels(a.events("order.shipped"))
	if len(got) != 2 {
		t.Fatalf("events %+v", got)
	}
	want := connector.Event{
		Type: canonical.ShipmentShipped, Entity: message.Key{System: "shipbob", Tenant: "main", Type: "shipment", ID: "78901001"}, At: noon, UpdatedAt: noon,
		Parents: []message.Key{{System: "shopify", Tenant: shop, Type: "order", ID: "5001"}},
		Body: &canonical.Shipment{
			ID: "78901001", Order: "5001", Status: canonical.Shipped, Location: "9", Carrier: "UPS", Service: "Ground", ShippedAt: noon,
			Tracking: []canonical.Tracking{{Number: "1Z999AA178901001", URL: "https://www.ups.com/track?tracknum=1Z999AA178901001"}},
			Lines:    []canonical.ShipmentLine{{SKU: "TEE-BLK-M", Quantity: pieces(1)}},
		},
	}
	if !reflect.DeepEqual(got[0], want) || first != 78901001 {
		t.Errorf("got  %+v %+v\nwant %+v %+v", got[0], got[0].Body, want, want.Body)
	}
	if lines := got[1].Body.(*canonical.Shipment).Lines; !reflect.DeepEqual(lines, []canonical.ShipmentLine{
		{SKU: "TEE-BLK-M", Quantity: pieces(1)}, {SKU: "HOOD-M", Quantity: pieces(1)},
	}) {
		t.Errorf("the second parcel has %+v", lines)
	}
	if polled := a.events("order.polled").Events; !reflect.DeepEqual(polled, got) {
		t.Errorf("a poll reads it differently: %+v", polled)
	}
}

// TestAShipmentsLaterStatesAreWhole: each is the whole shipment with the time of its last change,
// whether the delivery has the order or the shipment alone.
func TestAShipmentsLaterStatesAreWhole(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	id, err := a.fake.Ship(reference, map[string]int{"TEE-BLK-M": 1})
	must(t, err)
	for _, c := range []struct {
		topic  string
		change func(int) error
		want   string
		status canonical.ShipmentStatus
	}{
		{"order.shipment.tracking.updated", func(id int) error { return a.fake.Correct(id, "1ZNEW") }, canonical.ShipmentUpdated, canonical.Shipped},
		{"order.shipment.delivered", a.fake.Arrive, canonical.ShipmentDelivered, canonical.Delivered},
		{"order.delivered", a.fake.Arrive, canonical.ShipmentDelivered, canonical.Delivered},
		{"order.shipment.cancelled", a.fake.CancelShipped, canonical.ShipmentCancelledEvent, canonical.ShipmentCancelled},
	} {
		a.now = a.now.Add(time.Hour)
		must(t, c.change(id))
		got := parcels(a.events(c.topic))
		request, err := a.fake.ShipmentDelivery("msg_2", c.topic, id)
		must(t, err)
		raw, err := a.system.Source.Receive(t.Context(), request)
		must(t, err)
		alone, err := a.system.Source.Translate(t.Context(), raw)
		must(t, err)
		if len(got) != 1 || !reflect.DeepEqual(parcels(alone), got) {
			t.Fatalf("%s: %+v, of the shipment alone %+v", c.topic, got, alone)
		}
		body := got[0].Body.(*canonical.Shipment)
		if got[0].Type != c.want || !got[0].UpdatedAt.Equal(a.now) || body.Status != c.status || body.Tracking[0].Number != "1ZNEW" || len(body.Lines) != 1 || !body.ShippedAt.Equal(noon) {
			t.Errorf("%s: %+v %+v", c.topic, got[0], body)
		}
		if delivered := body.DeliveredAt.Equal(a.now); delivered != (c.status == canonical.Delivered) {
			t.Errorf("%s: delivered at %s", c.topic, body.DeliveredAt)
		}
	}
	body := []byte(`{"id":` + strconv.Itoa(id) + `,"order_id":1,"status":"Completed"}`)
	_, err = a.system.Source.Translate(t.Context(), &message.Raw{Tenant: "main", Topic: "order.shipment.delivered", Body: body})
	if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Field != "order_id" {
		t.Errorf("of no order: %v", err)
	}
}

// TestACancelledShipmentThatNamesNoGoodsIsCancelled: ShipBob may have moved them elsewhere.
func TestACancelledShipmentThatNamesNoGoodsIsCancelled(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	body := strings.Replace(bundle, "SHIPMENTS", `{"id":1,"status":"Cancelled","last_update_at":"2026-11-22T12:00:00Z","products":[]}`, 1)
	got, err := a.system.Source.Translate(t.Context(), &message.Raw{Tenant: "main", Topic: "order.polled", Body: []byte(body)})
	if err != nil || len(got.Events) != 1 || got.Events[0].Type != canonical.ShipmentCancelledEvent || canonical.Validate(got.Events[0].Body) != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestAReportedQuantityStays: another shipment of the order that is cancelled, or a replacement, changes
// no quantity of the first.
func TestAReportedQuantityStays(t *testing.T) {
	t.Parallel()
	one := func(id, status, quantity string) string {
		return `{"id":` + id + `,"status":"` + status + `","actual_fulfillment_date":"2026-11-22T12:00:00Z","products":[{"id":111,"reference_id":"SET","inventory_items":[{"id":7,"quantity":` + quantity + `}]}]}`
	}
	for name, c := range map[string]struct {
		before, after []string
		want          string
	}{
		"a multipack, in part cancelled": {[]string{one("1", "Completed", "6"), one("2", "Processing", "6")}, []string{one("1", "Completed", "6"), one("2", "Cancelled", "6")}, "1"},
		"a replacement":                  {[]string{one("1", "Completed", "2")}, []string{one("1", "Completed", "2"), one("2", "Completed", "2")}, "2"},
	} {
		a := newAccount(t, nil)
		for _, shipments := range [][]string{c.before, c.after} {
			got, err := a.system.Source.Translate(t.Context(), &message.Raw{
				Tenant: "main", Topic: "order.polled", Body: []byte(strings.Replace(bundle, "SHIPMENTS", strings.Join(shipments, ","), 1)),
			})
			must(t, err)
			if lines := got.Events[0].Body.(*canonical.Shipment).Lines; lines[0].Quantity.Value.String() != c.want {
				t.Errorf("%s: %+v, want %s", name, lines, c.want)
			}
		}
	}
}

// TestTrackingIsPolledByItsOwnTime: a corrected number leaves the order's last update as it was.
func TestTrackingIsPolledByItsOwnTime(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	id, err := a.fake.Ship(reference, nil)
	must(t, err)
	a.now = a.now.Add(time.Hour)
	must(t, a.fake.Correct(id, "1ZNEW"))
	for feed, want := range map[int]int{0: 0, 1: 1} {
		page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.system.Poller.Feeds()[feed], Since: noon.Add(30 * time.Minute)})
		if err != nil || len(page.Changes) != want {
			t.Errorf("feed %d: %+v, %v", feed, page, err)
		}
	}
}

func TestShipmentsOfALaterIssueBelongToTheOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	a.confirm(sale(func(o *canonical.Order) { o.Shipping.Line1 = canonical.NewText("13 Main St") }))
	_, err := a.fake.Ship(reference+"~2", nil)
	must(t, err)
	request, err := a.fake.Delivery("msg_1", "order.shipped", reference+"~2")
	must(t, err)
	raw, err := a.system.Source.Receive(t.Context(), request)
	must(t, err)
	got, err := a.system.Source.Translate(t.Context(), raw)
	must(t, err)
	if len(parcels(got)) != 1 || got.Events[0].Parents[0].ID != "5001" || got.Events[0].Body.(*canonical.Shipment).Order != "5001" {
		t.Errorf("got %+v", got)
	}
}

// An order that another program made, or a person, is none of ours.
func TestOrdersOfOthersAreSkipped(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/order.shipped.json")
	must(t, err)
	text, err := os.ReadFile("testdata/order.shipped.headers.json")
	must(t, err)
	var fields map[string]string
	must(t, json.Unmarshal(text, &fields))
	request := connector.Request{Method: http.MethodPost, Header: http.Header{}, Body: body, At: time.Unix(1795439520, 0)}
	for name, value := range fields {
		request.Header.Set(name, value)
	}
	a := newAccount(t, nil)
	raw, err := a.system.Source.Receive(t.Context(), request)
	must(t, err)
	got, err := a.system.Source.Translate(t.Context(), raw)
	if err != nil || !strings.Contains(got.Skip, "order 56789012") {
		t.Errorf("got %+v, %v", got, err)
	}
	ours := *raw
	ours.Body = bytes.ReplaceAll(body, []byte(`"shop-1001"`), []byte(`"`+reference+`"`))
	if got, err = a.system.Source.Translate(t.Context(), &ours); err != nil || len(parcels(got)) != 1 || got.Events[0].Entity.ID != "78901234" {
		t.Errorf("under our reference id: %+v, %v", got, err)
	}
	request.At = request.At.Add(6 * time.Minute)
	if raw, err = a.system.Source.Receive(t.Context(), request); raw != nil || fault.KindOf(err) != fault.Unauthentic {
		t.Errorf("six minutes old: %v, %v", raw, err)
	}
}

func TestTopicsWithoutAFlowAreSkipped(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	for _, topic := range []string{"order.shipment.line_item.removed", "order.shipment.address.updated"} {
		if got := a.events(topic); got.Skip == "" || got.Events != nil {
			t.Errorf("%s: %+v", topic, got)
		}
	}
	raw := &message.Raw{Tenant: "main", Topic: "billing.charge.created", Body: []byte(`{}`)}
	if _, err := a.system.Source.Translate(t.Context(), raw); fault.KindOf(err) != fault.Invalid || err == nil {
		t.Errorf("an unknown topic: %v", err)
	}
}

// bundle is an order with shipments whose products consist of inventory items.
const bundle = `{"id":1,"reference_id":"` + reference + `","status":"Fulfilled","products":[{"id":111,"reference_id":"SET","quantity":2}],"shipments":[SHIPMENTS]}`

func TestQuantitiesAreThoseOfTheProduct(t *testing.T) {
	t.Parallel()
	parcel := func(id, items string) string {
		return `{"id":` + id + `,"status":"Completed","actual_fulfillment_date":"2026-11-22T12:00:00Z","products":[{"id":111,"reference_id":"SET","inventory_items":` + items + `}]}`
	}
	for name, c := range map[string]struct {
		shipments string
		want      []int64 // pieces of each shipment; nil: cannot be read
	}{
		"simple":                       {parcel("1", `[{"id":7,"quantity":2}]`), []int64{2}},
		"simple, short":                {parcel("1", `[{"id":7,"quantity":1}]`), []int64{1}},
		"simple, over":                 {parcel("1", `[{"id":7,"quantity":3}]`), []int64{3}},
		"a pack of six":                {parcel("1", `[{"id":7,"quantity":12}]`), []int64{2}},
		"packs of six in two parcels":  {parcel("1", `[{"id":7,"quantity":6}]`) + "," + parcel("2", `[{"id":7,"quantity":6}]`), []int64{1, 1}},
		"a bundle":                     {parcel("1", `[{"id":7,"quantity":4},{"id":8,"quantity":2}]`), []int64{2}},
		"a bundle in two parcels":      {parcel("1", `[{"id":7,"quantity":2},{"id":8,"quantity":1}]`) + "," + parcel("2", `[{"id":7,"quantity":2},{"id":8,"quantity":1}]`), []int64{1, 1}},
		"without items, one parcel":    {parcel("1", `null`), []int64{2}},
		"without items, two parcels":   {parcel("1", `null`) + "," + parcel("2", `null`), nil},
		"a bundle torn apart":          {parcel("1", `[{"id":7,"quantity":4},{"id":8,"quantity":1}]`) + "," + parcel("2", `[{"id":8,"quantity":1}]`), nil},
		"a negative quantity":          {parcel("1", `[{"id":7,"quantity":-1}]`), nil},
		"a shipment without anything":  {parcel("1", `[{"id":7,"quantity":0}]`), nil},
		"a cancelled one does not add": {parcel("1", `[{"id":7,"quantity":2}]`) + "," + strings.Replace(parcel("2", `[{"id":7,"quantity":2}]`), "Completed", "Cancelled", 1), []int64{2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			got, err := a.system.Source.Translate(t.Context(), &message.Raw{
				Tenant: "main", Topic: "order.shipped", Body: []byte(strings.Replace(bundle, "SHIPMENTS", c.shipments, 1)),
			})
			if c.want == nil {
				if f := fault.As(err); f == nil || f.Kind != fault.Invalid || !strings.HasPrefix(f.Field, "shipments[0].products") {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			var pieces []int64
			for _, e := range parcels(got) {
				if e.Type == canonical.ShipmentCancelledEvent {
					continue
				}
				n := int64(0)
				for _, l := range e.Body.(*canonical.Shipment).Lines {
					var one int64
					must(t, json.Unmarshal([]byte(strings.Trim(l.Quantity.Value.String(), `"`)), &one))
					n += one
				}
				pieces = append(pieces, n)
			}
			if err != nil || !reflect.DeepEqual(pieces, c.want) {
				t.Errorf("got %v, %v, want %v", pieces, err, c.want)
			}
		})
	}
}

func TestPollConforms(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 260, Open: func(t *testing.T) connectortest.PolledSystem {
		fake := shipbobtest.New(clock)
		fake.Limit(100_000)
		system := openSystem(t, fake, &http.Transport{}, nil, func() time.Time { return noon.Add(48 * time.Hour) })
		return connectortest.PolledSystem{System: system, Feed: system.Poller.Feeds()[0], At: noon, Change: func(id int64, at time.Time) {
			fake.PutShipped(int(id), "shopify/"+shop+"/order/"+strconv.FormatInt(id, 10), at)
		}}
	}})
}

// An order that cannot be read holds up no other, and is asked for again by its own id.
func TestAnUnreadableOrderIsPolledAgainByItsID(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.fake.PutShipped(1, reference, noon)
	id := strconv.Itoa(a.fake.Orders()[0].ID)
	a.fake.Answer(shipbobtest.Answer{Status: http.StatusOK, Body: `[{"id":` + id + `,"reference_id":7},{"id":3,"reference_id":"` + reference + `","shipments":[` +
		`{"id":9,"status":"Completed","last_update_at":"2026-11-22T12:00:00Z","products":[]}]}]`})
	feed := a.system.Poller.Feeds()[0]
	page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
	if err != nil || len(page.Changes) != 2 {
		t.Fatalf("page %+v, %v", page, err)
	}
	var broken connector.Change
	for _, c := range page.Changes {
		if c.Err != nil {
			broken = c
		} else if c.ID != "9" {
			t.Errorf("change %+v", c)
		}
	}
	if f := fault.As(broken.Err); f == nil || f.Kind != fault.Invalid || f.Field != "reference_id" {
		t.Errorf("the broken one has %v", broken.Err)
	}
	raw, err := a.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: broken.ID, At: broken.At})
	must(t, err)
	got, err := a.system.Source.Translate(t.Context(), raw)
	if err != nil || len(got.Events) != 1 || got.Events[0].Entity.ID != "1" {
		t.Errorf("fetched: %+v, %v", got, err)
	}
	if raw, err = a.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: "order 77"}); raw != nil || err != nil {
		t.Errorf("one that is gone: %v, %v", raw, err)
	}
}
