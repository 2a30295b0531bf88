package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
)

// A search reads the log of every function, in parts, and stops where a log is too long. It says
// so; a function that does not exist has no log.
func TestLinesAreSearchedInEveryFunctionsLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := w.open().Log
	ask := engine.LogQuery{IDs: []string{"event-7"}, From: w.clock.Now().Add(-time.Minute), To: w.clock.Now().Add(time.Hour), Most: 5}
	if lines, whole, err := log.Lines(t.Context(), ask); err != nil || !whole || len(lines) > 0 {
		t.Errorf("without logs: %v, %v, %v", lines, whole, err)
	}
	for _, function := range []string{"shop-receive", "shop-translate", "erp-deliver"} {
		w.server.Log("/aws/lambda/"+prefix+"-"+function, "s", `{"event_id":"event-7"}`)
		w.advance(time.Second)
	}
	lines, whole, err := log.Lines(t.Context(), ask)
	if err != nil || !whole || len(lines) != 3 || lines[0].Function != prefix+"-shop-receive" || lines[2].Function != prefix+"-erp-deliver" {
		t.Errorf("found %+v, %v, %v", lines, whole, err)
	}
	for i := range 2100 {
		w.server.Log("/aws/lambda/"+prefix+"-erp-deliver", "s", fmt.Sprintf(`{"event_id":"other-%d"}`, i))
	}
	if lines, whole, err := log.Lines(t.Context(), ask); err != nil || whole || len(lines) != 3 {
		t.Errorf("a log that is too long: %+v, %v, %v", lines, whole, err)
	}
	long := strings.Repeat("x", 2000)
	ask.IDs = []string{long, "event-7"}
	if lines, _, err := log.Lines(t.Context(), ask); err != nil || len(lines) != 3 {
		t.Errorf("beside an id that fits no pattern: %+v, %v", lines, err)
	}
	w.server.Fail("logs", "FilterLogEvents", cloudtest.Denied(cloudtest.Always))
	if _, _, err := log.Lines(t.Context(), ask); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a log that is closed to us: %v", err)
	}
}
