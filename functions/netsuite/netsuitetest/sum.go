package netsuitetest

import (
	"math/big"
	"strings"
)

// sum adds up decimal texts exactly and keeps the most decimals that any of them had.
type sum struct {
	value    *big.Rat
	decimals int
}

func newSum() *sum { return &sum{value: new(big.Rat)} }

// add adds a decimal text; "" counts as 0.
func (s *sum) add(text string) {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return
	}
	s.value.Add(s.value, n)
	if _, fraction, found := strings.Cut(text, "."); found {
		s.decimals = max(s.decimals, len(fraction))
	}
}

func (s *sum) String() string { return s.value.FloatString(s.decimals) }
