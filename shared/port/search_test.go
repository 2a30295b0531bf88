package port_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/port"
)

func TestSearchKeyIsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, value, want string }{
		{port.KeyNumber, "#1001", "number:1001"},
		{port.KeyNumber, " 1001 ", "number:1001"},
		{port.KeySKU, "Trail-42", "sku:trail-42"},
		{port.KeySKU, "#7", "sku:#7"},
		{port.KeyID, "", ""},
		{port.KeyNumber, "#", ""},
		{port.KeyID, strings.Repeat("x", 129), ""},
	} {
		if got := port.SearchKey(c.kind, c.value); got != c.want {
			t.Errorf("SearchKey(%q, %q) = %q, want %q", c.kind, c.value, got, c.want)
		}
	}
}

func TestHintsReadWhatCannotBeTranslated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payload string
		want    []string
	}{
		"an order of Shopify":                 {`{"id":5001,"name":"#1001","line_items":[{"id":9,"sku":"A-1","name":"Trail shoe"},{"sku":"B2"}]}`, []string{"id:5001", "number:1001", "sku:a-1", "sku:b2"}},
		"Shopify's number is not the order's": {`{"number":1,"order_number":1001}`, []string{"number:1001"}},
		"an order of WooCommerce":             {`{"id": 727, "number": "727", "billing": {"first_name": "Ada"}}`, []string{"id:727", "number:727"}},
		"cut off in the middle":               {`{"id":5001,"name":"#1001","line_items":[{"sku":"A-1","pri`, []string{"id:5001", "number:1001", "sku:a-1"}},
		"a person's name is no key":           {`{"name":"Ada Lovelace","email":"ada@example.com"}`, nil},
		"an address is no key":                {`{"name":"ada1@example.com"}`, nil},
		"nothing that names a thing":          {`hello`, nil},
		"empty":                               {``, nil},
	} {
		if got := port.Hints([]byte(c.payload)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := port.Hints([]byte(strings.Repeat(`{"sku":"A1"}`, 99) + `"sku":"B2"`)); len(got) > 64 {
		t.Errorf("%d keys", len(got))
	}
}
