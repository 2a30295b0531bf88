package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// situation is a file of testdata/inputs.
type situation struct {
	Steps []struct {
		Topic string          `json:"topic"`
		Body  json.RawMessage `json:"body"`
	} `json:"steps"`
}

func mustSituation(t testing.TB, id string) situation {
	t.Helper()
	var s situation
	if err := json.Unmarshal(mustRead(t, "inputs", id+".json"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// booked is an event in one line: what an ERP books of it.
func booked(t testing.TB, e *connector.Event) string {
	t.Helper()
	if err := canonical.Validate(e.Body); err != nil {
		t.Errorf("%s is invalid: %v", e.Type, err)
	}
	switch body := e.Body.(type) {
	case *canonical.Order:
		text := fmt.Sprintf("%s %s %s %v", e.Type, body.Status, body.Financial, body.Total)
		for _, l := range body.Lines {
			text += fmt.Sprintf(", %s %s×%v", l.Kind, l.Quantity.Value, l.SKU)
		}
		if body.Rounding.Minor != 0 {
			text += ", rounding " + body.Rounding.String()
		}
		return text
	case *canonical.Payment:
		return fmt.Sprintf("%s %s %s %v", e.Type, body.ID, body.Method, body.Amount)
	case *canonical.Refund:
		text := fmt.Sprintf("%s %s %v", e.Type, body.ID, body.Amount)
		for _, l := range body.Lines {
			text += fmt.Sprintf(", %s×%s %v+%v", l.Quantity.Value, l.SKU, l.Amount, l.Tax)
			if l.Unfulfilled {
				text += " unfulfilled"
			}
			if l.Restock {
				text += " restock"
			}
		}
		for _, p := range body.Parts {
			text += fmt.Sprintf(", %s %v+%v", p.Kind, p.Amount, p.Tax)
		}
		return text
	}
	return e.Type
}

// books are the lines of a translation, the customer left out.
func books(t testing.TB, translation connector.Translation) []string {
	t.Helper()
	var lines []string
	for i := range translation.Events {
		if e := &translation.Events[i]; e.Type != canonical.CustomerUpserted {
			lines = append(lines, booked(t, e))
		}
	}
	return lines
}

func checkBooks(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("booked\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestReportedSituationsAreBookedRight(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"WOOCOMMERCE_STATUSES": "ready-pickup=paid"}
	situations := map[string][][]string{
		"w01-gift-card-plugin": {{
			"order.placed open paid 65.00 USD, product 1×BOWL-1",
			"payment.captured 501-paid card 40.00 USD", "payment.captured 501-card-3 gift_card 25.00 USD",
		}},
		"w04-custom-status": {
			{"order.placed open paid 22.00 USD, product 2×PEN-1", "payment.captured 504-paid card 22.00 USD"},
			{"order.changed open paid 22.00 USD, product 2×PEN-1", "payment.captured 504-paid card 22.00 USD"},
			{"order.changed closed paid 22.00 USD, product 2×PEN-1", "payment.captured 504-paid card 22.00 USD"},
		},
		"w05-four-decimals": {{
			"order.placed open paid 16.23 EUR, product 3×FOIL-1", "payment.captured 505-paid card 16.23 EUR",
		}},
		"w12-partial-refund": {
			{"order.placed open paid 50.00 USD, product 1×D-1", "payment.captured 512-paid card 50.00 USD"},
			{
				"order.changed open partially_refunded 50.00 USD, product 1×D-1", "payment.captured 512-paid card 50.00 USD",
				"refund.settled 900 12.00 USD, adjustment 12.00 USD+0.00 USD",
			},
		},
		"w16-product-deleted-later": {
			{"order.placed open paid 44.00 USD, product 1×G-1", "payment.captured 518-paid card 44.00 USD"},
			{"order.changed closed paid 44.00 USD, custom 1×", "payment.captured 518-paid card 44.00 USD"},
		},
		"w27-bundle-without-sku": {{
			"order.placed open paid 30.00 USD, product 1×, product 4×PLATE-1, product 4×CUP-1", "payment.captured 527-paid card 30.00 USD",
		}},
	}
	files, err := filepath.Glob("testdata/inputs/*.json")
	if err != nil || len(files) != len(situations) {
		t.Fatalf("%d files for %d situations: %v", len(files), len(situations), err)
	}
	for id, want := range situations {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			steps := mustSituation(t, id).Steps
			if len(steps) != len(want) {
				t.Fatalf("%d steps, want %d", len(steps), len(want))
			}
			for i, step := range steps {
				fake := woocommercetest.New()
				fake.PutBody(step.Body)
				checkBooks(t, books(t, mustTranslate(t, mustOpenWith(t, fake, settings).Source, step.Topic, step.Body)), want[i])
				// A store that has nothing of the order gives the same.
				checkBooks(t, books(t, mustTranslate(t, mustOpenWith(t, woocommercetest.New(), settings).Source, step.Topic, step.Body)), want[i])
			}
		})
	}
}
