package shopify_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func TestSettingsAtFaultAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changed overrides
		field   string
	}{
		"no shop":                    {overrides{"SHOPIFY_SHOPS": ""}, "SHOPIFY_SHOPS"},
		"a shop of another host":     {overrides{"SHOPIFY_SHOPS": "shop.example.com"}, "SHOPIFY_SHOPS[0]"},
		"a shop that is an address":  {overrides{"SHOPIFY_SHOPS": "evil.com/x.myshopify.com"}, "SHOPIFY_SHOPS[0]"},
		"a shop in capitals":         {overrides{"SHOPIFY_SHOPS": "Example.myshopify.com"}, "SHOPIFY_SHOPS[0]"},
		"12 no secret":               {overrides{"SHOPIFY_WEBHOOK_SECRETS": ""}, "SHOPIFY_WEBHOOK_SECRETS"},
		"12 an empty secret":         {overrides{"SHOPIFY_WEBHOOK_SECRETS": "a,,b"}, "SHOPIFY_WEBHOOK_SECRETS[1]"},
		"a secret with a line break": {overrides{"SHOPIFY_WEBHOOK_SECRETS": "a\n"}, "SHOPIFY_WEBHOOK_SECRETS"},
		"an unknown currency basis":  {overrides{"SHOPIFY_CURRENCY": "both"}, "SHOPIFY_CURRENCY"},
		"a negative tolerance":       {overrides{"SHOPIFY_ROUNDING_TOLERANCE": "-1"}, "SHOPIFY_ROUNDING_TOLERANCE"},
		"a tolerance in words":       {overrides{"SHOPIFY_ROUNDING_TOLERANCE": "five"}, "SHOPIFY_ROUNDING_TOLERANCE"},
		"plain http":                 {overrides{"SHOPIFY_API_URL": "http://example.com"}, "SHOPIFY_API_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := shopifytest.New().Settings("http://127.0.0.1:1")
			for key, value := range c.changed {
				settings[key] = value
			}
			_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
			wantFault(t, err, fault.Rejected, fault.Config, c.field)
		})
	}
}

func TestOnlyShopsAndSecretsAreRequired(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"SHOPIFY_SHOPS": shopifytest.Shop + ",second.myshopify.com", "SHOPIFY_WEBHOOK_SECRETS": "x"}
	system, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
	if err != nil || system.Source == nil || system.Target == nil {
		t.Errorf("got %+v, %v", system, err)
	}
}

// The audit only reads, and its program would be too large with the target.
func TestASourceIsOpenedWithoutItsTarget(t *testing.T) {
	t.Parallel()
	settings := shopifytest.New().Settings("http://127.0.0.1:1")
	deps := connector.Deps{HTTP: http.DefaultTransport, Now: time.Now}
	system, err := shopify.OpenSource(settings, deps)
	if err != nil || system.Target != nil || system.Source == nil || system.Poller == nil || system.Auditor == nil || system.Checker == nil {
		t.Errorf("got %+v, %v", system, err)
	}
	settings["SHOPIFY_SHOPS"] = "shop.example.com"
	if _, err := shopify.OpenSource(settings, deps); err == nil {
		t.Error("a shop of another host passes")
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	p := shopify.Profile()
	if p.Name != "shopify" || !slices.Equal(p.Roles, []connector.Role{connector.Receive, connector.Translate, connector.Poll, connector.Deliver}) {
		t.Errorf("name %s, roles %v", p.Name, p.Roles)
	}
	if !slices.Equal(p.Secrets, []string{"SHOPIFY_WEBHOOK_SECRETS", "SHOPIFY_ADMIN_TOKEN"}) {
		t.Errorf("secrets %v", p.Secrets)
	}
	for key := range shopifytest.New().Settings("") {
		if !slices.Contains(p.Settings, key) {
			t.Errorf("the profile does not name %s", key)
		}
	}
	if p.BodyLimit < len(shopifytest.Order(200)) || p.Timeout <= 0 {
		t.Errorf("body limit %d, timeout %v", p.BodyLimit, p.Timeout)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	printed := fmt.Sprintf("%v %+v %#v %#v", s.System, s.Source, s.Source, s.Target)
	for _, secret := range []string{shopifytest.Secret, shopifytest.Token} {
		if strings.Contains(printed, secret) {
			t.Errorf("%s shows a secret", printed)
		}
	}
}
