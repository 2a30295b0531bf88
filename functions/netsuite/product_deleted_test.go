package netsuite_test

import (
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

// A product that was deleted in the store leaves a line without SKU. Its booked line keeps its
// item; a line that only looks like it does not take it over.
func TestABookedLineKeepsItsItemWhenTheProductIsDeleted(t *testing.T) {
	t.Parallel()
	gone := func(l *canonical.OrderLine) { l.Kind, l.SKU, l.Product, l.Variant = canonical.CustomLine, "", "", "" }
	for name, c := range map[string]struct {
		change func(*canonical.Order)
		want   string
	}{
		"the first is gone": {func(o *canonical.Order) { gone(&o.Lines[0]) }, "TEE-BLK-M 2 78.00, HOOD-M 1 79.50"},
		"both are gone":     {func(o *canonical.Order) { gone(&o.Lines[0]); gone(&o.Lines[1]) }, "TEE-BLK-M 2 78.00, HOOD-M 1 79.50"},
		"another quantity": {func(o *canonical.Order) {
			gone(&o.Lines[0])
			o.Lines[0].Quantity, o.Lines[0].UnitPrice = canonical.Pieces(canonical.NewDecimal(1, 0)), canonical.NewDecimal(7800, 2)
		}, "HOOD-M 1 79.50, store-custom 1 78.00"},
		"another place": {func(o *canonical.Order) {
			gone(&o.Lines[0])
			o.Lines[0], o.Lines[1] = o.Lines[1], o.Lines[0]
		}, "HOOD-M 1 79.50, store-custom 2 78.00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPaidSale(t)
			c.change(&s.order)
			receipt, err := s.try(t.Context(), canonical.OrderChanged)
			s.must(err)
			var got []string
			for _, l := range s.fake.Orders()[0].Lines {
				got = append(got, l.Item+" "+l.Quantity+" "+l.Amount)
			}
			kept := strings.Contains(c.want, "TEE")
			if strings.Join(got, ", ") != c.want || strings.Contains(receipt.Detail, "lines[0] has no product in the store any more, line 1 keeps item") != kept {
				t.Errorf("the order has %v, want %s; the receipt says %q", got, c.want, receipt.Detail)
			}
		})
	}
}
