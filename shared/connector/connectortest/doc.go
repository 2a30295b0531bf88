// Package connectortest is the conformance suite of systems: the properties that the pipeline
// assumes of every source, target and poller of any vendor. Each system runs it with its
// own recorded deliveries or samples, against its own fake.
//
// The suite checks the contract of package connector, not a vendor's format. TestSource: a
// forgery is rejected, the same delivery has the same id and the same events every time and on
// every machine, broken input is rejected as such and never panics, an entity has one event,
// and events are valid, complete and in order. TestTarget: a write is confirmed, can be
// repeated and found again, and a failure is classified. TestPoller: no change is missing from
// a list during other changes, a fetched entity can be translated, and an ended webhook
// subscription is found and activated.
//
// The suite does not check the fields of an event or a request; a system's own approved files
// do.
package connectortest
