package shopify_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// parcel is a shipment of order 5001.
func parcel(id, number string, lines ...canonical.ShipmentLine) *canonical.Shipment {
	s := &canonical.Shipment{ID: id, Order: "5001", Carrier: "ups", Lines: lines, ShippedAt: now}
	if number != "" {
		s.Tracking = []canonical.Tracking{{Number: number, URL: "https://track.example/" + number}}
	}
	return s
}

// later returns the shipment in a later state.
func later(s *canonical.Shipment, change func(*canonical.Shipment)) *canonical.Shipment {
	next := *s
	change(&next)
	return &next
}

func shippedLine(sku string, pieces int64) canonical.ShipmentLine {
	return canonical.ShipmentLine{SKU: sku, Quantity: canonical.Pieces(canonical.NewDecimal(pieces, 0))}
}

// shippedMessage is the event of a shipment by the warehouse of the tests.
func shippedMessage(t testing.TB, s *canonical.Shipment) *message.Message {
	t.Helper()
	body, err := canonical.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "event-" + s.ID, Source: message.SourcePrefix + "depot", Type: s.EventType(), Subject: "shipment/" + s.ID, Tenant: "depot-1",
		Schema: "shipment/1", Time: now, Sequence: message.NewSequence(now, false, now), Body: body,
		Parents: []message.Key{{System: "shopify", Tenant: shopifytest.Shop, Type: "order", ID: s.Order}},
	}
}

// threeTees is order 5001 with three pieces of one line and one of another.
func threeTees() []byte {
	return shopifytest.Purchase{ID: 5001, Number: 1001, Items: []shopifytest.Item{
		{ID: 11, SKU: "TEE-BLK-M", Title: "Merino Tee", Quantity: 3, Price: 3900},
		{ID: 12, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 7950},
	}}.Body()
}

// ship delivers as the pipeline does for guarantee search.
func (s *shop) ship(t testing.TB, m *message.Message, attempt int) (connector.Receipt, error) {
	t.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	d := connector.Delivery{Message: m, Body: body, Attempt: attempt}
	if d.Ref, err = connector.SearchFor(t.Context(), s.Target, d); err != nil {
		return connector.Receipt{}, err
	}
	return s.Target.Deliver(t.Context(), d)
}

