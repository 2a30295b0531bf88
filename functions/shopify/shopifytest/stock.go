package shopifytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// mostQuantities is how many quantities one mutation sets.
const mostQuantities = 250

// stockItem is the inventory item of a variant.
type stockItem struct {
	id        int64
	sku       string
	untracked bool
	levels    map[string]int64     // available, by the id of the location
	changed   map[string]time.Time // … since when; Start if it is missing
	inactive  map[string]bool      // … no longer stocked there
}

// set gives the item pieces at the location.
func (s *stockItem) set(location string, pieces int64, at time.Time) {
	if s.changed == nil {
		s.changed, s.inactive = map[string]time.Time{}, map[string]bool{}
	}
	s.levels[location], s.changed[location] = pieces, at
	delete(s.inactive, location)
}

// stocks is what the shop has in stock.
type stocks struct {
	items  []*stockItem
	places map[string]bool        // locations beside those at which something is stocked
	sales  []func()               // after the next read of levels
	keys   map[string]idempotency // by the key of a mutation
	sets   []int                  // quantities of each mutation that was executed
}

// idempotency is a mutation that was executed under a key.
type idempotency struct {
	parameters string
	answer     object
}

// Stock makes a variant with the SKU if there is none, and gives it pieces at the location. A
// negative number makes the item without stocking it there.
func (f *Fake) Stock(sku, location string, available int64) {
	f.StockAt(sku, location, available, f.clock())
}

// StockAt is Stock at a time.
func (f *Fake) StockAt(sku, location string, available int64, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.stock.items, func(s *stockItem) bool { return s.sku == sku })
	if i < 0 {
		i = len(f.stock.items)
		f.stock.items = append(f.stock.items, &stockItem{id: 43_729_076 + int64(i), sku: sku, levels: map[string]int64{}})
	}
	if available >= 0 {
		f.stock.items[i].set(location, available, at)
	}
}

// Duplicate makes a second variant with a SKU that there is.
func (f *Fake) Duplicate(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stock.items = append(f.stock.items, &stockItem{id: 43_729_076 + int64(len(f.stock.items)), sku: sku, levels: map[string]int64{}})
}

// Untrack makes the shop stop counting the SKU.
func (f *Fake) Untrack(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.stock.items {
		s.untracked = s.untracked || s.sku == sku
	}
}

// SellAfterRead sells pieces right after the next read of stock levels, before anything is set.
func (f *Fake) SellAfterRead(sku, location string, pieces int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stock.sales = append(f.stock.sales, func() {
		for _, s := range f.stock.items {
			if s.sku == sku {
				s.set(location, s.levels[location]-pieces, f.clock())
			}
		}
	})
}

// Available returns the pieces of each SKU at the location, of those that are stocked there.
func (f *Fake) Available(location string) map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]int64{}
	for _, s := range f.stock.items {
		if n, stocked := s.levels[location]; stocked {
			all[s.sku] = n
		}
	}
	return all
}

// StockMutations returns the number of quantities of each mutation that asked to set stock, rejected
// ones included and repeated ones not.
func (f *Fake) StockMutations() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.stock.sets)
}

// itemsWith returns those with one of the SKUs of a search such as sku:"A" OR sku:"B". A search
// compares without case, as Shopify's does.
func (f *Fake) itemsWith(search, location string) []any {
	var wanted []string
	for term := range strings.SplitSeq(search, " OR ") {
		sku, err := strconv.Unquote(strings.TrimPrefix(term, "sku:"))
		if err != nil {
			return nil // no search of the connector's
		}
		wanted = append(wanted, strings.ToLower(sku))
	}
	found := []any{}
	for _, s := range f.stock.items {
		if !slices.Contains(wanted, strings.ToLower(s.sku)) {
			continue
		}
		found = append(found, s.showItem(location))
	}
	return found
}

// sold executes the sales that were to come after a read.
func (f *Fake) sold() {
	for _, sell := range f.stock.sales {
		sell()
	}
	f.stock.sales = nil
}

// refuseStock returns what Shopify rejects of a stock mutation before it executes it: one without
// an idempotency key, one of too many quantities, and one that does not say what it changes from.
func refuseStock(operation *ast.OperationDefinition, variables map[string]any) (Answer, bool) {
	for _, field := range fields(operation.SelectionSet) {
		if field.Name != "inventorySetQuantities" && field.Name != "inventoryActivate" {
			continue
		}
		if strings.TrimSpace(keyOf(field, variables)) == "" {
			return failed("BAD_REQUEST", "The @idempotent directive is required for this mutation"), true
		}
		input, _ := argument(field, "input", variables).(map[string]any)
		quantities := elements(input["quantities"])
		if len(quantities) > mostQuantities {
			return failed("MAX_INPUT_SIZE_EXCEEDED", "The input array size is greater than the maximum allowed of 250"), true
		}
		for _, one := range quantities {
			if _, given := one.(map[string]any)["changeFromQuantity"]; !given {
				return failed("INVALID_FIELD_ARGUMENTS", "changeFromQuantity must be given"), true
			}
		}
	}
	return Answer{}, false
}

