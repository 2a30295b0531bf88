// Package routes is the Content-Based Router as data: which events of which system
// go to which other system, and which of them are skipped with which reason.
//
// The same table makes the EventBridge rules and queues (package infra) and the bus
// of the local engine, and both decide with the same event patterns: Pattern is the
// subset of EventBridge's pattern language that rules may use, so that a message
// takes the same way on one machine as on AWS.
//
// Adding a flow is one line in Table. The package holds no state and calls nobody.
package routes
