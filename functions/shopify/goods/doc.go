// Package goods publishes the products and prices of shops that are master of them (SHOPIFY_MASTER_OF):
// query.go reads a product with all its variants, read.go is its form, source.go turns it into events,
// heir.go adds those of a product that takes a SKU over, and settings.go has the setting. Which SKUs a product
// had, and since when each has its content, is remembered by shared/assortment/memory.
//
// A product with n variants becomes n pairs of product.upserted or product.retired, and price.changed, one for
// each SKU. The keys are {System: "shopify", Tenant: the shop, Type: "product" or "price", ID: the SKU}. The
// bodies:
//
//	SKU          sku of the variant
//	Title        title of the product, and after " - " that of the variant, unless the product has the default one alone
//	Description  description, which is descriptionHtml without its tags, in one line
//	Barcode      barcode
//	Weight       inventoryItem.measurement.weight, if it is not 0 and the product has at most 100 variants
//	Parent       the product's id, if it has several variants
//	Active       status ACTIVE or UNLISTED; a DRAFT or ARCHIVED one is product.retired
//	Prices       price and compareAtPrice, if that is higher, in the shop's currency. The list is the shop's domain
//	UpdatedAt    updatedAt of the product, as of its newest change of content
//
// The names, and what description and the statuses mean, are of the Admin API's schema, version 2026-10.
//
// # Webhooks and polls
//
// products/create, products/update and products/delete are only a hint: the product is read anew, because the
// body has no currency and not all variants of a large product. Where the API does not have a product that was
// created or updated, nothing follows; products/delete has the id alone. The setting adds the three topics to
// the subscriptions. A poll lists products by updated_at. A product that was deleted is in no list, so that a
// products/delete that was lost is not found; send it again with `causeway webhook send shopify
// products/delete`.
//
// # Unchanged content
//
// A change of stock also moves updatedAt (schema, Product.updatedAt), so each sale does. The time of a SKU's
// state is therefore that of the first product state with its content, which is remembered with a digest. A later
// one with equal content is the same event body with a newer version, and the pipeline confirms it without a
// request to the target. If two deliveries are translated at the same time, the poll puts right what one of
// them did not know of the other.
//
// # SKUs that are gone
//
// A SKU that the product had and has no longer, because the variant was deleted or renamed or the product was
// deleted, becomes product.retired. A deleted product's state has the time of X-Shopify-Triggered-At, since its
// body has none.
//
// # SKUs
//
// A variant without a SKU is left out, with a note. Two variants of a product with one SKU are rejected with
// the ids of both. Where another active product of the shop has the SKU, which a search by SKU finds, the
// oldest active product (the one with the lowest id) counts, and the others leave the SKU out with a note: a
// copy that is still a draft retires nothing, and a SKU that moves to another product stays. The search is
// made only for what is new or left out, costs one query for 20 SKUs, and is eventually consistent. If the oldest
// one ends, is no longer sold or loses the SKU, the next one is read and published with it, as of that time: it may
// not change again, and a state of it that is older than the last one of the other product would never count.
//
// # Echo
//
// A shop that is target of products or prices (SHOPIFY_PRODUCT_SHOPS, SHOPIFY_PRICE_LISTS) cannot be their
// master: CheckMasters rejects such settings and names both. So no event can be the echo of a write, and
// nothing goes in circles between stores. The app needs the scope read_products.
//
// # Costs
//
// A product costs one query of about four points for each of its first 100 variants, and one query of a point
// each for each 250 more. Weights cost three of the four points, so that those of a product with more variants
// are left out, with a note. The bucket of the smallest plan has 2,000 points and restores 100 a second: a
// product with more than some 1,600 variants can only be read while nothing else calls. Each state of a
// product has the events of all its SKUs.
package goods
