package sim

import (
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
)

// few is what a target can expect that refused a call for being one too many: half of
// what it takes at once, from all workers together, until a call is regained.
type few struct {
	told        time.Time // when a worker that was refused last told the others
	from, until time.Time
}

// tooMany reports whether so many calls at once are more than the target can expect.
func (f few) tooMany(busy, limit int, now time.Time) bool {
	return busy > max(1, limit/2) && now.After(f.from) && now.Before(f.until)
}

// hears notes that the answer was a refusal for one call too many.
func (p *process) hears(answer error) {
	if fault.KindOf(answer) == fault.Throttled {
		p.refused = p.now
	}
}

// lowered tells that the process has stored what it knows of the connection.
func (f *few) lowered(p *process) {
	if !p.refused.IsZero() {
		f.told, p.lowers = p.now, true
	}
}

// learns is called when the process is done with a message: what it was told, the others
// can know from now on. It returns what is wrong, "" for nothing.
func (f *few) learns(p *process) string {
	share := admission.DefaultPolicy().Share
	switch {
	case p.refused.IsZero() || p.failed:
	case p.lowers:
		f.from, f.until = p.now.Add(admission.DefaultPolicy().Breaker.Look+underWay), p.refused.Add(share.Rise-share.Settle)
	case p.refused.Sub(f.told) >= share.Settle:
		return p.name + " was refused for one call too many and told nobody"
	}
	return ""
}
