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

// Masters are the stores by source ("netsuite"), by store of a source ("shopify/brand.myshopify.com"), or by
// price list ("netsuite/5").
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
		one := sender(source)
		if other, taken := stores[one]; taken {
			return Masters{}, m.wrong(one + " is master of " + other + " and of " + store + "; it can be of one")
		}
		masters[store], stores[one], m.stores[source] = source, store, store
	}
	return m, nil
}

// sender returns the part of an entry's source whose messages go to one store: a store of a source, which
// has a dot in its name, or the system with all its price lists.
func sender(source string) string {
	system, name, _ := strings.Cut(source, "/")
	if strings.Contains(name, ".") {
		return source
	}
	return system
}

func (m Masters) wrong(rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: m.setting, Detail: rule}
}

// Store returns the store of the products of a system's tenant, "" if they go to none. The entry of the tenant
// ("shopify/brand.myshopify.com") wins over that of the system. Without either the error is of class config and
// names the setting.
func (m Masters) Store(system, tenant string) (string, error) {
	if store, known := m.stores[system+"/"+tenant]; known {
		return store, nil
	}
	return m.entry(system)
}

func (m Masters) entry(source string) (string, error) {
	store, known := m.stores[source]
	if !known {
		return "", m.wrong("has no entry for " + strconv.Quote(source) + ": the store, or none if it goes to no store")
	}
	return store, nil
}

// List returns the store of the system's prices and the list that is its price; both are "" if all
// lists go to no store. Each list of the prices needs an entry, and they may lead to one store.
func (m Masters) List(system string, prices []canonical.Price) (store, list string, err error) {
	for i := range prices {
		to, err := m.entry(system + "/" + prices[i].List)
		switch {
		case err != nil:
			return "", "", err
		case to != "" && store != "" && to != store:
			return "", "", m.wrong("lists " + list + " and " + prices[i].List + " of " + system + " lead to " + store + " and to " + to + "; a price goes to one store")
		case to != "":
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
