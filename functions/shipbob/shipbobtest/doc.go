// Package shipbobtest is a stand-in for ShipBob's API, version 2026-01, that keeps its orders in
// memory.
//
// It enforces what ShipBob enforces: requests and its own answers match the published OpenAPI
// description (testdata/contract.json); a reference id is unique within a channel and never
// changes; an order with a product that is unknown is held in import review; an order is
// cancelled only until it is picked; 150 requests a minute by a sliding window, then 429 with
// x-retry-after; pages of at most 250 orders; a SKU has one product, and the search of a SKU finds
// similar ones too.
//
// A test plays the warehouse: Pick, Ship, Match, CancelByHand, and later Correct, Arrive and
// CancelShipped. Delivery returns the signed webhook of an order, ShipmentDelivery of a shipment, and
// Orders the books. SetLevel and Bundle fill the shelves, and
// AddToCatalog the list of products. Stow, Adjust, MoveShelf and Relocate move stock, and so does what is
// picked, cancelled after that, or restocked from a return: each is in the inventory history, which is listed
// by day, for 90 days at most, and OnHand has the sum.
package shipbobtest
