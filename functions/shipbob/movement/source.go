package movement

import (
	"context"
	"strconv"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Source translates movements, and hands everything else to another Source.
type Source struct{ connector.Source }

var _ connector.Source = Source{}

// Translate turns a movement into inventory.received or inventory.adjusted. One that changes no stock of the
// fulfillment center is skipped.
func (s Source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	l, ours := listOf(raw.Topic)
	if !ours {
		return s.Source.Translate(ctx, raw)
	}
	doing := "translating " + raw.Topic + " of " + raw.Tenant
	r := wire.NewReader(raw.Body, rest.Limits)
	e := readEvent(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	sides := l.sides(&e)
	change := int64(0)
	for _, s := range sides {
		change += s.pieces
	}
	if change == 0 {
		return connector.Translation{Skip: "movement " + e.id + " of ShipBob leaves the stock of fulfillment center " + l.center + " as it was"}, nil
	}
	sku, err := skuOf(&e, sides, change)
	if err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	eventType := canonical.InventoryAdjusted
	if l.category == stowed {
		eventType = canonical.InventoryReceived
	}
	id := l.key(&e)
	return connector.Translation{Events: []connector.Event{{
		Type: eventType, Entity: message.Key{System: "shipbob", Tenant: raw.Tenant, Type: entity, ID: id}, At: e.at, UpdatedAt: e.at, Notes: r.Notes(),
		Body: &canonical.InventoryMovement{
			ID: id, SKU: sku, Location: l.center, Change: canonical.NewDecimal(change, 0), Reason: l.category, Reference: e.reference, At: e.at,
		},
	}}}, nil
}

// sides returns the sides of the movement that are stock of the fulfillment center.
func (l list) sides(e *event) (all []side) {
	if e.increment.center == l.center {
		all = append(all, e.increment)
	}
	if l.category != stowed && e.decrement.center == l.center {
		all = append(all, e.decrement)
	}
	if len(all) == 2 && (all[0].shelf == "") != (all[1].shelf == "") {
		if all[0].shelf == "" {
			return all[1:]
		}
		return all[:1]
	}
	return all
}

// skuOf returns the SKU that the movement changes. The rejection says what has to be booked by hand.
func skuOf(e *event, sides []side, change int64) (string, error) {
	sku := sides[0].sku
	for _, s := range sides[1:] {
		if s.sku != sku {
			return "", byHand("names the SKUs "+strconv.Quote(sku)+" and "+strconv.Quote(s.sku), e, change)
		}
	}
	if sku == "" {
		return "", byHand("names no SKU", e, change)
	}
	return sku, nil
}

func byHand(why string, e *event, change int64) error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Value, Field: "sku",
		Detail: "movement " + e.id + " of ShipBob's inventory item " + e.item + " " + why + ": book the change of " + strconv.FormatInt(change, 10) + " by hand",
	}
}
