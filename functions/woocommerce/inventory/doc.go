// Package inventory writes stock levels of an ERP or a warehouse to WooCommerce: target.go finds the
// quantity that a level means for which store, batch.go reads and sets what is asked for together,
// and product.go reads products and writes their quantities.
//
// # Locations
//
// WooCommerce has one quantity for each product, and no locations. WOOCOMMERCE_STOCK_LOCATIONS names
// the locations of the master whose stock a store sells: what is available at all of them is added
// up. A brand with two warehouses that ship a store's orders expects their sum; with one of them the
// setting names that one alone. Each location is rounded down to whole pieces, because two halves at
// two places are no piece; the safety buffer is kept back once for each SKU, and the result is never
// below 0. All locations of a store belong to one system: two would both be master of its stock, and
// Open rejects such settings and names both.
//
// A level of one location says nothing about the others. Each newest one is therefore remembered
// (connector.CrossRef.Gather), and the sum is of what is remembered: it is right in whichever order
// the levels arrive, and on however many machines they are handled. After each write the levels are
// looked at once more, and a sum that changed meanwhile is set. Until the first level of a location
// has come, the sum lacks it: a store sells too little for a moment, never too much. Levels of all
// locations are remembered, also of those whose stock goes to no store, so that a location that is
// added to the setting counts with the next level of any location of its SKU.
//
// # Guarantee
//
// The guarantee is external_id: the product is found by its SKU, and an absolute quantity is set,
// which is the same when it is repeated. WooCommerce has no compare-and-set (REST API v3, "Products"):
// of a sale between the read and the write, the store's own subtraction is written over. The store
// then offers what is sold until the master has the order, and its next level, with one piece less,
// corrects the quantity. A store that is master never has the order: somebody else has to take the pieces off
// there. A buffer (WOOCOMMERCE_STOCK_BUFFER) covers that time. A quantity that the
// store has already is not written.
//
// # Products
//
// A SKU finds products and variations: up to 50 are asked for in one request (rest.Searches), by a list with commas,
// which WooCommerce searches for each part and for the whole (WC_REST_Products_Controller,
// prepare_objects_query). Products are set by products/batch, and the variations of a product by its
// own variations/batch, because the former rejects them. A batch takes 100 objects
// (woocommerce.github.io/woocommerce-rest-api-docs, "Batch update products"), and answers 200 with an
// error for each object that failed: one fails its own level alone. Each answered quantity is
// compared with the one that was sent.
//
// # What is not set
//
//   - A SKU that the store does not have is rejected, or skipped (WOOCOMMERCE_STOCK_UNKNOWN_SKU). So
//     is one that several products have. Products in the trash are none.
//   - A product that does not manage its stock is skipped with that reason, and so is a variation
//     whose stock its product manages.
//   - A location with the entry "none" is skipped. One without an entry waits for it.
package inventory
