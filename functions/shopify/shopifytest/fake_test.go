package shopifytest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
)

func ask(t *testing.T, f *shopifytest.Fake, token, path, body string) (int, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("X-Shopify-Access-Token", token)
	recorder := httptest.NewRecorder()
	f.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

const path = "/admin/api/2026-10/graphql.json"

func query(t *testing.T, text, id string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": text, "variables": map[string]string{"id": id}})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestFakeAnswersWhatIsSelected(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	f.Pay("7", shopifytest.Transaction{
		ID: 3, Kind: "SALE", Status: "SUCCESS", Gateway: "cash", At: shopifytest.Start,
		Amount: canonical.Money{Minor: 1999, Currency: "USD"}, Rounding: canonical.Money{Minor: 1, Currency: "USD"},
	})
	_, got := ask(t, f, shopifytest.Token, path, query(t,
		`query($id: ID!){ o: order(id: $id){ transactions { id ... on OrderTransaction { paymentId } amountRoundingSet { shopMoney { amount } } } } }`,
		"gid://shopify/Order/7"))
	want := `"data":{"o":{"transactions":[{"amountRoundingSet":{"shopMoney":{"amount":"0.01"}},"id":"gid://shopify/OrderTransaction/3","paymentId":null}]}}`
	if !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFakeKnowsNoOtherOrder(t *testing.T) {
	t.Parallel()
	_, got := ask(t, shopifytest.New(), shopifytest.Token, path, query(t, `query($id: ID!){ order(id: $id){ name } }`, "gid://shopify/Order/8"))
	if !strings.Contains(got, `"data":{"order":null}`) {
		t.Errorf("got %s", got)
	}
}

func TestFakeRefuses(t *testing.T) {
	t.Parallel()
	shop := query(t, `{ shop { name } }`, "")
	for name, c := range map[string]struct {
		token, path, body string
		status            int
		text              string
	}{
		"a wrong token":      {"x", path, shop, 401, "access token"},
		"another version":    {shopifytest.Token, "/admin/api/2020-01/graphql.json", shop, 404, "Not Found"},
		"no JSON":            {shopifytest.Token, path, "x", 400, "Bad Request"},
		"a misspelt field":   {shopifytest.Token, path, query(t, `{ shop { nome } }`, ""), 200, "undefinedField"},
		"a missing variable": {shopifytest.Token, path, query(t, `{ order(id: $id) { name } }`, ""), 200, "errors"},
		"a mutation":         {shopifytest.Token, path, query(t, `mutation { orderCancel { id } }`, ""), 200, "errors"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, got := ask(t, shopifytest.New(), c.token, c.path, c.body); status != c.status || !strings.Contains(got, c.text) {
				t.Errorf("got %d %s, want %d with %q", status, got, c.status, c.text)
			}
		})
	}
}

func TestFakeGivesQueuedAnswersOnce(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	f.Answer(shopifytest.Answer{Status: 503, Body: "{}"})
	shop := query(t, `{ shop { name } }`, "")
	first, _ := ask(t, f, shopifytest.Token, path, shop)
	second, _ := ask(t, f, shopifytest.Token, path, shop)
	if first != 503 || second != 200 || len(f.Asked()) != 2 {
		t.Errorf("got %d, then %d, asked %d times", first, second, len(f.Asked()))
	}
}

func TestDeliveryIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	d := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}
	first, err := d.Sign(t.Context(), "http://127.0.0.1/inbox")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(first.Body)
	if err != nil || !bytes.Equal(body, d.Body) {
		t.Errorf("the request does not carry the body: %v", err)
	}
	// The published signature of the published body under the published secret.
	if got := first.Header.Get("X-Shopify-Hmac-Sha256"); got != "qXllG4yGgPXTWulWPBZd3/PMheO+CBm+ERehtP4IsPM=" {
		t.Errorf("signature %s", got)
	}
	other := d
	other.Topic = "orders/paid"
	for name, values := range d.Header() {
		if first.Header.Get(name) != values[0] {
			t.Errorf("%s differs between two makings", name)
		}
	}
	if other.Header().Get("X-Shopify-Webhook-Id") == first.Header.Get("X-Shopify-Webhook-Id") {
		t.Error("two topics share a webhook id")
	}
}

func TestEventIsJSON(t *testing.T) {
	t.Parallel()
	event, err := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Order(2)}.Event()
	if err != nil || !json.Valid(event) || !bytes.Contains(event, shopifytest.Order(2)) {
		t.Errorf("%v: %s", err, event)
	}
}

func TestOrderIsTheSameEachTimeAndAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 30, 200} {
		var order struct {
			Lines []json.RawMessage `json:"line_items"`
		}
		body := shopifytest.Order(n)
		if err := json.Unmarshal(body, &order); err != nil || len(order.Lines) != n {
			t.Errorf("%d lines, want %d: %v", len(order.Lines), n, err)
		}
		if !bytes.Equal(body, shopifytest.Order(n)) {
			t.Errorf("%d lines gave two bodies", n)
		}
	}
	if bytes.Equal(shopifytest.Order(1), shopifytest.Order(2)) {
		t.Error("two orders are one")
	}
}

func TestChangeHasTheLastWord(t *testing.T) {
	t.Parallel()
	body := shopifytest.Purchase{Number: 7, Change: func(order map[string]any) { order["name"] = "#X" }}.Body()
	if !bytes.Contains(body, []byte(`"name":"#X"`)) {
		t.Error("the change did not reach the body")
	}
}
