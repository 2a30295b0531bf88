package woocommercetest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
)

const productsPath = "/wp-json/wc/v3/products"

// send sends a request with a body to the fake.
func send(t *testing.T, fake *woocommercetest.Fake, method, path, body string) (status int, text string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth(woocommercetest.Key, woocommercetest.KeySecret)
	recorder := httptest.NewRecorder()
	fake.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

func TestProductsAreFoundBySKUAsTheStoreFindsThem(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	fake.Stock("TEE", 25)
	fake.StockVariation(10, "HOOD-M", 7)
	fake.Stock("A,B", 1)
	for query, want := range map[string]string{
		"sku=TEE&_fields=id,sku,stock_quantity": `[{"id":901,"sku":"TEE","stock_quantity":25}]`,
		"sku=tee&_fields=sku":                   `[{"sku":"TEE"}]`,
		"sku=HOOD-M,TEE&_fields=type":           `[{"type":"simple"},{"type":"variation"}]`,
		"sku=A,B&_fields=id":                    `[{"id":903}]`,
		"sku=TE&_fields=id":                     `[]`,
	} {
		if status, got := send(t, fake, http.MethodGet, productsPath+"?"+query, ""); status != http.StatusOK || strings.TrimSpace(got) != want {
			t.Errorf("%s: %d %s, want %s", query, status, got, want)
		}
	}
	if status, got := send(t, fake, http.MethodGet, productsPath+"?sku=TEE&per_page=101", ""); status != http.StatusBadRequest {
		t.Errorf("101 on a page: %d %s", status, got)
	}
}

// TestABatchSetsEachProductByItself has the answers that were recorded: 200, and an error in place of
// an object that failed.
func TestABatchSetsEachProductByItself(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	fake.Stock("TEE", 25)
	fake.StockVariation(10, "HOOD-M", 7)
	fake.Stock("POSTER", 3)
	fake.Manage("POSTER", false)
	status, got := send(t, fake, http.MethodPost, productsPath+"/batch", `{"update":[{"id":901,"stock_quantity":38},{"id":999999,"stock_quantity":1},{"id":902,"stock_quantity":1},{"id":903,"stock_quantity":9}]}`)
	var answer struct {
		Update []struct {
			ID       int64
			Quantity *int64 `json:"stock_quantity"`
			Error    struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(got), &answer); err != nil || status != http.StatusOK || len(answer.Update) != 4 {
		t.Fatalf("%v: %d %s", err, status, got)
	}
	if *answer.Update[0].Quantity != 38 || answer.Update[1].Error.Code != "woocommerce_rest_product_invalid_id" || answer.Update[2].Error.Code != "woocommerce_rest_invalid_product_id" || answer.Update[3].Quantity != nil {
		t.Errorf("got %s", got)
	}
	if status, got := send(t, fake, http.MethodPost, productsPath+"/10/variations/batch", `{"update":[{"id":902,"stock_quantity":1},{"id":901,"stock_quantity":1}]}`); status != http.StatusOK || !strings.Contains(got, "woocommerce_rest_product_variation_invalid_id") {
		t.Errorf("variations: %d %s", status, got)
	}
	if has := fake.Available(); has["TEE"] != 38 || has["HOOD-M"] != 1 || has["POSTER"] != 3 {
		t.Errorf("the store has %v", has)
	}
}

func TestABatchIsHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(`{"id":901,"stock_quantity":1},`, 100)
	for name, body := range map[string]string{
		"a quantity as text":  `{"update":[{"id":901,"stock_quantity":"1"}]}`,
		"a part of a piece":   `{"update":[{"id":901,"stock_quantity":1.5}]}`,
		"no id":               `{"update":[{"stock_quantity":1}]}`,
		"an unknown member":   `{"update":[{"id":901,"stock":1}]}`,
		"101 objects":         `{"update":[` + many + `{"id":901,"stock_quantity":1}]}`,
		"101 of three kinds":  `{"update":[` + strings.TrimSuffix(many, ",") + `],"delete":[901]}`,
		"an unknown activity": `{"upsert":[]}`,
	} {
		for _, path := range []string{productsPath + "/batch", productsPath + "/" + strconv.Itoa(10) + "/variations/batch"} {
			fake := woocommercetest.New()
			fake.Stock("TEE", 25)
			if status, got := send(t, fake, http.MethodPost, path, body); status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d %s", name, status, got)
			}
			if fake.Available()["TEE"] != 25 {
				t.Errorf("%s: the store has %v", name, fake.Available())
			}
		}
	}
}
