package day

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/kitting"
)

// The location, the price level and the currency that the ERP is master of in the stores.
const (
	erpLocation   = "5"
	storeLocation = "655441491"
	erpLevel      = "5"
	erpCurrency   = "1"
)

// The kit, and the component of it whose stock changes.
const (
	kit       = "KIT-TRAIL"
	component = "SKU-00007"
)

// stocked has the day's articles with a stock, and the pieces of each in the ERP in the morning.
func stocked() map[string]int64 {
	pieces := map[string]int64{}
	for i := range 20 {
		pieces[sku(i)] = int64(3 * i)
	}
	return pieces
}

// PrepareMaster gives the ERP its stock of the morning and a kit, and returns the settings of what it is
// master of: stock, items with their prices, and the end and the state of an order.
func PrepareMaster(erp *netsuitetest.Fake) (map[string]string, error) {
	for name, n := range stocked() {
		pieces := strconv.FormatInt(n, 10)
		if err := erp.SetStock(name, erpLocation, pieces, pieces, shopifytest.Start); err != nil {
			return nil, err
		}
	}
	members := []netsuitetest.Member{{SKU: component, Quantity: "2"}, {SKU: "SKU-00009", Quantity: "1"}}
	err := erp.SetKit(netsuitetest.Kit{SKU: kit, Members: members, Changed: shopifytest.Start})
	settings := erpSettings()
	maps.Copy(settings, map[string]string{
		"NETSUITE_STOCK_LOCATIONS": erpLocation, "NETSUITE_ITEMS": "all", "NETSUITE_PRICE_LEVELS": erpLevel, "NETSUITE_ORDERS": "all",
		"NETSUITE_SHIPPING_LOCATIONS": erpShipping,
	})
	return settings, err
}

// soldComponent is the sale of a kit's component elsewhere.
func soldComponent(d *builder) {
	d.does("netsuite", "afternoon: a kit's component is sold", Act{actStock, component + " 11"})
}

// stock compares the stores' stock with the ERP's, also that of kits.
func (b *books) stock() {
	pieces := map[string]string{}
	levels := b.erp.Available(erpLocation)
	for name, has := range levels {
		pieces[name] = has
	}
	for _, k := range b.erp.Kits() {
		pieces[k.SKU] = wholeKits(k, levels)
	}
	for target, at := range map[string]map[string]int64{"shopify": b.store.Available(storeLocation), "woocommerce": b.shop.Available()} {
		for name, want := range pieces {
			b.same("stock of "+name+" in "+target, strconv.FormatInt(at[name], 10), want)
		}
	}
}

// wholeKits returns how many of the kit the levels allow.
func wholeKits(k netsuitetest.Kit, levels map[string]string) string {
	var parts []kitting.Part
	for _, m := range k.Members {
		takes, wrong := canonical.ParseDecimal(m.Quantity)
		stock, err := canonical.ParseDecimal(levels[m.SKU])
		if err != nil || wrong != nil {
			return "unknown"
		}
		parts = append(parts, kitting.Part{ID: m.SKU, Takes: takes, Stock: stock})
	}
	n, _ := kitting.Whole(parts)
	return n.String()
}

// article is an item of the ERP.
func article(name, title, price string) netsuitetest.Item {
	return netsuitetest.Item{
		SKU: name, Title: title, Weight: "0.4", Unit: "kg",
		Prices: []netsuitetest.ItemPrice{{Level: erpLevel, Currency: erpCurrency, Price: price}},
	}
}

// saves is the act of saving the item's form.
func saves(item netsuitetest.Item) Act {
	about, err := json.Marshal(item)
	if err != nil {
		panic(err) // texts and numbers
	}
	return Act{actItem, string(about)}
}

// newProducts are three new items, while every target loses the answer to a product that is made.
func newProducts(d *builder) {
	d.does("shopify", "morning: shopify loses an answer", Act{actLose, "mutation createProduct"})
	d.does("woocommerce", "morning: woocommerce loses an answer", Act{actLose, "post_wp_json_wc_v3_products"})
	d.does("shipbob", "morning: shipbob loses an answer", Act{actLose, "POST /product"})
	d.does("netsuite", "morning: three new items",
		saves(article("TRAIL-42", "Trail Shoe", "119.00")), saves(article("WOOL-CAP", "Wool Cap", "24.90")), saves(article("OLD-MUG", "Mug", "9.50")))
}

// changedProduct is an item with another name and price.
func changedProduct(d *builder) {
	d.does("netsuite", "afternoon: another name and price", saves(article("TRAIL-42", "Trail Shoe 2", "99.00")))
}

// retiredProduct is an item that is not sold any more. The shop asks to wait with it.
func retiredProduct(d *builder) {
	mug := article("OLD-MUG", "Mug", "9.50")
	mug.Inactive = true
	d.does("shopify", "evening: shopify is busy", Act{actBusy, "mutation updateProduct"})
	d.does("netsuite", "evening: an item is retired", saves(mug))
}

// product is what the books of a target have of an article.
type product struct{ title, price, status string }

