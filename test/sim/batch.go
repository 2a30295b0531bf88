package sim

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"
)

// Totals are the figures of many runs. Each violation counts once, by its sort.
type Totals struct {
	Faults      int `json:"faults"`
	Seeds       int `json:"seeds"` // per fault
	Runs        int `json:"runs"`
	Lost        int `json:"lost"`
	Duplicated  int `json:"duplicated"`
	Stale       int `json:"stale"`
	Unexplained int `json:"unexplained"`
	Leftover    int `json:"leftover"`
}

// Line returns the totals as one line of JSON.
func (t Totals) Line() string {
	line, err := json.Marshal(t)
	if err != nil {
		return err.Error() // numbers always marshal
	}
	return string(line)
}

// Clean reports whether every count of violations is zero.
func (t Totals) Clean() bool {
	return t.Lost+t.Duplicated+t.Stale+t.Unexplained+t.Leftover == 0
}

// Add counts one run.
func (t *Totals) Add(r Result) {
	t.Runs++
	for _, v := range r.Violations {
		switch v.Sort {
		case Lost:
			t.Lost++
		case Duplicated:
			t.Duplicated++
		case Stale:
			t.Stale++
		case Unexplained:
			t.Unexplained++
		case Leftover:
			t.Leftover++
		}
	}
}

// RunAll plays the cases on so many processors until stop returns true, and hands
// each result to take, one at a time, in no order.
func RunAll(cases []Case, processors int, stop func() bool, take func(r Result)) {
	var next atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range processors {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(cases)) && !stop(); i = next.Add(1) - 1 {
				r := Run(cases[i], false)
				mu.Lock()
				take(r)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

// Deadline returns a function that reports whether the time is up by the clock.
func Deadline(now func() time.Time, limit time.Duration) func() bool {
	end := now().Add(limit)
	return func() bool { return now().After(end) }
}

// Cases lists the runs: each fault of the tiers with each seed, then the mixes.
func Cases(tier, seeds, mixes int) []Case {
	var all []Case
	for seed := range seeds {
		for _, f := range Faults() {
			if f.Tier <= tier {
				all = append(all, Case{[]string{f.ID}, uint64(seed)})
			}
		}
	}
	for seed := range mixes {
		all = append(all, Mix(uint64(seed)))
	}
	return all
}
