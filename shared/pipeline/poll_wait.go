package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/fault"
)

// What happens when a source wants to be asked more slowly: it is waited for, as long as
// it says, while that fits into the run. A run that has no time for it ends there without
// an error, since nothing is wrong: the mark says how far it got, PollReport.Behind says
// that there is more, and the next run goes on.

// errPaused ends a run that would have to wait for longer than it has time.
var errPaused = errors.New("the system wants to be asked later than this run has time for")

// leastPause is the shortest wait, for a source that names none.
const leastPause = time.Second

// patiently asks, and asks again after each wait that the system wants.
func (r *round) patiently(ctx context.Context, ask func() error) error {
	for times := 1; ; times++ {
		err := ask()
		if fault.KindOf(err) != fault.Throttled {
			return err
		}
		pause := max(r.Config.Policy.pause(fault.As(err), budget{Times: times}, 0, r.Config.Random), leastPause)
		if !r.Config.Now().Add(pause).Before(r.until) {
			r.Config.Log.InfoContext(ctx, "throttled for longer than the run has time",
				"system", r.System.Profile.Name, "pause", pause, "error", err)
			return errPaused
		}
		if err := r.wait(ctx, pause); err != nil {
			return err
		}
	}
}

// wait returns when the time has passed or ctx has ended, then with its error.
func (p *Poller) wait(ctx context.Context, pause time.Duration) error {
	if p.Wait != nil {
		return p.Wait(ctx, pause)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failing leaves out what only ended the run early.
func failing(err error) error {
	if errors.Is(err, errPaused) {
		return nil
	}
	return err
}
