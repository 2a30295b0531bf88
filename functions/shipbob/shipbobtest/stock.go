package shipbobtest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// mostLevels is the largest page of inventory items.
const mostLevels = 250

// inventoryItem is a stocked item.
type inventoryItem struct {
	id       int
	sku      string
	inactive bool
	digital  bool
	centers  []Level // nil: none is named
	variant
}

// Level is what an inventory item has at a fulfillment center.
type Level struct{ Center, OnHand, Fulfillable int }

// Stock gives the SKU these levels, and no others. Without any the item names no fulfillment center.
func (f *Fake) Stock(sku string, levels ...Level) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stocked(sku).centers = levels
}

// SetLevel gives the SKU a level at one fulfillment center, and leaves the others.
func (f *Fake) SetLevel(sku string, l Level) {
	f.mu.Lock()
	defer f.mu.Unlock()
	item := f.stocked(sku)
	item.centers = append(slices.DeleteFunc(item.centers, func(other Level) bool { return other.Center == l.Center }), l)
}

// Duplicate makes another inventory item of the SKU.
func (f *Fake) Duplicate(sku string, levels ...Level) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stock = append(f.stock, &inventoryItem{id: f.inventoryID(), sku: sku, centers: levels})
}

// Deactivate makes the item of the SKU inactive.
func (f *Fake) Deactivate(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stocked(sku).inactive = true
}

// Digital makes the item of the SKU digital.
func (f *Fake) Digital(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stocked(sku).digital = true
}

func (f *Fake) inventoryID() int {
	f.inventories++
	return 20101000 + f.inventories
}

// stocked returns the item of the SKU, which is made if there is none.
func (f *Fake) stocked(sku string) *inventoryItem {
	i := slices.IndexFunc(f.stock, func(s *inventoryItem) bool { return s.sku == sku })
	if i < 0 {
		i = len(f.stock)
		f.stock = append(f.stock, &inventoryItem{id: f.inventoryID(), sku: sku})
	}
	return f.stock[i]
}

// listLevels answers with a page of the items. Inactive ones are listed unless they are filtered.
func (f *Fake) listLevels(query url.Values) reply {
	size, from := number(query.Get("PageSize"), 50), number(query.Get("Cursor"), 0)
	if size > mostLevels {
		return reply{status: http.StatusBadRequest, body: map[string]any{"title": "The page is too large.", "status": http.StatusBadRequest}}
	}
	var found []*inventoryItem
	for _, i := range f.stock {
		if is(query.Get("IsActive"), !i.inactive) && is(query.Get("IsDigital"), i.digital) {
			found = append(found, i)
		}
	}
	items := []any{}
	for _, i := range found[min(from, len(found)):min(from+size, len(found))] {
		items = append(items, levelView(i))
	}
	return paged(query, "/inventory-level/locations", items, from+size, len(found))
}

// is reports whether the filter, which may be "", lets the value through.
func is(filter string, value bool) bool { return filter == "" || filter == strconv.FormatBool(value) }

// paged answers with a page of all elements. following is where the next page begins.
func paged(query url.Values, path string, items []any, following, all int) reply {
	page := map[string]any{"items": items, "first": nil, "last": nil, "prev": nil, "next": nil}
	if following < all {
		next := url.Values{}
		for name := range query {
			next.Set(name, query.Get(name))
		}
		next.Set("Cursor", strconv.Itoa(following))
		page["next"] = "https://api.shipbob.com" + version + path + "?" + next.Encode()
	}
	return reply{status: http.StatusOK, body: page}
}

// getLevels answers with one item.
func (f *Fake) getLevels(id string) reply {
	i := slices.IndexFunc(f.stock, func(s *inventoryItem) bool { return strconv.Itoa(s.id) == id })
	if i < 0 {
		return reply{status: http.StatusNotFound}
	}
	return reply{status: http.StatusOK, body: levelView(f.stock[i])}
}

// levelView returns the item as the API shows it (Inventory.InventoryQuantityFcResponse).
func levelView(i *inventoryItem) map[string]any {
	view := map[string]any{"inventory_id": i.id, "name": i.sku, "sku": i.sku, "locations": nil}
	if i.centers == nil {
		return view
	}
	centers := []any{}
	for _, l := range i.centers {
		centers = append(centers, map[string]any{
			"location_id": l.Center, "name": "Center " + strconv.Itoa(l.Center), "on_hand_quantity": l.OnHand, "fulfillable_quantity": l.Fulfillable,
			"committed_quantity": l.OnHand - l.Fulfillable, "awaiting_quantity": 0, "internal_transfer_quantity": 0,
		})
	}
	view["locations"] = centers
	return view
}
