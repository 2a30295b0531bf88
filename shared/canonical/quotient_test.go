package canonical_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"causeway.example/shared/canonical"
)

func TestQuoIsExactOrNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ amount, by, want string }{
		"whole":              {"78.00", "2", "39"},
		"half a cent":        {"0.05", "2", "0.025"},
		"does not end":       {"10.00", "3", ""},
		"ends after eight":   {"1", "256", "0.00390625"},
		"ends after nine":    {"1", "512", ""},
		"by a fraction":      {"3.00", "1.5", "2"},
		"negative":           {"-12.99", "3", "-4.33"},
		"zero":               {"0.00", "7", "0"},
		"by zero":            {"1.00", "0", ""},
		"beyond 64 bits":     {"999999999999999999", "0.001", ""},
		"largest that works": {"999999999999999999", "1", "999999999999999999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := mustDecimal(t, tc.amount).Quo(mustDecimal(t, tc.by), 8)
			if ok != (tc.want != "") || ok && got.String() != tc.want {
				t.Errorf("%s / %s = %s, %v, want %q", tc.amount, tc.by, got, ok, tc.want)
			}
		})
	}
}

func TestQuoAgreesWithRationals(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		amount := canonical.NewDecimal(random.Int64N(2_000_000)-1_000_000, uint8(random.IntN(4)))
		by := canonical.NewDecimal(random.Int64N(400)+1, uint8(random.IntN(3)))
		want := new(big.Rat).Quo(rational(t, amount), rational(t, by))
		decimals, ends := want.FloatPrec()
		got, ok := amount.Quo(by, 8)
		if ok != (ends && decimals <= 8) {
			t.Fatalf("%s / %s: ok = %v, want %v", amount, by, ok, !ok)
		}
		if ok && rational(t, got).Cmp(want) != 0 {
			t.Fatalf("%s / %s = %s", amount, by, got)
		}
	}
}

func rational(t *testing.T, d canonical.Decimal) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		t.Fatalf("%s is no number", d)
	}
	return r
}
