package record

import (
	"math/big"

	"causeway.example/shared/canonical"
)

// Plus adds two quantities of any scale.
func Plus(a, b canonical.Decimal) canonical.Decimal {
	return exact(new(big.Rat).Add(rational(a), rational(b)), a, b)
}

// Minus subtracts b from a.
func Minus(a, b canonical.Decimal) canonical.Decimal {
	return exact(new(big.Rat).Sub(rational(a), rational(b)), a, b)
}

// Least returns the smaller of two quantities.
func Least(a, b canonical.Decimal) canonical.Decimal {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func rational(d canonical.Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(d.String())
	return r
}

// exact returns a sum or difference of two decimals, which has no more places than they have.
func exact(r *big.Rat, a, b canonical.Decimal) canonical.Decimal {
	d, err := canonical.ParseDecimal(r.FloatString(int(max(a.Scale(), b.Scale()))))
	if err != nil {
		return canonical.Decimal{} // beyond what a quantity may be
	}
	return d
}
