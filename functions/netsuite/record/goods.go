package record

import (
	"slices"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// IsGroup reports whether items of the type are groups, whose members are lines of their own, or the end of one.
func IsGroup(itemType string) bool { return itemType == "Group" || itemType == "EndGroup" }

// IsGoods reports whether lines of items of the type, as SuiteQL has it, are goods.
func IsGoods(itemType string) bool {
	return !IsGroup(itemType) && !slices.Contains([]string{"ShipItem", "TaxItem", "TaxGroup", "Discount", "Markup", "Subtotal", "Description", "Payment"}, itemType)
}

// ReadQuantity reads a quantity that SuiteQL writes as text. One below zero is an error.
func ReadQuantity(r *wire.Reader) canonical.Decimal {
	n, err := canonical.ParseDecimal(r.String())
	switch {
	case err != nil:
		r.Refuse(err)
	case n.Sign() < 0:
		r.Fail(strictjson.Value, "is below zero")
	}
	return n.Normal()
}
