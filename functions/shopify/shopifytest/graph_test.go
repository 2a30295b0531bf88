package shopifytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
)

// result is the part of an answer that the tests check.
type result struct {
	Errors []struct{ Extensions struct{ Code string } }
	Data   struct {
		Orders struct {
			Nodes    []struct{ Name string }
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		Create struct {
			WebhookSubscription *struct{ ID, Topic, URI string }
			UserErrors          []struct{ Field []string }
		}
	}
}

func run(t *testing.T, f *shopifytest.Fake, text string, variables map[string]any) (r result) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	_, answer := ask(t, f, shopifytest.Token, path, string(body))
	if err := json.Unmarshal([]byte(answer), &r); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	return r
}

func (r result) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	return r.Errors[0].Extensions.Code
}

func (r result) names() (names []string) {
	for _, node := range r.Data.Orders.Nodes {
		names = append(names, node.Name)
	}
	return names
}

const listing = `query($q: String, $after: String, $first: Int!){ orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $q){ nodes { name } pageInfo { hasNextPage endCursor } } }`

// shelf is a fake with orders that were changed a second after one another, two at a time.
func shelf() *shopifytest.Fake {
	f := shopifytest.New()
	for i := range 6 {
		at := shopifytest.Start.Add(time.Duration(i/2) * time.Second)
		f.Put(shopifytest.Purchase{ID: int64(100 + i), Number: 2000 + i, UpdatedAt: at}.Body())
	}
	return f
}

func since(seconds int) string {
	return "updated_at:>='" + shopifytest.Start.Add(time.Duration(seconds)*time.Second).UTC().Format(time.RFC3339) + "'"
}

func TestOrdersAreListedFromASecondOn(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int][]string{
		0: {"#2000", "#2001", "#2002", "#2003", "#2004", "#2005"}, 2: {"#2004", "#2005"}, 3: nil,
	} {
		if got := run(t, shelf(), listing, map[string]any{"q": since(seconds), "first": 250}); !slices.Equal(got.names(), want) {
			t.Errorf("since %d: %v, want %v", seconds, got.names(), want)
		}
	}
}

func TestAnOlderVersionDoesNotReplaceANewerOne(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	for i, seconds := range []int{0, 2, 1, 2} {
		f.PutNewer(shopifytest.Purchase{ID: 7, Number: 3000 + i, UpdatedAt: shopifytest.Start.Add(time.Duration(seconds) * time.Second)}.Body())
	}
	if got := run(t, f, listing, map[string]any{"first": 5}).names(); !slices.Equal(got, []string{"#3003"}) {
		t.Errorf("the shop holds %v", got)
	}
}

func TestPagesGoOnBehindTheNodeThatTheCursorNames(t *testing.T) {
	t.Parallel()
	f := shelf()
	page := run(t, f, listing, map[string]any{"q": since(0), "first": 3})
	if got := page.names(); !slices.Equal(got, []string{"#2000", "#2001", "#2002"}) || !page.Data.Orders.PageInfo.HasNextPage {
		t.Fatalf("first page %v", got)
	}
	f.Put(shopifytest.Purchase{ID: 102, Number: 2002, UpdatedAt: shopifytest.Start.Add(time.Minute)}.Body()) // the node itself
	f.Remove("104")
	page = run(t, f, listing, map[string]any{"q": since(0), "first": 3, "after": page.Data.Orders.PageInfo.EndCursor})
	if got := page.names(); !slices.Equal(got, []string{"#2003", "#2005", "#2002"}) || page.Data.Orders.PageInfo.HasNextPage {
		t.Errorf("second page %v", got)
	}
}

func TestTheFakeKeepsTheLimitsOfTheAPI(t *testing.T) {
	t.Parallel()
	f := shelf()
	for name, c := range map[string]struct {
		query     string
		variables map[string]any
		code      string
	}{
		"largest page":  {listing, map[string]any{"first": 250}, ""},
		"too many":      {listing, map[string]any{"first": 251}, "INVALID"},
		"none":          {listing, map[string]any{"first": 0}, "INVALID"},
		"bad cursor":    {listing, map[string]any{"first": 1, "after": "x"}, "INVALID"},
		"lines of all":  {`{ orders(first: 50){ nodes { lineItems(first: 100){ nodes { id product { id } } } } } }`, nil, "MAX_COST_EXCEEDED"},
		"unknown field": {`{ orders(first: 5){ nodes { total } } }`, nil, "undefinedField"},
	} {
		if got := run(t, f, c.query, c.variables).code(); got != c.code {
			t.Errorf("%s: code %q, want %q", name, got, c.code)
		}
	}
}

