package product

import (
	"math/big"
	"strings"

	"causeway.example/shared/canonical"
)

// ounces are the ounces in each unit of weight, exactly: an ounce is 28.349523125 g (NIST Handbook 44,
// appendix C).
var ounces = map[string]*big.Rat{
	canonical.Ounce:    big.NewRat(1, 1),
	canonical.Pound:    big.NewRat(16, 1),
	canonical.Gram:     big.NewRat(1_000_000_000, 28_349_523_125),
	canonical.Kilogram: big.NewRat(1_000_000_000_000, 28_349_523_125),
}

// weightDecimals are the decimals of a weight in ounces, less than 3 mg.
const weightDecimals = 4

// inOunces returns the weight in ounces as the text of a number, "" if there is none, it rounds to 0 or
// its unit is no unit of weight.
func inOunces(weight *canonical.Quantity) string {
	if weight == nil || ounces[weight.Unit] == nil {
		return ""
	}
	value, ok := new(big.Rat).SetString(weight.Value.String())
	if !ok {
		return ""
	}
	text := value.Mul(value, ounces[weight.Unit]).FloatString(weightDecimals)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if text == "0" {
		return ""
	}
	return text
}

// isGTIN reports whether the text is a GTIN-8, -12, -13 or -14 with its check digit (GS1 General
// Specifications, section 7.9). UPC and EAN are GTINs.
func isGTIN(text string) bool {
	switch len(text) {
	case 8, 12, 13, 14:
	default:
		return false
	}
	sum := 0
	for i := range len(text) {
		digit := int(text[i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		if (len(text)-i)%2 == 0 { // the digit before the check digit, and every other one
			digit *= 3
		}
		sum += digit
	}
	return sum%10 == 0
}

// sameGTIN reports whether the texts are one GTIN: a shorter one is padded with zeros on the left.
func sameGTIN(a, b string) bool { return strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0") }
