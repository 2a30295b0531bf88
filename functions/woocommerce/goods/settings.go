package goods

import (
	"maps"
	"slices"

	"causeway.example/shared/fault"
)

// What a store can be master of.
const (
	products = "products"
	prices   = "prices"
	stock    = "stock"
)

// Choice is the setting of what is published.
type Choice struct {
	// MasterOf is what the stores are masters of, and publish: products, prices, stock.
	MasterOf []string `env:"WOOCOMMERCE_MASTER_OF" validate:"unique,dive,oneof=products prices stock" needs:"WOOCOMMERCE_CONSUMER_KEY,WOOCOMMERCE_CONSUMER_SECRET"`
}

// On reports whether anything is published.
func (c Choice) On() bool { return len(c.MasterOf) > 0 }

func (c Choice) publishes(what string) bool { return slices.Contains(c.MasterOf, what) }

const (
	keyMaster = "WOOCOMMERCE_MASTER_OF"
	none      = "none" // the entry of a source that goes to no store
)

// Targets are the settings that make a store the target of a source, each with its entries.
type Targets struct{ Products, Prices, Stock map[string]string }

// Check rejects a choice by which a field of a store would have two masters. The error is of class config
// and names both settings.
func (c Choice) Check(t Targets) error {
	if c.publishes(prices) && !c.publishes(products) {
		return wrong("has prices without products, and a price waits for its product: add products")
	}
	for _, each := range []struct {
		what, setting string
		entries       map[string]string
	}{{products, "WOOCOMMERCE_PRODUCT_STORES", t.Products}, {prices, "WOOCOMMERCE_PRICE_LISTS", t.Prices}, {stock, "WOOCOMMERCE_STOCK_LOCATIONS", t.Stock}} {
		for _, source := range slices.Sorted(maps.Keys(each.entries)) {
			if to := each.entries[source]; to != none && c.publishes(each.what) {
				return wrong("has " + each.what + ", and " + each.setting + " makes " + source + " master of the " + each.what + " of " + to + "; a store has one master: set that entry to none, or leave " + each.what + " out")
			}
		}
	}
	return nil
}

func wrong(rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: keyMaster, Detail: rule}
}
