package pipeline_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// keyTarget is a target that remembers each key for so long after it first came, and answers
// the first call with a failure after a while.
type keyTarget struct {
	*testEnv
	life, takes time.Duration
	failure     error
	keys        map[string]time.Time
	calls, rows int
	found       string // what a search finds
	finds       int
}

func newKeyTarget(t *testing.T, life, takes time.Duration, failure error) *keyTarget {
	t.Helper()
	k := &keyTarget{testEnv: newEnv(t), life: life, takes: takes, failure: failure, keys: map[string]time.Time{}}
	k.target.Target = k
	k.allOperations(connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: life})
	return k
}

// Deliver implements connector.Target.
func (k *keyTarget) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	if at, known := k.keys[d.Key]; !known || k.clock.Now().Sub(at) > k.life {
		k.keys[d.Key] = k.clock.Now()
		if d.Ref == "" {
			k.rows++
		}
	}
	if k.calls++; k.calls == 1 && k.failure != nil {
		k.clock.Advance(k.takes)
		return connector.Receipt{}, k.failure
	}
	return connector.Receipt{Ref: "1", Detail: "done"}, nil
}

// Find implements connector.Target.
func (k *keyTarget) Find(context.Context, message.Key) (string, error) {
	k.finds++
	return k.found, nil
}

func TestAKeyThatTheTargetIsAboutToForgetIsNotUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		life, takes, again, skew time.Duration
		calls                    int
	}{
		"well before":                            {2 * time.Hour, 55 * time.Second, time.Hour, 0, 2},
		"given up long after the target took it": {time.Hour, 55 * time.Second, time.Hour - 10*time.Second, 0, 1},
		"given up by a clock that is ahead":      {time.Hour, 0, time.Hour + 5*time.Minute, 10 * time.Minute, 1},
		"a short memory, before half of it":      {10 * time.Minute, 0, 4 * time.Minute, 0, 2},
		"a short memory, at half of it":          {10 * time.Minute, 0, 5 * time.Minute, 0, 2},
		"a short memory, after half of it":       {10 * time.Minute, 0, 5*time.Minute + time.Nanosecond, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeyTarget(t, c.life, c.takes, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous})
			k.post("1", change{Type: captured, ID: "9"})
			in := k.translated(1)[0]
			first, second := k.another("first", k.skewed(c.skew)), k.another("second", k.clock.Now)
			_, err := first.deliver.Handle(t.Context(), in)
			k.must(err)
			k.clock.Advance(c.again)
			_, err = second.deliver.Handle(t.Context(), in)
			k.must(err)
			if k.rows != 1 || k.calls != c.calls {
				t.Errorf("%d rows after %d calls, want %d", k.rows, k.calls, c.calls)
			}
			if parked := len(k.entries(port.Parked)); parked != 2-c.calls {
				t.Errorf("%d parked", parked)
			}
		})
	}
}

// TestAnEventIsLookedForBeforeTheTargetForgets has one that may have been delivered when our
// memory was another, a little less than the life of a key ago.
func TestAnEventIsLookedForBeforeTheTargetForgets(t *testing.T) {
	t.Parallel()
	for age, finds := range map[time.Duration]int{30 * time.Minute: 0, 55 * time.Minute: 1} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			k := newKeyTarget(t, time.Hour, 0, nil)
			k.found = "1"
			k.post("1", change{Type: captured, ID: "9"})
			in := k.translated(1)[0]
			k.clock.Advance(age)
			if decision, err := k.one().deliver.Handle(t.Context(), in); err != nil || !decision.Done {
				t.Fatal(decision, err)
			}
			if k.finds != finds {
				t.Errorf("looked for %d times, want %d", k.finds, finds)
			}
		})
	}
}

// sentKeys returns the idempotency keys of the calls, in order.
func (v *fakeVendor) sentKeys() (keys []string) {
	for _, d := range v.calls {
		keys = append(keys, d.Key)
	}
	return keys
}

