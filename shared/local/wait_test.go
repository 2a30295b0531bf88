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
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

var inbox = routes.Inbox("shop")

// inBubble runs the test on a store whose clock, like its timers, moves only while
// everybody waits.
func inBubble(t *testing.T, test func(t *testing.T, s *local.Store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, mustOpen(t, config(t, time.Now))) })
}

func mustSend(t *testing.T, s *local.Store, queue string, bodies ...string) {
	t.Helper()
	var batch []port.Outgoing
	for _, body := range bodies {
		batch = append(batch, port.Outgoing{Body: []byte(body)})
	}
	must(t, s.Send(t.Context(), queue, batch))
}

func mustReceive(t *testing.T, s *local.Store, queue string, limit int, wait time.Duration) []port.Incoming {
	t.Helper()
	batch, err := s.Receive(t.Context(), queue, limit, wait)
	must(t, err)
	return batch
}

func bodies(batch []port.Incoming) string {
	var all []string
	for _, in := range batch {
		all = append(all, string(in.Body))
	}
	return fmt.Sprint(all)
}

// A receiver wakes at the very time at which something is due, although nobody
// tells it.
func TestReceiveWakesWhenAMessageIsDue(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		hold func(t *testing.T, s *local.Store, in port.Incoming)
		want time.Duration
	}{
		"after the visibility timeout": {func(*testing.T, *local.Store, port.Incoming) {}, 30 * time.Second},
		"after a deferral": {func(t *testing.T, s *local.Store, in port.Incoming) {
			t.Helper()
			must(t, s.Defer(t.Context(), in, time.Now().Add(7*time.Second)))
		}, 7 * time.Second},
		"after a deferral longer than the visibility timeout": {func(t *testing.T, s *local.Store, in port.Incoming) {
			t.Helper()
			must(t, s.Defer(t.Context(), in, time.Now().Add(100*time.Second)))
		}, 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, s *local.Store) {
				mustSend(t, s, inbox, "m")
				started := time.Now()
				tc.hold(t, s, mustReceive(t, s, inbox, 1, 0)[0])
				batch := mustReceive(t, s, inbox, 1, time.Hour)
				if took := time.Since(started); len(batch) != 1 || took != tc.want {
					t.Errorf("received %s after %v, want it after %v", bodies(batch), took, tc.want)
				}
			})
		})
	}
}

func TestReceiveSeesADeferralThatIsBroughtForward(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		mustSend(t, s, inbox, "m")
		in := mustReceive(t, s, inbox, 1, 0)[0]
		started := time.Now()
		go func() {
			<-time.After(5 * time.Second)
			if err := s.Defer(t.Context(), in, time.Now().Add(time.Second)); err != nil {
				t.Error(err)
			}
		}()
		if batch := mustReceive(t, s, inbox, 1, time.Hour); len(batch) != 1 || time.Since(started) != 6*time.Second {
			t.Errorf("received %s after %v", bodies(batch), time.Since(started))
		}
	})
}

// Somebody takes the message while another waits, and dies. The other began to wait
// when the queue was empty and must notice all the same.
func TestReceiveWakesForWhatAnotherLeftBehind(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		got := make(chan time.Duration)
		started := time.Now()
		for range 2 {
			go func() {
				if _, err := s.Receive(t.Context(), inbox, 10, time.Hour); err != nil {
					t.Error(err)
				}
				got <- time.Since(started)
			}()
		}
		<-time.After(10 * time.Second)
		mustSend(t, s, inbox, "m")
		if first, second := <-got, <-got; first != 10*time.Second || second != 40*time.Second {
			t.Errorf("woken after %v and %v, want 10 s and 40 s", first, second)
		}
	})
}

// One ring of the bell is enough for a batch: whoever wakes wakes the next.
func TestReceiversWakeEachOther(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		const receivers = 8
		got := make(chan int)
		for range receivers {
			go func() {
				batch, err := s.Receive(t.Context(), inbox, 1, time.Hour)
				if err != nil {
					t.Error(err)
				}
				got <- len(batch)
			}()
		}
		synctest.Wait()
		started := time.Now()
		mustSend(t, s, inbox, "1", "2", "3", "4", "5", "6", "7", "8")
		for range receivers {
			if n := <-got; n != 1 || time.Since(started) != 0 {
				t.Errorf("received %d messages after %v", n, time.Since(started))
			}
		}
	})
}

func TestReceiveAtTheDeadLetterQueueWakesForANewOne(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *local.Store) {
		mustSend(t, s, inbox, "poison")
		for range 3 {
			mustReceive(t, s, inbox, 1, time.Minute)
		}
		dead := make(chan time.Time)
		go func() {
			mustReceive(t, s, routes.Dead(inbox), 1, time.Hour)
			dead <- time.Now()
		}()
		<-time.After(29 * time.Second)
		synctest.Wait()
		mustReceive(t, s, inbox, 1, 5*time.Second)
		if at := <-dead; !at.Equal(time.Now().Add(-4 * time.Second)) {
			t.Errorf("woken at %v, now %v", at, time.Now())
		}
	})
}

func TestReceiveDoesNotPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		s := mustOpen(t, config(t, func() time.Time { looks.Add(1); return time.Now() }))
		looks.Store(0)
		if batch := mustReceive(t, s, inbox, 1, 20*time.Second); len(batch) != 0 || looks.Load() > 2 {
			t.Errorf("received %s after %d looks", bodies(batch), looks.Load())
		}
	})
}

func TestReceiveEndsWithItsContextOrStore(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(cancel func(), s *local.Store){
		"context": func(cancel func(), _ *local.Store) { cancel() },
		"store":   func(_ func(), s *local.Store) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, s *local.Store) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				failed := make(chan error, 1)
				go func() {
					_, err := s.Receive(ctx, inbox, 1, time.Hour)
					failed <- err
				}()
				synctest.Wait()
				started := time.Now()
				end(cancel, s)
				err := <-failed
				if time.Since(started) != 0 {
					t.Errorf("the waiting Receive went on for %v", time.Since(started))
				}
				if fault.KindOf(err) != fault.Unavailable || (name == "context") != errors.Is(err, context.Canceled) {
					t.Errorf("the waiting Receive ended with %v", err)
				}
			})
		})
	}
}
