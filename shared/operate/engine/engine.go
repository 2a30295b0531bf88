package engine

import (
	"context"
	"iter"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Engine is a running Causeway for an operator's tool. All fields but Archive, Log and Records are required.
type Engine struct {
	Name    string // of the environment, such as "local" or "prod-eu"
	Ledger  port.Ledger
	State   port.State
	Vault   port.Vault
	Sender  Sender
	Meter   Meter
	Letters Letters
	Valve   Valve
	Archive Archive // nil where deliveries are not archived
	Log     Log     // nil where no log can be read
	Records Records // nil where the State cannot be listed
	Now     func() time.Time
}

// Check returns an error that names the missing fields.
func (e Engine) Check() error {
	return port.Require(
		port.Field{Name: "field Name", Set: e.Name != ""},
		port.Field{Name: "field Ledger", Set: e.Ledger != nil},
		port.Field{Name: "field State", Set: e.State != nil},
		port.Field{Name: "field Vault", Set: e.Vault != nil},
		port.Field{Name: "field Sender", Set: e.Sender != nil},
		port.Field{Name: "field Meter", Set: e.Meter != nil},
		port.Field{Name: "field Letters", Set: e.Letters != nil},
		port.Field{Name: "field Valve", Set: e.Valve != nil},
		port.Field{Name: "field Now", Set: e.Now != nil},
	)
}

// Sender puts messages into queues, as port.Queue does: nil only when the whole batch is
// durable.
type Sender interface {
	Send(ctx context.Context, queue string, batch []port.Outgoing) error
}

// Meter counts.
type Meter interface {
	// Depths returns the depth of every queue that is not a dead-letter queue, by name,
	// one moment for all of them as far as the engine can.
	Depths(ctx context.Context) ([]Depth, error)
	// Totals returns the messages of each route and their ends, by name. Engines that count
	// over a limited time set Total.Since.
	Totals(ctx context.Context) ([]Total, error)
}

// Depth is the number of messages in one queue now.
type Depth struct {
	Queue      string
	Visible    int           // can be received
	InFlight   int           // was received and is neither deleted, deferred nor visible again
	Deferred   int           // hidden until its time
	Dead       int           // in the queue's dead-letter queue, visible or not
	Oldest     time.Duration // since the oldest message of the queue was sent; 0 if it is empty
	OldestDead time.Duration // since the oldest dead letter was first sent; 0 if there is none
}

// Waiting is the number of messages that are in the queue and have not ended.
func (d Depth) Waiting() int { return d.Visible + d.InFlight + d.Deferred }

// Total counts the ledger entries of one route. An entry that is appended again counts
// once.
type Total struct {
	Route      string    // "" for messages that no route matched
	Since      time.Time // when counting began; zero: with the first message
	In         int64     // put into the route's queue by the bus
	Confirmed  int64
	Superseded int64
	Skipped    int64
	Deferred   int64 // hidden now until its time
	Dead       int64
	Parked     int64

	// Waiting and Letters are the lengths of the queue and its dead-letter queue now, counted
	// as nearly in the same moment as the engine can: In = Confirmed + Superseded + Skipped +
	// Removed + Waiting + Letters. The right side is greater by messages whose end is recorded
	// and that are not deleted yet, and by those that came without the bus: replayed, imported
	// or restored. It is less only if something was lost.
	Waiting int64
	Letters int64
	Removed int64 // taken out of the dead letters: resolved, purged, erased or expired
}

// Missing returns the number of messages of the route that neither ended nor are in a queue:
// they were lost. It is 0 where counting began later than the messages (Since).
func (t Total) Missing() int64 {
	if !t.Since.IsZero() {
		return 0
	}
	return max(0, t.In-t.Confirmed-t.Superseded-t.Skipped-t.Removed-t.Waiting-t.Letters)
}

// Letters gives access to the messages of a dead-letter queue. It is given the name of the
// dead-letter queue itself (routes.Dead).
type Letters interface {
	// Browse calls visit with each message of the queue until visit returns false.
	// Afterwards the messages can be received as before.
	// They have no handle. The order is that of arrival where the engine knows it. A
	// message that another process holds may be left out. An unknown queue is an error.
	Browse(ctx context.Context, queue string, visit func(port.Incoming) (more bool)) error
	// Open begins to work on the queue. Messages that are taken stay hidden from others
	// for hold, which must outlast the work on one call of Take. Close must be called.
	Open(ctx context.Context, queue string, hold time.Duration) (Hand, error)
}

// Hand holds the letters that one operation works on.
type Hand interface {
	// Take returns those messages of the queue that have one of the ids (message ids of the
	// queue), with valid handles, and hides them. A deleted one, and one that another process
	// holds, is left out; one that this Hand took before is taken again.
	Take(ctx context.Context, ids []string) ([]port.Incoming, error)
	// Delete removes a message that was taken. Deleting twice is no error.
	Delete(ctx context.Context, in port.Incoming) error
	// Close makes everything visible again that was taken and not deleted. A process that
	// ends without it leaves its messages hidden until hold has passed.
	Close(ctx context.Context) error
}

// Valve stops and resumes the worker of a queue. Messages of a stopped queue stay in it.
type Valve interface {
	// Pauses returns the pauses in force, by queue.
	Pauses(ctx context.Context) ([]Pause, error)
	// Pause stops the worker: messages in flight are finished. A queue that is
	// paused already keeps its pause and its reason, without an error. An unknown queue is
	// an error.
	Pause(ctx context.Context, pause Pause) error
	// Resume starts the worker again. A queue that is not paused is left as it is.
	Resume(ctx context.Context, queue string) error
}

// Pause is the stop of a queue by an operator.
type Pause struct {
	Queue  string
	Who    string
	Reason string
	Since  time.Time
}

// Archive keeps the deliveries of each system.
type Archive interface {
	// Archived yields the raw messages of a system that were archived from the first time
	// to the second, with their bodies, in no order and some of them more than once. One
	// is archived between its receipt and the end of its translation. An error ends it.
	Archived(ctx context.Context, system string, from, to time.Time) iter.Seq2[*message.Raw, error]
}

// Records lists the State.
type Records interface {
	// Records yields the items whose keys begin with the prefix and that have not expired. Those
	// that are stored meanwhile may be among them. An error ends it.
	Records(ctx context.Context, prefix string) iter.Seq2[port.Item, error]
}

// Log is what the engine's functions logged.
type Log interface {
	// Lines returns the newest lines that contain one of the ids and were written in the time,
	// the oldest of them first. Personal data is masked as it was when they were written. Whole
	// is false if a part of the log was not read because it is too long.
	Lines(ctx context.Context, q LogQuery) (lines []LogLine, whole bool, err error)
}

// LogQuery selects lines of a log.
type LogQuery struct {
	IDs      []string  // of a message: of its event, trace or queue; empty ones are ignored
	From, To time.Time // both included
	Most     int       // lines
}

// LogLine is one line of a log.
type LogLine struct {
	At       time.Time // zero if the line has no time
	Function string    // that wrote it; "" where there is one process
	Text     string    // a JSON object as it was written
}
