package reconcile

import (
	"context"
	"errors"

	"causeway.example/shared/retry"
)

// A source that throttles is waited for as long as it asks, while that fits into the run.
// Otherwise the run ends without an error: the mark records how far it got, Report.Behind
// that there is more.

// patiently calls ask, and calls it again after each wait that the system asks for.
func (r *round) patiently(ctx context.Context, ask func() error) error {
	pacer := retry.Pacer{Backoff: r.config.Retry.Backoff, Now: r.config.Now, Random: r.config.Random, Wait: r.config.Wait, Until: r.until}
	err := pacer.Call(ctx, ask)
	if errors.Is(err, retry.ErrNoTime) {
		r.config.Log.InfoContext(ctx, "throttled for longer than the run has time", "system", r.config.System.Profile.Name, "error", err)
	}
	return err
}

// failing returns nil for an error that only ended the run early.
func failing(err error) error {
	if errors.Is(err, retry.ErrNoTime) {
		return nil
	}
	return err
}
