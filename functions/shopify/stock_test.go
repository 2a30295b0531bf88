package shopify_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The location of the shop, and its entry for location 5 of the ERP.
const (
	place     = "655441491"
	stockMap  = "erp/5=" + shopifytest.Shop + "/" + place
	otherSite = "655441492"
)

// stockMessage is the event of a level at a location of the ERP.
func stockMessage(t testing.TB, location, sku, available string) *message.Message {
	t.Helper()
	level := &canonical.InventoryLevel{SKU: sku, Location: location, At: now}
	if available != "" {
		n, err := canonical.ParseDecimal(available)
		if err != nil {
			t.Fatal(err)
		}
		level.Available = new(canonical.Pieces(n))
	}
	body, err := canonical.Encode(level)
	if err != nil {
		t.Fatal(err)
	}
	id := sku + "@" + location
	return &message.Message{
		ID: "level-" + id + "-" + available, Source: message.SourcePrefix + "erp", Type: canonical.InventoryLevelSet, Subject: "inventory/" + id, Tenant: "main",
		Schema: "inventory/1", Time: now, Sequence: message.NewSequence(now, true, now), Body: body,
	}
}

func (s *shop) setStock(ctx context.Context, t testing.TB, m *message.Message) (connector.Receipt, error) {
	t.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s.Target.Deliver(ctx, connector.Delivery{Message: m, Body: body, Attempt: 1})
}

// setTogether delivers as a worker does that received the messages together, and returns the
// failures by SKU.
func (s *shop) setTogether(t testing.TB, messages ...*message.Message) map[string]*fault.Error {
	t.Helper()
	failed, mu := map[string]*fault.Error{}, sync.Mutex{}
	for some := range slices.Chunk(messages, 250) {
		party, all := combine.NewParty(len(some)), sync.WaitGroup{}
		for _, m := range some {
			all.Go(func() {
				ctx, leave := party.Join(t.Context())
				defer leave()
				if _, err := s.setStock(ctx, t, m); err != nil {
					mu.Lock()
					defer mu.Unlock()
					sku, _, _ := strings.Cut(m.Key().ID, "@")
					failed[sku] = fault.As(err)
				}
			})
		}
		all.Wait()
	}
	return failed
}

func TestLevelBecomesWhatIsAvailable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		available string
		buffer    string
		want      int64
		mutations int
	}{
		"set":                        {"38", "0", 38, 1},
		"unchanged is not sent":      {"40", "0", 40, 0},
		"none left":                  {"0", "0", 0, 1},
		"a part of a piece":          {"12.9", "0", 12, 1},
		"less the buffer":            {"12", "5", 7, 1},
		"fewer than the buffer":      {"3", "5", 0, 1},
		"unchanged after the buffer": {"45", "5", 40, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap, "SHOPIFY_STOCK_BUFFER": c.buffer})
			s.fake.Stock("TEE-BLK-M", place, 40)
			s.fake.Stock("TEE-BLK-M", otherSite, 9)
			receipt, err := s.setStock(t.Context(), t, stockMessage(t, "5", "TEE-BLK-M", c.available))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.fake.Available(place)["TEE-BLK-M"]; got != c.want || len(s.fake.StockMutations()) != c.mutations {
				t.Errorf("the shop has %d after %d mutations, want %d after %d (%s)", got, len(s.fake.StockMutations()), c.want, c.mutations, receipt.Detail)
			}
			if got := s.fake.Available(otherSite)["TEE-BLK-M"]; got != 9 || receipt.Linked != (c.mutations == 0) {
				t.Errorf("the other location has %d, and the receipt is %+v", got, receipt)
			}
		})
	}
}

func TestLevelThatIsNotSetSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message   func(t *testing.T) *message.Message
		unknown   string
		want      string // of the receipt
		wantError string
		class     fault.Class
	}{
		"untracked": {message: func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "5", "POSTER", "3") }, want: "does not track the quantity of POSTER"},
		"elsewhere": {message: func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "6", "TEE-BLK-M", "3") }, want: "the stock of location 6 of erp goes to no shop"},
		"unmapped": {
			message:   func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "7", "TEE-BLK-M", "3") },
			wantError: `SHOPIFY_STOCK_LOCATIONS: has no entry for "erp/7"`, class: fault.Config,
		},
		"unknown SKU": {
			message:   func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "5", "NO-SUCH", "3") },
			wantError: `"NO-SUCH": ` + shopifytest.Shop + " has no variant with this SKU", class: fault.MissingRef,
		},
		"unknown SKU that is skipped": {
			message: func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "5", "NO-SUCH", "3") },
			unknown: "skip", want: "has no variant with the SKU NO-SUCH",
		},
		"the case of a SKU counts": {
			message:   func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "5", "tee-blk-m", "3") },
			wantError: `"tee-blk-m"`, class: fault.MissingRef,
		},
		"a SKU of two variants": {
			message:   func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "5", "HOOD-M", "3") },
			wantError: `"HOOD-M": 2 variants`, class: fault.MissingRef,
		},
		"nothing is said to be available": {
			message:   func(t *testing.T) *message.Message { t.Helper(); return stockMessage(t, "5", "TEE-BLK-M", "") },
			wantError: "available", class: fault.Schema,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap + ",erp/6=none", "SHOPIFY_STOCK_UNKNOWN_SKU": map[bool]string{true: "skip", false: "refuse"}[c.unknown == "skip"]})
			s.fake.Stock("TEE-BLK-M", place, 40)
			s.fake.Stock("POSTER", place, 1)
			s.fake.Untrack("POSTER")
			s.fake.Stock("HOOD-M", place, 1)
			s.fake.Duplicate("HOOD-M")
			receipt, err := s.setStock(t.Context(), t, c.message(t))
			switch f := fault.As(err); {
			case c.wantError != "" && (f == nil || f.Class != c.class || !strings.Contains(err.Error(), c.wantError)):
				t.Errorf("got %v, want %q of class %v", err, c.wantError, c.class)
			case c.wantError == "" && (err != nil || !receipt.Linked || !strings.Contains(receipt.Detail, c.want)):
				t.Errorf("got %+v, %v, want %q", receipt, err, c.want)
			}
			if n := s.fake.StockMutations(); len(n) > 0 {
				t.Errorf("%v quantities were sent", n)
			}
		})
	}
}

func TestItemIsActivatedAtItsLocationThenSet(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap})
	s.fake.Stock("TEE-BLK-M", otherSite, 9)
	s.fake.Stock("HOOD-M", otherSite, 9)
	if failed := s.setTogether(t, stockMessage(t, "5", "TEE-BLK-M", "12"), stockMessage(t, "5", "HOOD-M", "0")); len(failed) > 0 {
		t.Fatal(failed)
	}
	if got, want := s.fake.Available(place), map[string]int64{"TEE-BLK-M": 12, "HOOD-M": 0}; !maps.Equal(got, want) {
		t.Errorf("the shop has %v, want %v", got, want)
	}
}

// TestThousandLevelsAreFourMutations delivers 1,000 levels as a worker does, an unknown SKU among
// them, and a second time, of which nothing changed but one.
func TestThousandLevelsAreFourMutations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, thousandLevels) // a batch waits for the points of the shop's bucket
}

// inProcess is a network that leads to the fake.
type inProcess struct{ fake *shopifytest.Fake }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.fake.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

