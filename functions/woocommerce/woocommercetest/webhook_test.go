package woocommercetest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
)

// ask sends a call with the right key and decodes the answer.
func ask(t *testing.T, fake *woocommercetest.Fake, method, target, body string, into any) int {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth(woocommercetest.Key, woocommercetest.KeySecret)
	recorder := httptest.NewRecorder()
	fake.ServeHTTP(recorder, request)
	if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
		t.Fatalf("%s %s: %s: %v", method, target, recorder.Body, err)
	}
	return recorder.Code
}

func listed(t *testing.T, fake *woocommercetest.Fake, query url.Values) (ids []int64) {
	t.Helper()
	var orders []struct{ ID int64 }
	if status := ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders?"+query.Encode(), "", &orders); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for _, order := range orders {
		ids = append(ids, order.ID)
	}
	return ids
}

func TestTheBoundOfAListExcludesItsWholeSecond(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for id := range int64(3) {
		order := woocommercetest.NewOrder(1+id, 1)
		order.Modified = noon.Add(time.Duration(id) * 600 * time.Millisecond)
		fake.Put(order)
	}
	for name, c := range map[string]struct {
		query url.Values
		want  []int64
	}{
		"gmt":           {url.Values{"modified_after": {"2026-11-22T12:00:00"}, "dates_are_gmt": {"true"}, "orderby": {"modified"}, "order": {"asc"}}, []int64{3}},
		"a second ago":  {url.Values{"modified_after": {"2026-11-22T11:59:59"}, "dates_are_gmt": {"true"}, "orderby": {"modified"}, "order": {"asc"}}, []int64{2, 1, 3}},
		"the site's":    {url.Values{"modified_after": {"2026-11-22T06:59:59"}, "orderby": {"modified"}, "order": {"asc"}}, []int64{2, 1, 3}},
		"newest first":  {url.Values{}, []int64{3, 1, 2}},
		"second page":   {url.Values{"per_page": {"2"}, "page": {"2"}, "order": {"asc"}}, []int64{3}},
		"by offset":     {url.Values{"per_page": {"2"}, "offset": {"1"}, "order": {"asc"}}, []int64{1, 3}},
		"beyond it all": {url.Values{"offset": {"9"}}, nil},
		"one second":    {url.Values{"modified_after": {"2026-11-22T11:59:59"}, "modified_before": {"2026-11-22T12:00:01"}, "dates_are_gmt": {"true"}, "orderby": {"id"}, "order": {"asc"}}, []int64{1, 2}},
		"some by id":    {url.Values{"include": {"1,3"}, "orderby": {"id"}, "order": {"asc"}}, []int64{1, 3}},
		"all but some":  {url.Values{"exclude": {"1,3"}}, []int64{2}},
	} {
		if got := listed(t, fake, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	var refused struct{ Code string }
	for _, bad := range []string{"modified_after=noon", "modified_before=noon", "per_page=101", "since=1"} {
		if status := ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders?"+bad, "", &refused); status != 400 || refused.Code != "rest_invalid_param" {
			t.Errorf("%s: %d %s", bad, status, refused.Code)
		}
	}
}

func TestADeliveryIsHeldUnlessItIsOlder(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	newer, older := woocommercetest.NewOrder(7, 1), woocommercetest.NewOrder(7, 2)
	older.Modified = newer.Modified.Add(-time.Second)
	for _, order := range []woocommercetest.Order{older, newer, older} {
		fake.PutBody(order.Body())
	}
	var orders []struct {
		Lines []any `json:"line_items"`
	}
	ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders", "", &orders)
	if len(orders) != 1 || len(orders[0].Lines) != 1 {
		t.Errorf("the store holds %+v", orders)
	}
}

func TestAWebhookIsDisabledAfterTheSixthFailureInARow(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	failing := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-WC-Webhook-Topic") != "order.updated" || r.Header.Get("X-WC-Webhook-Signature") == "" {
			t.Errorf("headers %v", r.Header)
		}
		if failing {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	fake.SetWebhooks(woocommercetest.Webhook{ID: 4, Status: "active", Topic: "order.updated", URL: server.URL, Secret: woocommercetest.Secret})
	emit := func(times int) (delivered int) {
		for range times {
			delivered += fake.Emit(t.Context(), server.Client(), "order.updated", []byte("{}"))
		}
		return delivered
	}
	emit(5)
	failing = false
	if emit(1) != 1 {
		t.Error("five failures ended it")
	}
	failing = true
	emit(6)
	failing = false
	if hook := fake.Webhooks()[0]; hook.Status != "disabled" || emit(1) != 0 || hook.Modified.IsZero() {
		t.Errorf("after six failures it is %+v", hook)
	}
	if fake.Emit(t.Context(), server.Client(), "order.created", nil) != 0 {
		t.Error("another topic was delivered")
	}
}

func TestWebhooksAreMadeAndChangedAsTheContractSays(t *testing.T) {
	t.Parallel()
	const all = "/wp-json/wc/v3/webhooks"
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		code                 string
	}{
		"made":              {http.MethodPost, all, `{"topic":"order.updated","delivery_url":"https://a.example/"}`, 201, ""},
		"switched on":       {http.MethodPut, all + "/1", `{"status":"active"}`, 200, ""},
		"without address":   {http.MethodPost, all, `{"topic":"order.updated"}`, 400, "rest_invalid_param"},
		"unknown topic":     {http.MethodPost, all, `{"topic":"order.paid","delivery_url":"https://a.example/"}`, 400, "woocommerce_rest_shop_webhook_invalid_topic"},
		"its topic unknown": {http.MethodPut, all + "/1", `{"topic":"order.paid"}`, 400, "woocommerce_rest_shop_webhook_invalid_topic"},
		"unknown status":    {http.MethodPut, all + "/1", `{"status":"on"}`, 400, "rest_invalid_param"},
		"address by update": {http.MethodPut, all + "/1", `{"delivery_url":"https://a.example/"}`, 400, "rest_invalid_param"},
		"unknown webhook":   {http.MethodPut, all + "/9", `{"status":"active"}`, 404, "woocommerce_rest_shop_webhook_invalid_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got struct {
				ID     int64
				Code   string
				Status string
			}
			status := ask(t, woocommercetest.New(), c.method, c.target, c.body, &got)
			if status != c.status || got.Code != c.code || c.code == "" && (got.ID == 0 || got.Status != "active") {
				t.Errorf("answer %d %+v, want %d %s", status, got, c.status, c.code)
			}
		})
	}
}

