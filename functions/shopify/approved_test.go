package shopify_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
)

var update = flag.Bool("update", false, "rewrite the approved files")

// purchases are the cases whose in.json is built rather than recorded.
var purchases = map[string]shopifytest.Purchase{
	"orders-create.b4-tax-included-discount": {
		Currency: "EUR", TaxIncluded: true, TaxPercent: 20,
		Items: []shopifytest.Item{{ID: 1, SKU: "COAT", Title: "Coat", Quantity: 1, Price: 25999, Discount: 1299}},
	},
	"orders-create.b5-tax-exclusive-discount": {
		TaxPercent: 10,
		Items:      []shopifytest.Item{{ID: 1, SKU: "COAT", Title: "Coat", Quantity: 1, Price: 10000, Discount: 2000}},
	},
	"orders-create.b6-rounding-line": {TaxPercent: 10, OffBy: 2},
	"orders-create.b7-gift-card-sold": {
		Items: []shopifytest.Item{
			{ID: 1, SKU: "GIFT-50", Title: "Gift card", Quantity: 1, Price: 5000, GiftCard: true},
			{ID: 2, SKU: "TEE", Title: "Tee", Quantity: 1, Price: 2000},
		},
	},
	"orders-create.b7-split-tender":      {ID: 4242, Gateways: []string{"gift_card", "shopify_payments"}},
	"orders-create.b8-tip-duty-fee-cash": {TaxPercent: 25, Shipping: 750, Tip: 500, Duty: 1200, Fee: 99, CashRounded: 2, Gateways: []string{"cash"}},
	"orders-create.b9-presentment-eur":   {Presentment: "EUR", Factor: 2, TaxPercent: 20, Shipping: 500},
	"orders-create.b10-guest":            {Guest: true, Email: "Ada.Byron@Example.COM", Change: without("shipping_address")},
	"orders-create.b3-custom-line": {
		Items: []shopifytest.Item{
			{ID: 1, Title: "Engraving", Quantity: 1, Price: 1500, Custom: true, Digital: true},
			{ID: 2, SKU: "TEE", Title: "Tee", Quantity: 2, Price: 2000},
		},
	},
	"orders-paid.late":           {UpdatedAt: shopifytest.Start.Add(48 * time.Hour)},
	"orders-updated.authorized":  {Financial: "authorized"},
	"orders-create.cancelled":    {CancelledAt: shopifytest.Start.Add(time.Minute), UpdatedAt: shopifytest.Start.Add(time.Minute)},
	"orders-create.empty-parts":  {Financial: "pending", Change: without("customer", "email", "contact_email", "billing_address", "shipping_address", "shipping_lines", "payment_gateway_names", "note")},
	"orders-create.british-tone": {Currency: "GBP", Change: inTheUK},
}

func without(names ...string) func(map[string]any) {
	return func(order map[string]any) {
		for _, name := range names {
			order[name] = nil
		}
	}
}

func inTheUK(order map[string]any) {
	address := order["shipping_address"].(map[string]any)
	address["country_code"], address["province_code"], address["province"] = "uk", nil, "Kent"
	address["address2"] = "Flat\t4\u0000"
}

func TestApproved(t *testing.T) {
	t.Parallel()
	for name, purchase := range purchases {
		if *update {
			mustWrite(t, indent(t, purchase.Body()), name, "in.json")
		}
	}
	cases, err := filepath.Glob(filepath.Join("testdata", "*", "in.json"))
	if err != nil || len(cases) < len(purchases)+5 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, path := range cases {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			approve(t, name)
		})
	}
}

func approve(t *testing.T, name string) {
	t.Helper()
	s := open(t, overrides{"SHOPIFY_CURRENCY": basisOf(name)})
	s.fake.Pay("4242",
		shopifytest.Transaction{ID: 1, Kind: "SALE", Status: "SUCCESS", Gateway: "gift_card", Amount: usd(5000), At: shopifytest.Start},
		shopifytest.Transaction{ID: 2, Kind: "SALE", Status: "FAILURE", Gateway: "shopify_payments", Amount: usd(10750), At: shopifytest.Start},
		shopifytest.Transaction{ID: 3, Kind: "SALE", Status: "SUCCESS", Gateway: "shopify_payments", Reference: "pi_1", Amount: usd(10750), At: shopifytest.Start},
	)
	topic, _, _ := strings.Cut(name, ".")
	events := s.report(t, strings.Replace(topic, "-", "/", 1), mustRead(t, name, "in.json"))
	for _, event := range events {
		if err := canonical.Validate(event.Body); err != nil {
			t.Errorf("%s: %v", event.Type, err)
		}
	}
	got, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	got = indent(t, got)
	if *update {
		mustWrite(t, got, name, "want.json")
	}
	if diff := cmp.Diff(string(mustRead(t, name, "want.json")), string(got)); diff != "" {
		t.Errorf("not as approved (-want +got):\n%s", diff)
	}
}

func basisOf(name string) string {
	if strings.Contains(name, "presentment") {
		return "presentment"
	}
	return "shop"
}

func indent(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", " "); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), '\n')
}

func mustWrite(t *testing.T, data []byte, name, file string) {
	t.Helper()
	folder := filepath.Join("testdata", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, file), data, 0o644); err != nil {
		t.Fatal(err)
	}
}
