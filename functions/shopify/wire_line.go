package shopify

import "causeway.example/shared/canonical"

// line is an entry of line_items. Its price, discounts, taxes and duties are those of the
// quantity that was sold, "including refunded and removed units" (objects/LineItem).
type line struct {
	id, sku, product, variant, title, name string
	quantity                               int64 // sold, with what edits added
	current                                count // without refunded and removed units
	fulfillable                            count // not fulfilled yet, and still to be
	nonFulfillable                         count // removed before fulfillment; only in a polled order
	price                                  priceBag
	discount                               moneyBag
	tax                                    taxes
	duties                                 []charge
	giftCard, deleted, ships, tip, left    bool
	exempt                                 bool // taxable is false; it may have taxes all the same

	taken int64 // computed by settle: pieces that were taken off before they were fulfilled
	kept  int64 // quantity less those
}

// count is a number of pieces that the payload may leave out.
type count struct {
	n   int64
	set bool
}

func (r *reader) count() count {
	if r.Null() {
		return count{}
	}
	return count{r.Int(), true}
}

func (r *reader) lines() []line {
	lines := []line{}
	for range r.Array() {
		lines = append(lines, r.line())
	}
	return lines
}

func (r *reader) line() (l line) {
	counted := false
	for key := range r.Object() {
		if key == "quantity" {
			l.quantity, counted = r.Int(), true
		}
		_ = l.readProduct(r, key) || l.readAmount(r, key)
	}
	r.require(l.id != "", "id")
	r.require(counted, "quantity")
	r.require(l.price.set, "price_set")
	return l
}

func (l *line) readProduct(r *reader, key string) bool {
	switch key {
	case "id":
		l.id = r.digits()
	case "sku":
		l.sku = r.sku()
	case "product_id":
		l.product = r.id()
	case "variant_id":
		l.variant = r.id()
	case "title":
		l.title = r.Word()
	case "name":
		l.name = r.Word()
	case "gift_card":
		l.giftCard = r.flag()
	case "product_exists":
		exists, present := r.NullBool()
		l.deleted = present && !exists
	case "requires_shipping":
		l.ships = r.flag()
	case "current_quantity":
		l.current = r.count()
	case "fulfillable_quantity":
		l.fulfillable = r.count()
	case "non_fulfillable_quantity":
		l.nonFulfillable = r.count()
	case "fulfillment_status":
		l.left = r.Word() == "fulfilled"
	default:
		return false
	}
	return true
}

// readAmount reads the amounts of a line. total_discount is not used: it is 0 for discounts on
// the whole order, whose share of the line is in discount_allocations.
func (l *line) readAmount(r *reader, key string) bool {
	switch key {
	case "price_set":
		l.price = r.price()
	case "discount_allocations":
		l.discount = r.sum((*reader).amountSet)
	case "tax_lines":
		l.tax = r.taxes()
	case "duties":
		l.duties = list(r, (*reader).charge)
	case "taxable":
		taxable, present := r.NullBool()
		l.exempt = present && !taxable
	case "tip_payment_gateway": // only tips have it, and it may be null
		l.tip = true
	default:
		return false
	}
	return true
}

// shippingLine is an entry of shipping_lines. One that an edit removed stays in the list with
// is_removed.
type shippingLine struct {
	id, code, title string
	price, discount moneyBag
	tax             taxes
	removed         bool
}

func (r *reader) shippingLines() []shippingLine {
	var all []shippingLine
	if r.Null() {
		return nil
	}
	for range r.Array() {
		all = append(all, r.shippingLine())
	}
	return all
}

func (r *reader) shippingLine() (l shippingLine) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.id = r.id()
		case "code":
			l.code = r.Word()
		case "title":
			l.title = r.Word()
		case "price_set":
			l.price = r.part()
		case "discount_allocations":
			l.discount = r.sum((*reader).amountSet)
		case "tax_lines":
			l.tax = r.taxes()
		case "is_removed":
			l.removed = r.flag()
		}
	}
	r.require(l.price.set, "price_set")
	return l
}

// kind returns whether the line is revenue, a liability, or has no product. A SKU names a
// product whether or not the store still has it.
func (l *line) kind() canonical.LineKind {
	switch {
	case l.giftCard:
		return canonical.GiftCardLine
	case l.sku == "" && (l.deleted || l.product == ""):
		return canonical.CustomLine
	}
	return canonical.ProductLine
}
