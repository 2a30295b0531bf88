// Package kit reads what NetSuite's kits consist of, for the stock of kits and for products: sql.go has
// the joins of a SuiteQL query, line.go the lines of the kits that its rows have, and resolve.go resolves
// kits in kits (kitting.Flatten).
//
// The members of a kit or package item are rows of table kitItemMember, with parentItem, item, quantity and
// lineNumber, as seen in several public repositories, not live. A kit may be a member of a kit. SuiteQL has no recursion
// that is documented, so the table is joined to itself once for each depth (Depth): a row is a path from
// the kit to a member that is no kit. One query has all of it, and costs what one without kits in kits does.
//
// A raw message has the lines of the kit first, and those of a kit in it with the item of that kit in
// "in". A body from before kits in kits has no "in".
//
// An assembly is stocked as one piece, and is no kit: its components are in other tables, and are not
// read.
//
// # Errors
//
// A kit is rejected with the line, the member and the rule if a quantity is unreadable or not above 0, if
// a kit has itself as a member, at any depth, or if kits are nested deeper than Depth. A member of type
// Kit without members is rejected as nested too deep.
package kit
