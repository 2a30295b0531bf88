package inventory

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

const (
	// queryLevels costs at most 153 points, for a page of as many items as SKUs are searched at once.
	queryLevels = `query inventoryLevels($search: String!, $location: ID!, $after: String) {
  inventoryItems(first: 50, after: $after, query: $search) {
    nodes {
      id sku tracked
      inventoryLevel(locationId: $location) { quantities(names: ["available"]) { quantity } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`
	mutationSet = `mutation setInventory($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}`
	mutationActivate = `mutation activateInventory($item: ID!, $location: ID!, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location) @idempotent(key: $key) {
    inventoryLevel { quantities(names: ["available"]) { quantity } }
    userErrors { field message }
  }
}`
)

// stock is what Shopify has of a SKU at a location.
type stock struct {
	item    string // id of the inventory item
	tracked bool
	stocked bool  // at the location
	has     int64 // available
}

// skusAtOnce is how many SKUs one search names.
const skusAtOnce = 50

// stocks returns the stock of the SKUs at the location, one entry for each item that has the SKU.
func (b *batch) stocks(ctx context.Context, location string, skus []string) (map[string][]stock, error) {
	found := map[string][]stock{}
	for some := range slices.Chunk(skus, skusAtOnce) {
		each := func(sku string, s stock) {
			if slices.Contains(some, sku) { // a search also finds what only resembles it
				found[sku] = append(found[sku], s)
			}
		}
		if err := b.search(ctx, location, some, each); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// search reads all pages of the items with the SKUs.
func (b *batch) search(ctx context.Context, location string, skus []string, each func(string, stock)) error {
	for after := ""; ; {
		next, err := b.page(ctx, location, admin.BySKU(skus...), after, each)
		if err != nil || next == "" || next == after {
			return err
		}
		after = next
	}
}

func (b *batch) page(ctx context.Context, location, search, after string, each func(string, stock)) (next string, err error) {
	c := admin.Call{Shop: b.shop, Doing: "reading stock levels of " + b.shop, Query: queryLevels, Variables: []admin.Variable{
		{Name: "search", Value: search}, {Name: "location", Value: payload.GID("Location", location)},
	}}
	if after != "" {
		c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: after})
	}
	c.Read = func(r *strictjson.Reader) {
		members(r, "inventoryItems", func(key string) {
			switch key {
			case "nodes":
				for range r.Array() {
					each(readItem(r))
				}
			case "pageInfo":
				next = admin.NextCursor(r)
			}
		})
	}
	_, err = b.config.API.Query(ctx, c)
	return next, err
}

// members reads the members of the object of that name in data.
func members(r *strictjson.Reader, name string, each func(key string)) {
	for key := range r.Object() {
		if key != name || r.Null() {
			continue
		}
		for key := range r.Object() {
			each(key)
		}
	}
}

func readItem(r *strictjson.Reader) (sku string, s stock) {
	for key := range r.Object() {
		switch {
		case key == "id":
			s.item = payload.ID(r.ID())
		case key == "sku":
			sku, _ = r.NullString()
		case key == "tracked":
			s.tracked = r.Bool()
		case key == "inventoryLevel" && !r.Null():
			s.stocked, s.has = true, readLevel(r)
		}
	}
	return sku, s
}

// readLevel returns the quantity of a level, of which one was selected.
func readLevel(r *strictjson.Reader) (available int64) {
	for key := range r.Object() {
		if key != "quantities" {
			continue
		}
		for range r.Array() {
			for key := range r.Object() {
				if key == "quantity" {
					available = r.Int()
				}
			}
		}
	}
	return available
}

// userError is one entry of a mutation's userErrors. Its text is dropped unless there is no code.
type userError struct {
	code, field, text string
	index             int // of the quantity that it is about, -1 if it names none
}

func readUserError(r *strictjson.Reader) userError {
	e := userError{index: -1}
	for key := range r.Object() {
		switch {
		case key == "code":
			e.code, _ = r.NullString()
		case key == "message":
			e.text, _ = r.NullString()
		case key == "field" && !r.Null():
			var path []string
			for range r.Array() {
				path = append(path, r.String())
			}
			e.field, e.index = strings.Join(path, "."), indexOf(path)
		}
	}
	return e
}