// keyOf returns the idempotency key of a mutation.
func keyOf(field *ast.Field, variables map[string]any) string {
	directive := field.Directives.ForName("idempotent")
	if directive == nil {
		return ""
	}
	value, err := directive.Arguments.ForName("key").Value.Value(variables)
	if err != nil {
		return "" // the validation has rejected it already
	}
	return toText(value)
}

// idempotent executes a mutation once for its key.
func (f *Fake) idempotent(field *ast.Field, variables map[string]any, execute func() object) object {
	given := maps.Clone(variables)
	delete(given, "key")
	parameters := fmt.Sprint(given)
	before, known := f.stock.keys[keyOf(field, variables)]
	switch {
	case known && before.parameters == parameters:
		return before.answer
	case known:
		return object{"userErrors": []any{userError("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The same idempotency key cannot be used with different operation parameters.")}}
	}
	if f.stock.keys == nil {
		f.stock.keys = map[string]idempotency{}
	}
	answer := execute()
	f.stock.keys[keyOf(field, variables)] = idempotency{parameters, answer}
	return answer
}

func userError(code, text string, path ...any) object {
	var field any
	if len(path) > 0 {
		field = path
	}
	return object{"code": code, "message": text, "field": field}
}

// setStock sets all quantities, or none if one of them is rejected.
func (f *Fake) setStock(input map[string]any) object {
	quantities, errs, seen := elements(input["quantities"]), []any{}, map[string]bool{}
	f.stock.sets = append(f.stock.sets, len(quantities))
	set := make([]func(), 0, len(quantities))
	for i, one := range quantities {
		q := one.(map[string]any)
		location := strings.TrimPrefix(toText(q["locationId"]), "gid://shopify/Location/")
		n, s := count64(q["quantity"]), f.itemOf(toText(q["inventoryItemId"]))
		var code string
		at := "inventoryItemId"
		switch pair := toText(q["inventoryItemId"]) + " " + location; {
		case s == nil:
			code = "INVALID_INVENTORY_ITEM"
		case seen[pair]:
			code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
		case n < 0:
			code, at = "INVALID_QUANTITY_NEGATIVE", "quantity"
		case n > 1_000_000_000:
			code, at = "INVALID_QUANTITY_TOO_HIGH", "quantity"
		case !s.at(location):
			code, at = "INVALID_LOCATION", "locationId"
		case q["changeFromQuantity"] != nil && count64(q["changeFromQuantity"]) != s.levels[location]:
			code, at = "CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity"
		default:
			seen[pair] = true
			set = append(set, func() { s.set(location, n, f.clock()) })
			continue
		}
		errs = append(errs, userError(code, "rejected", "input", "quantities", strconv.Itoa(i), at))
	}
	if len(errs) > 0 {
		return object{"userErrors": errs}
	}
	for _, each := range set {
		each()
	}
	return object{"inventoryAdjustmentGroup": object{"id": "gid://shopify/InventoryAdjustmentGroup/1"}, "userErrors": errs}
}

func (f *Fake) itemOf(gid string) *stockItem {
	i := slices.IndexFunc(f.stock.items, func(s *stockItem) bool { return gid == "gid://shopify/InventoryItem/"+strconv.FormatInt(s.id, 10) })
	if i < 0 {
		return nil
	}
	return f.stock.items[i]
}

func (s *stockItem) at(location string) bool {
	_, stocked := s.levels[location]
	return stocked
}

// activateStock stocks an item at a location with 0 pieces. One that is stocked stays as it is.
func (f *Fake) activateStock(item, gid string) object {
	location, s := strings.TrimPrefix(gid, "gid://shopify/Location/"), f.itemOf(item)
	if s == nil {
		return object{"userErrors": []any{object{"message": "The product couldn't be stocked because it wasn't found.", "field": []any{"inventoryItemId"}}}}
	}
	if !s.at(location) {
		s.set(location, 0, f.clock())
	}
	return object{"inventoryLevel": s.show(location), "userErrors": []any{}}
}

func count64(value any) int64 {
	switch v := value.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return -1 // the schema has rejected it already
		}
		return n
	}
	return 0
}
