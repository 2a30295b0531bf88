package translator

// order reads an order. Deliveries of every topic except the deleted ones have the whole
// resource, so a missing member is a defect of the sender.
func (d *decoder) order() (o order) {
	for key := range d.Object() {
		switch key {
		case "id":
			o.id = d.id()
		case "number":
			o.number = d.ID()
		case "status":
			o.status = d.String()
		case "customer_id":
			o.customer = d.id()
		case "created_via":
			o.channel = d.Word()
		case "customer_note":
			o.note = d.Text()
		case "needs_processing":
			needed, known := d.NullBool()
			o.processed = known && !needed
		case "billing":
			o.billing = d.party()
		case "shipping":
			o.shipping = d.party()
		default:
			d.orderAmount(&o, key)
		}
	}
	d.needOrder(&o)
	return o
}

// needOrder requires the members that the model needs.
func (d *decoder) needOrder(o *order) {
	d.Need("id", o.id)
	d.Need("number", o.number)
	d.Need("status", o.status)
	d.Need("customer_id", o.customer)
	d.Need("currency", o.currency)
	d.Need("total", o.total)
	d.Need("total_tax", o.tax)
	if !o.hasLines {
		d.Missing("line_items")
	}
}

func (d *decoder) orderAmount(o *order, key string) {
	switch key {
	case "currency":
		o.currency = d.String()
	case "total":
		o.total = d.Decimal()
	case "total_tax":
		o.tax = d.Decimal()
	case "payment_method":
		o.gateway = d.Word()
	case "transaction_id":
		o.transaction = d.Word()
	default:
		d.orderList(o, key)
	}
}

func (d *decoder) orderList(o *order, key string) {
	switch key {
	case "line_items":
		o.hasLines = true
		for range d.Array() {
			o.lines = append(o.lines, d.line())
		}
	case "shipping_lines":
		for range d.Array() {
			o.deliveries = append(o.deliveries, d.delivery())
		}
	case "fee_lines":
		for range d.Array() {
			o.fees = append(o.fees, d.fee())
		}
	case "coupon_lines":
		for range d.Array() {
			o.coupons = append(o.coupons, d.coupon())
		}
	case "refunds":
		for range d.Array() {
			o.refunds = append(o.refunds, d.refundSummary())
		}
	case "meta_data":
		o.extras = d.metaData(d.plugins.order, o.extras)
	case "_links":
		o.link = d.Self()
	default:
		d.orderDate(o, key)
	}
}

func (d *decoder) orderDate(o *order, key string) {
	switch key {
	case "date_created":
		d.Moment(&o.created.Local)
	case "date_created_gmt":
		d.Moment(&o.created.GMT)
	case "date_modified":
		d.Moment(&o.modified.Local)
	case "date_modified_gmt":
		d.Moment(&o.modified.GMT)
	case "date_paid":
		d.Moment(&o.paid.Local)
	case "date_paid_gmt":
		d.Moment(&o.paid.GMT)
	case "date_completed":
		d.Moment(&o.completed.Local)
	case "date_completed_gmt":
		d.Moment(&o.completed.GMT)
	default:
		if d.plugins.order(key) {
			o.extras = append(o.extras, extra{key, d.Raw()})
		}
	}
}

// line reads a line item. Its price and its subtotal_tax are not read: price is a binary float
// after discounts, subtotal_tax is the tax without discounts.
func (d *decoder) line() (l line) {
	for key := range d.Object() {
		switch key {
		case "id":
			l.id = d.id()
		case "name":
			l.name = d.Word()
		case "product_id":
			l.product = d.nullID()
		case "variation_id":
			l.variation = d.nullID()
		case "sku":
			var known bool
			l.sku, known = d.Code()
			l.unknown = !known
		case "quantity":
			l.quantity = d.Decimal()
		case "subtotal":
			l.subtotal = d.Decimal()
		case "total":
			l.total = d.Decimal()
		case "total_tax":
			l.tax = d.Decimal()
		case "meta_data":
			l.restocked = d.metaValue("_restock_refunded_items") // written by wc_restock_refunded_items
		}
	}
	d.Need("id", l.id)
	d.Need("quantity", l.quantity)
	d.Need("subtotal", l.subtotal)
	d.Need("total", l.total)
	d.Need("total_tax", l.tax)
	return l
}

func (d *decoder) delivery() (s delivery) {
	for key := range d.Object() {
		switch key {
		case "id":
			s.id = d.id()
		case "method_id":
			s.method = d.Word()
		case "method_title":
			s.title = d.Word()
		case "total":
			s.total = d.Decimal()
		case "total_tax":
			s.tax = d.Decimal()
		}
	}
	d.Need("total", s.total)
	d.Need("total_tax", s.tax)
	return s
}

func (d *decoder) fee() (f fee) {
	for key := range d.Object() {
		switch key {
		case "id":
			f.id = d.nullID()
		case "name":
			f.name = d.Word()
		case "total":
			f.total = d.Decimal()
		case "total_tax":
			f.tax = d.Decimal()
		case "meta_data":
			f.key = d.metaValue("_legacy_fee_key")
		}
	}
	d.Need("total", f.total)
	d.Need("total_tax", f.tax)
	return f
}

// coupon reads the code alone: the lines' totals already include the discount.
func (d *decoder) coupon() (code string) {
	for key := range d.Object() {
		if key == "code" {
			code = d.Word()
		}
	}
	return code
}