// indexOf returns 3 of the path input.quantities.3.changeFromQuantity.
func indexOf(path []string) int {
	at := slices.Index(path, "quantities") + 1
	if at == 0 || at >= len(path) {
		return -1
	}
	i, err := strconv.Atoi(path[at])
	if err != nil || i < 0 {
		return -1
	}
	return i
}

// setAll sends one mutation for the levels, and returns its user errors. The key also names the
// write in the shop's inventory history.
func (b *batch) setAll(ctx context.Context, levels []*level, key string) ([]userError, error) {
	var all []userError
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("name", "available")
	w.StrField("reason", "correction")
	w.StrField("referenceDocumentUri", "gid://causeway/StockUpdate/"+key)
	w.Key("quantities").Arr()
	for _, l := range levels {
		w.Obj()
		w.StrField("inventoryItemId", payload.GID("InventoryItem", l.stock.item))
		w.StrField("locationId", payload.GID("Location", l.location))
		w.NumField("quantity", strconv.FormatInt(l.quantity, 10))
		w.NumField("changeFromQuantity", strconv.FormatInt(l.stock.has, 10))
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	_, err := b.config.API.Query(ctx, admin.Call{
		Shop: b.shop, Doing: "setting stock levels of " + b.shop, Query: mutationSet, Input: w.Bytes(), Variables: []admin.Variable{{Name: "key", Value: key}},
		Read: func(r *strictjson.Reader) {
			members(r, "inventorySetQuantities", func(key string) {
				if key == "userErrors" {
					for range r.Array() {
						all = append(all, readUserError(r))
					}
				}
			})
		},
	})
	return all, err
}

// activate stocks the item at its location, and returns the quantity that it has there then.
func (b *batch) activate(ctx context.Context, l *level, key string) (available int64, err error) {
	var failed *userError
	_, err = b.config.API.Query(ctx, admin.Call{
		Shop: b.shop, Doing: l.doing, Query: mutationActivate, Variables: []admin.Variable{
			{Name: "item", Value: payload.GID("InventoryItem", l.stock.item)}, {Name: "location", Value: payload.GID("Location", l.location)}, {Name: "key", Value: key},
		},
		Read: func(r *strictjson.Reader) {
			members(r, "inventoryActivate", func(key string) {
				switch {
				case key == "inventoryLevel" && !r.Null():
					available = readLevel(r)
				case key == "userErrors":
					for range r.Array() {
						e := readUserError(r)
						failed = &e
					}
				}
			})
		},
	})
	if err == nil && failed != nil {
		err = &fault.Error{
			Kind: fault.Rejected, Class: fault.Value, Status: http.StatusOK, Code: "user_error", Field: failed.field,
			Detail: "Shopify does not stock " + l.sku + " at location " + l.location + "; activate it there by hand",
		}
	}
	return available, err
}

// verdicts lead from the codes of a user error of inventorySetQuantities to what they mean. Any
// other code is about the value, and is not retried.
var verdicts = map[string]fault.Error{
	"CHANGE_FROM_QUANTITY_STALE":         {Kind: fault.Rejected, Class: fault.Conflict, Detail: "Shopify has another quantity than it just showed"},
	"COMPARE_QUANTITY_STALE":             {Kind: fault.Rejected, Class: fault.Conflict, Detail: "Shopify has another quantity than it just showed"},
	"IDEMPOTENCY_CONCURRENT_REQUEST":     {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Detail: "the same request is in progress"},
	"IDEMPOTENCY_KEY_PARAMETER_MISMATCH": {Kind: fault.Rejected, Class: fault.Bug, Detail: "another request had the same key"},
	"INVALID_LOCATION":                   {Kind: fault.Rejected, Class: fault.Config, Field: KeyLocations, Detail: "names a location that the shop does not have"},
}

const (
	codeStale = "CHANGE_FROM_QUANTITY_STALE"
	codeSpent = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
)

func (e *userError) fault() *fault.Error {
	f, known := verdicts[e.code]
	if !known {
		f = fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "available", Detail: "Shopify rejects the quantity at " + e.field}
	}
	f.Code, f.Status = e.code, http.StatusOK
	if f.Code == "" {
		f.Code = "user_error"
	}
	return &f
}
