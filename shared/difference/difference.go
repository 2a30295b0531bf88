// Package difference compares what an ERP has of an order with what its store has, SKU by SKU, for the
// people who look at the order in the store.
//
// The pieces of a SKU are what is ordered in the ERP, and of a closed line what was fulfilled or billed.
// In the store they are those of the canonical order, which is what an ERP gets. A line for which no SKU
// is sent, such as a gift card or a line without a product, is not compared. Lines that cannot be judged are not
// reported: those of an order that the ERP ended or whose lines cannot be compared, and, beside a line of the
// store without a SKU, a SKU that only the ERP has.
//
// A change of the store is a difference until the ERP has it.
package difference

import (
	"maps"
	"math/big"
	"slices"
	"strings"

	"causeway.example/shared/canonical"
)

// pieces are the quantities of a SKU.
type pieces struct {
	sku        string // as the store writes it, or else the ERP
	store, erp *big.Rat
	inStore    bool
}

// Words says in which SKUs the sales order differs from the lines of the store's order, and system names
// the ERP: "TEE-BLK-M: 3 in the store, 2 in netsuite (SO-1042)". It returns "" if they agree.
func Words(erp *canonical.ERPOrder, system string, store []canonical.OrderLine) string {
	if erp.Ended || !erp.Comparable {
		return ""
	}
	all, unnamed := bySKU(erp, store)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		p := all[key]
		if p.store.Cmp(p.erp) == 0 || unnamed && !p.inStore {
			continue
		}
		parts = append(parts, p.sku+": "+text(p.store)+" in the store, "+text(p.erp)+" in "+system)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + " (" + erp.Number + ")"
}

// bySKU returns the pieces of each SKU, in lower case, because an ERP may not tell case apart, and
// whether the store has a line without one.
func bySKU(erp *canonical.ERPOrder, store []canonical.OrderLine) (all map[string]*pieces, unnamed bool) {
	all = map[string]*pieces{}
	of := func(sku string) *pieces {
		key := strings.ToLower(sku)
		if all[key] == nil {
			all[key] = &pieces{sku: sku, store: new(big.Rat), erp: new(big.Rat)}
		}
		return all[key]
	}
	for _, l := range store {
		switch {
		case l.Kind == canonical.GiftCardLine:
		case l.SKU == "" || l.Kind != canonical.ProductLine:
			unnamed = true
		default:
			p := of(l.SKU)
			p.store, p.inStore = p.store.Add(p.store, rational(l.Quantity)), true
		}
	}
	for _, l := range erp.Lines {
		quantity := rational(l.Ordered)
		if l.Closed {
			quantity = most(rational(l.Fulfilled), rational(l.Billed))
		}
		p := of(l.SKU)
		p.erp = p.erp.Add(p.erp, quantity)
	}
	return all, unnamed
}

func most(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

func rational(q canonical.Quantity) *big.Rat {
	n, _ := new(big.Rat).SetString(q.Value.String())
	return n
}

func text(n *big.Rat) string {
	places, _ := n.FloatPrec()
	return n.FloatString(places)
}
