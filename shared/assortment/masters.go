package assortment

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// None is the entry of a source or price list that goes to no store.
const None = "none"

// Masters are the stores by source ("netsuite") or by price list ("netsuite/5").
type Masters struct {
	setting string
	stores  map[string]string // "" for None
}

// Parse reads the entries of a setting, such as "netsuite" -> "brand.myshopify.com". The function
// returns the tenant that an entry names, and false if it is no store of the system. Errors are
// fault.Rejected of class config.
func Parse(setting string, entries map[string]string, tenant func(store string) (string, bool)) (Masters, error) {
	m := Masters{setting: setting, stores: map[string]string{}}
	masters, stores := map[string]string{}, map[string]string{}
	for _, source := range slices.Sorted(maps.Keys(entries)) {
		if entries[source] == None {
			m.stores[source] = ""
			continue
		}
		store, known := tenant(entries[source])
		if !known {
			return Masters{}, m.wrong("the entry of " + source + " is neither none nor a store of the connector")
		}
		if other, taken := masters[store]; taken {
			return Masters{}, m.wrong(other + " and " + source + " are both master of " + store + "; a store has one")
		}
		system, _, _ := strings.Cut(source, "/")
		if other, taken := stores[system]; taken {
			return Masters{}, m.wrong(system + " is master of " + other + " and of " + store + "; it can be of one")
		}
		masters[store], stores[system], m.stores[source] = source, store, store
	}
	return m, nil
}

func (m Masters) wrong(rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: m.setting, Detail: rule}
}

// Store returns the store of the source or price list, "" if it goes to none. Without an entry the
// error is of class config and names the setting.
func (m Masters) Store(source string) (string, error) {
	store, known := m.stores[source]
	if !known {
		return "", m.wrong("has no entry for " + strconv.Quote(source) + ": the store, or none if it goes to no store")
	}
	return store, nil
}

// List returns the store of the system's prices and the list that is its price; both are "" if all
// lists go to no store. Each list of the prices needs an entry.
func (m Masters) List(system string, prices []canonical.Price) (store, list string, err error) {
	for i := range prices {
		to, err := m.Store(system + "/" + prices[i].List)
		if err != nil {
			return "", "", err
		}
		if to != "" {
			store, list = to, prices[i].List
		}
	}
	return store, list, nil
}

// In returns the price of the list in the currency, nil if there is none.
func In(prices []canonical.Price, list, currency string) *canonical.Price {
	for i := range prices {
		if prices[i].List == list && prices[i].Currency == currency {
			return &prices[i]
		}
	}
	return nil
}
