// Package doctor finds out what is wrong with an installation before a message fails for
// it, and says what to do about each thing it finds.
//
// A Check looks at one thing and returns Findings; Run runs checks side by side. What can
// be checked wherever the systems are open is here: connections, webhook subscriptions, the
// clock, and whether settings are complete for every shape of an event. Backends add their
// own checks, such as of queues, alarms and permissions: any Check can be given to Run.
//
// A system declares what its settings are for by the tags of its settings struct
// (connector.Purposes). So "orders with tax wait: NETSUITE_ITEM_TAX is not set" is known
// without an order.
//
// Checks read only. A check that does not end within Patience is a finding itself.
package doctor
