package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestLoopRunsEventsInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	var seen []string
	note := func(what string) func() {
		return func() { seen = append(seen, fmt.Sprint(what, " +", l.now.Sub(epoch))) }
	}
	l.after(2*time.Second, note("late"))
	l.after(time.Second, note("first"))
	l.after(time.Second, note("second"))
	l.at(epoch.Add(-time.Hour), note("past"))
	l.run()
	if want := []string{"past +0s", "first +1s", "second +1s", "late +2s"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

// Two processes that sleep take turns, and nothing else runs meanwhile.
func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	var seen []string
	for i, name := range []string{"a", "b"} {
		l.spawn(name, time.Duration(i)*time.Second, func(p *process) {
			for range 2 {
				seen = append(seen, p.name)
				p.sleep(2 * time.Second)
			}
		}, nil)
	}
	l.run()
	l.close()
	if want := []string{"a", "b", "a", "b"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

func TestACrashCannotBeRecoveredFrom(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	var crashed, reached, cleaned bool
	l.spawn("victim", 0, func(p *process) {
		defer func() { cleaned = true }()
		func() {
			defer func() {
				if recover() != nil {
					reached = true
				}
			}()
			p.crash()
		}()
		reached = true
	}, func(dead bool) { crashed = dead })
	l.run()
	if !crashed || reached || !cleaned {
		t.Errorf("crashed %v, went on %v, deferred functions ran %v", crashed, reached, cleaned)
	}
}

// What a killed process has deferred runs on, but reaches no port.
func TestADeadProcessReachesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(1, offers[0])
	var err error
	w.spawn("victim", 0, func(p *process) {
		defer func() { _, err = ports{w, p}.Get(t.Context(), "key") }()
		p.crash()
	}, nil)
	w.run()
	if err == nil {
		t.Error("a dead process was answered")
	}
}

func TestProcessWaitsUntilWoken(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	var woken time.Time
	p := l.spawn("sleeper", 0, func(p *process) {
		p.wait()
		woken = p.now
	}, nil)
	l.after(time.Minute, func() { p.wake(epoch.Add(2 * time.Minute)) })
	l.after(3*time.Minute, func() { p.wake(l.now) }) // it is up already
	l.run()
	if got := woken.Sub(epoch); got != 2*time.Minute {
		t.Errorf("woken at +%v", got)
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	ended := 0
	for range 3 {
		l.spawn("sleeper", 0, func(p *process) {
			defer func() { ended++ }()
			p.wait()
		}, nil)
	}
	l.run()
	l.close()
	if ended != 3 {
		t.Errorf("%d of 3 processes ended", ended)
	}
}

func TestClockOfAProcessMayBeOff(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	p := &process{loop: l, skew: -10 * time.Minute}
	if got := p.clock().Sub(epoch); got != -10*time.Minute {
		t.Errorf("its clock is %v off", got)
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	l := newLoop(epoch, 1)
	for range 1000 {
		if got := l.between(time.Second, 2*time.Second); got < time.Second || got >= 2*time.Second {
			t.Fatal(got)
		}
	}
	if got := l.between(time.Second, time.Second); got != time.Second {
		t.Error(got)
	}
}
