package sim

import (
	"cmp"
	"encoding/json"
)

// Totals are the figures of many runs. Each violation counts once, by its sort.
type Totals struct {
	// Against has the runs by their target: "model", or the name of a vendor.
	Against     map[string]int `json:"against"`
	Faults      int            `json:"faults"`
	Seeds       int            `json:"seeds"` // per fault
	Runs        int            `json:"runs"`
	Lost        int            `json:"lost"`
	Duplicated  int            `json:"duplicated"`
	Stale       int            `json:"stale"`
	Unexplained int            `json:"unexplained"`
	Leftover    int            `json:"leftover"`
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
	if t.Against == nil {
		t.Against = map[string]int{}
	}
	t.Against[cmp.Or(r.Vendor, "model")]++
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

// Cases lists the runs: each fault of the tiers with each seed, then the mixes.
func Cases(tier, seeds, mixes int) []Case {
	var all []Case
	for seed := range seeds {
		for _, f := range Faults() {
			if f.Tier <= tier {
				all = append(all, Case{Faults: []string{f.ID}, Seed: uint64(seed)})
			}
		}
	}
	for seed := range mixes {
		all = append(all, Mix(uint64(seed)))
	}
	return all
}