func TestShopKeepsThePromisesOfATarget(t *testing.T) {
	t.Parallel()
	one, twoPlaces := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1)), parcel("S-2", "1Z2", shippedLine("HOOD-M", 1), shippedLine("TEE-BLK-M", 2))
	corrected := shippedMessage(t, later(one, func(s *canonical.Shipment) { s.Carrier = "dhl" }))
	corrected.Type = canonical.ShipmentUpdated
	connectortest.TestTarget(t, connectortest.TargetHarness{
		Samples: []*message.Message{
			shippedMessage(t, one),
			shippedMessage(t, twoPlaces),
			corrected,
			shippedMessage(t, later(twoPlaces, func(s *canonical.Shipment) { s.Status, s.DeliveredAt = canonical.Delivered, now })),
			shippedMessage(t, later(twoPlaces, func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled })),
			stockMessage(t, "5", "TEE-BLK-M", "38"),
			productMessage(t, item("NEW-1")),
			productMessage(t, changed(item("NEW-1"), func(p *canonical.Product) { p.Title, p.Barcode = "Renamed", canonical.NewText("5") })),
			priceMessage(t, "NEW-1", "24.50", "29.90"),
			productMessage(t, changed(item("NEW-1"), func(p *canonical.Product) { p.Active = false })),
			markMessage(t, atWarehouse(canonical.WarehouseHeld, outOfStock)),
			markMessage(t, atWarehouse(canonical.WarehouseReleased)),
			markMessage(t, atWarehouse(canonical.WarehouseDiscrepancy)),
			markMessage(t, atWarehouse(canonical.WarehouseCancelled)),
			cancelMessage(t, closedAtERP()), erpMessage(t, bookedAtERP(2)),
			refundMessage(t, paidBackAtERP("7", 500)),
			back{"9", false, now.Add(-time.Hour), tees("2")}.message(t),
			back{"9", true, now, tees("1/1")}.message(t),
			back{"10", true, now, tees("1/0")}.message(t),
		},
		Start: func(t *testing.T, transport http.RoundTripper) connectortest.TargetAccount {
			t.Helper()
			fake := shopifytest.New()
			fake.Put(threeTees())
			fake.Assign("5001", "12", "2", 1)
			fake.Stock("TEE-BLK-M", place, 40)
			server := httptest.NewServer(fake)
			t.Cleanup(server.Close)
			settings := fake.Settings(server.URL)
			settings["SHOPIFY_STOCK_LOCATIONS"] = stockMap
			maps.Copy(settings, productSettings)
			settings["SHOPIFY_ERP_REFUNDS"] = "pay"
			system, err := shopify.Open(settings, connector.Deps{
				HTTP: transport, Now: time.Now, CrossRef: &memory{bound: map[string]string{}, parts: map[string]map[string]connector.Portion{}, calls: map[string]int{}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return connectortest.TargetAccount{System: system, State: func(k message.Key) string {
				switch k.Type {
				case "order":
					return strings.TrimPrefix(cancelState(fake), "open")
				case "erp_order":
					return strings.TrimPrefix(erpShown(fake), "; ; ")
				case "product", "price":
					return productState(fake, k)
				case "refund":
					return strings.Join(refundState(fake), "\n")
				case "return":
					return returnState(fake, k.ID)
				case "warehouse_order":
					return strings.TrimPrefix(strings.Join(fake.Tags("5001"), " ")+" "+fake.Metafield("5001", "causeway.warehouse"), " ")
				}
				if n := fake.Available(place)["TEE-BLK-M"]; k.Type == "inventory" && n != 40 {
					return strconv.FormatInt(n, 10)
				}
				return fulfilledBy(fake, map[string]string{"S-1": "1Z1", "S-2": "1Z2"}[k.ID])
			}}
		},
	})
}

// fulfilledBy describes the fulfillments of order 5001 with the tracking number.
func fulfilledBy(fake *shopifytest.Fake, number string) (all string) {
	for _, f := range fake.Fulfillments("5001") {
		if slices.Contains(f.Numbers, number) {
			all += fmt.Sprintf("%s %v %s %s %v\n", f.Location, f.Lines, f.Company, f.Status, f.Events)
		}
	}
	return all
}

func TestPartialShipmentsAreFulfilledWithTheirLines(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	for i, n := range []int64{2, 1} {
		if _, err := s.ship(t, shippedMessage(t, parcel("S-"+strconv.Itoa(i), "1Z"+strconv.Itoa(i), shippedLine("TEE-BLK-M", n))), 1); err != nil {
			t.Fatal(err)
		}
	}
	made := s.fake.Fulfillments("5001")
	if len(made) != 2 || made[0].Lines["11"] != 2 || made[1].Lines["11"] != 1 || made[0].Company != "UPS" || !made[0].Notified || made[0].URLs[0] != "https://track.example/1Z0" {
		t.Errorf("got %+v", made)
	}
}

func TestTheOrderLineOfTheWarehouseCounts(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Purchase{ID: 5001, Items: []shopifytest.Item{
		{ID: 11, SKU: "TEE-BLK-M", Quantity: 1, Price: 1}, {ID: 12, SKU: "TEE-BLK-M", Quantity: 2, Price: 1},
	}}.Body())
	line := shippedLine("TEE-BLK-M", 2)
	line.Line = "12"
	if _, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", line)), 1); err != nil {
		t.Fatal(err)
	}
	if made := s.fake.Fulfillments("5001"); made[0].Lines["12"] != 2 || made[0].Lines["11"] != 0 {
		t.Errorf("got %+v", made)
	}
	if _, err := s.ship(t, shippedMessage(t, parcel("S-2", "1Z2", shippedLine("TEE-BLK-M", 1))), 1); err != nil {
		t.Fatal(err)
	}
	if made := s.fake.Fulfillments("5001"); made[1].Lines["11"] != 1 {
		t.Errorf("got %+v", made)
	}
}

