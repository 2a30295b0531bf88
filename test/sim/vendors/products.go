package vendors

import (
	"math/rand/v2"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/test/sim"
)

// The price list of the model's shop, and the price with which a product is created.
const (
	list     = "5"
	firstPay = 100 // minor units
)

// retired is the content of a product that is not sold any more.
const retired = "retired"

// articles draws products with changes of their title. One has prices, which return as those of real
// articles do. If the target retires products, another one may be retired in the end.
func articles(random *rand.Rand, prices, retires bool) (all []sim.State) {
	for i := range 2 {
		changes := 1 + random.IntN(3)
		for v := range changes {
			s := sim.State{Type: canonical.ProductUpserted, Kind: "product", ID: sku(i), Version: v + 1}
			if retires && i == 1 && v == changes-1 && random.IntN(2) == 0 {
				s.Type, s.Closed, s.Content = canonical.ProductRetired, true, retired
			}
			all = append(all, s)
		}
	}
	for v := range 1 + random.IntN(4) {
		if prices {
			all = append(all, sim.State{Type: canonical.PriceChanged, Kind: "price", ID: sku(0), Parent: "product/" + sku(0), Version: v + 1, Content: price(v).Decimal().String()})
		}
	}
	return all
}

func price(version int) canonical.Money { return dollars(2000 + int64(version%2)*100) }

// productBody is the body of a product, whose state is the title, or of its prices.
func productBody(s sim.State) any {
	at := noon.Add(time.Duration(s.Version) * time.Minute)
	if s.Kind == "price" {
		amount := price(s.Version - 1).Decimal()
		return &canonical.PriceList{SKU: s.ID, UpdatedAt: at, Prices: []canonical.Price{{List: list, Currency: "USD", Amount: amount}}}
	}
	return &canonical.Product{
		ID: s.ID, SKU: s.ID, Title: s.Content, Active: !s.Closed, UpdatedAt: at,
		Prices: []canonical.Price{{List: list, Currency: "USD", Amount: canonical.NewDecimal(firstPay, 2)}},
	}
}

// pricedAt adds the price of an article to the books. The one with which it was created is no state.
func pricedAt(books map[string]sim.Holding, sku, price string) {
	if price != dollars(firstPay).Decimal().String() {
		hold(books, "price/"+sku, price)
	}
}

// title is the content of a product's books.
func title(name string, isRetired bool) string {
	if isRetired {
		return retired + ", closed"
	}
	return name
}

func shipbobProducts() sim.Vendor {
	return sim.Vendor{
		Name:  "shipbob-product",
		Trade: func(random *rand.Rand) []sim.State { return articles(random, false, false) },
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := shipbobtest.New(now)
			settings := with(fake.Settings(sim.VendorURL), map[string]string{"SHIPBOB_CHANNELS": store + "=100001", "SHIPBOB_PRODUCT_ACCOUNTS": "shop=main"})
			return itemMaster{account{fake, shipbob.Open, settings}, fake}
		},
	}
}

// itemMaster is the catalog of a ShipBob account.
type itemMaster struct {
	account
	fake *shipbobtest.Fake
}

// Body implements sim.Stand.
func (itemMaster) Body(s sim.State) any { return productBody(s) }

// Books implements sim.Stand.
func (m itemMaster) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, p := range m.fake.Catalog() {
		hold(books, "product/"+p.SKU, p.Title)
	}
	return books
}

func shopifyProducts() sim.Vendor {
	return sim.Vendor{
		Name:  "shopify-product",
		Trade: func(random *rand.Rand) []sim.State { return articles(random, true, true) },
		Open: func(func() time.Time, *rand.Rand) sim.Stand {
			fake := shopifytest.New()
			settings := with(fake.Settings(sim.VendorURL), map[string]string{
				"SHOPIFY_PRODUCT_SHOPS": "shop=" + shopifytest.Shop, "SHOPIFY_PRICE_LISTS": "shop/" + list + "=" + shopifytest.Shop, "SHOPIFY_PRODUCT_STATUS": "active",
			})
			return catalog{account{fake, shopify.Open, settings}, fake}
		},
	}
}

// catalog is what a Shopify shop sells.
type catalog struct {
	account
	fake *shopifytest.Fake
}

// Body implements sim.Stand.
func (catalog) Body(s sim.State) any { return productBody(s) }

// Books implements sim.Stand.
func (c catalog) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, p := range c.fake.Products() {
		for _, v := range p.Variants {
			hold(books, "product/"+v.SKU, title(p.Title, p.Status == "ARCHIVED"))
			pricedAt(books, v.SKU, v.Price)
		}
	}
	return books
}

func woocommerceProducts() sim.Vendor {
	return sim.Vendor{
		Name:  "woocommerce-product",
		Trade: func(random *rand.Rand) []sim.State { return articles(random, true, true) },
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := woocommercetest.New()
			fake.Now = now
			settings := with(fake.Settings(sim.VendorURL), map[string]string{
				"WOOCOMMERCE_PRODUCT_STORES": "shop=shop.example", "WOOCOMMERCE_PRICE_LISTS": "shop/" + list + "=shop.example",
				"WOOCOMMERCE_CURRENCY": "USD", "WOOCOMMERCE_PRODUCT_STATUS": "publish",
			})
			return shelves{account{fake, woocommerce.Open, settings}, fake}
		},
	}
}

// shelves are what a WooCommerce store sells.
type shelves struct {
	account
	fake *woocommercetest.Fake
}

// Body implements sim.Stand.
func (shelves) Body(s sim.State) any { return productBody(s) }

// Books implements sim.Stand.
func (s shelves) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, p := range s.fake.Products() {
		hold(books, "product/"+p.SKU, title(p.Name, p.Status == "draft"))
		pricedAt(books, p.SKU, p.Regular)
	}
	return books
}
