package payload_test

import (
	"fmt"
	"testing"

	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

func ExampleReadOrder() {
	r := payload.NewReader(shopifytest.Sample())
	order, bad := payload.ReadOrder(r)
	if bad != nil {
		fmt.Println(bad)
		return
	}
	fmt.Println(order.Head.ID, order.Head.Name, order.Total.In(payload.ShopBasis))
	fmt.Println(payload.GID("Order", order.Head.ID))
	fmt.Println(payload.Key(shopifytest.Shop, payload.EntityOrder, order.Head.ID))
	// Output:
	// 820982911946154508 #1001 179.65 USD
	// gid://shopify/Order/820982911946154508
	// shopify/example-brand.myshopify.com/order/820982911946154508
}

func TestAnAmountIsChosenByItsBasis(t *testing.T) {
	t.Parallel()
	bag, bad := payload.ParseMoneyBag([]byte(`{"shopMoney":{"amount":"19.99","currencyCode":"EUR"},"presentmentMoney":{"amount":"2500","currencyCode":"JPY"}}`))
	if bad != nil || !bag.Set {
		t.Fatalf("%+v, %v", bag, bad)
	}
	for basis, want := range map[string]canonical.Money{
		payload.ShopBasis:        {Minor: 1999, Currency: "EUR"},
		payload.PresentmentBasis: {Minor: 2500, Currency: "JPY"},
	} {
		if got := bag.In(basis); got != want {
			t.Errorf("in %s: %+v, want %+v", basis, got, want)
		}
	}
}

// TestAFaultNamesTheMember has for each document one that breaks a rule.
func TestAFaultNamesTheMember(t *testing.T) {
	t.Parallel()
	const bag = `{"shop_money":{"amount":"1.005","currency_code":"EUR"},"presentment_money":{"amount":"1","currency_code":"EUR"}}`
	for name, c := range map[string]struct {
		body string
		read func(*payload.Reader) *strictjson.Error
		path string
	}{
		"an order without a name":         {`{"id":1,"created_at":"2026-11-22T16:05:44Z"}`, order, "name"},
		"an id that is no number":         {`{"id":"1a"}`, order, "id"},
		"a total finer than its currency": {`{"total_price_set":` + bag + `}`, order, "total_price_set.shop_money"},
		"a state that nobody knows":       {`{"financial_status":"settled"}`, order, "financial_status"},
		"a refund without its order":      {`{"id":1}`, refund, "order_id"},
		"an edit without its order":       {`{"order_edit":{"id":7}}`, named, "order_id"},
		"a customer without a date":       {`{"id":7}`, customer, "updated_at"},
		"an order as a customer":          {`{"id":7,"line_items":[]}`, customer, "line_items"},
		"an order to redact without id":   {`{"orders_to_redact":["x"]}`, privacy, "orders_to_redact[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bad := c.read(payload.NewReader([]byte(c.body))); bad == nil || bad.Path != c.path {
				t.Errorf("got %v, want an error at %s", bad, c.path)
			}
		})
	}
}

func order(r *payload.Reader) *strictjson.Error {
	_, bad := payload.ReadOrder(r)
	return bad
}

func refund(r *payload.Reader) *strictjson.Error {
	_, bad := payload.ReadRefund(r)
	return bad
}

func named(r *payload.Reader) *strictjson.Error {
	_, bad := payload.ReadNamed(r)
	return bad
}

func customer(r *payload.Reader) *strictjson.Error {
	_, bad := payload.ReadCustomer(r)
	return bad
}

func privacy(r *payload.Reader) *strictjson.Error {
	_, bad := payload.ReadPrivacy(r)
	return bad
}

func TestATransactionMovesMoneyOnce(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":1,"kind":"sale","status":"success"}`:          "captured true, paid back false, failed false",
		`{"id":1,"kind":"CAPTURE","status":"SUCCESS"}`:       "captured true, paid back false, failed false",
		`{"id":1,"kind":"authorization","status":"success"}`: "captured false, paid back false, failed false",
		`{"id":1,"kind":"sale","status":"pending"}`:          "captured false, paid back false, failed false",
		`{"id":1,"kind":"refund","status":"error"}`:          "captured false, paid back true, failed true",
	} {
		all := payload.ReadTransactions(strictjson.NewReader([]byte("["+body+"]"), strictjson.Limits{}))
		if len(all) != 1 {
			t.Fatalf("%s: %d transactions", body, len(all))
		}
		tx := all[0]
		if got := fmt.Sprintf("captured %v, paid back %v, failed %v", tx.Captured(), tx.PaidBack(), tx.Failed()); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
