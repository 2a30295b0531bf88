package sim

import (
	"cmp"
	"encoding/json"

	"causeway/shared/port"
)

// circuit is what became of the target's connection, as the workers agreed on it in the
// State: each time it opened, for either reason, and closed.
type circuit struct {
	held  port.Stage // "" while it is closed
	turns []port.Stage
	// muffled: a worker was killed, or kept from the table, between the State and the
	// ledger, and may have taken a line with it.
	muffled bool
}

// stored tells that the record of the connection was written.
func (c *circuit) stored(value []byte) {
	var record struct{ Outage *struct{ Auth bool } }
	if len(value) > 0 {
		if err := json.Unmarshal(value, &record); err != nil {
			panic(err) // the pipeline wrote it
		}
	}
	now := port.Stage("")
	switch {
	case record.Outage == nil:
	case record.Outage.Auth:
		now = port.AuthExpired
	default:
		now = port.Degraded
	}
	if now != c.held {
		c.held, c.turns = now, append(c.turns, cmp.Or(now, port.Restored))
	}
}

// strikes notes that a call was spoilt in a way that may cost a line of the ledger.
func (c *circuit) strikes(k call, f fate) {
	table := k.op == opGet || k.op == opPut || k.op == opAppend
	c.muffled = c.muffled || f.crash != never || table && f.err != nil
}
