package sim

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/port"
)

// quiet is what anybody can still know of the times before which the target wants to
// hear nothing of a message: what was stored in the entity's record, and how long the
// queue hides the very message. A worker that was killed, or kept from the table, takes
// the answer with it.
type quiet struct {
	events  map[string]time.Time
	parcels map[int64]time.Time
}

func newQuiet() quiet { return quiet{events: map[string]time.Time{}, parcels: map[int64]time.Time{}} }

// noted tells that the process has stored a record, and with it what it was told.
func (w *world) noted(p *process, item port.Item) {
	switch {
	case item.Key == "connection|"+erp:
		w.target.meter.shared(p)
		w.target.few.lowered(p)
		w.circuit.stored(item.Value)
	case strings.HasPrefix(item.Key, erp+"|"):
		if !p.named.IsZero() {
			w.quiet.events[p.handle] = p.named
		}
		w.claimed(p, item)
	}
}

// claimed notes that an event holds the lease of an entity: from then on it is unknown
// whether the target was called, unless the lease is given back.
func (w *world) claimed(p *process, item port.Item) {
	if !bytes.Contains(item.Value, []byte(`"lease"`)) {
		return
	}
	var stored entity.Record
	if err := json.Unmarshal(item.Value, &stored); err != nil || stored.Lease == nil {
		return
	}
	at := strings.LastIndexByte(item.Key[:strings.LastIndexByte(item.Key, '/')], '/')
	w.target.claims = append(w.target.claims, Call{At: p.now, Entity: item.Key[at+1:], Event: stored.Lease.Event})
}

// until is when the process may call about the message in its hands.
func (q quiet) until(p *process) time.Time {
	if hidden := q.parcels[p.parcel]; hidden.After(q.events[p.handle]) {
		return hidden
	}
	return q.events[p.handle]
}
