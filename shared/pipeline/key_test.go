package pipeline_test

import (
	"context"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// keeper is a target that remembers each key for so long after it first came, and answers
// the first call with a failure after a while.
type keeper struct {
	*bench
	life, takes time.Duration
	fails       error
	keys        map[string]time.Time
	calls, rows int
	known       string // what a search finds
	finds       int
}

func (b *bench) keeper(life, takes time.Duration, fails error) *keeper {
	k := &keeper{bench: b, life: life, takes: takes, fails: fails, keys: map[string]time.Time{}}
	b.deliver.System.Target = k
	b.deliver.System.Profile.Operations = map[string]connector.Operation{amended: {Name: "write customer", Guarantee: connector.IdempotencyKey, KeyLife: life}}
	return k
}

// Deliver implements connector.Target.
func (k *keeper) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	if at, known := k.keys[d.Key]; !known || k.clock.Now().Sub(at) > k.life {
		k.keys[d.Key] = k.clock.Now()
		if d.Ref == "" {
			k.rows++
		}
	}
	if k.calls++; k.calls == 1 && k.fails != nil {
		k.clock.Advance(k.takes)
		return connector.Receipt{}, k.fails
	}
	return connector.Receipt{Ref: "1", Detail: "done"}, nil
}

// Find implements connector.Target.
func (k *keeper) Find(context.Context, message.Key) (string, error) {
	k.finds++
	return k.known, nil
}

func TestAKeyThatTheTargetIsAboutToForgetIsNotTried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		life, takes, again, skew time.Duration
		calls                    int
	}{
		"well before":                            {2 * time.Hour, 55 * time.Second, time.Hour, 0, 2},
		"given up long after the target took it": {time.Hour, 55 * time.Second, time.Hour - 10*time.Second, 0, 1},
		"given up by a clock that is ahead":      {time.Hour, 0, time.Hour + 5*time.Minute, 10 * time.Minute, 1},
		"a short memory, before half of it":      {10 * time.Minute, 0, 4 * time.Minute, 0, 2},
		"a short memory, after half of it":       {10 * time.Minute, 0, 6 * time.Minute, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			k := b.keeper(c.life, c.takes, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous})
			in := b.queued(1)[0]
			first, second := b.another("first", b.skewed(c.skew)), b.another("second", b.clock.Now)
			if _, err := first.Handle(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(c.again)
			if _, err := second.Handle(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			if k.rows != 1 || k.calls != c.calls {
				t.Errorf("%d rows after %d calls, want %d", k.rows, k.calls, c.calls)
			}
			if parked := len(b.entries(pipeline.Parked)); parked != 2-c.calls {
				t.Errorf("%d parked", parked)
			}
		})
	}
}

// TestAnEventIsLookedForBeforeTheTargetForgets has one that was delivered when we had
// another memory, a little less than the life of a key ago.
func TestAnEventIsLookedForBeforeTheTargetForgets(t *testing.T) {
	t.Parallel()
	for age, finds := range map[time.Duration]int{30 * time.Minute: 0, 55 * time.Minute: 1} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			k := b.keeper(time.Hour, 0, nil)
			k.known = "1"
			in := b.queued(1)[0]
			b.clock.Advance(age)
			if decision, err := b.deliver.Handle(t.Context(), in); err != nil || !decision.Ended() {
				t.Fatal(decision, err)
			}
			if k.finds != finds {
				t.Errorf("looked for %d times, want %d", k.finds, finds)
			}
		})
	}
}
