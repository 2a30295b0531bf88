package woocommerce

import (
	"errors"
	"slices"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// statuses has every status of WooCommerce itself. It decides whether the order is open.
var statuses = map[string]canonical.OrderStatus{
	"auto-draft":     canonical.OrderDraft,
	"checkout-draft": canonical.OrderDraft,
	"pending":        canonical.OrderOpen,
	"on-hold":        canonical.OrderOpen,
	"processing":     canonical.OrderOpen,
	"failed":         canonical.OrderOpen,
	"completed":      canonical.OrderClosed,
	"refunded":       canonical.OrderClosed,
	"cancelled":      canonical.OrderCancelled,
	"trash":          canonical.OrderCancelled,
}

// methods has the payment methods of WooCommerce itself that are not cards. A gateway plugin
// has a name of its own and usually takes cards.
var methods = map[string]canonical.PaymentMethod{
	"":       canonical.OtherPayment,
	"cod":    canonical.Cash,
	"bacs":   canonical.Bank,
	"cheque": canonical.Bank,
}

// sale is an order delivery in canonical terms.
type sale struct {
	tenant      string
	order       canonical.Order
	customer    *canonical.Customer // nil if the order names no buyer
	paid        time.Time           // zero if unpaid
	gateway     string
	transaction string
	notes       []connector.Note
}

func (s *source) convertOrder(w order, raw *message.Raw, notes []connector.Note) (*sale, error) {
	status, known := statuses[w.status]
	if !known {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Field: "status", Detail: "is not a status of WooCommerce itself"}
	}
	if _, known := canonical.Exponent(w.currency); !known {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "currency", Detail: canonical.ErrCurrency.Error()}
	}
	c := converter{zone: s.zone, currency: w.currency, notes: notes}
	made := &sale{tenant: raw.Tenant, gateway: w.gateway, transaction: w.transaction}
	made.order = c.order(&w, status)
	made.order.Test = slices.Contains(s.testGateways, w.gateway)
	made.paid = c.time(w.paid, "date_paid")
	made.customer = buyer(&w, &made.order)
	made.notes = c.notes
	if c.err != nil {
		return nil, c.err
	}
	return made, round(&made.order, s.tolerance)
}

// round makes the difference of rounded totals explicit.
func round(order *canonical.Order, tolerance int64) error {
	err := order.Round(tolerance)
	if err == nil {
		return nil
	}
	broken := &fault.Error{Kind: fault.Invalid, Class: fault.Value, Detail: "cannot be added up", Err: err}
	if rule, ok := errors.AsType[*canonical.Error](err); ok {
		broken.Field = rule.Field
	}
	return broken
}

// order converts the members of the order. Fulfilled means completed: the store has nothing
// left to do then, be it shipped, collected or downloaded.
func (c *converter) order(w *order, status canonical.OrderStatus) canonical.Order {
	id, guest := buyerID(w)
	order := canonical.Order{
		ID:            w.id,
		Name:          w.number,
		Status:        status,
		Financial:     financial(w, status),
		Fulfillment:   w.status,
		PlacedAt:      c.needTime(w.created, "date_created"),
		UpdatedAt:     c.needTime(w.modified, "date_modified"),
		Channel:       w.channel,
		NeedsShipping: !w.processed,
		Fulfilled:     w.status == "completed",
		Currency:      w.currency,
		Buyer:         canonical.Buyer{Customer: id, Guest: guest, Email: w.billing.email, Phone: w.billing.Phone},
		Billing:       w.billing.address(),
		Shipping:      w.shipping.address(),
		Lines:         c.lines(w.lines, !w.processed),
		Deliveries:    c.deliveries(w.deliveries),
		Charges:       c.charges(w.fees),
		Discounts:     discounts(w),
		Tax:           c.money(w.tax, at("total_tax")),
		Total:         c.money(w.total, at("total")),
		Note:          w.note,
	}
	if status == canonical.OrderCancelled {
		order.CancelledAt = new(order.UpdatedAt)
	}
	return order
}

// financial returns how far an order is paid. WooCommerce itself moves an order to the status
// refunded when its refunds reach the total.
func financial(w *order, status canonical.OrderStatus) canonical.FinancialState {
	switch {
	case w.status == "refunded":
		return canonical.Refunded
	case w.refunds > 0:
		return canonical.PartiallyRefunded
	case w.paid != (stamp{}):
		return canonical.Paid
	case status == canonical.OrderCancelled:
		return canonical.Voided
	}
	return canonical.Pending
}

// buyer returns the customer that the order's addresses describe, as of when it was placed.
func buyer(w *order, order *canonical.Order) *canonical.Customer {
	if order.Buyer.Customer == "" {
		return nil
	}
	return &canonical.Customer{
		ID:        order.Buyer.Customer,
		Guest:     order.Buyer.Guest,
		Email:     w.billing.email,
		FirstName: w.billing.FirstName,
		LastName:  w.billing.LastName,
		Company:   w.billing.Company,
		Phone:     w.billing.Phone,
		Address:   firstAddress(w.billing, w.shipping),
		UpdatedAt: order.PlacedAt,
	}
}
