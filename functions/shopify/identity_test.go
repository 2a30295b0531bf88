package shopify_test

import (
	"strings"
	"testing"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

const secondShop = "second-brand.myshopify.com"

// TestI15ABodyBelongsToItsShopAndTopic changes headers of signed bodies.
func TestI15ABodyBelongsToItsShopAndTopic(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_SHOPS": shopifytest.Shop + "," + secondShop})
	customer := mustRead(t, "customers-create.sample", "in.json")
	noName := edit(t, `"admin_graphql_api_id":"gid://shopify/Order/820982911946154508",`, ``)
	for name, c := range map[string]struct {
		delivery shopifytest.Delivery
		class    fault.Class
		field    string
	}{
		"an order under another shop's header": {shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample(), Shop: secondShop}, fault.Conflict, "order_status_url"},
		"an order as a customer":               {shopifytest.Delivery{Topic: "customers/create", Body: shopifytest.Sample()}, fault.Schema, "financial_status"},
		"an order without a name as one":       {shopifytest.Delivery{Topic: "customers/update", Body: noName}, fault.Schema, "financial_status"},
		"a customer as an order":               {shopifytest.Delivery{Topic: "orders/create", Body: customer}, fault.Schema, "name"},
		"an order as a refund":                 {shopifytest.Delivery{Topic: "refunds/create", Body: []byte(`{"id":1,"order_id":2,"admin_graphql_api_id":"gid://shopify/Order/1"}`)}, fault.Conflict, "admin_graphql_api_id"},
		"the name of another customer":         {shopifytest.Delivery{Topic: "customers/update", Body: []byte(`{"id":1,"updated_at":"2026-11-22T16:05:44Z","admin_graphql_api_id":"gid://shopify/Customer/2"}`)}, fault.Conflict, "admin_graphql_api_id"},
		"a transaction of another kind":        {shopifytest.Delivery{Topic: "order_transactions/create", Body: []byte(`{"id":1,"order_id":2,"admin_graphql_api_id":"gid://shopify/Refund/1"}`)}, fault.Conflict, "admin_graphql_api_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := s.Source.Receive(t.Context(), c.delivery.Request(now))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Source.Translate(t.Context(), raw)
			field := c.field
			if c.class == fault.Schema {
				field = fault.As(err).Field
			}
			wantFault(t, err, fault.Invalid, c.class, field)
			if !strings.Contains(err.Error(), c.field) {
				t.Errorf("%v does not name %s", err, c.field)
			}
		})
	}
	own := strings.Replace(string(shopifytest.Sample()), "https://example-brand.myshopify.com/", "https://shop.example/", 1)
	s.mustTranslate(t, "orders/create", []byte(own))
}

func TestI15SecretsAreBoundToShops(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{
		"SHOPIFY_SHOPS":           shopifytest.Shop + "," + secondShop,
		"SHOPIFY_WEBHOOK_SECRETS": shopifytest.Shop + "=first," + secondShop + "=second," + secondShop + "=next",
	})
	for name, c := range map[string]struct {
		shop, secret string
		pass         bool
	}{
		"the shop's own":             {shopifytest.Shop, "first", true},
		"the other's own":            {secondShop, "second", true},
		"the one that replaces it":   {secondShop, "next", true},
		"another shop's":             {secondShop, "first", false},
		"the other way round":        {shopifytest.Shop, "next", false},
		"shop and secret as written": {shopifytest.Shop, shopifytest.Shop + "=first", false},
	} {
		d := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample(), Shop: c.shop, Secret: c.secret}
		if _, err := s.Source.Receive(t.Context(), d.Request(now)); (err == nil) != c.pass || err != nil && fault.KindOf(err) != fault.Unauthentic {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, secrets := range map[string]string{
		"a shop without a secret":   shopifytest.Shop + "=first",
		"a secret of no shop of us": "third.myshopify.com=x," + shopifytest.Secret,
	} {
		settings := shopifytest.New().Settings("http://127.0.0.1")
		settings["SHOPIFY_SHOPS"], settings["SHOPIFY_WEBHOOK_SECRETS"] = shopifytest.Shop+","+secondShop, secrets
		_, err := shopify.Open(settings, connector.Deps{})
		wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_WEBHOOK_SECRETS")
		if strings.Contains(err.Error(), "first") {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
}

func TestKeptHeadersAreBoundedASCII(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, c := range map[string]struct {
		value string
		class fault.Class
	}{
		"255 bytes":          {strings.Repeat("a", 255), ""},
		"256 bytes":          {strings.Repeat("a", 256), fault.TooLarge},
		"beyond ASCII":       {"wébhook", fault.Value},
		"a control":          {"a\x1b[2J", fault.Value},
		"a tab":              {"a\tb", fault.Value},
		"the last printable": {"~", ""},
	} {
		request := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}.Request(now)
		request.Header.Set("X-Shopify-Webhook-Id", c.value)
		_, err := s.Source.Receive(t.Context(), request)
		if c.class == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantFault(t, err, fault.Invalid, c.class, "X-Shopify-Webhook-Id")
	}
}

// TestReservedCountriesAndLeapSecondsAreNoted: neither stops an order.
func TestReservedCountriesAndLeapSecondsAreNoted(t *testing.T) {
	t.Parallel()
	body := strings.NewReplacer(`"country_code":"US","province_code":"NY"},"customer"`, `"country_code":"AC","province_code":null},"customer"`,
		`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"2026-12-31T18:59:60-05:00"`).Replace(string(shopifytest.Sample()))
	events := open(t, nil).mustTranslate(t, "orders/create", []byte(body))
	got := order(t, events)
	if got.Billing.Country != "SH" || got.PlacedAt.Second() != 59 {
		t.Errorf("country %s, placed at %v", got.Billing.Country, got.PlacedAt)
	}
	var notes []string
	for _, note := range events[1].Notes {
		notes = append(notes, note.Field+": "+note.What)
	}
	all := strings.Join(notes, "; ")
	if !strings.Contains(all, "country AC read as SH") || !strings.Contains(all, "created_at: leap second") {
		t.Errorf("the notes are %q", all)
	}
}
