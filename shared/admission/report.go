package pipeline

import (
	"context"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// news is a change of a connection that the ledger may not have been told of yet. It is
// stored by the very write that makes the change, and taken out when the ledger has it:
// a ledger that is out of reach, or a process that dies in between, leaves it to be told
// at the end of another call. It is told once, and again only if who told it could not
// take it out.
type news struct {
	At    time.Time   `json:"at"` // by the clock of who made the change
	Stage Stage       `json:"stage"`
	Words string      `json:"words"`
	Error *EntryError `json:"error,omitempty"`
	By    *span       `json:"by"` // who tells it; when that is over, anybody may
}

// note has the ledger told of a change that is about to be stored.
func (l *link) note(c *connection, stage Stage, words string, f *fault.Error) {
	n := news{At: l.config.Now().UTC(), Stage: stage, Words: words}
	if n.By = l.teller(n); f != nil {
		n.Error = port.NewEntryError("connection "+l.profile.Name, f)
		n.Words += ": " + n.Error.Message
	}
	c.Untold = append(c.Untold[max(0, len(c.Untold)+1-remembered):], n)
}

// tell writes into the ledger what it has not been told, unless another worker is at it.
func (l *link) tell(ctx context.Context) error {
	if !slices.ContainsFunc(l.stored.Untold, l.mayTell) {
		return nil
	}
	if _, err := l.change(ctx, l.takeOver); err != nil {
		return err
	}
	for _, n := range l.stored.Untold {
		if !l.mine(n) || l.hasTold(n) {
			continue
		}
		if err := l.config.Ledger.Append(ctx, l.entry(n)); err != nil {
			return port.Unavailable("writing the ledger", err)
		}
		l.told = append(l.told, n.By)
	}
	_, err := l.change(ctx, func(c *connection) bool {
		c.Untold = slices.DeleteFunc(c.Untold, l.hasTold)
		return true
	})
	if err == nil {
		l.told = nil
	}
	return err
}

// takeOver makes what nobody else is telling this worker's to tell.
func (l *link) takeOver(c *connection) (took bool) {
	for i, n := range c.Untold {
		if l.mayTell(n) && !l.mine(n) {
			c.Untold[i].By, took = l.teller(n), true
		}
	}
	return took
}

func (l *link) teller(n news) *span {
	return l.config.take(string(n.Stage)+" "+n.At.Format(time.RFC3339Nano), l.needs())
}

func (l *link) mayTell(n news) bool {
	return l.mine(n) || !l.config.Now().Before(l.config.over(l.key()+"|news", n.By, 0))
}

func (l *link) mine(n news) bool { return n.By.Worker == l.config.self().name }

// hasTold reports whether this process told it already, and could not take it out.
func (l *link) hasTold(n news) bool { return slices.ContainsFunc(l.told, n.By.same) }

// entry returns the ledger's entry about the connection itself.
func (l *link) entry(n news) Entry {
	e := l.config.entry(l.profile, connector.Deliver, n.Stage)
	e.At, e.Trace, e.Outcome, e.Error = n.At, "connection/"+l.profile.Name, n.Words, n.Error
	e.Entity = message.Key{System: l.profile.Name, Type: "connection", ID: l.profile.Name}
	return e
}
