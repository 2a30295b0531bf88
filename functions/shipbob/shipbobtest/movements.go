package shipbobtest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The categories of movements that the Fake makes.
const (
	picked    = "OrderPicked"
	adjusted  = "InventoryAdjusted"
	moved     = "InventoryFacilityUpdated"
	received  = "InventoryReceived"
	restocked = "InventoryRestocked"
	stowed    = "ReceivingStow"
)

// shipCenter is the fulfillment center that ships all orders.
const shipCenter = 9

// mostMovements is how many movements a page of the history has.
const mostMovements = 100

// historyDays is the longest time that the history is asked for.
const historyDays = 90

// movement is a movement of stock (InventoryHistory).
type movement struct {
	id, item, order int
	category        string
	at              time.Time
	reference       [2]string // key and value, if there is one
	sides           [2]place  // increment and decrement
}

// place is a side of a movement. Its center is 0 if there is none.
type place struct {
	center, shelf, pieces int
	sku                   string
}

// Stow puts pieces of a receiving order on the shelf, and on hand.
func (f *Fake) Stow(sku string, center, pieces int, receiving, box string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(sku, center, pieces)
	f.record(stowed, sku, [2]string{"WroAndBox", receiving + " " + box}, place{center, 101, pieces, sku}, place{center, 1, -pieces, sku})
}

// Adjust changes what is on hand, as a person does who found pieces, or misses them.
func (f *Fake) Adjust(sku string, center, pieces int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(sku, center, pieces)
	if pieces > 0 {
		f.record(adjusted, sku, [2]string{}, place{center, 101, pieces, sku}, place{})
		return
	}
	f.record(adjusted, sku, [2]string{}, place{}, place{center, 101, pieces, sku})
}

// MoveShelf moves pieces from one shelf to another of the center.
func (f *Fake) MoveShelf(sku string, center, pieces int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record(adjusted, sku, [2]string{}, place{center, 202, pieces, sku}, place{center, 101, -pieces, sku})
}

// Relocate moves pieces from one center to another.
func (f *Fake) Relocate(sku string, from, to, pieces int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(sku, from, -pieces)
	f.change(sku, to, pieces)
	f.record(moved, sku, [2]string{}, place{to, 303, pieces, sku}, place{from, 101, -pieces, sku})
}

// OnHand returns what the center has of the SKU.
func (f *Fake) OnHand(sku string, center int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.stocked(sku).centers {
		if l.Center == center {
			return l.OnHand
		}
	}
	return 0
}

// PutMovement puts a piece that was found at the center 9 into the history, or changes its time.
func (f *Fake) PutMovement(id int, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.movements = slices.DeleteFunc(f.movements, func(m movement) bool { return m.id == id })
	f.movements = append(f.movements, movement{id: id, item: f.stocked("TEE-BLK-M").id, category: adjusted, at: at.UTC(), sides: [2]place{{shipCenter, 101, 1, "TEE-BLK-M"}}})
}

// change changes what is on hand of a SKU at a center. The caller holds the lock.
func (f *Fake) change(sku string, center, pieces int) {
	item := f.stocked(sku)
	i := slices.IndexFunc(item.centers, func(l Level) bool { return l.Center == center })
	if i < 0 {
		i, item.centers = len(item.centers), append(slices.Clone(item.centers), Level{Center: center})
	}
	item.centers[i].OnHand += pieces
	item.centers[i].Fulfillable += pieces
}

func (f *Fake) record(category, sku string, reference [2]string, increment, decrement place) *movement {
	f.movements = append(f.movements, movement{
		id: 32204 + len(f.movements), item: f.stocked(sku).id, category: category, at: f.now().UTC(), reference: reference, sides: [2]place{increment, decrement},
	})
	return &f.movements[len(f.movements)-1]
}

// take takes the pieces of a shipment off their shelves, once, or puts them back. Only what is stocked at
// the center moves.
func (f *Fake) take(o *Order, s *Shipment, pieces map[string]int, back bool) {
	if s.taken != back {
		return
	}
	s.taken = !back
	for _, reference := range slices.Sorted(maps.Keys(pieces)) {
		sku, n := reference, pieces[reference]
		if i := slices.IndexFunc(o.Products, func(p Product) bool { return p.Reference == reference }); i >= 0 {
			sku = cmp.Or(o.Products[i].SKU, reference)
		}
		if !f.hasLevel(sku) {
			continue
		}
		order := [2]string{"OrderId", strconv.Itoa(o.ID)}
		if back {
			f.change(sku, shipCenter, n)
			f.record(restocked, sku, order, place{shipCenter, 101, n, sku}, place{}).order = o.ID
			continue
		}
		f.change(sku, shipCenter, -n)
		f.record(picked, sku, order, place{}, place{shipCenter, 101, -n, sku}).order = o.ID
	}
}

