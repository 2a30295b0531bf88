package day

import (
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/message"
)

// The warehouse's center of which the ERP has a location, and the article that is put on its shelf.
const (
	center   = 9
	received = "TRAIL-42"
)

// erpSettings are those by which the ERP books what the warehouse receives, misses and gets back, shows what it
// has of an order, and reports what people pay back in it.
func erpSettings() map[string]string {
	at := strconv.Itoa(center) + "=" + erpLocation
	return map[string]string{
		"NETSUITE_REFUNDS": "true", "NETSUITE_RETURNS": "receipt", "NETSUITE_SHIP_LOCATIONS": at,
		"NETSUITE_ADJUSTMENT_LOCATIONS": at, "NETSUITE_ADJUSTMENT_ACCOUNT": "58", "NETSUITE_ADJUSTMENT_SUBSIDIARIES": "*=1",
		"NETSUITE_WAREHOUSE_FIELD": netsuitetest.WarehouseField,
	}
}

// movedStock is a delivery that the warehouse puts on the shelf, of which pieces are missing later.
func movedStock(d *builder) {
	d.does("shipbob", "afternoon: a delivery is put on the shelf", Act{actStow, received + " 24"})
	d.does("shipbob", "afternoon: pieces are missing", Act{actMiss, received + " 22"})
}

// moves does an act of the warehouse about pieces of an article: they are put on the shelf, or no more than
// these are found there.
func (a Act) moves(warehouse *shipbobtest.Fake) error {
	name, text, _ := strings.Cut(a.About, " ")
	pieces, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	switch has := warehouse.OnHand(name, center); {
	case a.Name == actStow && has == 0:
		warehouse.Stow(name, center, pieces, "115316", "7")
	case a.Name == actMiss && has > pieces:
		warehouse.Adjust(name, center, pieces-has)
	}
	return nil
}

// movements compares what the ERP has on hand of the article with the warehouse.
func (b *books) movements() {
	b.same("stock of "+received+" in netsuite", b.erp.OnHand(received, erpLocation), strconv.Itoa(b.warehouse.OnHand(received, center)))
}

// receipts looks in the ERP for each return that the warehouse received: it is in stock once.
func (b *books) receipts() {
	returns := map[string]string{}
	for _, r := range b.erp.ReturnAuthorizations() {
		returns[r.ID] = r.ExternalID[strings.LastIndex(r.ExternalID, "_")+1:]
	}
	receipts := map[string]int{}
	for _, r := range b.erp.ItemReceipts() {
		receipts[returns[r.Return]]++
	}
	for _, r := range b.warehouse.Returns() {
		if id := strconv.Itoa(r.ID); r.Status == shipbobtest.ReturnCompleted {
			b.count("receipt of return "+id+" in netsuite", receipts[id], 1)
		}
	}
}

// The orders of which the ERP pays an amount back, which no other refund of the day has.
const (
	paidShop     = "1006"
	paidPurchase = 12
	shopAmount   = "1.11"
	storeAmount  = "2.22"
)

// paidBackInERP is money that a person pays back in the ERP, of an order of each store.
func paidBackInERP(d *builder) {
	d.does("netsuite", "evening: the ERP pays back", Act{actPay, shopAmount + " " + wooMemo(paidShop)}, Act{actPay, storeAmount + " " + purchaseMemo(paidPurchase)})
}

// payBack does the act of paying an amount of an order back.
func (a Act) payBack(erp *netsuitetest.Fake) error {
	amount, memo, _ := strings.Cut(a.About, " ")
	for _, p := range erp.Payouts() {
		if p.Total == amount {
			return nil
		}
	}
	for _, o := range erp.Orders() {
		if plainMemo(o.Memo) == memo {
			_, err := erp.PayBack(o.ExternalID, amount)
			return err
		}
	}
	return nil
}

// refunds looks in its store for each refund that a person made in the ERP: it is there once. The echo of
// the store is booked no second time.
func (b *books) refunds() {
	orders, paid := map[string]message.Key{}, map[string]message.Key{}
	for _, o := range b.erp.Orders() {
		orders[o.ID], _ = orderOfMemo(o.Memo)
	}
	for _, d := range b.erp.Deposits() {
		paid[d.ID] = orders[d.Order]
	}
	type refund struct {
		order  message.Key
		amount string
	}
	all, entered := map[refund]int{}, map[refund]bool{}
	for _, p := range b.erp.Payouts() {
		for deposit := range p.Deposits {
			one := refund{paid[deposit], p.Total}
			all[one]++
			entered[one] = entered[one] || p.Memo == "" // ours have one
		}
	}
	for one, byHand := range entered {
		if byHand {
			what := "refund of " + one.amount + " of " + one.order.String() + " in "
			b.count(what+one.order.System, b.refundsOf(one.order, one.amount), 1)
			b.count(what+"netsuite", all[one], 1)
		}
	}
}

// refundsOf returns how many refunds of the amount the store has of the order.
func (b *books) refundsOf(order message.Key, amount string) (n int) {
	if order.System == "woocommerce" {
		id, err := strconv.ParseInt(order.ID, 10, 64)
		if err != nil {
			return 0
		}
		for _, r := range b.shop.RefundsOf(id) {
			if r.Amount == amount {
				n++
			}
		}
		return n
	}
	for _, r := range b.store.RefundsOf(order.ID) {
		for _, text := range r.Amounts {
			if paid, _, _ := strings.Cut(text, " of "); paid == amount {
				n++
			}
		}
	}
	return n
}
