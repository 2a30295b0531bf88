package returning

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shopify/payload"
)

// The states of a return in Shopify that matter here (ReturnStatus).
const (
	statusOpen      = "OPEN"
	statusClosed    = "CLOSED"
	statusRequested = "REQUESTED"
)

// shopReturn is a return in Shopify.
type shopReturn struct {
	id, name, status, created string
	pieces                    map[string]int64 // by SKU
	unnamed                   bool             // it has an article without a SKU, or one that is not of the order
}

// verdict is about a return that is open.
type verdict struct {
	of      *shopReturn
	missing string // in words; "" if all of it came
}

// judge returns, for each return that is open, whether all of it came, the oldest first. The pieces
// that came are by SKU; those that are closed take theirs before those that are open.
func judge(all []shopReturn, came map[string]int64) (verdicts []verdict) {
	left := maps.Clone(came)
	for i := range all {
		if all[i].status == statusClosed {
			all[i].take(left)
		}
	}
	open := make([]*shopReturn, 0, len(all))
	for i := range all {
		if all[i].status == statusOpen {
			open = append(open, &all[i])
		}
	}
	slices.SortStableFunc(open, func(a, b *shopReturn) int {
		return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	for _, r := range open {
		verdicts = append(verdicts, verdict{r, r.take(left)})
	}
	return verdicts
}

// take takes the return's pieces from those that are left, and says which of them are missing.
func (r *shopReturn) take(left map[string]int64) (missing string) {
	var parts []string
	for _, sku := range slices.Sorted(maps.Keys(r.pieces)) {
		taken := max(0, min(left[sku], r.pieces[sku]))
		left[sku] -= taken
		if taken < r.pieces[sku] {
			parts = append(parts, strconv.FormatInt(r.pieces[sku]-taken, 10)+" "+sku)
		}
	}
	switch {
	case r.unnamed:
		return "it has an article without a SKU"
	case len(r.pieces) == 0:
		return "it has no articles"
	case len(parts) > 0:
		return strings.Join(parts, ", ") + " missing"
	}
	return ""
}

func (r *shopReturn) gid() string { return payload.GID("Return", r.id) }
