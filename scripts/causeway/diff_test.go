package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
)

// fashionable is an order whose company is too long for NetSuite and whose address has no country.
func fashionable(p *shopifytest.Purchase) {
	p.Change = func(order map[string]any) {
		billing, _ := order["billing_address"].(map[string]any)
		billing["company"] = strings.Repeat("Analytical Engines of London ", 4) + "Ltd"
		delete(billing, "country_code")
		delete(billing, "country")
	}
}

// known writes the settings of the ERP's connector into the command's file.
func (w *world) known() {
	w.Helper()
	var text strings.Builder
	for key, value := range w.settings {
		fmt.Fprintf(&text, "%s='%s'\n", key, value)
	}
	must2(w.T, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(text.String()), 0o600))
}

func TestDiffOfAConfirmedOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_DEFAULT_COUNTRY": "US", "NETSUITE_SUBSIDIARIES": "shopify/" + shopifytest.Shop + "=1"})
	w.known()
	w.order(1001, "TEE-BLK-M", fashionable)
	w.play("diff", "1001")
	w.play("map", "test", "1001")
	w.golden("diff_confirmed")
}

func TestDiffOfARejectedOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	w.play("diff", "1001")
	w.play("map", "test", "1001")
	w.play("trace", "1001", "-o", "wide")
	_, event, _ := w.run("why", "--jq", ".why[].example.event_id")
	_, shown, _ := w.run("inspect", strings.TrimSpace(event))
	if !strings.Contains(shown, "requests to targets") || !strings.Contains(shown, "INVALID_VALUE") || strings.Contains(shown, "Lovelace") {
		t.Errorf("inspect shows %s", shown)
	}
	w.golden("diff_rejected")
}
