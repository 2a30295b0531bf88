package record_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/message"
)

func key(system, tenant, kind, id string) message.Key {
	return message.Key{System: system, Tenant: tenant, Type: kind, ID: id}
}

func TestExternalIDsAreApart(t *testing.T) {
	t.Parallel()
	seen := map[string]message.Key{}
	for _, k := range []message.Key{
		key("shopify", "a.example", "order", "1"),
		key("shopify", "a.example", "customer", "1"),
		key("shopify", "b.example", "order", "1"),
		key("woocommerce", "a.example", "order", "1"),
		key("shopify", "a-example", "order", "1"),
		key("shopify", "a_example", "order", "1"),
		key("shopify", "A.example", "order", "1"),
		key("shopify", "a.example", "order", "x1"),
		key("shopify", "a.example", "order", "X1"),
		key("shopify", "a.example", "order", "1__2"),
		key("shopify", "a.example__order", "order", "1"),
		key("shopify", "a.example", "order", ""),
		key("shopify", "a.example", "order", "-"),
		key("shopify", "a.example", "order", "1..2"),
		key("shopify", "a.example", "order", "1.2"),
		key("shopify", "a.example", "order", strings.Repeat("9", 65)),
		key("shopify", "a.example", "customer", "guest:ada@example.com"),
		key("shopify", "a.example", "customer", "guest:bob@example.com"),
	} {
		id := record.ExternalID(k)
		if other, taken := seen[id]; taken {
			t.Errorf("%v and %v share %s", k, other, id)
		}
		seen[id] = k
		if !regexp.MustCompile(`^[a-z0-9_-]{1,200}$`).MatchString(id) {
			t.Errorf("%v gives %q, which NetSuite does not take", k, id)
		}
		if parts := strings.Count(id, "__") + 1; parts != 4 {
			t.Errorf("%v gives %q, which shows %d parts", k, id, parts)
		}
	}
}

func FuzzExternalID(f *testing.F) {
	f.Add("a.example", "order", "1")
	f.Add("A", "customer", "guest:ada@example.com")
	f.Add("a__b", "", "\xff/..")
	f.Add("a..b", "order.", ".1")
	f.Fuzz(func(t *testing.T, tenant, kind, id string) {
		k := key("shopify", tenant, kind, id)
		got := record.ExternalID(k)
		if strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			t.Errorf("%q is not allowed in NetSuite", got)
		}
		parts := strings.Split(got, "__")
		if len(parts) != 4 {
			t.Errorf("%q does not show four parts", got)
		}
		if other := record.ExternalID(key("shopify", tenant, kind, id+"0")); other == got {
			t.Errorf("two ids share %q", got)
		}
		if got != record.ExternalID(k) {
			t.Error("not stable")
		}
	})
}

func ExampleExternalID() {
	fmt.Println(record.ExternalID(message.Key{
		System: "shopify", Tenant: "example-brand.myshopify.com", Type: "order", ID: "820982911946154508",
	}))
	// Output: shopify__example-brand_myshopify_com__order__820982911946154508
}
