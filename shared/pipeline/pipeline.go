package pipeline

import (
	"log/slog"
	"time"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

// Config is everything the stages share. All fields but Filters and Worker are required.
type Config struct {
	Ports
	Now    func() time.Time
	Random func() float64 // jitter, in [0,1); called concurrently
	Log    *slog.Logger
	Build  string // version of Causeway, as the ledger shows it
	Policy Policy
	Routes []routes.Route
	// Filters says per filter name whether it holds; a name that is missing has the
	// filter's own default.
	Filters map[string]bool
	// Worker names this process among all that share the State; no two may bear one name
	// at once. A name is drawn if it is "".
	Worker string

	me *worker // made at the first use; a copy of the Config made later is the same worker
}

// Decision is what is to be done with a message that was handled.
type Decision struct {
	// Until is when the message is to become visible again; zero means that its
	// journey on this queue has ended and it can be deleted.
	Until time.Time
}

// Ack is the decision that a message's journey on this queue has ended.
var Ack = Decision{}

// Ended reports whether the message can be deleted.
func (d Decision) Ended() bool { return d.Until.IsZero() }

// deferUntil is the decision to go on at the given time.
func deferUntil(at time.Time) Decision { return Decision{Until: at} }

// entry returns a ledger entry with what every entry of a stage has in common.
func (c *Config) entry(system connector.Profile, role connector.Role, stage Stage) Entry {
	return Entry{At: c.Now().UTC(), Stage: stage, Function: system.Name + "-" + string(role), Build: c.Build}
}
