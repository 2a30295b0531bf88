// Package product writes products and prices of an ERP or a PIM to Shopify: target.go finds the shop
// and the variant and decides what differs, find.go has the queries, write.go the mutations, and
// encode.go what a product becomes.
//
// A product is one item with a SKU. It becomes a Shopify product with one variant, or a variant that
// the shop has already: variants are found by their SKU, byte for byte. The fields that the source is
// master of (SHOPIFY_PRODUCT_FIELDS) are compared with what the shop has, and those that differ are
// written by productUpdate and productVariantsBulkUpdate. Nothing else is sent, so images, SEO, tags,
// handle, collections and metafields of the merchant stay. A product that is not there is created
// with title, description, barcode, weight and, if its list has one, the price. A digital product is created
// with requiresShipping false, and its stock is not tracked, because no source has a level of it. A kit is created
// like any other: its stock comes as levels.
//
// price.changed sets price and compare-at price of the variant, in the shop's currency and rounded to
// its decimals. It waits for its product.
//
// # Guarantee
//
// The guarantee of a product is search, and that of a price external_id: the id of its product. A product is
// created by productSet with the identifier customId: a
// metafield of type id in the app's own namespace, whose value is the SKU and which Shopify keeps
// unique. The mutation looks it up first: if a record exists it is updated, otherwise created
// (shopify.dev, "Working with custom IDs", step 5). So a create that is repeated after a lost answer
// makes no second product. The definition of the metafield is created when the first product needs
// it. productSet deletes entries of lists that are not sent (schema, productSet: "deletes existing
// entries that aren't included"), variants among them; therefore it is sent only when neither SKU nor
// custom id is in the shop, and an existing product is never set as a whole. The other mutations set
// fields of a record by its id to the values of the event, which may be repeated.
//
// A create whose answer was lost can take effect late. It would then set the product that its repetition made
// as a whole, and take back a price that was set since. So nothing follows a create of unknown outcome, and
// no price passes, until it can have no effect any more; then the product is searched for.
//
// Searches by SKU are eventually consistent. The id of the last confirmation, or of the product that
// a price waits for, is looked at first, and the custom id last. A product that a merchant made with
// the same SKU less than a few seconds before ours is missed by the search and is then there twice;
// the next event finds two variants and is rejected with ambiguous_sku.
//
// # What is not written
//
//   - A variant beside others: title, description and status belong to the product of all, and are
//     left alone. Barcode, weight and price are those of the variant.
//   - A child of a matrix (Product.Parent) whose SKU the shop does not have: its options are fields of
//     the merchant's own, which no source reports. Create the variant in the shop, then redrive.
//   - The status, except that a retired product is archived (SHOPIFY_PRODUCT_RETIRE). A product that is
//     created is a draft unless SHOPIFY_PRODUCT_STATUS says otherwise, and one without a price is a
//     draft in any case. An archived product whose item is active again stays archived, because
//     Shopify does not say who archived it: the receipt says so. A retired variant beside others is rejected
//     with variant_retired, and a person hides it.
//   - A price whose list has none in the shop's currency: the old one stays, and the receipt says so.
//   - The price of a retired product that the shop does not have. Once it is sold again, its price waits until
//     the shop has it.
//
// # Echo
//
// Shopify reports our writes as products/update. A shop is target or master: one that a source's products or
// prices go to cannot publish its own (SHOPIFY_MASTER_OF), and Open rejects such settings. Without that setting
// Causeway does not subscribe to the topic and does not poll products, so nothing comes back.
//
// # Limits
//
//   - A source's products, or those of one store of a source, go to one shop, and a shop has one master of
//     products and one of prices. Open rejects other settings and names both.
//   - The app needs the scopes read_products and write_products.
package product
