package canonical_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"

	"causeway.example/shared/canonical"
)

func mustMoney(t testing.TB, text, currency string) canonical.Money {
	t.Helper()
	m, err := canonical.ParseMoney(text, currency)
	if err != nil {
		t.Fatalf("ParseMoney(%q, %q): %v", text, currency, err)
	}
	return m
}

func eur(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "EUR"} }

func TestParseMoneyIsExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, currency string
		minor          int64
		printed        string
	}{
		{"19.99", "EUR", 1999, "19.99 EUR"},
		{"-19.99", "EUR", -1999, "-19.99 EUR"},
		{"0.1", "EUR", 10, "0.10 EUR"},
		{"5.0000", "EUR", 500, "5.00 EUR"},
		{"5", "EUR", 500, "5.00 EUR"},
		{"1e2", "EUR", 10000, "100.00 EUR"},
		{"27846", "JPY", 27846, "27846 JPY"},
		{"100.0", "JPY", 100, "100 JPY"},
		{"1.500", "KWD", 1500, "1.500 KWD"},
		{"0.001", "BHD", 1, "0.001 BHD"},
		{"9999999999999999.99", "USD", 999999999999999999, "9999999999999999.99 USD"},
	} {
		got := mustMoney(t, c.text, c.currency)
		if got.Minor != c.minor || got.Currency != c.currency || got.String() != c.printed {
			t.Errorf("ParseMoney(%q, %q) = %d, %q", c.text, c.currency, got.Minor, got)
		}
		if back := mustMoney(t, got.Decimal().String(), c.currency); back != got {
			t.Errorf("%s read back as %s", got, back)
		}
	}
	if sum := mustMoney(t, "0.1", "EUR").Add(mustMoney(t, "0.2", "EUR")); sum != mustMoney(t, "0.3", "EUR") {
		t.Errorf("0.1 + 0.2 = %s", sum)
	}
	if difference := eur(100).Sub(eur(101)); difference != eur(-1) {
		t.Errorf("1.00 - 1.01 = %s", difference)
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		situation, text, currency string
		want                      error
	}{
		{"four decimals in EUR", "19.9999", "EUR", canonical.ErrFraction},
		{"a fraction of a yen", "100.5", "JPY", canonical.ErrFraction},
		{"a tenth of a fils", "1.5001", "KWD", canonical.ErrFraction},
		{"no currency at all", "1.00", "XXX", canonical.ErrCurrency},
		{"the testing code", "1.00", "XTS", canonical.ErrCurrency},
		{"gold", "1.00", "XAU", canonical.ErrCurrency},
		{"lower case", "1.00", "eur", canonical.ErrCurrency},
		{"no code", "1.00", "", canonical.ErrCurrency},
		{"17 digits before the point", "99999999999999999", "EUR", canonical.ErrOverflow},
		{"19 digits in the minor unit", "1000000000000000", "KWD", canonical.ErrOverflow},
		{"thousands separators", "1,299.00", "EUR", nil},
		{"German separators", "1.299,00", "EUR", nil},
		{"a currency sign", "€5", "EUR", nil},
		{"nothing", "", "EUR", nil},
	} {
		got, err := canonical.ParseMoney(c.text, c.currency)
		if err == nil {
			t.Errorf("%s: read as %s", c.situation, got)
		} else if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.situation, err, c.want)
		}
	}
}

func TestExtendRoundsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		price, quantity, currency string
		minor                     int64
	}{
		{"19.99", "3", "EUR", 5997},
		{"0.005", "1", "EUR", 1},
		{"-0.005", "1", "EUR", -1},
		{"0.005", "-1", "EUR", -1},
		{"-0.005", "-1", "EUR", 1},
		{"0.0049999", "1", "EUR", 0},
		{"0.00499999", "1.0000001", "EUR", 0},
		{"0.125", "3", "EUR", 38},
		{"33.3333", "3", "EUR", 10000},
		{"1.5", "0.333", "JPY", 0},
		{"2.5", "1", "JPY", 3},
		{"7", "1", "KWD", 7000},
		{"0", "5", "EUR", 0},
		{"0.000000000000000001", "0.000000000000000001", "EUR", 0},
		{"999999999.999999999", "999999999.999999999", "JPY", 999999999999999998},
		{"0.999999999999999999", "0.999999999999999999", "EUR", 100},
	} {
		got, err := canonical.Extend(mustDecimal(t, c.price), mustDecimal(t, c.quantity), c.currency)
		if err != nil || got != (canonical.Money{Minor: c.minor, Currency: c.currency}) {
			t.Errorf("%s × %s %s = %v, %v, want %d", c.price, c.quantity, c.currency, got, err, c.minor)
		}
	}
}

func TestExtendRefusesWhatIsOutOfRange(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"999999999999999999", "999999999999999999"},
		{"-999999999999999999", "999999999999999999"},
		{"99999999999999999", "1"},
		{"999999999999999999", "1"},
		{"999999999999999.999", "100"},
	} {
		if got, err := canonical.Extend(mustDecimal(t, pair[0]), mustDecimal(t, pair[1]), "EUR"); !errors.Is(err, canonical.ErrOverflow) {
			t.Errorf("%s × %s = %v, %v", pair[0], pair[1], got, err)
		}
	}
	if _, err := canonical.Extend(mustDecimal(t, "1"), mustDecimal(t, "1"), "XXX"); !errors.Is(err, canonical.ErrCurrency) {
		t.Errorf("a price without currency: %v", err)
	}
}

// exactMinor computes price × quantity with rational numbers, independently.
func exactMinor(price, quantity canonical.Decimal, currency string) *big.Int {
	p, _ := new(big.Rat).SetString(price.String())
	q, _ := new(big.Rat).SetString(quantity.String())
	exponent, _ := canonical.Exponent(currency)
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
	product := p.Mul(p, q).Mul(p, new(big.Rat).SetInt(unit))
	half := big.NewRat(int64(product.Sign()), 2)
	product.Add(product, half)
	return new(big.Int).Quo(product.Num(), product.Denom())
}

func TestExtendEqualsRationalArithmetic(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil)
	refused := 0
	for range 20_000 {
		price, quantity := randomDecimal(random), randomDecimal(random)
		currency := []string{"JPY", "EUR", "KWD"}[random.IntN(3)]
		want := exactMinor(price, quantity, currency)
		got, err := canonical.Extend(price, quantity, currency)
		if want.CmpAbs(limit) >= 0 {
			refused++
			if !errors.Is(err, canonical.ErrOverflow) {
				t.Fatalf("%s × %s = %v, %v, want an overflow", price, quantity, got, err)
			}
			continue
		}
		if err != nil || got.Minor != want.Int64() {
			t.Fatalf("%s × %s %s = %d, %v, want %s", price, quantity, currency, got.Minor, err, want)
		}
	}
	if refused == 0 || refused > 15_000 {
		t.Errorf("%d of 20000 were out of range: the sample does not cover both sides", refused)
	}
}

func randomDecimal(random *rand.Rand) canonical.Decimal {
	limit := int64(1)
	for range 1 + random.IntN(18) {
		limit *= 10
	}
	return canonical.NewDecimal(random.Int64N(2*limit-1)-(limit-1), uint8(random.IntN(19)))
}

func TestExponentsOfCurrencies(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]uint8{"EUR": 2, "USD": 2, "JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "TND": 3, "XCG": 2} {
		if got, ok := canonical.Exponent(currency); !ok || got != want {
			t.Errorf("Exponent(%s) = %d, %v, want %d", currency, got, ok, want)
		}
	}
	for _, code := range []string{"XXX", "XTS", "XAU", "HRK", "ZWL", "", "EURO"} {
		if _, ok := canonical.Exponent(code); ok {
			t.Errorf("%q counts as a currency", code)
		}
	}
}
