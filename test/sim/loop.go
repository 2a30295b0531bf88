package sim

import (
	"container/heap"
	"math/rand/v2"
	"runtime"
	"time"
)

// loop is a clock that jumps from event to event, and the processes that live by it.
// Exactly one goroutine runs at any moment: whoever parks hands on to whoever is due
// next. So a seed fixes the whole run, and two processes meet at every call.
type loop struct {
	now     time.Time
	random  *rand.Rand
	events  events
	pushed  uint64
	steps   int
	living  []*process
	idle    chan struct{} // told when no event is left
	closing bool
}

// event is something that happens at a time: a process goes on, or a function runs.
type event struct {
	at      time.Time
	order   uint64
	process *process
	run     func()
}

// events is a heap by time; of one instant, the first that was pushed comes first.
type events []*event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].order < e[j].order
	}
	return e[i].at.Before(e[j].at)
}
func (e *events) Push(x any) { *e = append(*e, x.(*event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

func newLoop(start time.Time, seed uint64) *loop {
	return &loop{now: start, random: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), idle: make(chan struct{})}
}

func (l *loop) push(e *event) *event {
	l.pushed++
	e.order = l.pushed
	heap.Push(&l.events, e)
	return e
}

// at runs the function at the time, which must call no process.
func (l *loop) at(when time.Time, run func()) {
	if when.Before(l.now) {
		when = l.now
	}
	l.push(&event{at: when, run: run})
}

// after runs the function after the pause.
func (l *loop) after(pause time.Duration, run func()) { l.at(l.now.Add(pause), run) }

// between draws a duration.
func (l *loop) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(l.random.Int64N(int64(most-least)))
}

// chance is true with the probability.
func (l *loop) chance(probability float64) bool { return l.random.Float64() < probability }

// process is one worker, door or operator: a goroutine that runs only when it is due.
type process struct {
	*loop
	name    string
	skew    time.Duration // of its own clock
	handle  string        // event id of the message in its hands
	claims  bool          // the message in its hands was claimed
	named   time.Time     // … was answered with this time before which the target wants to hear nothing of it
	paused  time.Time     // … was answered with a pause for all until then, which nobody else knows of yet
	failed  bool          // … met a port that failed
	durable time.Time     // when its last message was sent to a queue
	wrote   bool          // … the target was called to write it
	refused time.Time     // … was refused as one call too many
	lowers  bool          // … and the connection was stored since
	parcel  int64         // which message of the queue it is
	resume  chan struct{}
	over    chan struct{} // closed at its end
	asleep  bool          // until somebody wakes it, without an event of its own
	dead    bool
	gone    bool
	ended   func(crashed bool)
}

// spawn starts a process after the pause. ended is called when it is over; crashed
// tells whether it was killed.
func (l *loop) spawn(name string, pause time.Duration, body func(p *process), ended func(crashed bool)) *process {
	p := &process{loop: l, name: name, resume: make(chan struct{}, 1), over: make(chan struct{}), ended: ended}
	l.living = append(l.living, p)
	l.push(&event{at: l.now.Add(pause), process: p})
	go func() {
		defer close(p.over)
		<-p.resume
		defer p.exit()
		if !p.dead {
			body(p)
		}
	}()
	return p
}

// exit runs at the end of the process, whether it returned or was killed.
func (p *process) exit() {
	p.gone = true
	if p.closing {
		return
	}
	if p.ended != nil {
		p.ended(p.dead)
	}
	p.advance(nil)
}

// begin takes the next message in hand.
func (p *process) begin(handle string, parcel int64) {
	p.handle, p.parcel, p.claims, p.failed, p.wrote = handle, parcel, false, false, false
	p.named, p.paused, p.refused, p.lowers = time.Time{}, time.Time{}, time.Time{}, false
}

// clock is the time as the process sees it.
func (p *process) clock() time.Time { return p.now.Add(p.skew) }

// sleep lets virtual time pass. A process that was killed meanwhile never returns.
func (p *process) sleep(pause time.Duration) {
	p.push(&event{at: p.now.Add(pause), process: p})
	p.park()
}

// wait sleeps until wake is called.
func (p *process) wait() {
	p.asleep = true
	p.park()
}

// wake lets a process that waits go on, at the time.
func (p *process) wake(at time.Time) {
	if p.asleep && !p.gone {
		p.asleep = false
		if at.Before(p.now) {
			at = p.now
		}
		p.push(&event{at: at, process: p})
	}
}

func (p *process) park() {
	if !p.advance(p) {
		<-p.resume
	}
	if p.dead {
		runtime.Goexit()
	}
}

// crash kills the process where it stands. Goexit instead of a panic: the code under
// test recovers from panics, but from a killed machine nothing can recover.
func (p *process) crash() {
	p.dead = true
	runtime.Goexit()
}

// mostSteps bounds a run: one that does not come to rest within them never will.
const mostSteps = 2_000_000

// advance runs events until one belongs to a process, and hands over to it. It
// reports whether that is the caller.
func (l *loop) advance(self *process) bool {
	for len(l.events) > 0 && l.steps < mostSteps {
		e := heap.Pop(&l.events).(*event)
		l.steps++
		l.now = e.at
		switch {
		case e.process == nil:
			e.run()
		case e.process.gone:
		case e.process == self:
			return true
		default:
			e.process.resume <- struct{}{}
			return false
		}
	}
	l.idle <- struct{}{}
	return false
}

// run lets everything happen until no event is left.
func (l *loop) run() {
	go l.advance(nil)
	<-l.idle
}

// close ends the processes that still wait, one after the other.
func (l *loop) close() {
	l.closing = true
	for _, p := range l.living {
		if !p.gone {
			p.dead = true
			p.resume <- struct{}{}
		}
		<-p.over
	}
}
