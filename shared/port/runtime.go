package port

import (
	"errors"
	"log/slog"
	"time"
)

// Ports is the set of services that the stages stand on.
type Ports struct {
	Bus    Bus
	Queue  Queue
	State  State
	Ledger Ledger
	Vault  Vault
}

// Runtime is what every stage is handed: the ports, the clock, randomness and the log.
// All fields but Build are required.
type Runtime struct {
	Ports
	Now    func() time.Time
	Random func() float64 // jitter, in [0,1); called concurrently
	Log    *slog.Logger
	Build  string // version of Causeway, as the ledger shows it
}

// Check returns an error that names what is required and missing.
func (r Runtime) Check() error {
	var missing []error
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"Bus", r.Bus != nil},
		{"Queue", r.Queue != nil},
		{"State", r.State != nil},
		{"Ledger", r.Ledger != nil},
		{"Vault", r.Vault != nil},
		{"Now", r.Now != nil},
		{"Random", r.Random != nil},
		{"Log", r.Log != nil},
	} {
		if !field.set {
			missing = append(missing, errors.New(field.name+" is missing"))
		}
	}
	return errors.Join(missing...)
}

// Entry returns a ledger entry of the function, such as "netsuite-deliver", dated now.
func (r Runtime) Entry(function string, stage Stage) Entry {
	return Entry{At: r.Now().UTC(), Stage: stage, Function: function, Build: r.Build}
}
