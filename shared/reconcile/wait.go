package reconcile

import (
	"context"
	"errors"
	"time"

	"causeway.example/shared/fault"
)

// A source that throttles is waited for as long as it asks, while that fits into the run.
// Otherwise the run ends without an error: the mark records how far it got, Report.Behind
// that there is more.

// errPaused ends a run that would have to wait for longer than it has time.
var errPaused = errors.New("the system asks for a longer wait than this run has time for")

// leastPause is the shortest wait, for a source that names none.
const leastPause = time.Second

// patiently calls ask, and calls it again after each wait that the system asks for.
func (r *round) patiently(ctx context.Context, ask func() error) error {
	for times := 1; ; times++ {
		err := ask()
		if fault.KindOf(err) != fault.Throttled {
			return err
		}
		now := r.config.Now()
		pause := max(r.config.Retry.Backoff.Wait(times, r.config.Random), leastPause)
		if after := fault.As(err).After; after > 0 { // a little later than asked, so that not all rounds return together
			pause = after + time.Duration(r.config.Random()*float64(r.config.Retry.Backoff.Base))
		}
		if !now.Add(pause).Before(r.until) {
			r.config.Log.InfoContext(ctx, "throttled for longer than the run has time",
				"system", r.config.System.Profile.Name, "pause", pause, "error", err)
			return errPaused
		}
		if err := r.config.Wait(ctx, pause); err != nil {
			return err
		}
	}
}

// wait is the default of Config.Wait.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failing returns nil for an error that only ended the run early.
func failing(err error) error {
	if errors.Is(err, errPaused) {
		return nil
	}
	return err
}
