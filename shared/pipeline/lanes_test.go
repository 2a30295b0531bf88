package pipeline_test

import (
	"strings"
	"testing"
	"time"

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
