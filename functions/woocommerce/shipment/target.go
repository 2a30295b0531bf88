package shipment

import (
	"context"
	"slices"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Target implements connector.Target and connector.Searcher. It keeps nothing between calls.
type Target struct {
	Stores   rest.Stores
	Complete bool              // an order becomes completed once everything of it is shipped
	Statuses map[string]string // of plugins, by what they mean
	Note     string            // customer, internal or none: for whom the note of a shipment is
	Plugin   bool              // the meta data of the shipment tracking plugins is written
	Refunds  string            // show, record or pay: what becomes of money that another system paid back
	Show     bool              // an order that another system ended is not cancelled, but shown to a person
	// Owed returns the lines of an order that are still owed, nil if they are not to be compared.
	Owed func(ctx context.Context, store *rest.Store, body []byte) ([]canonical.OrderLine, error)
}

var (
	_ connector.Target   = (*Target)(nil)
	_ connector.Searcher = (*Target)(nil)
)

// The values of Target.Note.
const (
	customerNote = "customer"
	internalNote = "internal"
	withoutNote  = "none"
)

// Deliver records the shipment, what a warehouse or an ERP has of the order, or what came back of it, with
// its order, cancels the order that another system ended, or refunds what another system paid back.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	switch body := d.Body.(type) {
	case *canonical.WarehouseOrder:
		return t.deliverState(ctx, d, body)
	case *canonical.CancelRequest:
		return t.deliverCancel(ctx, d, body)
	case *canonical.ERPOrder:
		return t.deliverERP(ctx, d, body)
	case *canonical.RefundRequest:
		return t.deliverRefund(ctx, d, body)
	case *canonical.Return:
		return t.deliverReturn(ctx, d, body)
	}
	s, err := t.shipping(d)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt, err := s.deliver(ctx)
	return receipt, fault.Doing(s.doing, err)
}

// Search looks for the shipment's meta data, the note of the warehouse or the return, what an ERP has, the
// refund, or the end of the order, at its order.
func (t *Target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	switch body := d.Body.(type) {
	case *canonical.WarehouseOrder:
		return t.searchState(ctx, d, body)
	case *canonical.CancelRequest:
		return t.searchCancel(ctx, d, body)
	case *canonical.ERPOrder:
		return t.searchERP(ctx, d, body)
	case *canonical.RefundRequest:
		return t.searchRefund(ctx, d, body)
	case *canonical.Return:
		return t.searchReturn(ctx, d, body)
	}
	s, err := t.shipping(d)
	if err != nil {
		return "", err
	}
	o, err := s.read(ctx)
	if s.isNothing(err) {
		return "", nil
	}
	if err != nil {
		return "", fault.Doing(s.doing, err)
	}
	if o.shipments[s.metaKey()] == nil {
		return "", nil
	}
	return s.ref(), nil
}

// Find fails: WooCommerce finds no order by its meta data.
func (t *Target) Find(_ context.Context, key message.Key) (string, error) {
	return "", fault.New(fault.Unknown, fault.Bug, "looking up "+key.Type+" "+key.ID+" at "+rest.Name, "a "+key.Type+" cannot be looked up by its key")
}

// shipping returns the delivery's shipment with its order.
func (t *Target) shipping(d connector.Delivery) (*shipping, error) {
	doing := "writing " + d.Message.Subject + " of " + d.Message.System() + " to " + rest.Name
	body, ok := d.Body.(*canonical.Shipment)
	if !ok {
		return nil, fault.New(fault.Unknown, fault.Bug, doing, "there is no operation for "+d.Message.Type)
	}
	at, err := t.orderAt(d, body.Order, doing)
	if err != nil {
		return nil, err
	}
	at.doing = "recording shipment " + body.ID + " of order " + body.Order + " at " + rest.Name
	s := &shipping{Target: t, orderAt: at, shipment: body, key: d.Message.Key(), note: t.Note}
	if s.note == customerNote && d.Message.Lane == message.Backfill {
		s.note = internalNote
	}
	return s, nil
}

// orderAt returns the order of the delivery at its store.
func (t *Target) orderAt(d connector.Delivery, id, doing string) (orderAt, error) {
	i := slices.IndexFunc(d.Message.Parents, func(k message.Key) bool { return k.Type == "order" && k.ID == id })
	if i < 0 {
		return orderAt{}, &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: "order", Doing: doing, Detail: "the event does not name the store of order " + id}
	}
	order := d.Message.Parents[i]
	if order.System != rest.Name {
		return orderAt{}, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "order", Doing: doing, Detail: "order " + order.ID + " is one of " + order.System + ", not of WooCommerce"}
	}
	one := t.Stores.Of(order.Tenant)
	if one == nil {
		return orderAt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "WOOCOMMERCE_STORES", Doing: doing, Detail: "does not name the store " + order.Tenant + " of order " + order.ID}
	}
	return orderAt{store: one, order: order.ID, doing: doing}, nil
}
