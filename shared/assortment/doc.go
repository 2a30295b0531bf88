// Package assortment is what stores have in common as targets of products and prices: which source
// is master of a store's products, and which price list of a source is the price of which store.
//
// Both are settings of the store's connector, read by Parse, with one entry for each source or price
// list: the store, or "none". A source without an entry is a fault of class config, so that its
// messages wait for the entry. A store has one master of its products and one of its prices: two
// entries that lead to one store are an error at the start, and so are two stores of one source,
// because a message is confirmed by one store.
//
// The masters of products and of prices may be two systems. What each of them owns at the store is a
// setting of the connector too, and nothing else is written.
package assortment
