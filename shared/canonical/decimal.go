package canonical

import (
	"cmp"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// MaxDigits is the number of significant digits that a Decimal can hold.
const MaxDigits = 18

// maxCoefficient is the largest number of MaxDigits digits.
const maxCoefficient = 999_999_999_999_999_999

// Decimal is an exact decimal number: coefficient × 10^-scale. The zero value is 0.
// Two decimals of the same value may differ in scale ("5", "5.00"); their Normal
// forms are equal under ==.
type Decimal struct {
	coefficient int64
	scale       uint8 // 0..18
}

// Errors of ParseDecimal. They name the rule and never the text.
var (
	errNotDecimal   = errors.New("not a plain decimal number")
	errDecimalRange = errors.New("more than 18 significant digits")
)

// ParseDecimal reads plain decimal text: an optional minus, digits, and optionally
// a point followed by digits. It also reads the exponent form of JSON numbers
// within range. Thousands separators, a comma, a plus sign, spaces, hex and names
// of numbers are errors, and so is a value beyond 18 digits.
func ParseDecimal(text string) (Decimal, error) {
	mantissa, exponent, err := splitExponent(text)
	if err != nil {
		return Decimal{}, err
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if whole == "" || (hasPoint && fraction == "") {
		return Decimal{}, errNotDecimal
	}
	coefficient, err := parseDigits(whole, fraction)
	if err != nil {
		return Decimal{}, err
	}
	if negative {
		coefficient = -coefficient
	}
	return shift(coefficient, len(fraction)-exponent)
}

func splitExponent(text string) (mantissa string, exponent int, err error) {
	at := 0
	for at < len(text) && text[at]|0x20 != 'e' {
		at++
	}
	if at == len(text) {
		return text, 0, nil
	}
	mantissa = text[:at]
	digits, negative := strings.CutPrefix(text[at+1:], "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	exponent, err = parseExponent(digits)
	if negative {
		exponent = -exponent
	}
	return mantissa, exponent, err
}

// parseExponent reads an exponent without its sign. Four digits are more than any
// value in range needs, so a longer one is refused before anything is computed.
func parseExponent(digits string) (int, error) {
	value, err := parseDigits(digits[:min(len(digits), 4)], "")
	switch {
	case digits == "" || err != nil:
		return 0, errNotDecimal
	case len(digits) > 4:
		return 0, errDecimalRange
	}
	return int(value), nil
}

func parseDigits(whole, fraction string) (int64, error) {
	var value int64
	for _, part := range [2]string{whole, fraction} {
		for i := range len(part) {
			digit := part[i] - '0'
			if digit > 9 {
				return 0, errNotDecimal
			}
			if value > (math.MaxInt64-9)/10 {
				return 0, errDecimalRange
			}
			value = value*10 + int64(digit)
		}
	}
	return value, nil
}

// shift returns coefficient × 10^-scale for any scale, moving zeros between both
// until the scale is within range.
func shift(coefficient int64, scale int) (Decimal, error) {
	for scale < 0 && coefficient != 0 {
		if coefficient > math.MaxInt64/10 || coefficient < math.MinInt64/10 {
			return Decimal{}, errDecimalRange
		}
		coefficient *= 10
		scale++
	}
	for scale > MaxDigits && coefficient%10 == 0 && coefficient != 0 {
		coefficient /= 10
		scale--
	}
	if coefficient == 0 {
		return Decimal{scale: uint8(min(max(scale, 0), MaxDigits))}, nil
	}
	if scale > MaxDigits || beyond(coefficient) {
		return Decimal{}, errDecimalRange
	}
	return Decimal{coefficient, uint8(scale)}, nil
}

// beyond reports whether a coefficient or an amount has more than MaxDigits digits.
func beyond(value int64) bool { return value > maxCoefficient || value < -maxCoefficient }

// NewDecimal returns coefficient × 10^-scale. A scale beyond 18 panics: it is chosen
// by the program, never by data. Validate refuses a coefficient beyond 18 digits.
func NewDecimal(coefficient int64, scale uint8) Decimal {
	if scale > MaxDigits {
		panic("canonical: scale of a decimal beyond 18")
	}
	return Decimal{coefficient, scale}
}

// AppendText appends the plain decimal text, with as many fraction digits as the
// scale says: "39.00".
func (d Decimal) AppendText(b []byte) ([]byte, error) { return d.append(b), nil }

func (d Decimal) append(b []byte) []byte {
	if d.coefficient < 0 {
		b = append(b, '-')
	}
	value := magnitude(d.coefficient)
	if d.scale == 0 {
		return strconv.AppendUint(b, value, 10)
	}
	unit := uint64(pow10(d.scale))
	b = strconv.AppendUint(b, value/unit, 10)
	b = append(b, '.')
	fraction := value % unit
	for low := unit / 10; low > max(fraction, 1); low /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, fraction, 10)
}

// String returns the plain decimal text.
func (d Decimal) String() string {
	var room [32]byte
	return string(d.append(room[:0]))
}

// MarshalJSON writes a JSON string, so that no reader turns the number into a float.
func (d Decimal) MarshalJSON() ([]byte, error) {
	return append(d.append([]byte{'"'}), '"'), nil
}

// UnmarshalJSON reads a JSON string or number; null is an error.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	parsed, err := ParseDecimal(strings.Trim(string(data), `"`))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.coefficient < 0:
		return -1
	case d.coefficient > 0:
		return 1
	}
	return 0
}

