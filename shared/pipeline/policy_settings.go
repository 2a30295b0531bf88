package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway/shared/fault"
)

// The bounds of what an installation may set. A record is kept for longer than a message
// can wait and then lie in a dead-letter queue.
const (
	leastBudget, mostBudget = time.Minute, 30 * 24 * time.Hour
	leastTries, mostTries   = 1, 100
)

// budgets are the failure budgets by the names that settings have for them, each with how
// its text is taken over.
var budgets = map[string]func(p *Policy, text string) bool{
	"transient": func(p *Policy, text string) bool { return readBudget(&p.Transient, text) },
	"parent":    func(p *Policy, text string) bool { return readBudget(&p.Parent, text) },
	"unknown":   func(p *Policy, text string) bool { return readTries(&p.UnknownTries, text) },
	"conflict":  func(p *Policy, text string) bool { return readTries(&p.ConflictTries, text) },
	"crash":     func(p *Policy, text string) bool { return readTries(&p.Crashes, text) },
	"redrive":   func(p *Policy, text string) bool { return readTries(&p.Loops, text) },
}

// WithBudgets returns the policy with the failure budgets that the text sets, such as
// "transient=24h,unknown=3": how long what is throttled, unavailable or unauthorized may
// fail (transient) and how long a parent is waited for (parent), each a duration of a
// minute to 30 days; how often an unclassified failure is tried (unknown), a conflict
// (conflict), a message whose handling crashes (crash), and how often what fails alike may
// be redriven (redrive), each 1 to 100. What it does not name stays. Errors are
// fault.Rejected of class config and name the pair.
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
			return p, badBudget(pair, fmt.Sprintf("must be a duration of 1m to 720h for transient and parent, and %d to %d for the others", leastTries, mostTries))
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
