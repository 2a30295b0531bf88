package day

import (
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
)

// The orders of which a person changes the first line in the ERP, and the one that the warehouse holds. They are
// numbers of a purchase, but for the order of WooCommerce.
const (
	changedShop = 1010
	changed     = 20
	heldUp      = 10
)

// changedInERP is a sales order of each store whose first line a person changes in the ERP.
func changedInERP(d *builder) {
	d.does("netsuite", "evening: people change sales orders",
		Act{actChange, "7 " + wooMemo(strconv.Itoa(changedShop))}, Act{actChange, "8 " + purchaseMemo(changed)})
}

// changeLine does the act of changing the quantity of a sales order's first line.
func (a Act) changeLine(erp *netsuitetest.Fake) error {
	quantity, memo, _ := strings.Cut(a.About, " ")
	for _, o := range erp.Orders() {
		if plainMemo(o.Memo) == memo && o.Lines[0].Quantity != quantity {
			return erp.ChangeQuantity(o.ExternalID, o.Lines[0].Number, quantity)
		}
	}
	return nil
}

// plainMemo returns the memo of a sales order without the digest of its lines.
func plainMemo(memo string) string {
	before, after, _ := strings.Cut(memo, ", lines ")
	if _, note, found := strings.Cut(after, ", "); found {
		return before + ", " + note
	}
	return before
}

// orderOfMemo returns the order of a sales order's memo, whatever is behind it.
func orderOfMemo(memo string) (message.Key, bool) {
	plain, _, _ := strings.Cut(memo, ", ")
	if len(strings.Fields(plain)) != 4 {
		return message.Key{}, false
	}
	return keyOf(plain), true
}

// salesOrders looks in each store for the number of each of its sales orders, and for what a person changed of
// one, which stays in the ERP.
func (b *books) salesOrders() {
	for _, o := range b.erp.Orders() {
		order, ours := orderOfMemo(o.Memo)
		if !ours {
			continue
		}
		number, difference := b.shownOf(order)
		b.same("number of "+order.String()+" in "+order.System, number, "SO-"+o.ID)
		if sold := soldPieces(order); sold != "" {
			line := o.Lines[0]
			if line.Quantity == sold {
				b.count("change of "+order.String()+" in netsuite", 0, 1)
			}
			b.same("change of "+order.String()+" in "+order.System, difference, line.Item+": "+sold+" in the store, "+line.Quantity+" in netsuite (SO-"+o.ID+")")
		}
	}
}

// soldPieces returns how many pieces of its first article the store sold with an order that a person changes in
// the ERP, "" of any other order.
func soldPieces(order message.Key) string {
	switch memoOf(order) {
	case purchaseMemo(changed):
		return strconv.FormatInt(purchase(changed).Items[0].Quantity, 10)
	case wooMemo(strconv.Itoa(changedShop)):
		return strconv.FormatInt(woocommercetest.NewOrder(changedShop, 1).Lines[0].Quantity, 10)
	}
	return ""
}

// shownOf returns the number of the sales order and the difference that the store shows of the order.
func (b *books) shownOf(order message.Key) (number, difference string) {
	if order.System != "woocommerce" {
		return b.store.Metafield(order.ID, "causeway.erp_number"), b.store.Metafield(order.ID, "causeway.erp_difference")
	}
	id, err := strconv.ParseInt(order.ID, 10, 64)
	if err != nil {
		return "", ""
	}
	meta := b.shop.Meta(id)
	number, _ = meta["_causeway_erp_number"].(string)
	difference, _ = meta["_causeway_erp_difference"].(string)
	return number, difference
}

// The reason for which the warehouse holds an order.
const addressReason = "InvalidAddress"

// holdUp does an act of the warehouse about an order that did not leave: it is on hold, or not any more.
func (a Act) holdUp(warehouse *shipbobtest.Fake, o *shipbobtest.Order) error {
	switch status := o.Status(); {
	case a.Name == actHoldUp && status == shipbobtest.Processing:
		return warehouse.Hold(a.About, shipbobtest.OnHold, shipbobtest.Detail{Name: addressReason})
	case a.Name == actGoOn && status == shipbobtest.Exception:
		return warehouse.Resume(a.About)
	}
	return nil
}

// standings looks in the ERP for what the warehouse has of each order, in its last issue.
func (b *books) standings() {
	last, issues := map[message.Key]*shipbobtest.Order{}, map[message.Key]int{}
	for _, o := range b.warehouse.Orders() {
		if order, issue, ok := shipbob.ParseReference(o.Reference); ok && issue >= issues[order] {
			last[order], issues[order] = &o, issue
		}
	}
	for _, o := range b.erp.Orders() {
		order, _ := orderOfMemo(o.Memo)
		if asked := last[order]; asked != nil && !givenUpAtOnce(asked) && !b.pending("netsuite", order) {
			shown := o.Warehouse
			if state, _, found := strings.Cut(shown, ": "); found && state == "discrepancy" {
				shown = state
			}
			b.same("what the warehouse has of "+order.String()+" in netsuite", shown, standing(asked))
		}
	}
}

// givenUpAtOnce reports whether the warehouse took the order in and gave it up within a second. ShipBob's times
// have whole seconds, and the day is polled at once, so that a poll between the two sees no change later. Elsewhere
// a poll looks at what is two minutes old.
func givenUpAtOnce(o *shipbobtest.Order) bool {
	return o.Status() == shipbobtest.Cancelled && o.Shipments[0].Updated.Unix() == o.Created.Unix()
}

// standing says what the warehouse has of the order.
func standing(o *shipbobtest.Order) string {
	given, left := 0, 0
	for _, s := range o.Shipments {
		switch s.Status {
		case shipbobtest.OnHold:
			return "held: " + addressReason
		case shipbobtest.Cancelled:
			given++
		case shipbobtest.Completed:
			left++
		}
	}
	switch all := len(o.Shipments); {
	case given == all:
		return "cancelled"
	case given > 0 && given+left == all:
		return "discrepancy"
	}
	return "released"
}

// warehouseLocation is the location of the store that has what the warehouse's center has on its shelf.
const warehouseLocation = "655441492"

// levels compares what the store has of the article at the warehouse's location with the warehouse.
func (b *books) levels() {
	b.same("level of "+received+" in shopify", strconv.FormatInt(b.store.Available(warehouseLocation)[received], 10), strconv.Itoa(b.warehouse.OnHand(received, center)))
}
