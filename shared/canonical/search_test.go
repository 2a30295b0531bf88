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
	present, previous := strings.Repeat("a", 32), strings.Repeat("b", 32)
	secrets, err := canonical.ParseAddressSecrets(map[string]string{"current": present, "previous": previous})
	if err != nil {
		t.Fatal(err)
	}
	before, err := canonical.ParseAddressSecrets(map[string]string{"current": previous})
	if err != nil {
		t.Fatal(err)
	}
	keyed := secrets.Hash("Ada@Example.com ")
	if len(keyed) != 32 || keyed == hash || keyed == before.Hash("ada@example.com") || keyed != secrets.Hash("ada@example.com") {
		t.Errorf("hash under a secret %q", keyed)
	}
	if got := secrets.Hashes("ada@example.com"); !slices.Equal(got, []string{keyed, before.Hash("ada@example.com"), hash}) {
		t.Errorf("searched by %v", got)
	}
	if secrets.Hash(" ") != "" || secrets.Hashes(" ") != nil {
		t.Error("no address has a hash under a secret")
	}
	if guest := canonical.GuestID("ada@example.com"); guest != "guest-"+hash {
		t.Errorf("a guest's id %q differs from the hash %q", guest, hash)
	}
}

// Each type of the model is known by something, and no address is shown.
func TestEveryTypeIsKnownBySomething(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		if len(canonical.KnownBy(kind.New(), strings.ToUpper)) == 0 {
			t.Errorf("%s is known by nothing", kind.Name)
		}
	}
	order := &canonical.Order{ID: "5001", Name: "#1001", Buyer: canonical.Buyer{Email: canonical.NewText("ada@example.com")}, Lines: []canonical.OrderLine{{SKU: "A"}, {SKU: "B"}}}
	known := canonical.KnownBy(order, func(address string) string { return "hash of " + address })
	if !slices.Equal(known["sku"], []string{"A", "B"}) || known["number"][0] != "#1001" || known["email"][0] != "hash of ada@example.com" {
		t.Errorf("known by %v", known)
	}
}

// A secret that is missing or short is named by its member, never by its value.
func TestAddressSecretsAreLongEnough(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s", 32)
	for _, c := range []struct {
		members map[string]string
		want    string
	}{
		{nil, "current: must have 32 characters at least, and has 0"},
		{map[string]string{"current": "hunter2"}, "current: must have 32 characters at least, and has 7"},
		{map[string]string{"current": long, "previous": "hunter2"}, "previous: must have 32 characters at least, and has 7"},
	} {
		if _, err := canonical.ParseAddressSecrets(c.members); err == nil || err.Error() != c.want {
			t.Errorf("%v: %v, want %s", c.members, err, c.want)
		}
	}
}
