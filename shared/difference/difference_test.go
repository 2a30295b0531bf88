package difference_test

import (
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/difference"
)

func count(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

func sold(sku string, n int64) canonical.OrderLine {
	return canonical.OrderLine{Kind: canonical.ProductLine, SKU: sku, Quantity: count(n)}
}

func booked(sku string, n int64) canonical.ERPLine {
	return canonical.ERPLine{SKU: sku, Ordered: count(n)}
}

func shut(sku string, n, fulfilled, billed int64) canonical.ERPLine {
	return canonical.ERPLine{SKU: sku, Ordered: count(n), Fulfilled: count(fulfilled), Billed: count(billed), Closed: true}
}

func TestWordsNameEachSKUThatDiffers(t *testing.T) {
	t.Parallel()
	unnamed := canonical.OrderLine{Kind: canonical.CustomLine, Quantity: count(1)}
	for name, c := range map[string]struct {
		store      []canonical.OrderLine
		erp        []canonical.ERPLine
		ended, not bool
		want       string
	}{
		"alike":                     {store: []canonical.OrderLine{sold("A", 2), sold("A", 1)}, erp: []canonical.ERPLine{booked("A", 3)}},
		"alike but for case":        {store: []canonical.OrderLine{sold("Tee", 2)}, erp: []canonical.ERPLine{booked("TEE", 2)}},
		"fewer":                     {store: []canonical.OrderLine{sold("A", 3)}, erp: []canonical.ERPLine{booked("A", 2)}, want: "A: 3 in the store, 2 in books (SO-1)"},
		"more":                      {store: []canonical.OrderLine{sold("Tee", 3)}, erp: []canonical.ERPLine{booked("TEE", 4)}, want: "Tee: 3 in the store, 4 in books (SO-1)"},
		"removed":                   {store: []canonical.OrderLine{sold("A", 1), sold("B", 1)}, erp: []canonical.ERPLine{booked("A", 1)}, want: "B: 1 in the store, 0 in books (SO-1)"},
		"added":                     {store: []canonical.OrderLine{sold("A", 1)}, erp: []canonical.ERPLine{booked("A", 1), booked("B", 2)}, want: "B: 0 in the store, 2 in books (SO-1)"},
		"swapped":                   {store: []canonical.OrderLine{sold("A", 1)}, erp: []canonical.ERPLine{booked("B", 1)}, want: "A: 1 in the store, 0 in books, B: 0 in the store, 1 in books (SO-1)"},
		"added beside no SKU":       {store: []canonical.OrderLine{sold("A", 1), unnamed}, erp: []canonical.ERPLine{booked("A", 1), booked("808950810", 1)}},
		"fewer beside no SKU":       {store: []canonical.OrderLine{sold("A", 2), unnamed}, erp: []canonical.ERPLine{booked("A", 1)}, want: "A: 2 in the store, 1 in books (SO-1)"},
		"a gift card":               {store: []canonical.OrderLine{sold("A", 1), {Kind: canonical.GiftCardLine, SKU: "GIFT", Quantity: count(1)}}, erp: []canonical.ERPLine{booked("A", 1)}},
		"closed":                    {store: []canonical.OrderLine{sold("A", 3)}, erp: []canonical.ERPLine{shut("A", 3, 1, 2)}, want: "A: 3 in the store, 2 in books (SO-1)"},
		"closed, all of it left":    {store: []canonical.OrderLine{sold("A", 3)}, erp: []canonical.ERPLine{shut("A", 3, 3, 0)}},
		"ended":                     {store: []canonical.OrderLine{sold("A", 3)}, erp: []canonical.ERPLine{shut("A", 3, 0, 0)}, ended: true},
		"not comparable":            {store: []canonical.OrderLine{sold("A", 3)}, erp: []canonical.ERPLine{booked("A", 2)}, not: true},
		"nothing left in the store": {store: []canonical.OrderLine{}, erp: []canonical.ERPLine{booked("A", 1)}, want: "A: 0 in the store, 1 in books (SO-1)"},
	} {
		erp := &canonical.ERPOrder{Number: "SO-1", Lines: c.erp, Ended: c.ended, Comparable: !c.not}
		if got := difference.Words(erp, "books", c.store); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
