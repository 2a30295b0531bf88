package shopify_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
)

// situation is a file of testdata/acceptance: webhooks in their order, and the transactions that
// the shop has when it is asked.
type situation struct {
	Pay []struct {
		Order, Kind, Status, Gateway, Currency string
		At                                     time.Time
		ID, Minor                              int64
	}
	Steps []struct {
		Topic string
		Body  json.RawMessage
	}
}

// TestAcceptance plays each situation and compares its events: the order after each
// step, and each payment and refund once.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	const net30 = "Net 30 2026-12-22T21:05:00Z"
	for id, want := range map[string][]string{
		"s01-edit-quantity-down":           {"order 112.50 USD: 2 MUG-RED 112.50", "payment 900001-paid 112.50 USD", "order 56.25 USD: 1 MUG-RED 56.25", "refund 551 56.25 USD of : 1 of 101 56.25 unfulfilled restock"},
		"s02-line-removed-before-payment":  {"order 90.00 USD: 1 LAMP-A 55.00, 1 SHADE-B 35.00", "order 55.00 USD: 1 LAMP-A 55.00", "payment 7001 55.00 USD"},
		"s03-exchange-dearer":              {"order 100.00 USD: 1 CHAIR-OAK 100.00", "payment 900003-paid 100.00 USD", "order 250.00 USD: 1 CHAIR-ASH 250.00", "payment 7012 150.00 USD"},
		"s05-b2b-po-number":                {"order 480.00 USD: 12 CRATE-9 480.00, PO/2026-11/WEST-HALL/REFIT/0000441900-REV-B7, company 6001 at 6002, " + net30},
		"s07-product-deleted-after-sale":   {"order 45.00 USD: 1 VASE-4 45.00", "payment 900007-paid 45.00 USD"},
		"s09-address-too-long":             {"order 30.00 USD: 1 PIN-1 30.00", "payment 900009-paid 30.00 USD"},
		"s11-deposit-then-rest":            {"order 200.00 USD: 1 SOFA-2 200.00", "payment 900011-paid 80.00 USD", "payment 7022 120.00 USD"},
		"s14-refund-with-adjustment":       {"order 20.00 USD: 1 BALL-1 20.00", "payment 900014-paid 20.00 USD", "refund 5601 14.00 USD of : 1 of 201 20.00 restock, adjustment -6.00"},
		"s22-country-ac":                   {"order 18.00 USD: 1 MAP-1 18.00", "payment 900023-paid 18.00 USD"},
		"s33-fee-with-tax-included":        {"order 126.00 GBP: 1 STOVE-1 120.00 tax 20.00, fee 6.00 tax 1.00", "payment 900033-paid 126.00 GBP"},
		"s35b-only-status-changes-refused": {"order 24.00 USD: 2 SOAP-1 24.00", "payment 900036-paid 24.00 USD"},
		"s36-phone-too-long":               {"order 24.00 USD: 2 SOAP-1 24.00", "payment 900037-paid 24.00 USD"},
		"s51-product-without-sku":          {"order 8.00 USD: 1 variant 6511 8.00", "payment 900051-paid 8.00 USD"},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, factsOf(t, id)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "acceptance", "*.json"))
	if err != nil || len(files) != 13 {
		t.Errorf("%d situations, %v", len(files), err)
	}
}

// factsOf returns the facts of the situation's events, in the order of the first event of each. The
// shop has the order only where the situation says what it holds.
func factsOf(t *testing.T, id string) []string {
	t.Helper()
	var play situation
	if err := json.Unmarshal(mustRead(t, "acceptance", id+".json"), &play); err != nil {
		t.Fatal(err)
	}
	s := open(t, nil)
	s.memory.forgets = ""
	var facts []string
	for _, step := range play.Steps {
		if step.Topic == "" {
			continue // what the target does
		}
		at := changedAt(t, step.Body)
		later := play.Pay[:0:0]
		for _, tx := range play.Pay {
			if tx.At.After(at) {
				later = append(later, tx)
				continue
			}
			s.fake.Pay(tx.Order, shopifytest.Transaction{
				ID: tx.ID, Kind: tx.Kind, Status: tx.Status, Gateway: tx.Gateway, Amount: canonical.Money{Minor: tx.Minor, Currency: tx.Currency}, At: tx.At,
			})
		}
		play.Pay = later
		for _, event := range s.mustTranslate(t, step.Topic, step.Body) {
			if err := canonical.Validate(event.Body); err != nil {
				t.Errorf("%s: %v", event.Type, err)
			}
			if fact := factOf(event.Body); fact != "" && !slices.Contains(facts, fact) {
				facts = append(facts, fact)
			}
		}
	}
	return facts
}

func changedAt(t *testing.T, body []byte) time.Time {
	t.Helper()
	var times struct {
		UpdatedAt   time.Time `json:"updated_at"`
		ProcessedAt time.Time `json:"processed_at"`
	}
	if err := json.Unmarshal(body, &times); err != nil {
		t.Fatal(err)
	}
	if times.UpdatedAt.IsZero() {
		return times.ProcessedAt
	}
	return times.UpdatedAt
}

func factOf(body any) string {
	switch b := body.(type) {
	case *canonical.Order:
		return "order " + b.Total.String() + ": " + strings.Join(orderFacts(b), ", ")
	case *canonical.Payment:
		return "payment " + b.ID + " " + b.Amount.String()
	case *canonical.Refund:
		return refundFact(b)
	}
	return ""
}

func orderFacts(o *canonical.Order) []string {
	var facts []string
	taxed := func(text string, tax canonical.Money) string {
		if tax.Minor != 0 {
			text += " tax " + tax.Decimal().String()
		}
		return text
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		amount, err := l.Amount(o.Currency)
		if err != nil {
			return []string{err.Error()}
		}
		name := l.SKU
		if name == "" {
			name = "variant " + l.Variant
		}
		facts = append(facts, taxed(fmt.Sprint(l.Quantity.Value, " ", name, " ", amount.Decimal()), l.Tax))
	}
	for _, c := range o.Charges {
		facts = append(facts, taxed(string(c.Kind)+" "+c.Amount.Decimal().String(), c.Tax))
	}
	if o.PurchaseOrder != "" {
		facts = append(facts, o.PurchaseOrder)
	}
	if o.Company != nil {
		facts = append(facts, "company "+o.Company.ID+" at "+o.Company.Location)
	}
	if o.Terms != nil {
		facts = append(facts, o.Terms.Name+" "+o.Terms.DueAt.UTC().Format(time.RFC3339))
	}
	return facts
}

func refundFact(r *canonical.Refund) string {
	var facts, parents []string
	for _, tx := range r.Transactions {
		parents = append(parents, tx.Parent)
	}
	for _, l := range r.Lines {
		fact := fmt.Sprint(l.Quantity.Value, " of ", l.Line, " ", l.Amount.Decimal())
		if l.Unfulfilled {
			fact += " unfulfilled"
		}
		if l.Restock {
			fact += " restock"
		}
		facts = append(facts, fact)
	}
	for _, p := range r.Parts {
		facts = append(facts, string(p.Kind)+" "+p.Amount.Decimal().String())
	}
	return "refund " + r.ID + " " + r.Amount.String() + " of " + strings.Join(parents, " ") + ": " + strings.Join(facts, ", ")
}
