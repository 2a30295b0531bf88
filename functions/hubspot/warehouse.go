package hubspot

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// warehouse sets what a warehouse has of the order: in words, and since when it has it.
func (w *work) warehouse(ctx context.Context, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	order, _, found := w.parent(entityOrder)
	if !found {
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "order", Detail: "the warehouse's order names no order"}
	}
	set, err := w.writeOne(ctx, orders, updateAction, propOrder, input{order.String(), []property{
		{propWarehouse, cut(body.Words())}, {propReleasedAt, millis(body.ReleasedAt)},
	}}, w.doing)
	if isMissing(err) {
		return connector.Receipt{}, deletedThere(order)
	}
	if err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{Ref: set.id, Detail: "order " + set.id + " is " + string(body.Status) + " at the warehouse"}, nil
}

// findWarehouse returns HubSpot's id of the order if it shows what a warehouse has of it.
func (t *target) findWarehouse(ctx context.Context, m *message.Message, doing string) (string, error) {
	order, _, found := (&work{parents: m.Parents}).parent(entityOrder)
	if !found {
		return "", nil
	}
	record, _, err := t.readOne(ctx, orders, propOrder, order.String(), []string{propWarehouse}, doing)
	if err != nil || record.properties[propWarehouse] == "" {
		return "", fault.Doing(doing, err)
	}
	return record.id, nil
}

// The states of a return in its list.
const (
	returnRequested = "requested"
	returnReceived  = "received"
)

// goodsBack adds the return to its order: that goods are to come back, or came.
func (w *work) goodsBack(ctx context.Context, r *canonical.Return, received bool) (connector.Receipt, error) {
	state := returnRequested
	if received {
		state = returnReceived
	}
	own := columns(r.ID, state, r.At.UTC().Format(time.RFC3339), cut(r.Words()), w.key.System)
	return w.fact(ctx, "return", own, returnProperties)
}

// returnSystem is the column of a return's system.
const returnSystem = 4

// returnProperties has each return once, by id and system: as received if it came, whichever was reported
// first.
func returnProperties(all []string) []property {
	known, systems := map[string][]string{}, systemsOf(all, returnSystem)
	for _, each := range sorted(all) {
		p := append(strings.Split(each, column), "")
		p[returnSystem] = cmp.Or(p[returnSystem], systems[p[0]])
		if its := p[0] + column + p[returnSystem]; known[its] == nil || p[1] == returnReceived {
			known[its] = p
		}
	}
	var lines []string
	for _, its := range slices.Sorted(maps.Keys(known)) {
		p := known[its]
		day, _, _ := strings.Cut(p[2], "T")
		lines = append(lines, lineStart(p[0], p[returnSystem])+day+" "+p[1]+" "+p[3])
	}
	return []property{{propReturns, strings.Join(lines, "\n")}}
}
