package netsuite

import (
	"context"

	"causeway.example/functions/netsuite/adjustment"
	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/refund"
	"causeway.example/functions/netsuite/returning"
	"causeway.example/functions/netsuite/sale"
	"causeway.example/functions/netsuite/standing"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// target implements connector.Target. It keeps nothing between calls.
type target struct {
	*record.Account
	booking adjustment.Booking
	rules   connector.Rules // nil if none is set
	memory  connector.CrossRef
	name    string // of the account
}

// records names the records that an entity of each type can be. What a warehouse has of an order is a field
// of the order's, and no record.
var records = map[string][]string{
	"customer": {suitetalk.Customer}, "order": {suitetalk.SalesOrder}, "payment": {suitetalk.CustomerDeposit}, "refund": {suitetalk.CustomerRefund, suitetalk.CashRefund},
	"shipment": {suitetalk.ItemFulfillment}, "movement": {suitetalk.InventoryAdjustment}, "return": {suitetalk.ReturnAuthorization},
	"warehouse_order": nil,
}

// Deliver makes the record with the choices of the rules, all of which are made before the
// first request.
func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	if t.rules == nil {
		return t.deliver(ctx, d)
	}
	chosen, err := t.rules.Decide(d.Message, d.Body, "")
	if err != nil {
		return connector.Receipt{}, err
	}
	with := target{Account: t.With(chosen), booking: t.booking, memory: t.memory, name: t.name}
	receipt, err := with.deliver(ctx, d)
	receipt.Notes = append(receipt.Notes, chosen.Notes()...)
	return receipt, err
}

func (t *target) deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	sales, refunds := &sale.Target{Account: t.Account}, &refund.Target{Account: t.Account, Tenant: t.name, Memory: t.memory}
	switch body := d.Body.(type) {
	case *canonical.Customer:
		return t.deliverCustomer(ctx, d, body)
	case *canonical.Order:
		return sales.DeliverOrder(ctx, d, body)
	case *canonical.Payment:
		return sales.DeliverPayment(ctx, d, body)
	case *canonical.Refund:
		return refunds.Deliver(ctx, d, body)
	case *canonical.Shipment:
		return sales.DeliverShipment(ctx, d, body)
	case *canonical.InventoryMovement:
		return (&adjustment.Target{Account: t.Account, Booking: t.booking}).Deliver(ctx, d, body)
	case *canonical.Return:
		return (&returning.Target{Account: t.Account}).Deliver(ctx, d, body)
	case *canonical.WarehouseOrder:
		return (&standing.Target{Account: t.Account}).Deliver(ctx, d, body)
	}
	return connector.Receipt{}, fault.New(fault.Unknown, fault.Bug, "delivering "+d.Message.Type+" to netsuite", "there is no operation for it")
}

// Search looks up what a warehouse has of an order at its sales order, and anything else by its key.
func (t *target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	if body, ok := d.Body.(*canonical.WarehouseOrder); ok {
		return (&standing.Target{Account: t.Account}).Search(ctx, d, body)
	}
	return t.Find(ctx, d.Message.Key())
}

func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	p := suitetalk.Place{External: record.ExternalID(key), Doing: "looking up " + key.Type + " " + record.ExternalID(key) + " at netsuite"}
	if _, known := records[key.Type]; !known {
		return "", fault.New(fault.Unknown, fault.Bug, p.Doing, "it has no record in NetSuite")
	}
	for _, p.Record = range records[key.Type] {
		if id, err := t.LookUp(ctx, p, p.ByExternal()); err != nil || id != "" {
			return id, err
		}
	}
	return "", nil
}
