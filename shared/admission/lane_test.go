package admission_test

import (
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// beside has backfill and a live message every so often, and returns how many of each
// were delivered in the time and how long the slowest live one took.
func (e *env) beside(backfill int, every, limit time.Duration, workers int) (live, bulk int, slowest time.Duration) {
	e.Helper()
	e.send("live")
	e.sendAs("write", message.Backfill, e.ids("b", backfill)...)
	go func() {
		for i := 1; i < int(limit/every); i++ {
			<-time.After(every)
			e.send("live" + strconv.Itoa(i))
		}
	}()
	e.run(workers, 1, limit+10*time.Second)
	live, slowest = e.slowest(message.Live)
	bulk, _ = e.slowest(message.Backfill)
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
			fleet(t, func(e *env) {
				e.profile.Concurrency, e.takes = 1, c.takes
				live, bulk, slowest := e.beside(300, 50*time.Second, 10*time.Minute, c.workers)
				if bulk < c.least || bulk > c.most {
					e.Errorf("%d of backfill delivered beside, want %d to %d", bulk, c.least, c.most)
				}
				if live != 12 || slowest > 2*c.takes+5*time.Second+c.takes/4 {
					e.Errorf("%d of 12 live messages delivered, the slowest after %v", live, slowest)
				}
			})
		})
	}
}

// TestBackfillHasItsShareOfTheRate has more of it than the target takes in the time. It is
// a quarter of that, besides what came before the first live message was seen; less if
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
			fleet(t, func(e *env) {
				e.profile.Rate, e.profile.Concurrency, e.takes = c.rate, c.concurrency, 10*time.Millisecond
				const limit = 2 * time.Minute
				live, bulk, slowest := e.beside(180, c.every, limit, 3)
				if want := int(limit / c.every); live < want-2 || slowest > c.slowest {
					e.Errorf("%d of %d live messages delivered, the slowest after %v", live, want, slowest)
				}
				if bulk < c.least || bulk > 85+c.rate.Burst/2 {
					e.Errorf("%d of backfill delivered beside", bulk)
				}
			})
		})
	}
}

// TestAnAnswerWithoutAnAskDelaysBackfillByTheLeast has a passage left without a call.
func TestAnAnswerWithoutAnAskDelaysBackfillByTheLeast(t *testing.T) {
	t.Parallel()
	fleet(t, func(e *env) {
		e.profile.Concurrency = 1
		w, bulk := e.worker("w"), admission.Call{Entity: "b", Operation: "write", Lane: message.Backfill}
		w.passOne("live", "write", accepted())
		w.enter(bulk).Leave(e.Context(), admission.Answer{})
		if !w.waits(bulk) {
			e.Error("backfill has every call beside live traffic")
		}
		<-time.After(2 * time.Second)
		w.enter(bulk)
	})
}
