package porttest

import (
	"testing"

	"causeway.example/shared/port"
)

// Entries returns the ledger entries of the stage.
func (m *Memory) Entries(t testing.TB, stage port.Stage) []port.Entry {
	t.Helper()
	found, err := m.Find(t.Context(), port.Query{Stage: stage})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// OnlyEntry returns the only ledger entry of the stage.
func (m *Memory) OnlyEntry(t testing.TB, stage port.Stage) port.Entry {
	t.Helper()
	found := m.Entries(t, stage)
	if len(found) != 1 {
		t.Fatalf("%d entries %q, want 1: %+v", len(found), stage, found)
	}
	return found[0]
}
