// Package explain is the part of the operator's command that shows how an event was made: diff
// and map test. It opens the connectors of an installation for package mapping and prints its
// answer.
//
//	explain.go  the event, the connectors, the answer
//	delivery.go a delivery that could not be translated, and a time range
//	print.go    three columns, and what is no row of them
package explain
