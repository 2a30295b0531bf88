package connector_test

import (
	"reflect"
	"slices"
	"testing"

	"causeway.example/shared/connector"
)

type purposeful struct {
	Tax        string            `env:"TOY_TAX" for:"orders with tax"`
	Address    string            `env:"TOY_ADDRESS" needs:"TOY_KEY,TOY_SECRET" public:"true"`
	Stores     map[string]string `env:"TOY_STORES" keys:"store"`
	Customers  map[string]string `env:"TOY_CUSTOMERS" keys:"customer"`
	Currencies map[string]string `env:"TOY_CURRENCIES" keys:"currency"`
	Plain      string            `env:"TOY_PLAIN"`
	Derived    string            `for:"nothing: it is no setting"`
}

func TestPurposesAreReadFromTheTags(t *testing.T) {
	t.Parallel()
	want := []connector.Purpose{
		{Setting: "TOY_TAX", For: "orders with tax"},
		{Setting: "TOY_ADDRESS", Needs: []string{"TOY_KEY", "TOY_SECRET"}, Public: true},
		{Setting: "TOY_STORES", Keys: connector.StoreKeys, Map: true},
		{Setting: "TOY_CUSTOMERS", Keys: connector.CustomerKeys, Map: true},
		{Setting: "TOY_CURRENCIES", Keys: connector.CurrencyKeys, Map: true},
	}
	if got := connector.Purposes(purposeful{}); !reflect.DeepEqual(got, want) {
		t.Errorf("purposes %+v", got)
	}
	if got := (connector.Profile{Purposes: want}).Maps(); !slices.Equal(got, []string{"TOY_STORES", "TOY_CUSTOMERS", "TOY_CURRENCIES"}) {
		t.Errorf("maps %v", got)
	}
}

func TestKeysOfMapsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, value, rule string }{
		{"TOY_STORES", "shop/a.example=1", ""},
		{"TOY_STORES", "shop/a.example/eu=1", ""},
		{"TOY_STORES", "a.example=1", `has the key "a.example", which is not a store, written system/tenant`},
		{"TOY_STORES", "/a.example=1", `has the key "/a.example", which is not a store, written system/tenant`},
		{"TOY_CUSTOMERS", "shop/a.example/customer/7=1", ""},
		{"TOY_CUSTOMERS", "shop/a.example/eu/customer/7=1", ""},
		{"TOY_CUSTOMERS", "shop/a.example/order/7=1", `has the key "shop/a.example/order/7", which is not a customer, written system/tenant/customer/id`},
		{"TOY_CURRENCIES", "USD=1,EUR=2", ""},
		{"TOY_CURRENCIES", "USD=1,EURO=2", `has the key "EURO", which is not a currency code of ISO 4217 such as EUR`},
		{"TOY_CURRENCIES", "usd=1", `has the key "usd", which is not a currency code of ISO 4217 such as EUR`},
	} {
		got := connector.ProblemsOf(connector.ParseSettings(map[string]string{c.key: c.value}, &purposeful{}))
		switch {
		case c.rule == "" && len(got) != 0, c.rule != "" && (len(got) != 1 || got[0] != connector.Problem{Key: c.key, Rule: c.rule}):
			t.Errorf("%s=%s: %v", c.key, c.value, got)
		}
	}
}
