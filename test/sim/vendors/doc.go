// Package vendors has the connectors, each with the fake of its vendor, that the simulator plays
// in the place of its own ERP. A fake keeps the vendor's contract, and its books show whether a
// request had two effects, was lost, or came over a newer one.
//
//	netsuite               external_id      customer, sales order, deposit
//	netsuite-standing      external_id      what a warehouse has of an order, in a field of its sales order
//	hubspot                external_id      contact, order
//	shipbob                external_id      order, cancelled and issued anew when it changes
//	shopify-inventory      compare_and_set  stock level, which the shop's own sales change too
//	shopify-fulfillment    search           fulfillment, later its tracking, delivery or cancellation
//	woocommerce            search           shipment as meta data, status and notes of its order
//	shipbob-product        search           product
//	shopify-product        search           product, its price by external_id, its archiving
//	woocommerce-product    search           product, its price, its hiding
//	shopify-return         search           return as metafields of its order, and the shop's own one is closed
//	woocommerce-return     search           return as a note of its order
//	shopify-cancel         search           cancellation by a job, or the reason why not
//	woocommerce-cancel     search           cancellation as status and note, or the reason why not
//
// An entity's state is known again in the books by a text that a reader of the target sees, such
// as an order's name or a tracking link. So the checker needs no version that we made.
package vendors
