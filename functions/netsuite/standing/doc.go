// Package standing shows at a sales order what a warehouse has of it: released, held with its reasons, a
// discrepancy with what left, or cancelled.
//
// Each event has the whole state, and the newest is written, in words, to the custom body field of sales
// orders that NETSUITE_WAREHOUSE_FIELD names:
//
//	held: OutOfStock: No Stock On Hand For Sku (TEE-BLK-M)
//	discrepancy: 2 of 3 TEE-BLK-M left
//
// Without the setting nothing is read or written, and the event is confirmed with that reason. A state from
// before the setting is shown once the warehouse reports another one.
//
// A delivery reads the field (GET /salesOrder/{id}?fields=…), and sends it alone (PATCH) if it has other
// content, so that all other changes of the sales order stay. The guarantee is
// external_id: the sales order is known by its internal id, and the request sets a state. With NETSUITE_ORDERS
// the poll publishes the sales order once more for each change of the field, and a store that shows all of it
// is not written to. Whether NetSuite takes the field of a sales order that is billed or closed is not
// documented; its rejection is a dead letter.
//
// The field has to be a custom transaction body field of type Free-Form Text that applies to sales, and
// the role of the connector needs access to it. A request names it by its id, such as
// custbody_warehouse_state, because REST has the account's own fields beside NetSuite's (online help, "Working
// with Resource Metadata", chapter_1540810168). Such a field holds 300 characters of one byte, and fewer if
// characters take more (section_N2842731, "Field Type Descriptions for Custom Fields"). Words that are
// longer are cut at a word, by their bytes, and the receipt says so; NETSUITE_TEXT=refuse rejects them.
// Whitespace is written as single spaces, because the field has one line.
//
// A field that the account does not have, that is no text, or that the role may not see is of class config
// with the setting's name: the delivery waits. The answer of a real account to an unknown name in "fields"
// was not seen. A sales order that was deleted in NetSuite is a dead letter.
package standing
