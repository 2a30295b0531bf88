package retry_test

import (
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/retry"
)

func TestBackoffGrowsWithinItsBounds(t *testing.T) {
	t.Parallel()
	b := retry.Backoff{Base: time.Second, Cap: time.Minute}
	for _, tc := range []struct {
		n      int
		random float64
		want   time.Duration
	}{
		{1, 0, 0},
		{1, 0.999999999, time.Second},
		{2, 0.5, time.Second},
		{4, 0.5, 4 * time.Second},
		{7, 0.5, 30 * time.Second},
		{40, 0, 0},
		{1_000_000, 0.999999999, time.Minute},
		{0, 0.5, 500 * time.Millisecond},
	} {
		got := b.Wait(tc.n, func() float64 { return tc.random })
		if difference := got - tc.want; difference > time.Millisecond || difference < -time.Millisecond {
			t.Errorf("Wait(%d) at %v = %v, want %v", tc.n, tc.random, got, tc.want)
		}
	}
}

func TestPatienceIsAPartOfWhatWasWaited(t *testing.T) {
	t.Parallel()
	p := retry.Patience{Part: 4, Least: time.Second, Most: time.Minute}
	for _, tc := range []struct {
		age    time.Duration
		random float64
		want   time.Duration
	}{
		{0, 0, 500 * time.Millisecond},
		{0, 1, time.Second},
		{20 * time.Second, 1, 5 * time.Second},
		{20 * time.Second, 0, 2500 * time.Millisecond},
		{time.Hour, 1, time.Minute},
		{-time.Hour, 1, time.Second},
	} {
		if got := p.Wait(tc.age, func() float64 { return tc.random }); got != tc.want {
			t.Errorf("Wait(%v) at %v = %v, want %v", tc.age, tc.random, got, tc.want)
		}
	}
}

// TestBudgetsFitTheQueues holds the longest wait below what SQS hands out before its
// own redrive policy, which knows no reason, takes the message.
func TestBudgetsFitTheQueues(t *testing.T) {
	t.Parallel()
	const sqsMaxReceives = 1000
	p := retry.DefaultPolicy()
	for name, tc := range map[string]struct {
		lasts time.Duration
		next  func(n int, age time.Duration) time.Duration
	}{
		"failing, at the usual jitter": {p.Transient, func(n int, _ time.Duration) time.Duration { return p.Backoff.Wait(n, func() float64 { return 0.4 }) }},
		"waiting for a parent":         {p.Parent, func(_ int, age time.Duration) time.Duration { return p.Parents.Wait(age, func() float64 { return 0 }) }},
	} {
		var age time.Duration
		looks := 0
		for ; age < tc.lasts; looks++ {
			age += tc.next(looks+1, age)
		}
		if looks >= sqsMaxReceives {
			t.Errorf("%s: %d receives within the budget, SQS allows %d", name, looks, sqsMaxReceives)
		}
	}
}

func TestBudgetsAreSetByText(t *testing.T) {
	t.Parallel()
	want := retry.DefaultPolicy()
	want.Transient, want.Parent, want.Config, want.UnknownTries, want.ConflictTries, want.Crashes, want.Loops = 24*time.Hour, 90*time.Minute, 48*time.Hour, 3, 7, 2, 1
	got, err := retry.DefaultPolicy().WithBudgets(" transient=24h, parent=90m,config=48h,unknown=3,conflict=7,crash=2,redrive=1,")
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := retry.DefaultPolicy().WithBudgets(""); err != nil || got != retry.DefaultPolicy() {
		t.Errorf("nothing set: %+v, %v", got, err)
	}
	for _, text := range []string{"transient", "transient=", "transient=3", "transient=1s", "parent=721h", "unknown=0", "unknown=1h", "crash=101", "patience=3", "=3"} {
		_, err := retry.DefaultPolicy().WithBudgets("redrive=2," + text)
		if f := fault.As(err); err == nil || f.Kind != fault.Rejected || f.Field != text {
			t.Errorf("%q: %v", text, err)
		}
	}
}