// hasLevel reports whether the SKU is stocked at the center that ships.
func (f *Fake) hasLevel(sku string) bool {
	return slices.ContainsFunc(f.stock, func(i *inventoryItem) bool {
		return i.sku == sku && slices.ContainsFunc(i.centers, func(l Level) bool { return l.Center == shipCenter })
	})
}

// comeBack puts what a return restocked on hand.
func (f *Fake) comeBack(r *Return) {
	for _, sku := range slices.Sorted(maps.Keys(r.Done)) {
		if n := r.Done[sku]["Restock"]; n > 0 && f.hasLevel(sku) {
			f.change(sku, shipCenter, n)
			f.record(received, sku, [2]string{"ReturnId", strconv.Itoa(r.ID)}, place{shipCenter, 101, n, sku}, place{})
		}
	}
}

// history answers with a page of the movements at a center, by id.
func (f *Fake) history(body []byte, after string) reply {
	var in struct {
		Facility  int    `json:"facility_id"`
		Category  string `json:"event_category"`
		Inventory []int  `json:"inventory_ids"`
		Start     string `json:"start_date"`
		End       string `json:"end_date"`
		Cursor    int    `json:"cursor"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return refused(http.StatusBadRequest, "$", err.Error())
	}
	from, to := dayOf(in.Start, f.now().AddDate(0, 0, -historyDays)), dayOf(in.End, f.now())
	switch {
	case slices.Contains(f.denied, "inventory_read"):
		return reply{status: http.StatusForbidden}
	case in.Facility == 0:
		return refused(http.StatusBadRequest, "facility_id", "The field is required.")
	case to.Sub(from) > historyDays*24*time.Hour:
		return refused(http.StatusBadRequest, "start_date", "The range must be 90 days at most.")
	}
	data, next := []any{}, any(nil)
	for _, m := range f.sortedMovements() {
		day := m.at.Truncate(24 * time.Hour)
		if m.id <= max(in.Cursor, number(after, 0)) || day.Before(from) || day.After(to) || !m.touches(in.Facility) ||
			in.Category != "" && in.Category != m.category || len(in.Inventory) > 0 && !slices.Contains(in.Inventory, m.item) {
			continue
		}
		if len(data) == mostMovements {
			last, _ := data[len(data)-1].(map[string]any)
			next = "https://api.shipbob.com" + version + "/inventory/history:query?cursor=" + strconv.Itoa(last["inventory_audit_event_id"].(int))
			break
		}
		data = append(data, m.view())
	}
	return reply{status: http.StatusOK, body: map[string]any{"data": data, "first": nil, "last": nil, "prev": nil, "next": next}}
}

func (f *Fake) sortedMovements() []movement {
	return slices.SortedFunc(slices.Values(f.movements), func(a, b movement) int { return a.id - b.id })
}

// dayOf returns the day of a date, which may have a time behind it, or else of another time.
func dayOf(text string, otherwise time.Time) time.Time {
	if at, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))]); err == nil {
		return at
	}
	return otherwise.UTC().Truncate(24 * time.Hour)
}

func (m *movement) touches(center int) bool {
	return m.sides[0].center == center || m.sides[1].center == center
}

// view returns the movement as the API shows it. Its time has no zone.
func (m *movement) view() map[string]any {
	view := map[string]any{
		"inventory_audit_event_id": m.id, "inventory_id": m.item, "event_category": m.category, "merchant_user_id": 226071,
		"event_datetime": m.at.Format("2006-01-02T15:04:05.0000000"), "shipbob_order_id": nil, "additional_reference": nil,
	}
	if m.order != 0 {
		view["shipbob_order_id"] = m.order
	}
	if m.reference[0] != "" {
		view["additional_reference"] = []any{map[string]any{"key": m.reference[0], "value": m.reference[1]}}
	}
	for i, name := range []string{"increment", "decrement"} {
		if s := m.sides[i]; s.center != 0 {
			view[name] = map[string]any{
				"facility_id": s.center, "location_id": s.shelf, "quantity_change": s.pieces, "committed_quantity_change": 0, "sku": s.sku,
				"lot_number": nil, "expiration_date": nil, "inventory_status": "",
			}
		}
	}
	return view
}
