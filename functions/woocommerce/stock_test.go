package woocommerce_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port/porttest"
)

// stockMap adds up locations 5 and 6 of the ERP.
const stockMap = "erp/5=shop.example,erp/6=shop.example,erp/7=none"

// stockStore is a fake store with the connector opened against it.
type stockStore struct {
	*testing.T
	fake   *woocommercetest.Fake
	system connector.System
	memory connector.CrossRef
	minute int // of the last version
}

func newStockStore(t *testing.T, changes map[string]string) *stockStore {
	t.Helper()
	s := &stockStore{T: t, fake: woocommercetest.New()}
	settings := s.fake.Settings(inProcessURL)
	settings["WOOCOMMERCE_STOCK_LOCATIONS"] = stockMap
	maps.Copy(settings, changes)
	s.memory = pipeline.Memory{State: porttest.NewMemory(func() time.Time { return arrival }), Now: func() time.Time { return arrival }}
	var err error
	if s.system, err = woocommerce.Open(settings, connector.Deps{
		HTTP: inProcess{s.fake}, Now: func() time.Time { return arrival }, CrossRef: s.memory,
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// level is the event of a level, newer than all before.
func (s *stockStore) level(location, sku, available string) *message.Message {
	s.Helper()
	level := &canonical.InventoryLevel{SKU: sku, Location: location}
	if available != "" {
		n, err := canonical.ParseDecimal(available)
		if err != nil {
			s.Fatal(err)
		}
		level.Available = new(canonical.Pieces(n))
	}
	body, err := canonical.Encode(level)
	if err != nil {
		s.Fatal(err)
	}
	s.minute++
	at := arrival.Add(time.Duration(s.minute) * time.Minute)
	return &message.Message{
		ID: fmt.Sprintf("level-%s@%s-%d", sku, location, s.minute), Source: message.SourcePrefix + "erp", Type: canonical.InventoryLevelSet, Subject: "inventory/" + sku + "@" + location,
		Tenant: "main", Schema: "inventory/1", Time: at, Sequence: message.NewSequence(at, true, at), Body: body,
	}
}

func (s *stockStore) deliver(m *message.Message) (connector.Receipt, error) {
	s.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		s.Fatal(err)
	}
	return s.system.Target.Deliver(s.Context(), connector.Delivery{Message: m, Body: body, Attempt: 1})
}

// set delivers a level that must be taken, and returns what was done.
func (s *stockStore) set(location, sku, available string) connector.Receipt {
	s.Helper()
	receipt, err := s.deliver(s.level(location, sku, available))
	if err != nil {
		s.Fatal(err)
	}
	return receipt
}

// together delivers as a worker does that received the messages together, and returns the failures
// by SKU.
func (s *stockStore) together(messages ...*message.Message) map[string]*fault.Error {
	s.Helper()
	failed, mu := map[string]*fault.Error{}, sync.Mutex{}
	for some := range slices.Chunk(messages, 100) {
		party, all := combine.NewParty(len(some)), sync.WaitGroup{}
		for _, m := range some {
			body, err := canonical.Decode(m.Type, m.Body)
			if err != nil {
				s.Fatal(err)
			}
			all.Go(func() {
				ctx, leave := party.Join(s.Context())
				defer leave()
				if _, err := s.system.Target.Deliver(ctx, connector.Delivery{Message: m, Body: body, Attempt: 1}); err != nil {
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

func (s *stockStore) has(want map[string]int64) {
	s.Helper()
	if got := s.fake.Available(); !maps.Equal(got, want) {
		s.Errorf("the store has %v, want %v", got, want)
	}
}

func TestE2StockIsTheSumOfTheStoresLocationsLessTheBuffer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		levels string // location:available, in their order
		buffer string
		want   int64
		writes int
	}{
		"set":                           {"5:38", "0", 38, 1},
		"unchanged is not sent":         {"5:40", "0", 40, 0},
		"two locations":                 {"5:38 6:4", "0", 42, 2},
		"in another order":              {"6:4 5:38", "0", 42, 2},
		"one again":                     {"6:4 5:38 6:1", "0", 39, 3},
		"none left at one":              {"5:38 6:4 5:0", "0", 4, 3},
		"a part of a piece":             {"5:12.9", "0", 12, 1},
		"two parts are no piece":        {"5:12.5 6:3.5", "0", 15, 2},
		"less the buffer, once":         {"5:12 6:3", "5", 10, 2},
		"fewer than the buffer":         {"5:3", "5", 0, 1},
		"below zero at one":             {"5:-3 6:7", "0", 7, 2},
		"another location is not added": {"7:100 5:38", "0", 38, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStockStore(t, map[string]string{"WOOCOMMERCE_STOCK_BUFFER": c.buffer})
			s.fake.Stock("TEE", 40)
			for one := range strings.FieldsSeq(c.levels) {
				location, available, _ := strings.Cut(one, ":")
				s.set(location, "TEE", available)
			}
			s.has(map[string]int64{"TEE": c.want})
			if got := len(s.fake.StockWrites()); got != c.writes {
				t.Errorf("%d writes, want %d", got, c.writes)
			}
		})
	}
}

// Two shops of one system may each have a location whose stock the store sells: they are added up as well.
func TestLocationsOfTwoShopsAreAddedUp(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	s.fake.Stock("TEE-BLK-M", 0)
	for _, of := range []struct {
		tenant, location, available string
		want                        int64
	}{{"one.example", "5", "4", 4}, {"two.example", "6", "7", 11}, {"one.example", "5", "3", 10}} {
		m := s.level(of.location, "TEE-BLK-M", of.available)
		m.Tenant = of.tenant
		if _, err := s.deliver(m); err != nil {
			t.Fatal(err)
		}
		s.has(map[string]int64{"TEE-BLK-M": of.want})
	}
}

func TestLevelThatIsNotSetSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		location, sku, available string
		unknown                  string
		want                     string // of the receipt, or of the error
		class                    fault.Class
	}{
		"not managed":        {"5", "POSTER", "3", "refuse", "does not manage the stock of POSTER", ""},
		"managed above":      {"5", "HOOD-M", "3", "refuse", "manages the stock of HOOD-M at product 77", ""},
		"elsewhere":          {"7", "TEE", "3", "refuse", "the stock of location 7 of erp goes to no store", ""},
		"unmapped":           {"8", "TEE", "3", "refuse", `WOOCOMMERCE_STOCK_LOCATIONS: has no entry for "erp/8"`, fault.Config},
		"unknown":            {"5", "NO-SUCH", "3", "refuse", `"NO-SUCH": shop.example has no product with this SKU`, fault.MissingRef},
		"unknown, skipped":   {"5", "NO-SUCH", "3", "skip", "has no product with the SKU NO-SUCH", ""},
		"the case counts":    {"5", "tee", "3", "refuse", `"tee"`, fault.MissingRef},
		"two products":       {"5", "CAP", "3", "refuse", `"CAP": 2 products`, fault.MissingRef},
		"nothing available":  {"5", "TEE", "", "refuse", "available", fault.Schema},
		"a comma in the SKU": {"5", "A,B", "3", "refuse", "A,B has 3 already", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStockStore(t, map[string]string{"WOOCOMMERCE_STOCK_UNKNOWN_SKU": c.unknown})
			s.fake.Stock("TEE", 40)
			s.fake.Stock("POSTER", 1)
			s.fake.Manage("POSTER", false)
			s.fake.StockVariation(77, "HOOD-M", 1)
			s.fake.Manage("HOOD-M", "parent")
			s.fake.Stock("CAP", 1)
			s.fake.Duplicate("CAP")
			s.fake.Stock("A,B", 3)
			receipt, err := s.deliver(s.level(c.location, c.sku, c.available))
			switch f := fault.As(err); {
			case c.class != "" && (f == nil || f.Class != c.class || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q of class %v", err, c.want, c.class)
			case c.class == "" && (err != nil || !receipt.Linked || !strings.Contains(receipt.Detail, c.want)):
				t.Errorf("got %+v, %v, want %q", receipt, err, c.want)
			}
			if n := s.fake.StockWrites(); len(n) > 0 {
				t.Errorf("%v quantities were sent", n)
			}
		})
	}
}

// TestThousandLevelsAreTenRequests delivers 1,000 levels as a worker does, an unknown SKU among them,
// and a second time, of which nothing changed but one.
func TestThousandLevelsAreTenRequests(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	levels := func() (all []*message.Message) {
		for i := range 1000 {
			all = append(all, s.level("5", "SKU-"+strconv.Itoa(i), "7"))
		}
		return all
	}
	for i := range 1000 {
		if i != 500 {
			s.fake.Stock("SKU-"+strconv.Itoa(i), 3)
		}
	}
	failed := s.together(levels()...)
	if len(failed) != 1 || failed["SKU-500"] == nil || failed["SKU-500"].Code != "unknown_sku" {
		t.Errorf("failed: %v", failed)
	}
	for sku, n := range s.fake.Available() {
		if n != 7 {
			t.Errorf("%s has %d", sku, n)
		}
	}
	if got := s.fake.StockWrites(); len(got) != 10 {
		t.Errorf("requests of %v quantities, want ten", got)
	}
	s.fake.Stock("SKU-7", 5) // two were sold
	s.together(levels()...)
	if got := s.fake.StockWrites()[10:]; !slices.Equal(got, []int{1}) || s.fake.Available()["SKU-7"] != 7 {
		t.Errorf("then requests of %v quantities, want one of 1", got)
	}
}

// TestOneProductThatFailsFailsNoOther, and variations are set with those of their product.
func TestOneProductThatFailsFailsNoOther(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	want, levels := map[string]int64{}, []*message.Message{}
	for i := range 60 {
		sku := "SKU-" + strconv.Itoa(i)
		if i%2 == 0 {
			s.fake.Stock(sku, 3)
		} else {
			s.fake.StockVariation(int64(5000+i/20), sku, 3)
		}
		levels, want[sku] = append(levels, s.level("5", sku, "7")), 7
	}
	s.fake.Break("SKU-8", "woocommerce_rest_invalid_stock")
	s.fake.Break("SKU-9", "woocommerce_rest_product_variation_invalid_id")
	want["SKU-8"], want["SKU-9"] = 3, 3
	failed := s.together(levels...)
	if f := failed["SKU-8"]; f == nil || f.Kind != fault.Rejected || f.Code != "woocommerce_rest_invalid_stock" {
		t.Errorf("a rejected product: %v", f)
	}
	if f := failed["SKU-9"]; f == nil || f.Kind != fault.Unavailable || f.Scope != fault.EntityScope {
		t.Errorf("a product that is gone: %v", f)
	}
	s.has(want)
	if got := slices.Sorted(slices.Values(s.fake.StockWrites())); len(failed) != 2 || !slices.Equal(got, []int{10, 10, 10, 30}) {
		t.Errorf("%d failed, requests of %v quantities", len(failed), got)
	}
	s.fake.Break("SKU-9", "")
	s.set("5", "SKU-9", "7")
	want["SKU-9"] = 7
	s.has(want)
}

// TestVariationsOfManyProductsAreSpread over several batches.
func TestVariationsOfManyProductsAreSpread(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	var levels []*message.Message
	for i := range 30 {
		s.fake.StockVariation(int64(5000+i), "SKU-"+strconv.Itoa(i), 3)
		levels = append(levels, s.level("5", "SKU-"+strconv.Itoa(i), "7"))
	}
	failed := s.together(levels...)
	for sku, f := range failed {
		if f.Kind != fault.Throttled || f.Scope != fault.EntityScope || f.After <= 0 {
			t.Errorf("%s: %v", sku, f)
		}
	}
	if len(failed) != 10 || len(s.together(levels...)) != 0 || s.fake.Available()["SKU-29"] != 7 {
		t.Errorf("%d wait, and then the store has %v", len(failed), s.fake.Available())
	}
}

// TestLevelsOfTwoLocationsTogetherAreOneWrite, whichever of them is asked for first.
func TestLevelsOfTwoLocationsTogetherAreOneWrite(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	s.fake.Stock("TEE", 0)
	s.fake.Stock("HOOD", 0)
	failed := s.together(s.level("5", "TEE", "7"), s.level("6", "TEE", "4"), s.level("6", "HOOD", "2"), s.level("5", "HOOD", "1"))
	if len(failed) > 0 {
		t.Error(failed)
	}
	s.has(map[string]int64{"TEE": 11, "HOOD": 3})
	if got := s.fake.StockWrites(); !slices.Equal(got, []int{2}) {
		t.Errorf("requests of %v quantities, want one of 2", got)
	}
}

// TestASumThatChangedDuringTheWriteIsSet has another machine remember a level of the other location
// between the sum and the write.
func TestASumThatChangedDuringTheWriteIsSet(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	s.fake.Stock("TEE", 0)
	s.set("6", "TEE", "4")
	late := s.level("6", "TEE", "9")
	var once sync.Once
	system, err := woocommerce.Open(func() map[string]string {
		settings := s.fake.Settings(inProcessURL)
		settings["WOOCOMMERCE_STOCK_LOCATIONS"] = stockMap
		return settings
	}(), connector.Deps{HTTP: before{inProcess{s.fake}, func(r *http.Request) {
		if r.Method == http.MethodPost {
			once.Do(func() {
				if _, err := s.deliver(late); err != nil {
					t.Error(err)
				}
			})
		}
	}}, Now: time.Now, CrossRef: s.memory})
	if err != nil {
		t.Fatal(err)
	}
	m := s.level("5", "TEE", "7")
	body, _ := canonical.Decode(m.Type, m.Body)
	if _, err := system.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: body, Attempt: 1}); err != nil {
		t.Fatal(err)
	}
	s.has(map[string]int64{"TEE": 16})
}

// before calls a function before each request.
type before struct {
	http.RoundTripper
	then func(*http.Request)
}

func (b before) RoundTrip(r *http.Request) (*http.Response, error) {
	b.then(r)
	return b.RoundTripper.RoundTrip(r)
}

func TestAStoreThatAnswersAnotherQuantityIsReported(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	s.fake.Stock("TEE", 3)
	read := `[{"id":901,"type":"simple","parent_id":0,"sku":"TEE","manage_stock":true,"stock_quantity":3}]`
	for name, c := range map[string]struct {
		answer string
		code   string
		kind   fault.Kind
	}{
		"another":  {`{"update":[{"id":901,"manage_stock":true,"stock_quantity":2}]}`, "not_set", fault.Rejected},
		"none":     {`{"update":[]}`, "", fault.Unavailable},
		"an error": {`{"update":[{"id":901,"error":{"code":"db_error","data":{"status":500}}}]}`, "db_error", fault.Unavailable},
		"no data":  {`{"update":[{"id":901,"error":{"code":"odd","data":""}}]}`, "odd", fault.Rejected},
		"no JSON":  {`<html>`, "", fault.Unavailable},
	} {
		s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: read}, woocommercetest.Answer{Status: http.StatusOK, Body: c.answer})
		_, err := s.deliver(s.level("5", "TEE", "7"))
		if f := fault.As(err); f == nil || f.Kind != c.kind || f.Code != c.code {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestE1ASaleBetweenReadAndWriteIsCorrectedByTheNextLevel(t *testing.T) {
	t.Parallel()
	s := newStockStore(t, nil)
	s.fake.Stock("TEE", 9)
	s.fake.SellAfterRead("TEE", 1)
	s.set("5", "TEE", "7")
	s.has(map[string]int64{"TEE": 7}) // the sale is written over
	s.set("5", "TEE", "6")
	s.has(map[string]int64{"TEE": 6})
}

func TestStockLocationsOfAStoreHaveOneMaster(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"netsuite/5=shop.example,shipbob/12=shop.example": "netsuite/5 and shipbob/12 are both master of the stock of shop.example",
		"erp/5=other.example":                             "the entry of erp/5 is neither none nor one of the stores shop.example",
		"5=none":                                          "5 is not a system and its location",
		"erp/=none":                                       "erp/ is not a system and its location",
		"erp/5=shop.example,erp/6=no":                     "the entry of erp/6",
	} {
		settings := woocommercetest.New().Settings("https://shop.example")
		settings["WOOCOMMERCE_STOCK_LOCATIONS"] = setting
		_, err := woocommerce.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "WOOCOMMERCE_STOCK_LOCATIONS" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", setting, err, want)
		}
	}
	settings := woocommercetest.New().Settings("https://shop.example")
	settings["WOOCOMMERCE_STOCK_LOCATIONS"] = "netsuite/5=shop.example,netsuite/6=shop.example,shipbob/9=none"
	if _, err := woocommerce.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now}); err != nil {
		t.Errorf("locations of one system, and one of another that goes nowhere: %v", err)
	}
}
