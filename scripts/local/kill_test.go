package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"causeway.example/scripts/day"
)

// How many points of the day are killed at, and how often each; make kills plays many.
var (
	killPoints = flag.Int("points", 3, "points of the sample day to kill at")
	killRuns   = flag.Int("runs", 1, "runs per point")
)

// killed is a run: when the command is killed, and whether once more while it recovers.
type killed struct {
	answers int           // when senders were told so many answers …
	pause   time.Duration // … and so much later
	again   time.Duration // after the restart; 0: not
}

// TestKills kills the command with SIGKILL at points of the day that lie evenly over
// it, the last fifth of them while the queues drain, starts it again on the same folder
// and has the books audited. The moment differs from run to run by a seeded pause. A kill
// between writing a dead letter and noting it has the letter written once more: it is
// copied first and noted then, never the reverse, and redriving both does one thing.
// wantLeftover says what may be left.
func TestKills(t *testing.T) {
	t.Parallel()
	all := &tally{}
	t.Cleanup(func() { t.Log(all.line()) })
	steps := day.Morning(nil)
	for point := range *killPoints {
		for run := range *killRuns {
			t.Run(fmt.Sprintf("point %d run %d", point, run), func(t *testing.T) {
				t.Parallel()
				k := at(point, run)
				got := k.play(t)
				all.add(got)
				if got.Lost != 0 || got.Duplicated != 0 || got.Accepted <= accepted(steps) || got.Found < 2 {
					t.Errorf("killed at %+v, the day ended with %+v, want more than the morning's %d accepted and at least the 2 lost ones found", k, got, accepted(steps))
				}
			})
		}
	}
}

// answers is somewhat less than how often a day is answered, or something in it is reported by no system: the
// morning's 132 times, and then those of warehouse, stores and ERP, whose number depends on what is at the
// warehouse by then.
const answers = 300

// at draws the moment of a point in one run.
func at(point, run int) killed {
	random := rand.New(rand.NewPCG(uint64(point), uint64(run)))
	pause := func(most time.Duration) time.Duration { return time.Duration(random.Int64N(int64(most))) }
	sending := max(1, *killPoints*4/5)
	k := killed{answers: 1 + answers*point/sending, pause: pause(20 * time.Millisecond)}
	if point >= sending {
		k = killed{answers: answers, pause: pause(3 * time.Second)}
	}
	if run%2 == 1 {
		k.again = 1 + pause(500*time.Millisecond)
	}
	return k
}

// play returns what the audit found.
func (k killed) play(t *testing.T) result {
	t.Helper()
	folder := t.TempDir()
	c := start(t, folder)
	c.waitForAnswers(k.answers)
	c.killAfter(k.pause)
	if k.again > 0 {
		start(t, folder).killAfter(k.again)
	}
	c = start(t, folder)
	got := c.result()
	c.interrupt()
	c.wantLeftover()
	return got
}

func (c *command) killAfter(pause time.Duration) {
	c.Helper()
	<-time.After(pause)
	c.kill()
}

// tally counts over all runs.
type tally struct {
	mu  sync.Mutex
	sum struct {
		Points     int `json:"points"`
		Runs       int `json:"runs"`
		Lost       int `json:"lost"`
		Duplicated int `json:"duplicated"`
	}
}

func (a *tally) add(r result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sum.Runs++
	a.sum.Lost += r.Lost
	a.sum.Duplicated += r.Duplicated
}

func (a *tally) line() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sum.Points = *killPoints
	line, err := json.Marshal(a.sum)
	if err != nil {
		return err.Error() // numbers always marshal
	}
	return string(line)
}
