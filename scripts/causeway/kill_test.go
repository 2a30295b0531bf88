package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/local"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/engine/enginetest"
	"causeway.example/shared/port"
)

// childCommand tells a run of this test binary that it is the operator's command, in a
// process of its own.
const childCommand = "CAUSEWAY_TEST_COMMAND"

// child is what such a process does: the whole command on a local store, which ends itself
// with SIGKILL right before the call At that changes something, or never if At is 0.
type child struct {
	Line []string
	Now  time.Time // sleeping lets its clock go on
	At   int
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childCommand); text != "" {
		var c child
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			panic(err)
		}
		os.Exit(c.run())
	}
	os.Exit(m.Run())
}

func (c child) run() int {
	calls, now := 0, c.Now
	tool := &cli.Tool{
		Screen:    screen.Screen{In: strings.NewReader(""), Out: os.Stdout, Err: os.Stderr, Now: func() time.Time { return now }, Width: 100},
		Transport: http.DefaultTransport, // to open systems with, which calls nothing
		Who:       "ana", Random: func() float64 { return float64(c.At%97) / 97 },
		Sleep: func(ctx context.Context, d time.Duration) error {
			now = now.Add(d)
			time.Sleep(time.Millisecond) // for an engine in another process
			return ctx.Err()
		},
		Opened: func(e engine.Engine) engine.Engine {
			return enginetest.Intercept(e, func(_ string, act func() error) error {
				if calls++; calls == c.At {
					_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
					select {} // the signal ends it
				}
				return act()
			})
		},
	}
	return tool.Run(context.Background(), root(tool), c.Line)
}

// kills plays a command in a process that is killed right before its first call that changes
// something, the next time before its second, and so on, until one ends by itself. After a
// kill nothing is done but to give the same command again, minutes later. It returns the
// number of kills, how the last one ended, and when.
func (w *world) kills(line ...string) (kills, code int, said string, now time.Time) {
	w.Helper()
	line = append(line, "--data", w.folder, "--settings", filepath.Join(w.folder, "none.env"))
	for now = start; ; now = now.Add(150 * time.Second) {
		switch code, said = w.process(child{Line: line, Now: now, At: kills + 1}); code {
		case -1:
			kills++
		case screen.ExitBusy: // the killed one had slept long, and its lease is not over
		default:
			return kills, code, said, now
		}
	}
}

// process returns the exit code of the command and all it says; -1 if it was killed.
func (w *world) process(c child) (code int, said string) {
	w.Helper()
	text, err := json.Marshal(c)
	must2(w.T, err)
	process := exec.CommandContext(w.Context(), os.Args[0])
	process.Env = append(os.Environ(), childCommand+"="+string(text))
	var out bytes.Buffer
	process.Stdout, process.Stderr = &out, &out
	_ = process.Run() // its end is in the state
	return process.ProcessState.ExitCode(), out.String()
}

// running lets the engine work in the background until the test ends what it returns.
func (w *world) running() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if n, err := w.engine.Step(context.WithoutCancel(ctx)); err != nil {
				w.Error(err)
				return
			} else if n == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// bury sends orders that die because the ERP has no such article, and then makes the
// article. It returns the event of each.
func (w *world) bury(letters int) (events []string) {
	w.Helper()
	for i := range letters {
		w.order(1001+i, "TRAIL-42", nil)
	}
	_, out, _ := w.run("dlq", "peek", "shopify-orders-to-netsuite", "-n", fmt.Sprint(letters), "--jq", ".letters[].event_id")
	if events = strings.Fields(out); len(events) != letters {
		w.Fatalf("%d letters of %d", len(events), letters)
	}
	must2(w.T, w.erp.AddItem("TRAIL-42"))
	return events
}

// plan returns the id of a plan to redrive everything.
func (w *world) plan() string {
	w.Helper()
	_, id, complaints := w.run("redrive", "--all", "--jq", ".plan.plan", "-q")
	if id == "" {
		w.Fatal(complaints)
	}
	return strings.TrimSpace(id)
}

