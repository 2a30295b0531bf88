package woocommerce_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func TestOpenNamesTheSettingAtFault(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ key, value, field string }{
		"no store":                {"WOOCOMMERCE_STORES", "", "WOOCOMMERCE_STORES"},
		"store without scheme":    {"WOOCOMMERCE_STORES", "shop.example", "WOOCOMMERCE_STORES"},
		"12 no secret":            {"WOOCOMMERCE_WEBHOOK_SECRETS", "", "WOOCOMMERCE_WEBHOOK_SECRETS"},
		"12 one of them empty":    {"WOOCOMMERCE_WEBHOOK_SECRETS", "s3cret,", "WOOCOMMERCE_WEBHOOK_SECRETS[1]"},
		"secret with space":       {"WOOCOMMERCE_WEBHOOK_SECRETS", "s3cret, next", "WOOCOMMERCE_WEBHOOK_SECRETS"},
		"key without secret":      {"WOOCOMMERCE_CONSUMER_SECRET", "", "WOOCOMMERCE_CONSUMER_SECRET"},
		"secret without key":      {"WOOCOMMERCE_CONSUMER_KEY", "", "WOOCOMMERCE_CONSUMER_KEY"},
		"unknown zone":            {"WOOCOMMERCE_TIMEZONE", "Mars/Olympus", "WOOCOMMERCE_TIMEZONE"},
		"tolerance not a number":  {"WOOCOMMERCE_ROUNDING_TOLERANCE", "five", "WOOCOMMERCE_ROUNDING_TOLERANCE"},
		"tolerance below zero":    {"WOOCOMMERCE_ROUNDING_TOLERANCE", "-1", "WOOCOMMERCE_ROUNDING_TOLERANCE"},
		"API over plain http":     {"WOOCOMMERCE_API_URL", "http://shop.example", "WOOCOMMERCE_API_URL"},
		"API that is no address":  {"WOOCOMMERCE_API_URL", "shop", "WOOCOMMERCE_API_URL"},
		"API with a query string": {"WOOCOMMERCE_API_URL", "https://shop.example?x=1", "WOOCOMMERCE_API_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := woocommercetest.New().Settings("http://127.0.0.1:1")
			settings[tc.key] = tc.value
			system, err := woocommerce.Open(settings, deps(http.DefaultTransport))
			checkFault(t, err, fault.Rejected, fault.Config, tc.field)
			if system.Source != nil || system.Checker != nil {
				t.Error("a system was opened nevertheless")
			}
			if strings.Contains(err.Error(), woocommercetest.KeySecret) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v shows a secret", err)
			}
		})
	}
}

func TestOpenWithoutAKeyHasNoChecker(t *testing.T) {
	t.Parallel()
	system := mustOpen(t, map[string]string{"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""})
	if system.Checker != nil || system.Source == nil || system.Target == nil {
		t.Errorf("system = %+v, want a source and a target without a checker", system)
	}
}

func TestProfileListsEverySetting(t *testing.T) {
	t.Parallel()
	profile := woocommerce.Profile()
	for key := range maps.Keys(woocommercetest.New().Settings("http://127.0.0.1:1")) {
		if !slices.Contains(profile.Settings, key) {
			t.Errorf("the profile does not list %s", key)
		}
	}
	want := []string{"WOOCOMMERCE_WEBHOOK_SECRETS", "WOOCOMMERCE_CONSUMER_KEY", "WOOCOMMERCE_CONSUMER_SECRET"}
	if !slices.Equal(profile.Secrets, want) {
		t.Errorf("secrets are %v, want %v", profile.Secrets, want)
	}
	if !slices.Equal(profile.Roles, []connector.Role{connector.Receive, connector.Translate, connector.Poll, connector.Deliver}) || len(profile.Operations) != 17 {
		t.Errorf("the profile offers something else: %+v", profile)
	}
}

func TestALargeOrderPassesTheDoor(t *testing.T) {
	t.Parallel()
	body := woocommercetest.NewOrder(7, 10_000).Body()
	if len(body) > woocommerce.Profile().BodyLimit {
		t.Errorf("an order of 10,000 lines takes %d bytes, more than the limit", len(body))
	}
	translation := mustTranslate(t, mustOpen(t, nil).Source, "order.created", body)
	if len(translation.Events) != 3 {
		t.Errorf("49: it became %s", types(translation))
	}
}

func ExampleOpen() {
	fake := woocommercetest.New()
	system, err := woocommerce.Open(fake.Settings("http://127.0.0.1:4602"), connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	body := woocommercetest.NewOrder(1001, 2).Body()
	raw, err := system.Source.Receive(context.Background(), connector.Request{Header: woocommercetest.Header("order.created", body), Body: body})
	if err != nil {
		fmt.Println(err)
		return
	}
	translation, err := system.Source.Translate(context.Background(), raw)
	for _, event := range translation.Events {
		fmt.Println(event.Type, event.Entity)
	}
	fmt.Println(err)
	// Output:
	// customer.upserted woocommerce/shop.example/customer/2
	// order.placed woocommerce/shop.example/order/1001
	// payment.captured woocommerce/shop.example/payment/1001-paid
	// <nil>
}