func TestAShipmentConfirmedAgainUnderAnotherIDIsTheSame(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	first, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 2))), 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.ship(t, shippedMessage(t, parcel("S-1-resent", "1Z1", shippedLine("TEE-BLK-M", 2))), 1)
	if err != nil || again.Ref != first.Ref || !again.Linked || len(s.fake.Fulfillments("5001")) != 1 {
		t.Errorf("got %+v, %v, want %+v", again, err, first)
	}
}

// TestWithoutATrackingNumberMemoryDecides: two equal shipments are two; one that is repeated after
// an unknown outcome is one.
func TestWithoutATrackingNumberMemoryDecides(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	first, second := shippedMessage(t, parcel("S-1", "", shippedLine("TEE-BLK-M", 1))), shippedMessage(t, parcel("S-2", "", shippedLine("TEE-BLK-M", 1)))
	one, err := s.ship(t, first, 1)
	if err != nil {
		t.Fatal(err)
	}
	repeated, err := s.ship(t, first, 2)
	if err != nil || repeated.Ref != one.Ref {
		t.Errorf("repeated: %+v, %v", repeated, err)
	}
	other, err := s.ship(t, second, 2)
	if err != nil || other.Ref == one.Ref || len(s.fake.Fulfillments("5001")) != 2 {
		t.Errorf("the second: %+v, %v", other, err)
	}
}

func TestMoreThan250LinesAreSplit(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var items []shopifytest.Item
	var lines []canonical.ShipmentLine
	for i := range 260 {
		sku := "SKU-" + strconv.Itoa(i)
		items = append(items, shopifytest.Item{ID: int64(1000 + i), SKU: sku, Quantity: 1, Price: 100})
		lines = append(lines, shippedLine(sku, 1))
	}
	s.fake.Put(shopifytest.Purchase{ID: 5001, Items: items}.Body())
	if _, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", lines...)), 1); err != nil {
		t.Fatal(err)
	}
	made := s.fake.Fulfillments("5001")
	if len(made) != 2 || len(made[0].Lines) != 250 || len(made[1].Lines) != 10 {
		t.Fatalf("%d fulfillments", len(made))
	}
}

func TestTheLocationOfTheShipmentComesFirst(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_LOCATIONS": "east=2"})
	s.fake.Put(threeTees())
	s.fake.Assign("5001", "11", "2", 2)
	p := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))
	p.Location = "east"
	if _, err := s.ship(t, shippedMessage(t, p), 1); err != nil {
		t.Fatal(err)
	}
	if made := s.fake.Fulfillments("5001"); made[0].Location != "2" {
		t.Errorf("got %+v", made)
	}
	p = parcel("S-2", "1Z2", shippedLine("HOOD-M", 1))
	p.Location = "east"
	receipt, err := s.ship(t, shippedMessage(t, p), 1)
	if err != nil || !strings.Contains(receipt.Detail, "shipped from location 2, fulfilled at location 1") {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

func TestCarriersHaveShopifysNames(t *testing.T) {
	t.Parallel()
	for carrier, want := range map[string]string{
		"ups": "UPS", "dhl_express": "DHL Express", "DHL eCommerce": "DHL eCommerce", "rocket": "Other", "": "Other", "My Courier": "Local Courier",
	} {
		s := open(t, overrides{"SHOPIFY_CARRIERS": "my-courier=Local Courier"})
		s.fake.Put(threeTees())
		p := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))
		p.Carrier = carrier
		if _, err := s.ship(t, shippedMessage(t, p), 1); err != nil {
			t.Fatal(err)
		}
		if made := s.fake.Fulfillments("5001"); made[0].Company != want || made[0].URLs[0] == "" {
			t.Errorf("%q: got %+v", carrier, made)
		}
	}
}

func TestAddressesOfParcelsAreSentOnlyForAll(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	p := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))
	p.Tracking = append(p.Tracking, canonical.Tracking{Number: "1Z2"})
	if _, err := s.ship(t, shippedMessage(t, p), 1); err != nil {
		t.Fatal(err)
	}
	if made := s.fake.Fulfillments("5001"); !slices.Equal(made[0].Numbers, []string{"1Z1", "1Z2"}) || len(made[0].URLs) != 0 {
		t.Errorf("got %+v", made)
	}
}

