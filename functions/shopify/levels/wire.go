package levels

import (
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
)

// The queries of levels. A page of the list costs some 500 points, the items of a SKU 83.
const (
	queryItem = `query itemLevel($id: ID!, $location: ID!) {
  inventoryItem(id: $id) {
    id sku tracked
    inventoryLevel(locationId: $location, includeInactive: true) { updatedAt isActive quantities(names: ["available"]) { quantity } }
  }
}`
	querySKU = `query levelsOf($search: String!, $location: ID!, $after: String) {
  inventoryItems(first: 20, after: $after, query: $search) {
    nodes {
      id sku tracked
      inventoryLevel(locationId: $location, includeInactive: true) { updatedAt isActive quantities(names: ["available"]) { quantity } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`
	queryChanged = `query levelsSince($location: ID!, $search: String!, $after: String) {
  location(id: $location) {
    inventoryLevels(first: 100, after: $after, includeInactive: true, query: $search) {
      nodes { updatedAt isActive quantities(names: ["available"]) { quantity } item { id sku tracked } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
)

// ofItem returns the level of an item at a location, nil if the shop has none. Items with the same SKU are
// named in it.
func (l *Levels) ofItem(ctx context.Context, shop string, named payload.Level) (*level, error) {
	doing := "reading the stock of inventory item " + named.Item + " of " + shop
	var found *level
	_, err := l.API.Query(ctx, admin.Call{
		Shop: shop, Doing: doing, Query: queryItem,
		Variables: []admin.Variable{{Name: "id", Value: payload.GID("InventoryItem", named.Item)}, {Name: "location", Value: payload.GID("Location", named.Location)}},
		Read: func(r *strictjson.Reader) {
			for key := range r.Object() {
				if key == "inventoryItem" && !r.Null() {
					found = readItem(r, named.Location)
				}
			}
		},
	})
	if err != nil || found == nil || found.at.IsZero() {
		return nil, err
	}
	if found.sku == "" || !found.tracked {
		return found, nil
	}
	all, err := l.ofSKU(ctx, shop, found.sku, named.Location)
	if !slices.ContainsFunc(all, func(other *level) bool { return other.item == found.item }) {
		all = append(all, found) // the search does not have a new item yet
	}
	return chosen(all), err
}

// chosen returns the level of a SKU of those of its items, with the ids of the items that are stocked. If
// none is, it is any of them, with no pieces.
func chosen(all []*level) *level {
	found := all[0]
	for _, one := range all {
		if !one.active {
			continue
		}
		if !found.active {
			found = one
		}
		found.same = append(found.same, one.item)
	}
	slices.Sort(found.same)
	return found
}

// ofSKU returns the levels of the tracked items with the SKU at the location.
func (l *Levels) ofSKU(ctx context.Context, shop, sku, location string) (all []*level, err error) {
	c := admin.Call{Shop: shop, Doing: "reading the stock of " + sku + " of " + shop, Query: querySKU}
	search := []admin.Variable{{Name: "search", Value: "sku:" + quoted(sku)}, {Name: "location", Value: payload.GID("Location", location)}}
	for cursor := ""; ; {
		c.Variables = following(search, cursor)
		next := ""
		c.Read = func(r *strictjson.Reader) {
			next = pageOf(r, "inventoryItems", func(r *strictjson.Reader) {
				if one := readItem(r, location); one.sku == sku && one.tracked && !one.at.IsZero() { // a search also finds what only resembles it
					all = append(all, one)
				}
			})
		}
		if _, err := l.API.Query(ctx, c); err != nil || next == "" || next == cursor {
			return all, err
		}
		cursor = next
	}
}

// page lists the levels of a location that changed within the time, which has no end if to is zero: the page after
// the cursor, and the cursor of the next.
func (l *Levels) page(ctx context.Context, shop, location string, from, to time.Time, after string) (all []*level, next string, err error) {
	c := admin.Call{Shop: shop, Doing: "listing the stock of location " + location + " of " + shop, Query: queryChanged}
	within := "updated_at:>='" + from.UTC().Format(time.RFC3339) + "'"
	if !to.IsZero() {
		within += " AND updated_at:<='" + to.UTC().Format(time.RFC3339) + "'"
	}
	c.Variables = following([]admin.Variable{{Name: "location", Value: payload.GID("Location", location)}, {Name: "search", Value: within}}, after)
	known := false
	c.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if known = key == "location" && !r.Null(); known {
				next = pageOf(r, "inventoryLevels", func(r *strictjson.Reader) { all = append(all, readLevel(r, &level{location: location})) })
			}
		}
	}
	if _, err := l.API.Query(ctx, c); err != nil {
		return nil, "", err
	}
	if !known {
		return nil, "", &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: Key, Doing: c.Doing,
			Detail: shop + " has no location " + location + ", or the app may not read it (scopes read_inventory, read_locations)",
		}
	}
	return all, next, nil
}

// following returns the variables of the page after the cursor.
func following(first []admin.Variable, cursor string) []admin.Variable {
	if cursor == "" {
		return first
	}
	return append(slices.Clip(first), admin.Variable{Name: "after", Value: cursor})
}

// quoted writes the text as a term of a search (shopify.dev, "Shopify API search syntax").
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// pageOf reads the nodes of the connection of that name and returns the cursor of its next page.
func pageOf(r *strictjson.Reader, name string, node func(*strictjson.Reader)) (cursor string) {
	for key := range r.Object() {
		if key == name {
			cursor = admin.Connection(r, node)
		}
	}
	return cursor
}

// readItem reads an inventory item with its level at the location. Without one its time is zero.
func readItem(r *strictjson.Reader, location string) *level {
	l := &level{location: location}
	for key := range r.Object() {
		switch {
		case key == "inventoryLevel" && !r.Null():
			readLevel(r, l)
		default:
			l.readMember(r, key)
		}
	}
	return l
}

// readMember reads a member of an inventory item.
func (l *level) readMember(r *strictjson.Reader, key string) {
	switch key {
	case "id":
		l.item = payload.ID(r.ID())
	case "sku":
		l.sku, _ = r.NullString()
	case "tracked":
		l.tracked = r.Bool()
	}
}

// readLevel reads a level into l. One that is not active has no pieces.
func readLevel(r *strictjson.Reader, l *level) *level {
	l.active = true
	for key := range r.Object() {
		switch key {
		case "updatedAt":
			at, err := moment.Parse(r.String())
			if err != nil {
				r.Fail(strictjson.Value, err.Error())
			}
			l.at = at
		case "isActive":
			l.active = r.Bool()
		case "quantities":
			l.pieces = readQuantity(r)
		case "item":
			for key := range r.Object() {
				l.readMember(r, key)
			}
		}
	}
	if !l.active {
		l.pieces = 0
	}
	return l
}

// readQuantity returns the quantity of a list, of which one was selected.
func readQuantity(r *strictjson.Reader) (pieces int64) {
	for range r.Array() {
		for key := range r.Object() {
			if key == "quantity" {
				pieces = r.Int()
			}
		}
	}
	return pieces
}
