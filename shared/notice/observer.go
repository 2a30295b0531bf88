package notice

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// The limit of lines with one cause.
const (
	Burst  = 5
	Window = 10 * time.Minute
)

// Observer logs ledger entries that an operator should know of. Create it with New. It is
// safe for concurrent use.
type Observer struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	causes map[string]*cause
}

// cause is what was logged lately of one cause.
type cause struct {
	begun   time.Time
	logged  int
	held    int        // lines that were not written
	example port.Entry // the newest of those
}

// New returns an observer that logs to log.
func New(log *slog.Logger, now func() time.Time) *Observer {
	return &Observer{log: log, now: now, causes: map[string]*cause{}}
}

// Record logs the entries that need an operator. It is called after the entries are durable.
func (o *Observer) Record(ctx context.Context, entries ...port.Entry) {
	for _, e := range entries {
		if line, ok := lineOf(e); ok && o.passes(e) {
			line.write(ctx, o.log)
		}
	}
	o.summarize(ctx, o.now().Add(-Window))
}

// Close logs how many lines were held back. The observer can be used afterwards.
func (o *Observer) Close(ctx context.Context) { o.summarize(ctx, o.now()) }

// passes counts the entry and reports whether its line is within the limit of its cause.
func (o *Observer) passes(e port.Entry) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := causeOf(e)
	c := o.causes[key]
	if c == nil {
		c = &cause{begun: o.now()}
		o.causes[key] = c
	}
	if c.logged < Burst {
		c.logged++
		return true
	}
	c.held, c.example = c.held+1, e
	return false
}

// causeOf groups entries with one cause.
func causeOf(e port.Entry) string {
	fingerprint := e.Entity.System // of a connection
	if e.Error != nil {
		fingerprint = e.Error.Fingerprint
	}
	return string(e.Stage) + " " + e.Type + " " + e.Route + " " + fingerprint
}

// summarize ends the windows that began at or before the time, and logs what each held back.
func (o *Observer) summarize(ctx context.Context, begun time.Time) {
	for _, c := range o.ended(begun) {
		if line, ok := lineOf(c.example); ok && c.held > 0 {
			line.message = fmt.Sprintf("%d more: %s", c.held, line.message)
			line.write(ctx, o.log)
		}
	}
}

func (o *Observer) ended(begun time.Time) (ended []*cause) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(o.causes)) {
		if c := o.causes[key]; !c.begun.After(begun) {
			ended = append(ended, c)
			delete(o.causes, key)
		}
	}
	return ended
}

// line is one line of the log.
type line struct {
	level   slog.Level
	message string
	fields  []slog.Attr
}

func (l line) write(ctx context.Context, log *slog.Logger) {
	log.LogAttrs(ctx, l.level, l.message, l.fields...)
}

// lineOf returns the line of an entry, and false if it needs none.
func lineOf(e port.Entry) (line, bool) {
	switch e.Stage {
	case port.Dead, port.Parked:
		return letter(e), true
	case port.Degraded:
		return connection(e, slog.LevelError, "connection lost: messages for "+e.Entity.System+" wait"), true
	case port.AuthExpired:
		return connection(e, slog.LevelError, "connection lost: "+e.Entity.System+" refuses our credentials, messages wait"), true
	case port.Restored:
		return connection(e, slog.LevelInfo, "connection restored: messages for "+e.Entity.System+" go on"), true
	}
	return line{}, false
}

// letter is the line of a message that died or was parked.
func letter(e port.Entry) line {
	l := line{level: slog.LevelWarn, message: subject(e) + " " + ending(e.Stage)}
	l.add("route", e.Route)
	if e.Error != nil {
		l.add("field", e.Error.Field)
		l.add("reason", e.Error.Message)
		l.add("class", string(e.Error.Class))
		l.add("code", e.Error.Code)
		l.add("fingerprint", e.Error.Fingerprint)
	} else {
		l.add("reason", e.Outcome)
	}
	l.add("event_id", e.Event)
	l.add("trace_id", e.Trace)
	l.add("next", Command(e))
	return l
}

func ending(stage port.Stage) string {
	if stage == port.Parked {
		return "is parked: it needs manual review"
	}
	return "is dead: it is in the dead-letter queue"
}

// subject names what the entry is about: "order 1001", or the delivery.
func subject(e port.Entry) string {
	if e.Entity == (message.Key{}) {
		return "delivery " + cmp.Or(e.Type, e.Event)
	}
	return e.Entity.Type + " " + e.Entity.ID
}

func connection(e port.Entry, level slog.Level, text string) line {
	l := line{level: level, message: text}
	l.add("system", e.Entity.System)
	l.add("outcome", e.Outcome)
	if e.Error != nil {
		l.add("reason", e.Error.Message)
		l.add("field", e.Error.Field)
		l.add("class", string(e.Error.Class))
	}
	return l
}

// add adds a field unless it is empty.
func (l *line) add(key, value string) {
	if value != "" {
		l.fields = append(l.fields, slog.String(key, value))
	}
}

// Command returns the command that shows the entry's cause.
func Command(e port.Entry) string {
	if e.Entity == (message.Key{}) {
		return WhyCommand + " --event " + e.Event
	}
	return WhyCommand + " --entity " + e.Entity.Type + "/" + e.Entity.ID
}

// WhyCommand is the command that groups all dead letters by cause.
const WhyCommand = "bin/causeway why"