func TestCustomersAreNotNotifiedWhereItIsNotWanted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setting string
		lane    message.Lane
		want    bool
	}{"by default": {"true", message.Live, true}, "by setting": {"false", message.Live, false}, "of a backfill": {"true", message.Backfill, false}} {
		s := open(t, overrides{"SHOPIFY_NOTIFY_CUSTOMER": c.setting})
		s.fake.Put(threeTees())
		m := shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1)))
		m.Lane = c.lane
		if _, err := s.ship(t, m, 1); err != nil {
			t.Fatal(err)
		}
		if made := s.fake.Fulfillments("5001"); made[0].Notified != c.want {
			t.Errorf("%s: %v", name, made[0].Notified)
		}
	}
}

func TestWhatCannotBeFulfilledIsExplained(t *testing.T) {
	t.Parallel()
	half := canonical.ShipmentLine{SKU: "TEE-BLK-M", Quantity: canonical.Pieces(canonical.NewDecimal(15, 1))}
	for name, c := range map[string]struct {
		prepare func(*shop, *message.Message)
		lines   []canonical.ShipmentLine
		kind    fault.Kind
		class   fault.Class
		field   string
	}{
		"more than was ordered": {nil, []canonical.ShipmentLine{shippedLine("TEE-BLK-M", 4)}, fault.Rejected, fault.Conflict, "lines[0].quantity"},
		"an article of no line": {nil, []canonical.ShipmentLine{shippedLine("HOOD-M", 1), shippedLine("CAP", 1)}, fault.Rejected, fault.MissingRef, "lines[1].sku"},
		"half a piece":          {nil, []canonical.ShipmentLine{half}, fault.Rejected, fault.Value, "lines[0].quantity"},
		"nothing":               {nil, []canonical.ShipmentLine{shippedLine("TEE-BLK-M", 0)}, fault.Rejected, fault.Value, "lines"},
		"on hold":               {func(s *shop, _ *message.Message) { s.fake.Hold("5001", "ON_HOLD") }, nil, fault.NotReady, fault.Conflict, "lines[0]"},
		"scheduled":             {func(s *shop, _ *message.Message) { s.fake.Hold("5001", "SCHEDULED") }, nil, fault.NotReady, fault.Conflict, "lines[0]"},
		"nothing left": {func(s *shop, _ *message.Message) {
			s.fake.Put(shopifytest.Purchase{ID: 5001, Items: []shopifytest.Item{{ID: 11, SKU: "TEE-BLK-M", Quantity: 1, Price: 1}}, Change: fulfilledElsewhere}.Body())
		}, nil, fault.Rejected, fault.Conflict, "order"},
		"an order of another one": {func(_ *shop, m *message.Message) { m.Parents[0].System = "woocommerce" }, nil, fault.Rejected, fault.MissingRef, "order"},
		"an unknown shop":         {func(_ *shop, m *message.Message) { m.Parents[0].Tenant = "second.myshopify.com" }, nil, fault.Rejected, fault.Config, "SHOPIFY_SHOPS"},
		"no order":                {func(_ *shop, m *message.Message) { m.Parents = nil }, nil, fault.Invalid, fault.MissingRef, "order"},
		"an unknown order":        {func(s *shop, _ *message.Message) { s.fake.Remove("5001") }, nil, fault.Rejected, fault.MissingRef, "order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.fake.Put(threeTees())
			if c.lines == nil {
				c.lines = []canonical.ShipmentLine{shippedLine("TEE-BLK-M", 1)}
			}
			m := shippedMessage(t, parcel("S-1", "1Z1", c.lines...))
			if c.prepare != nil {
				c.prepare(s, m)
			}
			_, err := s.ship(t, m, 1)
			wantFault(t, err, c.kind, c.class, c.field)
			if made := s.fake.Fulfillments("5001"); len(made) != 0 {
				t.Errorf("something was written: %+v", made)
			}
		})
	}
}

