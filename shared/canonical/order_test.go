package canonical_test

import (
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/canonical"
)

var placed = time.Date(2026, 11, 22, 16, 8, 15, 0, time.UTC)

// newOrder returns an order of n lines of 2 × 10.00 less 1.00, with 5.00 delivery,
// a tip of 2.00 and exclusive tax of 1.90 a line, which balances.
func newOrder(t testing.TB, n int) *canonical.Order {
	t.Helper()
	order := &canonical.Order{
		ID: "5001", Name: "#1001", Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: placed, UpdatedAt: placed,
		Currency: "EUR", Buyer: canonical.Buyer{Customer: "77"},
		Shipping: &canonical.Address{Line1: canonical.NewText("Lane 1"), Country: "DE"},
		Deliveries: []canonical.DeliveryLine{
			{ID: "d1", Price: eur(600), Discount: eur(100), Tax: eur(0)},
		},
		Charges: []canonical.Charge{{Kind: canonical.Tip, Amount: eur(200), Tax: eur(0)}},
		Tax:     eur(int64(190 * n)), Rounding: eur(0), Total: eur(int64((2000-100+190)*n + 500 + 200)),
	}
	for i := range n {
		order.Lines = append(order.Lines, canonical.OrderLine{
			ID: strconv.Itoa(i + 1), Kind: canonical.ProductLine, SKU: "00" + strconv.Itoa(i), Ships: true,
			Quantity: canonical.Pieces(mustDecimal(t, "2")), UnitPrice: mustDecimal(t, "10.0000"), Discount: eur(100), Tax: eur(190),
		})
	}
	return order
}

func TestOrdersOfMoneyThatMustBalance(t *testing.T) {
	t.Parallel()
	line := func(price string, discount, tax int64) []canonical.OrderLine {
		return []canonical.OrderLine{{
			ID: "1", Kind: canonical.ProductLine, Quantity: canonical.Pieces(mustDecimal(t, "1")),
			UnitPrice: mustDecimal(t, price), Discount: eur(discount), Tax: eur(tax),
		}}
	}
	for _, c := range []struct {
		situation  string
		lines      []canonical.OrderLine
		included   bool
		tax, total int64
		valid      bool
	}{
		{"price with 20 % tax in it, discounted: 259.99 - 12.99", line("259.99", 1299, 4117), true, 4117, 24700, true},
		{"the same, with the tax added once more", line("259.99", 1299, 4117), true, 4117, 24700 + 4117, false},
		{"10 % tax after the discount: 100 - 20", line("100", 2000, 800), false, 800, 8800, true},
		{"the same, with the tax before the discount", line("100", 2000, 800), false, 800, 9000, false},
		{"a free order", line("0", 0, 0), false, 0, 0, true},
		{"no lines", nil, false, 0, 0, true},
	} {
		order := newOrder(t, 0)
		order.Lines, order.Deliveries, order.Charges = c.lines, nil, nil
		order.TaxIncluded, order.Tax, order.Total = c.included, eur(c.tax), eur(c.total)
		if err := canonical.Validate(order); (err == nil) != c.valid {
			t.Errorf("%s: %v", c.situation, err)
		}
	}
}

func TestRoundTakesUpADifferenceWithinTheTolerance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		off, tolerance int64
		taken          bool
	}{
		{0, 0, true}, {1, 0, false}, {5, 5, true}, {-5, 5, true}, {6, 5, false}, {-6, 5, false}, {1, 5, true},
	} {
		order := newOrder(t, 3)
		order.Total = order.Total.Add(eur(c.off))
		order.Rounding = eur(77)
		if err := order.Round(c.tolerance); err != nil {
			t.Fatal(err)
		}
		want := eur(0)
		if c.taken {
			want = eur(c.off)
		}
		if order.Rounding != want {
			t.Errorf("%d off, tolerance %d: rounding %s, want %s", c.off, c.tolerance, order.Rounding, want)
		}
		if err := canonical.Validate(order); (err == nil) != c.taken {
			t.Errorf("%d off, tolerance %d: %v", c.off, c.tolerance, err)
		}
	}
}

func TestBalanceMismatchNamesTheDifference(t *testing.T) {
	t.Parallel()
	for off, want := range map[int64]string{
		6: "total: total differs from lines - discounts + shipping + charges + tax by 0.06 EUR",
		// A total too low.
		-123456: "total: total differs from lines - discounts + shipping + charges + tax by -1234.56 EUR",
	} {
		order := newOrder(t, 2)
		order.Total = order.Total.Add(eur(off))
		err := canonical.Validate(order)
		if rule := asError(t, err); rule.Code != canonical.BalanceMismatch || rule.Error() != want {
			t.Errorf("%d off: code %q, %v", off, rule.Code, rule)
		}
	}
}

func TestSumLeavesRoundingOut(t *testing.T) {
	t.Parallel()
	order := newOrder(t, 2)
	want := order.Total
	order.Rounding = eur(3)
	if sum, err := order.Sum(); err != nil || sum != want {
		t.Errorf("Sum = %s, %v, want %s", sum, err, want)
	}
	order.TaxIncluded = true
	if sum, err := order.Sum(); err != nil || sum != want.Sub(order.Tax) {
		t.Errorf("with tax in the prices: %s, %v", sum, err)
	}
}

func TestSumRefusesWhatNoAmountHolds(t *testing.T) {
	t.Parallel()
	order := newOrder(t, 2)
	order.Lines[1].UnitPrice = mustDecimal(t, "99999999999999999")
	_, err := order.Sum()
	if rule := asError(t, err); rule.Field != "lines[1].unit_price" {
		t.Errorf("a price out of range: %v", err)
	}
	if err := order.Round(5); asError(t, err).Field != "lines[1].unit_price" {
		t.Errorf("Round: %v", err)
	}
	order = newOrder(t, 40)
	for i := range order.Lines {
		order.Lines[i].UnitPrice = mustDecimal(t, "4999999999999999")
	}
	if _, err = order.Sum(); asError(t, err).Field != "total" {
		t.Errorf("a sum that would wrap around: %v", err)
	}
	if err := canonical.Validate(order); asError(t, err).Field != "total" {
		t.Errorf("Validate: %v", err)
	}
}

func TestAmountOfALine(t *testing.T) {
	t.Parallel()
	line := newOrder(t, 1).Lines[0]
	if got, err := line.Amount("EUR"); err != nil || got != eur(1900) {
		t.Errorf("2 × 10.00 - 1.00 = %s, %v", got, err)
	}
	if _, err := line.Amount("XXX"); err == nil {
		t.Error("an amount in no currency")
	}
}

func BenchmarkValidateOrderOf30Lines(b *testing.B) {
	order := newOrder(b, 30)
	b.ReportAllocs()
	for b.Loop() {
		if err := canonical.Validate(order); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeOrderOf30Lines(b *testing.B) {
	body, err := canonical.Encode(newOrder(b, 30))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := canonical.Decode(canonical.OrderPlaced, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSum(b *testing.B) {
	order := newOrder(b, 30)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := order.Sum(); err != nil {
			b.Fatal(err)
		}
	}
}
