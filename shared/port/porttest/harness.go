package porttest

import (
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Harness is one backend, opened and empty, with what the suite has to know of it.
type Harness struct {
	Bus    port.Bus
	Queue  port.Queue
	State  port.State
	Ledger port.Ledger
	Vault  port.Vault

	Now     func() time.Time       // the backend's clock
	Advance func(by time.Duration) // moves the clock; a backend with a real clock waits
	Tick    time.Duration          // finest step of time that the backend tells apart; SQS: one second; 0: a nanosecond
	Waits   bool                   // Receive sleeps until a message comes; otherwise it returns at once

	Inbox       string         // a queue with a dead-letter queue named by routes.Dead
	Other       string         // a second one
	Visibility  time.Duration  // of both queues
	MaxReceives int            // of both queues
	Routes      []routes.Route // what the bus was opened with: Table()

	Patience    time.Duration // how long a message may take to arrive after Send or Publish returned; 0: it is there
	NamesReason bool          // sets the attribute "reason" on what it dead-letters by itself

	Reopen  func(t *testing.T) Harness              // closes the backend and opens what it left; nil if it keeps nothing
	Corrupt func(t *testing.T, claim message.Claim) // damages the stored body; nil if the suite cannot reach it
}

// Open opens a backend for one test and arranges for its end with t.Cleanup.
type Open func(t *testing.T) Harness

// Table returns the routes that a harness opens its bus with: two targets for the
// orders of a system "shop", one for its customers, and one back. Its inboxes are
// those of routes.Sources.
func Table() []routes.Route {
	return []routes.Route{
		{From: "shop", Flow: "orders", To: "erp", Types: []string{"order.placed", "order.changed"}},
		{From: "shop", Flow: "orders", To: "warehouse", Types: []string{"order.placed"}},
		{From: "shop", Flow: "customers", To: "erp", Types: []string{"customer.upserted"}},
		{From: "erp", Flow: "levels", To: "shop", Types: []string{"inventory.level"}},
	}
}

// cases are the tests of one port by the sentence they prove.
type cases []struct {
	name string
	test func(t *testing.T, h Harness)
}

func (all cases) run(t *testing.T, open Open) {
	t.Helper()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// reopened is the backend after a restart; the same one where that means nothing.
func (h Harness) reopened(t *testing.T) Harness {
	t.Helper()
	if h.Reopen == nil {
		return h
	}
	return h.Reopen(t)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