// checkBooked checks that each of so many orders is in the ERP once, that no letter is left,
// and that the ledger has each letter's redrive, with who and why, once.
func (w *world) checkBooked(orders int, reason string) {
	w.Helper()
	w.clock.Advance(24 * time.Hour) // later than any clock of the killed processes
	w.settle()
	if found := w.erp.Orders(); len(found) != orders || len(w.erp.Duplicates()) != 0 {
		w.Errorf("the ERP has %d orders of %d, twice: %v", len(found), orders, w.erp.Duplicates())
	}
	if _, out, _ := w.run("dlq", "list", "--jq", ".queues | length"); out != "0\n" {
		w.Errorf("%s queues have letters", out)
	}
	entries, noted := w.redriven(), map[string]int{}
	for _, e := range entries {
		if noted[e.Event]++; !strings.Contains(e.Outcome, "by ana: "+reason) {
			w.Errorf("the ledger says %q", e.Outcome)
		}
	}
	if len(noted) != orders || len(entries) != orders {
		w.Errorf("the ledger has %d redrives of %d letters, want %d", len(entries), len(noted), orders)
	}
}

// redriven returns the ledger's entries of letters that were sent again.
func (w *world) redriven() []port.Entry {
	w.Helper()
	entries, err := w.store.Find(w.Context(), port.Query{Stage: operate.Redriven})
	must2(w.T, err)
	return entries
}

// F58: the command is killed with SIGKILL before each of its calls that changes something, one
// after the other in one operation, while an engine runs. The same command finishes it: each
// order is in the ERP once.
func TestF58CommandKilledAtEachStepBesideAnEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const letters = 10
	w.bury(letters)
	id := w.plan()
	w.clock.Advance(12 * time.Hour) // later than any clock of the killed processes
	stop := w.running()
	kills, code, said, _ := w.kills("apply", id, "--reason", "INC-7")
	stop()
	if kills < 20 || code != screen.ExitOK && !strings.Contains(said, "it was applied") {
		t.Errorf("after %d kills it ended with %d: %s", kills, code, said)
	}
	w.checkBooked(letters, "INC-7")
	// A letter that was sent by a process that was killed before it noted so is at the target by
	// then: resolved, and gone for the next process.
	_, out, _ := w.run("op", "list", "--jq", ".ops[] | .counts | .confirmed + .resolved + .gone, .confirmed > 4, .pending + .returned + .remaining")
	if out != fmt.Sprintf("%d\ntrue\n0\n", letters) {
		t.Errorf("the operation counts %s", out)
	}
}

// F58 while no engine runs: the first message has no outcome, so that the operation stops there
// each time. It goes on when an engine runs.
func TestF58CommandKilledAtEachStepWithoutAnEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const letters = 4
	w.bury(letters)
	id := w.plan()
	kills, code, said, now := w.kills("apply", id, "--reason", "INC-7")
	if kills < 11 || code != screen.ExitSome || !strings.Contains(said, "no outcome") {
		t.Errorf("after %d kills it ended with %d: %s", kills, code, said)
	}
	if waiting, err := w.store.Depths(t.Context()); err != nil || dead(waiting) != letters-1 || len(w.redriven()) != 1 {
		t.Errorf("%d are dead, %d were sent, %v", dead(waiting), len(w.redriven()), err)
	}
	w.clock.Advance(12 * time.Hour)
	stop := w.running()
	code, said = w.process(child{Line: []string{"apply", id, "--reason", "INC-7", "--data", w.folder}, Now: now.Add(time.Hour)})
	stop()
	if code != screen.ExitOK || !strings.Contains(said, "4 confirmed") {
		t.Errorf("it ended with %d: %s", code, said)
	}
	w.checkBooked(letters, "INC-7")
}

func dead(depths []local.Depth) (n int) {
	for _, d := range depths {
		n += d.Dead
	}
	return n
}

// F58 for an edit: the changed event is booked, and nothing else.
func TestF58EditKilledAtEachStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	event := w.bury(1)[0]
	kills, code, said, _ := w.kills("edit", event, "--set", "lines[0].sku=TEE-BLK-M", "--allow-edit", "--apply", "--reason", "INC-7")
	if kills < 6 || code != screen.ExitOK && code != screen.ExitNotFound {
		t.Errorf("after %d kills it ended with %d: %s", kills, code, said)
	}
	w.clock.Advance(6 * time.Hour)
	w.settle()
	if orders := w.erp.Orders(); len(orders) != 1 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("the ERP has %d orders, twice: %v", len(orders), w.erp.Duplicates())
	}
	if _, out, _ := w.run("dlq", "list", "--jq", ".queues | length"); out != "0\n" {
		t.Errorf("%s queues have letters", out)
	}
}