const subscribe = `mutation($t: WebhookSubscriptionTopic!, $u: String!){ create: webhookSubscriptionCreate(topic: $t, webhookSubscription: {uri: $u}){ webhookSubscription { id topic uri } userErrors { field message } } }`

func TestASubscriptionIsMadeOnce(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	variables := map[string]any{"t": "ORDERS_CREATE", "u": "https://a.example/"}
	made := run(t, f, subscribe, variables).Data.Create
	if made.WebhookSubscription == nil || made.WebhookSubscription.Topic != "ORDERS_CREATE" || len(made.UserErrors) != 0 {
		t.Fatalf("made %+v", made)
	}
	for _, uri := range []string{"https://a.example/", "http://plain.example/", "mailto:ada@example.com"} {
		variables["u"] = uri
		if again := run(t, f, subscribe, variables).Data.Create; again.WebhookSubscription != nil || len(again.UserErrors) != 1 {
			t.Errorf("%s: %+v", uri, again)
		}
	}
	if got := f.Subscriptions(); len(got) != 1 || got[0].Topic != "orders/create" {
		t.Errorf("subscriptions %+v", got)
	}
	variables["t"] = "ORDERS_SHREDDED"
	if code := run(t, f, subscribe, variables).code(); code == "" {
		t.Error("an unknown topic is taken")
	}
}

func TestASubscriptionIsDeletedWhenEveryTryFailed(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	attempts, healthy := 0, 9
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if attempts++; attempts < healthy {
			w.WriteHeader(http.StatusBadGateway)
		}
		if r.Header.Get("X-Shopify-Hmac-Sha256") == "" {
			t.Error("unsigned")
		}
	}))
	defer server.Close()
	f.Subscribe(server.URL, "orders/create")
	f.Subscribe("arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/x", "orders/create")
	pauses := 0
	send := func() int {
		return f.Emit(t.Context(), server.Client(), shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}, func() { pauses++ })
	}
	if send() != 1 || attempts != 9 || pauses != 8 || len(f.Subscriptions()) != 2 {
		t.Errorf("%d attempts, %d pauses, %+v", attempts, pauses, f.Subscriptions())
	}
	attempts, healthy = 0, 10
	if send() != 0 || attempts != 9 || len(f.Subscriptions()) != 1 {
		t.Errorf("%d attempts, %+v", attempts, f.Subscriptions())
	}
}

func TestAnOrderIsShownAsTheAPIWritesIt(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	f.Put(shopifytest.Purchase{ID: 42, Change: func(order map[string]any) {
		order["tags"], order["fulfillment_status"] = "vip, wholesale", "partial"
		order["discount_applications"] = []any{map[string]any{"type": "discount_code", "code": "TEN"}, map[string]any{"type": "manual", "title": "Sorry"}}
	}}.Body())
	const text = `query($id: ID!){ order(id: $id){ id createdAt tags displayFulfillmentStatus displayFinancialStatus
		discountApplications(first: 5){ nodes { ... on DiscountCodeApplication { code } ... on ManualDiscountApplication { title } } }
		lineItems(first: 1){ nodes { id product { id } } pageInfo { hasNextPage } } } }`
	_, got := ask(t, f, shopifytest.Token, path, query(t, text, "gid://shopify/Order/42"))
	for _, want := range []string{
		`"id":"gid://shopify/Order/42"`, `"createdAt":"2026-11-22T21:05:44Z"`, `"tags":["vip","wholesale"]`,
		`"displayFulfillmentStatus":"PARTIALLY_FULFILLED"`, `"displayFinancialStatus":"PAID"`, `{"code":"TEN"},{"title":"Sorry"}`,
		fmt.Sprintf(`{"id":"gid://shopify/LineItem/%d","product":{"id":"gid://shopify/Product/632910392"}}`, 466157049), `"hasNextPage":true`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}
