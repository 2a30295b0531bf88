// Package item polls NetSuite for items that changed: poller.go lists them with their prices by
// SuiteQL, kit.go the members of kits, and source.go translates an item into product.upserted or
// product.retired, and into price.changed.
//
// The keys are {System: "netsuite", Tenant: the account, Type: "product" or "price", ID: the item's
// external id}. The external id is the SKU, as in orders and stock levels. The bodies:
//
//	SKU          externalid
//	Title        displayname, or itemid of an item without one
//	Description  description, which is that of sales
//	Barcode      upccode
//	Weight       weight, in weightunit (lb, oz, kg, g)
//	Parent       parent, of a child of a matrix item
//	Components   the members of an item of type Kit (itemtype), and Digital by type: see below
//	Active       isinactive: an inactive item is product.retired
//	UpdatedAt    lastmodifieddate
//	Prices       unitprice of table pricing, by pricelevel and currency
//
// # Which items, which prices
//
// NETSUITE_ITEMS chooses the items: all of them, or those with a ticked checkbox field such as
// custitem_web_store. Without the setting none is listed. An item without an external id is not
// listed, nor is the parent of a matrix, which is not sold itself. An item whose box is cleared is no
// longer listed, and stays in the stores as it is; to retire it, make it inactive first. Reading an
// empty box as retired would take products out of a store that the ERP never put there. An external id that is
// changed is that of another product: the old one stays as it is, too, with its price and its stock.
//
// NETSUITE_PRICE_LEVELS has the price levels whose prices are published: each is a price list, and
// the targets' settings say which list is the price of which store. NETSUITE_COMPARE_AT names the
// level of the price before a reduction, because NetSuite has no such field. Currencies are those
// of NETSUITE_CURRENCIES. Where a level has prices by quantity, that of the smallest quantity counts.
//
// # Kits, and what is not shipped
//
// A kit or package item has the components that are shipped of it, by the external ids of their items: those of
// kits in it are resolved, items in several lines are added up, and a digital member is left out. Package kit
// has the joins, and what is rejected. A member without an external id has the SKU "", at which a warehouse
// rejects the kit and a store does not. A kit whose members are all digital is digital. An assembly is
// stocked as one piece and is no kit; an item group is a product like any other.
//
// An item is digital if nothing of it is shipped: of type DwnLdItem and GiftCert, which a warehouse program
// in a public repository passes over when it picks, and of type NonInvtPart, OthCharge and Service if its box
// "Can be Fulfilled/Received" is not ticked (isFulfillable). Without that column in the answer it is shipped.
//
// # Versions
//
// The version of both is lastmodifieddate, by NetSuite's clock in whole seconds. Prices are a
// sublist of the item ("Pricing Sublist / Pricing Matrix", NetSuite help section_1502207768), so a
// new price is a change of the item; that this moves lastmodifieddate for each way of changing
// prices is inferred. A poll looks at changes that are two minutes old or older (reconcile.Plan),
// when the second is over. The prices and members are read after the item: they may be newer than the
// version, and then a later poll finds the version that they belong to. A change of a kit in a kit, or of the
// external id or type of a member, is a version of that item alone: the outer kit follows when it is saved.
//
// # SuiteQL
//
// Table pricing with the columns item, pricelevel, currency, quantity and unitprice was seen in
// several public programs, not live; so were upccode, matrixtype, itemtype, isfulfillable and
// BUILTIN.DF(weightunit) of table item. A page of 1000 items costs a query more for its prices, and one for each
// 1000 members of its kits; a page without kits costs none for them. The column quantity counts the levels of quantity. An
// item with 1,000 prices or more, at all quantities together, cannot be read; its reason names pricing, and the other items go on. An account without the feature Multiple
// Currencies may have no column currency; then the query fails, and its error is in the poll's log.
//
// # Echo
//
// Nothing writes items to NetSuite, so none of these events can be the echo of a write. What a
// target makes of them does not come back either: a store that is master of its products is the target of none
// (its setting …_MASTER_OF).
package item
