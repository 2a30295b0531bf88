package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// largeBody returns an event whose body is stored in the vault.
func largeBody(c change) []connector.Event {
	e := c.event()
	e.Body.(*canonical.Customer).Note = canonical.NewText(strings.Repeat("x", 200<<10))
	return []connector.Event{e}
}

// brokenVault answers each load so.
type brokenVault struct {
	port.Vault
	answer error
}

func (v brokenVault) Load(context.Context, message.Claim) ([]byte, error) { return nil, v.answer }

// TestABodyThatIsGoneIsDeadWithItsIDs has a large body's object be gone or damaged, which no
// retry mends; a vault that is out of reach ends nothing, and one that rejects us, which is our
// configuration, ends nothing within the budget for that.
func TestABodyThatIsGoneIsDeadWithItsIDs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer error
		days   int
		dead   bool
	}{
		"gone":      {fault.New(fault.Rejected, fault.MissingRef, "loading", "the vault does not hold it"), 1, true},
		"damaged":   {fault.New(fault.Invalid, fault.Parse, "loading", "another hash"), 1, true},
		"away":      {errPort, 6, false},
		"rejecting": {fault.New(fault.Rejected, fault.Config, "loading", "AccessDenied"), 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.translation = largeBody
			e.post("1", change{Type: customer, ID: "7"})
			for _, in := range e.take(inbox) {
				e.must(port.Settle(t.Context(), e.memory, e.one().translate, in))
			}
			e.ports.Vault = brokenVault{e.memory, c.answer}
			for end := epoch.AddDate(0, 0, c.days); e.clock.Now().Before(end); e.clock.Advance(7 * time.Minute) {
				if _, err := e.step(); err != nil && c.dead {
					t.Fatal(err)
				}
			}
			if !c.dead {
				e.mend()
				e.drain(time.Hour)
				e.entry(port.Confirmed)
				return
			}
			entry := e.entry(port.Dead)
			if letters := e.dead(queue); len(letters) != 1 || letters[0].Attributes[port.AttrEntity] != entry.Entity.String() || entry.Entity.ID != "7" {
				t.Errorf("entry %+v, letters %+v", entry, letters)
			}
		})
	}
}

// TestF75AVaultThatIsAwayLosesNoRawMessage is the same for a large delivery.
func TestF75AVaultThatIsAwayLosesNoRawMessage(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7", Name: strings.Repeat("x", 200<<10)})
	e.ports.Vault = brokenPort{}
	for end := epoch.Add(6 * 24 * time.Hour); e.clock.Now().Before(end); e.clock.Advance(7 * time.Minute) {
		_, _ = e.step()
	}
	e.mend()
	e.drain(time.Hour)
	e.entry(port.Confirmed)
	e.settled()
}
