package vendors

import (
	"math/rand/v2"
	"strconv"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/test/sim"
)

// Where the stock is: the location of the model's shop, and that of the vendor.
const (
	location = "5"
	place    = "655441491"
	// mostPieces is more than any level has.
	mostPieces = 102
)

func stockVendor() sim.Vendor {
	return sim.Vendor{
		Name:  "shopify-inventory",
		Trade: levels,
		Open: func(_ func() time.Time, random *rand.Rand) sim.Stand {
			fake := shopifytest.New()
			for i := range 3 {
				fake.Stock(sku(i), place, 40)
			}
			if random.IntN(2) == 0 { // what was read is no longer so when it is set
				fake.SellAfterRead(sku(0), place, 1)
			}
			settings := with(fake.Settings(sim.VendorURL), map[string]string{
				"SHOPIFY_STOCK_LOCATIONS": "shop/" + location + "=" + shopifytest.Shop + "/" + place,
			})
			return shelf{account{fake, shopify.Open, settings}, fake}
		},
	}
}

func sku(i int) string { return "TEE-" + strconv.Itoa(i) }

// levels draws the quantities of three articles, one after the other. Quantities return, as those of
// real stock do.
func levels(random *rand.Rand) (all []sim.State) {
	for i := range 3 {
		for v := range 1 + random.IntN(4) {
			all = append(all, sim.State{Type: canonical.InventoryLevelSet, Kind: "inventory", ID: sku(i) + "@" + location, Version: v + 1, Content: strconv.Itoa(mostPieces - v%2)})
		}
	}
	return all
}

// shelf is a Shopify shop with stock.
type shelf struct {
	account
	fake *shopifytest.Fake
}

// Body implements sim.Stand.
func (shelf) Body(s sim.State) any {
	n, _ := strconv.ParseInt(s.Content, 10, 64) // as levels wrote it
	available := pieces(n)
	return &canonical.InventoryLevel{
		SKU: s.ID[:len(s.ID)-len("@"+location)], Location: location, Available: &available, At: noon.Add(time.Duration(s.Version) * time.Minute),
	}
}

// Books implements sim.Stand.
func (s shelf) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for sku, n := range s.fake.Available(place) {
		hold(books, "inventory/"+sku+"@"+location, strconv.FormatInt(n, 10))
	}
	return books
}
