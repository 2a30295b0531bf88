package shipbob

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// entityState is the type of what the warehouse has of a store's order in keys.
const entityState = "warehouse_order"

// The states of a shipment that a person has to end (Orders.OrderStatusEnum): "the shipment cannot be
// fulfilled due to an out of stock or inactive product", and "is not ready for fulfillment, even if
// there is stock available" (developer.shipbob.com, "Status Reference").
const (
	shipmentException = "Exception"
	shipmentOnHold    = "OnHold"
)

// heldWords are the reasons of a held shipment that has no detail.
var heldWords = map[string]string{
	shipmentException: "in exception", shipmentOnHold: "on hold", statusImportReview: "in import review",
}

// unknownProduct is the reason of an order in import review.
const unknownProduct = "UnknownProduct"

// stateKey is the key of what the warehouse has of a store's order, whichever issue of it.
func stateKey(account string, order message.Key) message.Key {
	return message.Key{System: Name, Tenant: account, Type: entityState, ID: order.String()}
}

// takenIn is when ShipBob made the order, or else the first time that is known of it.
func (o *order) takenIn() time.Time {
	if !o.created.IsZero() || len(o.shipments) == 0 {
		return o.created
	}
	first := o.shipments[0].shippedAt()
	for i := range o.shipments {
		if at := o.shipments[i].shippedAt(); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// changed is when a shipment of the order changed last, apart from its tracking.
func (o *order) changed() time.Time {
	newest := o.takenIn()
	for i := range o.shipments {
		if at := o.shipments[i].updated; at.After(newest) {
			newest = at
		}
	}
	return newest
}

// stateEvent returns what the warehouse has of the store's order. why is set if it is not the last
// issue of it: then the next issue has the state.
func (s *source) stateEvent(ctx context.Context, raw *message.Raw, o *order, doing string) (e connector.Event, why string, err error) {
	body := &canonical.WarehouseOrder{
		ID: o.id, Order: o.key.ID, Service: o.method, ReleasedAt: o.takenIn(), Status: canonical.WarehouseReleased, Lines: o.asked(), Holds: o.holds(),
	}
	switch {
	case body.ReleasedAt.IsZero():
		return e, "", unreadable("created_date", "an order needs a time")
	case o.isCancelled():
		if why, err = s.superseded(ctx, o, doing); why != "" || err != nil {
			return e, why, err
		}
		body.Status, body.Holds = canonical.WarehouseCancelled, nil
	case len(body.Holds) > 0:
		body.Status = canonical.WarehouseHeld
	case o.isOver():
		differs, err := s.compare(ctx, o, body)
		if err != nil {
			return e, "", err
		}
		if differs {
			body.Status = canonical.WarehouseDiscrepancy
		}
	}
	e = connector.Event{
		Type: body.EventType(), Entity: stateKey(s.account, o.key), At: o.changed(), UpdatedAt: o.changed(), Body: body, Parents: []message.Key{o.key},
	}
	return e, "", nil
}

// superseded says which issue of the store's order came after this one, "" if it is the last.
func (s *source) superseded(ctx context.Context, o *order, doing string) (string, error) {
	channel, err := s.channelOf(o.key)
	if err != nil {
		return "", err
	}
	found, err := s.issues(ctx, o.key, channel, doing)
	if err != nil || len(found) == 0 {
		return "", err
	}
	if last := found[len(found)-1]; last.issue > o.issue {
		return "order " + o.id + " was cancelled and issued anew as order " + last.id, nil
	}
	return "", nil
}

// isCancelled reports whether nothing of the order leaves, or has left.
func (o *order) isCancelled() bool {
	return o.status == statusCancelled || len(o.shipments) > 0 && !slices.ContainsFunc(o.shipments, func(s shipment) bool { return s.status != statusCancelled })
}

// isOver reports whether all has left that will.
func (o *order) isOver() bool {
	return len(o.shipments) > 0 && !slices.ContainsFunc(o.shipments, func(s shipment) bool { return !s.isReported() })
}

// asked returns what the warehouse was asked to ship.
func (o *order) asked() (all []canonical.WarehouseLine) {
	for _, p := range o.products {
		code := p.code()
		if code == "" || slices.ContainsFunc(all, func(l canonical.WarehouseLine) bool { return l.SKU == code }) {
			continue
		}
		all = append(all, canonical.WarehouseLine{SKU: code, Ordered: wholePieces(o.ordered(code))})
	}
	return all
}

func wholePieces(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

// holds returns why the warehouse does not ship what is left of the order: the details of each
// shipment that is held, and the products that ShipBob does not know.
func (o *order) holds() (all []canonical.Hold) {
	add := func(h canonical.Hold) {
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	for i := range o.shipments {
		s := &o.shipments[i]
		words, held := heldWords[s.status]
		if !held {
			continue
		}
		if s.status == statusImportReview {
			for _, code := range o.unknown() {
				add(canonical.Hold{Reason: unknownProduct, SKU: code})
			}
		}
		for _, d := range s.details {
			add(canonical.Hold{Reason: d.words(words), SKU: s.codeOf(d.item)})
		}
		if len(all) == 0 {
			add(canonical.Hold{Reason: words})
		}
	}
	slices.SortFunc(all, func(a, b canonical.Hold) int {
		return cmp.Or(strings.Compare(a.Reason, b.Reason), strings.Compare(a.SKU, b.SKU))
	})
	return all
}

// mostReason is the length at which a reason is cut.
const mostReason = 200

// words says the detail: "OutOfStock: No Stock On Hand For Sku". Messages of an address validation are
// left out, because they may repeat the address.
func (d *detail) words(otherwise string) string {
	text := cmp.Or(d.name, otherwise)
	if d.description != "" && d.description != d.name {
		text += ": " + d.description
	}
	if runes := []rune(text); len(runes) > mostReason {
		return string(runes[:mostReason-1]) + "…"
	}
	return text
}

// codeOf returns the code of the product that the inventory item belongs to, "" if it is none of the
// shipment.
func (s *shipment) codeOf(inventory string) string {
	for _, p := range s.products {
		if inventory != "" && slices.ContainsFunc(p.items, func(i item) bool { return i.id == inventory }) {
			return p.code()
		}
	}
	return ""
}

// compare sets what left of each line where it is not what was asked for, and reports whether there is
// one. A product that was not asked for is a line of its own. A shipment whose pieces cannot be counted
// differs too, with that reason.
func (s *source) compare(ctx context.Context, o *order, body *canonical.WarehouseOrder) (differs bool, err error) {
	left := map[string]int64{}
	var codes []string
	for n := range o.shipments {
		if !o.shipments[n].hasLeft() {
			continue
		}
		lines, err := s.pieceCounts(ctx, o, n)
		if fault.KindOf(err) == fault.Invalid {
			body.Holds = []canonical.Hold{{Reason: "what left is no whole number of the products"}}
			return true, nil
		}
		if err != nil {
			return false, err
		}
		for _, l := range lines {
			if _, known := left[l.code]; !known {
				codes = append(codes, l.code)
			}
			left[l.code] += l.count
		}
	}
	for i := range body.Lines {
		l := &body.Lines[i]
		if count := left[l.SKU]; count != o.ordered(l.SKU) {
			shipped := wholePieces(count)
			l.Shipped, differs = &shipped, true
		}
		delete(left, l.SKU)
	}
	for _, code := range codes {
		if count, other := left[code]; other && count > 0 {
			shipped := wholePieces(count)
			body.Lines, differs = append(body.Lines, canonical.WarehouseLine{SKU: code, Ordered: wholePieces(0), Shipped: &shipped}), true
		}
	}
	return differs, nil
}

// counted is how many of a product are in a shipment.
type counted struct {
	code  string
	count int64
}
