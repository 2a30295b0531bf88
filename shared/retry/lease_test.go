package retry_test

import (
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/port/porttest"
	"causeway.example/shared/retry"
)

// TestASpanEndsByTheClockThatIsTrusted has a span of a minute be seen by its own worker and
// by others, whose clocks are right and wrong.
func TestASpanEndsByTheClockThatIsTrusted(t *testing.T) {
	t.Parallel()
	const skew = 10 * time.Minute
	clock := porttest.NewClock(noon)
	owner := retry.NewWorker("owner", clock.Now, skew, nil)
	span := owner.Take("e", time.Minute)
	if got := owner.Over("x", span, time.Second); !got.Equal(noon.Add(61 * time.Second)) {
		t.Errorf("its own worker: %v", got)
	}
	clock.Advance(30 * time.Second)
	for _, wrong := range []time.Duration{0, -skew, skew} {
		now := func() time.Time { return clock.Now().Add(wrong) }
		other := retry.NewWorker("other", now, skew, nil)
		// Watched from now for a minute, or passed by more than clocks may differ.
		want := now().Add(time.Minute + time.Second)
		if skewed := span.Until.Add(time.Second + skew); skewed.Before(want) {
			want = skewed
		}
		if got := other.Over("x", span, time.Second); !got.Equal(want) {
			t.Errorf("a clock that is wrong by %v: %v, want %v", wrong, got, want)
		}
		clock.Advance(10 * time.Second)
		if got := other.Over("x", span, time.Second); !got.Equal(want) {
			t.Errorf("a second look changes the end to %v", got)
		}
		clock.Advance(-10 * time.Second)
	}
	late := porttest.NewClock(noon.Add(time.Minute + skew + time.Second))
	if got := retry.NewWorker("late", late.Now, skew, nil).Over("x", span, 0); !got.Equal(noon.Add(time.Minute + skew)) {
		t.Errorf("seen first after its end: %v", got)
	}
}

func TestTheSpanOfAWorkerThatIsGoneIsFree(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	span := retry.NewWorker("gone", clock.Now, time.Minute, nil).Take("e", time.Hour)
	other := retry.NewWorker("other", clock.Now, time.Minute, func(name string) bool { return name == "gone" })
	if got := other.Over("x", span, 5*time.Minute); !got.Equal(noon.Add(5 * time.Minute)) {
		t.Errorf("over at %v, want only the linger", got)
	}
}

func TestASpanIsOneOfItsWorker(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	w := retry.NewWorker("w", clock.Now, time.Minute, nil)
	a, b := w.Take("e", time.Minute), w.Take("e", time.Minute)
	stored := *a
	if !a.Same(&stored) || a.Same(b) || a.Same(nil) || w.Name() != "w" || !a.Began().Equal(noon) {
		t.Errorf("%+v, %+v", a, b)
	}
}

// TestAWorkerForgetsWhatItWatchedBeforeItsMemoryGrows has it begin anew, which only waits longer.
func TestAWorkerForgetsWhatItWatchedBeforeItsMemoryGrows(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	w, other := retry.NewWorker("w", clock.Now, time.Hour, nil), retry.NewWorker("other", clock.Now, time.Hour, nil)
	span := other.Take("e", time.Minute)
	first := w.Since("x", span)
	clock.Advance(time.Second)
	for i := range 9_999 {
		w.Since(strconv.Itoa(i), span)
	}
	if !w.Since("x", span).Equal(first) {
		t.Error("forgotten while there was room")
	}
	w.Since("one more", span)
	if w.Since("x", span).Equal(first) {
		t.Error("nothing is ever forgotten")
	}
}
