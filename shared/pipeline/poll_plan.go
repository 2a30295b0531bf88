package pipeline

import "time"

// PollPlan is how far back, how much and how long a run polls.
type PollPlan struct {
	Lookback time.Duration // the first run begins so long before now
	Overlap  time.Duration // each sweep begins so long before the mark: a change can become visible late
	// Lag is the age below which a change is left to the next run: its webhook may be
	// under way, and within its second it may change again. The clocks of the system and
	// ours must not be further apart than Overlap.
	Lag      time.Duration
	Live     time.Duration // a gap that is older travels in the backfill lane
	Horizon  time.Duration // how long the ledger surely remembers
	Pages    int           // most pages of a feed in one run
	Time     time.Duration // longest run
	Remember int           // most changes of the overlap that are known by name
	Stops    int           // runs that end at one change, until it counts as unread (poll_unread.go)
	Unread   int           // most changes that are unread
	Keep     time.Duration // how long what is unread is asked for again
}

// DefaultPollPlan fits a run every five minutes. What is remembered of the overlap
// stays below 200 KB, half of what one item of DynamoDB holds.
func DefaultPollPlan() PollPlan {
	return PollPlan{
		Lookback: 24 * time.Hour, Overlap: 10 * time.Minute, Lag: 2 * time.Minute, Live: time.Hour,
		Horizon: 60 * 24 * time.Hour, Pages: 40, Time: 4 * time.Minute, Remember: 4000,
		Stops: 3, Unread: 100, Keep: 7 * 24 * time.Hour,
	}
}

func (p PollPlan) orDefault() PollPlan {
	if p == (PollPlan{}) {
		return DefaultPollPlan()
	}
	return p
}
