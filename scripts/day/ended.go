package day

import (
	"encoding/json"
	"strconv"
	"strings"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/message"
)

// closed is the status of a sales order that was ended in the ERP.
const closed = "closed"

// The orders that are ended in the ERP: one before anything of it left, and one of which a part left.
const (
	unshipped = "1002"
	started   = 2 // number of the purchase
)

func wooMemo(order string) string { return "woocommerce shop.example order " + order }

func purchaseMemo(i int) string { return shopifyMemo(strconv.FormatInt(purchase(i).ID, 10)) }

func memoOf(key message.Key) string {
	return strings.Join([]string{key.System, key.Tenant, key.Type, key.ID}, " ")
}

// endedBeforeItLeft is an order of WooCommerce that is closed in the ERP before the warehouse ships it.
func endedBeforeItLeft(d *builder) {
	d.does("netsuite", "afternoon: the ERP closes an order", Act{actClose, wooMemo(unshipped)})
}

// endedAfterItLeft is an order of Shopify that is closed in the ERP although a part of it left, and the
// report of WooCommerce about the other one.
func endedAfterItLeft(d *builder) {
	before := len(d.steps)
	d.reports(d.shop, unshipped)
	for i := before; i < len(d.steps); i++ {
		d.steps[i].ID, d.steps[i].Acts = "evening: the order that the ERP closed", nil
	}
	d.does("netsuite", "evening: the ERP closes an order that left", Act{actClose, purchaseMemo(started)})
}

// cancellations looks for each order that was ended in the ERP: its store has it as ended or shows why it
// has not, once. If the store cancelled it, the warehouse does not have it any more, unless it left, and
// the CRM has it as cancelled.
func (b *books) cancellations() {
	for _, o := range b.erp.Orders() {
		memo := plainMemo(o.Memo)
		if o.Status != closed || len(strings.Fields(memo)) != 4 {
			continue
		}
		order := keyOf(memo)
		ended, cancelled, shown := b.endInStore(order)
		if !ended || shown > 1 {
			b.count("cancellation of "+order.String()+" in "+order.System, shown, 1)
		}
		if cancelled {
			b.count("order "+order.String()+" in shipbob, which its store cancelled", b.toShip(order), 0)
			b.count("cancellation of "+order.String()+" in hubspot", b.cancelledInCRM(order), 1)
		}
	}
}

// endInStore returns whether the store has the order as one of which nothing is to be shipped, whether
// that is because it was cancelled, and how often it shows or carries out the request of the ERP.
func (b *books) endInStore(order message.Key) (ended, cancelled bool, shown int) {
	if order.System == "woocommerce" {
		id, err := strconv.ParseInt(order.ID, 10, 64)
		if err != nil {
			return false, false, 0
		}
		for _, note := range b.shop.Notes(id) {
			if strings.HasPrefix(note.Text, "ERP: ") {
				shown++
			}
		}
		status := b.shop.Status(id)
		return status == "cancelled" || status == "refunded" || status == "completed", status == "cancelled", shown
	}
	var held struct {
		Cancelled *string `json:"cancelled_at"`
	}
	if err := json.Unmarshal(b.store.Webhook(order.ID), &held); err != nil {
		return false, false, 0
	}
	for _, c := range b.store.Cancellations() {
		if c.Order == order.ID {
			shown++
		}
	}
	if b.store.Metafield(order.ID, "causeway.erp") != "" {
		shown++
	}
	return held.Cancelled != nil, held.Cancelled != nil, shown
}

// toShip returns how often the warehouse has the order, of which nothing left, to be shipped.
func (b *books) toShip(order message.Key) (n int) {
	for _, o := range b.warehouse.Orders() {
		if of, _, ok := shipbob.ParseReference(o.Reference); ok && of == order && o.Status() != shipbobtest.Cancelled && o.Shipments[0].Shipped.IsZero() {
			n++
		}
	}
	return n
}

// cancelledInCRM returns how often the CRM has the order as cancelled: once if it is no fake.
func (b *books) cancelledInCRM(order message.Key) (n int) {
	if b.crm == nil {
		return 1
	}
	for _, r := range b.crm.Records("orders") {
		if r.Properties["causeway_order"] == order.String() && r.Properties["causeway_state"] == "cancelled" {
			n++
		}
	}
	return n
}
