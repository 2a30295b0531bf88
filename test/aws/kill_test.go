//go:build aws

package aws_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// point is where a process is killed.
type point string

const (
	pointReceive  point = "on receive"                             // F1
	pointClaim    point = "after the claim, before the write"      // F2
	pointAnswer   point = "after the write, before its answer"     // F3, F7
	pointMark     point = "after the answer, before the mark"      // F3
	pointDelete   point = "after the mark, before the delete"      // F4
	pointMidBatch point = "in the middle of a batch"               // F5
	pointTimeout  point = "by the function's timeout, in its call" // F6
	pointAfter    point = "after the message was stored"           // F10
	pointBefore   point = "before the message was stored"          // F11
)

// event is what is counted to find the moment of a kill.
type event string

const (
	onInvocation event = "invocation of deliver"
	onWrite      event = "write to the target"
	onSecond     event = "second write of a batch"
	onDoor       event = "store by a door"
	onPublish    event = "publication by translate"
)

// kills says at which of the events to kill, and counts what was done.
type kills struct {
	random *rand.Rand
	mu     sync.Mutex
	plan   map[event]map[int]point
	seen   map[event]int
	want   map[point]int
	done   map[point]int
}

func newKills(random *rand.Rand) *kills {
	return &kills{random: random, plan: map[event]map[int]point{}, seen: map[event]int{}, want: map[point]int{}, done: map[point]int{}}
}

// draw plans each point once, at one of the first events.
func (k *kills) draw(on event, among int, points ...point) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.plan[on] == nil {
		k.plan[on] = map[int]point{}
	}
	for _, at := range points {
		for {
			n := 1 + k.random.IntN(among)
			if _, taken := k.plan[on][n]; !taken {
				k.plan[on][n] = at
				k.want[at]++
				break
			}
		}
	}
}

// due counts the event and returns where to kill, "" for nowhere.
func (k *kills) due(on event) point {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[on]++
	return k.plan[on][k.seen[on]]
}

// postpone plans a kill anew, at the next write that has none: its process was gone, or
// its invocation over, before it came to the point.
func (k *kills) postpone(at point) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.seen[onWrite] + 1
	for k.plan[onWrite][n] != "" {
		n++
	}
	k.plan[onWrite][n] = at
}

func (k *kills) count(at point) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done[at]++
}

func (k *kills) total() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, times := range k.done {
		n += times
	}
	return n
}

// missed names the planned kills that did not happen.
func (k *kills) missed() (left []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for at, n := range k.want {
		if k.done[at] < n {
			left = append(left, fmt.Sprintf("%s: %d of %d", at, k.done[at], n))
		}
	}
	slices.Sort(left)
	return left
}
