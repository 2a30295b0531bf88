package sim

import (
	"math/rand/v2"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
)

// meter counts the calls to a target over time, and that there are no more than its rate
// allows. Some targets tell with an answer, as by a cost bucket, that they want to hear
// nothing from anybody until the bucket is full.
type meter struct {
	rate   connector.Rate // zero: calls are not counted
	tells  bool
	filled time.Time // when the bucket is full again
	from   time.Time // since when everybody can know of a pause …
	until  time.Time // … and its end, as a worker has stored it
}

// underWay is how long a call can be under way that was allowed before something changed:
// it was given out for a second, and looks up what it needs.
const underWay = 3 * time.Second

// newMeter counts in one world of three. It draws by itself, so that the other worlds are
// what they were without it.
func newMeter(seed uint64) meter {
	random := rand.New(rand.NewPCG(seed, 7))
	if random.IntN(3) > 0 {
		return meter{}
	}
	return meter{
		rate:  connector.Rate{Calls: 20 + random.IntN(200), Per: time.Minute, Burst: 1 + random.IntN(8)},
		tells: random.IntN(2) == 0,
	}
}

func (m *meter) each() time.Duration { return m.rate.Per / time.Duration(max(m.rate.Calls, 1)) }

// call counts one and returns what is wrong with it, "" for nothing.
func (m *meter) call(now time.Time) string {
	if m.rate.Calls == 0 {
		return ""
	}
	if m.filled.Before(now) {
		m.filled = now
	}
	m.filled = m.filled.Add(m.each())
	switch most := m.each() * time.Duration(m.rate.Burst+1); {
	case m.filled.Sub(now) > most+underWay:
		return "more calls over time than the target takes"
	case now.After(m.from) && now.Before(m.until):
		return "a call while the target wants none from anybody"
	}
	return ""
}

// pause is what the target says with an answer when half of its bucket is used.
func (m *meter) pause(now time.Time) time.Duration {
	if used := m.filled.Sub(now); m.tells && used > m.each()*time.Duration(m.rate.Burst)/2 {
		return used
	}
	return 0
}

// shared tells that the process has stored what it knows of the connection.
func (m *meter) shared(p *process) {
	if p.paused.After(m.until) {
		m.from, m.until = p.now.Add(admission.DefaultPolicy().Breaker.Look+underWay), p.paused
	}
	p.paused = time.Time{}
}

// kept finds a worker out that was asked for a pause or for fewer calls, could tell the
// others, and did not.
func (w *world) kept(p *process) {
	if wrong := w.target.few.learns(p); wrong != "" && len(w.skews) == 0 {
		w.breaks(p.handle, "%s", wrong)
	}
	if p.paused.After(w.target.meter.until) && !p.failed {
		w.breaks(p.handle, "%s was asked for a pause until +%s and told nobody", p.name, p.paused.Sub(epoch))
	}
}
