// Package crosswalk exports and imports the targets' ids of customers, orders, products and
// everything else that routes carry, and the entries of the systems' maps (payment methods,
// locations, carriers and others).
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
// # Maps
//
// Settings that are maps, such as those of payment methods, locations and carriers, have entries in
// the installation's state beside those of the stage (package valuemap). Type Maps exports and imports
// them. Their files have a form of their own, because an entry belongs to a system and not to a store,
// and says where it is from:
//
//	target,type,id,target_id,source
//	netsuite,payment_method,card,1,setting
//	netsuite,payment_method,klarna,7,import x-q91dc8
//	netsuite,payment_method,cash,4,"import x-1svacq, the setting has 3"
//
// The type is the setting's name without the system's and in the singular; an import takes the key of
// the setting too, and reads no source. An imported entry wins over the setting's own. One that leads
// elsewhere by now is changed with Rebind only; an empty target_id removes an imported entry, so that
// the setting's own is used again. An import is checked by opening each system with the entries that it would
// have, by the rules of its start, and stores those of one system in one write. Lease, operation and
// ledger entries are as above; the entity of an entry is netsuite/crosswalk/payment_method/klarna.
//
// Nothing records which message waits for an entry, so that none is woken: package reopen reads the
// entries when a message fails for one, at most once a minute in each process.
package crosswalk
