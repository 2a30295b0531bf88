// Package shipbob connects the warehouse ShipBob (REST API 2026-01): orders go out to it, and
// its shipments come back as canonical events.
//
// # Keys of what comes back
//
// An event of ShipBob has the key {System: "shipbob", Tenant: the account's name, Type:
// "shipment", ID: ShipBob's shipment id}. Its body is a canonical.Shipment:
//
//	Order     the id of the order in its store, such as "5001"
//	Location  ShipBob's id of the fulfillment center, such as "9"
//	Carrier, Service, Tracking   as ShipBob names them
//	Lines     by SKU; Line is empty, because ShipBob has no id of the store's line
//	Status    shipped, delivered (it has a delivery_date) or cancelled
//
// Parents of the event has one key: the order's in its store, {System: "shopify", Tenant:
// "brand.myshopify.com", Type: "order", ID: "5001"}. Each event has the shipment's whole state. Its
// type follows from the status: shipment.shipped, .delivered or .cancelled, and shipment.updated if
// order.shipment.tracking.updated reports it as shipped. Its version is the latest of last_update_at,
// last_tracking_update_at and delivery_date, and a state that ShipBob reports again changes nothing.
//
// Further rules of what comes in:
//
//   - A shipment has left if it is Completed, or a label was printed and it has a fulfillment
//     date, which ShipBob sets when it was picked, packed and labeled. order.shipped of a split
//     order comes when all labels are printed; a poll finds parcels one by one.
//   - ShipBob states quantities of inventory items, not of products. A product with one item has
//     its quantity; a multipack and a bundle are converted by what the whole order contains. A
//     bundle whose parts left in different numbers is rejected, because no whole number of it is
//     right.
//   - An order without a reference id of this package is skipped: a person or another program
//     made it.
//   - A cancelled shipment does not show whether it had been labeled before, so that each is
//     reported; targets that have nothing of it do nothing. One that names no goods is reported
//     without lines.
//   - ShipBob's reference does not show whether a webhook of a shipment has the order or the shipment
//     alone. Both are read: of a shipment alone the order is fetched, because quantities follow
//     from the whole order.
//   - Other topics (changes before it left) are skipped with a reason, because no flow carries them.
//   - A delivery is named by its webhook-id, which is signed and stays the same when ShipBob
//     sends it again. Signatures older than five minutes are rejected.
//
// Five feeds are polled: shipments by the last update of their order, and by the last update of their
// tracking, which ShipBob lists by a time of its own; whether the one moves the other is not documented;
// and what ShipBob has of each order, by its last update. Two more list returns, and one the stock levels.
//
// Orders cannot be sorted by change. A poll therefore reads a window of the last update whole,
// halves a window that does not fit one page of 250, and reads the pages of a full second from
// the last to the first, so that an order that changes meanwhile hides no other.
//
// # What the warehouse has of an order
//
// Beside its shipments, each order of ours has one state for people, an event with the key {System:
// "shipbob", Tenant: the account's name, Type: "warehouse_order", ID: the key of the store's order}. Its
// body is a canonical.WarehouseOrder, its parent the store's order:
//
//	order.released         ShipBob took it in and nothing keeps it; it stays so when it left as asked for
//	order.held             a shipment is Exception (out of stock, inactive product), OnHold (such as an
//	                       invalid address) or ImportReview (unknown product)
//	shipment.discrepancy   all has left that will, and it is less, more or something else
//	fulfillment.cancelled  nothing of it leaves
//
// The reasons of a hold are name and description of the shipment's status_details with the SKU of their
// inventory_id. Messages of an address validation are left out. Each event has the whole state, dated
// by the last update of a shipment, so that the end of a hold is the next order.released.
//
// The release is reported by what the warehouse has, and not by the delivery that made it: a delivery
// has an effect at its target and publishes nothing, and after an answer that was lost only the
// warehouse knows whether and with what it has the order. No webhook reports that ShipBob made an
// order, so a release is read by the next poll, or comes with the first webhook of the order. Body and
// versions follow from ShipBob's books alone, so that a target gets each release once. The event of a
// store's order is that of its last issue; a cancelled issue that was issued anew has none.
//
// A webhook of an exception has the shipment, or the order; of a shipment alone the order is fetched.
//
// # Returns
//
// A return is an event with the key {System: "shipbob", Tenant: the account's name, Type: "return", ID:
// ShipBob's id}: return.requested while it is awaited, arrived or being processed, return.received once it
// is completed, each once. Its lines are pieces of the order's products; those of return.received are the
// pieces that ShipBob did something with, and how many it put back into stock (action_taken "Restock").
// Webhook and list are read for the id alone: the return is fetched, and so are its shipment and order,
// from which the store's order and the products follow. A return that names no shipment of ours, such as
// one that was made by hand without, is skipped with the reason. An item of a bundle keeps its own SKU.
// Returns are polled by when they were created and by when they were completed: the list has no time of
// the last change (GET /return, StartDate and CompletedStartDate). The token needs returns_read.
//
// ShipBob handles no refund (developer.shipbob.com, "Returns"). A target that keeps stock has to choose
// between the return and the store's refund, which books the goods too; for NetSuite NETSUITE_RETURNS does.
// Movements of stock that no order caused, such as goods that arrived or were lost, are published by package
// movement (SHIPBOB_MOVEMENTS).
// Stock levels of items and bundles at the fulfillment centers in SHIPBOB_STOCK_LOCATIONS are polled
// by package stock.
//
// # Orders
//
// Deliver sets the state of an order: what is owed, to whom, and how. The event type has no
// influence. The number of requests per delivery:
//
//	new                     1 (POST)
//	unchanged               1 (GET)
//	cancelled               2 (GET, cancel)
//	changed                 3 (GET, cancel, POST)
//	new to us, and there    2 (POST, GET)
//
// The guarantee is external_id. reference_id is "unique and immutable" within a channel
// (OpenAPI, Orders.CreateOrderModel); ShipBob calls it the idempotency key and answers 422 to a
// second order with it (developer.shipbob.com, "Build an Orders Integration"; "Errors"). It is the
// key of the order in its store, such as "shopify/brand.myshopify.com/order/5001", so that no two
// stores share one and a person can read it. After a 422 the order is looked up and compared.
//
// An order at ShipBob cannot be changed. A changed address, quantity, product or shipping method
// is therefore a cancellation and a new issue, whose reference id ends with its number: "~2". A
// cut anywhere is repaired by the next attempt, which reads all issues first: at most one of them
// is active. The API can also change address and lines of a single shipment
// (shipment:updateAddress, shipment:updateLineItems); that is not used, because the order itself
// would keep the old ones, and a split order has no answer for all of its shipments at once.
//
// What the store wants is compared with a digest in a tag of the order, so that an address which
// a person corrected at ShipBob is not undone by the next event. E-mail address, phone number and
// titles are not in it: they are not worth a new issue.
//
// ShipBob cancels a shipment until it is picked, and its answer decides. These end in a conflict,
// which an operator has to settle; what ShipBob ships all the same comes back as shipments:
//
//	cancel_refused          the store's order has nothing to ship, and ShipBob keeps on
//	change_refused          the store's order changed too late
//	cancelled_at_warehouse  the order was cancelled at ShipBob by hand, and is open in the store
//	foreign_order           two orders at ShipBob are for one of the store
//	too_many_issues         the order was issued twelve times
//
// Who cancelled an issue is not in ShipBob's state: it is remembered under the order before this
// package cancels one. An order that the store reopens is thus issued anew, and one that was
// cancelled at ShipBob by hand is not.
//
// A product that ShipBob does not know is no error of the request: the order is made, and held in
// import review. The delivery is rejected with the SKU; the order goes on at ShipBob as soon as
// the product is there, and a redrive confirms it.
//
// The API has neither a release delay nor a hold. An order waits here until it is an hour old
// (SHIPBOB_RELEASE_DELAY), and one with a tag of SHIPBOB_HOLD_TAGS has nothing to ship as long as
// it has the tag. The routes' filters keep unpaid orders from the warehouse: unpaid and
// authorized_only, which an installation can switch off. An order that was handed over or archived
// in the store before ShipBob had it is not sent.
//
// # Limits
//
//   - 150 requests a minute by a sliding window, in sum over all that a user's application does. A
//     429 states its wait in x-retry-after.
//   - Lines of one SKU are one product at ShipBob, and a shipment names no line of the store.
//   - Quantities are whole pieces. Prices are not sent, because ShipBob takes them in USD only.
//   - A recipient needs a name, a first address line, a city and a country. A phone number of more
//     than 50 characters is left out.
//   - Products of an ERP are written by package product. Prices are not.
//   - If a whole multiple of what was ordered is in the shipments of an order when the first of them is
//     read, as with a replacement in a second parcel, the product is taken for a multipack. What was
//     found first is remembered, so that no later shipment changes a quantity that was reported.
//   - Version 2026-01 is supported until 2028-01-31, 2026-07 until 2028-07-31 (doctor warns before).
package shipbob
