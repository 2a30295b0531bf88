package woocommercetest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

func mustOpen(t *testing.T) connector.Source {
	t.Helper()
	return mustOpenStore(t, woocommercetest.New())
}

// inProcess is a transport that asks the handler, without a network.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func mustOpenStore(t *testing.T, fake *woocommercetest.Fake) connector.Source {
	t.Helper()
	system, err := woocommerce.Open(fake.Settings("http://127.0.0.1:1"), connector.Deps{HTTP: inProcess{fake}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return system.Source
}

// mustTranslate sends a signed delivery through the connector and returns the bodies.
func mustTranslate(t *testing.T, topic string, body []byte) []any {
	t.Helper()
	source := mustOpen(t)
	request := connector.Request{Method: http.MethodPost, Header: woocommercetest.Header(topic, body), Body: body, At: time.Now()}
	raw, err := source.Receive(t.Context(), request)
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	translation, err := source.Translate(t.Context(), raw)
	if err != nil {
		t.Fatalf("Translate: %v", err)
	}
	var bodies []any
	for _, event := range translation.Events {
		if err := canonical.Validate(event.Body); err != nil {
			t.Errorf("%s: %v", event.Type, err)
		}
		bodies = append(bodies, event.Body)
	}
	return bodies
}

func TestOrdersAddUpWithoutRounding(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*woocommercetest.Order){
		"as it is":      func(*woocommercetest.Order) {},
		"discount":      func(o *woocommercetest.Order) { o.Lines[0].Discount, o.Coupon = 100, "TENOFF" },
		"fee":           func(o *woocommercetest.Order) { o.Fee = 250 },
		"negative fee":  func(o *woocommercetest.Order) { o.Fee = -250 },
		"fee alone":     func(o *woocommercetest.Order) { o.Fee, o.Shipping = 250, 0 },
		"yen":           func(o *woocommercetest.Order) { o.Currency = "JPY" },
		"dinar":         func(o *woocommercetest.Order) { o.Currency = "KWD" },
		"refund":        func(o *woocommercetest.Order) { o.Refunds = []int64{500} },
		"nothing ships": func(o *woocommercetest.Order) { o.Shipping, o.Tax = 0, 0 },
		"guest":         func(o *woocommercetest.Order) { o.Customer = 0 },
		"odd quantity":  func(o *woocommercetest.Order) { o.Lines[0].Quantity = 7 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := woocommercetest.NewOrder(1001, 3)
			change(&order)
			got, ok := mustTranslate(t, "order.created", order.Body())[1].(*canonical.Order)
			if !ok || got.Total.Minor != order.Total() || got.Rounding.Minor != 0 || got.Currency != order.Currency {
				t.Errorf("order is %+v, want total %d and no rounding", got, order.Total())
			}
		})
	}
}

func TestBodiesAreDeterministic(t *testing.T) {
	t.Parallel()
	if !bytes.Equal(woocommercetest.NewOrder(5, 200).Body(), woocommercetest.NewOrder(5, 200).Body()) {
		t.Error("the same order has two bodies")
	}
	if bytes.Equal(woocommercetest.NewOrder(5, 2).Body(), woocommercetest.NewOrder(6, 2).Body()) {
		t.Error("two orders have one body")
	}
}

func TestCustomerBodyIsTheCustomers(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	sent := woocommercetest.Customer{ID: 7, Created: created, Billing: woocommercetest.NewAddress(7)}
	got, ok := mustTranslate(t, "customer.created", sent.Body())[0].(*canonical.Customer)
	if !ok || got.ID != "7" || got.Email.String() != "customer7@example.com" || !got.UpdatedAt.Equal(created) {
		t.Errorf("customer is %+v", got)
	}
}

func TestPriceLooksLikeTheStores(t *testing.T) {
	t.Parallel()
	order := woocommercetest.NewOrder(1, 1)
	order.Lines[0].Subtotal, order.Lines[0].Discount, order.Lines[0].Quantity = 10000, 0, 3
	var body struct {
		Lines []struct {
			Price json.Number `json:"price"`
		} `json:"line_items"`
	}
	if err := json.Unmarshal(order.Body(), &body); err != nil {
		t.Fatal(err)
	}
	if got := body.Lines[0].Price.String(); got != "33.33333333333333" {
		t.Errorf("price = %s", got)
	}
}

func TestSignAndPingAreSentToTheTarget(t *testing.T) {
	t.Parallel()
	request := woocommercetest.Sign("http://127.0.0.1:4600/woocommerce", "order.deleted", []byte(`{"id":1}`))
	if request.URL.Host != "127.0.0.1:4600" || request.Header.Get("X-WC-Webhook-Event") != "deleted" || request.ContentLength != 8 {
		t.Errorf("request is %+v", request)
	}
	ping := woocommercetest.Ping("http://127.0.0.1:4600/woocommerce")
	if ping.Header.Get("X-WC-Webhook-Signature") != "" || ping.ContentLength != 12 {
		t.Errorf("ping is %+v", ping)
	}
}

func ExampleSign() {
	body := woocommercetest.NewOrder(1001, 2).Body()
	request := woocommercetest.Sign("http://127.0.0.1:4600/woocommerce", "order.created", body)
	fmt.Println(request.Method, request.Header.Get("X-WC-Webhook-Topic"))
	// Output: POST order.created
}
