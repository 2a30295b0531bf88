package shopify_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// atWarehouse returns the warehouse's order of order 5001 in the state.
func atWarehouse(status canonical.WarehouseStatus, holds ...canonical.Hold) *canonical.WarehouseOrder {
	three := canonical.Pieces(canonical.NewDecimal(3, 0))
	w := &canonical.WarehouseOrder{ID: "567", Order: "5001", Status: status, Holds: holds, ReleasedAt: now, Lines: []canonical.WarehouseLine{{SKU: "TEE-BLK-M", Ordered: three}}}
	if status == canonical.WarehouseDiscrepancy {
		w.Lines[0].Shipped = new(canonical.Pieces(canonical.NewDecimal(2, 0)))
	}
	return w
}

func markMessage(t testing.TB, w *canonical.WarehouseOrder) *message.Message {
	t.Helper()
	body, err := canonical.Encode(w)
	if err != nil {
		t.Fatal(err)
	}
	order := message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: "order", ID: w.Order}
	return &message.Message{
		ID: "event-" + string(w.Status), Source: message.SourcePrefix + "depot", Type: w.EventType(), Subject: "warehouse_order/" + order.String(), Tenant: "depot-1",
		Schema: "warehouse_order/1", Time: now, Sequence: message.NewSequence(now, false, now), Body: body, Parents: []message.Key{order},
	}
}

var outOfStock = canonical.Hold{Reason: "OutOfStock", SKU: "TEE-BLK-M"}

func TestAHeldOrderIsTaggedWithTheReasonUntilItEnds(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Purchase{ID: 5001, Change: func(o map[string]any) { o["tags"] = "vip" }}.Body())
	for _, c := range []struct {
		state   *canonical.WarehouseOrder
		tags    []string
		words   string
		written int // mutations
	}{
		{atWarehouse(canonical.WarehouseReleased), []string{"vip"}, "", 0},
		{atWarehouse(canonical.WarehouseHeld, outOfStock), []string{"vip", "warehouse-hold"}, "held: OutOfStock (TEE-BLK-M)", 2},
		{atWarehouse(canonical.WarehouseHeld, outOfStock), []string{"vip", "warehouse-hold"}, "held: OutOfStock (TEE-BLK-M)", 0},
		{atWarehouse(canonical.WarehouseHeld, canonical.Hold{Reason: "InvalidAddress"}), []string{"vip", "warehouse-hold"}, "held: InvalidAddress", 1},
		{atWarehouse(canonical.WarehouseDiscrepancy), []string{"vip", "warehouse-discrepancy"}, "discrepancy: 2 of 3 TEE-BLK-M left", 3},
		{atWarehouse(canonical.WarehouseReleased), []string{"vip"}, "released", 2},
		{atWarehouse(canonical.WarehouseCancelled), []string{"vip"}, "cancelled", 1},
	} {
		before := len(s.fake.Asked())
		receipt, err := s.ship(t, markMessage(t, c.state), 1)
		if err != nil {
			t.Fatal(err)
		}
		tags, words, written := s.fake.Tags("5001"), s.fake.Metafield("5001", "causeway.warehouse"), len(s.fake.Asked())-before-2 // without the search and the read
		if !slices.Equal(tags, c.tags) || words != c.words || written != c.written || receipt.Linked != (written == 0) || receipt.Ref != "5001" {
			t.Errorf("%s: %v, %q, %d mutations, %+v", c.state.Words(), tags, words, written, receipt)
		}
	}
}

func TestAMarkThatCannotBeSetSaysWhy(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	held := atWarehouse(canonical.WarehouseHeld, outOfStock)
	_, err := s.ship(t, markMessage(t, held), 1)
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("without the order: %v", err)
	}
	s.fake.Put(threeTees())
	for _, c := range [][2]string{ // in the order in which they are sent
		{"tagsAdd", `{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":["id"],"message":"Resource does not exist"}]}}}`},
		{"metafieldsSet", `{"data":{"metafieldsSet":{"metafields":null,"userErrors":[{"field":null,"message":"no","code":"APP_NOT_AUTHORIZED"}]}}}`},
	} {
		mutation, answer := c[0], c[1]
		s.fake.AnswerTo(mutation, shopifytest.Answer{Status: 200, Body: answer})
		_, err := s.ship(t, markMessage(t, held), 1)
		if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Field != "status" || strings.Contains(f.Detail, "Resource") || mutation == "metafieldsSet" && f.Code != "APP_NOT_AUTHORIZED" {
			t.Errorf("%s: %v", mutation, err)
		}
	}
	for name, change := range map[string]func(*message.Message){
		"no order":      func(m *message.Message) { m.Parents = nil },
		"another store": func(m *message.Message) { m.Parents[0].System = "woocommerce" },
		"another shop":  func(m *message.Message) { m.Parents[0].Tenant = "other.myshopify.com" },
	} {
		m := markMessage(t, held)
		change(m)
		if _, err := s.ship(t, m, 1); fault.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheTagsOfAWarehouseAreTwo(t *testing.T) {
	t.Parallel()
	settings := shopifytest.New().Settings("http://127.0.0.1:1")
	settings["SHOPIFY_HOLD_TAG"], settings["SHOPIFY_DISCREPANCY_TAG"] = "look", "Look"
	_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
	if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "SHOPIFY_DISCREPANCY_TAG" {
		t.Errorf("got %v", err)
	}
}
