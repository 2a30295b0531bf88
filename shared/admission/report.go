package admission

import (
	"context"
	"fmt"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/retry"
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

// opened returns the outcome of a report in the words of an operator.
func (t *Target) opened(operation string, auth bool, s streak, pause time.Duration) string {
	subject, messages := t.subject(operation)
	probe := "the next probe is in " + pause.Round(time.Second).String()
	switch {
	case auth && operation == wholeTarget:
		return fmt.Sprintf("%s refuses our credentials. %s wait until they are renewed; %s.", subject, messages, probe)
	case auth:
		return fmt.Sprintf("%s: the permission is refused. %s wait until it is granted; %s.", subject, messages, probe)
	case s.failures == 0:
		return fmt.Sprintf("%s no longer refuses our credentials, but the probe failed. %s wait; %s. If this lasts, check whether %s is down.", subject, messages, probe, t.profile.Name)
	}
	return fmt.Sprintf("%s: %d calls in a row failed, for at least %d entities. %s wait; %s. If this lasts, check whether %s is down.",
		subject, s.failures, len(s.entities), messages, probe, t.profile.Name)
}

// closed returns the outcome of a report in the words of an operator.
func (t *Target) closed(operation string, after time.Duration) string {
	subject, messages := t.subject(operation)
	return fmt.Sprintf("%s works again after %s. %s go on by themselves.", subject, after.Round(time.Second), messages)
}

// report writes into the ledger what it has not yet, unless another worker or goroutine
// is at it.
func (t *Target) report(ctx context.Context) error {
	if !t.startReporting() {
		return nil
	}
	defer func() {
		t.mu.Lock()
		t.reporting = false
		t.mu.Unlock()
	}()
	if err := t.change(ctx, t.takeOver, nil); err != nil {
		return err
	}
	for _, r := range t.ownReports() {
		if err := t.config.Ledger.Append(ctx, t.entry(r)); err != nil {
			return port.Unavailable("writing the ledger", err)
		}
		t.mu.Lock()
		t.reported = append(t.reported, r.By)
		t.mu.Unlock()
	}
	return t.change(ctx, func(c *record) bool {
		before := len(c.Unreported)
		c.Unreported = slices.DeleteFunc(c.Unreported, t.isReported)
		return len(c.Unreported) < before
	}, func() { t.reported = nil })
}

// startReporting reports whether this goroutine has something to write.
func (t *Target) startReporting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reporting || !slices.ContainsFunc(t.stored.Unreported, t.mayReport) {
		return false
	}
	t.reporting = true
	return true
}

// takeOver makes reports that no other worker is writing this worker's.
func (t *Target) takeOver(c *record) (took bool) {
	for i, r := range c.Unreported {
		if t.mayReport(r) && !t.owns(r) {
			c.Unreported[i].By, took = t.reporter(r), true
		}
	}
	return took
}

// ownReports returns what this worker has to write.
func (t *Target) ownReports() []report {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.stored.Unreported), func(r report) bool { return !t.owns(r) || t.isReported(r) })
}

func (t *Target) reporter(r report) *retry.Span {
	return t.config.Worker.Take(string(r.Stage)+" "+r.At.Format(time.RFC3339Nano), t.callTime())
}

func (t *Target) mayReport(r report) bool {
	return t.owns(r) || !t.config.Now().Before(t.config.Worker.Over(t.key()+"|report", r.By, 0))
}

func (t *Target) owns(r report) bool { return r.By.Worker == t.config.Worker.Name() }

// isReported reports whether this process wrote it already, and could not remove it.
func (t *Target) isReported(r report) bool { return slices.ContainsFunc(t.reported, r.By.Same) }

// entry returns the ledger's entry about the connection itself.
func (t *Target) entry(r report) port.Entry {
	e := t.config.Entry(t.profile.Name+"-"+string(connector.Deliver), r.Stage)
	e.At, e.Trace, e.Outcome, e.Error, e.Type = r.At, "connection/"+t.profile.Name, r.Outcome, r.Error, r.Operation
	e.Entity = message.Key{System: t.profile.Name, Type: "connection", ID: t.profile.Name}
	return e
}
