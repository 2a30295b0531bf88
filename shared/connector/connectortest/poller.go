package connectortest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// PollerHarness is the input of TestPoller.
type PollerHarness struct {
	Open  func(t *testing.T) PolledSystem // each time with an empty fake
	Pages int                             // entities of one second that certainly fill more than one page
}

// PolledSystem is an opened system with functions that change its fake.
type PolledSystem struct {
	System connector.System
	Feed   connector.Feed                   // of the entities that Change changes
	Change func(id int64, at time.Time)     // makes the entity one that was last changed then
	At     time.Time                        // a time at which the fake can have changes, in whole seconds
	Suffix string                           // of the IDs of the entities, behind their number; mostly ""
	Prefix string                           // the same before their number
	End    func(t *testing.T, topic string) // ends the webhook subscription of a topic; nil without a Subscriber
}

// TestPoller runs every rule, as subtests.
func TestPoller(t *testing.T, h PollerHarness) {
	t.Helper()
	for _, rule := range pollerRules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			if err := rule.check(t.Context(), h.Open(t), h.Pages); err != nil {
				t.Error(err)
			}
		})
	}
	if system := h.Open(t); system.System.Subscriber != nil {
		t.Run("an ended subscription is found and activated", func(t *testing.T) {
			t.Parallel()
			if err := resubscribes(t, h.Open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

type pollerRule struct {
	name  string
	check func(ctx context.Context, p PolledSystem, pages int) error
}

var pollerRules = []pollerRule{
	{"feeds are named and distinct", namedFeeds},
	{"the second of the time itself is included", includesSecond},
	{"changes come oldest first, over all pages", oldestFirst},
	{"a second that fills pages is read to its end", wholeSecond},
	{"a change during the listing hides no other", shifting},
	{"a change during the listing of one second hides no other", shiftingSecond},
	{"a fetched entity is a raw message that can be translated", fetches},
	{"an invalid cursor is rejected", badCursor},
}

// list reads all pages since the time; between is called after each page, with all that was
// listed so far.
func (p PolledSystem) list(ctx context.Context, since time.Time, between func(so []connector.Change)) ([]connector.Change, error) {
	ask := connector.Ask{Feed: p.Feed, Since: since}
	var all []connector.Change
	for range 1000 {
		page, err := p.System.Poller.Changes(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, change := range page.Changes {
			change.ID = strings.TrimSuffix(strings.TrimPrefix(change.ID, p.Prefix), p.Suffix)
			all = append(all, change)
		}
		between(all)
		if page.Cursor == "" {
			return all, nil
		}
		if page.Cursor == ask.Cursor {
			return nil, fmt.Errorf("the page behind cursor %q leads to itself", page.Cursor)
		}
		ask.Cursor = page.Cursor
	}
	return nil, errors.New("the list does not end")
}

func nothing([]connector.Change) {}

func namedFeeds(_ context.Context, p PolledSystem, _ int) error {
	seen := map[connector.Feed]bool{}
	for _, feed := range p.System.Poller.Feeds() {
		if feed.Tenant == "" || feed.Topic == "" || feed.Entity == "" || seen[feed] {
			return fmt.Errorf("feed %+v lacks a name, or is there twice", feed)
		}
		seen[feed] = true
	}
	if !seen[p.Feed] {
		return fmt.Errorf("feed %+v is not among %v", p.Feed, seen)
	}
	return nil
}

func includesSecond(ctx context.Context, p PolledSystem, _ int) error {
	p.Change(1, p.At)
	for since, want := range map[time.Time]int{p.At.Add(-time.Second): 1, p.At: 1, p.At.Add(time.Second): 0} {
		changes, err := p.list(ctx, since, nothing)
		if err != nil || len(changes) != want {
			return fmt.Errorf("%d changes since %v of one at %v, %w", len(changes), since, p.At, errOrNone(err))
		}
		for _, c := range changes {
			if c.ID != "1" || !c.At.Equal(p.At) {
				return fmt.Errorf("the change is %+v, want entity 1 at %v", c, p.At)
			}
		}
	}
	return nil
}

func oldestFirst(ctx context.Context, p PolledSystem, pages int) error {
	for i := range int64(pages) {
		p.Change(1+i, p.At.Add(time.Duration(int(i)*7%pages)*time.Second))
	}
	changes, err := p.list(ctx, p.At, nothing)
	if err != nil {
		return err
	}
	if !slices.IsSortedFunc(changes, func(a, b connector.Change) int { return a.At.Compare(b.At) }) {
		return errors.New("a newer change comes before an older one")
	}
	return complete(changes, pages)
}

// complete reports whether the entities 1 to n are all listed. One may come twice.
func complete(changes []connector.Change, n int) error {
	seen := map[string]bool{}
	for _, c := range changes {
		seen[c.ID] = true
	}
	for i := 1; i <= n; i++ {
		if !seen[fmt.Sprint(i)] {
			return fmt.Errorf("entity %d of %d is not listed", i, n)
		}
	}
	return nil
}

func wholeSecond(ctx context.Context, p PolledSystem, pages int) error {
	for i := range int64(pages) {
		p.Change(1+i, p.At)
	}
	changes, err := p.list(ctx, p.At, nothing)
	if err != nil {
		return err
	}
	return complete(changes, pages)
}

// shifting changes an entity of the first page after each page, so that all later ones move up
// into it.
func shifting(ctx context.Context, p PolledSystem, pages int) error {
	for i := range int64(pages) {
		p.Change(1+i, p.At.Add(time.Duration(i)*time.Second))
	}
	turned := int64(0)
	changes, err := p.list(ctx, p.At, func([]connector.Change) {
		if turned++; turned <= 3 {
			p.Change(turned, p.At.Add(24*time.Hour))
		}
	})
	if err != nil {
		return err
	}
	return complete(changes, pages)
}

// shiftingSecond changes after each page the first listed entity of the second, so that all
// later ones move up.
func shiftingSecond(ctx context.Context, p PolledSystem, pages int) error {
	n := pages + pages/2
	for i := range int64(n) {
		p.Change(1+i, p.At)
	}
	turned := 0
	changes, err := p.list(ctx, p.At, func(so []connector.Change) {
		if turned++; turned > 4 || len(so) < turned {
			return
		}
		if id, err := strconv.ParseInt(so[turned-1].ID, 10, 64); err == nil {
			p.Change(id, p.At.Add(24*time.Hour))
		}
	})
	if err != nil {
		return err
	}
	return complete(changes, n)
}

func fetches(ctx context.Context, p PolledSystem, _ int) error {
	p.Change(1, p.At)
	changes, err := p.list(ctx, p.At, nothing)
	if err != nil || len(changes) != 1 {
		return fmt.Errorf("%d changes, %w", len(changes), errOrNone(err))
	}
	changes[0].ID = p.Prefix + changes[0].ID + p.Suffix
	raw, err := p.System.Poller.Fetch(ctx, p.Feed, changes[0])
	if err != nil {
		return err
	}
	again, err := p.System.Poller.Fetch(ctx, p.Feed, changes[0])
	switch {
	case err != nil:
		return err
	case raw.Tenant != p.Feed.Tenant || raw.Topic != p.Feed.Topic || raw.Trigger != message.Poll || raw.ContentType == "":
		return fmt.Errorf("the raw message is named %s %s %s %q", raw.Tenant, raw.Topic, raw.Trigger, raw.ContentType)
	case !bytes.Equal(raw.Body, again.Body):
		return errors.New("the same state has two bodies, and would be reported twice")
	}
	translation, err := p.System.Source.Translate(ctx, raw)
	if err != nil {
		return fmt.Errorf("translating what was fetched: %w", err)
	}
	key := message.Key{System: p.System.Profile.Name, Tenant: p.Feed.Tenant, Type: p.Feed.Entity, ID: p.Prefix + "1" + p.Suffix}
	i := slices.IndexFunc(translation.Events, func(e connector.Event) bool { return e.Entity == key })
	switch {
	case i < 0:
		return fmt.Errorf("no event is about %s: %+v", key, translation)
	case translation.Events[i].Type == canonical.OrderPlaced:
		return errors.New("a poll reads a state and must not report that the order was placed")
	}
	return nil
}

func badCursor(ctx context.Context, p PolledSystem, _ int) error {
	_, err := p.System.Poller.Changes(ctx, connector.Ask{Feed: p.Feed, Since: p.At, Cursor: "none of yours"})
	if fault.KindOf(err) != fault.Rejected || err == nil {
		return fmt.Errorf("got %w, want a rejection, after which polling begins anew", errOrNone(err))
	}
	return nil
}

func resubscribes(t *testing.T, p PolledSystem) error {
	t.Helper()
	first, err := subscribeAll(t.Context(), p.System.Subscriber)
	if err != nil {
		return err
	}
	p.End(t, first[0].Topic)
	states, err := p.System.Subscriber.Subscriptions(t.Context())
	if err != nil {
		return err
	}
	if states[0].State == connector.Active || len(states) != len(first) {
		return fmt.Errorf("after %s ended it is %+v", first[0].Topic, states[0])
	}
	_, err = subscribeAll(t.Context(), p.System.Subscriber)
	return err
}

// subscribeAll makes every subscription active, and looks again.
func subscribeAll(ctx context.Context, s connector.Subscriber) ([]connector.Subscription, error) {
	states, err := s.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range states {
		if one.State == connector.Active {
			continue
		}
		if err := s.Subscribe(ctx, one); err != nil {
			return nil, err
		}
	}
	states, err = s.Subscriptions(ctx)
	for _, one := range states {
		if one.State != connector.Active || one.Tenant == "" || one.Topic == "" {
			return nil, fmt.Errorf("made active, it is %+v", one)
		}
	}
	if len(states) == 0 {
		return nil, errors.New("no subscription is needed")
	}
	return states, err
}
