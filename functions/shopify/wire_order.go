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
	paidAt       time.Time // only in a polled order
	gateways     []string
	codes        []canonical.Discount
	lines        []line
	deliveries   []shippingLine

	total, tax, fees, currentFees, duties, cashRounding moneyBag
	tip, outstanding                                    canonical.Decimal // in the shop's currency
	dutiesIncluded                                      bool              // line prices contain the duties
}

// readOrder requires the members that the model needs. Others may be absent, because a
// subscription can exclude members.
func readOrder(r *reader) (*order, *strictjson.Error) {
	o := &order{}
	for key := range r.Object() {
		_ = o.readIdentity(r, key) || o.readState(r, key) || o.readAmount(r, key) || o.readPart(r, key)
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
		o.head.ID = r.ID()
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
	case "paid_at":
		o.paidAt = r.Time()
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
		o.tax = r.money()
	case "original_total_additional_fees_set":
		o.fees = r.money()
	case "current_total_additional_fees_set":
		o.currentFees = r.money()
	case "original_total_duties_set":
		o.duties = r.money()
	case "total_cash_rounding_payment_adjustment_set":
		o.cashRounding = r.money()
	case "total_tip_received":
		o.tip = r.plain()
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
		o.customer = r.customer()
	case "billing_address":
		o.head.Billing = r.address()
	case "shipping_address":
		o.head.Shipping = r.address()
	case "line_items":
		o.lines = r.lines()
	case "shipping_lines":
		o.deliveries = r.shippingLines()
	case "payment_gateway_names":
		o.gateways = r.gateways()
	case "discount_applications":
		o.head.Discounts = r.discounts()
	case "discount_codes":
		o.codes = r.discounts()
	default:
		return false
	}
	return true
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
