package inventory

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Most is how many quantities one request sets.
const Most = 100

// Config is what a Target needs.
type Config struct {
	Stores    rest.Stores
	Memory    connector.CrossRef
	Locations map[string]string // "system/location" of the master -> store, or None
	Buffer    int64             // pieces of each SKU that are kept back
	Skip      bool              // a SKU that the store does not have is skipped, not rejected
}

// None is the entry of a location whose stock goes to no store.
const None = "none"

// KeyLocations is the setting that Places reads.
const KeyLocations = "WOOCOMMERCE_STOCK_LOCATIONS"

// Places checks the entries of WOOCOMMERCE_STOCK_LOCATIONS: "netsuite/5" -> "shop.example" or "none".
// Several locations of one system are added up. Errors are fault.Rejected of class config.
func Places(entries map[string]string, stores rest.Stores) error {
	masters := map[string]string{} // entries, by store
	for _, source := range slices.Sorted(maps.Keys(entries)) {
		system, location, found := strings.Cut(source, "/")
		if !found || system == "" || location == "" {
			return wrongPlace(source + " is not a system and its location, such as netsuite/5")
		}
		store := entries[source]
		if store == None {
			continue
		}
		if stores.Of(store) == nil {
			return wrongPlace("the entry of " + source + " is neither none nor one of the stores " + strings.Join(stores.Tenants(), ", "))
		}
		if other := masters[store]; other != "" && !strings.HasPrefix(other, system+"/") {
			return wrongPlace(other + " and " + source + " are both master of the stock of " + store + "; a store has one, whose locations are added up")
		}
		masters[store] = source
	}
	return nil
}

func wrongPlace(rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: KeyLocations, Detail: rule}
}

// Target writes stock levels, one batch of a store at a time.
type Target struct {
	config   Config
	combiner *combine.Combiner[string, wanted, done] // by store
	turns    map[string]chan struct{}                // by store: full while a batch is read and set
}

// New returns the target.
func New(config Config) *Target {
	t := &Target{config: config, turns: map[string]chan struct{}{}}
	for _, store := range config.Stores {
		t.turns[store.Tenant] = make(chan struct{}, 1)
	}
	t.combiner = &combine.Combiner[string, wanted, done]{Most: Most, Do: t.set}
	return t
}

// wanted is the quantity of a SKU at a store.
type wanted struct {
	sku      string
	quantity int64
	sum      func(context.Context) (int64, error) // the quantity by the newest levels
}

// done is what became of it.
type done struct {
	quantity int64 // that the store has now
	receipt  connector.Receipt
}

// rounds is how often a level is set while levels of other locations change.
const rounds = 4

// Deliver sets the sum of the levels of the SKU at the store, together with what else its worker
// received.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, level *canonical.InventoryLevel) (connector.Receipt, error) {
	doing := "setting the stock of " + level.SKU + " at " + rest.Name
	store, sum, err := t.place(d, level)
	if err != nil {
		return connector.Receipt{}, fault.Doing(doing, err)
	}
	quantity, err := sum(ctx)
	switch {
	case err != nil:
		return connector.Receipt{}, fault.Doing(doing, err)
	case store == None:
		return connector.Receipt{Ref: None, Linked: true, Detail: "not set: the stock of location " + level.Location + " of " + d.Message.System() + " goes to no store"}, nil
	}
	for range rounds {
		set, err := t.combiner.Ask(ctx, store, wanted{level.SKU, quantity, sum})
		if err != nil || set.receipt.Linked {
			return set.receipt, fault.Doing(doing, err)
		}
		if quantity, err = sum(ctx); err != nil || quantity == set.quantity {
			return set.receipt, fault.Doing(doing, err)
		}
	}
	return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Doing: doing, Detail: "levels of other locations changed again and again"}
}

// Search returns the id of the product if it has the quantity that the levels ask for.
func (t *Target) Search(ctx context.Context, d connector.Delivery, level *canonical.InventoryLevel) (string, error) {
	doing := "looking up the stock of " + level.SKU + " at " + rest.Name
	store, sum, err := t.place(d, level)
	if err != nil || store == None {
		return "", fault.Doing(doing, err)
	}
	quantity, err := sum(ctx)
	if err != nil {
		return "", fault.Doing(doing, err)
	}
	found, err := products(ctx, t.config.Stores.Of(store), []string{level.SKU})
	if all := found[level.SKU]; err == nil && len(all) == 1 && all[0].managed == "true" && all[0].has == quantity {
		return all[0].ref(), nil
	}
	return "", fault.Doing(doing, err)
}

// attribute is the name under which the levels of a SKU are gathered.
const attribute = "stock"

// place returns the store of the level, and what computes the SKU's quantity there.
func (t *Target) place(d connector.Delivery, level *canonical.InventoryLevel) (store string, sum func(context.Context) (int64, error), err error) {
	source := d.Message.Key()
	name := source.System + "/" + level.Location
	store, known := t.config.Locations[name]
	if !known {
		return "", nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: KeyLocations,
			Detail: "has no entry for " + strconv.Quote(name) + ": the store, or none if its stock goes to no store",
		}
	}
	pieces, err := connector.Pieces(level)
	if err != nil {
		return "", nil, err
	}
	key := message.Key{System: rest.Name, Tenant: source.Tenant, Type: attribute, ID: source.System + "/" + level.SKU}
	if strings.Contains(source.Tenant, ".") { // a store of a system of stores: several may have locations of the sum
		key.Tenant = source.System
	}
	part := connector.Portion{Name: name, Version: d.Message.Sequence, Value: strconv.FormatInt(pieces, 10)}
	return store, func(ctx context.Context) (int64, error) {
		parts, err := t.config.Memory.Gather(ctx, key, attribute, part)
		if err != nil {
			return 0, err
		}
		return t.total(store, parts)
	}, nil
}

// total adds up the pieces at the store's locations, less the buffer.
func (t *Target) total(store string, parts map[string]string) (total int64, err error) {
	for name, value := range parts {
		if t.config.Locations[name] != store {
			continue
		}
		pieces, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return 0, fault.New(fault.Unknown, fault.Bug, "", "what is remembered of location "+name+" is no number of pieces")
		}
		total += pieces
	}
	return max(0, total-t.config.Buffer), nil
}
