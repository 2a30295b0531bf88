package shopifytest

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Deactivate ends that the SKU is stocked at the location. Its level stays as an inactive one.
func (f *Fake) Deactivate(sku, location string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.stock.items {
		if s.sku == sku && s.at(location) {
			s.set(location, s.levels[location], f.clock())
			s.inactive[location] = true
		}
	}
}

// AddLocation makes a location at which nothing is stocked.
func (f *Fake) AddLocation(location string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stock.places == nil {
		f.stock.places = map[string]bool{}
	}
	f.stock.places[location] = true
}

// RemoveItem deletes the SKU's inventory items, as the deletion of a product does.
func (f *Fake) RemoveItem(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stock.items = slices.DeleteFunc(f.stock.items, func(s *stockItem) bool { return s.sku == sku })
}

// StockSecond makes a second item with a SKU that there is, and gives it pieces at the location.
func (f *Fake) StockSecond(sku, location string, available int64) {
	f.Duplicate(sku)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stock.items[len(f.stock.items)-1].set(location, available, f.clock())
}

// LevelBody returns the level of the SKU's first item at the location as the body of an
// inventory_levels/update webhook, with the members of the published sample; nil if there is none.
func (f *Fake) LevelBody(sku, location string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.stock.items {
		if s.sku != sku || !s.at(location) {
			continue
		}
		id := strconv.FormatInt(s.id, 10)
		body, err := json.Marshal(object{
			"inventory_item_id": s.id, "location_id": json.Number(location), "available": s.levels[location], "updated_at": stamp(s.since(location)),
			"admin_graphql_api_id": "gid://shopify/InventoryLevel/" + location + "?inventory_item_id=" + id,
		})
		if err != nil {
			panic("shopifytest: " + err.Error())
		}
		return body
	}
	return nil
}

// since is when the level changed last.
func (s *stockItem) since(location string) time.Time {
	if at, known := s.changed[location]; known {
		return at
	}
	return Start
}

// show returns the level at the location, nil if there is none.
func (s *stockItem) show(location string) any {
	available, stocked := s.levels[location]
	if !stocked {
		return nil
	}
	id := strconv.FormatInt(s.id, 10)
	return object{
		"id": "gid://shopify/InventoryLevel/" + location + "?inventory_item_id=" + id, "legacyResourceId": id,
		"quantities": []any{object{"name": "available", "quantity": available}},
		"isActive":   !s.inactive[location], "updatedAt": s.since(location).UTC().Format(time.RFC3339),
		"item": object{"id": "gid://shopify/InventoryItem/" + id, "legacyResourceId": id, "sku": optional(s.sku), "tracked": !s.untracked},
	}
}

// showItem returns the item with its level at the location.
func (s *stockItem) showItem(location string) object {
	id := strconv.FormatInt(s.id, 10)
	return object{
		"id": "gid://shopify/InventoryItem/" + id, "legacyResourceId": id, "updatedAt": stamp(Start), "sku": optional(s.sku), "tracked": !s.untracked,
		"inventoryLevel": s.show(location),
	}
}

// levelRoot answers what is asked about an inventory item or a location; known is false for anything else.
func (f *Fake) levelRoot(field *ast.Field, variables map[string]any) (value any, known bool) {
	id := toText(argument(field, "id", variables))
	switch field.Name {
	case "inventoryItem":
		location, _ := variables["location"].(string)
		if s := f.itemOf(id); s != nil {
			return s.showItem(strings.TrimPrefix(location, "gid://shopify/Location/")), true
		}
		return nil, true
	case "location":
		return f.showLocation(strings.TrimPrefix(id, "gid://shopify/Location/"), field, variables), true
	}
	return nil, false
}

// levelWindow is the search of levels that changed within a time.
var levelWindow = regexp.MustCompile(`^updated_at:>='([^']+)'(?: AND updated_at:<='([^']+)')?$`)

// showLocation returns the location with the levels that are searched for, in the order of their items; nil
// if it was not added and nothing was ever stocked at it.
func (f *Fake) showLocation(location string, field *ast.Field, variables map[string]any) any {
	search := ""
	for _, inner := range fields(field.SelectionSet) {
		if inner.Name == "inventoryLevels" {
			search = toText(argument(inner, "query", variables))
		}
	}
	window := levelWindow.FindStringSubmatch(search)
	levels, known := []any{}, f.stock.places[location]
	for _, s := range slices.SortedFunc(slices.Values(f.stock.items), func(a, b *stockItem) int { return cmp.Compare(a.id, b.id) }) {
		if !s.at(location) {
			continue
		}
		known = true
		if at := s.since(location).UTC().Format(time.RFC3339); window != nil && at >= window[1] && (window[2] == "" || at <= window[2]) {
			levels = append(levels, s.show(location))
		}
	}
	if !known {
		return nil
	}
	return object{"id": "gid://shopify/Location/" + location, "name": "Location " + location, "inventoryLevels": levels}
}
