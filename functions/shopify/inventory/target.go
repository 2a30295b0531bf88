package inventory

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/shared/canonical"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Most is how many quantities one mutation sets.
const Most = 250

// Config is what a Target needs.
type Config struct {
	API       *admin.Client
	Locations map[string]Place // by "system/location" of the source
	Buffer    int64            // pieces that are kept back
	Skip      bool             // a SKU that the shop does not have is skipped, not rejected
}

// Place is a location of a shop. The zero value is that of a source's location whose stock goes
// nowhere.
type Place struct {
	Shop string // domain
	ID   string // Shopify's id of the location
}

// KeyLocations is the setting that Places reads.
const KeyLocations = "SHOPIFY_STOCK_LOCATIONS"

var placeForm = regexp.MustCompile(`^(.+)/(\d+)$`)

// Places reads the entries of SHOPIFY_STOCK_LOCATIONS: "netsuite/5" -> "brand.myshopify.com/655441491"
// or "none". Errors are fault.Rejected of class config. Two entries with the same location are one:
// each would be master of its stock.
func Places(entries map[string]string, shops []string) (map[string]Place, error) {
	places, masters := make(map[string]Place, len(entries)), map[string]string{}
	for _, source := range slices.Sorted(maps.Keys(entries)) {
		to := entries[source]
		if system, location, found := strings.Cut(source, "/"); !found || system == "" || location == "" {
			return nil, wrongPlace(source + " is not a system and its location, such as netsuite/5")
		}
		if to == "none" {
			places[source] = Place{}
			continue
		}
		parts := placeForm.FindStringSubmatch(to)
		if parts == nil || !slices.Contains(shops, parts[1]) {
			return nil, wrongPlace("the entry of " + source + " is neither none nor a shop of SHOPIFY_SHOPS with the id of a location, such as brand.myshopify.com/655441491")
		}
		if other, taken := masters[to]; taken {
			return nil, wrongPlace(other + " and " + source + " are both master of the stock of " + to + "; a location has one")
		}
		masters[to], places[source] = source, Place{Shop: parts[1], ID: parts[2]}
	}
	return places, nil
}

func wrongPlace(rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: KeyLocations, Detail: rule}
}

// Target writes stock levels, one batch of a shop at a time. It keeps nothing between calls.
type Target struct {
	config   Config
	combiner *combine.Combiner[string, wanted, connector.Receipt] // by shop
	turns    map[string]chan struct{}                             // by shop: full while a batch is read and set
}

// New returns the target.
func New(config Config) *Target {
	t := &Target{config: config, turns: map[string]chan struct{}{}}
	for _, place := range config.Locations {
		t.turns[place.Shop] = make(chan struct{}, 1)
	}
	t.combiner = &combine.Combiner[string, wanted, connector.Receipt]{Most: Most, Do: t.set}
	return t
}

// wanted is the quantity that a level asks for.
type wanted struct {
	sku      string
	location string // Shopify's id
	quantity int64
	event    string // id of the message
	doing    string
}

// Deliver sets the level of the SKU at the location, together with what else its worker received.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, level *canonical.InventoryLevel) (connector.Receipt, error) {
	shop, w, err := t.wanted(d, level)
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case shop == "":
		return connector.Receipt{Ref: "none", Linked: true, Detail: "not set: the stock of location " + level.Location + " of " + d.Message.System() + " goes to no shop"}, nil
	}
	receipt, err := t.combiner.Ask(ctx, shop, w)
	return receipt, fault.Doing(w.doing, err)
}

// Search returns the id of the inventory item if it has the quantity that the level asks for.
func (t *Target) Search(ctx context.Context, d connector.Delivery, level *canonical.InventoryLevel) (string, error) {
	shop, w, err := t.wanted(d, level)
	if err != nil || shop == "" {
		return "", err
	}
	found, err := (&batch{Target: t, shop: shop}).stocks(ctx, w.location, []string{w.sku})
	if all := found[w.sku]; err == nil && len(all) == 1 && all[0].stocked && all[0].has == w.quantity {
		return all[0].item, nil
	}
	return "", fault.Doing(w.doing, err)
}

// wanted returns the level's shop and quantity there. The shop is "" if its stock goes to none.
func (t *Target) wanted(d connector.Delivery, level *canonical.InventoryLevel) (shop string, w wanted, err error) {
	w = wanted{sku: level.SKU, event: d.Message.ID, doing: "setting the stock of " + level.SKU + " at shopify"}
	source := d.Message.System() + "/" + level.Location
	place, known := t.config.Locations[source]
	if !known {
		return "", w, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: KeyLocations, Doing: w.doing,
			Detail: "has no entry for " + strconv.Quote(source) + ": the shop's location, or none if its stock goes to no shop",
		}
	}
	if place == (Place{}) {
		return "", w, nil
	}
	w.location = place.ID
	w.quantity, err = t.quantity(level)
	return place.Shop, w, fault.Doing(w.doing, err)
}

// quantity returns what is available in whole pieces, less the buffer, and never below 0.
func (t *Target) quantity(level *canonical.InventoryLevel) (int64, error) {
	pieces, err := connector.Pieces(level)
	return max(0, pieces-t.config.Buffer), err
}
