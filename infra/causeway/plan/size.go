package plan

import (
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// How long and how often a queue returns a message that is never deleted.
//
// A message that cannot be handled must end in the dead-letter queue, never by expiry, so
// receives × visibility stays below the retention. A standard queue counts the age of a dead
// letter from when it was first sent: 11 days of receives leave at least 3 of the 14 to read
// and redrive it.
const (
	// RetentionDays is the most that SQS offers; it costs nothing.
	RetentionDays = 14
	receiveDays   = 11
	// Receives is the most that SQS counts to. A message that waits is deferred by its
	// visibility, and each look at it is a receive, so a small number would dead-letter
	// healthy messages. The pipeline counts failures itself and writes the dead letter; this
	// policy only catches what the pipeline never handles.
	Receives = 1000
	// Visibility is how many of the function's timeouts the visibility timeout is long, as
	// Lambda asks for.
	Visibility = 6
)

// LongestVisibility is the longest visibility timeout that ends in the dead-letter queue in time.
const LongestVisibility = receiveDays * 24 * 60 * 60 / Receives // seconds

// Quick is the timeout of a door: senders wait about five seconds.
const Quick = 10 * time.Second

// The limits of Lambda and SQS that sizes follow from.
const (
	longest = 15 * time.Minute // that a function may run
	slack   = 30 * time.Second // for everything in a batch that is not a call: more than the margin of shared/cloud/function, or nothing is begun
	largest = 10               // messages in a batch
	fewest  = 2                // workers of a queue, as MaximumConcurrency has it
	ahead   = 2                // calls, each as long as it can be, that a function has time for one after the other
)

// Size is how much a function takes on at once.
type Size struct {
	Timeout  time.Duration
	Batch    int // messages; 0 if one call lasts too long
	Parallel int // messages of a batch that are handled at once
	Workers  int // of each queue, the backfill lane apart
	Total    int // workers of all its queues
}

// gathered is how many full requests a batch of messages holds of which one request takes many, and
// Gather how long Lambda lets them gather: batches above ten messages need a window of a second
// at least.
const (
	gathered = 4
	Gather   = 5 * time.Second
)

// BatchOf returns how many messages of the queue make one batch, and for how long Lambda lets them
// gather. The function handles as many at once as one request of the target takes (connector.Operation.Batch).
func (p *Plan) BatchOf(s Installed, role connector.Role, queue string) (messages int, window time.Duration) {
	size := p.Size(s, role)
	for _, route := range routes.To(p.Routes, s.Name) {
		if n := s.Batch(route.Types); role == connector.Deliver && route.Queue() == queue && n > 1 && size.Batch > 0 {
			return n * gathered, Gather
		}
	}
	return size.Batch, 0
}

// Size derives what fits. The calls that a system takes at once are shared out among the
// queues' workers, of which as few are started as Lambda allows: messages that wait for their
// answers in one function together cost as much as one. A function has time for the whole
// batch at the usual pace and for few calls at the slowest; it returns what it has not begun
// by then. Its timeout also bounds the visibility, hence how soon a crashed batch returns and
// whether a message reaches the dead letters before it expires.
func (p *Plan) Size(s Installed, role connector.Role) Size {
	queues := len(p.Queues(s, role))
	lane := 0 // the backfill lane's workers come on top, and as few as possible
	if role == connector.Translate {
		queues, lane = queues-1, fewest
	}
	switch {
	case role == connector.Receive:
		return Size{Timeout: Quick}
	case queues == 0:
		return Size{Timeout: longest, Parallel: 1}
	}
	parallel := min(largest, max(1, s.Concurrency/(queues*fewest)))
	workers := max(fewest, s.Concurrency/(queues*parallel))
	if s.Config.Workers > 0 {
		workers = s.Config.Workers
	}
	rounds := min((largest+parallel-1)/parallel, ahead)
	for rounds > 0 && Visibility*(time.Duration(rounds)*s.Timeout+slack) > LongestVisibility*time.Second {
		rounds--
	}
	batch := largest
	if rounds < ahead {
		batch = min(largest, rounds*parallel)
	}
	return Size{Timeout: time.Duration(rounds)*s.Timeout + slack, Batch: batch, Parallel: parallel, Workers: workers, Total: workers*queues + lane}
}

// Workers returns how many workers take from the queue at once.
func (p *Plan) Workers(s Installed, role connector.Role, queue string) int {
	if queue == routes.InboxBackfill(s.Name) {
		return fewest
	}
	return p.Size(s, role).Workers
}

// Reserved returns the concurrency to reserve for the function, 0 for none.
//
// A function behind queues gets as much as all its pollers start: a start that is refused
// counts as a receive. A door gets a bound, so that junk from the internet takes no other
// function's executions: half the rate that it admits, which lasts as long as an answer takes
// up to half a second. A poll and an audit get one: two rounds undo each other's work.
func (p *Plan) Reserved(s Installed, role connector.Role) int {
	if !p.Stage.Functions.Reserve {
		return 0
	}
	switch role {
	case connector.Receive:
		if p.Stage.Door.Concurrency > 0 {
			return p.Stage.Door.Concurrency
		}
		rate := s.Config.Rate
		if rate == 0 {
			rate = p.Stage.Door.Rate
		}
		return max(5, rate/2)
	case connector.Poll, connector.Audit:
		return 1
	default:
		return p.Size(s, role).Total
	}
}
