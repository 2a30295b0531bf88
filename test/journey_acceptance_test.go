package test_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
)

// situation is a file of testdata/acceptance.
type situation struct {
	Pay []struct {
		Order, Kind, Status, Gateway, Currency string
		At                                     time.Time
		ID, Minor                              int64
	}
	Steps []struct {
		System, Topic, Wait string
		Body                json.RawMessage
	}
}

func readSituation(t *testing.T, id string) situation {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "acceptance", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s situation
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// skus returns the items that the situation's lines name.
func (s situation) skus() []string {
	var skus []string
	for _, step := range s.Steps {
		var body struct {
			Lines []struct{ SKU string } `json:"line_items"`
		}
		if step.Body == nil || json.Unmarshal(step.Body, &body) != nil {
			continue
		}
		for _, line := range body.Lines {
			if line.SKU != "" && !slices.Contains(skus, line.SKU) {
				skus = append(skus, line.SKU)
			}
		}
	}
	return skus
}

// play sends the steps, a minute of virtual time apart. A step of a fault is a rule of the fake
// ERP. The shop has a transaction once the step that comes after it is sent.
func (w *world) play(s situation) {
	w.Helper()
	for _, step := range s.Steps {
		if wait, err := time.ParseDuration(step.Wait); err == nil {
			w.pass(wait)
		}
		if step.Topic == "" {
			continue
		}
		for _, tx := range s.Pay {
			var body struct {
				UpdatedAt time.Time `json:"updated_at"`
			}
			if err := json.Unmarshal(step.Body, &body); err == nil && !tx.At.After(body.UpdatedAt) {
				w.shop.Pay(tx.Order, shopifytest.Transaction{
					ID: tx.ID, Kind: tx.Kind, Status: tx.Status, Gateway: tx.Gateway, At: tx.At,
					Amount: canonical.Money{Minor: tx.Minor, Currency: tx.Currency},
				})
			}
		}
		s.Pay = s.notPaid(step.Body)
		var status int
		if step.System == "shopify" {
			status = w.shopify(step.Topic, step.Body)
		} else {
			status = w.post(step.System, woocommercetest.Header(step.Topic, step.Body), step.Body)
		}
		if status != 200 {
			w.Errorf("%s is answered %d", step.Topic, status)
		}
		w.pass(time.Minute)
	}
	w.pass(time.Hour)
}

// notPaid returns the transactions that are later than the state.
func (s situation) notPaid(body []byte) []struct {
	Order, Kind, Status, Gateway, Currency string
	At                                     time.Time
	ID, Minor                              int64
} {
	var state struct {
		UpdatedAt time.Time `json:"updated_at"`
	}
	if json.Unmarshal(body, &state) != nil {
		return s.Pay
	}
	later := slices.Clone(s.Pay)
	for i := len(later) - 1; i >= 0; i-- {
		if !later[i].At.After(state.UpdatedAt) {
			later = slices.Delete(later, i, i+1)
		}
	}
	return later
}

// TestAcceptanceSituations plays each situation through the whole chain, and reads the sales
// order and its deposits at the ERP.
func TestAcceptanceSituations(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct{ order, lines, deposits string }{
		"s01-edit-quantity-down":           {"900001", "MUG-RED 1 56.25", "112.50"},
		"s02-line-removed-before-payment":  {"900002", "LAMP-A 1 55.00", "55.00"},
		"s03-exchange-dearer":              {"900003", "CHAIR-ASH 1 250.00", "100.00 150.00"},
		"s05-b2b-po-number":                {"900005", "CRATE-9 12 480.00", ""},
		"s07-product-deleted-after-sale":   {"900007", "VASE-4 1 45.00", "45.00"},
		"s11-deposit-then-rest":            {"900011", "SOFA-2 1 200.00", "120.00 80.00"},
		"s14-refund-with-adjustment":       {"900014", "BALL-1 1 20.00", "20.00"},
		"s22-country-ac":                   {"900023", "MAP-1 1 18.00", "18.00"},
		"s33-fee-with-tax-included":        {"900033", "STOVE-1 1 100.00, store-fee 1 5.00, store-tax 1 21.00", "126.00"},
		"s35b-only-status-changes-refused": {"900036", "SOAP-1 2 24.00", "24.00"},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s := readSituation(t, id)
			journey(t, setup{items: s.skus()}, func(w *world) {
				w.play(s)
				order := w.order("shopify", want.order)
				var lines []string
				for _, line := range order.Lines {
					if !line.Closed {
						lines = append(lines, line.Item+" "+line.Quantity+" "+line.Amount)
					}
				}
				var deposits []string
				for _, d := range erpDeposits(w, order) {
					amount, _, _ := strings.Cut(d, " ")
					deposits = append(deposits, amount)
				}
				if got := strings.Join(lines, ", "); got != want.lines {
					t.Errorf("the order has %s, want %s", got, want.lines)
				}
				if got := strings.Join(deposits, " "); got != want.deposits {
					t.Errorf("deposits %q, want %q\n%s", got, want.deposits, w.story())
				}
				w.ingestNoneDead()
			})
		})
	}
}
