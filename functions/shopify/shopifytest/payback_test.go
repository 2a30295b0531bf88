package shopifytest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
)

// TestARefundNeedsItsKeyAndACapturedPayment, and the same key makes it once.
func TestARefundNeedsItsKeyAndACapturedPayment(t *testing.T) {
	t.Parallel()
	f := shopifytest.New()
	f.Put(shopifytest.Purchase{ID: 7, Items: []shopifytest.Item{{ID: 1, SKU: "TEE", Quantity: 1, Price: 1000}}}.Body())
	refund := func(directive, key, parent, amount string) string {
		t.Helper()
		text := `mutation r($input: RefundInput!, $key: String!) { refundCreate(input: $input) ` + directive + ` { refund { id } userErrors { field message } } }`
		if directive == "" {
			text = strings.Replace(text, ", $key: String!", "", 1)
		}
		body, err := json.Marshal(map[string]any{"query": text, "variables": map[string]any{"key": key, "input": map[string]any{
			"orderId": "gid://shopify/Order/7", "transactions": []any{map[string]any{
				"orderId": "gid://shopify/Order/7", "parentId": "gid://shopify/OrderTransaction/" + parent, "gateway": "shopify_payments", "kind": "REFUND", "amount": amount,
			}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		_, answer := ask(t, f, shopifytest.Token, path, string(body))
		return answer
	}
	const keyed = "@idempotent(key: $key)"
	for i, c := range []struct{ directive, key, parent, amount, want string }{
		{"", "", "7", "4.00", "idempotent directive is required"},
		{keyed, "a", "7", "10.01", "more than is left"},
		{keyed, "b", "8", "4.00", "was not captured"},
		{keyed, "c", "7", "0.00", "invalid"},
		{keyed, "d", "7", "4.00", `"userErrors":[]`},
		{keyed, "d", "7", "4.00", `"userErrors":[]`},
		{keyed, "e", "7", "6.01", "more than is left"},
	} {
		if got := refund(c.directive, c.key, c.parent, c.amount); !strings.Contains(got, c.want) {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	if made := f.RefundsOf("7"); len(made) != 1 || made[0].Amounts[0] != "4.00 of 7" || !strings.Contains(string(f.Webhook("7")), `"partially_refunded"`) {
		t.Errorf("the order has %+v", made)
	}
}
