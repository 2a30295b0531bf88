package standing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
)

// Order is an order of ShipBob, as far as its state goes.
type Order struct {
	ID, Order, Service string
	TakenIn            time.Time
	Asked              []Pieces
	Shipments          []Shipment
	Unknown            []string // codes of the products that ShipBob does not know
}

// Pieces is a number of pieces of a SKU.
type Pieces struct {
	SKU   string
	Count int64
}

// Shipment is one shipment of an order. Pieces are those that left; nil with Uncounted if they are no
// whole number.
type Shipment struct {
	Status          string
	Left, Cancelled bool
	Details         []Detail
	Pieces          []Pieces
	Uncounted       bool
}

// Detail says more of a status. SKU is that of the article that it is about, "" if it is about none.
type Detail struct{ Name, Description, SKU string }

// held are the states of a shipment that a person has to end (Orders.OrderStatusEnum), in words: "the
// shipment cannot be fulfilled due to an out of stock or inactive product", and "is not ready for
// fulfillment, even if there is stock available" (developer.shipbob.com, "Status Reference").
var held = map[string]string{"Exception": "in exception", "OnHold": "on hold", importReview: "in import review"}

const importReview = "ImportReview"

// The reasons of our own.
const (
	unknownProduct = "UnknownProduct"
	uncounted      = "what left is no whole number of the products"
)

// State returns the order's state.
func (o *Order) State() *canonical.WarehouseOrder {
	w := &canonical.WarehouseOrder{ID: o.ID, Order: o.Order, Service: o.Service, ReleasedAt: o.TakenIn, Status: canonical.WarehouseReleased}
	for _, p := range o.Asked {
		w.Lines = append(w.Lines, canonical.WarehouseLine{SKU: p.SKU, Ordered: quantity(p.Count)})
	}
	holds := o.holds()
	switch {
	case o.all(func(s *Shipment) bool { return s.Cancelled }):
		w.Status = canonical.WarehouseCancelled
	case len(holds) > 0:
		w.Status, w.Holds = canonical.WarehouseHeld, holds
	case o.all(func(s *Shipment) bool { return s.Left || s.Cancelled }) && o.compare(w):
		w.Status = canonical.WarehouseDiscrepancy
	}
	return w
}

// all reports whether there are shipments, and all of them are so.
func (o *Order) all(is func(*Shipment) bool) bool {
	for i := range o.Shipments {
		if !is(&o.Shipments[i]) {
			return false
		}
	}
	return len(o.Shipments) > 0
}

func quantity(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

// holds returns why the warehouse does not ship what is left: the details of each shipment that is
// held, and the products that ShipBob does not know.
func (o *Order) holds() (all []canonical.Hold) {
	for i := range o.Shipments {
		s := &o.Shipments[i]
		words, isHeld := held[s.Status]
		if !isHeld {
			continue
		}
		var own []canonical.Hold
		if s.Status == importReview {
			for _, code := range o.Unknown {
				own = append(own, canonical.Hold{Reason: unknownProduct, SKU: code})
			}
		}
		for _, d := range s.Details {
			own = append(own, canonical.Hold{Reason: d.words(words), SKU: d.SKU})
		}
		if len(own) == 0 {
			own = []canonical.Hold{{Reason: words}}
		}
		all = append(all, own...)
	}
	slices.SortFunc(all, func(a, b canonical.Hold) int {
		return cmp.Or(strings.Compare(a.Reason, b.Reason), strings.Compare(a.SKU, b.SKU))
	})
	return slices.Compact(all)
}

// mostReason is the length at which a reason is cut.
const mostReason = 200

// words says the detail: "OutOfStock: No Stock On Hand For Sku".
func (d *Detail) words(otherwise string) string {
	text := cmp.Or(d.Name, otherwise)
	if d.Description != "" && d.Description != d.Name {
		text += ": " + d.Description
	}
	if runes := []rune(text); len(runes) > mostReason {
		return string(runes[:mostReason-1]) + "…"
	}
	return text
}

// compare sets what left of each line where it is not what was asked for, and reports whether there is
// one. An article that was not asked for is a line of its own. A shipment whose pieces cannot be counted
// differs too, with that reason.
func (o *Order) compare(w *canonical.WarehouseOrder) (differs bool) {
	left, uncountable := o.left()
	if uncountable {
		w.Holds = []canonical.Hold{{Reason: uncounted}}
		return true
	}
	for i, p := range o.Asked {
		if left[p.SKU] != p.Count {
			w.Lines[i].Shipped, differs = new(quantity(left[p.SKU])), true
		}
		delete(left, p.SKU)
	}
	var others []string
	for code, count := range left {
		if count > 0 {
			others = append(others, code)
		}
	}
	slices.Sort(others)
	for _, code := range others {
		w.Lines = append(w.Lines, canonical.WarehouseLine{SKU: code, Ordered: quantity(0), Shipped: new(quantity(left[code]))})
	}
	return differs || len(others) > 0
}

// left returns the pieces that left, by SKU, and whether some cannot be counted.
func (o *Order) left() (pieces map[string]int64, uncountable bool) {
	pieces = map[string]int64{}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		if !s.Left {
			continue
		}
		uncountable = uncountable || s.Uncounted
		for _, p := range s.Pieces {
			pieces[p.SKU] += p.Count
		}
	}
	return pieces, uncountable
}
