package local_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local"
)

// start runs the schedule until stop, which returns what it ended with.
func start(t *testing.T, s *local.Store, every time.Duration, run func(context.Context) error) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Schedule(ctx, "poll", every, run) }()
	return func() error { cancel(); return <-ended }
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestScheduleRunsAtItsIntervalAcrossRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config(t, time.Now)
		began := time.Now()
		var runs []time.Duration
		run := func(context.Context) error { runs = append(runs, time.Since(began)); return nil }
		for _, open := range []struct{ run, rest time.Duration }{
			{150 * time.Minute, 20 * time.Minute}, // at 0, 1 h, 2 h; closed at 2:30
			{20 * time.Minute, 5 * time.Hour},     // open again at 2:50, before the next is due: at 3 h
			{30 * time.Minute, 0},                 // open again at 8:10, five runs missed: one at once
		} {
			s := mustOpen(t, c)
			stop := start(t, s, time.Hour, run)
			pass(open.run)
			if err := stop(); !errors.Is(err, context.Canceled) {
				t.Errorf("the schedule ended with %v", err)
			}
			must(t, s.Close())
			pass(open.rest)
		}
		want := fmt.Sprint([]time.Duration{0, time.Hour, 2 * time.Hour, 3 * time.Hour, 490 * time.Minute})
		if got := fmt.Sprint(runs); got != want {
			t.Errorf("ran at %s, want %s", got, want)
		}
	})
}

func TestScheduleDoesNotOverlapItself(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		var running, runs atomic.Int32
		stop := start(t, s, time.Minute, func(context.Context) error {
			if running.Add(1) > 1 {
				t.Error("two runs at once")
			}
			<-time.After(150 * time.Second)
			running.Add(-1)
			runs.Add(1)
			return nil
		})
		pass(time.Second)
		err := s.Schedule(t.Context(), "poll", time.Minute, func(context.Context) error { t.Error("a second schedule of one name ran"); return nil })
		if e := fault.As(err); e.Class != fault.Config {
			t.Errorf("the second was answered %v", err)
		}
		pass(10 * time.Minute)
		_ = stop()
		if runs.Load() != 5 { // 600 s and what was begun, 150 s each
			t.Errorf("%d runs", runs.Load())
		}
	})
}

func TestScheduleKeepsTheReasonOfAFailure(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		began := time.Now().UTC()
		outcomes := make(chan error, 2)
		outcomes <- errors.New("shop: 503")
		outcomes <- nil
		stop := start(t, s, time.Hour, func(context.Context) error { return <-outcomes })
		pass(time.Minute)
		checkScheduled(t, s, local.Scheduled{Name: "poll", Every: time.Hour, Last: began, Next: began.Add(time.Hour), Failure: "shop: 503"})
		pass(time.Hour)
		checkScheduled(t, s, local.Scheduled{Name: "poll", Every: time.Hour, Last: began.Add(time.Hour), Next: began.Add(2 * time.Hour)})
		_ = stop()
		checkScheduled(t, s, local.Scheduled{Name: "poll", Last: began.Add(time.Hour)})
	})
}

func checkScheduled(t *testing.T, s *local.Store, want local.Scheduled) {
	t.Helper()
	got, err := s.Schedules(t.Context())
	must(t, err)
	if len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("schedules %v, want %v", got, want)
	}
}

func TestScheduleRepeatsARunThatWasCutShort(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		stop := start(t, s, time.Hour, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		pass(time.Second)
		checkFirst(t, s)
		_ = stop()
		began, ran := time.Now(), make(chan struct{})
		stop = start(t, s, time.Hour, func(context.Context) error { close(ran); return nil })
		<-ran
		_ = stop()
		if time.Since(began) != 0 {
			t.Errorf("it was repeated after %v, want at once", time.Since(began))
		}
	})
}

// The end of its context does not undo a run that ended well.
func TestScheduleNotesARunThatEndedWithItsContext(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Schedule(ctx, "poll", time.Hour, func(context.Context) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Schedule = %v", err)
		}
		checkScheduled(t, s, local.Scheduled{Name: "poll", Last: began.UTC()})
	})
}

// checkFirst sees a schedule that is in its first run.
func checkFirst(t *testing.T, s *local.Store) {
	t.Helper()
	got, err := s.Schedules(t.Context())
	must(t, err)
	if len(got) != 1 || !got[0].Last.IsZero() || got[0].Next.IsZero() {
		t.Errorf("schedules %+v", got)
	}
}

func TestScheduleEndsWithItsStore(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		ended := make(chan error, 1)
		go func() {
			ended <- s.Schedule(t.Context(), "poll", time.Hour, func(context.Context) error { return nil })
		}()
		pass(time.Minute)
		must(t, s.Close())
		if err := <-ended; fault.KindOf(err) != fault.Unavailable {
			t.Errorf("the schedule ended with %v", err)
		}
		if err := s.Schedule(t.Context(), "other", 0, nil); fault.As(err).Class != fault.Config {
			t.Errorf("no interval: %v", err)
		}
	})
}
