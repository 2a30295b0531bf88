package payload

// Line is an entry of line_items. Its price, discounts, taxes and duties are those of the
// quantity that was sold, "including refunded and removed units" (objects/LineItem).
type Line struct {
	ID, SKU, Product, Variant, Title, Name string // ids are digits; "" if the payload has none
	Quantity                               int64  // sold, with what edits added
	Current                                Count  // without refunded and removed units
	Fulfillable                            Count  // not fulfilled yet, and still to be
	NonFulfillable                         Count  // removed before fulfillment; only in a polled order
	Price                                  PriceBag
	Discount                               MoneyBag
	Tax                                    Taxes
	Duties                                 []Charge
	GiftCard, Ships, Tip                   bool
	Deleted                                bool // the store no longer has the product
	Left                                   bool // all pieces were fulfilled
	Exempt                                 bool // taxable is false; it may have taxes all the same
}

// Count is a number of pieces that the payload may leave out.
type Count struct {
	N   int64
	Set bool
}

func (r *Reader) count() Count {
	if r.Null() {
		return Count{}
	}
	return Count{r.Int(), true}
}

// lineBytes is less than what Shopify sends for a line as a rule, which is 1,500 bytes and more.
const lineBytes = 1200

func (r *Reader) lines() []Line {
	lines := make([]Line, 0, r.Left()/lineBytes)
	for range r.Array() {
		lines = append(lines, Line{})
		r.line(&lines[len(lines)-1])
	}
	return lines
}

func (r *Reader) line(l *Line) {
	counted := false
	for key := range r.Object() {
		if key == "quantity" {
			l.Quantity, counted = r.Int(), true
		}
		_ = l.readProduct(r, key) || l.readAmount(r, key)
	}
	r.require(l.ID != "", "id")
	r.require(counted, "quantity")
	r.require(l.Price.Set, "price_set")
}

func (l *Line) readProduct(r *Reader, key string) bool {
	switch key {
	case "id":
		l.ID = r.digits()
	case "sku":
		l.SKU = r.sku()
	case "product_id":
		l.Product = r.id()
	case "variant_id":
		l.Variant = r.id()
	case "title":
		l.Title = r.Word()
	case "name":
		l.Name = r.Word()
	case "gift_card":
		l.GiftCard = r.flag()
	case "product_exists":
		exists, present := r.NullBool()
		l.Deleted = present && !exists
	case "requires_shipping":
		l.Ships = r.flag()
	case "current_quantity":
		l.Current = r.count()
	case "fulfillable_quantity":
		l.Fulfillable = r.count()
	case "non_fulfillable_quantity":
		l.NonFulfillable = r.count()
	case "fulfillment_status":
		l.Left = r.Word() == "fulfilled"
	default:
		return false
	}
	return true
}

// readAmount reads the amounts of a line. total_discount is not used: it is 0 for discounts on
// the whole order, whose share of the line is in discount_allocations.
func (l *Line) readAmount(r *Reader, key string) bool {
	switch key {
	case "price_set":
		l.Price = r.price()
	case "discount_allocations":
		l.Discount = r.sum((*Reader).amountSet)
	case "tax_lines":
		l.Tax = r.taxes()
	case "duties":
		l.Duties = list(r, (*Reader).charge)
	case "taxable":
		taxable, present := r.NullBool()
		l.Exempt = present && !taxable
	case "tip_payment_gateway": // only tips have it, and it may be null
		l.Tip = true
	default:
		return false
	}
	return true
}

// ShippingLine is an entry of shipping_lines. One that an edit removed stays in the list with
// is_removed.
type ShippingLine struct {
	ID, Code, Title string
	Price, Discount MoneyBag
	Tax             Taxes
	Removed         bool
}

func (r *Reader) shippingLines() []ShippingLine {
	var all []ShippingLine
	if r.Null() {
		return nil
	}
	for range r.Array() {
		all = append(all, r.shippingLine())
	}
	return all
}

func (r *Reader) shippingLine() (l ShippingLine) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.ID = r.id()
		case "code":
			l.Code = r.Word()
		case "title":
			l.Title = r.Word()
		case "price_set":
			l.Price = r.part()
		case "discount_allocations":
			l.Discount = r.sum((*Reader).amountSet)
		case "tax_lines":
			l.Tax = r.taxes()
		case "is_removed":
			l.Removed = r.flag()
		}
	}
	r.require(l.Price.Set, "price_set")
	return l
}
