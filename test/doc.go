// Package test holds what no single room can prove about itself: the rules of the
// house (who may import whom, how long a function may be, that everything exported
// is explained), the rules of the route table, and the journeys of business
// scenarios through the whole chain on the local engine, read at the target.
//
// The house rules parse the sources. A test that asked `go list` instead would be
// answered from the test cache and miss a later violation.
package test