// IsZero reports whether the value is 0, at any scale.
func (d Decimal) IsZero() bool { return d.coefficient == 0 }

// Scale returns the number of fraction digits, as written.
func (d Decimal) Scale() uint8 { return d.scale }

// Normal returns the value with no trailing zeros in its fraction.
func (d Decimal) Normal() Decimal {
	for d.scale > 0 && d.coefficient%10 == 0 {
		d.coefficient /= 10
		d.scale--
	}
	return d
}

// Cmp returns -1, 0 or 1 as the value is less than, equal to or greater than the other one, at any
// scales.
func (d Decimal) Cmp(other Decimal) int {
	if d.Sign() != other.Sign() {
		return cmp.Compare(d.Sign(), other.Sign())
	}
	high, low := bits.Mul64(magnitude(d.coefficient), uint64(pow10(other.scale)))
	otherHigh, otherLow := bits.Mul64(magnitude(other.coefficient), uint64(pow10(d.scale)))
	return d.Sign() * cmp.Or(cmp.Compare(high, otherHigh), cmp.Compare(low, otherLow))
}

// Floor returns the largest whole number that is not above the value.
func (d Decimal) Floor() int64 {
	unit := pow10(d.scale)
	whole := d.coefficient / unit
	if d.coefficient%unit < 0 {
		whole--
	}
	return whole
}

func magnitude(value int64) uint64 {
	if value < 0 {
		return -uint64(value)
	}
	return uint64(value)
}

// Quo returns d / by if the quotient ends within the given number of decimals, with no
// more of them than it needs. ok is false if it does not, if by is 0, and if the
// division cannot be done in 64 bits, which takes amounts beyond any price.
func (d Decimal) Quo(by Decimal, decimals uint8) (quotient Decimal, ok bool) {
	numerator, ok1 := scaled(d.coefficient, by.scale)
	denominator, ok2 := scaled(by.coefficient, d.scale)
	if !ok1 || !ok2 || denominator == 0 {
		return Decimal{}, false
	}
	for used := range min(decimals, MaxDigits) + 1 {
		if numerator%denominator == 0 {
			return Decimal{numerator / denominator, used}, true
		}
		if numerator, ok = scaled(numerator, 1); !ok {
			break
		}
	}
	return Decimal{}, false
}

// scaled returns value × 10^zeros, false if that passes 18 digits.
func scaled(value int64, zeros uint8) (int64, bool) {
	for range zeros {
		if value > maxCoefficient/10 || value < -maxCoefficient/10 {
			return 0, false
		}
		value *= 10
	}
	return value, true
}

func pow10(n uint8) int64 {
	unit := int64(1)
	for range n {
		unit *= 10
	}
	return unit
}
