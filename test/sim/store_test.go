package sim

import (
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

func openStore(t *testing.T) porttest.Harness {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	s := newStore(clock.Now, branchesOf(porttest.Table()), routes.Sources(porttest.Table()))
	return porttest.Harness{
		Bus: s, Queue: s, State: s, Ledger: s, Vault: s, Now: clock.Now, Advance: clock.Advance,
		Inbox: routes.Inbox("shop"), Other: routes.Inbox("erp"), Visibility: s.visibility, MaxReceives: s.maxReceives,
		Routes: porttest.Table(), NamesReason: true,
		Corrupt: func(_ *testing.T, claim message.Claim) { s.Corrupt(claim) },
	}
}

// The simulator's ports keep the contract that its faults then break on purpose.
func TestStoreBus(t *testing.T)    { t.Parallel(); porttest.TestBus(t, openStore) }
func TestStoreQueue(t *testing.T)  { t.Parallel(); porttest.TestQueue(t, openStore) }
func TestStoreState(t *testing.T)  { t.Parallel(); porttest.TestState(t, openStore) }
func TestStoreLedger(t *testing.T) { t.Parallel(); porttest.TestLedger(t, openStore) }
func TestStoreVault(t *testing.T)  { t.Parallel(); porttest.TestVault(t, openStore) }
