package retry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway.example/shared/fault"
)

// Pacer repeats a call that a system throttles, after the wait that the system asks for. It is
// for runs that have a time limit, such as polls and audits.
type Pacer struct {
	Backoff Backoff // for a system that names no wait
	Now     func() time.Time
	Random  func() float64
	Wait    func(ctx context.Context, pause time.Duration) error // nil: a timer
	Until   time.Time                                            // when the run ends
}

// ErrNoTime is returned by Pacer.Call if the system asks for a longer wait than the run has time.
var ErrNoTime = errors.New("the system asks for a longer wait than this run has time for")

// leastPause is the shortest wait, for a system that names none.
const leastPause = time.Second

// Call calls ask, and calls it again after each wait. It returns what ask ended with,
// ErrNoTime, or the context's error.
func (p Pacer) Call(ctx context.Context, ask func() error) error {
	for times := 1; ; times++ {
		err := ask()
		if fault.KindOf(err) != fault.Throttled {
			return err
		}
		now := p.Now()
		pause := max(p.Backoff.Wait(times, p.Random), leastPause)
		if after := fault.As(err).After; after > 0 { // a little later than asked, so that not all rounds return together
			pause = after + time.Duration(p.Random()*float64(p.Backoff.Base))
		}
		if !now.Add(pause).Before(p.Until) {
			return fmt.Errorf("%w: %s: %w", ErrNoTime, pause, err)
		}
		wait := p.Wait
		if wait == nil {
			wait = Sleep
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

// Sleep returns when the time has passed, or with ctx's error if it ends first.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
