package payload

import (
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// Order is the part of the payload of the orders/… topics that is used. Members that do not
// depend on the choice of currency are read directly into the canonical order.
type Order struct {
	Head         canonical.Order     // id, times, states, buyer and addresses
	Customer     *canonical.Customer // the embedded one; nil for a guest
	ContactEmail canonical.Text
	Currency     string // the shop's
	Presentment  string // the buyer's, "" if the payload has none
	ProcessedAt  time.Time
	ClosedAt     time.Time // zero while the order is open
	CancelledAt  time.Time // zero unless it was cancelled
	Gateways     []string  // payment_gateway_names, each once
	Codes        []canonical.Discount
	Lines        []Line // not nil
	Deliveries   []ShippingLine
	Extras       []Charge // additional_fees
	Refunds      []Refund
	Transactions []Transaction
	Listed       bool             // the payload has its transactions: a polled order
	Fulfilled    map[string]int64 // pieces that left, by line; nil if the payload has no fulfillments

	Total, Tax, Fees, CurrentFees, Duties, CashRounding MoneyBag
	CurrentTotal, CurrentTax                            MoneyBag
	TaxLines                                            []Taxes // the order's taxes, each summed over its parts
	Tip                                                 Amount
	Outstanding                                         canonical.Decimal // in the shop's currency
	DutiesIncluded                                      bool              // line prices contain the duties
	GID, StatusURL                                      string            // name the entity and its shop, "" if absent
}

// ReadOrder reads the payload of the orders/… topics. It requires the members that the model
// needs. Others may be absent, because a subscription can exclude members. The error is the
// reader's first, with the path of the member.
func ReadOrder(r *Reader) (*Order, *strictjson.Error) {
	o := &Order{}
	for key := range r.Object() {
		_ = o.readIdentity(r, key) || o.readState(r, key) || o.readAmount(r, key) || o.readPart(r, key) || o.readBusiness(r, key)
	}
	r.require(o.Head.ID != "", "id")
	r.require(o.Head.Name != "", "name")
	r.require(!o.Head.PlacedAt.IsZero(), "created_at")
	r.require(!o.Head.UpdatedAt.IsZero(), "updated_at")
	r.require(o.Head.Financial != "", "financial_status")
	r.require(o.Currency != "", "currency")
	r.require(o.Total.Set, "total_price_set")
	r.require(o.Tax.Set, "total_tax_set")
	r.require(o.Lines != nil, "line_items")
	return o, r.End()
}

func (o *Order) readIdentity(r *Reader, key string) bool {
	switch key {
	case "id":
		o.Head.ID = r.digits()
	case "name":
		o.Head.Name = r.Clean(r.String())
	case "email":
		o.Head.Buyer.Email = r.Email()
	case "contact_email":
		o.ContactEmail = r.Email()
	case "phone":
		o.Head.Buyer.Phone = r.Text()
	case "note":
		o.Head.Note = r.Text()
	case "tags":
		o.Head.Tags = splitTags(r.Word())
	case "source_name":
		o.Head.Channel = r.Word()
	case "test":
		o.Head.Test = r.flag()
	case "admin_graphql_api_id":
		o.GID = r.Word()
	case "order_status_url":
		o.StatusURL = r.Word()
	default:
		return false
	}
	return true
}

func (o *Order) readState(r *Reader, key string) bool {
	switch key {
	case "created_at":
		o.Head.PlacedAt = r.Time()
	case "updated_at":
		o.Head.UpdatedAt = r.Time()
	case "processed_at":
		o.ProcessedAt = r.Time()
	case "closed_at":
		o.ClosedAt = r.Time()
	case "cancelled_at":
		o.CancelledAt = r.Time()
	case "cancel_reason":
		o.Head.CancelReason = r.Text()
	case "financial_status":
		o.Head.Financial = r.financial()
	case "fulfillment_status":
		o.Head.Fulfillment = r.Word()
	default:
		return false
	}
	return true
}

// readAmount reads the amounts of the sale. Each "_set" has a plain twin in the shop's
// currency, which is redundant.
func (o *Order) readAmount(r *Reader, key string) bool {
	switch key {
	case "total_price_set":
		o.Total = r.money()
	case "total_tax_set":
		o.Tax = r.part()
	case "current_total_price_set":
		o.CurrentTotal = r.money()
	case "current_total_tax_set":
		o.CurrentTax = r.part()
	case "original_total_additional_fees_set":
		o.Fees = r.part()
	case "current_total_additional_fees_set":
		o.CurrentFees = r.part()
	case "original_total_duties_set":
		o.Duties = r.part()
	case "total_cash_rounding_payment_adjustment_set":
		o.CashRounding = r.money()
	case "total_tip_received":
		o.Tip.Plain = r.plain()
	case "total_tip_received_set":
		o.Tip.Bag = r.part()
	case "total_outstanding":
		o.Outstanding = r.plain()
	default:
		return o.readTerms(r, key)
	}
	return true
}

// readTerms reads what the amounts are in and what they include.
func (o *Order) readTerms(r *Reader, key string) bool {
	switch key {
	case "currency":
		o.Currency = r.String()
	case "presentment_currency":
		o.Presentment = r.Word()
	case "taxes_included":
		o.Head.TaxIncluded = r.flag()
	case "duties_included":
		o.DutiesIncluded = r.flag()
	default:
		return false
	}
	return true
}

func (o *Order) readPart(r *Reader, key string) bool {
	switch key {
	case "customer":
		if c := r.customer(); c != nil {
			o.Customer = &c.Customer
		}
	case "billing_address":
		o.Head.Billing = r.address()
	case "shipping_address":
		o.Head.Shipping = r.address()
	case "line_items":
		o.Lines = r.lines()
	case "tax_lines":
		o.TaxLines = list(r, (*Reader).taxLine)
	case "shipping_lines":
		o.Deliveries = r.shippingLines()
	case "payment_gateway_names":
		o.Gateways = r.gateways()
	case "discount_applications":
		o.Head.Discounts = r.discounts()
	case "discount_codes":
		o.Codes = r.discounts()
	case "additional_fees":
		o.Extras = list(r, (*Reader).charge)
	case "refunds":
		o.Refunds = list(r, (*Reader).refund)
	case "transactions":
		o.Transactions, o.Listed = list(r, (*Reader).transaction), true
	case "fulfillments":
		o.Fulfilled = r.fulfillments()
	default:
		return false
	}
	return true
}

// readBusiness reads what only a company's order has.
func (o *Order) readBusiness(r *Reader, key string) bool {
	switch key {
	case "po_number":
		o.Head.PurchaseOrder = r.Word()
	case "company":
		o.Head.Company = r.company()
	case "payment_terms":
		o.Head.Terms = r.terms()
	default:
		return false
	}
	return true
}

func (r *Reader) company() *canonical.Company {
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
func (r *Reader) terms() *canonical.PaymentTerms {
	if r.Null() {
		return nil
	}
	var terms canonical.PaymentTerms
	for key := range r.Object() {
		switch key {
		case "payment_terms_name":
			terms.Name = r.Word()
		case "payment_schedules":
			if due := list(r, (*Reader).dueAt); len(due) > 0 && !due[0].IsZero() {
				terms.DueAt = &due[0]
			}
		}
	}
	return &terms
}

func (r *Reader) dueAt() (at time.Time) {
	for key := range r.Object() {
		if key == "due_at" {
			at = r.Time()
		}
	}
	return at
}

// fulfillments reads how many pieces of each line left. One that was cancelled or failed moved
// nothing.
func (r *Reader) fulfillments() map[string]int64 {
	if r.Null() {
		return nil
	}
	left := map[string]int64{}
	for range r.Array() {
		var pieces []RefundLine
		status := ""
		for key := range r.Object() {
			switch key {
			case "status":
				status = r.Word()
			case "line_items":
				pieces = list(r, (*Reader).fulfilledLine)
			}
		}
		if status == "cancelled" || status == "error" || status == "failure" {
			continue
		}
		for _, piece := range pieces {
			left[piece.Line] += piece.Quantity
		}
	}
	return left
}

func (r *Reader) fulfilledLine() (l RefundLine) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.Line = r.id()
		case "quantity":
			l.Quantity = r.Int()
		}
	}
	return l
}

// financial reads the state that decides whether money was captured.
func (r *Reader) financial() canonical.FinancialState {
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
func (r *Reader) gateways() []string {
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
func (r *Reader) discounts() []canonical.Discount {
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
