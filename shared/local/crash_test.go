package local_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// childPath tells a run of this test binary that it is the process to be killed.
const childPath = "CAUSEWAY_TEST_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

func childConfig(path string) local.Config {
	return local.Config{
		Path: path, Now: time.Now, Routes: porttest.Table(), Systems: routes.Sources(porttest.Table()),
		Visibility: time.Hour, MaxReceives: 3,
	}
}

// writeUntilKilled makes every kind of write from many goroutines and says on
// standard output what was acknowledged, a line each.
func writeUntilKilled(path string) {
	acknowledged := make(chan string)
	ctx, stop := neverEnding()
	defer stop()
	s, err := local.Open(ctx, childConfig(path))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for writer := range 8 {
		go func() {
			for i := 0; ; i++ {
				for _, line := range writeAll(s, fmt.Sprintf("w%d-%d", writer, i)) {
					acknowledged <- line
				}
			}
		}()
	}
	for line := range acknowledged {
		fmt.Println(line)
	}
}

func writeAll(s *local.Store, id string) (lines []string) {
	ctx, stop := neverEnding()
	defer stop()
	note := func(kind, id string, err error) {
		if err != nil {
			kind, id = "error", kind+" "+err.Error()
		}
		lines = append(lines, kind+" "+id)
	}
	note("sent", id, s.Send(ctx, inbox, []port.Outgoing{{Body: []byte(id)}}))
	note("put", id, second(s.Put(ctx, port.Item{Key: id, Value: []byte(id)})))
	note("appended", id, s.Append(ctx, port.Entry{At: time.Now(), Trace: id, Outcome: id}))
	note("stored", id, second(s.Store(ctx, []byte(id))))
	m := &message.Message{ID: id, Source: "causeway.shop", Type: "customer.upserted", Origin: "shop", CorrelationID: "bus-" + id}
	note("published", id, s.Publish(ctx, []*message.Message{m}))
	deleted, err := receiveAndDelete(s, id)
	note("deleted", deleted, err)
	return lines
}

// receiveAndDelete sends to a queue of its own and deletes what comes first.
func receiveAndDelete(s *local.Store, id string) (deleted string, err error) {
	ctx, stop := neverEnding()
	defer stop()
	queue := routes.Inbox("erp")
	if err := s.Send(ctx, queue, []port.Outgoing{{Body: []byte(id)}}); err != nil {
		return "", err
	}
	batch, err := s.Receive(ctx, queue, 1, time.Minute)
	if err != nil {
		return "", err
	}
	return string(batch[0].Body), s.Delete(ctx, batch[0])
}

// A process killed at any point loses nothing that it was told is stored, and the
// next one can open the file at once.
func TestKilledProcessFindsEverythingAgain(t *testing.T) {
	t.Parallel()
	for _, lines := range []int{1, 40, 300} {
		t.Run(fmt.Sprint("after ", lines), func(t *testing.T) {
			t.Parallel()
			path := t.TempDir() + "/store.db"
			acknowledged := runAndKill(t, path, lines)
			s := mustOpen(t, childConfig(path))
			checkAcknowledged(t, s, acknowledged)
			checkCounters(t, s)
			checkFile(t, path)
		})
	}
}

func runAndKill(t *testing.T, path string, lines int) map[string][]string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childPath+"="+path)
	output, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	said := bufio.NewScanner(output)
	acknowledged := map[string][]string{}
	for n := 0; said.Scan(); n++ {
		if n == 0 {
			checkInUse(t, path)
		}
		if n == lines {
			must(t, child.Process.Kill())
		}
		kind, id, _ := strings.Cut(said.Text(), " ")
		acknowledged[kind] = append(acknowledged[kind], id)
	}
	_, _ = io.Copy(io.Discard, output)
	_ = child.Wait() // reports the kill
	if len(acknowledged["error"]) > 0 {
		t.Fatalf("the process failed: %q", acknowledged["error"])
	}
	return acknowledged
}

func checkInUse(t *testing.T, path string) {
	t.Helper()
	s, err := local.Open(t.Context(), childConfig(path))
	if err == nil {
		t.Fatal("opened a store that another process has open:", s.Close())
	}
	if e := fault.As(err); e.Code != "store_in_use" || e.Class != fault.Config {
		t.Errorf("refused with %v", err)
	}
}

func checkAcknowledged(t *testing.T, s *local.Store, acknowledged map[string][]string) {
	t.Helper()
	// A line may be cut where the process died; a whole one is acknowledged.
	missing := map[string]func(id string) bool{
		"put": func(id string) bool {
			item, err := s.Get(t.Context(), id)
			return err != nil || string(item.Value) != id
		},
		"appended": func(id string) bool {
			found, err := s.Find(t.Context(), port.Query{Trace: id})
			return err != nil || len(found) != 1
		},
		"published": func(id string) bool {
			found, err := s.Find(t.Context(), port.Query{Trace: "bus-" + id})
			return err != nil || len(found) != 1
		},
		"stored": func(id string) bool { return !vaultHolds(t, s, id) },
	}
	for kind, lost := range missing {
		for _, id := range acknowledged[kind] {
			if lost(id) {
				t.Errorf("%s %s was acknowledged and is lost", kind, id)
			}
		}
	}
	checkSubset(t, "sent", acknowledged["sent"], drain(t, s, inbox))
	checkSubset(t, "published", acknowledged["published"], drain(t, s, "shop-customers-to-erp"))
	for _, id := range drain(t, s, routes.Inbox("erp")) {
		if slices.Contains(acknowledged["deleted"], id) {
			t.Errorf("%s was deleted and is back", id)
		}
	}
}

func vaultHolds(t *testing.T, s *local.Store, id string) bool {
	t.Helper()
	hash := hexHash(id)
	data, err := s.Load(t.Context(), message.Claim{Key: "sha256/" + hash, SHA256: hash, Size: int64(len(id))})
	return err == nil && string(data) == id
}

func drain(t *testing.T, s *local.Store, queue string) (ids []string) {
	t.Helper()
	for {
		batch := mustReceive(t, s, queue, 500, 0)
		if len(batch) == 0 {
			return ids
		}
		for _, in := range batch {
			id := string(in.Body)
			if m, err := message.Decode(in.Body); err == nil {
				id = m.ID
			}
			ids = append(ids, id)
		}
	}
}

func checkSubset(t *testing.T, kind string, acknowledged, there []string) {
	t.Helper()
	found := map[string]int{}
	for _, id := range there {
		found[id]++
	}
	for _, id := range acknowledged {
		if found[id] != 1 {
			t.Errorf("%s %s was acknowledged and is there %d times", kind, id, found[id])
		}
	}
}

// checkCounters compares the totals with what can be counted.
func checkCounters(t *testing.T, s *local.Store) {
	t.Helper()
	depths, err := s.Depths(t.Context())
	must(t, err)
	for _, d := range depths {
		if d.Visible != 0 {
			t.Errorf("after everything was received, %s counts %d visible", d.Queue, d.Visible)
		}
	}
	tallies, err := s.Tally(t.Context())
	must(t, err)
	for _, tally := range tallies {
		found, err := s.Find(t.Context(), port.Query{Route: tally.Route, Stage: port.Queued})
		must(t, err)
		if int(tally.In) != len(found) {
			t.Errorf("route %s: %d in, the ledger has %d", tally.Route, tally.In, len(found))
		}
	}
}
