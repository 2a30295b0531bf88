package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/scripts/day"
	"causeway.example/scripts/installation"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/settings"
)

// patience is how long a started command may take until the awaited condition holds. The
// leases of a killed process are free at once; the longest of the other waits is a second of the day's own.
// On an idle machine TestKillAndRestart takes a quarter of it.
const patience = 5 * time.Minute

// TestKillAndRestart kills the command, as a power cut would, during the sample day,
// starts it again on the same folder, and reads at the end of the day whether any delivery
// that was answered as accepted is missing or booked twice.
func TestKillAndRestart(t *testing.T) {
	t.Parallel()
	steps, folder := day.Morning(nil), t.TempDir()
	for _, moment := range moments(len(steps)) {
		c := start(t, folder)
		c.waitForAnswers(moment)
		c.kill()
		t.Logf("killed when senders had been answered %d of %d deliveries", c.answered(), len(steps))
	}
	c := start(t, folder)
	got := c.result()
	c.interrupt()
	if got.Lost != 0 || got.Duplicated != 0 || got.Accepted <= accepted(steps) || got.Found < 2 {
		t.Errorf("the day ended with %+v, want more than the morning's %d accepted and at least the 2 lost ones found\n%s", got, accepted(steps), c.log())
	}
	c.wantLeftover()
}

// wantLeftover fails unless what is left of the day is exactly what must be: the order with
// an unknown SKU is dead, and its payment, its parcel and what the warehouse has of it wait for it; the
// order without an address is dead at the warehouse.
//
// The number of letters and of messages that wait is not fixed, only what they are about. A
// dead order has one letter for each of its states: that of the webhook, and that of a poll,
// which is handed on as long as the payment waits without a trace, for its first minute. A
// kill between a dead letter and the note of it has the letter written once more.
func (c *command) wantLeftover() {
	c.Helper()
	store, err := local.Open(c.Context(), installation.Store(c.folder, "test", time.Now, installation.Routes(settings.Settings{})))
	must(c.T, err)
	defer func() { must(c.T, store.Close()) }()
	dead, waiting, parcels := map[string]bool{}, map[string]bool{}, 0
	letters, err := store.Find(c.Context(), port.Query{Stage: port.Dead})
	must(c.T, err)
	for _, e := range letters {
		dead[e.Entity.Type+" "+e.Entity.ID] = true
	}
	for _, route := range installation.Routes(settings.Settings{}) {
		left, err := store.Peek(c.Context(), route.Queue(), mostPeeked)
		must(c.T, err)
		for _, in := range left {
			m, err := message.Decode(in.Body)
			must(c.T, err)
			if waiting[m.Key().Type+" "+m.Key().ID] = true; m.Key().Type == "shipment" {
				delete(waiting, m.Key().Type+" "+m.Key().ID) // its id is the warehouse's
				parcels++
			}
		}
	}
	// Order #1001 is cancelled. A target that was asked for it only then skips it, and waits an hour for a
	// newer state of it with what the warehouse reports.
	delete(waiting, "warehouse_order shopify/example-brand.myshopify.com/order/820982911946154508")
	const order, unaddressed, payment = "order 6000000000042", "order 5312345678901", "payment 6000000000042-paid"
	const state = "warehouse_order shopify/example-brand.myshopify.com/order/6000000000042"
	if !maps.Equal(dead, map[string]bool{order: true, unaddressed: true}) || !maps.Equal(waiting, map[string]bool{payment: true, state: true}) || parcels == 0 {
		c.Errorf("dead: %v, waiting: %v and %d parcels; want %s, %s, %s, %s and a parcel\n%s", dead, waiting, parcels, order, unaddressed, payment, state, c.log())
	}
}

// moments are counts of answers at which to kill, drawn once and for all.
func moments(steps int) []int {
	random := rand.New(rand.NewPCG(2026, 11))
	return slices.Sorted(slices.Values([]int{1 + random.IntN(steps), 1 + random.IntN(steps), 1 + random.IntN(steps)}))
}

// accepted counts the deliveries that reach a door and that it must not turn away.
func accepted(steps []day.Delivery) int {
	return len(slices.DeleteFunc(slices.Clone(steps), func(d day.Delivery) bool { return d.Refuse || d.Lost }))
}

// command is the program in a process of its own.
type command struct {
	*testing.T
	folder string
	cmd    *exec.Cmd
	lines  chan string
}

func start(t *testing.T, folder string) *command {
	t.Helper()
	c := &command{T: t, folder: folder, cmd: exec.CommandContext(t.Context(), os.Args[0]), lines: make(chan string, 1000)}
	c.cmd.Env = []string{dayFolder + "=" + folder}
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	must(t, err)
	must(t, c.cmd.Start())
	go c.read(out)
	return c
}

func (c *command) read(out io.Reader) {
	defer close(c.lines)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		c.lines <- lines.Text()
	}
}

// answered counts the deliveries that senders were told about.
func (c *command) answered() int {
	book, _ := os.ReadFile(filepath.Join(c.folder, "senders.jsonl")) // not there yet: none
	return bytes.Count(book, []byte{'\n'})
}

func (c *command) waitForAnswers(n int) {
	c.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for late := time.After(patience); c.answered() < n; {
		select {
		case <-look.C:
		case <-late:
			c.Fatalf("%d deliveries were answered, want %d\n%s", c.answered(), n, c.log())
		}
	}
}

func (c *command) kill() {
	c.Helper()
	must(c.T, c.cmd.Process.Kill())
	for range c.lines { // until the pipe is closed
	}
	if err := c.cmd.Wait(); err == nil {
		c.Fatal("the killed command ended by itself")
	}
}

// interrupt ends the command as Ctrl-C does.
func (c *command) interrupt() {
	c.Helper()
	must(c.T, c.cmd.Process.Signal(os.Interrupt))
	for range c.lines {
	}
	must(c.T, c.cmd.Wait())
}

// result waits for the day to be over.
func (c *command) result() (r result) {
	c.Helper()
	late := time.After(patience)
	var shown []string
	for {
		select {
		case line, more := <-c.lines:
			shown = append(shown[max(0, len(shown)-20):], line)
			if text, over := strings.CutPrefix(line, "the sample day is over: "); over {
				must(c.T, json.Unmarshal([]byte(text), &r))
				return r
			}
			if !more {
				c.Fatalf("the command ended before the day\n%s", c.log())
			}
		case <-late:
			c.Fatalf("the day does not end\n%s\n%s", strings.Join(shown, "\n"), c.log())
		}
	}
}

// log is the command's own log, for failures.
func (c *command) log() string {
	data, err := os.ReadFile(filepath.Join(c.folder, "causeway.log"))
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

// wantFailure fails unless the error says the text.
func wantFailure(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("failure is %v, want one that says %q", err, text)
	}
}
