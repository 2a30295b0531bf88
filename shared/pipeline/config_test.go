package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// missing is a failure that only our configuration mends.
var missing = &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "ERP_TAX_MAP", Detail: "the map has no entry for DE19"}

// TestF72AMissingSettingWaitsWithAnAlarm has the target's connector, or the source's, miss a
// map entry, until it is there.
func TestF72AMissingSettingWaitsWithAnAlarm(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(e *testEnv, missing error){
		"at the target": func(e *testEnv, missing error) {
			e.system.failing = func(connector.Delivery) error { return missing }
		},
		"at the source": func(e *testEnv, missing error) { e.system.translateErr = missing },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			set(e, missing)
			e.post("1", change{Type: customer, ID: "7", Name: "Ada"})
			e.drain(3 * time.Hour)
			waits := e.entries(port.Deferred)
			if len(waits) == 0 || len(e.alarms) != len(waits) || slices.ContainsFunc(e.alarms, func(m string) bool { return m != pipeline.AlarmConfig }) {
				t.Fatalf("%d waits, alarms %q", len(waits), e.alarms)
			}
			if w := waits[0]; w.Error.Field != "ERP_TAX_MAP" || !strings.Contains(w.Outcome, "waits for our configuration") || !strings.Contains(w.Outcome, "DE19") {
				t.Errorf("it waits with %q, %+v", w.Outcome, w.Error)
			}
			if n := len(waits); n > 60 {
				t.Errorf("%d looks in three hours", n)
			}
			set(e, nil)
			e.drain(15 * time.Minute)
			e.entry(port.Confirmed)
			if d := e.system.deliveries[len(e.system.deliveries)-1]; d.Attempt != 1 {
				t.Errorf("waiting used up %d attempts", d.Attempt-1)
			}
		})
	}
}

// TestF72ASettingThatStaysMissingIsDeadAfterItsBudget is the boundary of Retry.Config.
func TestF72ASettingThatStaysMissingIsDeadAfterItsBudget(t *testing.T) {
	t.Parallel()
	for name, noOperation := range map[string]bool{"setting": false, "operation": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			if noOperation {
				e.profile.Operations = nil
			}
			e.system.failing = func(connector.Delivery) error { return missing }
			e.post("1", change{Type: customer, ID: "7"})
			e.drainBy(time.Minute, 72*time.Hour)
			if len(e.entries(port.Dead)) > 0 {
				t.Fatal("dead before its budget ended")
			}
			e.drainBy(time.Minute, time.Hour)
			entry := e.entry(port.Dead)
			if entry.Error.Class != fault.Config || !strings.Contains(entry.Outcome, "72h") {
				t.Errorf("entry %+v: %s", entry.Error, entry.Outcome)
			}
			if noOperation && (len(e.system.deliveries) > 0 || !strings.Contains(entry.Error.Message, "erp has no operation for customer.upserted")) {
				t.Errorf("%d calls, %q", len(e.system.deliveries), entry.Error.Message)
			}
		})
	}
}

// TestF72AnOperationThatIsAddedGoesOn has the next release of a connector know the type.
func TestF72AnOperationThatIsAddedGoesOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	operations := e.profile.Operations
	e.profile.Operations = nil
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(time.Hour)
	if len(e.alarms) == 0 || e.memory.Left() != 1 {
		t.Fatalf("alarms %q, %d left", e.alarms, e.memory.Left())
	}
	e.profile.Operations = operations
	e.restart()
	e.drain(20 * time.Minute)
	e.entry(port.Confirmed)
}
