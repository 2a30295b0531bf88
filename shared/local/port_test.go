package local_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func config(t *testing.T, now func() time.Time) local.Config {
	t.Helper()
	return local.Config{
		Path: filepath.Join(t.TempDir(), "store #1?.db"), Now: now, Routes: porttest.Table(),
		Systems: routes.Sources(porttest.Table()), Visibility: 30 * time.Second, MaxReceives: 3, Build: "test",
	}
}

// emptyStore is the file of a store that was opened and closed once: to copy it is
// quicker than to make the tables for each test.
var emptyStore = sync.OnceValues(func() ([]byte, error) {
	dir, cleanup := temporary()
	defer cleanup()
	ctx, stop := neverEnding()
	defer stop()
	s, err := local.Open(ctx, childConfig(dir+"/empty.db"))
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(dir + "/empty.db")
})

func mustOpen(t *testing.T, c local.Config) *local.Store {
	t.Helper()
	if _, err := os.Stat(c.Path); os.IsNotExist(err) {
		empty, err := emptyStore()
		must(t, err)
		must(t, os.WriteFile(c.Path, empty, 0o600))
	}
	s, err := local.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openPorts(t *testing.T) porttest.Harness {
	t.Helper()
	clock := porttest.NewClock(noon)
	return harness(t, config(t, clock.Now), clock)
}

func harness(t *testing.T, c local.Config, clock *porttest.Clock) porttest.Harness {
	t.Helper()
	s := mustOpen(t, c)
	return porttest.Harness{
		Bus: s, Queue: s, State: s, Ledger: s, Vault: s, Now: clock.Now, Advance: clock.Advance, Waits: true,
		Inbox: routes.Inbox("shop"), Other: routes.Inbox("erp"), Visibility: c.Visibility, MaxReceives: c.MaxReceives,
		Routes: c.Routes, NamesReason: true,
		Reopen: func(t *testing.T) porttest.Harness {
			t.Helper()
			must(t, s.Close())
			return harness(t, c, clock)
		},
		Corrupt: func(t *testing.T, claim message.Claim) {
			t.Helper()
			tamper(t, c.Path, `UPDATE blob SET data = CAST(data || 'x' AS BLOB) WHERE hash = ?`, claim.SHA256)
		},
	}
}

// tamper changes the file behind the store's back.
func tamper(t *testing.T, path, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+escape(path)+"?_pragma=busy_timeout(5000)")
	must(t, err)
	_, err = db.ExecContext(t.Context(), query, args...)
	must(t, err)
	must(t, db.Close())
}

func TestBus(t *testing.T)    { t.Parallel(); porttest.TestBus(t, openPorts) }
func TestQueue(t *testing.T)  { t.Parallel(); porttest.TestQueue(t, openPorts) }
func TestState(t *testing.T)  { t.Parallel(); porttest.TestState(t, openPorts) }
func TestLedger(t *testing.T) { t.Parallel(); porttest.TestLedger(t, openPorts) }
func TestVault(t *testing.T)  { t.Parallel(); porttest.TestVault(t, openPorts) }

func escape(path string) string { return (&url.URL{Path: path}).EscapedPath() }
