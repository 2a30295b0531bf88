package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/explain"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

// stores are both stores of the fakes, for a setting of NetSuite's.
const stores = "shopify/" + shopifytest.Shop + "=1,woocommerce/shop.example=2"

const longName = "Analytical Engines of London Analytical Engines of London Analytical Engines of London Ltd"

// fashionable is an order whose company is too long for NetSuite and whose address has no country.
func fashionable(p *shopifytest.Purchase) {
	p.Change = func(order map[string]any) {
		billing, _ := order["billing_address"].(map[string]any)
		billing["company"] = longName
		delete(billing, "country_code")
		delete(billing, "country")
	}
}

// known writes the settings of the ERP's connector into the command's file.
func (w *world) known() {
	w.Helper()
	var text strings.Builder
	text.WriteString(systemsLine)
	for key, value := range w.settings {
		fmt.Fprintf(&text, "%s='%s'\n", key, value)
	}
	must2(w.T, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(text.String()), 0o600))
}

// sold sends an order of WooCommerce through the door, and lets it be handled.
func (w *world) sold(order woocommercetest.Order) {
	w.Helper()
	response, err := w.RoundTrip(woocommercetest.Sign("http://door.example/hooks/woocommerce", "order.created", order.Body()))
	must2(w.T, err)
	if response.StatusCode != http.StatusOK {
		w.Fatalf("the door answered %d", response.StatusCode)
	}
	w.settle()
}

func TestDiffOfAConfirmedOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_DEFAULT_COUNTRY": "US", "NETSUITE_SUBSIDIARIES": stores})
	w.known()
	w.order(1001, "TEE-BLK-M", fashionable)
	w.play("diff", "1001")
	w.play("map", "test", "1001")
	w.golden("diff_confirmed")
	order := woocommercetest.NewOrder(4001, 1)
	order.Lines[0].SKU, order.Buyer.Company, order.Buyer.Country = "TEE-BLK-M", longName, ""
	w.transcript.Reset()
	w.sold(order)
	w.play("diff", "4001")
	w.golden("diff_confirmed_woocommerce")
}

func TestDiffOfARejectedOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_SUBSIDIARIES": stores})
	w.known()
	w.order(1001, "TRAIL-42", nil)
	w.play("diff", "1001")
	w.play("map", "test", "1001")
	w.play("trace", "1001", "-o", "wide")
	w.golden("diff_rejected")
	order := woocommercetest.NewOrder(4001, 1)
	order.Lines[0].SKU = "TRAIL-43"
	w.transcript.Reset()
	w.sold(order)
	w.play("diff", "4001")
	w.golden("diff_rejected_woocommerce")
}

// What stands at the target differs from what would be delivered: map test shows the field.
func TestMapTestShowsWhatWouldChangeAtTheTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_SUBSIDIARIES": stores})
	w.known()
	w.order(1001, "TEE-BLK-M", nil)
	w.settings["NETSUITE_SHIP_METHODS"] = "*=93"
	w.known()
	_, out, _ := w.run("map", "test", "1001")
	if !strings.Contains(out, "1 field would change") || !strings.Contains(out, "shipMethod.id") || !strings.Contains(out, `"92"`) || !strings.Contains(out, `"93"`) {
		t.Errorf("map test shows %s", out)
	}
}

