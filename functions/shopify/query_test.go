package shopify_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// TestQueriesFitTheSchema validates every query of the code against the published types.
func TestQueriesFitTheSchema(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "admin", Input: string(mustRead(t, "..", "shopifytest", "testdata", "admin.graphql"))})
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor, "SHOPIFY_ERP_REFUNDS": "pay", "SHOPIFY_STOCK_LOCATIONS": stockMap, "SHOPIFY_MASTER_LOCATIONS": otherSite, "SHOPIFY_SHIPPING_LOCATIONS": otherSite, "SHOPIFY_PRODUCT_SHOPS": productSettings["SHOPIFY_PRODUCT_SHOPS"], "SHOPIFY_PRICE_LISTS": productSettings["SHOPIFY_PRICE_LISTS"]})
	s.fake.Pay("5", sale(1, "SALE", "SUCCESS", "gift_card", 15750))
	s.fake.Put(withRefund(t))
	s.polled(t, "order", "820982911946154508")
	s.all(t, "customer", shopifytest.Start, nil)
	if _, err := s.Poller.Fetch(t.Context(), s.feed("customer"), connector.Change{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Subscriber.Subscribe(t.Context(), connector.Subscription{Tenant: shopifytest.Shop, Topic: "orders/paid"}); err != nil {
		t.Fatal(err)
	}
	s.states(t)
	if err := s.Checker.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mustTranslate(t, "orders/paid", split(5))
	s.fulfillsInPages(t)
	s.fake.Stock("TEE-BLK-M", otherSite, 9)
	if _, err := s.setStock(t.Context(), t, stockMessage(t, "5", "TEE-BLK-M", "12")); err != nil {
		t.Fatal(err)
	}
	s.writesProducts(t)
	for _, state := range []*canonical.WarehouseOrder{atWarehouse(canonical.WarehouseHeld, outOfStock), atWarehouse(canonical.WarehouseReleased)} {
		if _, err := s.ship(t, markMessage(t, state), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, shirts := range []int64{2, 3} {
		if _, err := s.ship(t, erpMessage(t, bookedAtERP(shirts)), 1); err != nil {
			t.Fatal(err)
		}
	}
	s.fake.SlowCancel(1, "")
	if _, err := s.ship(t, cancelMessage(t, closedAtERP()), 1); fault.KindOf(err) != fault.Unavailable {
		t.Fatal(err)
	}
	s.fake.Return("5001", "OPEN", map[string]int{"SKU-59": 1})
	s.give(t, back{"9", true, now, map[string]string{"SKU-59": "1/1"}})
	s.fake.Put(threeTees())
	for id, refunded := range map[string]int64{"7": 500, "8": 1} {
		if _, err := s.ship(t, refundMessage(t, paidBackAtERP(id, refunded)), 1); err != nil {
			t.Fatal(err)
		}
	}
	s.publishes(t)
	s.audits(t)
	s.hasNothingOpen(t)
	asked := append(s.fake.Asked(), asMaster(t)...)
	wantEach(t, asked)
	for _, query := range asked {
		if _, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules()); errs != nil {
			t.Errorf("%s\n%v", query, errs)
		}
		misspelt := strings.NewReplacer("name", "nome", "amountSet", "amountSat", "firstName", "fristName", "uri", "url", "updatedAt", "updated", "trackingInfo", "tracking", "lineItem {", "item {", "userErrors", "errors", "tracked", "isTracked", "currencyCode", "currency", "createdDefinition", "definition {", "value }", "text }", "cancelledAt", "canceledAt", "id status }", "id state }", "location {", "place {", "precision", "exactness", "{ fulfillable }", "{ isFulfillable }").Replace(query)
		if _, errs := gqlparser.LoadQueryWithRules(schema, misspelt, rules.NewDefaultRules()); errs == nil {
			t.Errorf("a misspelt field passes:\n%s", misspelt)
		}
	}
}

// operation is the beginning of a query or mutation in the code.
var operation = regexp.MustCompile("`(query|mutation) (\\w+)")

// wantEach fails unless every operation of the connector's code is among those that were sent.
func wantEach(t *testing.T, asked []string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "shopifytest":
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		code, err := os.ReadFile(path)
		for _, match := range operation.FindAllStringSubmatch(string(code), -1) {
			found++
			begins := regexp.MustCompile(`^\s*` + match[1] + " " + match[2] + `\b`)
			if !slices.ContainsFunc(asked, begins.MatchString) {
				t.Errorf("%s: %s %s was not sent", path, match[1], match[2])
			}
		}
		return err
	})
	if err != nil || found < 50 {
		t.Errorf("%d operations, %v", found, err)
	}
}

