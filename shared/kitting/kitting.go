package kitting

import (
	"math/big"

	"causeway.example/shared/canonical"
)

// Part is a component of a kit.
type Part struct {
	ID    string            // parts of one ID are the same component, and are added up
	Takes canonical.Decimal // by one kit; above 0
	Stock canonical.Decimal
}

// Whole returns how many whole kits the components allow: the smallest floor(stock / takes),
// which is below zero if a stock is. ok is false without a part, if one takes nothing, and if the
// number has more than 18 digits.
func Whole(parts []Part) (kits canonical.Decimal, ok bool) {
	takes := map[string]*big.Rat{}
	for _, p := range parts {
		if p.Takes.Sign() <= 0 {
			return canonical.Decimal{}, false
		}
		if takes[p.ID] == nil {
			takes[p.ID] = new(big.Rat)
		}
		takes[p.ID].Add(takes[p.ID], rational(p.Takes))
	}
	var least *big.Int
	for _, p := range parts {
		q := new(big.Rat).Quo(rational(p.Stock), takes[p.ID])
		whole := new(big.Int).Div(q.Num(), q.Denom()) // rounds down, because the denominator is above 0
		if least == nil || whole.Cmp(least) < 0 {
			least = whole
		}
	}
	if least == nil {
		return canonical.Decimal{}, false
	}
	kits, err := canonical.ParseDecimal(least.String())
	return kits, err == nil
}

func rational(d canonical.Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(d.String()) // the text of each decimal is a number
	return r
}