// Nothing that a diff shows is personal: every personal field has a value of its own.
func TestDiffShowsNothingPersonal(t *testing.T) {
	t.Parallel()
	for seed := range 3 {
		w := newWorld(t, nil)
		canaries := map[string]string{}
		canary := func(name string) string {
			canaries[name] = fmt.Sprintf("Qz%s%dvex", strings.ReplaceAll(name, "_", ""), seed)
			if seed%2 == 1 && name == "company" {
				return strings.Repeat(canaries[name]+" ", 12)
			}
			return canaries[name]
		}
		w.order(1001, []string{"TEE-BLK-M", "TRAIL-42"}[seed%2], func(p *shopifytest.Purchase) {
			p.Email = strings.ToLower(canary("mail")) + "@example.com"
			p.Change = func(order map[string]any) {
				order["note"], order["phone"] = canary("note"), "+49 30 9018 2077"
				for _, place := range []string{"billing_address", "shipping_address"} {
					address, _ := order[place].(map[string]any)
					for _, name := range []string{"first_name", "last_name", "company", "address1", "address2", "city", "zip", "name"} {
						address[name] = canary(name)
					}
					address["phone"] = "+49 30 9018 2077"
					if seed == 2 {
						delete(address, "company")
					}
				}
			}
		})
		for _, line := range [][]string{{"diff", "1001"}, {"diff", "1001", "-o", "json"}, {"map", "test", "1001", "-o", "json"}, {"trace", "1001", "-o", "wide"}, {"trace", "1001", "-o", "json"}} {
			code, out, complaints := w.run(line...)
			if code != screen.ExitOK {
				t.Fatalf("seed %d: %q ended with %d: %s", seed, line, code, complaints)
			}
			for name, value := range canaries {
				if strings.Contains(strings.ToLower(out), strings.ToLower(value[:len(value)-2])) {
					t.Errorf("seed %d: %q shows the %s: %s", seed, line, name, out)
				}
			}
			if strings.Contains(out, "2077") || strings.Contains(out, "30 9018") {
				t.Errorf("seed %d: %q shows the telephone number", seed, line)
			}
		}
		if _, out, _ := w.run("diff", "1001", "--show-pii"); !strings.Contains(out, canaries["city"]) {
			t.Errorf("--show-pii shows %s", out)
		}
	}
}

var errReadOnly = errors.New("something was written")

// readOnly are ports that fail on every write.
type readOnly struct {
	port.State
	port.Ledger
	port.Vault
}

func (readOnly) Put(context.Context, port.Item) (int64, error) { return 0, errReadOnly }
func (readOnly) Append(context.Context, ...port.Entry) error   { return errReadOnly }
func (readOnly) Store(context.Context, []byte) (message.Claim, error) {
	return message.Claim{}, errReadOnly
}
func (readOnly) Send(context.Context, string, []port.Outgoing) error { return errReadOnly }

func TestDiffWritesNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", nil)
	w.order(1002, "TRAIL-42", nil)
	store, err := local.Attach(t.Context(), installation.Store(w.folder, "causeway", w.clock.Now, storesAndERP(w.T)))
	must2(t, err)
	defer func() { must2(t, store.Close()) }()
	e := store.Desk()
	only := readOnly{e.State, e.Ledger, e.Vault}
	e.State, e.Ledger, e.Vault, e.Sender = only, only, only, only
	tool := &cli.Tool{Screen: screen.Screen{Now: w.clock.Now}, Transport: w, Settings: filepath.Join(w.folder, "none.env"), Port: 4600}
	connections, err := tool.Connections(e.State, nil)
	must2(t, err)
	d, err := operate.New(e, storesAndERP(w.T))
	must2(t, err)
	by := explain.Explainer{Desk: d, Connections: connections}
	before := len(w.erp.Calls())
	for _, text := range []string{"1001", "1002"} {
		for _, twin := range []bool{true, false} {
			found, err := by.Explain(t.Context(), text, twin)
			if err != nil || len(found.Missing) > 0 || len(found.Rows) == 0 && found.Detail == "" {
				t.Errorf("%s: %v %v, %d rows", text, err, found.Missing, len(found.Rows))
			}
		}
	}
	for _, call := range w.erp.Calls()[before:] {
		if !strings.HasPrefix(call, "GET ") && !strings.Contains(call, "/suiteql") {
			t.Errorf("the target was sent %s", call)
		}
	}
}

func TestInspectShowsRequestAndAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	_, event, _ := w.run("why", "--jq", ".why[].example.event_id")
	_, shown, _ := w.run("inspect", strings.TrimSpace(event))
	for _, text := range []string{"requests to targets", "attempt 1", "PUT /services/rest/record/v1/salesOrder/", `"externalId":"TRAIL-42"`, "INVALID_VALUE"} {
		if !strings.Contains(shown, text) {
			t.Errorf("%q is missing from %s", text, shown)
		}
	}
	for _, text := range []string{"Lovelace", "Authorization", "oauth"} {
		if strings.Contains(shown, text) {
			t.Errorf("%q is shown", text)
		}
	}
}