// audits counts and lists the orders of an hour.
func (s *shop) audits(t *testing.T) {
	t.Helper()
	span := connector.Span{From: shopifytest.Start, To: shopifytest.Start.Add(time.Hour)}
	if _, err := s.Auditor.Totals(t.Context(), orders, span); err != nil {
		t.Fatal(err)
	}
	s.records(t, span)
}

// hasNothingOpen ships an order of which nothing is left.
func (s *shop) hasNothingOpen(t *testing.T) {
	t.Helper()
	s.fake.Put(shopifytest.Purchase{ID: 5001, Items: []shopifytest.Item{{ID: 11, SKU: "TEE-BLK-M", Quantity: 1, Price: 1}}, Change: fulfilledElsewhere}.Body())
	_, err := s.ship(t, shippedMessage(t, parcel("S-77", "1Z77", shippedLine("TEE-BLK-M", 1))), 1)
	wantFault(t, err, fault.Rejected, fault.Conflict, "order")
}

// asMaster returns the queries of a shop that publishes a product of two pages.
func asMaster(t *testing.T) []string {
	t.Helper()
	m := openMaster(t, nil)
	p := shopifytest.Product{Title: "Tee"}
	for i := range 101 {
		p.Variants = append(p.Variants, shopifytest.Variant{Title: strconv.Itoa(i), SKU: map[bool]string{true: "TEE"}[i == 100]})
	}
	p = m.fake.AddProduct(p)
	m.polled(t, "product", strconv.FormatInt(p.ID, 10))
	return m.fake.Asked()
}

// publishes reads a level and fulfillments by webhook and by poll.
func (s *shop) publishes(t *testing.T) {
	t.Helper()
	if got, err := s.translate(t, "inventory_levels/update", s.fake.LevelBody("TEE-BLK-M", otherSite)); err != nil || len(got.Events) != 1 {
		t.Fatal(got, err)
	}
	s.polled(t, "inventory", "TEE-BLK-M@"+otherSite)
	var last shopifytest.Fulfillment
	for range 10 { // as many as the list has
		last = s.fake.Ship(shopifytest.Fulfillment{Order: "5001", Location: otherSite, Lines: map[string]int64{"11": 1}})
	}
	if got := s.reported(t, "fulfillments/create", last.ID); len(got.Events) != 1 {
		t.Fatal(got)
	}
	s.polled(t, "shipment", strconv.FormatInt(last.ID, 10))
}

// fulfillsInPages ships an order of 60 lines, and again under another id, so that every query of a
// fulfillment is sent.
func (s *shop) fulfillsInPages(t *testing.T) {
	t.Helper()
	var items []shopifytest.Item
	for i := range 60 {
		items = append(items, shopifytest.Item{ID: int64(1000 + i), SKU: "SKU-" + strconv.Itoa(i), Quantity: 1, Price: 100})
	}
	s.fake.Put(shopifytest.Purchase{ID: 5001, Items: items}.Body())
	for _, id := range []string{"S-1", "S-1-again"} {
		if _, err := s.ship(t, shippedMessage(t, parcel(id, "1Z1", shippedLine("SKU-59", 1))), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []struct {
		id     string
		status canonical.ShipmentStatus
	}{{"S-1", canonical.Delivered}, {"S-1", canonical.ShipmentCancelled}, {"S-1-again", canonical.ShipmentCancelled}} {
		p := parcel(state.id, "1Z1", shippedLine("SKU-59", 1))
		p.Carrier, p.Status = "dhl", state.status
		if _, err := s.ship(t, shippedMessage(t, p), 1); err != nil {
			t.Fatal(err)
		}
	}
}

// withRefund is the sample with a refund, which has a query of its own.
func withRefund(t testing.TB) []byte {
	t.Helper()
	return edit(t, `"refunds":[]`, `"refunds":[`+refundOf("")+`]`)
}

func TestTheOrderIsAskedForByItsWholeID(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Pay("9007199254740993", shopifytest.Transaction{ID: 9007199254740995, Kind: "SALE", Status: "SUCCESS", Amount: usd(15750), At: shopifytest.Start})
	paid := payments(s.mustTranslate(t, "orders/paid", split(9007199254740993)))
	if len(paid) != 1 || paid[0].Reference != "9007199254740995" || paid[0].Order != "9007199254740993" {
		t.Errorf("got %+v", paid)
	}
}
