// Package mapping shows how an event was made: which fields of the delivery make which of its
// fields, and which of those make which fields of the request to the target, with the rule of
// each. It also shows what would change at the target if an event were delivered now.
//
// # Rules are found by experiment
//
// Connectors do not report which field they read for which: a recorder in every decoder and
// encoder would cost the delivery path, and would be true only where it was not forgotten.
// Instead the delivery is translated again with one field changed at a time, and the event is
// encoded again in the same way. A field that differs then is made of the changed one. This
// needs nothing in a connector and holds for any of them. The same is done with the settings of
// the target's connector, and with the ids of the parents there.
//
// The words of a rule are of three kinds: how the values relate, if they show it (relation); the
// setting or parent that makes the field; and the notes of the connector on a value that it
// changed or that was missing (connector.Note in an event and in a receipt), from which the
// marks Changed and Defaulted follow.
//
// Nothing is guessed. A field of which no other value is
// taken, as when an order would not balance, is tried together with all fields of the same
// text; if that fails too it is listed as refused. Lost are only fields of which every change
// was taken without an effect. An order's total is made that of its parts in experiments with
// an event. Of a list, the first elements and the one at fault are studied.
//
// # Nothing is stored, nothing is changed
//
// A connector that is studied has a network of its own (network.go). A request that only reads
// (webapi.OnlyReads) is sent, once; a request that would change something is recorded and
// answered with 204. After the first run, nothing is sent at all: experiments get the answers of
// the first run. The package has no port to write to, and the caller's CrossRef must store
// nothing. A connector that needs more of an answer to a write than 204 shows its first request.
//
// An entity that the target has would get only what differs. For all fields, a twin is written:
// the same entity under an id, and of a customer with an e-mail address, that nobody has.
//
// # Personal data
//
// A value is masked if the model tags its field, if it reaches or comes of such a field, if
// operate.MaskPayload masks it, or if it contains a value of such a field.
//
// # Files
//
//	subject.go     the event that is asked about, its delivery, and what the State has of it
//	unread.go      a delivery that cannot be translated
//	survey.go      many events, counted by what they would change at the target
//	explain.go     the two runs, and experiments with settings and parents
//	experiment.go  experiments with the fields of a body
//	network.go     the network that records
//	leaf.go        a JSON text as its values
//	row.go         the table: rows, rules, marks, masks
//	relation.go    how a value is made of others
package mapping
