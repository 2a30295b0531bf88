package doctor

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Level is how bad a finding is.
type Level string

// The levels.
const (
	Fine    Level = "ok"      // was looked at, and is as it should be
	Notice  Level = "notice"  // some messages would wait or die, or something is not looked after
	Problem Level = "problem" // does not work
)

// Finding is one thing that a check found.
type Finding struct {
	Check   string `json:"check"`   // what was looked at: "connection", "configuration"
	Subject string `json:"subject"` // of what: "netsuite (fake)"
	Level   Level  `json:"level"`
	Text    string `json:"text"`             // what is so
	Remedy  string `json:"remedy,omitempty"` // exactly what to do; "" for what is fine
}

// Check looks at one thing. It returns at least one finding for what it looked at, and none
// if there was nothing to look at.
type Check interface {
	Check(ctx context.Context) []Finding
}

// Func is a function as a Check.
type Func func(ctx context.Context) []Finding

// Check implements Check.
func (f Func) Check(ctx context.Context) []Finding { return f(ctx) }

// Patience is how long a check may take.
const Patience = 15 * time.Second

// Run runs the checks side by side and returns their findings in the order of the checks.
func Run(ctx context.Context, checks ...Check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	found := make([][]Finding, len(checks))
	var running sync.WaitGroup
	for i, check := range checks {
		running.Go(func() { found[i] = check.Check(ctx) })
	}
	running.Wait()
	return slices.Concat(found...)
}

// Attention returns the findings that are not fine.
func Attention(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Level == Fine })
}

// Write prints the findings, problems first, and what to do about each on a line of its own.
func Write(out io.Writer, findings []Finding) error {
	for _, level := range []Level{Problem, Notice, Fine} {
		for _, f := range findings {
			if f.Level != level {
				continue
			}
			if _, err := fmt.Fprintln(out, f.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// String returns the finding as Write prints it.
func (f Finding) String() string {
	text := fmt.Sprintf("%-8s %s: %s", f.Level, f.Subject, f.Text)
	if f.Remedy != "" {
		text += "\n" + strings.Repeat(" ", 9) + "→ " + f.Remedy
	}
	return text
}
