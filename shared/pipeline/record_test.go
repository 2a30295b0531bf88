package pipeline_test

import (
	"strconv"
	"testing"
	"time"

	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// TestF21ACrowdAtOneEntityComesToAnEnd has more messages of one entity fail than its record
// remembers: each ends by its budget, and none comes again and again as if it were new.
func TestF21ACrowdAtOneEntityComesToAnEnd(t *testing.T) {
	t.Parallel()
	const crowd = 40
	for name, c := range map[string]struct {
		answer  error
		parents []string
	}{
		"no parent": {nil, []string{"nobody"}}, "unavailable": {&fault.Error{Kind: fault.Unavailable, Status: 503}, nil},
		"no answer": {lost, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.config.Policy.Breaker.Failures, b.config.Policy.Parent, b.config.Policy.Transient = 0, 2*time.Hour, 2*time.Hour
			b.toy.failing = func() error { return c.answer }
			for i := range crowd {
				b.post(strconv.Itoa(i), toyFact{Type: amended, ID: "7", Version: i + 1, Parents: c.parents})
			}
			looks := 0
			for end := epoch.Add(8 * time.Hour); b.clock.Now().Before(end) && b.memory.Left() > 0; {
				handled, err := b.step()
				if err != nil {
					t.Fatal(err)
				}
				if looks += handled; handled == 0 {
					b.clock.Advance(30 * time.Second)
				}
			}
			ended := len(b.entries(pipeline.Parked)) + len(b.entries(pipeline.Dead))
			if ended != crowd || looks > crowd*200 {
				t.Errorf("%d of %d ended, after %d looks", ended, crowd, looks)
			}
		})
	}
}
