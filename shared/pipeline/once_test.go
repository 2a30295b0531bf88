package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// A fact of once keeps its event id in every version in which it is told, as by a webhook
// and by a poll that comes after the next change.

// lostForAnHour has the other version go first.
func lostForAnHour(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
	_, _ = apply()
	return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour}
}

// TestAFactOfOnceInTwoVersionsIsNoSameWrite has the first version's request take effect
// after the second was written, or its answer lost; the change is told as well.
func TestAFactOfOnceInTwoVersionsIsNoSameWrite(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue // whose unknown outcome is a person's
		}
		for what, befalls := range map[string]act{
			"late": acts["takes effect late"], "lost": acts["answer lost after the effect"], "crash": acts["crash after the effect"],
			"lost before": acts["lost before the effect"], "lost, comes again in an hour": lostForAnHour,
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				operation := operation
				operation.Effect = "customer"
				b, s := onShelf(t, operation)
				s.acts = []act{befalls}
				b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1", Once: true})
				_, _ = b.step() // which may be a crash, after which the ports are whole again
				b.config.State, b.config.Ledger = b.memory, b.memory
				b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2", Once: true})
				b.post("3", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
				s.settle(6 * time.Hour)
				if got := s.holds(); got != "[v2]" || b.memory.Left() > 0 {
					t.Errorf("the shelf holds %s, %d left", got, b.memory.Left())
				}
			})
		}
	}
}

func TestAFactOfOnceThatWasCorrectedIsNoCopyOfTheDeadOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = []error{&fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "lines[0].sku"}}
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "bad", Once: true})
	b.drain(time.Minute)
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "good", Once: true})
	b.drain(time.Minute)
	if names := b.names(); len(names) != 2 || names[1] != "good" {
		t.Errorf("written %q", names)
	}
	b.again(b.dead(route.Queue())[0])
	if e := b.one(pipeline.Skipped); len(b.names()) != 2 {
		t.Errorf("%q; redriving what was corrected: %s", b.names(), e.Outcome)
	}
}

// TestAnOlderVersionOfAFactOfOnceWaitsForTheDeadOnesOutcome has v2 die with a write of
// unknown outcome, and v1 wait behind it until it is parked; v1 is put back first.
func TestAnOlderVersionOfAFactOfOnceWaitsForTheDeadOnesOutcome(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			b.config.Policy.Breaker.Failures, b.config.Policy.Parent, b.config.Policy.Transient = 0, 4*time.Hour, 2*time.Hour
			s.acts = slices.Repeat([]act{acts["500 after the effect"]}, 1000)
			b.post("1", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2", Once: true})
			s.settle(time.Minute)
			b.post("2", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1", Once: true})
			s.settle(10 * time.Hour)
			s.acts = nil
			letters := b.dead(route.Queue())
			slices.SortFunc(letters, func(a, b pipeline.Incoming) int {
				return strings.Compare(a.Attributes[pipeline.AttrVersion], b.Attributes[pipeline.AttrVersion])
			})
			for _, letter := range letters {
				b.again(letter)
				s.settle(time.Hour)
			}
			if got := s.holds(); got != "[v2]" || b.memory.Left() > 0 {
				t.Errorf("the shelf holds %s, %d left", got, b.memory.Left())
			}
		})
	}
}

// TestAVersionThatIsAliveIsNoCopyOfTheDeadOne has two versions of a fact go under one key,
// of which the first is bad, dies and is refused when it is put back.
func TestAVersionThatIsAliveIsNoCopyOfTheDeadOne(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey})
	b.config.Policy.Breaker.Failures, b.config.Policy.Transient = 0, time.Hour
	down := true
	s.acts = slices.Repeat([]act{func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		switch last := s.calls[len(s.calls)-1]; {
		case down:
			return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Status: 500}
		case last.Body.(*canonical.Customer).FirstName.String() == "bad":
			return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Status: 400, Code: "NO"}
		}
		return apply()
	}}, 1000)
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "bad", Once: true})
	s.settle(time.Minute)
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "good", Once: true})
	for len(b.entries(pipeline.Dead)) == 0 {
		s.settle(time.Minute)
	}
	down = false
	s.settle(3 * time.Hour)
	for _, letter := range b.dead(route.Queue()) {
		b.again(letter)
	}
	s.settle(3 * time.Hour)
	if got := s.holds(); got != "[good]" || b.memory.Left() > 0 {
		t.Errorf("the shelf holds %s, %d left", got, b.memory.Left())
	}
}
