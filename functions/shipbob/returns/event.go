package returns

import (
	"strings"
	"time"

	"causeway.example/shared/canonical"
)

// Return is a return of ShipBob (Returns.PublicReturnDto).
type Return struct {
	ID, Order, Status, Type string // Order is the id of the store's order
	Created, Completed      time.Time
	Shipment                string // id of the one that it is of, "" if it names none
	Center                  string // id of the fulfillment center that it comes to
	Items                   []Item
}

// Item is an article of a return, in pieces of the product that it is of. Done are what ShipBob did
// with its pieces.
type Item struct {
	ID    string // of the inventory item
	SKU   string
	Count int64
	Done  []Done
}

// Per returns the row in pieces of the product with the SKU, of which one consists of so many of the
// inventory item. ok is false if a quantity is no multiple.
func (i Item) Per(sku string, per int64) (pieces Item, ok bool) {
	pieces, ok = Item{ID: i.ID, SKU: sku, Count: i.Count / per}, i.Count%per == 0
	for _, d := range i.Done {
		pieces.Done, ok = append(pieces.Done, Done{d.Action, d.Count / per}), ok && d.Count%per == 0
	}
	return pieces, ok
}

// Done is an action that ShipBob took.
type Done struct {
	Action string
	Count  int64
}

// The states of a return. The guide writes the first with a space, the filter of the list without one.
const (
	awaitingArrival = "awaitingarrival"
	arrived         = "arrived"
	processing      = "processing"
	completed       = "completed"
	cancelled       = "cancelled"
)

const restock = "restock"

// Event returns the type and the time of what the return's state reports, with its body: return.requested
// until it is completed, and return.received then. why is set if it reports nothing.
func (r *Return) Event() (eventType string, at time.Time, body *canonical.Return, why string) {
	body = &canonical.Return{ID: r.ID, Order: r.Order, Location: r.Center, Reason: canonical.NewText(r.Type)}
	switch strings.ToLower(strings.ReplaceAll(r.Status, " ", "")) {
	case completed:
		eventType, at = canonical.ReturnReceived, r.Completed
		body.Lines = r.received()
	case awaitingArrival, arrived, processing:
		eventType, at = canonical.ReturnRequested, r.Created
		body.Lines = r.expected()
	case cancelled:
		return "", at, nil, "return " + r.ID + " was cancelled"
	default:
		return "", at, nil, "return " + r.ID + " is in a state that is not known here"
	}
	if len(body.Lines) == 0 {
		return "", at, nil, "return " + r.ID + " has no goods"
	}
	body.At = at
	return eventType, at, body, ""
}

// expected returns the pieces that are to come back.
func (r *Return) expected() (all []canonical.ReturnLine) {
	for _, i := range r.Items {
		if i.Count > 0 {
			all = append(all, canonical.ReturnLine{SKU: i.SKU, Quantity: quantity(i.Count)})
		}
	}
	return all
}

func quantity(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

// received returns the pieces that ShipBob did something with, and how many of them it put back into
// stock. Where it reports no action, those that it expected are taken to be there, and none in stock.
func (r *Return) received() (all []canonical.ReturnLine) {
	for _, i := range r.Items {
		came, stocked := int64(0), int64(0)
		for _, d := range i.Done {
			came += d.Count
			if strings.ToLower(d.Action) == restock {
				stocked += d.Count
			}
		}
		if len(i.Done) == 0 {
			came = i.Count
		}
		if came > 0 {
			all = append(all, canonical.ReturnLine{SKU: i.SKU, Quantity: quantity(came), Restocked: new(quantity(stocked))})
		}
	}
	return all
}
