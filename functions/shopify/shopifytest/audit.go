package shopifytest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// audited returns the orders that an audit's search asks for, by id; known is false for the
// search of a poll. The search names ids, or bounds of the time when an order was placed.
func audited(all []object, search string) (found []any, known bool) {
	if !strings.HasPrefix(search, "created_at:") && !strings.HasPrefix(search, "id:") {
		return nil, false
	}
	slices.SortFunc(all, func(a, b object) int { return cmp.Compare(sortID(a), sortID(b)) })
	found = []any{}
	for _, order := range all {
		if fits(order, search) {
			found = append(found, order)
		}
	}
	return found, true
}

func fits(order object, search string) bool {
	id, _ := order["legacyResourceId"].(string)
	if strings.HasPrefix(search, "id:") {
		return slices.Contains(strings.Split(search, " OR "), "id:"+id)
	}
	created, _ := order["createdAt"].(string)
	at, err := time.Parse(time.RFC3339, created)
	for term := range strings.SplitSeq(search, " ") {
		if err != nil || !placed(at, term) {
			return false
		}
	}
	return true
}

// placed reports whether the time fits a bound; one that cannot be read matches nothing.
func placed(at time.Time, term string) bool {
	bound, from := strings.CutPrefix(term, "created_at:>=")
	if !from {
		bound, _ = strings.CutPrefix(term, "created_at:<")
	}
	limit, err := time.Parse(time.RFC3339, strings.Trim(bound, "'"))
	return err == nil && at.Before(limit) != from
}

// shownCount is the answer to ordersCount.
func shownCount(all []object, search string) object {
	found, _ := audited(all, search)
	return object{"count": len(found), "precision": "EXACT"}
}
