package canonical_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

func TestAddressesAreSearchedByTheirHash(t *testing.T) {
	t.Parallel()
	hash := canonical.EmailHash("Ada@Example.com ")
	if len(hash) != 32 || hash != canonical.EmailHash("ada@example.com") || strings.Contains(hash, "ada") {
		t.Errorf("hash %q", hash)
	}
	if canonical.EmailHash(" ") != "" {
		t.Error("no address has a hash")
	}
	if guest := canonical.GuestID("ada@example.com"); guest != "guest-"+hash {
		t.Errorf("a guest's id %q differs from the hash %q", guest, hash)
	}
}

// Each type of the model is known by something, and no address is shown.
func TestEveryTypeIsKnownBySomething(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		if len(canonical.KnownBy(kind.New())) == 0 {
			t.Errorf("%s is known by nothing", kind.Name)
		}
	}
	order := &canonical.Order{ID: "5001", Name: "#1001", Buyer: canonical.Buyer{Email: canonical.NewText("ada@example.com")}, Lines: []canonical.OrderLine{{SKU: "A"}, {SKU: "B"}}}
	known := canonical.KnownBy(order)
	if !slices.Equal(known["sku"], []string{"A", "B"}) || known["number"][0] != "#1001" || known["email"][0] != canonical.EmailHash("ada@example.com") {
		t.Errorf("known by %v", known)
	}
}
