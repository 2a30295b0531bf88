// Package product writes products and prices of an ERP, a PIM or another store to WooCommerce: target.go
// decides what is written, batch.go reads and writes what is asked for together, and record.go reads and
// writes products and variations.
//
// A product is found by its SKU (GET /products?sku=, which finds variations too) and compared; the
// fields that differ and that the source is master of (WOOCOMMERCE_PRODUCT_FIELDS) are sent by PUT.
// Everything else stays the merchant's: images, description, categories, stock, meta data. A product
// that is not there is created as a simple one, with its description and price, as a draft unless
// WOOCOMMERCE_PRODUCT_STATUS is publish and it has a price. A digital product is created as virtual, which
// WooCommerce does not ship; a kit is created like any other, and its stock comes as levels. A variation keeps its name, which is that of
// its options; its price and barcode are set.
//
// price.changed sets regular_price and sale_price, rounded to the decimals of WOOCOMMERCE_CURRENCY: with
// a price before a reduction that one is regular and the price is the sale's, otherwise the price is
// regular and there is no sale. It waits for its product. Dates that a person gave the sale in the store are removed,
// because it would begin later than the source's price or end before it; "" removes one, and null does not
// (woocommerce/woocommerce issue 25350).
//
// A retired product becomes a draft, a retired variation private, which takes both out of the store
// (WOOCOMMERCE_PRODUCT_RETIRE). One that is active again stays as it is, because
// WooCommerce does not say who hid it; the receipt says so.
//
// # Guarantee
//
// The guarantee is search. WooCommerce has no idempotency key, but keeps SKUs unique: a second product
// with a SKU is rejected with product_invalid_sku, measured on WooCommerce 10.9.1. So a create that is
// repeated after a lost answer makes no second product, and the next attempt finds it. PUT sets fields
// of a record by its id, which may be repeated.
//
// # What is not written
//
//   - The weight: it is in a unit that is a setting of the store, which the product does not name.
//   - The description of a product that is there: WooCommerce shows it reformatted, so that it cannot
//     be compared.
//   - A child of a matrix, or one of several variants of another store's product (Product.Parent), that is not
//     in the store: create the variation there with its options, then redrive.
//   - The price of a retired product that the store does not have. Once it is sold again, its price waits
//     until the store has it.
//   - The price of a variable or grouped product: WooCommerce drops it, and answers that the product is saved
//     (WC_REST_Products_Controller::prepare_object_for_database).
//   - A SKU with a comma, which the search takes for two.
//
// # Echo
//
// WooCommerce reports our writes as product.updated. Only a store that is master of products, prices or stock
// (WOOCOMMERCE_MASTER_OF) is asked for those, and it cannot be the target of the same: the start fails then, and
// names both settings (package goods). So nothing that is written here comes back.
//
// # Batches
//
// What a worker received together is written together: up to 50 SKUs are looked up in one request, fewer if they are long (rest.Searches), and up to 100
// products changed or created by one POST /products/batch, variations by the variations/batch of their product
// (woocommerce.github.io/woocommerce-rest-api-docs, "Batch update products"). One product alone is written by a request of
// its own, and what its answer means is the same. A batch is answered with 200 and, in the order of the request, each product or its error: each delivery
// has its own receipt or error. If the whole request fails, each is of unknown outcome and is searched for by
// itself. A batch creates 25 products and makes 10 requests at most; the rest waits ten seconds for the next.
package product
