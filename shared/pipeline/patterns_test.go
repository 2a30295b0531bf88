package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// refuse is an act that has no effect.
func refuse(f fault.Error) act {
	return func(*shelf, func() (connector.Receipt, error)) (connector.Receipt, error) {
		return connector.Receipt{}, &f
	}
}

// keys returns the idempotency keys of the calls, in order.
func (s *shelf) sentKeys() []string {
	var keys []string
	for _, d := range s.calls {
		keys = append(keys, d.Key)
	}
	return keys
}

func TestTheKeyIsOneOverRetriesAndRedrives(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey})
	s.acts = []act{acts["answer lost after the effect"], acts["crash before the effect"], refuse(fault.Error{Kind: fault.Rejected})}
	b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
	s.settle(time.Hour)
	letter := b.dead(route.Queue())[0]
	b.redrive(letter, "1")
	s.settle(time.Hour)
	if keys := s.sentKeys(); len(keys) != 4 || len(slices.Compact(keys)) != 1 {
		t.Errorf("keys %v, want one for all four attempts", keys)
	}
	if got := s.holds(); got != "[v1]" {
		t.Errorf("the shelf holds %s", got)
	}
}

// redrive sends the dead letter to its queue again, as an operator does.
func (b *bench) redrive(letter pipeline.Incoming, times string) {
	b.Helper()
	attributes := map[string]string{pipeline.AttrRedrives: times}
	if err := b.memory.Send(b.Context(), route.Queue(), []pipeline.Outgoing{{Body: letter.Body, Attributes: attributes}}); err != nil {
		b.Fatal(err)
	}
}

func TestASpentKeyIsFollowedByANewOne(t *testing.T) {
	t.Parallel()
	const spent = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
	b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey, SpentKey: []string{spent}})
	s.acts = []act{refuse(fault.Error{Kind: fault.Rejected, Code: spent}), acts["answer lost after the effect"], refuse(fault.Error{Kind: fault.Rejected})}
	b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
	s.settle(time.Hour)
	b.redrive(b.dead(route.Queue())[0], "1")
	s.settle(time.Hour)
	keys := s.sentKeys()
	if len(keys) != 4 || keys[0] == keys[1] || len(slices.Compact(keys[1:])) != 1 {
		t.Errorf("keys %v, want a new one after the first and the same ever after", s.sentKeys())
	}
	if got := s.holds(); got != "[v1]" {
		t.Errorf("the shelf holds %s", got)
	}
}

func TestAKeyThatTheTargetForgotIsNotTried(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: time.Minute})
	s.acts = []act{func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		clear(s.keys)
		return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour}
	}}
	b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
	s.settle(2 * time.Hour)
	if e := b.one(pipeline.Parked); e.Error.Code != pipeline.OutcomeUnknown || len(s.rows) != 1 {
		t.Errorf("%d rows, ended as %+v", len(s.rows), e.Error)
	}
}

func TestH10WhatIsOlderThanTheTargetsMemoryIsLookedForFirst(t *testing.T) {
	t.Parallel()
	for name, operation := range map[string]connector.Operation{
		"idempotency key": {Guarantee: connector.IdempotencyKey, KeyLife: 24 * time.Hour},
		"search":          {Guarantee: connector.Search, Lag: 30 * time.Second},
		"external id":     {Guarantee: connector.ExternalID},
		"compare and set": {Guarantee: connector.CompareAndSet},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
			s.settle(time.Minute)
			again, anew := onShelf(t, operation)
			anew.rows = s.rows // the target's books, without our memory and theirs of keys
			again.clock.Advance(48 * time.Hour)
			again.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
			anew.settle(time.Hour)
			if got := anew.holds(); got != "[v1]" {
				t.Errorf("the shelf holds %s, want the row that was there", got)
			}
			again.one(pipeline.Confirmed)
		})
	}
}

func TestE1AValueThatChangedMeanwhileIsReadAgain(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.CompareAndSet})
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
	s.settle(10 * time.Second)
	s.rows[0].state, s.rows[0].name = 17, "somebody else's"
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
	s.settle(time.Minute)
	if got := s.holds(); got != "[v2]" {
		t.Errorf("the shelf holds %s", got)
	}
	if d := s.calls; len(d) != 3 || d[1].Expected != "1" || d[2].Expected != "" || d[1].Confirmed == "" {
		t.Errorf("calls %+v, want one with the state that was confirmed and, refused, one that reads", d)
	}
}

func TestE1AConflictThatStaysIsDeadAfterAFewTries(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.CompareAndSet})
	s.acts = slices.Repeat([]act{refuse(fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "CHANGE_FROM_QUANTITY_STALE"})}, 50)
	b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
	s.settle(time.Hour)
	if e := b.one(pipeline.Dead); e.Error.Class != fault.Conflict || len(s.calls) != 5 {
		t.Errorf("dead after %d writes because of %+v", len(s.calls), e.Error)
	}
}

func TestWhatTheTargetHoldsNewerIsSuperseded(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.CompareAndSet})
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
	s.settle(10 * time.Second)
	s.rows[0].version = "9"
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
	s.settle(time.Minute)
	if e := b.one(pipeline.Superseded); !strings.Contains(e.Outcome, "newer") || s.holds() != "[v1]" {
		t.Errorf("%q, the shelf holds %s", e.Outcome, s.holds())
	}
}

func TestAPersonsRedriveSettlesWhatNothingElseCan(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	s.acts = []act{acts["lost before the effect"]}
	b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
	s.settle(time.Hour)
	b.redrive(b.dead(route.Queue())[0], "1")
	s.settle(time.Minute)
	if got := s.holds(); got != "[v1]" {
		t.Errorf("the shelf holds %s", got)
	}
}

func TestF48TheSearchComesNotBeforeItCanSee(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.Search, Lag: 20 * time.Minute})
	s.acts = []act{acts["500 after the effect"]}
	b.post("1", toyFact{Type: amended, ID: "7", Name: "v1"})
	s.settle(19 * time.Minute)
	if s.finds != 1 || len(s.calls) != 1 {
		t.Fatalf("%d searches, %d writes before the first can be seen", s.finds, len(s.calls))
	}
	s.settle(5 * time.Minute)
	if e := b.one(pipeline.Confirmed); s.holds() != "[v1]" || len(s.calls) != 2 || s.calls[1].Ref != "0" || e.TargetRef != "0" {
		t.Errorf("the shelf holds %s after %d writes, ref %q", s.holds(), len(s.calls), e.TargetRef)
	}
}

func TestF34ACrashedRequestThatComesLateDoesNotLandOnANewerVersion(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	s.acts = []act{acts["crash, takes effect minutes later"]}
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
	s.settle(362 * time.Second) // the queue hands the message out again after six minutes
	b.one(pipeline.Confirmed)
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
	s.settle(time.Hour)
	if got := s.holds(); got != "[v2]" {
		t.Errorf("the shelf holds %s", got)
	}
}

func TestARequestThatTheNetworkRepeatsHasOneEffect(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.Search || operation.Guarantee == connector.None {
			continue // such a target has nothing to tell the repetition by
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			s.acts = []act{func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
				s.late = append(s.late, lateWrite{b.clock.Now().Add(time.Minute), func() { _, _ = apply() }})
				_, _ = apply()
				return connector.Receipt{}, lost
			}}
			b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
			s.settle(2 * time.Second)
			b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
			s.settle(time.Hour)
			if got := s.holds(); got != "[v2]" {
				t.Errorf("the shelf holds %s", got)
			}
		})
	}
}
