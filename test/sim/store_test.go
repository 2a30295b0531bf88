package sim

import (
	"testing"
	"time"

	"causeway/shared/message"
	"causeway/shared/pipeline/pipelinetest"
	"causeway/shared/routes"
)

func openStore(t *testing.T) pipelinetest.Harness {
	t.Helper()
	clock := pipelinetest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	s := newStore(clock.Now, branchesOf(pipelinetest.Table()), routes.Sources(pipelinetest.Table()))
	return pipelinetest.Harness{
		Bus: s, Queue: s, State: s, Ledger: s, Vault: s, Now: clock.Now, Advance: clock.Advance,
		Inbox: routes.Inbox("shop"), Other: routes.Inbox("erp"), Visibility: s.visibility, MaxReceives: s.maxReceives,
		Routes: pipelinetest.Table(), NamesReason: true,
		Corrupt: func(_ *testing.T, claim message.Claim) { s.Corrupt(claim) },
	}
}

// The simulator's ports keep the contract that its faults then break on purpose.
func TestStoreBus(t *testing.T)    { t.Parallel(); pipelinetest.TestBus(t, openStore) }
func TestStoreQueue(t *testing.T)  { t.Parallel(); pipelinetest.TestQueue(t, openStore) }
func TestStoreState(t *testing.T)  { t.Parallel(); pipelinetest.TestState(t, openStore) }
func TestStoreLedger(t *testing.T) { t.Parallel(); pipelinetest.TestLedger(t, openStore) }
func TestStoreVault(t *testing.T)  { t.Parallel(); pipelinetest.TestVault(t, openStore) }