// products compares the products of both stores and of the warehouse with the ERP's items: each is there
// once, with the last name and price, and in a store as retired or not. The warehouse has no price, and
// keeps what is retired.
func (b *books) products() {
	found := map[string]map[string][]product{"shopify": {}, "woocommerce": {}, "shipbob": {}}
	for _, p := range b.store.Products() {
		for _, v := range p.Variants {
			found["shopify"][v.SKU] = append(found["shopify"][v.SKU], product{p.Title, v.Price, p.Status})
		}
	}
	for _, p := range b.shop.Products() {
		found["woocommerce"][p.SKU] = append(found["woocommerce"][p.SKU], product{p.Name, p.Regular, p.Status})
	}
	for _, p := range b.warehouse.Catalog() {
		found["shipbob"][p.SKU] = append(found["shipbob"][p.SKU], product{title: p.Title})
	}
	statuses := map[bool][2]string{false: {"ACTIVE", "publish"}, true: {"ARCHIVED", "draft"}}
	for _, item := range b.erp.Items() {
		status := statuses[item.Inactive]
		for target, want := range map[string]product{
			"shopify": {item.Title, item.Prices[0].Price, status[0]}, "woocommerce": {item.Title, item.Prices[0].Price, status[1]}, "shipbob": {title: item.Title},
		} {
			has := found[target][item.SKU]
			if b.count("product "+item.SKU+" in "+target, len(has), 1); len(has) == 1 {
				b.same("product "+item.SKU+" in "+target, fmt.Sprint(has[0]), fmt.Sprint(want))
			}
		}
	}
}

// master does an act of the ERP.
func (a Act) master(erp *netsuitetest.Fake) error {
	switch a.Name {
	case actItem:
		var item netsuitetest.Item
		if err := json.Unmarshal([]byte(a.About), &item); err != nil {
			return err
		}
		item.Changed = erp.Now()
		return erp.SetItem(item)
	case actStock:
		name, pieces, _ := strings.Cut(a.About, " ")
		return erp.SetStock(name, erpLocation, pieces, pieces, erp.Now())
	case actOwn:
		return a.ownFromERP(erp)
	case actPay:
		return a.payBack(erp)
	case actChange:
		return a.changeLine(erp)
	}
	for _, order := range erp.Orders() {
		if a.Name == actClose && plainMemo(order.Memo) == a.About && order.Status != closed {
			return erp.CloseOrder(order.ExternalID, true)
		}
	}
	return nil
}

// The settings of the stores and the warehouse that take the ERP's stock, products and prices. The warehouse is
// master of the stock of its center, which is a location of Shopify.

func storeSettings() map[string]string {
	return map[string]string{
		"SHOPIFY_STOCK_LOCATIONS": "netsuite/" + erpLocation + "=" + shopifytest.Shop + "/" + storeLocation + ",shipbob/" + strconv.Itoa(center) + "=" + shopifytest.Shop + "/" + warehouseLocation,
		"SHOPIFY_PRODUCT_SHOPS":   "netsuite=" + shopifytest.Shop, "SHOPIFY_PRODUCT_STATUS": "active",
		"SHOPIFY_ERP_REFUNDS": "pay", "SHOPIFY_SHIPPING_LOCATIONS": storeShipping,
		"SHOPIFY_PRICE_LISTS": "netsuite/" + erpLevel + "=" + shopifytest.Shop,
	}
}

func shopSettings() map[string]string {
	const shop = "shop.example"
	return map[string]string{
		"WOOCOMMERCE_STOCK_LOCATIONS": "netsuite/" + erpLocation + "=" + shop + ",shipbob/" + strconv.Itoa(center) + "=none", "WOOCOMMERCE_CURRENCY": "USD",
		"WOOCOMMERCE_PRODUCT_STORES": "netsuite=" + shop, "WOOCOMMERCE_PRODUCT_STATUS": "publish",
		"WOOCOMMERCE_ERP_REFUNDS": "pay",
		"WOOCOMMERCE_PRICE_LISTS": "netsuite/" + erpLevel + "=" + shop,
	}
}

// PrepareStore gives the store the stock of yesterday, and returns the settings of the day.
func PrepareStore(store *shopifytest.Fake) map[string]string {
	for _, name := range sold() {
		store.Stock(name, storeLocation, yesterday)
	}
	store.Stock(received, warehouseLocation, yesterday)
	return storeSettings()
}

// PrepareShop does so for the shop of WooCommerce.
func PrepareShop(shop *woocommercetest.Fake) map[string]string {
	for _, name := range sold() {
		shop.Stock(name, yesterday)
	}
	return shopSettings()
}

// yesterday is how many pieces of each article the stores had.
const yesterday = 97

// sold are the articles with a stock, in their order.
func sold() (names []string) {
	for i := range 20 {
		names = append(names, sku(i))
	}
	return append(names, kit)
}

// PrepareWarehouse returns the settings of the day that the fake warehouse takes.
func PrepareWarehouse(warehouse *shipbobtest.Fake) map[string]string {
	warehouse.Limit(warehouseLimit)
	at := strconv.Itoa(center)
	return map[string]string{"SHIPBOB_RATE": warehouseRate, "SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main", "SHIPBOB_MOVEMENTS": at, "SHIPBOB_STOCK_LOCATIONS": at, "SHIPBOB_HOLD_TAGS": ownShipping}
}
