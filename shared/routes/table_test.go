package routes_test

import (
	"fmt"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/routes"
)

// skippedBy returns the name of the first default filter of the route that matches an order
// of the states, "" if none does.
func skippedBy(t *testing.T, route routes.Route, status, financial string) string {
	t.Helper()
	event := fmt.Appendf(nil, `{"detail":{"body":{"status":%q,"financial":%q,"test":false,"channel":"web","fulfilled":false}}}`, status, financial)
	for _, filter := range route.Filters {
		match, err := filter.Pattern.Match(event)
		if err != nil {
			t.Fatal(err)
		}
		if filter.Default && match {
			return filter.Name
		}
	}
	return ""
}

func TestStatesOfAnOrderThatAreSkippedByDefault(t *testing.T) {
	t.Parallel()
	for _, route := range routes.Table {
		if route.Types[0] != canonical.OrderPlaced {
			continue
		}
		for states, want := range map[[2]string]string{
			{"open", "pending"}:                 "",
			{"open", "paid"}:                    "",
			{"open", "authorized"}:              "authorized_only",
			{"draft", "pending"}:                "draft",
			{"cancelled", "pending"}:            "cancelled_unpaid",
			{"cancelled", "authorized"}:         "cancelled_unpaid",
			{"cancelled", "voided"}:             "cancelled_unpaid",
			{"cancelled", "paid"}:               "",
			{"cancelled", "partially_paid"}:     "",
			{"cancelled", "refunded"}:           "",
			{"cancelled", "partially_refunded"}: "",
		} {
			if route.To == "shipbob" && (states == [2]string{"open", "pending"} || states == [2]string{"cancelled", "partially_paid"}) {
				want = "unpaid" // a warehouse ships what is paid
			}
			if route.To == "hubspot" && states == [2]string{"open", "authorized"} {
				want = "" // a CRM shows what is not paid yet
			}
			if got := skippedBy(t, route, states[0], states[1]); got != want {
				t.Errorf("%s: an order that is %s and %s is skipped by %q, want %q", route.Name(), states[0], states[1], got, want)
			}
		}
	}
}

func TestShipmentsGoToTheStoreWhoseOrderTheyAre(t *testing.T) {
	t.Parallel()
	for _, route := range routes.Shipments("depot") {
		for _, store := range []string{"shopify", "woocommerce"} {
			event := fmt.Appendf(nil, `{"source":"causeway.depot","detail-type":%q,"detail":{"origin":"depot","parents":[{"system":%q,"tenant":"a","type":"order","id":"1"}],"body":{"id":"S-1"}}}`, route.Types[0], store)
			if match, err := route.Pattern().Match(event); err != nil || !match {
				t.Errorf("%s does not take %s: %v", route.Name(), route.Types[0], err)
			}
			skipped := false
			for _, filter := range route.Filters {
				match, err := filter.Pattern.Match(event)
				if err != nil {
					t.Fatal(err)
				}
				skipped = skipped || match && filter.Default && filter.Final
			}
			if want := (route.To == "shopify" || route.To == "woocommerce") && route.To != store; skipped != want {
				t.Errorf("%s: a shipment of %s's order is skipped: %v, want %v", route.Name(), store, skipped, want)
			}
		}
	}
}

// The table's patterns are compiled when they are first matched.
func TestPatternsOfTheTableAreSound(t *testing.T) {
	t.Parallel()
	filters := 0
	for _, route := range routes.Table {
		for _, filter := range route.Filters {
			filters++
			if _, err := routes.ParsePattern([]byte(filter.Pattern.String())); err != nil {
				t.Errorf("%s, filter %s: %v", route.Name(), filter.Name, err)
			}
		}
	}
	if filters == 0 {
		t.Error("the table has no filter")
	}
}
