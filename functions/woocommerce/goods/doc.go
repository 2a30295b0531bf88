// Package goods publishes a store's products, prices and stock (WOOCOMMERCE_MASTER_OF): source.go reads a
// product that a delivery or a poll names, record.go is what the API has of one, event.go makes its events,
// and memory.go dates them and finds the SKUs that the product lost, over shared/assortment/memory. settings.go has
// the setting and its rules.
//
// A product or a variation with a SKU gives product.upserted or product.retired, price.changed and
// inventory.level. The keys are {System: "woocommerce", Tenant: the store, Type: "product" or "price", ID: the
// SKU} and {…, Type: "inventory", ID: SKU and store, such as "TEE-BLK-M@shop.example"}. The bodies:
//
//	SKU, ID      sku
//	Title        name; of a variation the product's name and the options: "Hoodie - M, Red"
//	Barcode      global_unique_id
//	Parent       the product's id, of a variation
//	Active       status publish, of a variation its own and the product's; draft, pending and private are retired
//	Prices       sale_price with regular_price as the price before, while on_sale is true; otherwise
//	             regular_price. The list is the store, the currency WOOCOMMERCE_CURRENCY
//	Location     the store
//	Available    stock_quantity, if manage_stock is true; a part of a piece is kept, and below zero is 0, with
//	             a note. A retired product has no level, nor has one without a quantity, with a note
//
// What is left out is noted: grouped and external products are no goods, a variation without a SKU of its
// own cannot be named by one (the API then shows that of its product, WC_Product_Variation::get_sku), the
// barcode of a variation may be that of its product in the same way, and the stock of a variation whose
// manage_stock is "parent" is that of its product. Two variations with one SKU are rejected with both ids.
// Virtual and downloadable products are published like others.
//
// # A delivery is a hint
//
// product.created, product.updated, product.deleted and product.restored only name a product. It is read from
// the API, with all its variations, so that late and repeated deliveries give the newest state. WooCommerce
// fires the same topics for a variation (WC_Webhook::get_default_topic_hooks: woocommerce_new_product_variation,
// woocommerce_update_product_variation), with type "variation" and parent_id in the body; then product and
// variation are read, and the variation is published alone. A sale lowers stock_quantity and saves the product
// (wc_update_product_stock), which fires product.updated, so the level follows the store's own orders.
//
// A saved variation moves its own date_modified (WC_Product_Variation_Data_Store_CPT::update). Its product's
// moves only if the product is synchronized too, at the end of the request. Variations are therefore polled
// by themselves: GET /variations, which is in WooCommerce since 10.3 (WC_REST_Variations_Controller), by
// modified_after like products and orders. An older WooCommerce fails that poll with this reason.
//
// # Versions
//
// The version is the newer date_modified_gmt of product and variation. UpdatedAt of a body is the date of the
// first state with its content: a sale moves the date of a product whose name and price stay, and the
// targets are not asked again for those. A level has no time of its own, for the same reason. What a target
// sells does not lower stock_quantity here: no flow makes an order in another store.
//
// # SKUs that a product lost
//
// Which SKUs a product and its variations had is remembered (shared/assortment/memory, by id and SKU), with a
// digest of what was published of each. If a variation is deleted or renamed, or the product is
// put in the trash or deleted for good, the SKUs that it has no longer become product.retired, unless another
// product or variation of the store has the SKU by now. The version is then the header Date of the store's
// answer, which is newer than all that was published of the SKU.
//
// Of the content of a product whose digest was published more than an hour ago a delivery says nothing again:
// a change of one variation fires product.updated of the product too. A poll leaves nothing out, because
// it compares each state with what the targets have confirmed.
//
// # One master
//
// A store that is master of products, prices or stock cannot be a target of the same: Check rejects an entry
// for it in WOOCOMMERCE_PRODUCT_STORES, WOOCOMMERCE_PRICE_LISTS or WOOCOMMERCE_STOCK_LOCATIONS at the start, and
// the targets' connectors do so of their own. Nothing that Causeway writes is therefore published again.
//
// # Requests
//
// A product takes one request and one for each 100 variations, a variation two, and a product that lost SKUs one
// more for each 50 of them.
//
// # Limits
//
//   - What is remembered of a product is one item of the State, which on AWS is enough for 2,500 variations.
//   - Stores of one installation are masters alike. A target that names products by the system cannot tell
//     two of them apart, so a SKU must be one product's over all of them.
//   - Prices are as people enter them in the store, with or without tax.
//   - A variation or a product that is deleted for good fires nothing, and no list shows it. Its SKU is
//     retired with the next change of the product, or of the product in the trash.
//   - The description is left out, because it is HTML, and the canonical product has plain text. So is the
//     weight: its unit is a setting of the store that the answer does not have.
//   - The stock of a product that manages it for its variations has no SKU, and is left out.
//   - A scheduled sale begins and ends when WordPress's scheduler has saved the product.
//   - The webhooks stay in the store if the setting is removed, and their deliveries are rejected then.
package goods
