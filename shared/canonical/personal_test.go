package canonical_test

import (
	"slices"
	"testing"

	"causeway.example/shared/canonical"
)

func TestPersonalTextsAreThoseOfTheTags(t *testing.T) {
	t.Parallel()
	order := &canonical.Order{
		ID: "1", Name: "#1001", Note: canonical.NewText("ring twice"), CancelReason: canonical.NewText("fraud"),
		Buyer:   canonical.Buyer{Customer: "7", Email: canonical.NewText("ada@example.com")},
		Billing: &canonical.Address{LastName: canonical.NewText("Lovelace"), Country: "GB", City: canonical.NewText("")},
		Company: &canonical.Company{Name: "Engines"},
		Lines:   []canonical.OrderLine{{SKU: "TEE", Title: "Tee"}},
	}
	got := canonical.PersonalTexts(order)
	slices.Sort(got)
	if want := []string{"Engines", "Lovelace", "ada@example.com", "ring twice"}; !slices.Equal(got, want) {
		t.Errorf("personal texts %q, want %q", got, want)
	}
}
