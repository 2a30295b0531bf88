package shopify

import (
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// order is the part of the payload of the orders/… topics that is used. Members that do not
// depend on the choice of currency are read directly into the canonical order.
type order struct {
	head         canonical.Order
	customer     *canonical.Customer
	contactEmail canonical.Text
	currency     string
	presentment  string
	processedAt  time.Time
	closedAt     time.Time
	cancelledAt  time.Time
	gateways     []string
	codes        []canonical.Discount
	lines        []line
	deliveries   []shippingLine
	extras       []charge // additional_fees
	refunds      []refund
	transactions []transaction
	listed       bool             // the payload has its transactions: a polled order
	fulfilled    map[string]int64 // pieces that left, by line; nil if the payload has no fulfillments

	total, tax, fees, currentFees, duties, cashRounding moneyBag
	currentTotal, currentTax                            moneyBag
	taxLines                                            []taxes // the order's taxes, each summed over its parts
	feeTax, dutyTax                                     taxes   // computed by spreadTaxes: of fees and duties that only the order's total has
	tip                                                 amount
	outstanding                                         canonical.Decimal // in the shop's currency
	dutiesIncluded                                      bool              // line prices contain the duties
	reduced                                             bool              // computed by settle: pieces were taken off before they were fulfilled
	whole                                               bool              // computed by settle: all pieces were taken off, and the order keeps them as cancelled
	gid, statusURL                                      string            // name the entity and its shop
}

// readOrder requires the members that the model needs. Others may be absent, because a
// subscription can exclude members.
func readOrder(r *reader) (*order, *strictjson.Error) {
	o := &order{}
	for key := range r.Object() {
		_ = o.readIdentity(r, key) || o.readState(r, key) || o.readAmount(r, key) || o.readPart(r, key) || o.readBusiness(r, key)
	}
	r.require(o.head.ID != "", "id")
	r.require(o.head.Name != "", "name")
	r.require(!o.head.PlacedAt.IsZero(), "created_at")
	r.require(!o.head.UpdatedAt.IsZero(), "updated_at")
	r.require(o.head.Financial != "", "financial_status")
	r.require(o.currency != "", "currency")
	r.require(o.total.set, "total_price_set")
	r.require(o.tax.set, "total_tax_set")
	r.require(o.lines != nil, "line_items")
	return o, r.End()
}

func (o *order) readIdentity(r *reader, key string) bool {
	switch key {
	case "id":
		o.head.ID = r.digits()
	case "name":
		o.head.Name = r.Clean(r.String())
	case "email":
		o.head.Buyer.Email = r.Email()
	case "contact_email":
		o.contactEmail = r.Email()
	case "phone":
		o.head.Buyer.Phone = r.Text()
	case "note":
		o.head.Note = r.Text()
	case "tags":
		o.head.Tags = splitTags(r.Word())
	case "source_name":
		o.head.Channel = r.Word()
	case "test":
		o.head.Test = r.flag()
	case "admin_graphql_api_id":
		o.gid = r.Word()
	case "order_status_url":
		o.statusURL = r.Word()
	default:
		return false
	}
	return true
}

func (o *order) readState(r *reader, key string) bool {
	switch key {
	case "created_at":
		o.head.PlacedAt = r.Time()
	case "updated_at":
		o.head.UpdatedAt = r.Time()
	case "processed_at":
		o.processedAt = r.Time()
	case "closed_at":
		o.closedAt = r.Time()
	case "cancelled_at":
		o.cancelledAt = r.Time()
	case "cancel_reason":
		o.head.CancelReason = r.Text()
	case "financial_status":
		o.head.Financial = r.financial()
	case "fulfillment_status":
		o.head.Fulfillment = r.Word()
	default:
		return false
	}
	return true
}

// readAmount reads the amounts of the sale. Each "_set" has a plain twin in the shop's
// currency, which is redundant.
func (o *order) readAmount(r *reader, key string) bool {
	switch key {
	case "total_price_set":
		o.total = r.money()
	case "total_tax_set":
		o.tax = r.part()
	case "current_total_price_set":
		o.currentTotal = r.money()
	case "current_total_tax_set":
		o.currentTax = r.part()
	case "original_total_additional_fees_set":
		o.fees = r.part()
	case "current_total_additional_fees_set":
		o.currentFees = r.part()
	case "original_total_duties_set":
		o.duties = r.part()
	case "total_cash_rounding_payment_adjustment_set":
		o.cashRounding = r.money()
	case "total_tip_received":
		o.tip.plain = r.plain()
	case "total_tip_received_set":
		o.tip.bag = r.part()
	case "total_outstanding":
		o.outstanding = r.plain()
	default:
		return o.readTerms(r, key)
	}
	return true
}

// readTerms reads what the amounts are in and what they include.
func (o *order) readTerms(r *reader, key string) bool {
	switch key {
	case "currency":
		o.currency = r.String()
	case "presentment_currency":
		o.presentment = r.Word()
	case "taxes_included":
		o.head.TaxIncluded = r.flag()
	case "duties_included":
		o.dutiesIncluded = r.flag()
	default:
		return false
	}
	return true
}

func (o *order) readPart(r *reader, key string) bool {
	switch key {
	case "customer":
		if c := r.customer(); c != nil {
			o.customer = &c.Customer
		}
	case "billing_address":
		o.head.Billing = r.address()
	case "shipping_address":
		o.head.Shipping = r.address()
	case "line_items":
		o.lines = r.lines()
	case "tax_lines":
		o.taxLines = list(r, (*reader).taxLine)
	case "shipping_lines":
		o.deliveries = r.shippingLines()
	case "payment_gateway_names":
		o.gateways = r.gateways()
	case "discount_applications":
		o.head.Discounts = r.discounts()
	case "discount_codes":
		o.codes = r.discounts()
	case "additional_fees":
		o.extras = list(r, (*reader).charge)
	case "refunds":
		o.refunds = list(r, (*reader).refund)
	case "transactions":
		o.transactions, o.listed = list(r, (*reader).transaction), true
	case "fulfillments":
		o.fulfilled = r.fulfillments()
	default:
		return false
	}
	return true
}

// readBusiness reads what only a company's order has.
func (o *order) readBusiness(r *reader, key string) bool {
	switch key {
	case "po_number":
		o.head.PurchaseOrder = r.Word()
	case "company":
		o.head.Company = r.company()
	case "payment_terms":
		o.head.Terms = r.terms()
	default:
		return false
	}
	return true
}

func (r *reader) company() *canonical.Company {
	if r.Null() {
		return nil
	}
	var c canonical.Company
	for key := range r.Object() {
		switch key {
		case "id":
			c.ID = r.id()
		case "name":
			c.Name = r.Word()
		case "location_id":
			c.Location = r.id()
		case "location_name":
			c.LocationName = r.Word()
		}
	}
	return &c
}

// terms reads the payment terms. The first payment that is due gives the date.
func (r *reader) terms() *canonical.PaymentTerms {
	if r.Null() {
		return nil
	}
	var terms canonical.PaymentTerms
	for key := range r.Object() {
		switch key {
		case "payment_terms_name":
			terms.Name = r.Word()
		case "payment_schedules":
			if due := list(r, (*reader).dueAt); len(due) > 0 && !due[0].IsZero() {
				terms.DueAt = &due[0]
			}
		}
	}
	return &terms
}

func (r *reader) dueAt() (at time.Time) {
	for key := range r.Object() {
		if key == "due_at" {
			at = r.Time()
		}
	}
	return at
}

// fulfillments reads how many pieces of each line left. One that was cancelled or failed moved
// nothing.
func (r *reader) fulfillments() map[string]int64 {
	if r.Null() {
		return nil
	}
	left := map[string]int64{}
	for range r.Array() {
		var pieces []refundLine
		status := ""
		for key := range r.Object() {
			switch key {
			case "status":
				status = r.Word()
			case "line_items":
				pieces = list(r, (*reader).fulfilledLine)
			}
		}
		if status == "cancelled" || status == "error" || status == "failure" {
			continue
		}
		for _, piece := range pieces {
			left[piece.line] += piece.quantity
		}
	}
	return left
}

func (r *reader) fulfilledLine() (l refundLine) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.line = r.id()
		case "quantity":
			l.quantity = r.Int()
		}
	}
	return l
}

