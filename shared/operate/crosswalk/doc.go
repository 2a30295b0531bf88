// Package crosswalk exports and imports the targets' ids of customers, orders, products and
// everything else that routes carry.
// The pipeline keeps them in the entity's record (entity.Record.Ref), where a delivery looks
// before it searches the target or creates anything.
//
// The form is CSV with the columns target, system, store, type, id, target_id, one binding a
// line, in UTF-8:
//
//	target,system,store,type,id,target_id
//	netsuite,shopify,brand.myshopify.com,customer,7001,88
//
// Export writes line by line and holds one record in memory. Read checks a file whole before
// anything is written: columns, known target, system and type, forms of ids, ids that a
// spreadsheet has turned into a number, and lines that contradict each other. Compare says what an
// import would do: bind what is unbound, leave what is the same, and refuse to bind an entity to
// another record unless Rebind is set. Apply does it.
//
// An entity that gets its binding counts as present at the target: messages that wait for it are
// woken, and its next state updates the bound record instead of creating one. A binding that
// changes keeps the version that was confirmed, so that nothing older is written, and forgets its
// content, so that the next state is written whole.
//
// Apply is an operation as those of package redrive are (causeway op list): one at a time, by a
// lease; a ledger entry of stage bound, with operator and reason, before each change; conditional
// writes. A file that is applied again changes nothing more, so that an import which was killed is
// finished by running it again. An entity that is being delivered at that moment is left and
// counted.
//
// Settings that are maps, such as those of locations, carriers and payment methods, are not here:
// they belong to the configuration, which is versioned with the stage.
package crosswalk
