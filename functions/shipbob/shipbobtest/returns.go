package shipbobtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/connector"
)

// Return is a return in the books.
type Return struct {
	ID        int
	Shipment  int // that it is of, 0 for none
	Status    string
	Created   time.Time
	Completed time.Time
	Pieces    map[string]int            // by reference id
	Done      map[string]map[string]int // what was done with them: action, pieces
}

// The states of a return.
const (
	AwaitingArrival = "AwaitingArrival"
	ReturnCompleted = "Completed"
	ReturnCancelled = "Cancelled"
)

// Expect makes a return of pieces of the shipment, as a person or another program does, and returns its id.
func (f *Fake) Expect(shipment int, pieces map[string]int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &Return{ID: 445001 + len(f.returns), Shipment: shipment, Status: AwaitingArrival, Created: f.now().UTC(), Pieces: maps.Clone(pieces)}
	f.returns = append(f.returns, r)
	return r.ID
}

// Returns returns the returns, oldest first.
func (f *Fake) Returns() []Return {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Return, len(f.returns))
	for i, r := range f.returns {
		all[i] = *r
	}
	return all
}

// CompleteReturn ends the return with what was done with the pieces of each product, by action.
func (f *Fake) CompleteReturn(id int, done map[string]map[string]int) error {
	return f.endReturn(id, ReturnCompleted, done)
}

// CancelReturn cancels the return.
func (f *Fake) CancelReturn(id int) error { return f.endReturn(id, ReturnCancelled, nil) }

func (f *Fake) endReturn(id int, status string, done map[string]map[string]int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.returnOf(strconv.Itoa(id))
	if r == nil || r.Status != AwaitingArrival {
		return fmt.Errorf("shipbobtest: no return %d is expected", id)
	}
	r.Status, r.Done = status, done
	if status == ReturnCompleted {
		r.Completed = f.now().UTC()
		f.comeBack(r)
	}
	return nil
}

// ReturnDelivery returns the webhook of the topic with the return, as ShipBob sends it now.
func (f *Fake) ReturnDelivery(id, topic string, of int) (connector.Request, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.returnOf(strconv.Itoa(of))
	if r == nil {
		return connector.Request{}, fmt.Errorf("shipbobtest: no return %d", of)
	}
	return f.signed(id, topic, f.returnView(r))
}

func (f *Fake) returnOf(id string) *Return {
	i := slices.IndexFunc(f.returns, func(r *Return) bool { return strconv.Itoa(r.ID) == id })
	if i < 0 {
		return nil
	}
	return f.returns[i]
}

func (f *Fake) getReturn(id string) reply {
	r := f.returnOf(id)
	if r == nil {
		return reply{status: http.StatusNotFound, body: map[string]any{"title": "Not Found", "status": 404}}
	}
	return reply{status: http.StatusOK, body: f.returnView(r)}
}

func (f *Fake) getShipment(id string) reply {
	n, _ := strconv.Atoi(id)
	o, s := f.shipment(n)
	if s == nil {
		return reply{status: http.StatusNotFound}
	}
	return reply{status: http.StatusOK, body: f.shipmentView(o, s)}
}

// listReturns answers with a page of the returns within the bounds, oldest first if asked.
func (f *Fake) listReturns(query url.Values) reply {
	found := slices.DeleteFunc(slices.Clone(f.returns), func(r *Return) bool {
		return !within(r.Created, query.Get("StartDate"), query.Get("EndDate")) || !within(r.Completed, query.Get("CompletedStartDate"), query.Get("CompletedEndDate"))
	})
	if query.Get("SortOrder") != "Asc" {
		slices.Reverse(found)
	}
	limit, page := number(query.Get("Limit"), 50), number(query.Get("Cursor"), 1)
	views := []any{}
	for _, r := range found[min((page-1)*limit, len(found)):min(page*limit, len(found))] {
		views = append(views, f.returnView(r))
	}
	header := http.Header{"Total-Count": {strconv.Itoa(len(found))}, "Total-Pages": {strconv.Itoa((len(found) + limit - 1) / limit)}, "Page-Size": {strconv.Itoa(limit)}}
	return reply{status: http.StatusOK, header: header, body: map[string]any{"items": views, "first": nil, "last": nil, "next": nil, "prev": nil}}
}

// within reports whether the time is within the bounds, of which either may be missing.
func within(at time.Time, from, to string) bool {
	if from == "" && to == "" {
		return true
	}
	start, _ := time.Parse(time.RFC3339, from)
	end, err := time.Parse(time.RFC3339, to)
	return !at.IsZero() && !at.Before(start) && (err != nil || !at.After(end))
}

// returnView returns the return as the API shows it (Returns.PublicReturnDto).
func (f *Fake) returnView(r *Return) map[string]any {
	inventory := []any{}
	for _, product := range slices.Sorted(maps.Keys(r.Pieces)) {
		taken := []any{}
		for _, action := range slices.Sorted(maps.Keys(r.Done[product])) {
			taken = append(taken, map[string]any{"action": action, "action_reason": nil, "quantity_processed": r.Done[product][action]})
		}
		row := map[string]any{"name": product, "sku": "INV-" + product, "quantity": r.Pieces[product], "action_taken": taken}
		if id := f.productID(product); id != nil {
			row["id"] = *id + 1000
		}
		inventory = append(inventory, row)
	}
	view := map[string]any{
		"id": r.ID, "reference_id": "RMA-" + strconv.Itoa(r.ID), "return_type": "Regular", "status": r.Status, "customer_name": "Example Brand",
		"insert_date": r.Created.Format(time.RFC3339), "completed_date": nil, "inventory": inventory, "original_shipment_id": nil,
		"fulfillment_center": map[string]any{"id": 9, "name": "Cicero (IL)"},
	}
	if r.Shipment != 0 {
		view["original_shipment_id"] = r.Shipment
	}
	if !r.Completed.IsZero() {
		view["completed_date"] = r.Completed.Format(time.RFC3339)
	}
	return view
}