// fulfilledElsewhere is a change of an order whose lines have nothing left to fulfill.
func fulfilledElsewhere(order map[string]any) {
	for _, one := range order["line_items"].([]any) {
		one.(map[string]any)["fulfillable_quantity"] = 0
	}
}

// TestAnOrderWithoutFulfillmentOrdersIsWaitedForIfItHasSomethingToFulfill: the app may lack a scope.
func TestAnOrderWithoutFulfillmentOrdersIsWaitedForIfItHasSomethingToFulfill(t *testing.T) {
	t.Parallel()
	for fulfillable, want := range map[string]fault.Kind{"true": fault.NotReady, "false": fault.Rejected} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		s.fake.AnswerTo("fulfillmentOrders(first", shopifytest.Answer{Status: 200, Body: `{"data":{"order":{"fulfillmentOrders":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}}`})
		s.fake.AnswerTo("fulfillable }", shopifytest.Answer{Status: 200, Body: `{"data":{"order":{"fulfillable":` + fulfillable + `}}}`})
		_, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))), 1)
		if f := fault.As(err); f == nil || f.Kind != want || f.Field != "order" || want == fault.Rejected && f.Code != "nothing_to_fulfill" {
			t.Errorf("fulfillable %s: %v", fulfillable, err)
		}
	}
}

func TestUserErrorsAreClassifiedByTheirWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		kind  fault.Kind
		class fault.Class
		code  string
	}{
		"Invalid fulfillment order line item quantity requested.":  {fault.Unavailable, fault.Conflict, "quantity_changed"},
		"Fulfillment order 1 has an unfulfillable status= closed.": {fault.Unavailable, fault.Conflict, "status_changed"},
		"Fulfillment order does not exist.":                        {fault.Unavailable, fault.Conflict, "fulfillment_order_changed"},
		"Tracking number is too long (maximum is 255)":             {fault.Rejected, fault.Value, "tracking_rejected"},
		"Something else about ada@example.com":                     {fault.Rejected, fault.Value, "user_error"},
	} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		s.fake.AnswerTo("fulfillmentCreate", shopifytest.Answer{Status: 200, Body: `{"data":{"fulfillmentCreate":{"fulfillment":null,"userErrors":[{"field":["fulfillment"],"message":` + strconv.Quote(text) + `}]}}}`})
		_, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))), 1)
		e := fault.As(err)
		if e == nil || e.Kind != want.kind || e.ClassOrDefault() != want.class || e.Code != want.code || strings.Contains(e.Error(), "ada@") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAMutationWithoutAnAnswerIsAmbiguous(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	s.fake.AnswerTo("fulfillmentCreate", shopifytest.Answer{Status: 502, Body: "bad gateway"})
	_, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))), 1)
	if e := fault.As(err); e == nil || e.Kind != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	s.fake.AnswerTo("fulfillmentCreate", shopifytest.Answer{Status: 200, Body: `{"data":{"fulfillmentCreate":{"fulfillment":null,"userErrors":[]}}}`})
	_, err = s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))), 1)
	wantFault(t, err, fault.Unavailable, fault.Ambiguous, "")
}

// TestManyFulfillmentOrdersArePaged reads six fulfillment orders, one of them with 60 lines.
func TestManyFulfillmentOrdersArePaged(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var items []shopifytest.Item
	for i := range 66 {
		items = append(items, shopifytest.Item{ID: int64(1000 + i), SKU: "SKU-" + strconv.Itoa(i), Quantity: 1, Price: 100})
	}
	s.fake.Put(shopifytest.Purchase{ID: 5001, Items: items}.Body())
	for i := range 6 {
		s.fake.Assign("5001", strconv.Itoa(1000+i), strconv.Itoa(2+i), 1)
	}
	if _, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("SKU-5", 1), shippedLine("SKU-65", 1))), 1); err != nil {
		t.Fatal(err)
	}
	made := s.fake.Fulfillments("5001")
	if len(made) != 2 || made[0].Location != "7" || made[1].Lines["1065"] != 1 {
		t.Errorf("got %+v", made)
	}
}