func TestTheKeyIsOneOverRetriesAndRedrives(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.IdempotencyKey})
	v.acts = []act{acts["answer lost after the effect"], acts["crash before the effect"], refuse(fault.Error{Kind: fault.Rejected})}
	v.post("1", change{Type: captured, ID: "9", Version: 1, Name: "v1"})
	v.settle(time.Hour)
	v.redrive(v.letter())
	v.settle(time.Hour)
	v.post("2", change{Type: captured, ID: "9", Version: 2, Name: "v2"})
	v.settle(time.Hour)
	if keys := v.sentKeys(); len(keys) != 4 || len(slices.Compact(keys)) != 1 {
		t.Errorf("keys %v, want one for all four attempts", keys)
	}
	if got := v.holds(); got != "[v1]" {
		t.Errorf("the vendor has %s", got)
	}
}

func TestASpentKeyIsFollowedByANewOne(t *testing.T) {
	t.Parallel()
	const spent = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
	v := newVendor(t, connector.Operation{Guarantee: connector.IdempotencyKey, SpentKey: []string{spent}})
	v.acts = []act{refuse(fault.Error{Kind: fault.Rejected, Code: spent}), acts["answer lost after the effect"], refuse(fault.Error{Kind: fault.Rejected})}
	v.version(1)
	v.settle(time.Hour)
	v.redrive(v.letter())
	v.settle(time.Hour)
	keys := v.sentKeys()
	if len(keys) != 4 || keys[0] == keys[1] || len(slices.Compact(keys[1:])) != 1 {
		t.Errorf("keys %v, want a new one after the first and the same ever after", v.sentKeys())
	}
	if got := v.holds(); got != "[v1]" {
		t.Errorf("the vendor has %s", got)
	}
}

func TestAKeyThatTheTargetForgotIsNotUsed(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: time.Minute})
	v.acts = []act{func(v *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		clear(v.keys)
		return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour}
	}}
	v.version(1)
	v.settle(2 * time.Hour)
	if e := v.entry(port.Parked); e.Error.Code != pipeline.OutcomeUnknown || len(v.rows) != 1 {
		t.Errorf("%d rows, ended as %+v", len(v.rows), e.Error)
	}
}

// TestALaterRefusalSaysNothingAboutAnEarlierWrite has a write be of unknown outcome, and the
// next be refused by something that has not looked at it.
func TestALaterRefusalSaysNothingAboutAnEarlierWrite(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]fault.Error{
		"429": {Kind: fault.Throttled, After: time.Hour}, "401": {Kind: fault.Unauthorized, After: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: 30 * time.Minute})
			v.admission.Breaker.Failures = 0
			v.acts = []act{acts["answer lost after the effect"], refuse(refusal)}
			v.version(1)
			clear(v.keys)
			v.settle(3 * time.Hour)
			if e := v.entry(port.Parked); e.Error.Code != pipeline.OutcomeUnknown || len(v.rows) != 1 {
				t.Errorf("%d rows, ended as %+v", len(v.rows), e.Error)
			}
		})
	}
}

// TestARedriveOfAnotherFailureResolvesNoOutcome has a message die of an outage with a write of
// unknown outcome: its redrive does not say that the target has nothing of it.
func TestARedriveOfAnotherFailureResolvesNoOutcome(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: time.Hour})
	v.retry.Transient = time.Minute
	v.acts = append([]act{acts["answer lost after the effect"]}, slices.Repeat([]act{refuse(fault.Error{Kind: fault.Unavailable})}, 20)...)
	v.version(1)
	v.settle(30 * time.Minute)
	v.acts = nil
	clear(v.keys)
	v.redrive(v.letter()) // after more than an hour
	v.settle(2 * time.Minute)
	if e := v.entry(port.Parked); e.Error.Code != pipeline.OutcomeUnknown || len(v.rows) != 1 {
		t.Fatalf("%d rows, ended as %+v", len(v.rows), e.Error)
	}
}

// TestAFactThatWasRefusedIsDeliveredInItsNextVersion has both go under one key.
func TestAFactThatWasRefusedIsDeliveredInItsNextVersion(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.acts = []act{refuse(fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Status: 400})}
			v.post("1", change{Type: captured, ID: "9", Version: 1, Name: "bad"})
			v.settle(2 * time.Second)
			v.post("2", change{Type: canonical.PaymentCaptured, ID: "9", Version: 2, Name: "good"})
			v.settle(2 * time.Second)
			v.redrive(v.letter())
			v.settle(2 * time.Second)
			if got := v.holds(); got != "[good]" || len(v.calls) != 2 {
				t.Errorf("the vendor has %s after %d calls", got, len(v.calls))
			}
		})
	}
}
