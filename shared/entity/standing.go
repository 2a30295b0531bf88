package entity

import (
	"context"
	"errors"
	"slices"
	"time"

	"causeway/shared/message"
	"causeway/shared/port"
)

// Standing is how a state compares with what the record holds.
type Standing uint8

const (
	// New: the target does not have the state.
	New Standing = iota
	// Same: the target has the state, under this or an older version, or the fact.
	Same
	// Old: the target has a newer state.
	Old
	// Outdated: the target has nothing, and a newer state was skipped by a rule.
	Outdated
)

// Standing compares a state that the effect would write with the record.
//
// Two different contents under one version are both new to each other; so that every order
// of arrival ends alike, the one with the greater hash counts as newer. The next poll
// settles which of them the source has.
func (r *Record) Standing(s State, effect string) Standing {
	c := r.Confirmed
	switch {
	case s.Once:
		if slices.Contains(r.Facts, s.Type) {
			return Same
		}
		return New
	case c == nil:
		if r.Skipped != nil && !r.Present() && s.Version < r.Skipped.Version && !r.unsettled() {
			return Outdated
		}
		return New
	case s.Version < c.Version:
		return Old
	case s.Hash == c.Hash && slices.Contains(c.Effects, effect):
		if s.Version > c.Version && r.unsettled() {
			return New // a write between the two may have taken effect
		}
		return Same
	case s.Version == c.Version && s.Hash < c.Hash:
		return Old
	}
	return New
}

// unsettled reports whether a write may have been made whose outcome is not recorded.
func (r *Record) unsettled() bool {
	if r.Lease != nil || r.Landing != nil {
		return true
	}
	for event := range r.Attempts {
		if r.Open(event) {
			return true
		}
	}
	return false
}

// Untouched reports whether the target has nothing of the entity for certain, as far as we
// wrote it. Only then may a rule keep a state from it.
func (r *Record) Untouched() bool { return !r.Present() && !r.unsettled() }

// Finding is how a polled state compares with a target.
type Finding uint8

const (
	// Missing: the target has confirmed neither this state nor a newer one.
	Missing Finding = iota
	// Known: it has, or a rule skipped the state.
	Known
	// InHand: an attempt at the state is recorded, or its dead letter.
	InHand
)

// Compare reports how a polled state compares with what the target confirmed last, with
// one read of the State. Where the content is equal and the version older, it records the
// version too, because a poll reads the newest: a late delivery of the same second must
// not overwrite it.
func Compare(ctx context.Context, state port.State, target string, key message.Key, s State, now time.Time) (Finding, error) {
	r, err := Load(ctx, state, target, key)
	if err != nil {
		return Missing, err
	}
	c := r.Confirmed
	switch {
	case s.Once && slices.Contains(r.Facts, s.Type):
		return Known, nil
	case !s.Once && c != nil && c.Version > s.Version:
		return Known, nil
	case !s.Once && c != nil && c.Hash == s.Hash && !r.unsettled():
		if c.Version == s.Version {
			return Known, nil
		}
		c.Version = s.Version
		err := r.Save(ctx, state, now)
		if errors.Is(err, port.ErrConflict) { // somebody delivers it now
			return InHand, nil
		}
		return Known, err
	case r.Skipped != nil && !r.Present() && (r.Skipped.Hash == s.Hash || r.Skipped.Version > s.Version):
		return Known, nil
	}
	for _, a := range r.Attempts {
		if a.Hash == s.Hash && a.Once == s.Once {
			return InHand, nil
		}
	}
	return Missing, nil
}
