package retry

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
)

// The bounds of what an installation may set. An entity's record is kept for longer than a
// message can wait and then stay in a dead-letter queue.
const (
	leastBudget, mostBudget = time.Minute, 30 * 24 * time.Hour
	leastTries, mostTries   = 1, 100
)

// budgets are the failure budgets by their names in settings, each with the function that
// reads its text.
var budgets = map[string]func(p *Policy, text string) bool{
	"transient": func(p *Policy, text string) bool { return readBudget(&p.Transient, text) },
	"parent":    func(p *Policy, text string) bool { return readBudget(&p.Parent, text) },
	"config":    func(p *Policy, text string) bool { return readBudget(&p.Config, text) },
	"unknown":   func(p *Policy, text string) bool { return readTries(&p.UnknownTries, text) },
	"conflict":  func(p *Policy, text string) bool { return readTries(&p.ConflictTries, text) },
	"crash":     func(p *Policy, text string) bool { return readTries(&p.Crashes, text) },
	"redrive":   func(p *Policy, text string) bool { return readTries(&p.Loops, text) },
}

// WithBudgets returns the policy with the failure budgets that the text sets, such as
// "transient=24h,unknown=3". Durations of a minute to 30 days: how long throttles, outages
// and refused credentials may last (transient), how long a parent is waited for (parent),
// and how long a missing setting is waited for (config). Counts of 1 to 100: attempts at a
// failure that is not classified (unknown), at a conflict (conflict), at a message whose
// handling crashes (crash), and redrives that fail alike (redrive). Budgets that are not
// named keep their value. Errors are fault.Rejected of class config and name the pair.
func (p Policy) WithBudgets(text string) (Policy, error) {
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		read, known := budgets[strings.TrimSpace(name)]
		switch {
		case !known:
			return p, badBudget(pair, "no such budget; there are "+strings.Join(slices.Sorted(maps.Keys(budgets)), ", "))
		case !read(&p, strings.TrimSpace(value)):
			return p, badBudget(pair, fmt.Sprintf("must be a duration of 1m to 720h for transient, parent and config, and %d to %d for the others", leastTries, mostTries))
		}
	}
	return p, nil
}

func badBudget(pair, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: pair, Doing: "reading the failure budgets", Detail: rule}
}

func readBudget(into *time.Duration, text string) bool {
	d, err := time.ParseDuration(text)
	if err != nil || d < leastBudget || d > mostBudget {
		return false
	}
	*into = d
	return true
}

func readTries(into *int, text string) bool {
	n, err := strconv.Atoi(text)
	if err != nil || n < leastTries || n > mostTries {
		return false
	}
	*into = n
	return true
}
