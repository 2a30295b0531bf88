// Package returns has the returns of ShipBob: what the API and its lists show of one, and what its state
// reports. Which order of a store it is of, and which products its inventory items are, package shipbob
// knows.
package returns
