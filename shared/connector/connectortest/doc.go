// Package connectortest is the conformance suite of systems: what the pipeline takes
// for granted of every source and every target, whatever the vendor. Each system runs
// it over its own recorded deliveries or samples, against its own fake.
//
// The suite proves the contract of package connector, not a vendor's format.
// TestSource: forgeries are refused, the same delivery has the same name and the same
// meaning every time and on every machine, broken input is refused as such and never
// panics, and what comes out is valid, complete and in order. TestTarget: a write is
// confirmed, can be repeated and found again, and a failure says whether to repeat it.
// TestPoller: no change is left out of a list, whatever changes meanwhile, what is fetched
// can be translated, and a webhook subscription that ended is seen and made active.
//
// What an event or a request holds field by field is not asked here; that is for the
// system's own approved files.
package connectortest
