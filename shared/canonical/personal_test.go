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

// A field is as personal as the model says, wherever its name occurs: a discount's reason and a
// product's title have nothing in common but letters with a person's.
func TestAPathIsAsPersonalAsItsField(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"name": false, "currency": false, "lines[0].sku": false, "lines[12].title": false, "shipping.country": false, "shipping.region": false, "buyer.customer": false,
		"buyer.email": true, "buyer.phone": true, "billing.first_name": true, "shipping.line1": true, "shipping.postal_code": true, "note": true,
		"company.name": true, "lines[0].nothing": true, "name.first": true, "": true,
	} {
		if got := canonical.PersonalAt(&canonical.Order{}, path); got != want {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
}
