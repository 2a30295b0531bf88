package translator

import (
	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
)

// refund is the part of the REST resource "shop_order_refund" that is used. Its own amount is
// above zero; those of its lines and fees are below.
type refund struct {
	id, amount string
	reason     canonical.Text
	paidBack   bool // refunded_payment: a gateway paid it back
	created    rest.Stamp
	lines      []refundLine
	deliveries []delivery
	fees       []fee
}

type refundLine struct{ line, sku, name, quantity, total, tax string }

// refundSummary reads the entry that an order has of a refund.
func (d *decoder) refundSummary() (r refundSummary) {
	for key := range d.Object() {
		switch key {
		case "id":
			r.id = d.id()
		case "reason":
			r.reason = d.Text()
		case "total":
			r.total = d.Decimal()
		}
	}
	d.Need("id", r.id)
	d.Need("total", r.total)
	return r
}

// refund reads an entry of /orders/{id}/refunds.
func (d *decoder) refund() (r refund) {
	for key := range d.Object() {
		switch key {
		case "id":
			r.id = d.id()
		case "amount":
			r.amount = d.Decimal()
		case "reason":
			r.reason = d.Text()
		case "refunded_payment":
			r.paidBack, _ = d.NullBool()
		case "date_created":
			d.Moment(&r.created.Local)
		case "date_created_gmt":
			d.Moment(&r.created.GMT)
		case "line_items":
			for range d.Array() {
				r.lines = append(r.lines, d.refundLine())
			}
		case "shipping_lines":
			for range d.Array() {
				r.deliveries = append(r.deliveries, d.delivery())
			}
		case "fee_lines":
			for range d.Array() {
				r.fees = append(r.fees, d.fee())
			}
		}
	}
	d.Need("id", r.id)
	d.Need("amount", r.amount)
	return r
}

// refundLine reads a line of a refund. Its own id is new; the order's line is named in its meta
// data.
func (d *decoder) refundLine() (l refundLine) {
	for key := range d.Object() {
		switch key {
		case "name":
			l.name = d.Word()
		case "sku":
			l.sku, _ = d.Code()
		case "quantity":
			l.quantity = d.Decimal()
		case "total":
			l.total = d.Decimal()
		case "total_tax":
			l.tax = d.Decimal()
		case "meta_data":
			l.line = d.metaValue("_refunded_item_id")
		}
	}
	d.Need("quantity", l.quantity)
	d.Need("total", l.total)
	d.Need("total_tax", l.tax)
	return l
}