// plain reads an amount in the shop's currency without its code; null is 0.
func (r *reader) plain() canonical.Decimal {
	text, present := r.NullDecimal()
	if !present {
		return canonical.Decimal{}
	}
	return r.decimal(text)
}

// financial reads the state that decides whether money was captured.
func (r *reader) financial() canonical.FinancialState {
	switch state := canonical.FinancialState(r.String()); state {
	case canonical.Pending, canonical.Authorized, canonical.PartiallyPaid, canonical.Paid,
		canonical.PartiallyRefunded, canonical.Refunded, canonical.Voided, "":
		return state
	case "expired": // an expired authorization leaves the order as a voided one does
		r.Note("financial status expired read as voided")
		return canonical.Voided
	}
	r.Fail(strictjson.Schema, "unknown value; it decides whether money is booked")
	return ""
}

// splitTags splits "vip, wholesale": Shopify sends the tags as one text.
func splitTags(text string) []string {
	var tags []string
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// gateways reads the names of the payment gateways, each once.
func (r *reader) gateways() []string {
	var names []string
	if r.Null() {
		return nil
	}
	for range r.Array() {
		if name := r.Word(); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// discounts reads the entries of discount_codes or discount_applications.
func (r *reader) discounts() []canonical.Discount {
	var all []canonical.Discount
	if r.Null() {
		return nil
	}
	for range r.Array() {
		var d canonical.Discount
		for key := range r.Object() {
			switch key {
			case "code":
				d.Code = r.Word()
			case "title":
				d.Title = r.Word()
			}
		}
		all = append(all, d)
	}
	return all
}
