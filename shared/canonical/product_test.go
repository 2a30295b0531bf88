package canonical_test

import (
	"testing"

	"causeway.example/shared/canonical"
)

func TestPriceIsRoundedToItsCurrency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount, currency, want string
		changed                bool
	}{
		{"19.99", "EUR", "19.99", false},
		{"19.9900", "EUR", "19.99", false},
		{"19.995", "EUR", "20.00", true},
		{"4100.5", "JPY", "4101", true},
		{"4100", "JPY", "4100", false},
		{"1.2345", "KWD", "1.235", true},
		{"0", "EUR", "0.00", false},
	} {
		p := canonical.Price{List: "5", Currency: c.currency, Amount: mustDecimal(t, c.amount)}
		got, changed, err := p.Rounded(p.Amount)
		if err != nil || got.Decimal().String() != c.want || changed != c.changed {
			t.Errorf("%s %s: got %s, changed %v, %v", c.amount, c.currency, got.Decimal(), changed, err)
		}
	}
	if _, _, err := (&canonical.Price{Currency: "XYZ"}).Rounded(mustDecimal(t, "1")); err == nil {
		t.Error("a price of no currency is rounded")
	}
}

func TestRetiredProductHasAnEventOfItsOwn(t *testing.T) {
	t.Parallel()
	if got := (&canonical.Product{Active: true}).EventType(); got != canonical.ProductUpserted {
		t.Errorf("an active product is %s", got)
	}
	if got := (&canonical.Product{}).EventType(); got != canonical.ProductRetired {
		t.Errorf("a retired product is %s", got)
	}
}

func TestDecimalsAreComparedAtAnyScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"5", "5.00", 0},
		{"-5", "-5.00", 0},
		{"0", "-0.00", 0},
		{"19.99", "20", -1},
		{"-19.99", "-20", 1},
		{"-1", "1", -1},
		{"0.000000000000000001", "0", 1},
		{"999999999999999999", "0.999999999999999999", 1},
		{"99999999999999999.9", "99999999999999999.8", 1},
	} {
		if got := mustDecimal(t, c.a).Cmp(mustDecimal(t, c.b)); got != c.want {
			t.Errorf("%s against %s: %d", c.a, c.b, got)
		}
		if got := mustDecimal(t, c.b).Cmp(mustDecimal(t, c.a)); got != -c.want {
			t.Errorf("%s against %s: %d", c.b, c.a, got)
		}
	}
}
