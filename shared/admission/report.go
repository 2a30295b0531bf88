package admission

import (
	"context"
	"fmt"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// report is a change of a circuit that the ledger may not have yet. It is stored by the
// very write that makes the change, and removed when the ledger has it: after a ledger
// outage, or the death of the process in between, it is written at the end of another call.
// It is written once, and again only if the worker that wrote it could not remove it.
type report struct {
	At        time.Time        `json:"at"` // by the clock of the worker that made the change
	Stage     port.Stage       `json:"stage"`
	Operation string           `json:"operation,omitempty"`
	Outcome   string           `json:"outcome"`
	Error     *port.EntryError `json:"error,omitempty"`
	By        *retry.Span      `json:"by"` // the worker that writes it; when the span is over, any worker may
}

// mostUnreported is how many changes are kept while the ledger cannot be reached: the newest.
const mostUnreported = 16

// note adds a report of a change that is about to be stored.
func (t *Target) note(c *record, stage port.Stage, operation, outcome string, f *fault.Error) {
	r := report{At: t.config.Now().UTC(), Stage: stage, Operation: operation, Outcome: outcome}
	if r.By = t.reporter(r); f != nil {
		r.Error = port.NewEntryError("connection "+t.profile.Name+" "+operation, f)
		r.Outcome += " Cause: " + r.Error.Message
	}
	c.Unreported = append(c.Unreported[max(0, len(c.Unreported)+1-mostUnreported):], r)
}

// subject names the target, or its operation, and whose messages wait.
func (t *Target) subject(operation string) (subject, messages string) {
	if operation == wholeTarget {
		return t.profile.Name, "All messages for " + t.profile.Name
	}
	return fmt.Sprintf("%s, operation %q", t.profile.Name, operation), "Only messages of this operation"
}

// opened describes an open circuit: cause, effect, and next step.
func (t *Target) opened(operation string, auth bool, s streak, pause time.Duration) string {
	subject, messages := t.subject(operation)
	cause := fmt.Sprintf("%d calls in a row failed, for at least %d entities", s.failures, len(s.entities))
	step := "If this lasts, check whether " + t.profile.Name + " is down."
	switch {
	case auth && operation == wholeTarget:
		cause, step = "our credentials are refused", "Messages wait until they are renewed."
	case auth:
		cause, step = "the permission is refused", "Messages wait until it is granted."
	case s.failures == 0:
		cause = "the probe failed, but no longer because of our credentials"
	}
	return fmt.Sprintf("%s: %s. %s wait; the next probe is in %s. %s", subject, cause, messages, pause.Round(time.Second), step)
}

// closed describes a circuit that was open for so long.
func (t *Target) closed(operation string, after time.Duration) string {
	subject, messages := t.subject(operation)
	return fmt.Sprintf("%s: works again after %s. %s go on by themselves.", subject, after.Round(time.Second), messages)
}

// report writes into the ledger what it does not have yet, unless another worker or
// goroutine does. It looks again at the end, for the goroutines that left it to this one.
func (t *Target) report(ctx context.Context) (err error) {
	for err == nil {
		t.mu.Lock()
		busy := t.reporting || !slices.ContainsFunc(t.stored.Unreported, t.mayReport)
		t.reporting = t.reporting || !busy
		t.mu.Unlock()
		if busy {
			return nil
		}
		var mine []report
		if err = t.change(ctx, func(c *record) (took bool) { mine, took = t.takeOver(c); return took }, nil); err == nil {
			err = t.append(ctx, mine)
		}
		t.mu.Lock()
		t.reporting = false
		t.mu.Unlock()
	}
	return err
}

// takeOver makes reports that no other worker is writing this worker's, and returns all of
// them.
func (t *Target) takeOver(c *record) (mine []report, took bool) {
	for i, r := range c.Unreported {
		if !t.mayReport(r) {
			continue
		}
		if !t.owns(r) {
			r.By, took = t.reporter(r), true
			c.Unreported[i] = r
		}
		mine = append(mine, r)
	}
	return mine, took
}

// append writes the reports of this worker, and removes them from the record. A report that is
// written but could not be removed is not written again by this process.
func (t *Target) append(ctx context.Context, reports []report) error {
	for _, r := range reports {
		if t.reported[r.By.Number] {
			continue
		}
		if err := t.config.Ledger.Append(ctx, t.entry(r)); err != nil {
			return port.Unavailable("writing the ledger", err)
		}
		t.reported[r.By.Number] = true
	}
	return t.change(ctx, func(c *record) bool {
		before := len(c.Unreported)
		c.Unreported = slices.DeleteFunc(c.Unreported, func(r report) bool { return t.owns(r) && t.reported[r.By.Number] })
		return len(c.Unreported) < before
	}, func() { clear(t.reported) })
}

func (t *Target) reporter(r report) *retry.Span {
	return t.config.Worker.Take(string(r.Stage)+" "+r.At.Format(time.RFC3339Nano), t.callTime())
}

func (t *Target) mayReport(r report) bool {
	return t.owns(r) || !t.config.Now().Before(t.config.Worker.Over(t.key()+"|report", r.By, 0))
}

func (t *Target) owns(r report) bool { return r.By.Worker == t.config.Worker.Name() }

// entry returns the ledger's entry about the connection itself.
func (t *Target) entry(r report) port.Entry {
	e := t.config.Entry(t.profile.Name+"-"+string(connector.Deliver), r.Stage)
	e.At, e.Trace, e.Outcome, e.Error, e.Type = r.At, "connection/"+t.profile.Name, r.Outcome, r.Error, r.Operation
	e.Entity = message.Key{System: t.profile.Name, Type: "connection", ID: t.profile.Name}
	return e
}
