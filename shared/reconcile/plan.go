package reconcile

import "time"

// Plan is how far back, how much and how long a run polls.
type Plan struct {
	Lookback time.Duration // the first run begins this long before now
	Overlap  time.Duration // each sweep begins this long before the mark, because a change can become visible late
	// Lag is the age below which a change is left to the next run: its webhook may be in
	// flight, and it may change again within its second. The clocks of the system and ours
	// must not differ by more than Overlap.
	Lag      time.Duration
	Live     time.Duration // an older change travels in the backfill lane
	Horizon  time.Duration // the first run goes back to where webhooks stopped, but no further than this
	Pages    int           // most pages of a feed in one run
	Time     time.Duration // longest run
	Remember int           // most changes of the overlap that the mark keeps
	Unread   int           // most changes that the mark keeps as unread
	Keep     time.Duration // how long an unread change is asked for again
}

// DefaultPlan fits a run every five minutes. The mark stays below 200 KB, half of what one
// item of DynamoDB holds.
func DefaultPlan() Plan {
	return Plan{
		Lookback: 24 * time.Hour, Overlap: 10 * time.Minute, Lag: 2 * time.Minute, Live: time.Hour,
		Horizon: 60 * 24 * time.Hour, Pages: 40, Time: 4 * time.Minute, Remember: 4000,
		Unread: 100, Keep: 7 * 24 * time.Hour,
	}
}