// TestTopicsAreThoseOfWooCommerce has a case for each rule of wc_is_webhook_valid_topic.
func TestTopicsAreThoseOfWooCommerce(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]int{
		"order.created": 201, "customer.restored": 201, "product.deleted": 201, "coupon.updated": 201, "Order.Updated": 201, "order.updated.x": 201,
		"action.woocommerce_refund_deleted": 201, "action.wc_any_hook": 201, "ACTION.WOOCOMMERCE_NEW_ORDER": 201,
		"action.refund_deleted": 400, "action.wcs_renewal": 400, "action.": 400, "action": 400, "refund.deleted": 400, "order.": 400, "order": 400, "": 400,
		"action.woocommerce_login_credentials": 400, "action.woocommerce_webhook_should_deliver": 400,
		"action.woocommerce_product_csv_importer_check_import_file_path": 400,
	} {
		var made struct{ Hooks []string }
		body := `{"topic":"` + topic + `","delivery_url":"https://a.example/"}`
		if status := ask(t, woocommercetest.New(), http.MethodPost, "/wp-json/wc/v3/webhooks", body, &made); status != want {
			t.Errorf("%q: %d, want %d", topic, status, want)
		}
		if hook, isAction := strings.CutPrefix(topic, "action."); want == http.StatusCreated && isAction && !slices.Equal(made.Hooks, []string{hook}) {
			t.Errorf("%q has the hooks %v", topic, made.Hooks)
		}
	}
}

func TestPlannedAnswersComeFirst(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	fake.Answer(woocommercetest.Answer{Status: http.StatusTeapot, Body: `{"code":"teapot"}`})
	var got any
	if status := ask(t, fake, http.MethodGet, "/wp-json/wc/v3/webhooks?page=1", "", &got); status != http.StatusTeapot {
		t.Errorf("status %d", status)
	}
	if status := ask(t, fake, http.MethodGet, "/wp-json/wc/v3/webhooks", "", &got); status != http.StatusOK || len(fake.Asked()) != 2 || fake.Asked()[0].Get("page") != "1" {
		t.Errorf("status %d, asked %v", status, fake.Asked())
	}
}
