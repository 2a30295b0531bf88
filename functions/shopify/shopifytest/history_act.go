package shopifytest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Act is one thing that happens to an order in its store.
type Act string

// The acts. Line, pieces and amount are random.
const (
	Extend   Act = "extend"    // another line
	Pay      Act = "pay"       // what is due
	TakeOff  Act = "take off"  // pieces that did not leave yet, with their money
	ComeBack Act = "come back" // pieces that left
	Goodwill Act = "goodwill"  // money back without goods
	Settle   Act = "settle"    // what the buyer is owed is paid back
	Cancel   Act = "cancel"    // everything that did not leave is taken off
)

// Let lets the act happen at the time, to an order of which the shop made these fulfillments over
// its API. An act that the order's state does not allow has no effect.
func (h *History) Let(at time.Time, act Act, made []Fulfillment) {
	h.updated, h.made = at, made
	for _, l := range h.lines {
		l.left = 0
		for _, one := range made {
			l.left += one.Lines[strconv.FormatInt(l.id, 10)]
		}
	}
	l := h.lines[h.random.IntN(len(h.lines))]
	switch open := l.quantity - l.left - l.removed; act {
	case Extend:
		if h.canceled.IsZero() {
			h.add()
		}
	case Pay:
		h.pay(h.due(), "shopify_payments")
	case TakeOff:
		h.takeOff(l, h.upTo(open), "cancel")
	case ComeBack:
		h.comeBack(l, h.upTo(l.left-l.cameBack))
	case Goodwill:
		h.goodwill(h.upTo(min(h.Received()-h.back, h.current())))
	case Settle:
		h.settle()
	case Cancel:
		h.cancel()
	}
}

// Financial returns the order's financial_status.
func (h *History) Financial() string { return h.financial() }

// OwedPieces returns by SKU how many pieces the buyer is owed or has got: those that were taken off
// do not count.
func (h *History) OwedPieces() map[string]int64 {
	owed := map[string]int64{}
	for _, l := range h.lines {
		if n := l.quantity - l.removed; n > 0 {
			owed[l.sku()] += n
		}
	}
	return owed
}

// SKUs returns the SKU of each line by the line's id.
func (h *History) SKUs() map[string]string {
	all := map[string]string{}
	for _, l := range h.lines {
		all[strconv.FormatInt(l.id, 10)] = l.sku()
	}
	return all
}

func (l *piece) sku() string { return "SKU-" + strconv.FormatInt(l.id%20, 10) }

// showMade writes the fulfillments that were made over the API into the order's body.
func (h *History) showMade(order object) {
	if len(h.made) == 0 {
		return
	}
	all := []any{}
	for _, one := range h.made {
		lines := []any{}
		for _, id := range slices.Sorted(maps.Keys(one.Lines)) {
			lines = append(lines, object{"id": json.Number(id), "quantity": one.Lines[id]})
		}
		all = append(all, object{"id": one.ID, "order_id": h.ID, "status": "success", "created_at": stamp(one.At), "line_items": lines})
	}
	order["fulfillments"], order["fulfillment_status"] = all, "fulfilled"
	for _, l := range h.lines {
		if l.quantity > l.left+l.removed {
			order["fulfillment_status"] = "partial"
		}
	}
}
