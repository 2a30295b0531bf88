package translator

import (
	"context"
	"errors"
	"slices"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// sale is an order delivery in canonical terms.
type sale struct {
	tenant   string
	order    canonical.Order
	customer *canonical.Customer // nil if the order names no buyer
	tenders  []tender            // what was paid
	refunds  []canonical.Refund
	notes    []connector.Note
}

func (t *Translator) convertOrder(ctx context.Context, w *order, what meaning, raw *message.Raw, notes []connector.Note) (*sale, error) {
	if _, known := canonical.Exponent(w.currency); !known {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "currency", Detail: canonical.ErrCurrency.Error()}
	}
	c := converter{zone: t.zone, currency: w.currency, notes: notes}
	made := &sale{tenant: raw.Tenant}
	made.order = c.order(w, what)
	made.order.Test = slices.Contains(t.testGateways, w.gateway)
	made.order.PurchaseOrder = w.first(t.plugins.purchaseOrders...)
	made.order.Tags = t.plugins.tagsOf(w)
	made.customer = buyer(w, &made.order)
	if c.err == nil {
		c.tenders(made, w, what, t)
	}
	if c.err == nil && len(w.refunds) > 0 {
		if err := t.addRefunds(ctx, &c, made, w); err != nil {
			return nil, err
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	made.order.Financial = made.financial(w)
	made.notes = c.notes
	return made, rounded(made.order.Round(t.tolerance + c.slack()))
}

// Owed returns the lines of an order of the store, the body of the REST API, as Translate does. They are nil
// if the order was cancelled or has a status that is ignored or unknown.
func (t *Translator) Owed(ctx context.Context, store *rest.Store, body []byte) ([]canonical.OrderLine, error) {
	d := newDecoder(body)
	d.plugins = t.plugins
	wire := d.order()
	if err := d.Finish(); err != nil {
		return nil, err
	}
	what, known := t.statuses[wire.status]
	if !known || what.ignore || what.status == canonical.OrderCancelled {
		return nil, nil
	}
	made, err := t.convertOrder(ctx, &wire, what, &message.Raw{Tenant: store.Tenant}, nil)
	if err != nil {
		return nil, err
	}
	return made.order.Lines, nil
}

// rounded returns a broken rule of the model as a fault.
func rounded(err error) error {
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
func (c *converter) order(w *order, what meaning) canonical.Order {
	id, guest := buyerID(w)
	order := canonical.Order{
		ID:            w.id,
		Name:          w.number,
		Status:        what.status,
		Fulfillment:   w.status,
		PlacedAt:      c.needTime(w.created, "date_created"),
		UpdatedAt:     c.needTime(w.modified, "date_modified"),
		Channel:       channel(w.channel),
		NeedsShipping: !w.processed,
		Fulfilled:     what.done,
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
	if what.status == canonical.OrderCancelled {
		order.CancelledAt = new(order.UpdatedAt)
	}
	if company := w.billing.Company.String(); company != "" {
		order.Company = &canonical.Company{Name: company}
	}
	if terms := w.first(termFields...); terms != "" {
		order.Terms = &canonical.PaymentTerms{Name: terms}
	}
	return order
}

// channel returns the sales channel: created_via, except that WooCommerce's own point of sale
// writes "pos-rest-api".
func channel(createdVia string) string {
	if createdVia == "pos-rest-api" {
		return "pos"
	}
	return createdVia
}

// financial returns how far the order is paid. WooCommerce itself moves an order to the status
// refunded when its refunds reach the total.
func (s *sale) financial(w *order) canonical.FinancialState {
	var paid int64
	for _, t := range s.tenders {
		paid += t.amount.Minor
	}
	whole := s.order.Total.Minor
	switch isPaid := w.paid != (rest.Stamp{}); {
	case w.status == "refunded":
		return canonical.Refunded
	case len(w.refunds) > 0 && len(s.tenders) > 0:
		return canonical.PartiallyRefunded
	case paid > 0 && paid < whole:
		return canonical.PartiallyPaid
	case paid > 0 || isPaid && whole == 0:
		return canonical.Paid
	case s.order.Status == canonical.OrderCancelled:
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
