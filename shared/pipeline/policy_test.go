package pipeline_test

import (
	"testing"
	"time"

	"causeway/shared/pipeline"
)

func TestBackoffGrowsWithinItsBounds(t *testing.T) {
	t.Parallel()
	b := pipeline.Backoff{Base: time.Second, Cap: time.Minute}
	for _, tc := range []struct {
		n      int
		random float64
		want   time.Duration
	}{
		{1, 0, 500 * time.Millisecond},
		{1, 0.999999999, time.Second},
		{2, 0, time.Second},
		{4, 0.5, 6 * time.Second},
		{7, 0, 30 * time.Second},
		{40, 0, 30 * time.Second},
		{1_000_000, 0.999999999, time.Minute},
		{0, 0, 500 * time.Millisecond},
	} {
		got := b.Wait(tc.n, func() float64 { return tc.random })
		if difference := got - tc.want; difference > time.Millisecond || difference < -time.Millisecond {
			t.Errorf("Wait(%d) at %v = %v, want %v", tc.n, tc.random, got, tc.want)
		}
	}
}

// TestBudgetsFitTheQueues holds the longest wait below what SQS hands out before its
// own redrive policy, which knows no reason, takes the message.
func TestBudgetsFitTheQueues(t *testing.T) {
	t.Parallel()
	const sqsMaxReceives = 1000
	p := pipeline.DefaultPolicy()
	shortest := p.Backoff.Wait(1_000, func() float64 { return 0 })
	if most := max(p.Transient, p.Parent) / shortest; most >= sqsMaxReceives {
		t.Errorf("%d receives within the budget, SQS allows %d", most, sqsMaxReceives)
	}
}
