package canonical

import "math/big"

// Part is a component of a kit.
type Part struct {
	ID    string  // parts of one ID are the same component, and are added up
	Takes Decimal // by one kit; above 0
	Stock Decimal
}

// WholeKits returns how many whole kits the components allow: the smallest floor(stock / takes),
// which is below zero if a stock is. ok is false without a part, if one takes nothing, and if the
// number has more than 18 digits.
func WholeKits(parts []Part) (kits Decimal, ok bool) {
	takes := map[string]*big.Rat{}
	for _, p := range parts {
		if p.Takes.Sign() <= 0 {
			return Decimal{}, false
		}
		if takes[p.ID] == nil {
			takes[p.ID] = new(big.Rat)
		}
		takes[p.ID].Add(takes[p.ID], p.Takes.rational())
	}
	var least *big.Int
	for _, p := range parts {
		q := new(big.Rat).Quo(p.Stock.rational(), takes[p.ID])
		whole := new(big.Int).Div(q.Num(), q.Denom()) // rounds down, because the denominator is above 0
		if least == nil || whole.Cmp(least) < 0 {
			least = whole
		}
	}
	if least == nil || !least.IsInt64() || beyond(least.Int64()) {
		return Decimal{}, false
	}
	return NewDecimal(least.Int64(), 0), true
}

func (d Decimal) rational() *big.Rat { return big.NewRat(d.coefficient, pow10(d.scale)) }
