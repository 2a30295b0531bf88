package connector

import (
	"strconv"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// Pieces returns how many whole pieces of the level a store may sell: what is available, rounded
// down, and never below 0. Errors are fault.Invalid for a level without it, and fault.Rejected for
// one in another unit.
func Pieces(level *canonical.InventoryLevel) (int64, error) {
	switch {
	case level.Available == nil:
		return 0, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Field: "available", Detail: "is missing, and a store sells by it"}
	case level.Available.Unit != canonical.Pieces(canonical.Decimal{}).Unit:
		return 0, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "available.unit", Detail: strconv.Quote(level.Available.Unit) + ": a store counts pieces, C62"}
	}
	return max(0, level.Available.Value.Floor()), nil
}
