package port_test

import (
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func entry(stage port.Stage, edits ...func(*port.Entry)) port.Entry {
	e := port.Entry{
		At: noon, Trace: "t1", Event: "e1", Causation: "r1", Entity: message.Key{System: "shop", Tenant: "brand", Type: "order", ID: "1"},
		Version: "v1", Type: "order.changed", Route: "shop-orders-to-erp", Stage: stage, Attempt: 1, ReceiveCount: 1,
		Outcome: "as the test says", Function: "erp-deliver", Message: "m1",
	}
	for _, edit := range edits {
		edit(&e)
	}
	return e
}

var stages = []port.Stage{
	port.Received, port.Translated, port.Published, port.Queued, port.Sent, port.Deferred, port.Confirmed, port.Superseded,
	port.Skipped, port.Dead, port.Parked, port.Degraded, port.Restored, port.AuthExpired, port.Reconciled,
}

// After a kill the message is received once more, later, and perhaps by another build.
func TestARepetitionHasTheIdentityOfItsEntry(t *testing.T) {
	t.Parallel()
	again := func(e *port.Entry) {
		e.At, e.ReceiveCount, e.Took, e.Build = noon.Add(time.Minute), 2, time.Second, "later"
	}
	repeats := map[port.Stage]bool{
		port.Received: true, port.Deferred: true, port.Degraded: true, port.Restored: true, port.AuthExpired: true, port.Reconciled: true,
	}
	for _, stage := range stages {
		if same := entry(stage).Identity() == entry(stage, again).Identity(); same == repeats[stage] {
			t.Errorf("%s: one minute later it is the same entry: %v", stage, same)
		}
		if entry(stage).Identity() != entry(stage, func(e *port.Entry) { e.ReceiveCount, e.Build = 2, "later" }).Identity() {
			t.Errorf("%s: the receive count is part of the identity", stage)
		}
	}
}

func TestEntriesOfDifferentFactsHaveDifferentIdentities(t *testing.T) {
	t.Parallel()
	edits := map[string]func(*port.Entry){
		"as it is": func(*port.Entry) {},
		"trace":    func(e *port.Entry) { e.Trace = "t2" },
		"event":    func(e *port.Entry) { e.Event = "e2" },
		"cause":    func(e *port.Entry) { e.Causation = "r2" },
		"entity":   func(e *port.Entry) { e.Entity.ID = "2" },
		"version":  func(e *port.Entry) { e.Version = "v2" },
		"type":     func(e *port.Entry) { e.Type = "order.cancelled" },
		"route":    func(e *port.Entry) { e.Route = "shop-orders-to-warehouse" },
		"redrive":  func(e *port.Entry) { e.RedriveCount = 1 },
		"function": func(e *port.Entry) { e.Function = "warehouse-deliver" },
	}
	seen := map[string]string{}
	for _, stage := range stages {
		for name, edit := range edits {
			id := entry(stage, edit).Identity()
			if other, taken := seen[id]; taken {
				t.Errorf("%s, another %s: the identity of %s", stage, name, other)
			}
			seen[id] = string(stage) + ", another " + name
		}
	}
}

func TestAttemptsHaveIdentitiesOfTheirOwnWhereTheyCanDiffer(t *testing.T) {
	t.Parallel()
	second := func(e *port.Entry) { e.Attempt = 2 }
	refused := func(e *port.Entry) { e.Error = &port.EntryError{Code: "E1", Class: fault.Value} }
	for stage, own := range map[port.Stage]bool{port.Sent: true, port.Dead: false, port.Parked: false, port.Confirmed: false, port.Superseded: false, port.Skipped: false, port.Published: false, port.Translated: false} {
		if got := entry(stage).Identity() != entry(stage, second).Identity(); got != own {
			t.Errorf("%s: the second attempt has an identity of its own: %v", stage, got)
		}
	}
	if entry(port.Sent).Identity() == entry(port.Sent, refused).Identity() {
		t.Error("of one attempt, two calls with different answers have one identity")
	}
}

// A copy is another message of the queue, and so is a dead letter that was put back.
func TestEndsOfCopiesHaveIdentitiesOfTheirOwn(t *testing.T) {
	t.Parallel()
	copied := func(e *port.Entry) { e.Message = "m2" }
	for stage, own := range map[port.Stage]bool{port.Queued: true, port.Skipped: true, port.Superseded: true, port.Dead: true, port.Parked: true, port.Confirmed: false, port.Published: false} {
		if got := entry(stage).Identity() != entry(stage, copied).Identity(); got != own {
			t.Errorf("%s: a copy has an identity of its own: %v", stage, got)
		}
	}
	unnamed := func(e *port.Entry) { e.Message = "" }
	later := func(e *port.Entry) { e.At = noon.Add(time.Second) }
	second := func(e *port.Entry) { e.Attempt = 2 }
	if entry(port.Skipped, unnamed).Identity() == entry(port.Skipped, unnamed, later).Identity() {
		t.Error("without a message, two times skipped have one identity")
	}
	if entry(port.Dead, unnamed).Identity() == entry(port.Dead, unnamed, second).Identity() {
		t.Error("without a message, the deaths of two attempts have one identity")
	}
}

func TestAnIdentityThatIsSetIsKept(t *testing.T) {
	t.Parallel()
	if got := entry(port.Dead, func(e *port.Entry) { e.ID = "chosen" }).Identity(); got != "chosen" {
		t.Errorf("identity %q", got)
	}
	e := entry(port.Confirmed)
	e.ID = e.Identity()
	if e.Identity() != entry(port.Confirmed).Identity() {
		t.Error("an entry that was read back has another identity")
	}
}
