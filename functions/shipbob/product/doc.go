// Package product makes the products of an ERP, a PIM or a store known to ShipBob before an order names them:
// target.go decides what is written, record.go reads and writes products, bundle.go makes kits, and measure.go
// has the rules of barcodes and weights. An order with a SKU that ShipBob does not know is held in import review.
//
// A product is found by its SKU (GET /product?SKU=) and compared exactly, because the filter "looks for
// products that match the provided Sku query" (OpenAPI 2026-01) and may match more. One that is not there
// is created by POST /product as a regular product (type_id 1) with one variant:
//
//	name     of product and variant: the title, or the SKU if it has none
//	sku      the SKU
//	gtin     the barcode, if it is a GTIN; otherwise it is left out, with a note
//	weight   in ounces ("the weight of the variant in ounces", Products.CreateProductVariantRequestModelV5),
//	         rounded to 0.0001; left out if the product has none
//
// Of one that is there, the fields that differ and that the source is master of (SHIPBOB_PRODUCT_FIELDS)
// are sent by PATCH /product/{productId}. Everything else stays the warehouse's: weight, dimensions,
// customs, packaging, lots, status. The name of a product with several variants is that of all of them,
// and stays; the variant's own name is set.
//
// A child of a matrix, and a variant of a store's product (Product.Parent), is a product of its own with one
// variant, because the warehouse stocks and ships SKUs and shows no options to choose from. One that a person
// made a variant of another product at ShipBob is found by its SKU all the same.
//
// Nothing is written of a retired product: the warehouse may still have stock of it, and open orders.
// The receipt says so.
//
// A digital product that is not there is not created: nothing of it is shipped. The receipt says so.
//
// # Kits
//
// A kit (Product.Components) that is not there is created by POST /product as a bundle (type_id 2) whose one
// variant has a bundle_definition, the ids and quantities of the components' variants (developer.shipbob.com,
// guide "Product Catalog", "Creating a Bundle Product", of 2026-01 and 2026-07). It has a name and a SKU, and
// neither barcode nor weight, because its components are what is picked and weighed. Each component
// is found by its SKU. One that is not there yet is waited for (fault.NotReady), so that the kit goes on when it
// has been created; after the deadline for parents it is parked, and the reason names the component. An order with
// the kit's SKU is in import review until then.
//
// A kit is rejected if a component has no SKU, is taken in a part of a piece, or is itself a bundle at ShipBob,
// for which nothing is documented, and if it has more than 25 components. A person makes such a bundle.
//
// Nothing is converted: a kit that is a regular product at ShipBob stays one, because stock may be there, and so do
// the components of a bundle, because open orders have them. The receipt says what differs.
// POST /variant/{variantId}:convertToBundle is not used.
//
// # Guarantee
//
// The guarantee is search. "Each variant must have a unique SKU" (CreateProductRequestModelV5), but
// neither the answer to a SKU that is taken nor an idempotency key is documented. After a create of unknown
// outcome the pipeline searches before it creates again. If a create is rejected with 400, 409 or 422, and
// its error names the SKU or the SKU is found by now, the error is a conflict, so that the next attempt
// finds the product. Two variants with one SKU are rejected with the ids of both.
//
// PATCH /product/{productId}/variants is not used: its description wants an array of variants, and its
// schema one variant. PATCH /product/{productId} has one form in both. It lists all variants of the
// product by id, those that stay without a field, so that no reading of the list loses one.
//
// # Settings
//
// SHIPBOB_PRODUCT_ACCOUNTS names the account (SHIPBOB_ACCOUNT) by the source that is master of its products
// (package assortment): "netsuite=main", "shopify=main", or "netsuite=none". Products of a source without an
// entry wait. The token needs the scopes products_read and products_write. Without them products wait under
// the name SHIPBOB_TOKEN, and orders go on.
//
// # Limits
//
//   - A kit waits for its components by looking for them again, after a part of the time that it has waited.
//     A component that no source publishes (NETSUITE_ITEMS) has to be created at ShipBob.
//   - Inactive variants are found and updated, and stay inactive; the receipt says so.
//   - Prices are not sent.
//   - A delivery takes one to three requests, and one more for each component of a kit, of the 150 that ShipBob allows in a minute for orders too: a
//     first load of 1,000 products takes 20 minutes. A lower SHIPBOB_RATE avoids that it is throttled.
package product