func thousandLevels(t *testing.T) {
	s := &shop{fake: shopifytest.New()}
	s.fake.Now = time.Now
	settings := s.fake.Settings("https://shop.example")
	settings["SHOPIFY_STOCK_LOCATIONS"] = stockMap
	var err error
	s.System, err = shopify.Open(settings, connector.Deps{HTTP: inProcess{s.fake}, Now: time.Now, CrossRef: &memory{bound: map[string]string{}, calls: map[string]int{}}})
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]*message.Message, 1000)
	for i := range messages {
		sku := "SKU-" + strconv.Itoa(i)
		if i != 500 {
			s.fake.Stock(sku, place, 3)
		}
		messages[i] = stockMessage(t, "5", sku, "7")
	}
	failed := s.setTogether(t, messages...)
	if len(failed) != 1 || failed["SKU-500"] == nil || failed["SKU-500"].Code != "unknown_sku" {
		t.Errorf("failed: %v", failed)
	}
	for sku, n := range s.fake.Available(place) {
		if n != 7 {
			t.Errorf("%s has %d", sku, n)
		}
	}
	if got, want := s.fake.StockMutations(), []int{250, 250, 249, 250}; !slices.Equal(got, want) {
		t.Errorf("mutations of %v quantities, want %v", got, want)
	}
	s.fake.Stock("SKU-7", place, 5) // two were sold
	s.setTogether(t, messages...)
	if got := s.fake.StockMutations()[4:]; !slices.Equal(got, []int{1}) || s.fake.Available(place)["SKU-7"] != 7 {
		t.Errorf("then mutations of %v quantities, want one of 1", got)
	}
}

// TestStaleLevelFailsNoOther sells a piece of one SKU between the read and the write.
func TestStaleLevelFailsNoOther(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap})
	messages := make([]*message.Message, 250)
	for i := range messages {
		s.fake.Stock("SKU-"+strconv.Itoa(i), place, 3)
		messages[i] = stockMessage(t, "5", "SKU-"+strconv.Itoa(i), "7")
	}
	s.fake.SellAfterRead("SKU-100", place, 1)
	failed := s.setTogether(t, messages...)
	if f := failed["SKU-100"]; len(failed) != 1 || f == nil || f.Kind != fault.Rejected || f.Class != fault.Conflict || f.Code != "CHANGE_FROM_QUANTITY_STALE" {
		t.Fatalf("failed: %v", failed)
	}
	if got, want := s.fake.StockMutations(), []int{250, 249}; !slices.Equal(got, want) {
		t.Errorf("mutations of %v quantities, want %v", got, want)
	}
	for sku, n := range s.fake.Available(place) {
		if want := map[bool]int64{true: 2, false: 7}[sku == "SKU-100"]; n != want {
			t.Errorf("%s has %d, want %d", sku, n, want)
		}
	}
	if _, err := s.setStock(t.Context(), t, messages[100]); err != nil || s.fake.Available(place)["SKU-100"] != 7 {
		t.Errorf("the next attempt ends with %v, and the shop has %d", err, s.fake.Available(place)["SKU-100"])
	}
}

func TestUserErrorOfStockIsAFailureWithItsCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault.Error{
		"CHANGE_FROM_QUANTITY_STALE":         {Kind: fault.Rejected, Class: fault.Conflict},
		"INVALID_QUANTITY_TOO_HIGH":          {Kind: fault.Rejected, Class: fault.Value},
		"NON_MUTABLE_INVENTORY_ITEM":         {Kind: fault.Rejected, Class: fault.Value},
		"INVALID_INVENTORY_ITEM":             {Kind: fault.Rejected, Class: fault.Value},
		"A_CODE_OF_TOMORROW":                 {Kind: fault.Rejected, Class: fault.Value},
		"INVALID_LOCATION":                   {Kind: fault.Rejected, Class: fault.Config},
		"IDEMPOTENCY_KEY_PARAMETER_MISMATCH": {Kind: fault.Rejected, Class: fault.Bug},
		"IDEMPOTENCY_CONCURRENT_REQUEST":     {Kind: fault.Unavailable, Class: fault.Conflict},
	} {
		for _, field := range []string{`["input","quantities","0","quantity"]`, "null"} {
			t.Run(code+" "+field, func(t *testing.T) {
				t.Parallel()
				s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap})
				s.fake.Stock("TEE-BLK-M", place, 40)
				s.fake.AnswerTo("mutation setInventory", shopifytest.Answer{Status: http.StatusOK, Body: fmt.Sprintf(
					`{"data":{"inventorySetQuantities":{"inventoryAdjustmentGroup":null,"userErrors":[{"code":%q,"field":%s,"message":"no"}]}}}`, code, field)})
				_, err := s.setStock(t.Context(), t, stockMessage(t, "5", "TEE-BLK-M", "38"))
				if f := fault.As(err); f == nil || f.Kind != want.Kind || f.Class != want.Class || f.Code != code {
					t.Errorf("got %v, want %v %v with its code", err, want.Kind, want.Class)
				}
			})
		}
	}
}

func TestSpentKeyOfStockIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap})
	s.fake.Stock("TEE-BLK-M", place, 40)
	s.fake.AnswerTo("mutation setInventory", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"inventorySetQuantities":{"inventoryAdjustmentGroup":null,"userErrors":[` +
		`{"code":"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED","field":null,"message":"failed"}]}}}`})
	if _, err := s.setStock(t.Context(), t, stockMessage(t, "5", "TEE-BLK-M", "38")); err != nil || s.fake.Available(place)["TEE-BLK-M"] != 38 {
		t.Errorf("got %v, and the shop has %v", err, s.fake.Available(place))
	}
}

func TestLostAnswerOfStockIsFoundSet(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap})
	s.fake.Stock("TEE-BLK-M", place, 40)
	s.fake.LoseAnswer("mutation setInventory")
	m := stockMessage(t, "5", "TEE-BLK-M", "38")
	if _, err := s.setStock(t.Context(), t, m); err == nil {
		t.Fatal("a lost answer is no error")
	}
	receipt, err := s.setStock(t.Context(), t, m)
	if err != nil || !receipt.Linked || len(s.fake.StockMutations()) != 1 {
		t.Errorf("got %+v, %v after %d mutations", receipt, err, len(s.fake.StockMutations()))
	}
}

func TestLevelsOfOneItemAreNotSetInOneRequest(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_STOCK_LOCATIONS": stockMap})
	s.fake.Stock("TEE-BLK-M", place, 40)
	failed := s.setTogether(t, stockMessage(t, "5", "TEE-BLK-M", "38"), stockMessage(t, "5", "TEE-BLK-M", "37"))
	if len(failed) != 1 || failed["TEE-BLK-M"].Class != fault.Conflict || !slices.Equal(s.fake.StockMutations(), []int{1}) {
		t.Errorf("failed: %v after mutations of %v", failed, s.fake.StockMutations())
	}
}

func TestStockLocationsHaveOneMaster(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ setting, want string }{
		"two masters": {stockMap + ",wms/9=" + shopifytest.Shop + "/" + place, "erp/5 and wms/9 are both master of the stock of " + shopifytest.Shop + "/" + place},
		"an ERP and a warehouse": {
			"netsuite/5=" + shopifytest.Shop + "/" + place + ",shipbob/12=" + shopifytest.Shop + "/" + place,
			"netsuite/5 and shipbob/12 are both master of the stock of " + shopifytest.Shop + "/" + place,
		},
		"another shop":  {"erp/5=other.myshopify.com/1", "the entry of erp/5 is neither none nor a shop"},
		"no location":   {"erp/5=" + shopifytest.Shop, "the entry of erp/5 is neither none nor a shop"},
		"no system":     {"5=none", "5 is not a system and its location"},
		"no id":         {"erp/5=" + shopifytest.Shop + "/main", "the entry of erp/5"},
		"nothing at it": {"erp/=none", "erp/ is not a system and its location"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := shopifytest.New().Settings("https://{shop}")
			settings["SHOPIFY_STOCK_LOCATIONS"] = c.setting
			_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
			if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "SHOPIFY_STOCK_LOCATIONS" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	settings := shopifytest.New().Settings("https://{shop}")
	settings["SHOPIFY_STOCK_LOCATIONS"] = stockMap + ",erp/6=none,erp/7=none"
	if _, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now}); err != nil {
		t.Errorf("locations whose stock goes nowhere: %v", err)
	}
}
