package goods

import (
	"maps"
	"slices"

	"causeway.example/shared/fault"
)

// The setting that makes shops masters, and its values.
const (
	KeyMaster = "SHOPIFY_MASTER_OF"
	Products  = "products"
	Prices    = "prices"
)

// none is the value of an entry that leads to no shop.
const none = "none"

// Choice are the settings of shops that are masters.
type Choice struct {
	// MasterOf is what the shops are masters of, and publish.
	MasterOf []string `env:"SHOPIFY_MASTER_OF" validate:"unique,dive,oneof=products prices" needs:"SHOPIFY_ADMIN_TOKEN"`
}

// Publishes reports whether the shops are masters of it.
func (c Choice) Publishes(what string) bool { return slices.Contains(c.MasterOf, what) }

// CheckMasters reports prices without their products, and a shop that is master of what another source is
// master of there. The entries are those of SHOPIFY_PRODUCT_SHOPS and SHOPIFY_PRICE_LISTS. The error is of
// class config.
func (c Choice) CheckMasters(products, prices map[string]string) error {
	if c.Publishes(Prices) && !c.Publishes(Products) {
		return wrong("has prices and not products: a price waits for its product, so add products")
	}
	for _, of := range []struct {
		what, setting string
		entries       map[string]string
	}{{Products, "SHOPIFY_PRODUCT_SHOPS", products}, {Prices, "SHOPIFY_PRICE_LISTS", prices}} {
		for _, source := range slices.Sorted(maps.Keys(of.entries)) {
			if shop := of.entries[source]; shop != none && c.Publishes(of.what) {
				return wrong("has " + of.what + ", and " + of.setting + " makes " + source + " their master in " + shop + "; a shop has one master of its " + of.what)
			}
		}
	}
	return nil
}

func wrong(rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: KeyMaster, Doing: "opening shopify", Detail: rule}
}
