package shipment

import (
	"context"
	"net/http"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// warehouseNote is how the notes of what a warehouse has of an order begin.
const warehouseNote = "Warehouse: "

// deliverState adds the internal note that the order lacks: of a hold or a discrepancy, and of its end.
func (t *Target) deliverState(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	at, newest, err := t.readState(ctx, d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	text := stateNote(body)
	if newest == text || newest == "" && !needsPerson(body.Status) {
		return connector.Receipt{Ref: stateRef(body), Linked: true, Detail: "order " + body.Order + " shows that the warehouse has it as " + string(body.Status)}, nil
	}
	if err := at.addNote(ctx, text, false); err != nil {
		return connector.Receipt{}, fault.Doing(at.doing, err)
	}
	return connector.Receipt{Ref: stateRef(body), Detail: "note of order " + body.Order + ": " + strings.TrimPrefix(text, warehouseNote)}, nil
}

// searchState returns the ref of the state if the order has a note of one.
func (t *Target) searchState(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (string, error) {
	_, newest, err := t.readState(ctx, d, body)
	if err != nil || newest == "" {
		return "", err
	}
	return stateRef(body), nil
}

// readState returns the order, and the newest note of what a warehouse has of it.
func (t *Target) readState(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (at orderAt, newest string, err error) {
	if at, err = t.orderAt(d, body.Order, "writing "+d.Message.Type+" of order "+body.Order+" to "+rest.Name); err != nil {
		return at, "", err
	}
	newest, err = at.newestNote(ctx, warehouseNote)
	return at, newest, fault.Doing(at.doing, at.unknownOrder(err))
}

// unknownOrder returns the error of a question about the order, which is one of class missing_ref if the
// store does not have it.
func (s *orderAt) unknownOrder(err error) error {
	f := fault.As(err)
	if f == nil || f.Status != http.StatusNotFound || f.Code != "woocommerce_rest_order_invalid_id" {
		return err
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Status: f.Status, Code: f.Code, Field: "order", Detail: "store " + s.store.Tenant + " has no order " + s.order,
	}
}

func stateNote(body *canonical.WarehouseOrder) string { return warehouseNote + body.Words() }

func stateRef(body *canonical.WarehouseOrder) string { return body.Order + "-warehouse" }

// needsPerson reports whether a person has to see the state.
func needsPerson(status canonical.WarehouseStatus) bool {
	return status == canonical.WarehouseHeld || status == canonical.WarehouseDiscrepancy
}
