package netsuitetest

import (
	"math/big"
	"strconv"
)

// linkedRefusal is a refusal because of other transactions, in one of the two forms that
// accounts give it.
func (b *books) linkedRefusal(code, path, detail string) *refusal {
	if b.ways.has(OwnCodes) {
		return invalid(code, path, detail)
	}
	return invalid("USER_ERROR", path, "Error while accessing a resource. "+detail)
}

// acceptLinks applies the rules for an order of which something is fulfilled, billed or
// closed.
func (b *books) acceptLinks(before, after map[string]any) *refusal {
	linked := hasLinks(before)
	for _, check := range []func(before, after map[string]any, linked bool) *refusal{
		b.acceptRemoved, b.acceptChanged, b.acceptClosed, b.acceptReopened, b.acceptHead,
	} {
		if bad := check(before, after, linked); bad != nil {
			return bad
		}
	}
	return nil
}

func hasLinks(order map[string]any) bool {
	for _, entry := range items(order[itemSublist]) {
		if l, _ := entry.(map[string]any); isLinked(l) {
			return true
		}
	}
	return false
}

func isLinked(line map[string]any) bool {
	return rational(line, "quantityFulfilled").Sign() > 0 || rational(line, "quantityBilled").Sign() > 0
}

// rational returns a number of the line, 0 if it has none.
func rational(line map[string]any, name string) *big.Rat {
	value, ok := new(big.Rat).SetString(number(line, name))
	if !ok {
		return new(big.Rat)
	}
	return value
}

func (b *books) acceptRemoved(before, after map[string]any, _ bool) *refusal {
	for _, entry := range items(before[itemSublist]) {
		l, _ := entry.(map[string]any)
		if isLinked(l) && lineOf(after, lineNumber(entry)) == nil {
			return b.linkedRefusal("CANT_DELETE_TRAN_LINE", "item",
				"Failed to delete line "+strconv.Itoa(lineNumber(entry))+". This line is linked to another transaction.")
		}
	}
	return nil
}

func (b *books) acceptChanged(before, after map[string]any, _ bool) *refusal {
	for i, entry := range items(after[itemSublist]) {
		l, _ := entry.(map[string]any)
		old := lineOf(before, lineNumber(entry))
		if old == nil || !isLinked(l) {
			continue
		}
		frozen := b.ways.has(BilledFrozen) && rational(old, "quantityBilled").Sign() > 0
		if rational(l, "quantity").Cmp(rational(l, "quantityFulfilled")) < 0 ||
			frozen && rational(l, "amount").Cmp(rational(old, "amount")) != 0 {
			return b.linkedRefusal("CANT_UPDATE_LINKED_TRANS_LINES", "item.items["+strconv.Itoa(i)+"]", "You cannot update linked transaction lines.")
		}
	}
	return nil
}

// acceptClosed lets a line be closed only while something of it is left to bill.
func (b *books) acceptClosed(before, after map[string]any, _ bool) *refusal {
	for i, entry := range items(after[itemSublist]) {
		l, _ := entry.(map[string]any)
		was, _ := lineOf(before, lineNumber(entry))["isClosed"].(bool)
		if is, _ := l["isClosed"].(bool); is && !was && rational(l, "quantityBilled").Cmp(rational(l, "quantity")) >= 0 {
			return invalid("USER_ERROR", "item.items["+strconv.Itoa(i)+"].isClosed", "Error while accessing a resource. The line has nothing left to close.")
		}
	}
	return nil
}

// acceptReopened lets closed lines be opened, by clearing the box or by a new line, only
// while nothing of the order is fulfilled or billed.
func (b *books) acceptReopened(before, after map[string]any, linked bool) *refusal {
	if !linked {
		return nil
	}
	shut := allClosed(before)
	for _, entry := range items(after[itemSublist]) {
		l, _ := entry.(map[string]any)
		old := lineOf(before, lineNumber(entry))
		was, _ := old["isClosed"].(bool)
		if is, _ := l["isClosed"].(bool); !is && (was || old == nil && shut) {
			return invalid("USER_ERROR", "item", "Error while accessing a resource. A closed order that was fulfilled or billed cannot be opened.")
		}
	}
	return nil
}

func allClosed(order map[string]any) bool {
	for _, entry := range items(order[itemSublist]) {
		l, _ := entry.(map[string]any)
		if closed, _ := l["isClosed"].(bool); !closed {
			return false
		}
	}
	return len(items(order[itemSublist])) > 0
}

// acceptHead applies the rules for the body fields of an order with something fulfilled.
func (b *books) acceptHead(before, after map[string]any, linked bool) *refusal {
	if !linked {
		return nil
	}
	if refID(after["orderStatus"]) == "A" && refID(before["orderStatus"]) != "A" {
		if !b.ways.has(ApprovalIgnored) {
			return invalid("USER_ERROR", "orderStatus", "Error while accessing a resource. The status of the order cannot be changed.")
		}
		after["orderStatus"] = before["orderStatus"]
	}
	if b.ways.has(CustomerFrozen) && refID(after["entity"]) != refID(before["entity"]) {
		return b.linkedRefusal("CANT_EDIT_TRAN", "entity", "You cannot change the customer of a transaction line that is linked to others.")
	}
	return nil
}
