// Package assortment is what stores have in common as targets of products and prices: which source
// is master of a store's products, and which price list of a source is the price of which store.
//
// Both are settings of the store's connector, read by Parse, with one entry for each source or price
// list: the store, or "none". A source without an entry is a fault of class config, so that its
// messages wait for the entry. A store has one master of its products and one of its prices: two
// entries that lead to one store are an error at the start, and so are two stores of one source,
// because a message is confirmed by one store.
//
// A source that is a system of stores may have an entry for each of its stores, such as
// "shopify/brand.myshopify.com", which wins over the one of the system, "shopify". The prices of a store
// are one list, whose name is that of the store, so that the same entry names its price list. A name with
// a dot is that of a store: price lists of an ERP are numbers or words. Stores of one source may go to
// several stores, because a message is of one of them.
//
// The masters of products and of prices may be two systems. What each of them owns at the store is a
// setting of the connector too, and nothing else is written.
//
// The package memory, below this one, is what stores have in common as masters: it remembers what was published of
// each product.
package assortment
