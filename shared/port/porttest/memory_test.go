package porttest_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

func openMemory(t *testing.T) porttest.Harness {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	m := porttest.NewMemory(clock.Now)
	m.Routes, m.Systems, m.MaxReceives = porttest.Table(), routes.Sources(porttest.Table()), 3
	return porttest.Harness{
		Bus: m, Queue: m, State: m, Ledger: m, Vault: m, Now: clock.Now, Advance: clock.Advance,
		Inbox: routes.Inbox("shop"), Other: routes.Inbox("erp"), Visibility: m.Visibility, MaxReceives: m.MaxReceives,
		Routes: m.Routes, NamesReason: true,
		Corrupt: func(_ *testing.T, claim message.Claim) { m.Corrupt(claim) },
	}
}

func TestMemoryBus(t *testing.T)    { t.Parallel(); porttest.TestBus(t, openMemory) }
func TestMemoryQueue(t *testing.T)  { t.Parallel(); porttest.TestQueue(t, openMemory) }
func TestMemoryState(t *testing.T)  { t.Parallel(); porttest.TestState(t, openMemory) }
func TestMemoryLedger(t *testing.T) { t.Parallel(); porttest.TestLedger(t, openMemory) }
func TestMemoryVault(t *testing.T)  { t.Parallel(); porttest.TestVault(t, openMemory) }

func TestMemoryHasTheQueuesOfTheTable(t *testing.T) {
	t.Parallel()
	m := porttest.NewMemory(time.Now)
	for _, route := range routes.Table {
		for _, name := range []string{routes.Inbox(route.From), routes.Dead(routes.Inbox(route.From)), route.Queue(), routes.Dead(route.Queue())} {
			if err := m.Send(t.Context(), name, []port.Outgoing{{Body: []byte("m")}}); err != nil {
				t.Error(err)
			}
		}
	}
}

// One sequence of calls has one result, handles and order included.
func TestMemoryIsDeterministic(t *testing.T) {
	t.Parallel()
	journey := func() (told string) {
		clock := porttest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		m := porttest.NewMemory(clock.Now)
		queue := routes.Inbox("shopify")
		for i := range 40 {
			err := m.Send(t.Context(), queue, []port.Outgoing{{Body: fmt.Appendf(nil, "%d", i)}, {Body: []byte("same")}})
			batch, errReceive := m.Receive(t.Context(), queue, 1+i%3, time.Hour)
			told += fmt.Sprintln(err, errReceive, batch)
			clock.Advance(time.Duration(i) * time.Second)
		}
		return told
	}
	if first, again := journey(), journey(); first != again {
		t.Errorf("two runs differ:\n%s\n%s", first, again)
	}
}

func TestClockMovesWhenTold(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := porttest.NewClock(start)
	if clock.Advance(90 * time.Second); !clock.Now().Equal(start.Add(90 * time.Second)) {
		t.Errorf("the clock stands at %v", clock.Now())
	}
}

func ExampleNewMemory() {
	clock := porttest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	ports := porttest.NewMemory(clock.Now)
	fmt.Println(len(ports.Routes) > 0, ports.Visibility)
	// Output: true 30s
}
