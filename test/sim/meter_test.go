package sim

import (
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/port"
)

func TestMeterFindsACallTooMany(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		every time.Duration
		wrong bool
	}{"at its rate": {time.Second, false}, "faster": {500 * time.Millisecond, true}} {
		m := meter{rate: connector.Rate{Calls: 60, Per: time.Minute, Burst: 3}}
		wrong := false
		for i := range 40 {
			wrong = wrong || m.call(epoch.Add(time.Duration(i)*c.every)) != ""
		}
		if wrong != c.wrong {
			t.Errorf("%s: found wrong %v", name, wrong)
		}
	}
	m := meter{}
	for range 2 {
		if wrong := m.call(epoch); wrong != "" {
			t.Errorf("a target that does not count: %s", wrong)
		}
	}
}

// TestMeterFindsWhoDoesNotPause has a worker that is asked for a pause, and calls again
// in it once everybody can know.
func TestMeterFindsWhoDoesNotPause(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told  func(w *world, c client) // between the two calls
		wrong int
	}{
		"told nobody": {func(w *world, c client) { w.kept(c.p) }, 1},
		"could tell nobody": {func(w *world, c client) {
			c.p.failed = true
			w.kept(c.p)
		}, 0},
		"told and waited": {func(w *world, c client) {
			_, _ = ports{w, c.p}.Put(t.Context(), port.Item{Key: "connection|" + erp})
			w.kept(c.p)
			c.p.sleep(10 * time.Minute)
		}, 0},
		"told and called": {func(w *world, c client) {
			_, _ = ports{w, c.p}.Put(t.Context(), port.Item{Key: "connection|" + erp})
			c.p.sleep(2 * underWay)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := visit(t, connector.ExternalID, func(w *world, cl client) {
				w.target.meter = meter{rate: connector.Rate{Calls: 1, Per: time.Minute, Burst: 1}, tells: true}
				_, _ = cl.Deliver(t.Context(), write(1, "", ""))
				c.told(w, cl)
				_, _ = cl.Deliver(t.Context(), write(1, "", ""))
			})
			if len(w.broken) != c.wrong {
				t.Errorf("%v, want %d", w.broken, c.wrong)
			}
		})
	}
}
