package canonical

import (
	"errors"
	"math/bits"
	"strings"
)

// Money is an amount in the minor unit of its currency: 1999 EUR is €19.99,
// 27846 JPY is ¥27846, 1500 KWD is 1.500 dinars. An amount has at most 18 digits.
type Money struct {
	Minor    int64  `json:"minor" validate:"min=-999999999999999999,max=999999999999999999"`
	Currency string `json:"currency" validate:"currency"`
}

// Errors of money. They name the rule and never the value.
var (
	ErrCurrency = errors.New("not an ISO 4217 currency in use")
	ErrFraction = errors.New("more decimals than the currency has")
	ErrOverflow = errors.New("amount out of range")
)

// ParseMoney reads decimal text in major units, such as "19.99", exactly. Trailing
// zeros beyond the currency's decimals are accepted ("5.0000" EUR), other digits
// there are ErrFraction.
func ParseMoney(text, currency string) (Money, error) {
	exponent, ok := exponents[currency]
	if !ok {
		return Money{}, ErrCurrency
	}
	amount, err := ParseDecimal(text)
	if err != nil {
		return Money{}, err
	}
	amount = amount.Normal()
	if amount.scale > exponent {
		return Money{}, ErrFraction
	}
	minor, err := shift(amount.coefficient, int(amount.scale)-int(exponent))
	if err != nil {
		return Money{}, ErrOverflow
	}
	return Money{minor.coefficient, currency}, nil
}

// Decimal returns the amount in major units with the currency's decimals.
func (m Money) Decimal() Decimal { return Decimal{m.Minor, exponents[m.Currency]} }

// String returns "19.99 EUR".
func (m Money) String() string { return m.Decimal().String() + " " + m.Currency }

// Add returns the sum. The caller has made sure that both are in one currency.
func (m Money) Add(other Money) Money { return Money{m.Minor + other.Minor, m.Currency} }

// Sub returns the difference. The caller has made sure that both are in one currency.
func (m Money) Sub(other Money) Money { return Money{m.Minor - other.Minor, m.Currency} }

// Extend returns price × quantity in the currency's minor unit, rounded half away
// from zero, as stores do.
func Extend(price, quantity Decimal, currency string) (Money, error) {
	exponent, ok := exponents[currency]
	if !ok {
		return Money{}, ErrCurrency
	}
	high, low := bits.Mul64(magnitude(price.coefficient), magnitude(quantity.coefficient))
	minor, err := rescale(high, low, int(price.scale)+int(quantity.scale)-int(exponent))
	if err != nil {
		return Money{}, err
	}
	if price.Sign()*quantity.Sign() < 0 {
		minor = -minor
	}
	return Money{minor, currency}, nil
}

// rescale divides the 128-bit product by 10^drop, rounding half up; a negative drop
// multiplies. All digits but the last are simply cut off, and the last one decides
// the rounding: half of 10^drop is a five there, so nothing is rounded twice.
func rescale(high, low uint64, drop int) (int64, error) {
	for drop > 1 {
		digits := min(drop-1, MaxDigits)
		high, low = divide(high, low, uint64(pow10(uint8(digits))))
		drop -= digits
	}
	if high != 0 || low > 10*maxCoefficient {
		return 0, ErrOverflow
	}
	switch {
	case drop == 1:
		low = (low + 5) / 10
	case drop < 0:
		high, low = bits.Mul64(low, uint64(pow10(uint8(-drop))))
	}
	if high != 0 || low > maxCoefficient {
		return 0, ErrOverflow
	}
	return int64(low), nil
}

// divide returns the quotient of a 128-bit number.
func divide(high, low, by uint64) (quotientHigh, quotientLow uint64) {
	quotientLow, _ = bits.Div64(high%by, low, by)
	return high / by, quotientLow
}

// Exponent returns the number of decimals of the currency, and false if it is not
// an ISO 4217 currency in use.
func Exponent(currency string) (uint8, bool) {
	exponent, ok := exponents[currency]
	return exponent, ok
}

// exponents holds the decimals of every circulating currency of ISO 4217 list one
// (2026). Testing codes, metals and "no currency" (XTS, XAU, XXX …) are left out:
// nothing can be paid in them.
var exponents = currencyTable(map[uint8]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC " +
		"CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD " +
		"KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO " +
		"NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL " +
		"THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
})

func currencyTable(byExponent map[uint8]string) map[string]uint8 {
	table := make(map[string]uint8, 180)
	for exponent, codes := range byExponent {
		for code := range strings.FieldsSeq(codes) {
			table[code] = exponent
		}
	}
	return table
}
