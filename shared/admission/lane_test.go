package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/message"
)

// beside has backfill and a live message every so often, and returns how many of each
// were delivered in the time and how long the slowest live one took.
func (f *fleet) beside(backfill int, every, limit time.Duration, workers int) (live, bulk int, slowest time.Duration) {
	f.Helper()
	f.send(message.Live, 10_000, 1)
	f.send(message.Backfill, 0, backfill)
	go func() {
		for i := 1; i < int(limit/every); i++ {
			<-time.After(every)
			f.send(message.Live, 10_000+i, 1)
		}
	}()
	f.run(workers, 1, limit+10*time.Second)
	for id, took := range f.done {
		if strings.HasPrefix(id, string(message.Backfill)) {
			bulk++
			continue
		}
		live, slowest = live+1, max(slowest, took)
	}
	return live, bulk, slowest
}

// TestOneCallAtATimeServesBackfillBesideLive has an order come before the last one is
// forgotten, all the time.
func TestOneCallAtATimeServesBackfillBesideLive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes   time.Duration
		workers int
		least   int // of backfill in ten minutes: about a quarter of the time
		most    int
	}{
		"a second each": {time.Second, 1, 100, 155}, "two workers": {time.Second, 2, 100, 155},
		"half a minute each": {30 * time.Second, 2, 3, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inFleet(t, func(f *fleet) {
				f.profile.Concurrency, f.takes = 1, c.takes
				live, bulk, slowest := f.beside(300, 50*time.Second, 10*time.Minute, c.workers)
				if bulk < c.least || bulk > c.most {
					t.Errorf("%d of backfill delivered beside, want %d to %d", bulk, c.least, c.most)
				}
				if live != 12 || slowest > 2*c.takes+5*time.Second+c.takes/4 {
					t.Errorf("%d of 12 live messages delivered, the slowest after %v", live, slowest)
				}
				t.Logf("%d of backfill, the slowest live one after %v", bulk, slowest)
			})
		})
	}
}

// TestBackfillHasItsShareOfTheRate has more of it than the target takes in the time. It is
// a quarter of that, besides what came before the first live message was seen; less where
// live traffic needs it, and some even so.
func TestBackfillHasItsShareOfTheRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate        connector.Rate
		concurrency int
		every       time.Duration // a live message
		least       int           // of backfill
		slowest     time.Duration
	}{
		"half of it live":       {connector.Rate{Calls: 2, Per: time.Second}, 4, time.Second, 45, 5 * time.Second},
		"no limit of calls":     {connector.Rate{Calls: 2, Per: time.Second}, 0, time.Second, 45, 5 * time.Second},
		"one call at a time":    {connector.Rate{Calls: 2, Per: time.Second}, 1, time.Second, 45, 30 * time.Second},
		"no burst":              {connector.Rate{Calls: 2, Per: time.Second, Burst: 1}, 4, time.Second, 40, time.Minute},
		"a large burst":         {connector.Rate{Calls: 2, Per: time.Second, Burst: 40}, 4, time.Second, 45, 5 * time.Second},
		"nearly all of it live": {connector.Rate{Calls: 2, Per: time.Second}, 4, 510 * time.Millisecond, 2, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inFleet(t, func(f *fleet) {
				f.profile.Rate, f.profile.Concurrency, f.takes = c.rate, c.concurrency, 10*time.Millisecond
				const limit = 2 * time.Minute
				live, bulk, slowest := f.beside(180, c.every, limit, 3)
				if want := int(limit / c.every); live < want-2 || slowest > c.slowest {
					t.Errorf("%d of %d live messages delivered, the slowest after %v", live, want, slowest)
				}
				if bulk < c.least || bulk > 85+c.rate.Burst/2 {
					t.Errorf("%d of backfill delivered beside", bulk)
				}
				t.Logf("%d live, %d of backfill, the slowest live one after %v", live, bulk, slowest)
			})
		})
	}
}
