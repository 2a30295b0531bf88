package day

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/message"
)

// The orders of Shopify that the warehouse does not get, because of their tag: the store itself ships one, and
// the ERP the other. They are numbers of a purchase.
const (
	shippedByStore = 61
	shippedByERP   = 62

	ownShipping = "own-shipping" // the tag
)

// The locations that ship by themselves: of the store, by Shopify's id, and of the ERP, by its internal id.
const (
	storeShipping = "655441493"
	erpShipping   = "7"
)

// ownOrders are the orders that the warehouse does not get.
func ownOrders(d *builder) {
	for _, i := range []int{shippedByStore, shippedByERP} {
		p := purchase(i)
		p.Change = func(order map[string]any) { order["tags"] = ownShipping }
		d.shopify("orders/create", p.Body(), strconv.FormatInt(p.ID, 10), "")
	}
}

// ownParcels are the first line of each, in a parcel that no webhook reports.
func ownParcels(d *builder) {
	p := purchase(shippedByStore)
	d.does("shopify", "evening: the store ships by itself", Act{actOwn, "STORE-1 " + strconv.FormatInt(p.Items[0].ID, 10)})
	d.does("netsuite", "evening: the ERP ships by itself", Act{actOwn, "ERP-1 1"})
}

// ownFromStore does the act of shipping a line of the order in the store, with a tracking number.
func (a Act) ownFromStore(store *shopifytest.Fake) {
	number, text, _ := strings.Cut(a.About, " ")
	line, err := strconv.ParseInt(text, 10, 64)
	order := strconv.FormatInt(purchase(shippedByStore).ID, 10)
	made := slices.ContainsFunc(store.Fulfillments(order), func(f shopifytest.Fulfillment) bool { return slices.Contains(f.Numbers, number) })
	if err != nil || made || store.Webhook(order) == nil {
		return
	}
	for _, item := range purchase(shippedByStore).Items {
		if item.ID == line {
			store.Ship(shopifytest.Fulfillment{
				Order: order, Location: storeShipping, Company: "DHL", Numbers: []string{number}, Lines: map[string]int64{text: item.Quantity},
				At: store.Latest().Add(time.Second), // its clock stands still
			})
		}
	}
}

// ownFromERP does the act of shipping a line of the sales order in the ERP, with a tracking number.
func (a Act) ownFromERP(erp *netsuitetest.Fake) error {
	tracking, text, _ := strings.Cut(a.About, " ")
	nth, err := strconv.Atoi(text)
	if err != nil || slices.ContainsFunc(erp.ItemFulfillments(), func(f netsuitetest.ItemFulfillment) bool { return slices.Contains(f.Tracking, tracking) }) {
		return err
	}
	for _, o := range erp.Orders() {
		if plainMemo(o.Memo) != purchaseMemo(shippedByERP) || len(o.Lines) < nth {
			continue
		}
		line := o.Lines[nth-1]
		_, err := erp.Pack(o.ExternalID, netsuitetest.Parcel{
			Location: erpShipping, Status: "C", Pieces: map[int]string{line.Number: line.Quantity}, Tracking: []string{tracking}, Carrier: "ups", Method: "UPS Ground",
		})
		return err
	}
	return nil
}

// ownShipments looks for each parcel of the store in the ERP and the CRM, and for each of the ERP in the store
// and the CRM: it is there once.
func (b *books) ownShipments() {
	order := keyOf(purchaseMemo(shippedByStore))
	for _, f := range b.store.Fulfillments(order.ID) {
		for _, number := range f.Numbers {
			b.ownParcel("netsuite", order, number)
		}
	}
	order = keyOf(purchaseMemo(shippedByERP))
	for _, f := range b.erp.ItemFulfillments() {
		for _, number := range f.Tracking {
			if f.ExternalID == "" { // ours have one
				b.ownParcel("shopify", order, number)
			}
		}
	}
}

// ownParcel looks for a parcel at the target and in the CRM.
func (b *books) ownParcel(target string, order message.Key, number string) {
	n := b.inERP(number, 1)
	if target != "netsuite" {
		n = b.inStore(order, number, "", 1)
	}
	for place, n := range map[string]int{target: n, "hubspot": b.inCRM(order, number, 1)} {
		b.count("parcel "+number+" of "+order.String()+" in "+place, n, 1)
	}
}
