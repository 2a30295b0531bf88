package message_test

import (
	"fmt"
	"testing"
	"testing/quick"

	"causeway.example/shared/message"
)

func TestKeysHaveTheirUsualText(t *testing.T) {
	t.Parallel()
	for text, key := range map[string]message.Key{
		"shopify/example-brand.myshopify.com/order/5001":     {System: "shopify", Tenant: "example-brand.myshopify.com", Type: "order", ID: "5001"},
		"woocommerce/https:%2F%2Fshop.example%2Fde/order/17": {System: "woocommerce", Tenant: "https://shop.example/de", Type: "order", ID: "17"},
		"shop/brand/product/50%25-OFF%2FRED":                 {System: "shop", Tenant: "brand", Type: "product", ID: "50%-OFF/RED"},
		"shop/brand/product/a%252Fb":                         {System: "shop", Tenant: "brand", Type: "product", ID: "a%2Fb"},
		"///":                                                {},
	} {
		if got := key.String(); got != text {
			t.Errorf("%+v has the text %q, want %q", key, got, text)
		}
		if got, err := message.ParseKey(text); err != nil || got != key {
			t.Errorf("ParseKey(%q) = %+v, %v; want %+v", text, got, err, key)
		}
	}
}

// The keys of both lines had one text when a slash within a part was not escaped.
func TestTwoKeysNeverHaveOneText(t *testing.T) {
	t.Parallel()
	parts := []string{"", "a", "/", "%", "a/b", "%2F", "%25", "b", "%2f", "é/\x00"}
	seen := map[string]message.Key{}
	for n := range len(parts) * len(parts) * len(parts) * len(parts) {
		at := func(place int) string { return parts[n/place%len(parts)] }
		key := message.Key{System: at(1), Tenant: at(10), Type: at(100), ID: at(1000)}
		if other, taken := seen[key.String()]; taken {
			t.Fatalf("%+v and %+v have the text %q", key, other, key)
		}
		seen[key.String()] = key
	}
}

func TestEveryKeyIsParsedFromItsText(t *testing.T) {
	t.Parallel()
	roundTrip := func(system, tenant, kind, id string) bool {
		key := message.Key{System: system, Tenant: tenant, Type: kind, ID: id}
		got, err := message.ParseKey(key.String())
		return err == nil && got == key
	}
	if err := quick.Check(roundTrip, nil); err != nil {
		t.Error(err)
	}
}

func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"shopify/brand/order/1", "a/b%2Fc/d/%25", "a/b/c", "%/%%/%2/%2G", "a/%2f/c/d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := message.ParseKey(text)
		if err != nil {
			return
		}
		if again, err := message.ParseKey(key.String()); err != nil || again != key {
			t.Errorf("ParseKey(%q) = %+v, its text %q is read as %+v, %v", text, key, key, again, err)
		}
	})
}

func TestParseKeyRejectsWhatIsNoKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "a/b/c", "a/b/c/d/e", "shopify/example/order/1/2", "a/b/c/%", "a/b/c/%2", "a/b/c/100%", "a/b%20c/d/e"} {
		if key, err := message.ParseKey(text); err == nil {
			t.Errorf("ParseKey(%q) = %+v", text, key)
		}
	}
}

func ExampleParseKey() {
	key, err := message.ParseKey("woocommerce/https:%2F%2Fshop.example/order/17")
	fmt.Println(key.Tenant, key.ID, err)
	// Output: https://shop.example 17 <nil>
}
