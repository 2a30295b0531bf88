package sim

import (
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/port"
)

// TestWhoIsRefusedTellsTheOthers has a worker that is refused for one call too many.
func TestWhoIsRefusedTellsTheOthers(t *testing.T) {
	t.Parallel()
	tell := func(w *world, p *process) {
		_, _ = ports{w, p}.Put(t.Context(), port.Item{Key: "connection|" + erp})
	}
	for name, c := range map[string]struct {
		then  func(w *world, p *process)
		wrong int
	}{
		"told nobody":            {func(*world, *process) {}, 1},
		"could tell nobody":      {func(_ *world, p *process) { p.failed = true }, 0},
		"told":                   {tell, 0},
		"told of something else": {func(w *world, p *process) { _, _ = ports{w, p}.Put(t.Context(), port.Item{Key: erp + "|other"}) }, 1},
		"others told already":    {func(w *world, p *process) { w.target.few.told = p.refused.Add(-time.Second) }, 0},
		"others told long ago":   {func(w *world, p *process) { w.target.few.told = p.refused.Add(-time.Minute) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for answer, call := range map[string]func(c client){
				"write":  func(c client) { _, _ = c.Deliver(t.Context(), write(1, "", "")) },
				"search": func(c client) { _, _ = c.Find(t.Context(), key("order", "1")) },
			} {
				w := visit(t, connector.ExternalID, func(w *world, cl client) {
					w.target.meter = meter{}
					w.outage("F", 0, time.Hour, always(fate{err: throttled(0)}))
					call(cl)
					c.then(w, cl.p)
					w.kept(cl.p)
				})
				if len(w.broken) != c.wrong {
					t.Errorf("%s: %v, want %d", answer, w.broken, c.wrong)
				}
			}
		})
	}
}

// TestATargetThatRefusedExpectsHalf counts calls at once after a refusal that all could
// have heard of.
func TestATargetThatRefusedExpectsHalf(t *testing.T) {
	t.Parallel()
	p := &process{loop: newLoop(epoch, 1)}
	p.hears(throttled(0))
	var f few
	f.lowered(p)
	if wrong := f.learns(p); wrong != "" {
		t.Fatal(wrong)
	}
	for _, c := range []struct {
		busy, limit int
		after       time.Duration
		want        bool
	}{
		{2, 4, 10 * time.Second, false},
		{3, 4, 10 * time.Second, true},
		{1, 1, 10 * time.Second, false},
		{2, 2, 10 * time.Second, true},
		{3, 4, time.Second, false},
		{3, 4, time.Minute, false},
	} {
		if got := f.tooMany(c.busy, c.limit, epoch.Add(c.after)); got != c.want {
			t.Errorf("%d at once of %d after %v: too many is %v", c.busy, c.limit, c.after, got)
		}
	}
}
