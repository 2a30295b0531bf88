package sale

import (
	"math/big"

	"causeway.example/shared/canonical"
)

// less compares two decimals of any scale.
func less(a, b canonical.Decimal) bool {
	left, _ := new(big.Rat).SetString(a.String())
	right, _ := new(big.Rat).SetString(b.String())
	return left.Cmp(right) < 0
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

func plus(a, b canonical.Decimal) canonical.Decimal {
	return exact(new(big.Rat).Add(rational(a), rational(b)), a, b)
}

func minus(a, b canonical.Decimal) canonical.Decimal {
	return exact(new(big.Rat).Sub(rational(a), rational(b)), a, b)
}

func positive(d canonical.Decimal) bool { return d.Sign() > 0 }

func least(a, b canonical.Decimal) canonical.Decimal {
	if less(a, b) {
		return a
	}
	return b
}
