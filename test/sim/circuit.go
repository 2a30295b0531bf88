package sim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"causeway.example/shared/port"
)

// circuit is what became of the target's circuits, as the workers agreed on them in the
// State: each time one opened, for either reason, and closed. The circuit of the whole
// target has the name "", that of an operation the operation's name.
type circuit struct {
	held  map[string]port.Stage
	turns map[string][]port.Stage
	// muffled: a worker was killed, or kept from the table, between the State and the
	// ledger, and may have taken a line with it.
	muffled bool
}

func newCircuit() circuit {
	return circuit{held: map[string]port.Stage{}, turns: map[string][]port.Stage{}}
}

// stored notes that the record of the connection was written.
func (c *circuit) stored(value []byte) {
	var record struct {
		Circuits map[string]struct{ Auth bool }
	}
	if len(value) > 0 {
		if err := json.Unmarshal(value, &record); err != nil {
			panic(err) // the pipeline wrote it
		}
	}
	names := slices.Concat(slices.Collect(maps.Keys(record.Circuits)), slices.Collect(maps.Keys(c.held)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		now := port.Stage("")
		if open, is := record.Circuits[name]; is && open.Auth {
			now = port.AuthExpired
		} else if is {
			now = port.Degraded
		}
		if now != c.held[name] {
			c.held[name], c.turns[name] = now, append(c.turns[name], cmp.Or(now, port.Restored))
		}
	}
}

// strikes notes that a call was spoilt in a way that may cost a line of the ledger.
func (c *circuit) strikes(k call, f fate) {
	table := k.op == opGet || k.op == opPut || k.op == opAppend
	c.muffled = c.muffled || f.crash != never || table && f.err != nil
}
