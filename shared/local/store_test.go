package local_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

func hexHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func neverEnding() (context.Context, func()) { return context.WithCancel(context.Background()) }

// checkFile has SQLite itself check the file, indexes included, and looks for what
// nothing refers to.
func checkFile(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+escape(path))
	must(t, err)
	var verdict string
	must(t, db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
	if verdict != "ok" {
		t.Errorf("integrity check: %s", verdict)
	}
	for what, query := range map[string]string{
		"bodies without a message": "SELECT count(*) FROM body WHERE id NOT IN (SELECT id FROM item)",
		"names without an entry": `SELECT count(*) FROM name WHERE id NOT IN
			(SELECT trace FROM entry UNION SELECT event FROM entry UNION SELECT entity FROM entry UNION SELECT route FROM entry)`,
	} {
		var left int
		if must(t, db.QueryRowContext(t.Context(), query).Scan(&left)); left != 0 {
			t.Errorf("%d %s are left", left, what)
		}
	}
	must(t, db.Close())
}

func mustRefuse(t *testing.T, c local.Config, want string) *fault.Error {
	t.Helper()
	s, err := local.Open(t.Context(), c)
	if err == nil {
		t.Fatal("opened:", s.Close())
	}
	e := fault.As(err)
	if e.Class != fault.Config && e.Class != fault.Bug || !strings.Contains(err.Error(), want) {
		t.Errorf("refused with class %s: %v; want %q", e.ClassOrDefault(), err, want)
	}
	return e
}

func TestOpenNamesTheSettingThatIsWrong(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*local.Config){
		"Path":            func(c *local.Config) { c.Path = "" },
		"Now":             func(c *local.Config) { c.Now = nil },
		"Visibility":      func(c *local.Config) { c.Visibility = 0 },
		"MaxReceives":     func(c *local.Config) { c.MaxReceives = 0 },
		"LedgerRetention": func(c *local.Config) { c.LedgerRetention = -1 },
		"DeadRetention":   func(c *local.Config) { c.DeadRetention = -1 },
		"VaultRetention":  func(c *local.Config) { c.VaultRetention = -1 },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			c := config(t, time.Now)
			spoil(&c)
			if e := mustRefuse(t, c, "must"); e.Field != field {
				t.Errorf("the error names %q", e.Field)
			}
		})
	}
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"folder is missing": {func(t *testing.T, path string) {
			t.Helper()
			must(t, os.RemoveAll(path[:strings.LastIndex(path, "/")]))
		}, "cannot be opened"},
		"other file": {func(t *testing.T, path string) {
			t.Helper()
			must(t, os.WriteFile(path, []byte(strings.Repeat("text ", 500)), 0o600))
		}, "no SQLite database"},
		"other program's file":  {func(t *testing.T, path string) { t.Helper(); tamper(t, path, `CREATE TABLE theirs (a)`) }, "another program"},
		"newer Causeway's file": {func(t *testing.T, path string) { t.Helper(); makeNewer(t, path) }, "newer Causeway"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, time.Now)
			tc.make(t, c.Path)
			before, _ := os.ReadFile(c.Path)
			if e := mustRefuse(t, c, tc.want); e.Doing == "" {
				t.Errorf("the error does not say what was attempted: %v", e)
			}
			if after, _ := os.ReadFile(c.Path); len(before) != len(after) {
				t.Errorf("the file was written to: %d bytes, now %d", len(before), len(after))
			}
		})
	}
}

func makeNewer(t *testing.T, path string) {
	t.Helper()
	c := config(t, time.Now)
	c.Path = path
	s, err := local.Open(t.Context(), c)
	must(t, err)
	must(t, s.Close())
	tamper(t, path, `PRAGMA user_version = 99`)
}

func TestOneStoreIsOpenAtATime(t *testing.T) {
	t.Parallel()
	c := config(t, time.Now)
	s := mustOpen(t, c)
	if e := mustRefuse(t, c, "another Causeway has the file open"); e.Code != "store_in_use" {
		t.Errorf("code %q", e.Code)
	}
	mustSend(t, s, inbox, "still works")
	must(t, s.Close())
	again := mustOpen(t, c)
	if got := bodies(mustReceive(t, again, inbox, 10, 0)); got != "[still works]" {
		t.Errorf("received %s", got)
	}
}

func TestCallsAfterCloseFail(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, config(t, time.Now))
	must(t, s.Close())
	must(t, s.Close())
	ctx := t.Context()
	for name, err := range map[string]error{
		"Send":    s.Send(ctx, inbox, []port.Outgoing{{Body: []byte("m")}}),
		"Receive": second(s.Receive(ctx, inbox, 1, time.Hour)),
		"Put":     second(s.Put(ctx, port.Item{Key: "k"})),
		"Get":     second(s.Get(ctx, "k")),
		"Append":  s.Append(ctx, port.Entry{}),
		"Find":    second(s.Find(ctx, port.Query{})),
		"Store":   second(s.Store(ctx, []byte("b"))),
		"Depths":  second(s.Depths(ctx)),
		"Tally":   second(s.Tally(ctx)),
		"Sweep":   second(s.Sweep(ctx)),
	} {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestCallsWithAnEndedContextFail(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, config(t, time.Now))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"Send": s.Send(ctx, inbox, []port.Outgoing{{Body: []byte("m")}}),
		"Put":  second(s.Put(ctx, port.Item{Key: "k"})),
		"Get":  second(s.Get(ctx, "k")),
		"Find": second(s.Find(ctx, port.Query{})),
	} {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := mustReceive(t, s, inbox, 1, 0); len(got) != 0 {
		t.Errorf("a canceled Send left %s", bodies(got))
	}
}

// A queue that is no longer configured keeps what it has, for an operator to empty.
func TestQueuesOutliveTheirConfiguration(t *testing.T) {
	t.Parallel()
	c := config(t, time.Now)
	s := mustOpen(t, c)
	mustSend(t, s, inbox, "kept")
	must(t, s.Close())
	c.Systems = []string{"erp"}
	s = mustOpen(t, c)
	if got := bodies(mustReceive(t, s, inbox, 10, 0)); got != "[kept]" {
		t.Errorf("received %s", got)
	}
}

// Handles and revisions of an earlier opening fit nothing that came later.
func TestIdentifiersAreNeverUsedTwice(t *testing.T) {
	t.Parallel()
	c := config(t, porttest.NewClock(noon).Now)
	seen := map[string]bool{}
	for range 3 {
		s := mustOpen(t, c)
		for i := range 3 {
			mustSend(t, s, inbox, "m")
			in := mustReceive(t, s, inbox, 1, 0)[0]
			must(t, s.Delete(t.Context(), in))
			revision, err := s.Put(t.Context(), port.Item{Key: fmt.Sprint("k", len(seen), i)})
			must(t, err)
			for _, id := range []string{in.MessageID, fmt.Sprint(revision)} {
				if seen[id] {
					t.Errorf("%s was used twice", id)
				}
				seen[id] = true
			}
		}
		must(t, s.Close())
	}
}

// temporary is t.TempDir for an example, which has no t.
func temporary() (dir string, cleanup func()) {
	dir, err := os.MkdirTemp("", "causeway")
	if err != nil {
		panic(err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}
